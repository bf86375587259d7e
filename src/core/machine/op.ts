// Ops: what a kernel procedure asks for. One reused record, no allocation: a procedure's step fills it, `decide` reads
// it, and because it is data, a search can look at what each thread is about to do.
import { E } from '../events/catalogue.js';
import { ASSERTION, FLUSH } from '../events/constants.js';
import { LOCK_MODE } from '../events/lock.events.js';
import { HOLDER } from '../events/root.events.js';
import { S_MACHINE, S_ROOT, S_SLOT, S_THREAD, S_VCPU, S_VM } from './batch.js';

/** Op kinds. Those from LOCAL on are thread-local: no scheduling point stands before them. */
export const OP = {
  EMIT: 0,
  LOCK: 1,
  UNLOCK: 2,
  NEEDBREAK: 3,
  YIELD: 4,
  RCU_READ_LOCK: 5,
  RCU_READ_UNLOCK: 6,
  CALL_RCU: 7,
  RCU_GP_START: 8,
  RCU_GP_END: 9,
  RCU_INVOKE: 10,
  RCU_BARRIER: 11,
  SRCU_READ_LOCK: 12,
  SRCU_READ_UNLOCK: 13,
  SRCU_SYNC_START: 14,
  SRCU_SYNC_WAIT: 15,
  ALLOC_ROOT: 16,
  LIST_ADD: 17,
  LIST_DEL: 18,
  LIST_FIRST: 19,
  LIST_NEXT: 20,
  READ_ROLE: 21,
  INC_NOT_ZERO: 22,
  DEC_AND_TEST: 23,
  REFCOUNT_SET: 24,
  REFCOUNT_READ: 25,
  XCHG_INVALID: 26,
  SET_INVALID: 27,
  QUEUE_WORK: 28,
  TAKE_WORK: 29,
  WORK_DONE: 30,
  WQ_FLUSH_START: 31,
  WQ_FLUSH_WAIT: 32,
  READ_SPTE: 33,
  CMPXCHG_SPTE: 34,
  WRITE_SPTE: 35,
  ALLOC_TABLE: 36,
  LINK_TABLE: 37,
  UNLINK_TABLE: 38,
  FREE_TABLE: 39,
  MAKE_REQUEST: 40,
  TAKE_REQUEST: 41,
  KICK: 42,
  WAIT_OUTSIDE: 43,
  READ_VCPU: 44,
  READ_VM: 45,
  READ_SLOT: 46,
  READ_HOST_PAGE: 47,
  GUEST: 48,
  BARRIER_ARRIVE: 49,
  BARRIER_WAIT: 50,
  WAIT_NOTIFIERS: 51,
  FLUSH_TLB: 52,
  SCHEDULE_ZAP: 53,
  FIND_SLOT: 54,
  ENTER_GATE: 55,
  NEXT_PRESENT: 56,
  FREEZE_TABLE: 57,
  TAKE_ZAP: 58,
  REQUEST_SMI: 59,
  XCHG_NEXT_REMOVED: 60,
  CMPXCHG_HOST_PAGE: 61,
  READ_BARRIER: 62,
  TAKE_COMMAND: 63,
  LOCAL: 64,
  TELL: 64,
  ASSERT_LOCK: 66,
  FILL_TABLE: 68,
} as const;

/** FLUSH_TLB, fourth operand. */
export const CPU_ONLY = 1;

/** The pending op of the step that was just asked. */
export class OpRecord {
  kind = 0;
  a = 0;
  b = 0;
  c = 0;
  d = 0;
  e = 0;

  set(kind: number, a: number, b: number, c: number, d: number, e: number): void {
    this.kind = kind;
    this.a = a;
    this.b = b;
    this.c = c;
    this.d = d;
    this.e = e;
  }
}

/** The one record. The core is single-threaded and synchronous; each simulation thread of the server has its own copy. */
export const pending = new OpRecord();
const set = (kind: number, a = 0, b = 0, c = 0, d = 0, e = 0): void => pending.set(kind, a, b, c, d, e);

const emit = (type: number, subjectKind: number, n: number, a = 0, b = 0, c = 0): void =>
  set(OP.EMIT, type, n * 16 + subjectKind, a, b, c);
const tell = (type: number, subjectKind: number, n: number, a = 0, b = 0, c = 0): void =>
  set(OP.TELL, type, n * 16 + subjectKind, a, b, c);

