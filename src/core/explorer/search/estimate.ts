// How many states a search will store, before it has: levels of the state graph by the steps that lead to them, each sampled. Of
// what a level's sample leads to, the states with the smallest hashes are kept (a state's hash does not hang on the way to it),
// and how many states the level has follows from the steps that lead there and from how often two of them met: what comes of one
// step only is rarely seen twice. Where nothing had to be left out this counts. Where much was, states with many ways to them
// are seen too often and the number is too small: the larger the sample, the less. So it is done with two sizes of sample; the
// larger one is the low end, and the high end is where the same growth once more would lead. Measured on litmus whose size is
// known: test/unit/explorer/estimate.test.ts.
// While the search goes on, the share of the sampled states that it has stored says how far it is (capture and recapture).
import { type Model, STEP } from '../model.js';
import { MAX_FORCED_STEPS, type SearchState } from './found.js';
import { hash64, lanes } from './visited.js';

/** States kept of each level: first, and then. */
export const PROBE_SIZES = [250, 1_000] as const;
/** Levels that wait at the same time, and steps of the longest schedule that is followed. */
const MAX_LEVELS = 20_000;
/**
 * What the larger sample finds is too little by a factor that hangs on how much more it finds than the smaller one: with four times
 * the sample four times as much where both are far too small, as much where both are large enough. On litmus of 30,000 to
 * 7,200,000 states it was 3 / (4 - growth)^2, never off by more than 1.3; the test holds others against it.
 */
const BEYOND = 3;
const LEAST_ROOM = 0.3;
const SPREAD = 3;
/** From so large a share and so many sampled states on, what is stored tells more than the levels. */
const MIN_RECAPTURED = 0.05;
const MIN_MET = 50;
/** From so large a share on, the number of states is bounded from above, too. */
const MIN_BOUNDED = 0.5;
/**
 * What recapture was off by on litmus whose size is known, besides chance. Too high at most by 0.11 (v-m under v6.4, 72 % met; of ten
 * litmus of 12,000 to 1,042,043 states).
 */
const TOO_HIGH = 0.15;
const TOO_LOW = 0.15;
const TOO_LOW_EARLY = 0.7;
/** What a count can be off by: of states that are alike, another one may stand for them in the search. */
const ALIKE = 0.1;
const percent = (share: number): string => `${Math.round(100 * share)} %`;

export interface Estimate {
  /** Distinct states that the search would store: the middle of the interval, by its logarithm. */
  readonly states: number;
  readonly low: number;
  /** Null: nothing can be said. */
  readonly high: number | null;
  /** Share of what will be stored that is stored: of a search on its way; null before. */
  readonly done: number | null;
  readonly method: 'counted' | 'sampled levels' | 'recapture';
  readonly uncertainty: string;
}

const AT_LEAST = {
  high: null,
  done: null,
  method: 'sampled levels',
  uncertainty: 'at least so many, and many times that for all that is known',
} as const;

interface Kept {
  readonly state: Int32Array;
  readonly high: number;
  readonly low: number;
}

interface Level {
  /** By hash, how many of the steps that were taken lead there. */
  readonly seen: Map<number, number>;
  /** The smallest ones, with their states; cut down when there are twice as many. */
  kept: Map<number, Kept>;
  /** Above it nothing is kept. */
  limit: number;
  /** Steps that lead there: taken, and estimated. */
  taken: number;
  estimated: number;
}

interface Sampled {
  readonly states: number;
  readonly hashes: readonly { readonly high: number; readonly low: number }[];
}

/** One size of sample; goes on in slices. */
class Probe {
  /** Levels that are done: what each one has, and its sample. */
  readonly done: Sampled[] = [];
  thinned = false;
  transitions = 0;
  private readonly waiting = new Map<number, Level>();
  private readonly known = new Set<number>();
  private readonly initial: Int32Array;
  private readonly scratch: Int32Array;
  private readonly pairs: Int32Array;
  private readonly key: Int32Array;
  private current: {
    readonly kept: readonly Kept[];
    readonly weight: number;
    depth: number;
    at: number;
  } | null = null;

  constructor(
    private readonly model: Model,
    private readonly persistent: boolean,
    private readonly size: number,
  ) {
    this.initial = new Int32Array(model.words);
    this.scratch = new Int32Array(model.words);
    this.pairs = new Int32Array(2 * model.words);
    this.key = new Int32Array(model.keyWords);
    model.reset();
    model.save(this.initial, 0);
    const depth = this.forced();
    if (depth >= 0) this.reach(depth, 1);
  }

