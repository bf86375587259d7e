// What a comparison looks at in an event of each type: which of its values say what was done and which only how it came
// out, and which objects it touches. A table of bytes by event code, made once: the aligner reads it per event.
//
// What is missing here never makes two sessions differ: times, lengths of queues, numbers of waiters, page addresses (they
// become the names of what lies there), waiting for a lock (the order in which it was taken is compared instead).
import { assert } from '../base/assert.js';
import { CATALOGUE, E, type EventName } from '../events/catalogue.js';

/** What becomes of a value. */
export const VALUE = {
  /** Not compared. */
  skip: 0,
  /** Says what was done: part of the step's identity. */
  operand: 1,
  /** Says how it came out: compared between runs of the same procedures. */
  result: 2,
  /** A page address: compared as the name of the root or table there. */
  page: 3,
  /** A page address + 1; 0: no page. */
  tag: 4,
  /** An SPTE: a child table is compared by name. */
  spte: 5,
  /** A role word: between protocols only level, SMM and guest mode are compared. */
  role: 6,
  /** A root's number: compared by name. */
  root: 7,
} as const;

/** What is touched. The subject's own kind comes first in most events. */
export const OBJECT = {
  none: 0,
  vm: 1,
  vmUsers: 2,
  rootList: 3,
  workqueue: 4,
  notifier: 5,
  srcu: 6,
  slots: 7,
  vcpu: 8,
  vcpuMode: 9,
  /** One request of one vCPU: number * 32 + bit. */
  vcpuRequest: 10,
  root: 11,
  table: 12,
  /** One SPTE. */
  entry: 13,
  lock: 14,
  slot: 15,
  /** 64 gfns of a slot's dirty bitmap. */
  dirtyWord: 16,
  hostPage: 17,
  /** Callbacks that wait for the next grace period. */
  rcuCallbacks: 18,
} as const;
export const OBJECT_KINDS = 19;

/** Among themselves, shared touches commute. */
export const TOUCH = {
  shared: 0,
  exclusive: 1,
  /** as the lock's mode in value a says */ byMode: 2,
} as const;

type Value = keyof typeof VALUE;
type Touch = readonly [object: Exclude<keyof typeof OBJECT, 'none'>, touch: keyof typeof TOUCH];
interface Form {
  readonly values: readonly Value[];
  readonly touches: readonly Touch[];
}

const form = (values: readonly Value[], ...touches: readonly Touch[]): Form => ({ values, touches });
const [x, y, z]: readonly Value[] = ['operand', 'result', 'skip'];
const own = (object: Touch[0]): Touch => [object, 'exclusive'];
const ROOT = own('root');
const VCPU = own('vcpu');
const VM = own('vm');
const TABLE = own('table');
const SLOT = own('slot');