/** Named ops. `lock` is a lock number: World.lockId(vm, LOCK_KIND.x). Answers are numbers; see each line. */
export const op = {
  /** A visible store that is nothing but its event. Prefer a named op below. */
  emit,
  /** Tells the reader of the log something; changes nothing that others could see. No scheduling point. */
  tell,

  read_lock: (lock: number) => set(OP.LOCK, lock, LOCK_MODE.read),
  write_lock: (lock: number) => set(OP.LOCK, lock, LOCK_MODE.write),
  spin_lock: (lock: number) => set(OP.LOCK, lock, LOCK_MODE.write),
  mutex_lock: (lock: number) => set(OP.LOCK, lock, LOCK_MODE.write),
  /** mode: LOCK_MODE. */
  lock: (lock: number, mode: number) => set(OP.LOCK, lock, mode),
  read_unlock: (lock: number) => set(OP.UNLOCK, lock, LOCK_MODE.read),
  write_unlock: (lock: number) => set(OP.UNLOCK, lock, LOCK_MODE.write),
  spin_unlock: (lock: number) => set(OP.UNLOCK, lock, LOCK_MODE.write),
  mutex_unlock: (lock: number) => set(OP.UNLOCK, lock, LOCK_MODE.write),
  unlock: (lock: number, mode: number) => set(OP.UNLOCK, lock, mode),
  /** 1 when somebody waits for the lock (rwlock_needbreak): the holder may yield. In a search: a choice. */
  rwlock_needbreak: (lock: number) => set(OP.NEEDBREAK, lock),
  /** cond_resched_rwlock_*: tells the yield and releases; take it again with `lock`. `progress`: see LockYielded. */
  yield_lock: (lock: number, mode: number, progress = 0) => set(OP.YIELD, lock, mode, progress),
  /** lockdep_assert_held*: answer 1 when it holds; else the kernel's report is an event and the code goes on. */
  lockdep_assert_held_write: (lock: number) =>
    set(OP.ASSERT_LOCK, lock, LOCK_MODE.write, ASSERTION.LOCKDEP_HELD_WRITE),
  lockdep_assert_held_read: (lock: number) =>
    set(OP.ASSERT_LOCK, lock, LOCK_MODE.read, ASSERTION.LOCKDEP_HELD_READ),
  /** In the given mode; mode 0: in any. */
  lockdep_assert_held: (lock: number, mode: number) =>
    set(OP.ASSERT_LOCK, lock, mode, ASSERTION.LOCKDEP_HELD),

  rcu_read_lock: () => set(OP.RCU_READ_LOCK),
  rcu_read_unlock: () => set(OP.RCU_READ_UNLOCK),
  /** call_rcu(free) of a root or an unlinked table, by page address. */
  call_rcu: (page: number) => set(OP.CALL_RCU, page),
  rcu_gp_start: () => set(OP.RCU_GP_START),
  rcu_gp_end: () => set(OP.RCU_GP_END),
  /** Runs one ready callback. Waits until there is one or a grace period can start: answer 0 = nothing ready, start one. */
  rcu_invoke: () => set(OP.RCU_INVOKE),
  /** Waits until every callback queued so far has run. */
  rcu_barrier: () => set(OP.RCU_BARRIER),
  srcu_read_lock: (vm: number) => set(OP.SRCU_READ_LOCK, vm),
  srcu_read_unlock: (vm: number) => set(OP.SRCU_READ_UNLOCK, vm),
  srcu_sync_start: (vm: number) => set(OP.SRCU_SYNC_START, vm),
  srcu_sync_wait: (vm: number) => set(OP.SRCU_SYNC_WAIT, vm),

  /** Answer: page address of a new, private root; refcount as given (1: the vCPU's, 2: and the MMU's own). */
  alloc_root: (vm: number, role: number, refcount: number) => set(OP.ALLOC_ROOT, vm, role, refcount),
  list_add_rcu: (vm: number, root: number) => set(OP.LIST_ADD, vm, root),
  list_del_rcu: (vm: number, root: number) => set(OP.LIST_DEL, vm, root),
  /** Answer: first root of the list or -1. */
  list_first: (vm: number) => set(OP.LIST_FIRST, vm),
  /** Answer: list successor of root or -1. Touches root: reported when it was freed. */
  list_next: (root: number) => set(OP.LIST_NEXT, root),
  /** Answer: role word. */
  read_role: (root: number) => set(OP.READ_ROLE, root),
  /** Answer: 1 when the reference was taken. holder: HOLDER. */
  refcount_inc_not_zero: (root: number, holder: number) => set(OP.INC_NOT_ZERO, root, holder),
  /** Answer: 1 when the count became 0. */
  refcount_dec_and_test: (root: number, holder: number) => set(OP.DEC_AND_TEST, root, holder),
  /** Plain store of 1 after the count was 0 (v5.18's resurrection); the new reference is the work item's. */
  refcount_set: (root: number, value: number) => set(OP.REFCOUNT_SET, root, value, HOLDER.work),
  /** Answer: the count. */
  refcount_read: (root: number) => set(OP.REFCOUNT_READ, root),
  /** xchg(role.word, | invalid). Answer: 1 when it was invalid before. */
  xchg_invalid: (root: number) => set(OP.XCHG_INVALID, root),
  /** role.invalid = true, a plain store. */
  set_invalid: (root: number) => set(OP.SET_INVALID, root),
  /** The root will be zapped by a work item or a flag; gift 1: with the MMU's own reference. Told, not a step. */
  schedule_zap: (root: number, gift: number) => set(OP.SCHEDULE_ZAP, root, gift),

  /** Reads and clears tdp_mmu_scheduled_root_to_zap. Answer: 1 when it was set. */
  take_scheduled_zap: (root: number) => set(OP.TAKE_ZAP, root),

  queue_work: (vm: number, root: number) => set(OP.QUEUE_WORK, vm, root),
  /** A worker waits for an item of any VM. Answer: its root. */
  take_work: () => set(OP.TAKE_WORK),
  work_done: (root: number) => set(OP.WORK_DONE, root),
  wq_flush_start: (vm: number) => set(OP.WQ_FLUSH_START, vm),
  wq_flush_wait: (vm: number) => set(OP.WQ_FLUSH_WAIT, vm),

  /** Answer: the SPTE. */
  read_spte: (table: number, index: number) => set(OP.READ_SPTE, table, index),
  /**
   * Skips empty entries in one step. Answer: index of the next non-empty entry from `from` on, or -1. Its value may be
   * read in the same `then` with l.w.spte(table, index). The kernel reads each of the 512; the skipped ones are empty.
   */
  next_present: (table: number, from: number) => set(OP.NEXT_PRESENT, table, from),
  /** handle_removed_pt in shared mode: every EMPTY entry becomes REMOVED, as one step; present ones are xchg'ed one by one. */
  freeze_table: (table: number) => set(OP.FREEZE_TABLE, table),
  /**
   * handle_removed_pt, one entry: exchanges the next non-empty entry from `from` on for REMOVED (shared 0: the next present
   * one). Waits while somebody else has it frozen. Answer: index * 2^32 + value before, or -1 when no entry is left.
   */
  xchg_next_removed: (table: number, from: number, shared: number) =>
    set(OP.XCHG_NEXT_REMOVED, table, from, shared),
  /** Fills a table that nobody else can see: entry i = first + i * stride pages. Thread-local. */
  fill_table: (table: number, first: number, stride: number) => set(OP.FILL_TABLE, table, first, stride),
  /** Answer: 1 when it was exchanged. */
  try_cmpxchg_spte: (table: number, index: number, before: number, after: number) =>
    set(OP.CMPXCHG_SPTE, table, index, before, after),
  /** Store or xchg. Answer: the value before. */
  write_spte: (table: number, index: number, after: number) => set(OP.WRITE_SPTE, table, index, after),
  /** Answer: page address of a new, private table. */
  alloc_table: (vm: number, level: number, gfn: number) => set(OP.ALLOC_TABLE, vm, level, gfn),
  /** Counts the table (tdp_mmu_pages) and sets its ptep. */
  account_table: (table: number, parent: number, index: number) => set(OP.LINK_TABLE, table, parent, index),
  unaccount_table: (table: number) => set(OP.UNLINK_TABLE, table),
  /** Frees a table at once: one that nobody ever saw, or (v5.10) one that nobody can see any more. */
  free_table: (table: number) => set(OP.FREE_TABLE, table),
  /** Frees an unlinked root at once (v5.10). */
  free_root: (root: number) => set(OP.FREE_TABLE, root),

  make_request: (vcpu: number, request: number) => set(OP.MAKE_REQUEST, vcpu, request),
  /** Test and clear. Answer: 1 when it was set. */
  check_request: (vcpu: number, request: number) => set(OP.TAKE_REQUEST, vcpu, request),
  /** Forces a vCPU in guest mode out. Answer: 1 when an IPI was sent. */
  kick: (vcpu: number, request: number) => set(OP.KICK, vcpu, request),
  /** Waits until the vCPU has left guest mode since it was kicked (it may be back inside by now). */
  wait_outside: (vcpu: number) => set(OP.WAIT_OUTSIDE, vcpu),
  /** Answer: a word of the vCPU record that others may write (VCPU.x). */
  read_vcpu: (vcpu: number, field: number) => set(OP.READ_VCPU, vcpu, field),
  /** Answer: a word of the VM record (VM.x). */
  read_vm: (vm: number, field: number) => set(OP.READ_VM, vm, field),
  read_slot: (slot: number, field: number) => set(OP.READ_SLOT, slot, field),
  /** Answer: slot number that holds gfn in the address space, or -1. */
  find_slot: (vm: number, asId: number, gfn: number) => set(OP.FIND_SLOT, vm, asId, gfn),
  /** Answer: the HOST_PAGE word. */
  read_host_page: (page: number) => set(OP.READ_HOST_PAGE, page),
  /** The host's page-table lock in one step, for `count` pages. Answer: 0 when a word was no longer `before`. */
  try_change_host_page: (page: number, before: number, after: number, count = 1) =>
    set(OP.CMPXCHG_HOST_PAGE, page, before, after, count),
  set_host_page: (page: number, before: number, after: number) =>
    emit(E.HostPageChanged, 8, page, before, after),

  set_mode: (vcpu: number, mode: number) => emit(E.ModeChanged, S_VCPU, vcpu, mode),
  /**
   * Re-reads mode and requests after mode = IN_GUEST_MODE (kvm_vcpu_exit_request). Answer: 1 = back out;
   * 0 = the vCPU entered the guest with its current root.
   */
  enter_gate: (vcpu: number) => set(OP.ENTER_GATE, vcpu),
  /** Runs the guest until it needs something. Answer: see guestExit() in machine/guest-port.ts. */
  guest_execute: (vcpu: number) => set(OP.GUEST, vcpu),
  load_root: (vcpu: number, slot: number, role: number, root: number) =>
    emit(E.RootLoaded, S_VCPU, vcpu, slot, role, root),
  drop_root: (vcpu: number, slot: number, role: number, root: number) =>
    emit(E.RootDropped, S_VCPU, vcpu, slot, role, root),
  /** scope: FLUSH; address: root page or -1 for everything. */
  flush_tlb: (vcpu: number, scope: number, root = -1) => set(OP.FLUSH_TLB, vcpu, scope, root + 1),
  /** The CPU's own caches only: an outer hypervisor that is not called keeps what it shadows. */
  flush_tlb_of_cpu: (vcpu: number, scope: number, root: number) =>
    set(OP.FLUSH_TLB, vcpu, scope, root + 1, CPU_ONLY),
  flush_tlb_all: (vcpu: number) => set(OP.FLUSH_TLB, vcpu, FLUSH.ALL, 0),

  /** The hypervisor below forgets these gfns on every CPU of the VM before the hypercall returns. */
  flush_range: (vm: number, gfn: number, pages: number) => emit(E.RangeFlushed, S_VM, vm, gfn, pages),

  barrier_arrive: (barrier: number) => set(OP.BARRIER_ARRIVE, barrier),
  barrier_wait: (barrier: number, parties: number) => set(OP.BARRIER_WAIT, barrier, parties),
  /** Answer: how often threads have arrived. */
  read_barrier: (barrier: number) => set(OP.READ_BARRIER, barrier),
  /** Waits for a command from outside. Answer: where in the thread's script it begins. */
  take_command: () => set(OP.TAKE_COMMAND),
  /** Waits until mn_active_invalidate_count is 0. */
  wait_notifiers: (vm: number) => set(OP.WAIT_NOTIFIERS, vm),
  /** KVM_SMI: keeps at most two pending. */
  request_smi: (vcpu: number, asynchronous: number) => set(OP.REQUEST_SMI, vcpu, asynchronous),

  /** The kernel's own report; the code goes on. */
  report: (assertion: number, detail: number) => tell(E.AssertionFired, S_MACHINE, 0, assertion, detail),
  vm_event: (type: number, vm: number, a = 0, b = 0, c = 0) => emit(type, S_VM, vm, a, b, c),
  slot_event: (type: number, slot: number, a = 0, b = 0, c = 0) => emit(type, S_SLOT, slot, a, b, c),
  vcpu_event: (type: number, vcpu: number, a = 0, b = 0, c = 0) => emit(type, S_VCPU, vcpu, a, b, c),
  tell_vm: (type: number, vm: number, a = 0, b = 0, c = 0) => tell(type, S_VM, vm, a, b, c),
  tell_vcpu: (type: number, vcpu: number, a = 0, b = 0, c = 0) => tell(type, S_VCPU, vcpu, a, b, c),
  tell_thread: (type: number, thread: number, a = 0, b = 0, c = 0) => tell(type, S_THREAD, thread, a, b, c),
  /** serial: number of the root by birth; root: its page address. */
  tell_root: (type: number, serial: number, a: number, b: number, root: number) =>
    tell(type, S_ROOT, serial, a, b, root),
} as const;
