// A lock's lane: which threads hold it, for read or write, and which wait for it.
import { E } from '../events/catalogue.js';
import { LOCK_MODE } from '../events/lock.events.js';
import type { LockView } from '../projections/locks.js';
import { lockText } from '../projections/locks.js';
import { Spans } from './spans.js';

export interface LockLaneView {
  readonly lock: number;
  readonly name: string;
  /** Thread, mode (LOCK_MODE), from, to. */
  readonly holds: readonly number[];
  /** Thread, mode, from, to. */
  readonly waits: readonly number[];
}

export class LockLane {
  private readonly holds = new Spans();
  private readonly waits = new Spans();

  constructor(readonly lock: number) {}

  startAt({ writer, readingThreads, waiting }: LockView, from: number): void {
    if (writer !== null) this.holds.begin(writer, from, writer, LOCK_MODE.write);
    for (const thread of readingThreads ?? []) this.holds.begin(thread, from, thread, LOCK_MODE.read);
    for (const { thread, mode } of waiting) {
      this.waits.begin(thread, from, thread, mode === 'write' ? LOCK_MODE.write : LOCK_MODE.read);
    }
  }

  row(type: number, thread: number, mode: number, at: number): void {
    if (type === E.LockContended) this.waits.begin(thread, at, thread, mode);
    else if (type === E.LockAcquired) {
      this.waits.end(thread, at);
      this.holds.begin(thread, at, thread, mode);
    } else if (type === E.LockReleased) this.holds.end(thread, at);
  }

  view(end: number): LockLaneView {
    this.holds.endAll(end);
    this.waits.endAll(end);
    return { lock: this.lock, name: lockText(this.lock), holds: this.holds.flat, waits: this.waits.flat };
  }
}
