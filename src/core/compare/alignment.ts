// Two sessions side by side, step by step: which steps have the same past in both. What is unequal stays unequal for
// everything that depends on it, so each thread has one first unequal step, and the first of those in a session's order is
// its first real divergence: everything that it depends on is common.
import { CausalStream, type StreamOptions } from './causal-stream.js';
import { type OccurrenceSums, Occurrences } from './occurrences.js';
import { type QueuedStep, STEP } from './step-queue.js';

/** Steps of both sessions together that wait for their counterpart. */
export const MAX_PENDING_STEPS = 2_000_000;

/** Where a thread's steps are unequal for the first time; null: the session has no such step any more. */
export interface ThreadDivergence {
  readonly slot: number;
  readonly steps: readonly [QueuedStep | null, QueuedStep | null];
}

export interface AlignmentResult {
  readonly steps: readonly [number, number];
  /**
   * By slot. None: the sessions are equal up to steps that commute. The first of each session's order is always among them;
   * threads that diverge only after it may be missing.
   */
  readonly divergences: ReadonlyMap<number, ThreadDivergence>;
  /** The pending steps reached their limit: what was found is right, what follows was not looked at. */
  readonly gaveUp: boolean;
  readonly occurrences: OccurrenceSums | null;
}

type Side = 0 | 1;
type StreamSetting = Pick<StreamOptions, 'slots' | 'sites'>;

export class Alignment {
  readonly streams: readonly [CausalStream, CausalStream];
  readonly occurrences = new Occurrences();
  private readonly divergences = new Map<number, ThreadDivergence>();
  private readonly ended: [boolean, boolean] = [false, false];
  private readonly looked: [number, number] = [0, 0];
  private gaveUp = false;

  constructor(
    first: StreamSetting,
    second: StreamSetting,
    how: Pick<StreamOptions, 'sameProcedures' | 'lifecycleOnly'>,
    /** Slots that are used. */
    private readonly slots: number,
    private readonly maxPending = MAX_PENDING_STEPS,
  ) {
    const { occurrences } = this;
    this.streams = [
      new CausalStream({ ...first, ...how, occurrences, side: 0 }),
      new CausalStream({ ...second, ...how, occurrences, side: 1 }),
    ];
  }

  /** Rows [from, to) of one session, the first of them at `position`. */
  take(
    side: Side,
    rows: Parameters<CausalStream['take']>[0],
    from: number,
    to: number,
    position: number,
  ): void {
    this.streams[side].take(rows, from, to, position);
    this.looked[side] = position + to - from - 1;
    this.match();
  }

  /** No more rows of this session. */
  end(side: Side): void {
    this.ended[side] = true;
    this.match();
  }

  result(): AlignmentResult {
    const [first, second] = this.streams;
    return {
      steps: [first.steps, second.steps],
      divergences: this.divergences,
      gaveUp: this.gaveUp,
      occurrences: this.occurrences.sums(),
    };
  }

  private match(): void {
    const [first, second] = this.streams;
    if (!first.causal) return;
    let pending = 0;
    for (let slot = 0; slot < this.slots; slot++) {
      if (first.closed[slot] === 1) continue;
      const [a, b] = [first.queues[slot], second.queues[slot]];
      while (a.length > 0 && b.length > 0) {
        const [x, y] = [a.first(), b.first()];
        if (
          a.words[x + STEP.PAST] !== b.words[y + STEP.PAST] ||
          a.words[x + STEP.PAST + 1] !== b.words[y + STEP.PAST + 1]
        )
          break;
        a.shift();
        b.shift();
      }
      const unequal = a.length > 0 && b.length > 0;
      const alone = (a.length > 0 && this.ended[1]) || (b.length > 0 && this.ended[0]);
      if (unequal || alone) this.diverge(slot);
      pending += a.length + b.length;
    }
    if (pending > this.maxPending) this.gaveUp = true;
    if (this.gaveUp || (this.isSettled(0) && this.isSettled(1))) this.stop();
  }

  private diverge(slot: number): void {
    const [first, second] = this.streams;
    this.divergences.set(slot, { slot, steps: [first.queues[slot].peek(), second.queues[slot].peek()] });
    for (const stream of this.streams) {
      stream.closed[slot] = 1;
      stream.queues[slot].clear();
    }
  }

  /** Only occurrences are still counted. */
  private stop(): void {
    for (const stream of this.streams) {
      stream.causal = false;
      for (const queue of stream.queues) queue.clear();
    }
  }

  /** No thread can turn out to diverge before the first divergence known of this session. */
  private isSettled(side: Side): boolean {
    let at = Number.POSITIVE_INFINITY;
    for (const { steps } of this.divergences.values()) at = Math.min(at, steps[side]?.position ?? at);
    if (this.looked[side] < at) return false;
    const { queues, closed } = this.streams[side];
    for (let slot = 0; slot < this.slots; slot++) {
      const queue = queues[slot];
      if (closed[slot] === 0 && queue.length > 0 && queue.firstPosition() < at) return false;
    }
    return true;
  }
}
