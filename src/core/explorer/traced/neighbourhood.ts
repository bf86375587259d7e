// The neighbourhood of a recorded order: what happens when a thread is interrupted at up to k places where it was not. Without an
// interruption the order is the recorded one: who is furthest behind it goes on. An interrupted thread rests either until no other can
// go on, or for one turn of another thread (until that waits, ends, or is through with its call). All places of the window
// are tried, first with one interruption, then with two, ...; what commutes with everything is no place of its own.

import type { MachineModel } from '../machine-model/machine-model.js';
import { STEP, type Violation } from '../model.js';
import { endOf } from '../search/found.js';

/** Interruptions that can be asked for. */
export const MAX_NEIGHBOUR_PREEMPTIONS = 4;
/** Steps that a run takes behind the end of the recorded order at most. */
const MAX_STEPS_BEHIND = 100_000;

export interface Interruption {
  /** Steps of the schedule before it. */
  readonly at: number;
  readonly thread: number;
  /** Who goes first instead. */
  readonly instead: number;
  readonly rests: 'until no other can go on' | 'for one turn';
}

export interface NeighbourFound {
  readonly violation: Violation;
  readonly schedule: readonly number[];
  readonly interruptions: readonly Interruption[];
}

export interface NeighbourhoodOptions {
  readonly order: readonly number[];
  /** Steps of the order between which threads are interrupted: behind `from`, up to `to`. */
  readonly from: number;
  readonly to: number;
  readonly preemptions: number;
  /** Rules that are broken in the recorded order itself: not asked about. */
  readonly ignores: readonly string[];
  readonly transitions: number;
}

export interface NeighbourFigures {
  /** By number of interruptions - 1: runs that were tried, and whether those were all. */
  readonly tried: { runs: number; complete: boolean }[];
  transitions: number;
}

/** Who goes on: counts of steps, who rests, and whose turn it is. */
interface Going {
  readonly counts: Int32Array;
  /** By thread: 0 it does not rest; else until no other can go on, in this order. */
  readonly rests: Int32Array;
  resting: number;
  /** The thread whose turn goes before the order; -1: none. */
  turn: number;
  /** It has gone behind the bottom of its stack: its call has begun. */
  inCall: boolean;
}

const OUT_OF_TRANSITIONS = Symbol('transitions');

export class Neighbourhood {
  readonly figures: NeighbourFigures = { tried: [], transitions: 0 };
  found: NeighbourFound | null = null;
  /** By thread: places of its steps in the order. */
  private readonly places: readonly Int32Array[];
  private readonly path: number[] = [];
  private readonly interruptions: Interruption[] = [];
  private readonly spare: Int32Array[] = [];
  private exhausted = false;

  constructor(
    private readonly model: MachineModel,
    private readonly options: NeighbourhoodOptions,
  ) {
    const places = model.threads.map((): number[] => []);
    for (const [k, t] of options.order.entries()) places[t]!.push(k);
    this.places = places.map((list) => Int32Array.from(list));
  }

  /** A slice at a time. */
  *search(): Generator<undefined, void> {
    for (let k = 1; k <= this.options.preemptions && this.found === null && !this.exhausted; k++) {
      const tried = { runs: 0, complete: false };
      this.figures.tried.push(tried);
      this.model.reset();
      this.path.length = 0;
      this.interruptions.length = 0;
      const end = yield* this.run(this.start(), k, tried);
      if (end === OUT_OF_TRANSITIONS) this.exhausted = true;
      else tried.complete = this.found === null;
    }
  }

  private start(): Going {
    const n = this.model.threads.length;
    return { counts: new Int32Array(n), rests: new Int32Array(n), resting: 0, turn: -1, inCall: false };
  }

  /** From here with exactly `left` interruptions to come. */
  private *run(
    going: Going,
    left: number,
    tried: { runs: number },
  ): Generator<undefined, typeof OUT_OF_TRANSITIONS | null> {
    const { model, options, figures } = this;
    if (left === 0) tried.runs++;
    const last = options.order.length + MAX_STEPS_BEHIND;
    while (this.path.length < last) {
      const t = this.next(going);
      if (t < 0) {
        if (left === 0) this.ended();
        return null;
      }
      if (left > 0 && this.isPlace(going, t)) {
        const out = yield* this.interrupted(going, t, left, tried);
        if (out !== null || this.found !== null) return out;
      }
      // Behind the window nobody is interrupted any more.
      if (left > 0 && this.path.length >= options.to) return null;
      if (++figures.transitions >= options.transitions) return OUT_OF_TRANSITIONS;
      if (figures.transitions % SLICE === 0) yield undefined;
      this.path.push(t);
      const broken = model.step(t, 0) === STEP.violated;
      this.stepped(going, t);
      if (broken && this.violated(model.violation(), left)) return null;
    }
    return null;
  }

