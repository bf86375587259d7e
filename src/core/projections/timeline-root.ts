// A root's lane of a timeline: the state and the count at every bound of a bucket, walked from how the root stood before the first.
import { bornIn, freedIn, lifeIn, NOT_BORN, type RootSpan, type RootStanding, stateOf } from './root-span.js';
import type { RootView } from './roots.js';
import { roleView } from './words.js';

export interface TimelineRootView {
  /** VM that lists it; null: not known. */
  readonly vm: number | null;
  /** Null: not known. */
  readonly role: string | null;
  readonly smm: boolean;
  /** Before the first bucket: index in ROOT_STATES, and count (-1: unknown). */
  readonly state: number;
  readonly count: number;
  readonly born: number | null;
  readonly freed: number | null;
}

/** Of a cell: state behind its last event, states in it (bits), fewest and most references in it, references behind it. */
export type CellLife = readonly [state: number, seen: number, least: number, most: number, count: number];

export function standingOf(view: RootView): RootStanding {
  return {
    vm: view.vm,
    role: view.role.word,
    exists: true,
    invalid: view.role.invalid,
    zaps: view.zapsUnderWay,
    waits: view.waitsForRcu,
    refcount: view.refcount,
  };
}

/** @param spans by cell; null: the stored form does not tell, and from there on nothing is known */
export function rootLife(
  before: RootStanding | undefined,
  spans: readonly (RootSpan | null)[],
): { readonly root: TimelineRootView; readonly lives: readonly (CellLife | null)[] } {
  let standing: RootStanding | null = before ?? NOT_BORN;
  let { vm, role } = standing;
  let born: number | null = null;
  let freed: number | null = null;
  const first = standing;
  const lives = spans.map((span): CellLife | null => {
    if (span === null) standing = null;
    if (standing === null || span === null) return null;
    const { after, seen, least, most } = lifeIn(standing, span);
    standing = after;
    vm = after.vm;
    role = after.role;
    born ??= bornIn(span);
    freed ??= freedIn(span);
    return [stateOf(after), seen, least, most, after.refcount];
  });
  const words = role === null ? null : roleView(role);
  const root: TimelineRootView = {
    vm,
    role: words?.text ?? null,
    smm: words?.smm ?? false,
    state: stateOf(first),
    count: first.refcount,
    born,
    freed,
  };
  return { root, lives };
}
