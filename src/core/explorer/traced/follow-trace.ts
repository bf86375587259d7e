// Follows a recording on the model: for each recorded step, in the order of the text, its thread runs until it has taken it. What the
// recording does not show is filled in: the thread's own steps up to there; and where it cannot go on, or would do another thing, the
// fewest steps of another thread that change that. Deterministic: with equally many the lower thread goes first.
import { FRAME, STACK } from '../../aggregates/layout.js';
import { INSTRUCTION_WORDS } from '../../userspace/script.js';
import type { MachineModel } from '../machine-model/machine-model.js';
import { type Model, STEP, type Violation } from '../model.js';
import { isHint, type Mark, type Matching, type Refused } from './matching.js';
import type { Observed } from './observed.js';

/** Steps that one thread takes towards one recorded step. */
const MAX_OWN_STEPS = 4_000;
/** Steps of another thread that are tried out for one recorded step. */
const MAX_FILL_STEPS = 600;
/** Steps behind the recording. */
const MAX_STEPS_TO_END = 100_000;
/** Threads that wait for one another in a chain. */
const MAX_CHAIN = 4;

export interface Followed {
  /** Who took each step. */
  readonly schedule: number[];
  /** Of those, the first that follow the recording step by step. */
  readonly followed: number;
  /** By recorded step: steps of the schedule behind which it was met; -1: not met. */
  readonly at: Int32Array;
  readonly met: number;
  /** Steps of the schedule that meet no recorded one. */
  readonly filled: number;
  /** Recorded steps that were met before one that stands earlier in the text. */
  readonly early: number;
  readonly refused: { readonly step: number; readonly why: string } | null;
  /** What was broken on the way, each rule once, with the step of the schedule. */
  readonly broken: readonly Broken[];
}

interface Place {
  readonly words: Int32Array;
  readonly matching: Mark;
  readonly path: Taken | null;
  readonly broken: readonly Broken[];
}

/** A step, with those before it: places share their beginnings. */
interface Taken {
  readonly thread: number;
  readonly before: Taken | null;
  readonly length: number;
}

export interface Broken {
  readonly violation: Violation;
  /** Steps of the schedule, this one included. */
  readonly at: number;
}

export class Follower {
  private path: Taken | null = null;
  private broken: readonly Broken[] = [];
  private readonly spare: Int32Array[] = [];

  constructor(
    private readonly model: MachineModel,
    private readonly observed: Observed,
    private readonly matching: Matching,
  ) {}

  private get length(): number {
    return this.path?.length ?? 0;
  }

  /** A slice at a time: yields after each recorded step. */
  *follow(): Generator<undefined, Followed> {
    const { observed, matching, model } = this;
    model.reset();
    let refused: Followed['refused'] = null;
    for (let k = 0; k < observed.steps.length && refused === null; k++) {
      if (matching.has(k)) continue;
      const why = this.reach(k);
      if (why !== null) {
        // A probe of a callback can miss one, or the page is still waited for.
        if (observed.steps[k]!.who.is === 'rcu' || isHint(observed.steps[k]!)) continue;
        refused = { step: k, why };
      }
      yield undefined;
    }
    const followed = this.length;
    yield* this.goOn(refused === null ? observed.steps.length : refused.step);
    const schedule: number[] = [];
    for (let step = this.path; step !== null; step = step.before) schedule.push(step.thread);
    schedule.reverse();
    // Not every step of the model meets one that is recorded, and some meet two.
    const filled = followed - new Set(matching.at.filter((at) => at >= 0)).size;
    return {
      schedule,
      followed,
      at: matching.at,
      met: matching.met,
      filled,
      early: earlyOf(matching.at),
      refused,
      broken: this.broken,
    };
  }

