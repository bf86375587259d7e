// How long each function held and waited for locks in a session: by lock, function that took it and mode. Fed row by row.
import { LOCK_NAMES, LOCKS_PER_VM } from '../aggregates/layout.js';
import { LOCK_MODE } from '../events/lock.events.js';

/** One stored lock event, in words. */
export interface LockRow {
  readonly type: string;
  readonly timeNs: number;
  readonly thread: string;
  /** Where the thread is. */
  readonly function: string;
  /** Number of the lock. */
  readonly lock: number;
  readonly mode: number;
}

export interface LockTime {
  readonly lock: string;
  readonly function: string;
  readonly mode: 'read' | 'write';
  readonly times: number;
  readonly waits: number;
  readonly waitedNs: number;
  readonly longestWaitNs: number;
  readonly heldNs: number;
  readonly longestHeldNs: number;
}

/** Functions that take locks are few; a session of some other kind is not summed without end. */
export const MAX_LOCK_TIMES = 10_000;

type Sum = { -readonly [K in keyof LockTime]: LockTime[K] };

export class LockTimes {
  private readonly sums = new Map<string, Sum>();
  /** By thread and lock. */
  private readonly held = new Map<string, { readonly sinceNs: number; readonly sum: Sum }>();
  private readonly waits = new Map<string, number>();

  /** Rows in order; others than LockContended, LockAcquired and LockReleased are passed over. */
  take(row: LockRow): void {
    const key = `${row.thread} ${row.lock}`;
    if (row.type === 'LockContended') this.waits.set(key, row.timeNs);
    else if (row.type === 'LockAcquired') this.acquired(row, key);
    else if (row.type === 'LockReleased') this.released(row, key);
  }

  /** The longest held first. */
  rows(): LockTime[] {
    return [...this.sums.values()].toSorted(
      (a, b) => b.heldNs - a.heldNs || b.waitedNs - a.waitedNs || (a.function < b.function ? -1 : 1),
    );
  }

  private acquired(row: LockRow, key: string): void {
    const sum = this.sumOf(row);
    if (sum === null) return;
    sum.times++;
    const since = this.waits.get(key);
    if (since !== undefined) {
      this.waits.delete(key);
      sum.waits++;
      sum.waitedNs += row.timeNs - since;
      sum.longestWaitNs = Math.max(sum.longestWaitNs, row.timeNs - since);
    }
    this.held.set(key, { sinceNs: row.timeNs, sum });
  }

  private released({ timeNs }: LockRow, key: string): void {
    const begun = this.held.get(key);
    if (begun === undefined) return;
    this.held.delete(key);
    const ns = timeNs - begun.sinceNs;
    begun.sum.heldNs += ns;
    begun.sum.longestHeldNs = Math.max(begun.sum.longestHeldNs, ns);
  }

  private sumOf({ lock, function: name, mode }: LockRow): Sum | null {
    const kind = LOCK_NAMES[lock % LOCKS_PER_VM] ?? `lock ${lock}`;
    const word = mode === LOCK_MODE.read ? 'read' : 'write';
    const key = `${kind} ${name} ${word}`;
    let sum = this.sums.get(key);
    if (sum === undefined) {
      if (this.sums.size >= MAX_LOCK_TIMES) return null;
      const figures = {
        times: 0,
        waits: 0,
        waitedNs: 0,
        longestWaitNs: 0,
        heldNs: 0,
        longestHeldNs: 0,
      };
      sum = { lock: kind, function: name, mode: word, ...figures };
      this.sums.set(key, sum);
    }
    return sum;
  }
}
