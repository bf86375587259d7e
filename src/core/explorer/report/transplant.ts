// A found schedule under another protocol: does it still violate, or where does it stop being possible? Steps are not counted,
// for another protocol has others: each thread is run to where it stood when it was left, place by place.
import { scenarioOf } from '../../scenarios/library.js';
import type { Litmus } from '../litmus/litmus.js';
import { type Model, type ModelSpec, STEP, type Violation } from '../model.js';
import type { Found, ScheduleStep } from '../search/found.js';
import { blocksOf, runOut } from './follow.js';
import { hasPlace, type Place } from './found-session.js';

/** Steps of one thread on the way to one place; more means that it does not come there. */
const MAX_STEPS_TO_PLACE = 5_000;

export interface Transplanted {
  readonly protocol: string;
  /**
   * `violates`: a rule is broken on the way or at the end. `impossible`: a thread does not come where it stood. `harmless`: all
   * of it is possible, and nothing is broken, nor when everybody then goes on to the end one after the other.
   */
  readonly outcome: 'violates' | 'impossible' | 'harmless';
  /** One line. */
  readonly text: string;
  /** Context switches that were made the same way. */
  readonly switches: number;
  /** Where it stops being possible: number of the step of the found schedule that cannot be taken, from 1. */
  readonly step: number | null;
  /** Where what repeats for ever repeats here as well: the steps of one round. */
  readonly cycle: number | null;
  readonly thread: string | null;
  readonly function: string | null;
  readonly label: string | null;
  readonly rule: string | null;
}

/** Where a stretch ends: the thread stands there for the n-th time since the stretch began; no place: it has ended. */
export interface Goal {
  readonly thread: number;
  readonly place: Place | null;
  readonly arrivals: number;
  /** The step there is taken, too: it violates, or what the thread stood before behind it is not known here. */
  readonly past: boolean;
  /** Number of the step of the found schedule that leads there, from 1. */
  readonly step: number;
}

const NOWHERE = { thread: null, function: null, label: null, step: null, cycle: null } as const;

export function transplant(litmus: Litmus, spec: ModelSpec, found: Found, protocol: string): Transplanted {
  const other = litmus.build({ ...spec, protocol });
  const { constants } = scenarioOf({ ...spec, scenario: spec.litmus }).build(spec.parameters);
  const model = litmus.build(spec);
  model.reset();
  const goals = goalsOf(model, found.schedule, hasPlace(protocol, constants), { violates: true });
  other.reset();
  for (const [n, goal] of goals.entries()) {
    const stopped = goal === null ? null : reach(other, goal);
    if (stopped === null) continue;
    if (stopped === 'violated') return breaks(other, protocol, found.violation, goal!, n);
    return impossible(other, protocol, goal!, stopped, n);
  }
  const left = runOut(other);
  const switches = Math.max(0, goals.length - 1);
  if (left === null) {
    const text = `under ${protocol} it is possible to the end, and nothing is broken`;
    return { protocol, outcome: 'harmless', text, switches, ...NOWHERE, rule: null };
  }
  return {
    ...NOWHERE,
    protocol,
    outcome: 'violates',
    text: `under ${protocol} it is possible to the end, and what comes of it breaks ${left.rule}: ${left.what}`,
    switches,
    thread: other.threads[left.thread].name,
    function: left.function,
    label: left.label,
    rule: left.rule,
  };
}

/** The model has just broken something on the way to a goal. */
export function breaks(
  model: Model,
  protocol: string,
  violation: Violation,
  { thread }: Pick<Goal, 'thread'>,
  switches: number,
): Transplanted {
  const { rule, function: name, label } = model.violation();
  const same = rule === violation.rule ? 'the same rule' : 'another rule';
  const at = { thread: model.threads[thread].name, function: name, label };
  const text = `under ${protocol} it breaks ${rule}, ${same}: ${at.thread} in ${name} @ ${label}`;
  return { ...NOWHERE, protocol, outcome: 'violates', text, switches, ...at, rule };
}

export interface GoalsOf {
  /** The last step is the one that violates: whoever stands before it takes it. */
  readonly violates: boolean;
  /** Steps of the found schedule in front of these. */
  readonly before?: number;
}

/**
 * For each stretch its goal; null: nothing of it is known to the other protocol. The model stands where the steps begin, and
 * behind them afterwards.
 */
export function goalsOf(
  model: Model,
  schedule: readonly ScheduleStep[],
  has: (place: Place) => boolean,
  { violates, before = 0 }: GoalsOf,
): (Goal | null)[] {
  const blocks = blocksOf(schedule);
  let begin = before;
  return blocks.map(({ thread, steps }, n) => {
    const last = violates && n === blocks.length - 1;
    const first = begin;
    begin += steps.length;
    const stood: (Place | null)[] = [model.where(thread)[0] ?? null];
    for (const { choice } of steps) {
      if (model.step(thread, choice) === STEP.violated) break;
      stood.push(model.where(thread)[0] ?? null);
    }
    // The last one that both know; where the violating step is, the thread stands before it.
    for (let k = stood.length - 1; k >= 0; k--) {
      const place = stood[k];
      if (place !== null && !has(place)) continue;
      const arrivals = stood.slice(1, k + 1).filter((one) => isAt(one, place)).length;
      // Whoever took the step there takes it here, whatever the other protocol has behind it.
      const past = last || k < stood.length - 1;
      return { thread, place, arrivals, past, step: first + k + (past ? 1 : 0) };
    }
    return null;
  });
}

function isAt(one: Place | null, place: Place | null): boolean {
  return one === null || place === null
    ? one === place
    : one.function === place.function && one.label === place.label;
}

export type Stopped = 'violated' | 'waits' | 'ended';

/** Null: it came there. @param moves told before each step; true: something was broken meanwhile */
export function reach(
  model: Model,
  { thread, place, arrivals, past }: Goal,
  moves: (thread: number) => boolean = () => false,
): Stopped | null {
  let left = arrivals;
  const step = (): boolean => moves(thread) || model.step(thread, 0) === STEP.violated;
  for (let n = 0; n < MAX_STEPS_TO_PLACE; n++) {
    const here = model.where(thread)[0] ?? null;
    if (left <= 0 && (arrivals > 0 || isAt(here, place) || !past)) {
      if (!past) return null;
      if (model.choices(thread) === 0) return 'waits';
      return step() ? 'violated' : null;
    }
    if (model.choices(thread) === 0) return here === null ? 'ended' : 'waits';
    if (step()) return 'violated';
    if (isAt(model.where(thread)[0] ?? null, place)) left--;
  }
  return 'ended';
}

/** @param where in the schedule; empty: in front of what repeats, or nothing does */
export function impossible(
  model: Model,
  protocol: string,
  { thread, place, past, step }: Goal,
  why: 'waits' | 'ended',
  switches: number,
  where = '',
): Transplanted {
  const { name } = model.threads[thread];
  const [here] = model.where(thread);
  const wanted = place === null ? 'its end' : `${place.function} @ ${place.label}`;
  const then =
    why === 'ended' || here === undefined
      ? 'it ends without'
      : `it waits in ${here.function} before ${here.label}`;
  return {
    protocol,
    outcome: 'impossible',
    text: `under ${protocol} it stops being possible at step ${step}${where}, behind ${switches} ${switches === 1 ? 'switch' : 'switches'}: ${name} does not ${past ? 'get past' : 'come to'} ${wanted}: ${then}`,
    switches,
    step,
    cycle: null,
    thread: name,
    function: here?.function ?? null,
    label: here?.label ?? null,
    rule: null,
  };
}