  /**
   * Behind the first step that cannot be followed the tasks go on in the order of their calls; in the end whoever can go on does,
   * the lowest thread first.
   */
  private *goOn(from: number): Generator<undefined, void> {
    const { observed, matching, model } = this;
    for (let k = from; k < observed.steps.length; k++) {
      const { who, call } = observed.steps[k]!;
      const [t] = matching.candidates(k);
      if (t === undefined) continue;
      for (let n = 0; n < MAX_OWN_STEPS && model.choices(t) > 0; n++) {
        if (who.is === 'caller' && instructionsOf(model, t) > call + 1) break;
        if (!this.stepFreely(t)) return;
      }
      yield undefined;
    }
    for (let n = 0; n < MAX_STEPS_TO_END; n++) {
      const t = model.threads.findIndex((_, thread) => model.choices(thread) > 0);
      if (t < 0 || !this.stepFreely(t)) return;
    }
  }

  /** False: the model cannot go on. */
  private stepFreely(t: number): boolean {
    return this.takeStep(t) === null;
  }

  private reach(k: number): string | null {
    const start = this.here();
    let why = 'no thread of the model is free for it';
    for (const t of this.matching.candidates(k)) {
      const refused = this.straight(t, k, 0);
      if (refused === null) return this.done(start);
      why = refused.why;
      this.goTo(start);
    }
    // Somebody else has to go on first: as few of its steps as possible.
    for (const t of this.matching.candidates(k)) {
      if (this.behindAnother(t, k, start)) return this.done(start);
      this.goTo(start);
    }
    this.release(start);
    return why;
  }

  private done(start: Place): null {
    this.release(start);
    return null;
  }

  /** Runs t until it has taken recorded step k; where it waits, whoever lets it go on soonest. */
  private straight(t: number, k: number, chain: number): Refused | null {
    const { matching } = this;
    for (let n = 0; n < MAX_OWN_STEPS; n++) {
      if (this.model.choices(t) === 0) {
        const helped = chain < MAX_CHAIN && (this.letGoOn(t, chain) || this.allGoOn(t));
        if (!helped) return { why: `${this.placeOf(t)} waits, and nobody lets it go on` };
        if (matching.has(k)) return null;
        continue;
      }
      const refused = this.step(t);
      if (refused !== null) return refused;
      if (matching.has(k)) return null;
    }
    return { why: `${this.placeOf(t)} does not come to it within ${MAX_OWN_STEPS} steps` };
  }

  /** The thread that lets t go on with the fewest steps takes them. */
  private letGoOn(t: number, chain: number): boolean {
    const start = this.here();
    let best: { readonly place: Place; readonly cost: number } | null = null;
    for (let u = 0; u < this.model.threads.length; u++) {
      if (u === t) continue;
      const cost = this.until(u, t, best?.cost ?? MAX_FILL_COST, chain);
      if (cost !== null) {
        if (best !== null) this.release(best.place);
        best = { place: this.here(), cost };
      }
      this.goTo(start);
    }
    if (best !== null) {
      this.goTo(best.place);
      this.release(best.place);
    }
    this.release(start);
    return best !== null;
  }

  /** One thread is not enough, as where everybody is to be done: all others go as far as the recording has nothing of theirs. */
  private allGoOn(t: number): boolean {
    let gone = false;
    for (let u = 0; u < this.model.threads.length; u++) {
      if (u === t) continue;
      let last = this.here();
      for (let n = 0; n < MAX_OWN_STEPS && this.model.choices(u) > 0; n++) {
        const { met } = this.matching;
        if (this.step(u) !== null || this.matching.met > met) break;
        this.release(last);
        last = this.here();
        gone = true;
        if (this.model.choices(t) > 0) return true;
      }
      this.goTo(last);
      this.release(last);
    }
    return gone && this.model.choices(t) > 0;
  }

