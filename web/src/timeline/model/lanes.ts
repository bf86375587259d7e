// Which lanes there are, how high each is and where it stands: roots, threads, locks. Of roots the three that most happens to
// are shown, in a place that is kept for them, so that nothing below jumps; opened, the group shows all.
import type { Scene, Timeline } from '../../api/schema.js';
import type { Window } from './window.js';

export type LaneKind = 'thread' | 'lock' | 'root';

export interface Lane {
  /** `root:17`; as the API names lanes. */
  readonly id: string;
  readonly kind: LaneKind;
  readonly number: number;
  readonly name: string;
  readonly note: string;
  /** Rows of slices inside each other. */
  readonly depth: number;
  /** Outermost frames that are not drawn: the thread has never been seen in anything else at their depth. */
  readonly skip: number;
  readonly folded: boolean;
  readonly y: number;
  readonly height: number;
}

export interface Group {
  readonly kind: LaneKind;
  readonly title: string;
  readonly note: string;
  readonly folded: boolean;
  readonly y: number;
}

export interface LaneList {
  readonly lanes: readonly Lane[];
  readonly groups: readonly Group[];
  readonly height: number;
}

/** What somebody has done to the lanes. */
export interface LaneChoice {
  readonly folded: ReadonlySet<string>;
  readonly hidden: ReadonlySet<string>;
  readonly pinned: ReadonlySet<string>;
}

/** By lane of a thread and by depth, the functions that it has been seen in: a lane grows, it does not shrink again. */
export type Depths = Map<string, Set<string>[]>;

export const ROW = 14;
export const GROUP_HEIGHT = 18;
export const ROOT_HEIGHT = 36;
const PAD = 5;
const MODE_ROW = 8;
const FOLDED_HEIGHT = 20;
const FIRST_DEPTH = 2;
const LOCK_HEIGHT = 26;

const TITLES: readonly (readonly [LaneKind, string])[] = [
  ['root', 'Roots'],
  ['thread', 'Threads'],
  ['lock', 'Locks'],
];
/** Root lanes while the group is not opened. */
export const FEW_ROOTS = 3;

interface Found {
  readonly id: string;
  readonly kind: LaneKind;
  readonly number: number;
  readonly name: string;
  readonly note: string;
  /** How much happens to it in what is seen. */
  readonly weight: number;
}

/** `mmu_lock of VM 0` is `mmu_lock` where there is one VM. */
export function lockName(name: string): string {
  return name.replace(/ of VM 0$/, '');
}

function found(overview: Timeline | null, scene: Scene | null, part: Timeline | null, seen: Window): Found[] {
  const byId = new Map<string, Found>();
  const add = (kind: LaneKind, number: number, name: string, note: string, weight = 0): void => {
    const id = `${kind}:${number}`;
    if (!byId.has(id)) byId.set(id, { id, kind, number, name, note, weight });
  };
  for (const { kind, number, name } of overview?.lanes ?? []) {
    if (kind !== 'root') add(kind, number, kind === 'lock' ? lockName(name) : name, '');
  }
  if (scene !== null) {
    for (const { thread, name } of scene.threads) add('thread', thread, name, '');
    for (const { lock, name } of scene.locks) add('lock', lock, lockName(name), '');
    for (const root of scene.roots)
      add('root', root.root, `root ${root.root}`, root.role, weightIn(root, seen));
  } else {
    for (const lane of (part ?? overview)?.lanes ?? []) {
      const { kind, number, name, root } = lane;
      const weight = root === null ? 0 : weightOf(lane, seen);
      add(kind, number, kind === 'lock' ? lockName(name) : name, root?.role ?? '', weight);
    }
  }
  return [...byId.values()].sort((x, y) => x.number - y.number);
}

/** Of the states of a scene's root. */
const WAITS_FOR_RCU = 3;
/** Not born yet, or freed. */
const GONE = 4;
/** What only waits to be freed counts less than what is in use: there may be hundreds of it. */
const MERELY_WAITS = 0.25;

/** Events of a root that lie in the window; one that merely exists there counts a little, as in a scene. */
function weightOf({ cells, root }: Timeline['lanes'][number], { from, to }: Window): number {
  let events = 0;
  let state = root?.state ?? GONE;
  for (const cell of cells) {
    if (cell.last >= from && cell.first < to) events += cell.events;
    if (cell.last < from) state = cell.life?.[0] ?? state;
  }
  const there = state === GONE ? 0 : state === WAITS_FOR_RCU ? MERELY_WAITS : 1;
  return events + there;
}