  get states(): number {
    return this.done.reduce((sum, { states }) => sum + states, 0);
  }

  /** False: every level is done. */
  advance(transitions: number): boolean {
    const goal = this.transitions + transitions;
    while (this.transitions < goal) {
      const { current } = this;
      if (current === null || current.at === current.kept.length) {
        if (!this.next()) return false;
        continue;
      }
      this.expand(current.kept[current.at++], current.depth, current.weight);
    }
    return true;
  }

  private expand({ state }: Kept, depth: number, weight: number): void {
    const { model } = this;
    for (let t = 0; t < model.threads.length; t++) {
      this.load(state);
      const choices = model.choices(t);
      for (let choice = 0; choice < choices; choice++) {
        if (choice > 0) this.load(state);
        this.transitions++;
        if (model.step(t, choice) === STEP.violated) continue;
        const forced = this.forced();
        if (forced >= 0 && depth + 1 + forced < MAX_LEVELS) this.reach(depth + 1 + forced, weight);
      }
    }
  }

  /** How many forced steps were run; -1: one of them broke something. */
  private forced(): number {
    const { model } = this;
    for (let n = 0; this.persistent && n < MAX_FORCED_STEPS; n++) {
      const thread = model.forced();
      if (thread < 0 || model.choices(thread) > 1) return n;
      this.transitions++;
      if (model.step(thread, 0) === STEP.violated) return -1;
    }
    return 0;
  }

  private reach(depth: number, weight: number): void {
    let level = this.waiting.get(depth);
    if (level === undefined) {
      level = { seen: new Map(), kept: new Map(), limit: Number.POSITIVE_INFINITY, taken: 0, estimated: 0 };
      this.waiting.set(depth, level);
    }
    level.taken++;
    level.estimated += weight;
    hash64(this.key, this.model.key(this.key));
    const [high, low] = lanes;
    const hash = (high >>> 0) * 0x20_0000 + ((low >>> 0) & 0x1f_ffff);
    const before = level.seen.get(hash) ?? 0;
    level.seen.set(hash, before + 1);
    if (before > 0 || hash > level.limit || this.known.has(hash)) return;
    level.kept.set(hash, { state: this.differing(), high, low });
    if (level.kept.size > 2 * this.size) this.cut(level);
  }

  private cut(level: Level): void {
    const smallest = [...level.kept].sort(([a], [b]) => a - b).slice(0, this.size);
    level.kept = new Map(smallest);
    level.limit = smallest.at(-1)![0];
  }

  /** The next level by steps; false: there is none. */
  private next(): boolean {
    this.current = null;
    if (this.waiting.size === 0) return false;
    const depth = Math.min(...this.waiting.keys());
    const level = this.waiting.get(depth)!;
    this.waiting.delete(depth);
    // Through a loop the same state is reached again, with more steps.
    let fresh = 0;
    let once = 0;
    let twice = 0;
    for (const [hash, times] of level.seen) {
      if (this.known.has(hash)) continue;
      fresh++;
      if (times === 1) once++;
      else if (times === 2) twice++;
    }
    if (fresh === 0) return true;
    const share = Math.min(1, level.taken / level.estimated);
    const ways =
      share > 0.999
        ? level.taken / level.seen.size
        : Math.max(1, 1 + (2 * (twice / Math.max(1, once)) * (1 - share)) / share);
    const states = Math.max(fresh, (level.estimated / ways) * (fresh / level.seen.size));
    if (level.kept.size > this.size) this.cut(level);
    const kept = [...level.kept.values()];
    if (kept.length < fresh || share < 1) this.thinned = true;
    for (const hash of level.kept.keys()) this.known.add(hash);
    this.done.push({ states, hashes: kept.map(({ high, low }) => ({ high, low })) });
    this.current = { kept, weight: Math.max(1, states / kept.length), depth, at: 0 };
    return true;
  }

  /** Where the present state differs from the initial one: place and word. */
  private differing(): Int32Array {
    const { initial, scratch, pairs } = this;
    this.model.save(scratch, 0);
    let length = 0;
    for (let k = 0; k < scratch.length; k++) {
      if (scratch[k] === initial[k]) continue;
      pairs[length++] = k;
      pairs[length++] = scratch[k];
    }
    return pairs.slice(0, length);
  }

  private load(state: Int32Array): void {
    const { scratch } = this;
    scratch.set(this.initial);
    for (let k = 0; k < state.length; k += 2) scratch[state[k]] = state[k + 1];
    this.model.load(scratch, 0);
  }
}

export class Estimator {
  private readonly probes: Probe[] = [];
  private finished = 0;

