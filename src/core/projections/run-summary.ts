// The figures of a run, counted while its rows go by: one look-up and a few additions an event, no objects.
import { ROLE, role_is_invalid } from '../aggregates/role.js';
import { CATALOGUE, E } from '../events/catalogue.js';
import { EXIT, EXIT_NAMES, MILESTONE_NAMES, RESET_NAMES, RETRY_NAMES } from '../events/constants.js';
import { HOLDER, HOLDER_NAMES } from '../events/root.events.js';
import type { EventRows } from './rows.js';

export interface RunFigures {
  readonly events: number;
  /** By event type, only those that came. */
  readonly byType: { readonly [type: string]: number };
  readonly rootAllocations: number;
  readonly smmRootAllocations: number;
  readonly rootsFreed: number;
  readonly invalidations: number;
  readonly resurrections: number;
  readonly zaps: number;
  readonly fastZaps: number;
  readonly getsByHolder: { readonly [holder: string]: number };
  readonly putsByHolder: { readonly [holder: string]: number };
  readonly getsRefused: number;
  /** Puts that took the count of a valid root to 0. */
  readonly lastPutsOfValidRoots: number;
  readonly eptViolations: number;
  readonly exitsByReason: { readonly [reason: string]: number };
  readonly resetsByCause: { readonly [cause: string]: number };
  readonly faultsFixed: number;
  readonly faultsSpurious: number;
  readonly faultsEmulated: number;
  readonly faultsRetriedBy: { readonly [why: string]: number };
  readonly lockContentions: number;
  readonly lockYields: number;
  readonly findings: number;
  readonly assertions: number;
  /** First time of each milestone, ns of virtual time, in order. */
  readonly milestones: readonly { readonly milestone: string; readonly timeNs: number }[];
  readonly lastTimeNs: number;
}

const CODES = 32;

export class RunSummary {
  private readonly types = new Float64Array(256);
  private readonly exits = new Float64Array(64);
  private readonly resets = new Float64Array(CODES);
  private readonly retries = new Float64Array(CODES);
  private readonly gets = new Float64Array(8);
  private readonly puts = new Float64Array(8);
  private readonly milestoneNs = new Float64Array(CODES).fill(-1);
  private readonly milestoneOrder: number[] = [];
  /** By page: 1 = the root there is invalid. Grows with the addresses that come. */
  private invalid = new Uint8Array(256);
  private lastPutsOfValid = 0;
  private smmRoots = 0;
  private lastNs = 0;

  /** Takes rows [from, to). */
  feed(rows: EventRows, from: number, to: number): void {
    for (let i = from; i < to; i++) {
      const type = rows.type[i];
      this.types[type]++;
      if (WATCHED[type] !== 0) this.look(rows, i, type);
    }
    if (to > from && rows.timeNs[to - 1] > this.lastNs) this.lastNs = rows.timeNs[to - 1];
  }

  private look(rows: EventRows, i: number, type: number): void {
    const a = rows.a[i];
    switch (type) {
      case E.VcpuExited:
        this.exits[a & 63]++;
        break;
      case E.RootGot:
        this.gets[a & 7]++;
        break;
      case E.RootReferenceKept:
        // What a walk took is the vCPU's: one get, not two.
        this.gets[HOLDER.iterator]--;
        this.gets[a & 7]++;
        break;
      case E.RootPut:
        this.puts[a & 7]++;
        if (rows.b[i] === 0 && this.invalid[rows.c[i]] !== 1) this.lastPutsOfValid++;
        break;
      case E.RootAllocated:
        this.setInvalid(rows.c[i], 0);
        if ((a & ROLE.SMM) !== 0) this.smmRoots++;
        break;
      case E.RootInvalidated:
        this.setInvalid(rows.c[i], role_is_invalid(a) ? 1 : 0);
        break;
      case E.ContextReset:
        this.resets[a & (CODES - 1)]++;
        break;
      case E.FaultRetried:
        this.retries[rows.b[i] & (CODES - 1)]++;
        break;
      case E.Milestone:
        if (this.milestoneNs[a & (CODES - 1)] < 0) {
          this.milestoneNs[a & (CODES - 1)] = rows.timeNs[i];
          this.milestoneOrder.push(a);
        }
        break;
      default:
    }
  }

  private setInvalid(page: number, value: 0 | 1): void {
    if (page >= this.invalid.length) {
      const grown = new Uint8Array(Math.max(page + 1, this.invalid.length * 2));
      grown.set(this.invalid);
      this.invalid = grown;
    }
    this.invalid[page] = value;
  }

  figures(): RunFigures {
    const n = (type: keyof typeof E): number => this.types[E[type]];
    return {
      events: this.types.reduce((sum, count) => sum + count, 0),
      byType: Object.fromEntries(
        CATALOGUE.filter((d) => this.types[d.code] > 0).map((d) => [d.name, this.types[d.code]]),
      ),
      rootAllocations: n('RootAllocated'),
      smmRootAllocations: this.smmRoots,
      rootsFreed: n('RootFreed'),
      invalidations: n('RootInvalidated'),
      resurrections: n('RootResurrected'),
      zaps: n('RootZapStarted'),
      fastZaps: n('FastZapBegun'),
      getsByHolder: named(this.gets, HOLDER_NAMES),
      putsByHolder: named(this.puts, HOLDER_NAMES),
      getsRefused: n('RootGetRefused'),
      lastPutsOfValidRoots: this.lastPutsOfValid,
      eptViolations: this.exits[EXIT.EPT_VIOLATION],
      exitsByReason: named(this.exits, EXIT_NAMES),
      resetsByCause: named(this.resets, RESET_NAMES),
      faultsFixed: n('FaultFixed'),
      faultsSpurious: n('FaultSpurious'),
      faultsEmulated: n('FaultEmulated'),
      faultsRetriedBy: named(this.retries, RETRY_NAMES),
      lockContentions: n('LockContended'),
      lockYields: n('LockYielded'),
      findings: n('Finding'),
      assertions: n('AssertionFired'),
      milestones: this.milestoneOrder.map((code) => ({
        milestone: MILESTONE_NAMES[code] ?? String(code),
        timeNs: this.milestoneNs[code],
      })),
      lastTimeNs: this.lastNs,
    };
  }
}

const WATCHED = Uint8Array.from({ length: 256 }, (_, code) =>
  [
    E.VcpuExited,
    E.RootGot,
    E.RootReferenceKept,
    E.RootPut,
    E.RootAllocated,
    E.RootInvalidated,
    E.ContextReset,
    E.FaultRetried,
    E.Milestone,
  ].includes(code)
    ? 1
    : 0,
);

function named(counts: Float64Array, names: readonly string[]): { readonly [name: string]: number } {
  const out: Record<string, number> = {};
  counts.forEach((count, code) => {
    if (count > 0) out[names[code] ?? String(code)] = count;
  });
  return out;
}
