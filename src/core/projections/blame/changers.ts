// Which events can change what a path of the state names: a table by path. What it lists is a superset, so a blame looks at
// the value before and after; a test holds it to be complete. Root, lock, vCPU, VM and finding types with a subject are
// read through the store's partial index; the others are looked for backwards.
import { LOCK_NAMES, LOCKS_PER_VM } from '../../aggregates/layout.js';
import { E, type EventName } from '../../events/catalogue.js';
import { type SubjectKind, subjectOf } from '../../events/define.js';
import { LOCK_MODE } from '../../events/lock.events.js';
import { HOLDER } from '../../events/root.events.js';
import type { HistoryRows } from '../history.js';

/** Rows to look at; without types every event of the thread, or every event. */
export interface ChangerQuery {
  readonly types?: readonly number[];
  readonly subject?: number;
  readonly thread?: number;
  /** By type: which of its rows count; all of them where a type is not named. */
  readonly where?: { readonly [type: number]: RowTest };
}

export type RowTest = (rows: HistoryRows, i: number) => boolean;

/** What must be known of the session besides the path. */
export interface ChangerContext {
  readonly vms: number;
  readonly vcpus: number;
  readonly threads: readonly string[];
  /** Page of the path's root while it lives; -1 where the path has none, or it is not known. */
  readonly rootAddress: number;
}

type Changers = (segments: readonly string[], context: ChangerContext) => ChangerQuery[];

export function changersOf(segments: readonly string[], context: ChangerContext): ChangerQuery[] {
  return TABLE[segments[0]]?.(segments.slice(1), context) ?? [{}];
}

function about(kind: SubjectKind, number: number, ...names: EventName[]): ChangerQuery {
  return { subject: subjectOf(kind, number), types: codes(names) };
}

function anywhere(...names: EventName[]): ChangerQuery {
  return { types: codes(names) };
}

function codes(names: readonly EventName[]): number[] {
  return names.map((name) => E[name]);
}

function each(count: number, query: (n: number) => ChangerQuery): ChangerQuery[] {
  return Array.from({ length: count }, (_, n) => query(n));
}

const SLOT_EVENTS = ['RootLoaded', 'RootDropped', 'RootsRotated'] as const;
const MEMSLOT_EVENTS = [
  'MemslotAdded',
  'MemslotInvalidated',
  'MemslotDeleted',
  'MemslotMoved',
  'MemslotFlagsChanged',
] as const;
/** A page that a slot, a tag or a callback names becomes a root, or stops being one. */
const ROOT_OR_NOT = ['RootAllocated', 'RootFreed', 'TableAllocated'] as const;
const TABLE_EVENTS = [
  'RootAllocated',
  'RootFreed',
  'SpteChanged',
  'TableAllocated',
  'TableFilled',
  'TableFreed',
  'TableLinked',
  'TableUnlinked',
] as const;

const vmField: { readonly [field: string]: (vm: number, context: ChangerContext) => ChangerQuery[] } = {
  state: (vm) => [about('vm', vm, 'VmDestroyBegun', 'VmDestroyed')],
  usersCount: (vm) => [about('vm', vm, 'VmUsersChanged')],
  createdVcpus: (_vm, { vcpus }) => each(vcpus, (v) => about('vcpu', v, 'VcpuCreated')),
  bugged: (vm) => [about('vm', vm, 'VmBugged')],
  mmuValidGen: (vm) => [about('vm', vm, 'ValidGenToggled')],
  roots: () => [anywhere('RootListed', 'RootUnlinked')],
  workqueue: (vm) => [
    about('vm', vm, 'WorkqueueCreated', 'WorkqueueDestroyed'),
    anywhere('WorkQueued', 'WorkStarted', 'WorkFinished'),
  ],
  memslots: () => [anywhere(...MEMSLOT_EVENTS)],
  tdpMmuPages: () => [anywhere('TableLinked', 'TableUnlinked')],
  mmuInvalidateSeq: (vm) => [about('vm', vm, 'NotifierEnded')],
  mmuInvalidateInProgress: (vm) => [about('vm', vm, 'NotifierBegun', 'NotifierEnded')],
};

