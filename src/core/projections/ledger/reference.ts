// What the books of a root are made of: marks, references, faults.
import { MIRROR_SLOT } from '../../aggregates/layout.js';
import { E } from '../../events/catalogue.js';
import { HOLDER, HOLDER_NAMES } from '../../events/root.events.js';
import type { HistoryRows } from '../history.js';

export type HolderKind = 'vcpu' | 'iterator' | 'tdpMmu' | 'work';

/** A row, kept as numbers until a report needs it. */
export interface Mark {
  readonly position: number;
  readonly ordinal: number;
  readonly timeNs: number;
  readonly thread: number;
  readonly site: number;
}

export interface BookedReference {
  /** By the order of taking, within this ledger. */
  readonly number: number;
  holder: HolderKind;
  /** vCPU that the reference is for; null where it is for none, or not known yet. */
  vcpu: number | null;
  slot: number | null;
  why: string;
  /** Null: it was there before the first row of these books. */
  readonly taken: Mark | null;
  /** Thread that took it; -1 where it was there before. */
  readonly thread: number;
  readonly moves: { readonly at: Mark; readonly to: string }[];
  givenBack: Mark | null;
  /** The moment from which nobody is left to give it back. */
  leaked: Mark | null;
}

export type FaultKind = 'leak' | 'surplusPut' | 'missingGet' | 'useAfterFree';

export interface BookedFault {
  readonly kind: FaultKind;
  readonly holder: HolderKind | null;
  readonly vcpu: number | null;
  readonly slot: number | null;
  readonly what: string;
  readonly at: Mark;
  readonly reference: BookedReference | null;
}

export function mark(rows: HistoryRows, i: number): Mark {
  return {
    position: rows.position[i],
    ordinal: rows.position[i] + rows.skipped[i],
    timeNs: rows.timeNs[i],
    thread: rows.thread[i],
    site: rows.site[i],
  };
}

export function holderOf(code: number): HolderKind {
  return code >= HOLDER.vcpu && code <= HOLDER.work ? (HOLDER_NAMES[code] as HolderKind) : 'iterator';
}

/** The same reference, from now on for another holder. */
export function handOver(reference: BookedReference, to: HolderKind, why: string, at: Mark): void {
  reference.holder = to;
  reference.why = why;
  reference.moves.push({ at, to });
}

export function whyOf(holder: HolderKind, slot: number | null): string {
  if (holder === 'vcpu') {
    if (slot === MIRROR_SLOT) return 'mirror root slot';
    return slot === null || slot === 0 ? 'vCPU slot' : 'previous-root slot';
  }
  if (holder === 'tdpMmu') return "the TDP MMU's own";
  return holder === 'work' ? 'work item' : 'iterator';
}

/** What nobody may do to a root whose last reference was given back. */
export const OPERATIONS: ReadonlySet<number> = new Set([
  E.RootGot,
  E.RootPut,
  E.RootInvalidated,
  E.RootZapScheduled,
  E.RootZapTaken,
  E.RootZapStarted,
  E.RootListed,
  E.FreedPageTouched,
]);
