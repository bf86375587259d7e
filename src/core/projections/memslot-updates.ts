// Updates of memslots as a timeline shows them: rules across all lanes, with the slot and the function that published it.
import { ADDRESS_SPACES } from '../aggregates/layout.js';
import type { World } from '../aggregates/world.js';
import { E } from '../events/catalogue.js';
import { SUBJECT_RADIX } from '../events/define.js';
import type { Moment } from './moment.js';

export const MEMSLOT_UPDATES = ['added', 'invalidated', 'deleted', 'moved', 'flags changed'] as const;
export type MemslotUpdateKind = (typeof MEMSLOT_UPDATES)[number];

export interface MemslotUpdate {
  readonly position: number;
  readonly what: MemslotUpdateKind;
  readonly vm: number;
  readonly asId: number;
  readonly slot: number;
  readonly thread: string;
  /** Null: the recording does not tell. */
  readonly function: string | null;
}

const KINDS = new Map<number, MemslotUpdateKind>([
  [E.MemslotAdded, 'added'],
  [E.MemslotInvalidated, 'invalidated'],
  [E.MemslotDeleted, 'deleted'],
  [E.MemslotMoved, 'moved'],
  [E.MemslotFlagsChanged, 'flags changed'],
]);

export const MEMSLOT_TYPES: readonly number[] = [...KINDS.keys()];

/** What is looked at of a row. */
export interface MemslotRows {
  readonly thread: ArrayLike<number>;
  readonly site: ArrayLike<number>;
  readonly type: ArrayLike<number>;
  readonly subject: ArrayLike<number>;
}

type Names = Pick<Moment, 'site' | 'threadNames'> & { readonly world: World };

/** The update that row `i` is, or null. */
export function memslotUpdate(
  rows: MemslotRows,
  i: number,
  position: number,
  { world, site, threadNames }: Names,
): MemslotUpdate | null {
  const what = KINDS.get(rows.type[i]);
  if (what === undefined) return null;
  const id = Math.floor(rows.subject[i] / SUBJECT_RADIX);
  const perSpace = world.slotsPerAddressSpace;
  const space = Math.floor(id / perSpace);
  const thread = rows.thread[i];
  return {
    position,
    what,
    vm: Math.floor(space / ADDRESS_SPACES),
    asId: space % ADDRESS_SPACES,
    slot: id % perSpace,
    thread: threadNames[thread] ?? `thread ${thread}`,
    function: site(rows.site[i])?.function ?? null,
  };
}