const vcpuField: { readonly [field: string]: (vcpu: number, rest: readonly string[]) => ChangerQuery[] } = {
  state: (v) => [about('vcpu', v, 'VcpuDestroyed')],
  cpuState: (v) => [about('vcpu', v, 'GuestStateChanged')],
  role: (v) => [about('vcpu', v, 'RoleComputed')],
  root: (v, rest) => slotOf(v, rest),
  prevRoots: (v, rest) => slotOf(v, rest.slice(1)),
  mirrorRoot: (v, rest) => slotOf(v, rest),
  mode: (v) => [about('vcpu', v, 'VcpuExited', 'IpiSent', 'ModeChanged')],
  requests: (v) => [about('vcpu', v, 'RequestMade', 'RequestTaken')],
  pendingSmi: (v) => [about('vcpu', v, 'SmiRequested', 'SmiTaken')],
};

/** The page that a slot names is the slot's own; whether it is a root, and which, depends on what becomes of the page. */
function slotOf(vcpu: number, rest: readonly string[]): ChangerQuery[] {
  const own = about('vcpu', vcpu, ...SLOT_EVENTS);
  return rest[0] === 'address' || rest[0] === 'length' ? [own] : [own, anywhere(...ROOT_OR_NOT)];
}

type RootChangers = (root: number, context: ChangerContext, rest: readonly string[]) => ChangerQuery[];

const rootField: { readonly [field: string]: RootChangers } = {
  role: (r) => [about('root', r, 'RootInvalidated')],
  refcount: (r) => [about('root', r, 'RootGot', 'RootPut', 'RootResurrected')],
  holders: (r, _context, [holder]) => [
    {
      ...about('root', r, 'RootGot', 'RootReferenceKept', 'RootPut', 'RootResurrected', 'RootZapScheduled'),
      ...(holder === undefined ? {} : { where: ofHolder(holder) }),
    },
  ],
  namedBy: (_r, { vcpus, rootAddress }) =>
    each(vcpus, (v) => ({
      ...about('vcpu', v, ...SLOT_EVENTS, 'VcpuCreated'),
      // A vCPU's slots name many roots over time.
      ...(rootAddress < 0
        ? {}
        : { where: { [E.RootLoaded]: names(rootAddress), [E.RootDropped]: names(rootAddress) } }),
    })),
  listed: (r) => [about('root', r, 'RootUnlinked')],
  zapScheduled: (r) => [about('root', r, 'RootZapScheduled', 'RootZapTaken')],
  zapsUnderWay: (r) => [about('root', r, 'RootZapStarted', 'RootZapFinished')],
  work: (r) => [about('root', r, 'WorkQueued', 'WorkStarted')],
  waitsForRcu: (r) => [about('root', r, 'RootFreeQueued')],
  presentSptes: (_r, { rootAddress }) =>
    rootAddress < 0
      ? [anywhere('SpteChanged', 'TableFilled')]
      : [about('table', rootAddress, 'SpteChanged', 'TableFilled')],
  tables: () => [anywhere(...TABLE_EVENTS)],
};

