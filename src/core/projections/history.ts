// A stored session as a projection asks for it: rows by subject and type, forwards or backwards, the world at a position,
// names. Synchronous: whoever implements it reads on a thread of its own.
import type { World } from '../aggregates/world.js';
import { BadInput } from '../base/errors.js';
import { E, INDEXED_CODES } from '../events/catalogue.js';
import { subjectOf } from '../events/define.js';
import type { Moment } from './moment.js';

export interface HistoryRows {
  readonly length: number;
  readonly position: ArrayLike<number>;
  /** ordinal - position */
  readonly skipped: ArrayLike<number>;
  readonly timeNs: ArrayLike<number>;
  readonly thread: ArrayLike<number>;
  readonly site: ArrayLike<number>;
  readonly type: ArrayLike<number>;
  readonly subject: ArrayLike<number>;
  readonly a: ArrayLike<number>;
  readonly b: ArrayLike<number>;
  readonly c: ArrayLike<number>;
}

export interface HistoryQuery {
  /** Both included. */
  readonly from: number;
  readonly to: number;
  /** At most so many rows: the first of the range, or the last ones when backward. */
  readonly limit: number;
  /** The highest positions first. */
  readonly backward?: boolean;
  readonly types?: readonly number[];
  /** number * 16 + kind */
  readonly subject?: number;
  readonly thread?: number;
}

export interface Frame {
  readonly function: string;
  readonly label: string;
}

export interface History {
  readonly level: 'full' | 'lifecycle';
  /** Position of the last stored event. */
  readonly end: number;
  readonly threads: readonly string[];
  /** vCPUs that the session's machine can have. */
  readonly vcpus: number;
  rows(query: HistoryQuery): HistoryRows;
  /** After the event at this position; 0: before the first. Good until the next call. */
  worldAt(position: number): World;
  /** The same as the state's views see it. Good until the next call. */
  momentAt(position: number): Moment;
  /** The site's own frame first, then its callers. */
  stack(site: number): readonly Frame[];
}

/** A row as reports show it. */
export interface Place {
  readonly position: number;
  readonly ordinal: number;
  readonly timeNs: number;
  readonly thread: string;
  readonly function: string | null;
  readonly label: string | null;
  /** Callers, innermost first. */
  readonly callers: readonly Frame[];
}

export function placeOf(history: History, rows: HistoryRows, i: number): Place {
  const [own, ...callers] = history.stack(rows.site[i]);
  const thread = rows.thread[i];
  return {
    position: rows.position[i],
    ordinal: rows.position[i] + rows.skipped[i],
    timeNs: rows.timeNs[i],
    thread: history.threads[thread] ?? `thread ${thread}`,
    function: own?.function ?? null,
    label: own?.label ?? null,
    callers,
  };
}

/** The last such row at or before `to`, or undefined. */
export function lastRow(
  history: History,
  query: Omit<HistoryQuery, 'limit' | 'backward' | 'from'> & { readonly from?: number },
): HistoryRows | undefined {
  const rows = history.rows({ from: 1, ...query, limit: 1, backward: true });
  return rows.length === 0 ? undefined : rows;
}

/** The first such row at or after `from`, or undefined. */
export function firstRow(
  history: History,
  query: Omit<HistoryQuery, 'limit' | 'backward'>,
): HistoryRows | undefined {
  const rows = history.rows({ ...query, limit: 1 });
  return rows.length === 0 ? undefined : rows;
}

/** Codes that the store's index by subject covers. */
export function isIndexed(types: readonly number[]): boolean {
  return types.every((type) => type < INDEXED_CODES);
}

/**
 * VM whose list the root was put on by `to`; `known` where it never was. Throws where a path names another VM's TDP MMU.
 */
export function ownerOfRoot(
  history: History,
  named: { readonly root: number; readonly vm: number; readonly to: number; readonly known: number | null },
): number | null {
  const { root, vm } = named;
  const listed = lastRow(history, { to: named.to, subject: subjectOf('root', root), types: [E.RootListed] });
  const owner = listed === undefined ? named.known : listed.a[0];
  if (owner !== null && owner !== vm) {
    throw new BadInput('unknown-root', `root ${root} belongs to tdp-mmus.${owner}, not to tdp-mmus.${vm}`, [
      `tdp-mmus.${owner}.roots.${root}`,
    ]);
  }
  return owner;
}

export const ROOT_TYPES: readonly number[] = [
  E.RootAllocated,
  E.RootListed,
  E.RootGot,
  E.RootGetRefused,
  E.RootReferenceKept,
  E.RootPut,
  E.RootInvalidated,
  E.RootResurrected,
  E.RootZapScheduled,
  E.RootZapTaken,
  E.RootZapStarted,
  E.RootZapYielded,
  E.RootZapFinished,
  E.RootUnlinked,
  E.RootFreeQueued,
  E.RootFreed,
  E.FreedPageTouched,
  E.RootFound,
];