/** Changes of a root that lie in the window; a root that merely exists there counts a little. */
function weightIn({ states, counts }: Scene['roots'][number], { from, to }: Window): number {
  let weight = 0;
  for (let i = 0; i < states.length; i += 3) {
    if (states[i + 2] > from && states[i + 1] < to) weight += states[i] === WAITS_FOR_RCU ? MERELY_WAITS : 1;
  }
  for (let i = 0; i < counts.length; i += 2) if (counts[i] >= from && counts[i] < to) weight += 2;
  return weight;
}

function heightOf({ kind, id }: Found, depth: number, folded: boolean): number {
  if (folded) return FOLDED_HEIGHT;
  if (kind === 'root') return ROOT_HEIGHT;
  if (kind === 'lock') return LOCK_HEIGHT;
  return depth * ROW + PAD + (id.startsWith('thread') ? MODE_ROW : 0);
}

function busiest(roots: readonly Found[]): readonly Found[] {
  const most = [...roots].sort((x, y) => y.weight - x.weight || x.number - y.number).slice(0, FEW_ROOTS);
  return most.filter(({ weight }) => weight > 0).sort((x, y) => x.number - y.number);
}

/** The scene that depths have last learned from. */
const learned = new WeakMap<Depths, Scene>();

function learn(depths: Depths, scene: Scene): void {
  if (learned.get(depths) === scene) return;
  learned.set(depths, scene);
  for (const { thread, slices } of scene.threads) {
    const id = `thread:${thread}`;
    const known = depths.get(id) ?? [];
    for (let i = 0; i < slices.length; i += 4) {
      const depth = slices[i + 1];
      known[depth] ??= new Set();
      known[depth].add(scene.functions[slices[i]]);
    }
    for (let depth = 0; depth < known.length; depth++) known[depth] ??= new Set();
    depths.set(id, known);
  }
}

/** Leading depths with one function only, but never the last: they would say the same everywhere. */
function skipped(known: readonly ReadonlySet<string>[]): number {
  let skip = 0;
  while (skip + 1 < known.length && known[skip].size === 1) skip++;
  return skip;
}

export function laneList(
  overview: Timeline | null,
  scene: Scene | null,
  part: Timeline | null,
  choice: LaneChoice,
  depths: Depths,
  seen: Window,
): LaneList {
  if (scene !== null) learn(depths, scene);
  const all = found(overview, scene, part, seen).filter(({ id }) => !choice.hidden.has(id));
  const lanes: Lane[] = [];
  const groups: Group[] = [];
  let y = 0;
  const put = (one: Found): void => {
    const folded = choice.folded.has(one.id);
    const known = depths.get(one.id) ?? [];
    const skip = skipped(known);
    const depth = Math.max(known.length - skip, known.length === 0 ? FIRST_DEPTH : 1);
    const height = heightOf(one, depth, folded);
    const note = skip === 0 ? one.note : `in ${[...known[skip - 1]][0]}`;
    lanes.push({ ...one, note, depth, skip, folded, y, height });
    y += height;
  };
  const pinned = all.filter(({ id }) => choice.pinned.has(id));
  for (const one of pinned) put(one);
  for (const [kind, title] of TITLES) {
    const own = all.filter((one) => one.kind === kind && !choice.pinned.has(one.id));
    if (kind === 'root') {
      const { length } = own;
      const few = !choice.folded.has('root');
      const shown = few ? busiest(own) : own;
      const omitted = scene?.omittedRoots ?? part?.omittedLanes ?? overview?.omittedLanes ?? 0;
      groups.push({ kind, title, note: `${shown.length} of ${length + omitted}`, folded: few, y });
      y += GROUP_HEIGHT;
      const top = y;
      for (const one of shown) put(one);
      if (few) y = top + FEW_ROOTS * ROOT_HEIGHT;
      continue;
    }
    if (own.length === 0) continue;
    const folded = choice.folded.has(kind);
    groups.push({ kind, title, note: String(own.length), folded, y });
    y += GROUP_HEIGHT;
    if (!folded) for (const one of own) put(one);
  }
  return { lanes, groups, height: y };
}
