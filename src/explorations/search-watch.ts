// What is looked at between two slices of a search, on the clock: how far it is and about how far it will go, whether it is to
// stop, whether it is time to write down what it would need to go on.
import type { Model } from '../core/explorer/model.js';
import { type Estimate, Estimator } from '../core/explorer/search/estimate.js';
import type { Bound } from '../core/explorer/search/found.js';
import type { ExplorationProgress } from './exploration.js';

/** A search that ends sooner needs no estimate. */
const ESTIMATE_AFTER_MS = 500;
/** What the estimate may take before the search goes on; the rest of it is done beside the search. */
const ESTIMATE_MS = 1_000;
const ESTIMATE_SLICE = 500;
/** Beside the search: one part in so many of the time. */
const ESTIMATE_PART = 20;
/** How often what was sampled is looked up among what is stored. */
const RECAPTURE_MS = 1_000;
/** Checkpoints may take one part in so many of the time: a large one comes less often than it was asked for. */
const CHECKPOINT_PART = 20;

/** A search as it is seen from outside. */
export interface Seen {
  readonly states: number;
  readonly transitions: number;
  readonly depth: number;
  readonly waiting: number;
  /** Whether the state with this hash is stored; null: cannot be asked. */
  readonly has: ((high: number, low: number) => boolean) | null;
}

export interface WatchHooks {
  readonly progress?: (now: ExplorationProgress) => void;
  readonly cancelled?: () => boolean;
  readonly checkpointMs?: number;
}

export class SearchWatch {
  private readonly begunMs = performance.now();
  private estimator: Estimator | null = null;
  private estimating = false;
  private estimate: Estimate | null = null;
  private recapturedMs = 0;
  private lookedMs = performance.now();
  /** Its part of the time, less what it has had of it. */
  private estimateOwedMs = 0;
  private checkpointedMs = performance.now();
  private checkpointTookMs = 0;
  private before = 0;
  private saved = false;

  constructor(
    private readonly hooks: WatchHooks,
    /** Of this run. */
    private readonly boundSeconds: number,
    /** That the search took before it was stopped. */
    private readonly secondsBefore: number,
  ) {}

  /** In all. */
  get seconds(): number {
    return this.secondsBefore + this.ownSeconds;
  }

  get ownSeconds(): number {
    return (performance.now() - this.begunMs) / 1_000;
  }

  /** Worth an estimate: somebody looks, and it was not over at once. */
  get wantsEstimate(): boolean {
    return (
      this.hooks.progress !== undefined &&
      this.estimator === null &&
      performance.now() - this.begunMs > ESTIMATE_AFTER_MS
    );
  }

  /** Samples for a while; what is left to sample is sampled beside the search. */
  async sample(build: () => Model, persistent: boolean, seen: Seen): Promise<void> {
    this.estimator = new Estimator(build, persistent);
    this.estimating = true;
    for (const until = performance.now() + ESTIMATE_MS; this.estimating && performance.now() < until; ) {
      this.estimating = this.estimator.advance(ESTIMATE_SLICE) === 'working';
      if (this.hooks.cancelled?.() === true) break;
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    this.recapture(seen);
    this.tell(seen);
  }

  /** Which bound of the caller's is met, when any. */
  look(seen: Seen): Bound | 'cancelled' | null {
    const nowMs = performance.now();
    if (this.estimating && this.estimator !== null) {
      this.estimateOwedMs += (nowMs - this.lookedMs) / ESTIMATE_PART;
      const begunMs = performance.now();
      while (this.estimating && performance.now() - begunMs < this.estimateOwedMs)
        this.estimating = this.estimator.advance(ESTIMATE_SLICE) === 'working';
      this.estimateOwedMs -= performance.now() - begunMs;
    }
    this.lookedMs = performance.now();
    if (nowMs - this.recapturedMs > RECAPTURE_MS) this.recapture(seen);
    this.tell(seen);
    if (this.hooks.cancelled?.() === true) return 'cancelled';
    return this.ownSeconds >= this.boundSeconds ? 'seconds' : null;
  }

  /** It is time to write a checkpoint. */
  get checkpointDue(): boolean {
    const { checkpointMs } = this.hooks;
    if (checkpointMs === undefined) return false;
    const every = Math.max(checkpointMs, this.checkpointTookMs * CHECKPOINT_PART);
    return performance.now() - this.checkpointedMs >= every;
  }

  /** @param save writes it */
  checkpoint(save: () => void): void {
    const begun = performance.now();
    save();
    this.checkpointedMs = performance.now();
    this.checkpointTookMs = this.checkpointedMs - begun;
    this.saved = true;
  }

  private recapture({ states, has }: Seen): void {
    this.recapturedMs = performance.now();
    if (this.estimator === null) return;
    this.estimate = has === null ? this.estimator.before() : this.estimator.during(states, has);
  }

  private tell({ states, transitions, depth, waiting }: Seen): void {
    const { progress } = this.hooks;
    if (progress === undefined) return;
    // The rate is of this run.
    if (this.before === 0) this.before = states;
    const { seconds, ownSeconds } = this;
    progress({
      states,
      transitions,
      depth,
      waiting,
      seconds,
      statesPerSecond: Math.round(
        (states - (this.secondsBefore > 0 ? this.before : 0)) / Math.max(ownSeconds, 1e-3),
      ),
      estimate: this.estimate,
      checkpointed: this.saved,
    });
  }
}
