// An endless run under another protocol: can its stem be followed there, and does its cycle close? What repeats is followed place by
// place, round after round, until a state comes again. Then it is asked to whom those steps are fair: who could go on and was never
// let is let go on, as far as it can, and the rounds begin anew; what still closes then is an endless run there as well.
import { scenarioOf } from '../../scenarios/library.js';
import type { Litmus } from '../litmus/litmus.js';
import { type Model, type ModelSpec, STEP, type Violation } from '../model.js';
import type { ScheduleStep } from '../search/found.js';
import { hash64, lanes } from '../search/visited.js';
import { runOut } from './follow.js';
import { hasPlace } from './found-session.js';
import { breaks, type Goal, goalsOf, impossible, reach, type Transplanted } from './transplant.js';

/** Rounds without a state that was there before: then the cycle does not close (something counts). */
const MAX_ROUNDS = 128;
/** Times that those who were left out are let go on. */
const MAX_LET_GO = 16;
/** Steps of one of them. */
const MAX_STEPS_LET_GO = 5_000;

export interface FoundLasso {
  readonly violation: Violation;
  readonly stem: readonly ScheduleStep[];
  readonly cycle: readonly ScheduleStep[];
}

/** What the steps of some rounds were fair to. */
interface Round {
  readonly steps: number;
  readonly stepping: number;
  /** Could go on somewhere, and at every step. */
  readonly somewhere: number;
  readonly everywhere: number;
}

/** A step of a round: who took it, and who could have. */
interface Taken {
  readonly thread: number;
  readonly able: number;
}

export function transplantLasso(
  litmus: Litmus,
  spec: ModelSpec,
  { violation, stem, cycle }: FoundLasso,
  protocol: string,
): Transplanted {
  const { constants } = scenarioOf({ ...spec, scenario: spec.litmus }).build(spec.parameters);
  const has = hasPlace(protocol, constants);
  const model = litmus.build(spec);
  model.reset();
  const stemGoals = goalsOf(model, stem, has, { violates: false });
  const cycleGoals = goalsOf(model, cycle, has, { violates: false, before: stem.length });
  const other = litmus.build({ ...spec, protocol });
  other.reset();
  for (const [n, goal] of stemGoals.entries()) {
    const stopped = goal === null ? null : reach(other, goal);
    if (stopped === null) continue;
    if (stopped === 'violated') return breaks(other, protocol, violation, goal!, n);
    return thenOver(other, impossible(other, protocol, goal!, stopped, n));
  }
  return new Rounds(other, protocol, violation, stemGoals.length, cycleGoals).run();
}

class Rounds {
  private taken: Taken[] = [];
  /** States at which a round began, with the steps taken before it. */
  private readonly begun = new Map<string, number>();
  /** Threads that were never let go on in a cycle that closed, as bits: they go as soon as they can. */
  private letGo = 0;
  private rounds = 0;
  private readonly key: Int32Array;

  constructor(
    private readonly model: Model,
    private readonly protocol: string,
    private readonly violation: Violation,
    private readonly switches: number,
    private readonly goals: readonly (Goal | null)[],
  ) {
    this.key = new Int32Array(model.keyWords);
  }

  run(): Transplanted {
    if (this.goals.every((goal) => goal === null))
      return this.told('impossible', 'has none of the steps that repeat for ever', null);
    for (let times = 0; ; times++) {
      const closed = this.untilClosed();
      if ('outcome' in closed) return closed;
      const leftOut = closed.somewhere & ~closed.stepping;
      if (leftOut === 0 || times >= MAX_LET_GO) return this.closes(closed);
      this.letGo = leftOut;
      this.taken = [];
      this.begun.clear();
      const after = this.round();
      if (after !== null) return after;
      // Whoever could not even be let go on stays left out, however often that is tried.
      if (this.letGo === leftOut) return this.closes(closed);
      this.letGo = 0;
    }
  }

  /** What the cycle came to, or the steps between two times that one state was there. */
  private untilClosed(): Transplanted | Round {
    for (let n = 0; n < MAX_ROUNDS; n++) {
      const before = this.seenBefore();
      if (before !== null) return fairness(this.taken.slice(before));
      const stopped = this.round();
      if (stopped !== null) return stopped;
    }
    return this.told('harmless', `goes round ${this.rounds} times and never comes to a state twice`, null);
  }