  /** Steps that u takes until t can go on; null: not below `most`. A recorded step that is met too early weighs more. */
  private until(u: number, t: number, most: number, chain: number): number | null {
    const before = this.length;
    const { met } = this.matching;
    const cost = (): number => this.length - before + EARLY_WEIGHT * (this.matching.met - met);
    while (cost() < most) {
      if (this.model.choices(u) === 0) {
        // Only a chain of waits: u waits for somebody, too.
        if (this.length > before + MAX_FILL_STEPS || chain + 1 >= MAX_CHAIN || !this.letGoOn(u, chain + 1))
          return null;
        if (this.model.choices(t) > 0) return cost() < most ? cost() : null;
        continue;
      }
      if (this.step(u) !== null) return null;
      if (this.model.choices(t) > 0) return cost() < most ? cost() : null;
    }
    return null;
  }

  /** Steps of one other thread before t runs, as few as possible. */
  private behindAnother(t: number, k: number, start: Place): boolean {
    const others = this.model.threads.map((_, u) => u).filter((u) => u !== t);
    const at: (Place | null)[] = others.map(() => this.here());
    const found = this.trySteps(t, k, others, at);
    for (const place of at) if (place !== null && place !== start) this.release(place);
    return found;
  }

  private trySteps(t: number, k: number, others: readonly number[], at: (Place | null)[]): boolean {
    for (let s = 1; s <= MAX_FILL_STEPS; s++) {
      let alive = false;
      for (let j = 0; j < others.length; j++) {
        const place = at[j];
        if (place === null || place === undefined) continue;
        this.goTo(place);
        const u = others[j]!;
        const { met } = this.matching;
        if (this.model.choices(u) === 0 || this.step(u) !== null || this.matching.met > met) {
          this.release(place);
          at[j] = null;
          continue;
        }
        alive = true;
        this.release(place);
        at[j] = this.here();
        if (this.straight(t, k, 1) === null) return true;
      }
      if (!alive) return false;
    }
    return false;
  }

  // ---- the model ---------------------------------------------------------------------------------------------------------

  private step(t: number): Refused | null {
    const crashed = this.takeStep(t);
    return crashed ?? this.matching.take(t, this.model.machine.batch, this.length);
  }

  private takeStep(t: number): Refused | null {
    const { model } = this;
    const result = model.step(t, 0);
    this.path = { thread: t, before: this.path, length: this.length + 1 };
    if (result !== STEP.violated) return null;
    const violation = model.violation();
    if (!this.broken.some((one) => one.violation.rule === violation.rule))
      this.broken = [...this.broken, { violation, at: this.length }];
    return violation.rule === 'crash' ? { why: violation.what } : null;
  }

  private here(): Place {
    const words = this.spare.pop() ?? new Int32Array(this.model.words);
    this.model.save(words, 0);
    return { words, matching: this.matching.mark(), path: this.path, broken: this.broken };
  }

  private goTo(place: Place): void {
    this.model.load(place.words, 0);
    this.matching.goTo(place.matching);
    this.path = place.path;
    this.broken = place.broken;
  }

  private release(place: Place): void {
    this.spare.push(place.words);
  }

  private placeOf(t: number): string {
    const [at] = this.model.where(t);
    return at === undefined
      ? `${nameOf(this.model, t)} has ended and`
      : `${nameOf(this.model, t)} in ${at.function}:${at.label}`;
  }
}

/** Recorded steps that were met before one that stands earlier in the text. */
function earlyOf(at: Int32Array): number {
  let latest = 0;
  let early = 0;
  for (const steps of at) {
    if (steps < 0) continue;
    if (steps < latest) early++;
    latest = Math.max(latest, steps);
  }
  return early;
}

/** A recorded step that is met before its place in the text weighs as much as so many that are filled in. */
const EARLY_WEIGHT = 1_000;
const MAX_FILL_COST = MAX_FILL_STEPS + 8 * EARLY_WEIGHT;

/** Instructions of its script that a thread has begun. */
function instructionsOf(model: MachineModel, t: number): number {
  const { s, w } = model.machine;
  const bottom = w.layout.stack + t * w.layout.topology.stackWords + STACK.FIRST_FRAME;
  return s[bottom + FRAME.LOCALS]! / INSTRUCTION_WORDS;
}

const nameOf = (model: Model, t: number): string => model.threads[t]!.name;
