// Roots under pressure, from rows: the most valid roots at once, how long vCPUs waited for a root, how many threads zapped at
// once and how long. One pass, a few numbers a thread; rows may be filtered to ROOT_PRESSURE_TYPES.
import { LOCK_KIND, LOCKS_PER_VM } from '../aggregates/layout.js';
import { role_is_invalid } from '../aggregates/role.js';
import { E } from '../events/catalogue.js';
import { SUBJECT_RADIX } from '../events/define.js';
import { LOCK_MODE } from '../events/lock.events.js';
import type { EventRows } from './rows.js';

/** The only types that this looks at; all are kept at both recording levels. */
export const ROOT_PRESSURE_TYPES: readonly number[] = [
  E.RootAllocated,
  E.RootInvalidated,
  E.RootFreed,
  E.RootLoaded,
  E.FastZapBegun,
  E.LockContended,
  E.RootZapStarted,
  E.RootZapFinished,
];

/** Zaps whose begin and end are kept; a session with more has no figure of zaps at once. */
export const ROOT_PRESSURE_ZAPS_MAX = 500_000;

export interface RootPressureFigures {
  readonly peakValidRoots: number;
  readonly rootLoads: number;
  /** Loads of a root before which the vCPU had to wait for mmu_lock. */
  readonly rootLoadsThatWaited: number;
  /**
   * From the thread's first wait for mmu_lock (to give the old root back, or to look the new one up) to the new root; 0:
   * nobody waited. The fault path takes the lock for read and does not count.
   */
  readonly worstRootLoadNs: number;
  readonly zaps: number;
  /** From the begin of a zap to its end, its yields included. */
  readonly longestZapNs: number;
  /** Threads that were zapping a root at the same moment; null: too many zaps. */
  readonly zapsAtOnce: number | null;
  /** The longest time for which so many were. */
  readonly zapsAtOnceNs: number | null;
}

/** lock number -> true where it is an mmu_lock. */
const isMmuLock = (subject: number): boolean =>
  Math.floor(subject / SUBJECT_RADIX) % LOCKS_PER_VM === LOCK_KIND.mmu_lock;

export class RootPressure {
  private valid = 0;
  private peakValid = 0;
  private loads = 0;
  private waited = 0;
  private worstLoadNs = 0;
  private zaps = 0;
  private longestZapNs = 0;
  /** By thread: since when it waits for a root, or zaps one; -1: it does not. */
  private readonly waitsSinceNs = new Float64Array(256).fill(-1);
  private readonly zapsSinceNs = new Float64Array(256).fill(-1);
  private readonly begins: number[] = [];
  private readonly ends: number[] = [];

  /** Takes rows [from, to). */
  feed(rows: EventRows, from: number, to: number): void {
    for (let i = from; i < to; i++) this.row(rows, i);
  }

  private row(rows: EventRows, i: number): void {
    const t = rows.thread[i]!;
    const now = rows.timeNs[i]!;
    switch (rows.type[i]) {
      case E.RootAllocated:
        this.valid++;
        if (this.valid > this.peakValid) this.peakValid = this.valid;
        break;
      case E.RootInvalidated:
        this.valid--;
        break;
      case E.RootFreed:
        // Only an invalid root is freed; a broken protocol may do otherwise.
        if (!role_is_invalid(rows.a[i]!)) this.valid--;
        break;
      case E.LockContended:
        if (rows.a[i] === LOCK_MODE.write && isMmuLock(rows.subject[i]!) && this.waitsSinceNs[t]! < 0) {
          this.waitsSinceNs[t] = now;
        }
        break;
      case E.FastZapBegun:
        // That wait was for the zap, not for a root.
        this.waitsSinceNs[t] = -1;
        break;
      case E.RootLoaded:
        this.loads++;
        if (this.waitsSinceNs[t]! >= 0) {
          this.waited++;
          this.worstLoadNs = Math.max(this.worstLoadNs, now - this.waitsSinceNs[t]!);
        }
        this.waitsSinceNs[t] = -1;
        break;
      case E.RootZapStarted:
        this.zapsSinceNs[t] = now;
        break;
      case E.RootZapFinished:
        this.zapFinished(t, now);
        break;
      default:
    }
  }

  private zapFinished(t: number, now: number): void {
    const since = this.zapsSinceNs[t]!;
    if (since < 0) return;
    this.zapsSinceNs[t] = -1;
    this.zaps++;
    this.longestZapNs = Math.max(this.longestZapNs, now - since);
    if (this.begins.length >= ROOT_PRESSURE_ZAPS_MAX) return;
    this.begins.push(since);
    this.ends.push(now);
  }

  figures(): RootPressureFigures {
    const most = this.zaps > this.begins.length ? null : atOnce(this.begins, this.ends);
    return {
      peakValidRoots: this.peakValid,
      rootLoads: this.loads,
      rootLoadsThatWaited: this.waited,
      worstRootLoadNs: this.worstLoadNs,
      zaps: this.zaps,
      longestZapNs: this.longestZapNs,
      zapsAtOnce: most === null ? null : most.count,
      zapsAtOnceNs: most === null ? null : most.ns,
    };
  }
}

/** The most intervals that are open at one moment, and the longest time for which that many are. */
function atOnce(
  begins: readonly number[],
  ends: readonly number[],
): { readonly count: number; readonly ns: number } {
  const up = Float64Array.from(begins).sort();
  const down = Float64Array.from(ends).sort();
  let open = 0;
  let count = 0;
  let ns = 0;
  let u = 0;
  for (let d = 0; d < down.length; ) {
    // One that begins where another ends is not there at the same moment.
    if (u < up.length && up[u]! < down[d]!) {
      open++;
      u++;
      if (open > count) {
        count = open;
        ns = 0;
      }
      if (open === count) {
        const until = u < up.length ? Math.min(up[u]!, down[d]!) : down[d]!;
        ns = Math.max(ns, until - up[u - 1]!);
      }
    } else {
      open--;
      d++;
    }
  }
  return { count, ns };
}