const TABLE: { readonly [aggregate: string]: Changers } = {
  vms: ([vm, field], context) => {
    const n = Number(vm);
    return [about('vm', n, 'VmCreated', 'VmCreateFailed'), ...allOf(vmField, field, (of) => of(n, context))];
  },
  vcpus: ([vcpu, field, ...rest], _context) => {
    const n = Number(vcpu);
    return [about('vcpu', n, 'VcpuCreated'), ...allOf(vcpuField, field, (of) => of(n, rest))];
  },
  'tdp-mmus': ([vm, field, root, rootFieldName, ...rest], context) => {
    const n = Number(vm);
    if (field !== 'roots' || root === undefined) {
      const fields = field === undefined ? ['mmuValidGen', 'tdpMmuPages'] : [field];
      return [about('vm', n, 'VmCreated'), ...fields.flatMap((name) => vmField[name]?.(n, context) ?? [])];
    }
    const r = Number(root);
    return [
      // Which VM a root belongs to is known from its listing on.
      about('root', r, 'RootAllocated', 'RootListed', 'RootFreed'),
      ...allOf(rootField, rootFieldName, (of) => of(r, context, rest)),
    ];
  },
  locks: ([vm, lock, field], { vms }) => {
    const kind = (LOCK_NAMES as readonly string[]).indexOf(lock);
    const own = Number(vm) * LOCKS_PER_VM + kind;
    // Who reads is told from what threads hold, which does not say of which VM: the same lock of other VMs matters.
    const all =
      field === 'readingThreads' || field === undefined
        ? each(vms, (n) => lockEvents(n * LOCKS_PER_VM + kind))
        : [];
    return [about('vm', Number(vm), 'VmCreated'), lockEvents(own, field), ...all];
  },
  threads: ([name, field], { threads }) => {
    const known = threads.indexOf(name);
    const thread = known >= 0 ? known : Number(name);
    switch (field) {
      case 'holds':
      case 'waitsFor':
        return [{ ...anywhere('LockContended', 'LockAcquired', 'LockReleased'), thread }];
      case 'rcuNesting':
        return [{ ...anywhere('RcuReadLocked', 'RcuReadUnlocked'), thread }];
      case 'srcuVm':
        return [{ ...anywhere('SrcuReadLocked', 'SrcuReadUnlocked'), thread }];
      case 'ended':
        return [{ ...anywhere('ThreadEnded'), thread }];
      default:
        return [{ thread }];
    }
  },
  tlbs: ([vcpu]) => [
    about(
      'vcpu',
      Number(vcpu),
      'VcpuCreated',
      'TlbFilled',
      'PagingStructureCached',
      'TlbFlushed',
      'OuterShadowFilled',
      'OuterShadowFlushed',
    ),
    anywhere('RangeFlushed', ...ROOT_OR_NOT),
  ],
  rcu: () => [
    anywhere(
      'VmCreated',
      'RcuReadLocked',
      'RcuReadUnlocked',
      'RcuGracePeriodStarted',
      'RcuGracePeriodEnded',
      'RootFreeQueued',
      'TableFreeQueued',
      'RootFreed',
      'TableFreed',
      'SrcuReadLocked',
      'SrcuReadUnlocked',
      'SrcuSyncStarted',
      'SrcuSyncEnded',
    ),
  ],
  'work-items': ([root]) => [
    about('root', Number(root), 'WorkQueued', 'WorkStarted', 'WorkFinished'),
    anywhere('WorkFlushStarted'),
  ],
};

function lockEvents(lock: number, field?: string): ChangerQuery {
  const mode = field === 'writer' ? LOCK_MODE.write : field === 'readers' ? LOCK_MODE.read : null;
  if (mode === null) return about('lock', lock, 'LockContended', 'LockAcquired', 'LockReleased');
  const inMode: RowTest = (rows, i) => rows.a[i] === mode;
  return {
    ...about('lock', lock, 'LockAcquired', 'LockReleased'),
    where: { [E.LockAcquired]: inMode, [E.LockReleased]: inMode },
  };
}

function names(address: number): RowTest {
  return (rows, i) => rows.c[i] === address;
}

/** Events about references of one class; a gift moves one from the TDP MMU to the work item. */
function ofHolder(holder: string): { readonly [type: number]: RowTest } {
  const code = (HOLDER as { readonly [name: string]: number })[holder];
  const theirs: RowTest = (rows, i) => rows.a[i] === code;
  // Kept: one of the walk's becomes the holder's that is named.
  const kept: RowTest = (rows, i) => rows.a[i] === code || holder === 'iterator';
  const gift: RowTest = (rows, i) => rows.a[i] === 1 && (holder === 'tdpMmu' || holder === 'work');
  return {
    [E.RootGot]: theirs,
    [E.RootReferenceKept]: kept,
    [E.RootPut]: theirs,
    [E.RootResurrected]: theirs,
    [E.RootZapScheduled]: gift,
  };
}

/** Those of one field; of all fields where the path ends before. A field that never changes has none. */
function allOf<F>(
  fields: { readonly [field: string]: F },
  field: string | undefined,
  queries: (of: F) => ChangerQuery[],
): ChangerQuery[] {
  if (field === undefined) return Object.values(fields).flatMap(queries);
  return Object.hasOwn(fields, field) ? queries(fields[field]) : [];
}
