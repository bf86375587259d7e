// A stretch of a session as it is drawn: lanes of threads, roots and locks, arrows between them, and what each event is.
import { LOCK_NAMES, LOCKS_PER_VM } from '../aggregates/layout.js';
import type { EdgeKind } from '../causality/edges.js';
import { HappensBefore } from '../causality/happens-before.js';
import { E, EVENT_BY_CODE } from '../events/catalogue.js';
import { SUBJECT_CODE, SUBJECT_RADIX } from '../events/define.js';
import { SiteStacks, type StackSite } from '../exports/site-stacks.js';
import { lockViews } from '../projections/locks.js';
import { type MemslotUpdate, memslotUpdate } from '../projections/memslot-updates.js';
import type { Moment } from '../projections/moment.js';
import { rootViews } from '../projections/roots.js';
import type { EventRows } from '../projections/rows.js';
import { ARROW_KINDS } from './far-arrows.js';
import { LockLane, type LockLaneView } from './lock-lane.js';
import { RootLane, type RootLaneView } from './root-lane.js';
import { ThreadLane, type ThreadLaneView } from './thread-lane.js';

/** Rows of one scene. */
export const MAX_SCENE_ROWS = 8_192;
/** Roots of one scene: those with most events. */
export const MAX_SCENE_ROOTS = 64;

export interface SceneView {
  readonly from: number;
  readonly to: number;
  /** Virtual time of each position, ns. Threads have clocks of their own: it may go back from one to the next. */
  readonly timeNs: readonly number[];
  readonly functions: readonly string[];
  readonly types: readonly string[];
  /** By position: thread, and index in `types`. */
  readonly threadOf: readonly number[];
  readonly typeOf: readonly number[];
  readonly threads: readonly ThreadLaneView[];
  readonly roots: readonly RootLaneView[];
  /** Roots that exist in the stretch and are not listed. */
  readonly omittedRoots: number;
  readonly locks: readonly LockLaneView[];
  /** Of an imported trace, what no line shows and must have happened: position, index in `reasons`. */
  readonly inferred: readonly number[];
  readonly reasons: readonly string[];
  /** Of memslots. */
  readonly updates: readonly MemslotUpdate[];
  readonly arrowKinds: readonly EdgeKind[];
  /** Index in `arrowKinds`, from, to. */
  readonly arrows: readonly number[];
}

/** Types of root events, of which two lie outside the others' range. */
const isRootType = (type: number): boolean =>
  type <= E.FreedPageTouched ||
  type === E.RootZapTaken ||
  type === E.RootReferenceKept ||
  type === E.RootFound;

/** An imported event's label says how it is known. */
const INFERRED = 'inferred';

class Inferred {
  readonly inferred: number[] = [];
  readonly reasons: string[] = [];
  private readonly ids = new Map<string, number>();
  /** By site: index in `reasons`, -1: seen as it is. */
  private readonly ofSite = new Map<number, number>();

  constructor(private readonly names: Pick<Moment, 'site'>) {}

  row(site: number, at: number): void {
    let reason = this.ofSite.get(site);
    if (reason === undefined) {
      const label = this.names.site(site)?.label ?? '';
      reason = label.startsWith(INFERRED) ? numbered(this.ids, this.reasons, label, label) : -1;
      this.ofSite.set(site, reason);
    }
    if (reason >= 0) this.inferred.push(at, reason);
  }
}

class Scene {
  private readonly functions: string[] = [];
  private readonly functionIds = new Map<string, number>();
  private readonly types: string[] = [];
  private readonly typeIds = new Map<number, number>();
  private readonly threads: ThreadLane[];
  private readonly roots = new Map<number, RootLane>();
  private readonly locks = new Map<number, LockLane>();
  private readonly arrows: number[] = [];

