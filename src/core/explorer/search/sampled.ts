// Searches that try schedules instead of states: uniformly random ones, and PCT (Burckhardt et al., 2010: random thread
// priorities with d - 1 random points of change; a bug of depth d is met with probability of at least 1 / (n * k^(d-1)) a
// schedule). They never establish that a rule holds. Schedule number i of a seed is always the same one.
import { nextBelow, streamSeed } from '../../base/prng.js';
import { type Model, STEP, type Violation } from '../model.js';
import {
  type Bound,
  endOf,
  type Found,
  type ScheduleStep,
  type SearchBounds,
  type SearchFigures,
  type SearchState,
} from './found.js';
import { packStep, unpackStep } from './nodes.js';
import type { Visited } from './visited.js';

export const SAMPLING = ['random', 'pct'] as const;
export type Sampling = (typeof SAMPLING)[number];

/** Steps after which a schedule is given up where no bound on depth is set. */
export const MAX_SAMPLED_STEPS = 100_000;
/** Depth of the bugs that PCT aims at, and the most it can be told. */
export const DEFAULT_PCT_DEPTH = 3;
export const MAX_PCT_DEPTH = 32;
/** Points of change are drawn from so many steps before any schedule has told its length. */
const FIRST_LENGTH = 64;

/** Streams, by what draws from them. */
const THREADS = 0;
const CHOICES = 1;
const PRIORITIES = 2;
const CHANGES = 3;
const STREAMS = ['explore.threads', 'explore.choices', 'explore.priorities', 'explore.changes'];

export interface SampledOptions {
  readonly sampling: Sampling;
  readonly seed: number;
  readonly schedules: number;
  readonly pctDepth: number;
  readonly bounds: SearchBounds;
}

/** Enough to go on elsewhere with the next schedule; coverage counts from there. */
export interface SampledCheckpoint {
  readonly schedules: number;
  readonly longest: number;
}

export class Sampled {
  /** States are the distinct ones that were met. */
  readonly figures: SearchFigures = { states: 0, transitions: 0, depth: 0, terminalStates: 0 };
  readonly met = new Set<Bound>();
  found: Found | null = null;
  /** Schedules that were tried to their end. */
  schedules = 0;

  private readonly streams = new Int32Array(STREAMS.length);
  private readonly schedule: number[] = [];
  private readonly priority: Int32Array;
  private readonly changeAt: Int32Array;
  private readonly key: Int32Array;
  private readonly enabled: number[] = [];
  private longest = 0;
  private running = false;
  private last = -1;
  private used = 0;
  private readonly maxSteps: number;

  constructor(
    private readonly model: Model,
    private readonly visited: Visited,
    private readonly options: SampledOptions,
    from: SampledCheckpoint = { schedules: 0, longest: 0 },
  ) {
    this.priority = new Int32Array(model.threads.length);
    this.changeAt = new Int32Array(Math.max(0, options.pctDepth - 1));
    this.key = new Int32Array(model.keyWords);
    this.maxSteps = options.bounds.depth ?? MAX_SAMPLED_STEPS;
    this.schedules = from.schedules;
    this.longest = from.longest;
  }

  checkpoint(): SampledCheckpoint {
    return { schedules: this.schedules, longest: this.longest };
  }

  get visitedBytes(): number {
    return this.visited.bytes;
  }
  get bytes(): number {
    return this.visited.bytes;
  }

  /** A schedule that ends leaves nothing behind. */
  readonly waiting = 0;

  start(): SearchState {
    return this.found === null ? 'working' : 'violated';
  }

  /** Takes about so many transitions. */
  advance(transitions: number): SearchState {
    const { figures, model } = this;
    const goal = figures.transitions + transitions;
    while (this.found === null && figures.transitions < goal) {
      if (!this.running) {
        if (this.schedules === this.options.schedules) return this.bounded('schedules');
        this.begin();
      }
      if (figures.states >= this.options.bounds.states) return this.bounded('states');
      if (this.visited.full) return this.bounded('bytes');
      const thread = this.pick();
      if (thread < 0) {
        this.end(endOf(model));
        continue;
      }
      if (this.schedule.length === this.maxSteps) {
        this.met.add('depth');
        this.end(null);
        continue;
      }
      this.take(thread);
    }
    return this.found === null ? 'working' : 'violated';
  }

  private begin(): void {
    const { streams, options, priority, changeAt } = this;
    STREAMS.forEach((name, k) => {
      streams[k] = streamSeed(options.seed, `${name}.${this.schedules}`);
    });
    this.model.reset();
    this.see();
    this.schedule.length = 0;
    this.running = true;
    this.last = -1;
    this.used = 0;
    if (options.sampling !== 'pct') return;
    // A random order of the threads, all above what a point of change lowers one to.
    for (let t = 0; t < priority.length; t++) {
      const other = nextBelow(streams, PRIORITIES, t + 1);
      priority[t] = priority[other];
      priority[other] = options.pctDepth + t;
    }
    const length = this.longest === 0 ? FIRST_LENGTH : this.longest;
    for (let k = 0; k < changeAt.length; k++) changeAt[k] = 1 + nextBelow(streams, CHANGES, length);
  }

  /** The thread that runs next, -1 when none can. */
  private pick(): number {
    const { model, enabled, options, priority } = this;
    enabled.length = 0;
    for (let t = 0; t < model.threads.length; t++) if (model.choices(t) > 0) enabled.push(t);
    if (enabled.length === 0) return -1;
    const mayPreempt = options.bounds.preemptions === null || this.used < options.bounds.preemptions;
    if (!mayPreempt && enabled.includes(this.last)) return this.last;
    let thread = enabled[0];
    if (options.sampling === 'random') thread = enabled[nextBelow(this.streams, THREADS, enabled.length)];
    else for (const t of enabled) if (priority[t] > priority[thread]) thread = t;
    if (this.last >= 0 && thread !== this.last && enabled.includes(this.last)) this.used++;
    return thread;
  }

  private take(thread: number): void {
    const { model, figures, schedule } = this;
    const choices = model.choices(thread);
    const choice = choices === 1 ? 0 : nextBelow(this.streams, CHOICES, choices);
    schedule.push(packStep(thread, choice));
    this.last = thread;
    figures.transitions++;
    figures.depth = Math.max(figures.depth, schedule.length);
    if (model.step(thread, choice) === STEP.violated) {
      this.end(model.violation());
      return;
    }
    this.see();
    if (this.options.sampling !== 'pct') return;
    for (let k = 0; k < this.changeAt.length; k++) {
      if (this.changeAt[k] === schedule.length) this.priority[thread] = k;
    }
  }

  private see(): void {
    if (!this.visited.add(this.key, this.model.key(this.key))) return;
    this.figures.states++;
    if (this.model.threads.every((_, t) => this.model.choices(t) === 0)) this.figures.terminalStates++;
  }

  private end(violation: Violation | null): void {
    this.running = false;
    this.schedules++;
    this.longest = Math.max(this.longest, this.schedule.length);
    if (violation === null) return;
    const schedule: ScheduleStep[] = this.schedule.map(unpackStep);
    this.found = { violation, schedule };
  }

  private bounded(bound: Bound): SearchState {
    this.met.add(bound);
    return 'bound';
  }
}