  constructor(
    private readonly build: () => Model,
    private readonly persistent: boolean,
  ) {}

  /** Takes about so many transitions; `finished`: more would say no more. */
  advance(transitions: number): SearchState {
    if (this.finished === PROBE_SIZES.length) return 'finished';
    if (this.probes.length === this.finished) {
      this.probes.push(new Probe(this.build(), this.persistent, PROBE_SIZES[this.finished]));
    }
    const probe = this.probes[this.finished];
    if (probe.advance(transitions)) return 'working';
    this.finished = probe.thinned ? this.finished + 1 : PROBE_SIZES.length;
    return this.finished === PROBE_SIZES.length ? 'finished' : 'working';
  }

  /** Null: nothing was sampled yet. */
  before(): Estimate | null {
    const ended = this.probes.filter((_, k) => k < this.finished);
    const last = ended.at(-1);
    if (last === undefined) return this.partly();
    const low = Math.round(last.states);
    if (!last.thinned) {
      return {
        states: low,
        low: Math.round(low * (1 - ALIKE)),
        high: Math.round(low * (1 + ALIKE)),
        done: null,
        method: 'counted',
        uncertainty: `${percent(ALIKE)} either way: every level fitted into the sample`,
      };
    }
    if (ended.length < 2) return { ...AT_LEAST, states: low, low };
    const growth = Math.max(1, last.states / ended[0].states);
    const room = PROBE_SIZES[1] / PROBE_SIZES[0] - growth;
    // As large as the sample: nothing tells how much larger it is.
    if (room < LEAST_ROOM) return { ...AT_LEAST, states: low, low };
    const states = Math.round(low * Math.max(1, BEYOND / room ** 2));
    return {
      states,
      low: Math.round(states / SPREAD),
      high: states * SPREAD,
      done: null,
      method: 'sampled levels',
      uncertainty: `a factor of ${SPREAD} either way, from searches whose size is known`,
    };
  }

  /** The smallest probe has not come to its end. */
  private partly(): Estimate | null {
    const low = Math.round(this.probes[0]?.states ?? 0);
    if (low === 0) return null;
    return { ...AT_LEAST, states: low, low };
  }

  /**
   * Of a search on its way: what of the sampled states it has stored, each level by its size.
   * @param has whether it has stored the state of this hash
   */
  during(stored: number, has: (high: number, low: number) => boolean): Estimate | null {
    const first = this.before();
    if (first === null) return null;
    // More is stored than was held possible: all that is left of it is a low end.
    if (first.high !== null && stored > first.high) return { ...AT_LEAST, states: stored, low: stored };
    if (this.finished === 0) {
      const low = Math.max(stored, first.low);
      return { ...first, states: Math.max(first.states, low), low };
    }
    if (first.method === 'counted') {
      const states = Math.max(first.states, stored);
      return { ...first, states, done: Math.min(1, stored / states) };
    }
    const levels =
      this.probes[this.finished === PROBE_SIZES.length ? this.probes.length - 1 : this.finished - 1].done;
    let share = 0;
    let samples = 0;
    let met = 0;
    for (const { states, hashes } of levels) {
      if (hashes.length === 0) continue;
      const here = hashes.filter(({ high, low }) => has(high, low)).length;
      share += states * (here / hashes.length);
      samples += hashes.length;
      met += here;
    }
    const done = share / levels.reduce((sum, { states }) => sum + states, 0);
    // Below it, chance and where the search began say more than how far it is.
    if (done < MIN_RECAPTURED || met < MIN_MET) {
      return {
        ...first,
        states: Math.max(first.states, stored),
        low: Math.max(first.low, stored),
        done,
      };
    }
    const chance = 2 * Math.sqrt((1 - done) / (done * samples));
    const states = Math.max(stored, Math.round(stored / done));
    const below = chance + TOO_HIGH;
    const above = chance + TOO_LOW + TOO_LOW_EARLY * (1 - done);
    return {
      states,
      low: Math.max(stored, Math.round(states * (1 - below))),
      // Where little is stored, how many states there are elsewhere is not known: 4 M were told of 15 M (reference-coarse).
      high: done < MIN_BOUNDED ? null : Math.round(states * (1 + above)),
      done,
      method: 'recapture',
      uncertainty:
        done < MIN_BOUNDED
          ? `${percent(below)} less, or any number more: below ${percent(MIN_BOUNDED)} nothing is said of what has not been near`
          : `${percent(below)} less to ${percent(above)} more: ${percent(chance)} by chance, the rest because what is reached in many ways is sampled and stored first`,
    };
  }
}
