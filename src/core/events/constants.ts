// Numbered words that appear as event values. Names are the kernel's where it has one.
// Stored codes: append, never reorder.

/** Exit reasons, shortened to what the model tells apart (VMX names; SVM prints npf, io, rsm ...). */
export const EXIT = {
  NONE: 0,
  EPT_VIOLATION: 1,
  IO_INSTRUCTION: 2,
  RSM: 3,
  DR_ACCESS: 4,
  CR_ACCESS: 5,
  CPUID: 6,
  HLT: 7,
  MSR_WRITE: 8,
  MSR_READ: 9,
  EXTERNAL_INTERRUPT: 10,
  PREEMPTION_TIMER: 11,
  EPT_MISCONFIG: 12,
  EXCEPTION_NMI: 13,
  INTERRUPT_WINDOW: 14,
  WBINVD: 15,
  APIC_ACCESS: 16,
} as const;
export type ExitName = keyof typeof EXIT;
export const EXIT_NAMES = names(EXIT);

/** Exits handled inside the entry loop with interrupts off (vmx_exit_handlers_fastpath): never a reset there. */
export const FASTPATH_EXITS: ReadonlySet<number> = new Set([EXIT.PREEMPTION_TIMER, EXIT.MSR_WRITE]);

/** Access bits of a fault or a hardware walk (page-fault error code: W, U/present, X). */
export const ACCESS = { READ: 1, WRITE: 2, EXEC: 4, PRESENT: 8 } as const;

/** Why kvm_mmu_reset_context was called. */
export const RESET = {
  FORCED: 1,
  SMM_ENTER: 2,
  SMM_ENTER_CPU_STATE: 3,
  SMM_LEAVE: 4,
  CR_WRITE: 5,
  SET_SREGS: 6,
  CPUID: 7,
  INIT: 8,
  NESTED: 9,
} as const;
export const RESET_NAMES = names(RESET);

/** Why a fault was retried. */
export const RETRY = {
  ROOT_INVALID: 1,
  NOTIFIER: 2,
  RACE: 3,
  SLOT_INVALID: 4,
  FROZEN: 5,
  ROOT_OBSOLETE_REQUEST: 6,
} as const;
export const RETRY_NAMES = names(RETRY);

export const RET_PF = { RETRY: 0, EMULATE: 1, INVALID: 2, FIXED: 3, SPURIOUS: 4 } as const;

/** vCPU requests, as bits. */
export const REQ = {
  VM_DEAD: 1,
  MMU_FREE_OBSOLETE_ROOTS: 2,
  MMU_SYNC: 4,
  LOAD_MMU_PGD: 8,
  TLB_FLUSH: 16,
  TLB_FLUSH_CURRENT: 32,
  TLB_FLUSH_GUEST: 64,
  SMI: 128,
  MMU_RELOAD: 256,
} as const;

/** vcpu->mode. */
export const MODE = { OUTSIDE_GUEST_MODE: 0, IN_GUEST_MODE: 1, EXITING_GUEST_MODE: 2 } as const;

/** CPU state bits that choose the root role; the initial state is PAGING_LEVEL_4 with everything else clear. */
export const CPU_STATE = {
  SMM: 1,
  GUEST_MODE: 2,
  LEVEL_5: 4,
  CR0_WP: 8,
  EFER_NX: 16,
  CR4_PSE: 32,
  CR4_SMEP: 64,
  CR0_PG: 128,
} as const;

/** Guest progress. */
export const MILESTONE = {
  firmware: 1,
  bootLoader: 2,
  decompression: 3,
  kernel: 4,
  pid1: 5,
  console: 6,
  done: 7,
} as const;
export const MILESTONE_NAMES = names(MILESTONE);

/** Scope of a TLB flush. */
export const FLUSH = { ALL: 1, CURRENT: 2, GUEST: 3, LOAD: 4, RANGE: 5 } as const;
export const FLUSH_NAMES = names(FLUSH);

/** The kernel's own reports. */
export const ASSERTION = {
  LOCKDEP_HELD_WRITE: 1,
  LOCKDEP_HELD_READ: 2,
  LOCKDEP_HELD: 3,
  REFCOUNT_UNDERFLOW: 4,
  REFCOUNT_INC_ON_ZERO: 5,
  WARN_NOT_TDP_PAGE: 6,
  BUG_PUT_VALID_ROOT: 7,
  WARN_ROOTS_LEFT: 8,
  WARN_TABLES_LEFT: 9,
  WARN_ZAP_ZERO_REFCOUNT: 10,
  WARN_INVALIDATE_GET_FAILED: 11,
  WARN_ROOT_STILL_VALID_AFTER_UNLOAD: 12,
  WARN_SPTE_REMOVED: 13,
  BUG_LEAF_PFN_CHANGED: 14,
  WARN_ITER_YIELDED: 15,
  WARN_WORK_PENDING: 16,
  WARN_WORKQUEUE_NOT_EMPTY: 17,
  BUG_ZAP_VALID_ROOT: 18,
  WARN_ZAP_SP_UNLINKED: 19,
  REFCOUNT_SATURATED: 20,
  WARN_ALLOC_ROOT_GET_FAILED: 21,
  WARN_NX_NO_SLOT: 22,
  /** A workqueue that was never made is destroyed. */
  GPF_NULL_WORKQUEUE: 23,
  /** The shadow page of a root that has none is read. */
  NULL_ROOT_SHADOW_PAGE: 24,
} as const;
export const ASSERTION_NAMES = names(ASSERTION);

/** User-space calls of a VMM thread. */
export const IOCTL = {
  KVM_CREATE_VM: 1,
  KVM_SET_USER_MEMORY_REGION: 2,
  KVM_CREATE_VCPU: 3,
  KVM_SET_CPUID2: 4,
  KVM_SET_SREGS: 5,
  KVM_SET_REGS: 6,
  KVM_SET_MSRS: 7,
  KVM_RUN: 8,
  KVM_SMI: 9,
  KVM_GET_DIRTY_LOG: 10,
  CLOSE_VCPU: 11,
  CLOSE_VM: 12,
  MADVISE_DONTNEED: 13,
  MPROTECT: 14,
  MMAP_FIXED: 15,
  MUNMAP: 16,
  FORK: 17,
  EXIT_MM: 18,
  MEMSET: 19,
  CHILD_EXIT: 20,
  KVM_CLEAR_DIRTY_LOG: 21,
  AGE: 22,
  TEST_AGE: 23,
  COLLAPSE: 24,
  KVM_PRE_FAULT_MEMORY: 25,
  /** The NX recovery thread wakes up: no call of user space. */
  NX_RECOVERY: 26,
} as const;
export const IOCTL_NAMES = names(IOCTL);

function names<T extends { readonly [name: string]: number }>(codes: T): readonly string[] {
  const out: string[] = [];
  for (const [name, code] of Object.entries(codes)) {
    if (out[code] !== undefined) throw new RangeError(`code ${code} names both ${out[code]} and ${name}`);
    out[code] = name;
  }
  return out;
}
