// What an op that a thread is about to take touches: an object, and whether it changes it. Two ops of two threads conflict
// when they touch the same object and one of them changes it. Not in it: the page allocator (which free page is handed out
// is nobody's matter), the guest's own walks, and the barriers of a litmus, which are not the kernel's.
import { MACHINE, PAGE, VM } from '../../aggregates/layout.js';
import type { World } from '../../aggregates/world.js';
import { E } from '../../events/catalogue.js';
import { LOCK_MODE } from '../../events/lock.events.js';
import { S_SLOT, S_VCPU, S_VM } from '../../machine/batch.js';
import { OP } from '../../machine/op.js';

/** Kinds of objects; `index` where a page has many of them. */
export const OBJECTS = [
  'lock',
  'list of roots',
  'refcount of a root',
  'role of a root',
  'zap flag of a root',
  'entries of a table',
  'memory of a page',
  'number of tables',
  'work queue',
  'requests and mode of a vCPU',
  'roots of a vCPU',
  'TLB of a vCPU',
  'notifier sequence',
  'notifiers under way',
  'users of the VM',
  'other word of the VM',
  'memslots',
  'page of the process',
  'grace periods',
  'SRCU',
] as const;
export type ObjectKind = (typeof OBJECTS)[number];

const OBJECT = Object.fromEntries(OBJECTS.map((name, k) => [name, k])) as {
  readonly [K in ObjectKind]: number;
};
/** Who frees a page conflicts with everybody who looks into it. */
export const MEMORY = OBJECT['memory of a page'];
const ENTRIES = OBJECT['entries of a table'];
const NONE = -1;
/** All of a kind. */
const EVERY = -1;

/** One access; reused. */
export class Access {
  /** Number in OBJECTS; -1: nothing that counts. */
  object = NONE;
  /** Which one of the kind. */
  which = 0;
  /** Page that it lies in, -1: in none of the pool. */
  page = NONE;
  /** Entries of a table: from, and to. */
  from = 0;
  to = 0;
  writes = false;

  /** False: it touches nothing that counts. @param at where the words of the thread's next op begin */
  read(w: World, ops: Int32Array, at: number): boolean {
    const a = ops[at + 1];
    const b = ops[at + 2];
    switch (ops[at] - 1) {
      case OP.LOCK:
        // Taken is what is contended for: that a lock is given back first is no order that could be another.
        return this.set(OBJECT.lock, a, NONE, b === LOCK_MODE.write);
      case OP.RCU_READ_LOCK:
      case OP.RCU_READ_UNLOCK:
        return this.set(OBJECT['grace periods'], 0, NONE, false);
      case OP.CALL_RCU:
      case OP.RCU_GP_START:
      case OP.RCU_GP_END:
      case OP.RCU_BARRIER:
        return this.set(OBJECT['grace periods'], 0, NONE, true);
      case OP.RCU_INVOKE: {
        const ready = w.s[MACHINE.GP_DONE];
        return ready === 0 ? this.nothing() : this.set(MEMORY, ready - 1, ready - 1, true);
      }
      case OP.FREE_TABLE:
        return this.set(MEMORY, a, a, true);
      case OP.SRCU_READ_LOCK:
      case OP.SRCU_READ_UNLOCK:
        return this.set(OBJECT.SRCU, a, NONE, false);
      case OP.SRCU_SYNC_START:
      case OP.SRCU_SYNC_WAIT:
        return this.set(OBJECT.SRCU, a, NONE, true);
      case OP.LIST_ADD:
      case OP.LIST_DEL:
        return this.set(OBJECT['list of roots'], a, b, true);
      case OP.LIST_FIRST:
        return this.set(OBJECT['list of roots'], a, NONE, false);
      case OP.LIST_NEXT:
        return this.set(OBJECT['list of roots'], w.pageWord(a, PAGE.VM), a, false);
      case OP.READ_ROLE:
        return this.set(OBJECT['role of a root'], a, a, false);
      case OP.XCHG_INVALID:
      case OP.SET_INVALID:
        return this.set(OBJECT['role of a root'], a, a, true);
      case OP.REFCOUNT_READ:
        return this.set(OBJECT['refcount of a root'], a, a, false);
      case OP.INC_NOT_ZERO:
      case OP.DEC_AND_TEST:
      case OP.REFCOUNT_SET:
        return this.set(OBJECT['refcount of a root'], a, a, true);
      case OP.SCHEDULE_ZAP:
      case OP.TAKE_ZAP:
        return this.set(OBJECT['zap flag of a root'], a, a, true);
      case OP.READ_SPTE:
        return this.entries(a, b, b, false);
      case OP.CMPXCHG_SPTE:
      case OP.WRITE_SPTE:
        return this.entries(a, b, b, true);
      case OP.NEXT_PRESENT:
        return this.entries(a, b, w.tableMask, false);
      case OP.XCHG_NEXT_REMOVED:
        return this.entries(a, b, w.tableMask, true);
      case OP.FREEZE_TABLE:
        return this.entries(a, 0, w.tableMask, true);
      case OP.LINK_TABLE:
      case OP.UNLINK_TABLE:
        return this.set(OBJECT['number of tables'], w.pageWord(a, PAGE.VM), a, true);
      case OP.QUEUE_WORK:
      case OP.WQ_FLUSH_START:
        return this.set(OBJECT['work queue'], a, NONE, true);
      case OP.WQ_FLUSH_WAIT:
        return this.set(OBJECT['work queue'], a, NONE, false);
      // A worker serves the queues of all VMs; a litmus has one.
      case OP.TAKE_WORK:
      case OP.WORK_DONE:
        return this.set(OBJECT['work queue'], 0, NONE, true);
      case OP.MAKE_REQUEST:
      case OP.TAKE_REQUEST:
      case OP.REQUEST_SMI:
        return this.set(OBJECT['requests and mode of a vCPU'], a, NONE, true);
      case OP.KICK:
      case OP.WAIT_OUTSIDE:
      case OP.ENTER_GATE:
        return this.set(OBJECT['requests and mode of a vCPU'], a, NONE, false);
      case OP.READ_VCPU:
        return this.set(OBJECT['roots of a vCPU'], a, NONE, false);
      case OP.FLUSH_TLB:
        return this.set(OBJECT['TLB of a vCPU'], a, NONE, true);
      case OP.GUEST:
        return this.set(OBJECT['TLB of a vCPU'], a, NONE, false);
      case OP.READ_VM:
        return this.set(vmWord(b), a * VM.WORDS + shared(b), NONE, false);
      case OP.WAIT_NOTIFIERS:
        return this.set(OBJECT['notifiers under way'], a * VM.WORDS + VM.MN_ACTIVE, NONE, false);
      case OP.READ_SLOT:
      case OP.FIND_SLOT:
        return this.set(OBJECT.memslots, 0, NONE, false);
      case OP.READ_HOST_PAGE:
        return this.pages(a, 1, false);
      case OP.CMPXCHG_HOST_PAGE:
        // How many pages it changes is not among the words that a state keeps: to the last one.
        return this.pages(a, w.layout.topology.hostPages, true);
      case OP.EMIT:
        return this.stored(a, b);
      default:
        return this.nothing();
    }
  }