  private *interrupted(
    going: Going,
    t: number,
    left: number,
    tried: { runs: number },
  ): Generator<undefined, typeof OUT_OF_TRANSITIONS | null> {
    const { model } = this;
    const words = this.spare.pop() ?? new Int32Array(model.words);
    model.save(words, 0);
    const steps = this.path.length;
    for (let u = -1; u < model.threads.length; u++) {
      if (u === t || (u >= 0 && model.choices(u) === 0)) continue;
      const other = copyOf(going);
      if (u < 0) other.rests[t] = ++other.resting;
      else {
        other.turn = u;
        other.inCall = false;
      }
      const instead = u < 0 ? this.next(other) : u;
      // The same as a turn of that thread, where nobody else goes on behind it; told apart by what follows.
      this.interruptions.push({
        at: steps,
        thread: t,
        instead,
        rests: u < 0 ? 'until no other can go on' : 'for one turn',
      });
      const out = yield* this.run(other, left - 1, tried);
      if (this.found !== null || out !== null) return out;
      this.interruptions.pop();
      this.path.length = steps;
      model.load(words, 0);
    }
    this.spare.push(words);
    return null;
  }

  /** A place where it matters whether t or another thread goes on. */
  private isPlace(going: Going, t: number): boolean {
    const { model, options } = this;
    const at = this.path.length;
    if (at < options.from || at >= options.to || going.turn >= 0) return false;
    let others = false;
    for (let u = 0; u < model.threads.length && !others; u++) others = u !== t && model.choices(u) > 0;
    return others && model.forced() !== t;
  }

  /** Furthest behind the recorded order; -1: nobody can go on. */
  private next(going: Going): number {
    const { model } = this;
    if (going.turn >= 0) {
      if (model.choices(going.turn) > 0) return going.turn;
      going.turn = -1;
    }
    let best = -1;
    let least = Number.POSITIVE_INFINITY;
    for (let t = 0; t < model.threads.length; t++) {
      if (going.rests[t]! > 0 || model.choices(t) === 0) continue;
      const place = this.placeOf(going, t);
      if (place < least) {
        least = place;
        best = t;
      }
    }
    if (best >= 0) return best;
    // Those that rest, the first one first.
    let first = Number.POSITIVE_INFINITY;
    for (let t = 0; t < model.threads.length; t++) {
      if (going.rests[t]! === 0 || going.rests[t]! >= first || model.choices(t) === 0) continue;
      first = going.rests[t]!;
      best = t;
    }
    if (best >= 0) going.rests[best] = 0;
    return best;
  }

  private placeOf(going: Going, t: number): number {
    const places = this.places[t]!;
    const n = going.counts[t]!;
    return n < places.length ? places[n]! : this.options.order.length + t;
  }

  private stepped(going: Going, t: number): void {
    going.counts[t]!++;
    if (going.turn !== t) return;
    const depth = this.model.where(t).length;
    if (depth > 1) going.inCall = true;
    else if (going.inCall) going.turn = -1;
  }

  private ended(): void {
    const violation = endOf(this.model);
    // A window ends somewhere: threads that wait there wait for what is not in it.
    if (violation === null || violation.rule === 'deadlock') return;
    this.violated(violation, 0);
  }

  /** True: the search is over, or the model cannot go on. */
  private violated(violation: Violation, left: number): boolean {
    const { ignores } = this.options;
    if (left > 0 || ignores.includes(violation.rule)) return violation.rule === 'crash';
    this.found = { violation, schedule: [...this.path], interruptions: [...this.interruptions] };
    return true;
  }
}

/** Transitions between two looks at the clock of whoever searches. */
const SLICE = 20_000;

const copyOf = ({ counts, rests, resting, turn, inCall }: Going): Going => ({
  counts: counts.slice(),
  rests: rests.slice(),
  resting,
  turn,
  inCall,
});