  /** Steps taken when this state was there before; null: it is new. */
  private seenBefore(): number | null {
    hash64(this.key, this.model.key(this.key));
    const state = `${lanes[0]} ${lanes[1]}`;
    const before = this.begun.get(state);
    if (before === undefined) this.begun.set(state, this.taken.length);
    return before ?? null;
  }

  private round(): Transplanted | null {
    const { model, protocol, goals } = this;
    this.rounds++;
    for (const [n, goal] of goals.entries()) {
      let broke = -1;
      const moves = (thread: number): boolean => {
        broke = this.others();
        if (broke >= 0) return true;
        this.taken.push({ thread, able: ableOf(model) });
        return false;
      };
      const stopped = goal === null ? null : reach(model, goal, moves);
      if (stopped === null) continue;
      const switches = this.switches + n;
      if (stopped === 'violated')
        return breaks(
          model,
          protocol,
          this.violation,
          { thread: broke >= 0 ? broke : goal!.thread },
          switches,
        );
      const where = ` in round ${this.rounds} of what repeats`;
      return thenOver(model, impossible(model, protocol, goal!, stopped, switches, where));
    }
    return null;
  }

  /** Lets those go on who were left out. The thread that broke something on its way, or -1. */
  private others(): number {
    const { model } = this;
    for (let t = 0; t < model.threads.length; t++) {
      if ((this.letGo & (1 << t)) === 0 || model.choices(t) === 0) continue;
      this.letGo &= ~(1 << t);
      for (let n = 0; n < MAX_STEPS_LET_GO && model.choices(t) > 0; n++)
        if (model.step(t, 0) === STEP.violated) return t;
    }
    return -1;
  }

  private closes({ steps, stepping, somewhere, everywhere }: Round): Transplanted {
    const { model, violation } = this;
    const names = (bits: number): string =>
      model.threads.flatMap(({ name }, t) => ((bits & (1 << t)) === 0 ? [] : [name])).join(', ');
    const goRound = `goes round for ever in ${steps} steps`;
    const unfair = everywhere & ~stepping;
    if (unfair !== 0)
      return this.told(
        'harmless',
        `${goRound} only where ${names(unfair)} could go on at every step and is never let`,
        null,
      );
    const starved = somewhere & ~stepping;
    const rule = starved === 0 ? 'livelock' : 'starvation';
    const same =
      rule === violation.rule ? 'as where it was found' : `where it was found it is a ${violation.rule}`;
    const fair =
      starved === 0
        ? 'fair to every thread'
        : `${names(starved)} could go on again and again and is never let`;
    return { ...this.told('violates', `${goRound}, ${fair}: ${rule}, ${same}`, rule), cycle: steps };
  }

  private told(outcome: Transplanted['outcome'], text: string, rule: string | null): Transplanted {
    const { protocol, switches, goals } = this;
    const nowhere = { thread: null, function: null, label: null, step: null, cycle: null };
    return {
      ...nowhere,
      protocol,
      outcome,
      text: `under ${protocol} it ${text}`,
      switches: switches + goals.length - 1,
      rule,
    };
  }
}

function ableOf(model: Model): number {
  let able = 0;
  for (let t = 0; t < model.threads.length; t++) if (model.choices(t) > 0) able |= 1 << t;
  return able;
}

function fairness(taken: readonly Taken[]): Round {
  let [stepping, somewhere, everywhere] = [0, 0, -1];
  for (const { thread, able } of taken) {
    stepping |= 1 << thread;
    somewhere |= able;
    everywhere &= able;
  }
  return { steps: taken.length, stepping, somewhere, everywhere };
}

/** What becomes of it where the found steps cannot be followed any further. */
function thenOver(model: Model, told: Transplanted): Transplanted {
  const left = runOut(model);
  if (left !== null) return { ...told, text: `${told.text}; what comes of it breaks ${left.rule}` };
  const over = model.threads.every((_, t) => model.choices(t) === 0);
  return over ? { ...told, text: `${told.text}; everybody then goes on to the end` } : told;
}
