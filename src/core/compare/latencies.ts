// How long locks were held and waited for, and how long zaps took, out of rows in order: one open begin a thread and lock.
import { LOCK_NAMES, LOCKS_PER_VM } from '../aggregates/layout.js';
import { E } from '../events/catalogue.js';
import { LOCK_MODE } from '../events/lock.events.js';
import type { EventRows } from '../projections/rows.js';
import { Histogram, type Percentiles } from './histogram.js';

export interface LockFigures {
  /** `mmu_lock`; of all VMs together. */
  readonly lock: string;
  readonly mode: 'read' | 'write';
  /** Null: it was never held; at `lifecycle` it is not recorded. */
  readonly heldNs: Percentiles | null;
  /** Null: nobody waited for it. */
  readonly waitedNs: Percentiles | null;
}

export interface LatencyFigures {
  readonly locks: readonly LockFigures[];
  readonly zapNs: Percentiles | null;
}

/** Locks of all VMs that a thread can have open begins of. */
const LOCKS = 64;
const MODES = ['read', 'write'] as const;

export class Latencies {
  private readonly heldSince = new Float64Array(256 * LOCKS).fill(-1);
  private readonly waitsSince = new Float64Array(256 * LOCKS).fill(-1);
  private readonly zapsSince = new Float64Array(256).fill(-1);
  /** By lock kind * 2 + mode; write is 1. */
  private readonly held: (Histogram | undefined)[] = [];
  private readonly waited: (Histogram | undefined)[] = [];
  private readonly zaps = new Histogram();

  /** Takes rows [from, to). */
  feed(rows: EventRows, from: number, to: number): void {
    for (let i = from; i < to; i++) {
      const t = rows.thread[i];
      switch (rows.type[i]) {
        case E.LockAcquired: {
          const at = place(rows.subject[i], t);
          if (this.waitsSince[at] >= 0) this.ended(this.waited, this.waitsSince, at, rows, i);
          this.heldSince[at] = rows.timeNs[i];
          break;
        }
        case E.LockReleased:
          this.ended(this.held, this.heldSince, place(rows.subject[i], t), rows, i);
          break;
        case E.LockContended:
          this.waitsSince[place(rows.subject[i], t)] = rows.timeNs[i];
          break;
        case E.RootZapStarted:
          this.zapsSince[t] = rows.timeNs[i];
          break;
        case E.RootZapFinished:
          if (this.zapsSince[t] >= 0) this.zaps.add(rows.timeNs[i] - this.zapsSince[t]);
          this.zapsSince[t] = -1;
          break;
        default:
      }
    }
  }

  figures(): LatencyFigures {
    const locks = LOCK_NAMES.flatMap((lock, kind) =>
      MODES.map((mode, k) => ({
        lock,
        mode,
        heldNs: this.held[kind * 2 + k]?.percentiles() ?? null,
        waitedNs: this.waited[kind * 2 + k]?.percentiles() ?? null,
      })),
    );
    return {
      locks: locks.filter(({ heldNs, waitedNs }) => heldNs !== null || waitedNs !== null),
      zapNs: this.zaps.percentiles(),
    };
  }

  private ended(
    into: (Histogram | undefined)[],
    since: Float64Array,
    at: number,
    rows: EventRows,
    i: number,
  ): void {
    if (since[at] < 0) return;
    const lock = rows.subject[i] >> 4;
    const k = (lock % LOCKS_PER_VM) * 2 + (rows.a[i] === LOCK_MODE.write ? 1 : 0);
    into[k] ??= new Histogram();
    into[k].add(rows.timeNs[i] - since[at]);
    since[at] = -1;
  }
}

const place = (subject: number, thread: number): number => thread * LOCKS + ((subject >> 4) & (LOCKS - 1));