/** Null: the event is passed over. */
const FORMS: { readonly [N in EventName]: Form | null } = {
  RootAllocated: form(['role', y, z], ROOT),
  RootFound: form(['role', y, z], ROOT),
  TraceGap: null,
  RootListed: form([x, z, z], ROOT, own('rootList')),
  // Two gets commute, so their counts say nothing; the put that follows has both before it.
  RootGot: form([x, z, z], ['root', 'shared']),
  RootReferenceKept: form([x, z, z], ['root', 'shared']),
  RootGetRefused: form([x, z, z], ['root', 'shared']),
  RootPut: form([x, y, z], ROOT),
  RootInvalidated: form(['role', y, z], ROOT),
  RootResurrected: form([x, y, z], ROOT),
  RootZapScheduled: form([x, y, z], ROOT),
  RootZapTaken: form([x, y, z], ROOT),
  RootZapStarted: form([x, y, z], ROOT),
  RootZapYielded: form([x, y, z], ROOT),
  RootZapFinished: form([y, y, z], ROOT),
  RootUnlinked: form([x, z, z], ROOT, own('rootList')),
  RootFreeQueued: form([y, y, z], ROOT, ['rcuCallbacks', 'shared']),
  RootFreed: form(['role', y, z], ROOT),
  FreedPageTouched: form([z, x, z], ['root', 'shared']),

  VcpuCreated: form([x, x, x], VCPU),
  VcpuDestroyed: form([x, x], VCPU),
  VcpuEntered: form(['role', z, 'page'], VCPU),
  VcpuExited: form([x, x, x], VCPU),
  SmmEntered: form([x], VCPU),
  SmmLeft: form([], VCPU),
  ContextReset: form([x], VCPU),
  RootLoaded: form([x, 'role', 'page'], VCPU),
  RootDropped: form([x, 'role', 'page'], VCPU),
  RoleComputed: form(['role', 'role'], VCPU),
  RootsRotated: form([x, x, 'page'], VCPU),
  GuestStateChanged: form([x, y], VCPU),
  Milestone: form([x], VCPU),
  SmiRequested: form([x, z], ['vcpuRequest', 'exclusive']),
  ProgressLost: form([z, x, x], VCPU),
  FaultBegun: form([x, x, x], VCPU),
  FaultFixed: form([x, x, 'spte'], VCPU),
  FaultSpurious: form([x, x, 'spte'], VCPU),
  FaultRetried: form([x, x], VCPU),
  FaultEmulated: form([x, x], VCPU),
  RequestMade: form([x, z], ['vcpuRequest', 'exclusive']),
  RequestTaken: form([x, z], ['vcpuRequest', 'exclusive']),
  IpiSent: form([x], own('vcpuMode')),
  ModeChanged: form([x], own('vcpuMode')),
  // How far the guest comes in one go is a matter of time; milestones say what it reached.
  GuestRetired: null,
  TlbFilled: form([x, 'spte', 'page'], VCPU),
  PagingStructureCached: form([x, 'page', 'page'], VCPU),
  TlbFlushed: form([x, 'tag'], VCPU),
  OuterShadowFilled: form([x, 'spte', 'page'], VCPU),
  OuterShadowFlushed: form(['tag'], VCPU),
  OuterRootShadowed: form(['root', z], VCPU),
  DebugRegistersLoaded: form([x], VCPU),
  ExitHandled: form([x, y, x], VCPU),
  SmiTaken: form([z], ['vcpuRequest', 'exclusive']),

  // Whether it had to wait is a matter of time.
  LockContended: null,
  LockAcquired: form([x, z], ['lock', 'byMode']),
  LockReleased: form([x], ['lock', 'byMode']),
  LockYielded: form([x, z, z]),
  RcuReadLocked: form([x]),
  RcuReadUnlocked: form([x]),
  RcuGracePeriodStarted: form([z, z], own('rcuCallbacks')),
  RcuGracePeriodEnded: form([z]),
  SrcuReadLocked: form([x]),
  SrcuReadUnlocked: form([x]),
  SrcuSyncStarted: form([z], own('srcu')),
  SrcuSyncEnded: form([]),

  VmCreated: form([z, x], VM),
  VmCreateFailed: form([x], VM),
  VmUsersChanged: form([y], own('vmUsers')),
  VmDestroyBegun: form([], VM),
  VmDestroyed: form([y, y], VM),
  VmBugged: form([x], VM),
  MemslotAdded: form([x, x, x], SLOT),
  MemslotInvalidated: form([x, x], SLOT),
  MemslotDeleted: form([x, x], SLOT),
  MemslotMoved: form([x, x], SLOT),
  MemslotFlagsChanged: form([x, x], SLOT),
  FastZapBegun: form([y], VM),
  FastZapEnded: form([z]),
  ZapAllBegun: form([], VM),
  ZapAllEnded: form([]),
  WorkqueueCreated: form([], own('workqueue')),
  WorkqueueDestroyed: form([z], own('workqueue')),
  ValidGenToggled: form([y], VM),
  Finding: form([x, z, z]),
  AssertionFired: form([x, z]),
  Counted: null,
  WorkQueued: form([x, z, z], ROOT, own('workqueue')),
  WorkStarted: form([x, z, z], ROOT, own('workqueue')),
  WorkFinished: form([x, z, z], ROOT),
  WorkFlushStarted: form([z], ['workqueue', 'shared']),
  WorkFlushEnded: form([]),
  NotifierBegun: form([x, x, z], own('notifier')),
  NotifierEnded: form([z, z], own('notifier')),
  NotifierCountChanged: form([z], own('notifier')),
  HostPageChanged: form([z, y], own('hostPage')),
  DirtyMarked: form([x], ['dirtyWord', 'shared']),
  DirtyLogTaken: form([y], SLOT),
  DirtyBitsCleared: form([x, y, y], own('dirtyWord')),
  IoctlBegun: form([x, x, x]),
  IoctlEnded: form([x, x, y]),
  BarrierReached: form([x, z]),
  ThreadEnded: form([]),
  RemoteFlushBegun: form([z]),
  RemoteFlushEnded: form([]),
  // As a flush by requests it touches all vCPUs of the VM, which no single object stands for.
  RangeFlushed: form([x, x]),
  WalkRestarted: form([x, x, x]),
  ThreadSlept: form([z]),
  CommandArrived: form([x, x, z]),
  CommandDone: form([x, y]),
  SlotsGenerationChanged: form([y], own('slots')),

  TableAllocated: form([x, x, x], TABLE),
  TableLinked: form(['page', x, z], TABLE),
  TableUnlinked: form([y, x, z], TABLE),
  TableFreeQueued: form([y, x], TABLE, ['rcuCallbacks', 'shared']),
  TableFilled: form([x, x], TABLE),
  TableFreed: form([y, x], TABLE),
  TableFrozen: form([x, y], TABLE),
  SpteChanged: form([x, 'spte', 'spte'], own('entry'), ['table', 'shared']),
};

/** 1: the type is compared. */
export const COMPARED = new Uint8Array(256);
/** VALUE of each column: code * 4 + column. */
export const VALUES = new Uint8Array(1_024);
/** OBJECT and TOUCH of each touch: code * 4 + 2 * touch. */
export const TOUCHES = new Uint8Array(1_024);

for (const { code, name, values } of CATALOGUE) {
  const known = FORMS[name];
  if (known === null) continue;
  assert(known.values.length === values.length, `${name}: a comparison knows each of its values`);
  COMPARED[code] = 1;
  known.values.forEach((value, k) => {
    VALUES[code * 4 + k] = VALUE[value];
  });
  known.touches.forEach(([object, touch], k) => {
    TOUCHES[code * 4 + 2 * k] = OBJECT[object];
    TOUCHES[code * 4 + 2 * k + 1] = TOUCH[touch];
  });
}

/** Number of the object of this kind that a row touches, by its columns. */
export function objectNumber(kind: number, type: number, number: number, a: number): number {
  switch (kind) {
    case OBJECT.vcpuRequest:
      return number * 32 + (type === E.SmiRequested || type === E.SmiTaken ? 31 : 31 - Math.clz32(a));
    case OBJECT.rootList:
      return a;
    case OBJECT.workqueue:
      return type === E.WorkQueued || type === E.WorkStarted ? a : number;
    case OBJECT.dirtyWord:
      // The bitmap's words of one slot lie together; 2^20 words are 2^26 gfns.
      return number * 0x10_0000 + (a >>> 6);
    case OBJECT.entry:
      return number * 512 + a;
    case OBJECT.rcuCallbacks:
      return 0;
    default:
      return number;
  }
}