  conflicts(other: Access): boolean {
    if (this.object === NONE || other.object === NONE || !(this.writes || other.writes)) return false;
    if (this.object === MEMORY || other.object === MEMORY) return this.page >= 0 && this.page === other.page;
    if (this.object !== other.object) return false;
    if (this.which !== other.which && this.which !== EVERY && other.which !== EVERY) return false;
    return this.from <= other.to && other.from <= this.to;
  }

  private set(object: number, which: number, page: number, writes: boolean): boolean {
    this.object = object;
    this.which = which;
    this.page = page;
    this.from = 0;
    this.to = 0;
    this.writes = writes;
    return true;
  }

  private nothing(): boolean {
    this.object = NONE;
    return false;
  }

  private entries(table: number, from: number, to: number, writes: boolean): boolean {
    this.set(ENTRIES, table, table, writes);
    this.from = from;
    this.to = to;
    return true;
  }

  private pages(from: number, count: number, writes: boolean): boolean {
    this.set(OBJECT['page of the process'], 0, NONE, writes);
    this.from = from;
    this.to = from + count - 1;
    return true;
  }

  /** A store that is nothing but its event. */
  private stored(type: number, subject: number): boolean {
    const n = subject >> 4;
    if (type === E.RangeFlushed) return this.set(OBJECT['TLB of a vCPU'], EVERY, NONE, true);
    if (type === E.HostPageChanged) return this.pages(n, 1, true);
    if (type === E.ModeChanged) return this.set(OBJECT['requests and mode of a vCPU'], n, NONE, true);
    switch (subject & 15) {
      case S_VM: {
        const field = fieldOf(type);
        return this.set(vmWord(field), n * VM.WORDS + field, NONE, true);
      }
      case S_SLOT:
        return this.set(OBJECT.memslots, 0, NONE, true);
      case S_VCPU:
        return this.set(OBJECT['roots of a vCPU'], n, NONE, true);
      default:
        return this.nothing();
    }
  }
}

/** The words of a notifier's range change together. */
function shared(field: number): number {
  return field >= VM.INVALIDATE_SEQ && field <= VM.RANGE_END ? VM.INVALIDATE_SEQ : field;
}

function vmWord(field: number): number {
  if (shared(field) === VM.INVALIDATE_SEQ) return OBJECT['notifier sequence'];
  if (field === VM.MN_ACTIVE) return OBJECT['notifiers under way'];
  return field === VM.USERS_COUNT ? OBJECT['users of the VM'] : OBJECT['other word of the VM'];
}

/** The word of the VM record that an event of it writes. */
function fieldOf(type: number): number {
  switch (type) {
    case E.NotifierBegun:
    case E.NotifierEnded:
      return VM.INVALIDATE_SEQ;
    case E.NotifierCountChanged:
      return VM.MN_ACTIVE;
    case E.VmUsersChanged:
      return VM.USERS_COUNT;
    case E.ValidGenToggled:
      return VM.VALID_GEN;
    case E.SlotsGenerationChanged:
      return VM.SLOTS_GEN;
    case E.VmBugged:
      return VM.BUGGED;
    case E.WorkqueueCreated:
    case E.WorkqueueDestroyed:
      return VM.WQ;
    default:
      return VM.STATE;
  }
}