  constructor(
    before: Moment,
    sites: readonly StackSite[],
    private readonly from: number,
  ) {
    const stacks = new SiteStacks(sites);
    const functionOf = (name: string): number => numbered(this.functionIds, this.functions, name, name);
    this.threads = before.threadNames.map((name, i) => new ThreadLane(i, name, stacks, functionOf));
    for (const lane of this.threads) lane.startAt(before.world, before.lastSeen.site[lane.thread] ?? 0, from);
    for (const root of rootViews(before)) this.root(root.root).startAt(root, from);
    for (const lock of lockViews(before.world, true)) {
      this.lock(
        lock.vm * LOCKS_PER_VM + LOCK_NAMES.indexOf(lock.lock as (typeof LOCK_NAMES)[number]),
      ).startAt(lock, from);
    }
  }

  take(rows: EventRows, length: number, before: Moment): SceneView {
    const order = new HappensBefore((from, to, kind) => {
      if (from >= this.from) this.arrows.push(ARROW_KINDS.indexOf(kind), from, to);
    });
    order.startAt(before.world);
    const threadOf: number[] = [];
    const typeOf: number[] = [];
    const timeNs: number[] = [];
    const updates: MemslotUpdate[] = [];
    const known = new Inferred(before);
    for (let i = 0; i < length; i++) {
      this.row(rows, i, this.from + i);
      order.row(rows, i, this.from + i);
      threadOf.push(rows.thread[i]);
      typeOf.push(numbered(this.typeIds, this.types, rows.type[i], EVENT_BY_CODE[rows.type[i]]?.name ?? '?'));
      timeNs.push(rows.timeNs[i]);
      const update = memslotUpdate(rows, i, this.from + i, before);
      if (update !== null) updates.push(update);
      known.row(rows.site[i], this.from + i);
    }
    const { inferred, reasons } = known;
    return this.view(length, { threadOf, typeOf, timeNs, updates, inferred, reasons });
  }

  private row(rows: EventRows, i: number, at: number): void {
    const type = rows.type[i];
    const thread = rows.thread[i];
    const kind = rows.subject[i] % SUBJECT_RADIX;
    const number = Math.floor(rows.subject[i] / SUBJECT_RADIX);
    this.threads[thread]?.row(type, rows.site[i], number, rows.a[i], at);
    if (kind === SUBJECT_CODE.root && number > 0 && isRootType(type)) {
      this.root(number).row(type, rows.a[i], rows.b[i], rows.c[i], at);
    } else if (kind === SUBJECT_CODE.lock) this.lock(number).row(type, thread, rows.a[i], at);
  }

  private view(
    length: number,
    columns: Pick<SceneView, 'threadOf' | 'typeOf' | 'timeNs' | 'updates' | 'inferred' | 'reasons'>,
  ): SceneView {
    const end = this.from + length;
    const all = [...this.roots.values()].sort((x, y) => y.events - x.events || x.root - y.root);
    const kept = all.slice(0, MAX_SCENE_ROOTS).sort((x, y) => x.root - y.root);
    return {
      from: this.from,
      to: end - 1,
      ...columns,
      functions: this.functions,
      types: this.types,
      threads: this.threads.filter((lane) => !lane.empty).map((lane) => lane.view(end)),
      roots: kept.map((lane) => lane.view(end)),
      omittedRoots: all.length - kept.length,
      locks: [...this.locks.values()].sort((x, y) => x.lock - y.lock).map((lane) => lane.view(end)),
      arrowKinds: ARROW_KINDS,
      arrows: this.arrows,
    };
  }

  private root(number: number): RootLane {
    let lane = this.roots.get(number);
    if (lane === undefined) {
      lane = new RootLane(number);
      this.roots.set(number, lane);
    }
    return lane;
  }

  private lock(number: number): LockLane {
    let lane = this.locks.get(number);
    if (lane === undefined) {
      lane = new LockLane(number);
      this.locks.set(number, lane);
    }
    return lane;
  }
}

function numbered<K>(ids: Map<K, number>, names: string[], key: K, name: string): number {
  let id = ids.get(key);
  if (id === undefined) {
    id = names.push(name) - 1;
    ids.set(key, id);
  }
  return id;
}

/**
 * @param before the moment right before the first row
 * @param rows from position `from` on, without gaps
 */
export function sceneOf(
  before: Moment,
  sites: readonly StackSite[],
  rows: EventRows,
  length: number,
  from: number,
): SceneView {
  return new Scene(before, sites, from).take(rows, length, before);
}
