// Where everything lies. The whole machine is ONE Int32Array: the world (what folding events gives) comes first, the
// machine part (frames, PRNG streams, guest positions) behind it. A copy is a `set`, a hash one loop, a snapshot the bytes.
import { BadInput } from '../base/errors.js';

/** Sizes of one machine. All are hard limits; a scenario states them, defaults in scenarios/topology.ts. */
export interface Topology {
  readonly vms: number;
  readonly vcpus: number;
  readonly threads: number;
  /** Pages for roots and child tables together, those that wait for RCU included. */
  readonly pages: number;
  /** log2 of the entries of one table: 9 on hardware; less in litmus scenarios. */
  readonly tableBits: number;
  /** Memslots per address space. */
  readonly slots: number;
  /** Pages of the process's memory that memslots can map. */
  readonly hostPages: number;
  /** Leaf entries of one CPU's TLB, a power of two. */
  readonly tlbEntries: number;
  /** Paging-structure cache entries of one CPU, a power of two. */
  readonly pscEntries: number;
  /** Leaf entries of the outer hypervisor's shadow per CPU (0: not nested), a power of two. */
  readonly outerEntries: number;
  /** Words of one thread's stack. */
  readonly stackWords: number;
  /** Words of guest and program positions per thread. */
  readonly programWords: number;
}

/** Ceilings that no scenario may exceed: `limit` in an error names one of these. */
export const TOPOLOGY_LIMITS = {
  vms: 8,
  vcpus: 64,
  threads: 128,
  pages: 65_536,
  tableBits: 9,
  slots: 15,
  hostPages: 1 << 18,
  tlbEntries: 1 << 16,
  pscEntries: 1 << 12,
  outerEntries: 1 << 16,
  stackWords: 1_024,
  programWords: 256,
} as const satisfies { readonly [K in keyof Topology]: number };

// ---- words of each record ------------------------------------------------------------------------------------------
export const MACHINE = {
  NEXT_ROOT: 0,
  FREE_PAGE: 1,
  PAGES_USED: 2,
  GP_ACTIVE: 3,
  GP_BLOCKERS: 4,
  GP_CURRENT: 5,
  GP_NEXT: 6,
  GP_DONE: 7,
  GP_CURRENT_TAIL: 8,
  GP_NEXT_TAIL: 9,
  GP_DONE_TAIL: 10,
  GP_CURRENT_COUNT: 11,
  GP_NEXT_COUNT: 12,
  GP_DONE_COUNT: 13,
  LIVE_ROOTS: 14,
  PAGES_HIGH: 15,
  ROOT_ALLOCATIONS: 16,
  WORDS: 20,
} as const;

export const VM = {
  STATE: 0,
  USERS_COUNT: 1,
  CREATED_VCPUS: 2,
  BUGGED: 3,
  DEAD: 4,
  VALID_GEN: 5,
  ROOTS_HEAD: 6,
  ROOTS_TAIL: 7,
  ROOTS: 8,
  TDP_MMU_PAGES: 9,
  WQ: 10,
  WQ_HEAD: 11,
  WQ_TAIL: 12,
  WQ_PENDING: 13,
  WQ_RUNNING: 14,
  WQ_FLUSHERS: 15,
  INVALIDATE_SEQ: 16,
  IN_PROGRESS: 17,
  RANGE_START: 18,
  RANGE_END: 19,
  MN_ACTIVE: 20,
  SLOTS_GEN: 21,
  SRCU_BLOCKERS: 22,
  SRCU_SYNC: 23,
  LEVEL: 24,
  LAST_ZAP_EPOCH: 25,
  /** The MMU notifier's release has run: mmu_notifier_unregister will not run it again. */
  RELEASED: 26,
  WORDS: 28,
} as const;
export const VM_STATE = { none: 0, live: 1, destroying: 2, destroyed: 3 } as const;

export const VCPU = {
  STATE: 0,
  VM: 1,
  INDEX: 2,
  MODE: 3,
  REQUESTS: 4,
  CPU_STATE: 5,
  ROLE: 6,
  /** root.hpa, then prev_roots[0..2]: page address + 1, 0 = INVALID_PAGE. */
  ROOT: 7,
  PREV0: 8,
  PREV1: 9,
  PREV2: 10,
  PENDING_SMI: 11,
  DR_LOADED: 12,
  KICKED: 13,
  EXITS_SINCE_PROGRESS: 14,
  HVA_BUSY: 15,
  ENTERED_ROOT: 16,
  /** kvm_run: why the last KVM_RUN came back (EXIT), and its port or gfn. */
  EXIT_REASON: 17,
  EXIT_DATA: 18,
  /** gfn + 1 of an access that KVM emulated: the guest goes on behind that instruction. */
  EMULATED: 19,
  /** CPU state that SMM entry saved for RSM. */
  SMM_SAVED_STATE: 20,
  SMI_ASYNCHRONOUS: 21,
  HAS_RUN: 22,
  /** mirror_root_hpa (v6.14), as ROOT: page address + 1. */
  MIRROR_ROOT: 23,
  WORDS: 24,
} as const;
/** What may name a root and holds a reference then: root.hpa, prev_roots[0..2], mirror_root_hpa. By slot number. */
export const ROOT_SLOTS = [VCPU.ROOT, VCPU.PREV0, VCPU.PREV1, VCPU.PREV2, VCPU.MIRROR_ROOT] as const;
export const MIRROR_SLOT = 4;
/** `root.hpa`, `prev_roots[0]`, ... */
export function root_slot_name(slot: number): string {
  if (slot === MIRROR_SLOT) return 'mirror_root_hpa';
  return slot === 0 ? 'root.hpa' : `prev_roots[${slot - 1}]`;
}
/** In an imported trace: which root the vCPU names is not known (any more). */
export const UNKNOWN_ROOT = -1;
export const VCPU_STATE = { none: 0, live: 1, destroyed: 2 } as const;

/** A page of the pool: struct kvm_mmu_page and its table in one. */
export const PAGE = {
  KIND: 0,
  SERIAL: 1,
  ROLE: 2,
  REFCOUNT: 3,
  LISTED: 4,
  NEXT: 5,
  PREV: 6,
  SCHEDULED: 7,
  WORK: 8,
  WORK_NEXT: 9,
  WORK_FLUSH: 10,
  RCU: 11,
  RCU_NEXT: 12,
  LEVEL: 13,
  GFN: 14,
  PARENT: 15,
  PRESENT: 16,
  VM: 17,
  HOLD_VCPU: 18,
  HOLD_ITERATOR: 19,
  HOLD_TDP_MMU: 20,
  HOLD_WORK: 21,
  ZAPPING: 22,
  LINKED: 23,
  /** Every empty entry reads as REMOVED. */
  FROZEN: 24,
  WORDS: 26,
} as const;
/** The refcount of a root of an imported trace that does not tell it. */
export const UNKNOWN_COUNT = -1;
export const PAGE_KIND = { free: 0, root: 1, table: 2 } as const;
export const WORK = { idle: 0, queued: 1, running: 2 } as const;
export const RCU_STATE = { none: 0, queued: 1, ready: 2 } as const;

export const LOCK = { WRITER: 0, READERS: 1, WAITING_WRITERS: 2, WAITING_READERS: 3, WORDS: 4 } as const;
/** Locks of one VM; lock number = vm * LOCKS_PER_VM + kind. */
export const LOCK_KIND = {
  mmu_lock: 0,
  tdp_mmu_pages_lock: 1,
  slots_lock: 2,
  slots_arch_lock: 3,
  mn_invalidate_lock: 4,
} as const;
export const LOCK_NAMES = [
  'mmu_lock',
  'tdp_mmu_pages_lock',
  'slots_lock',
  'slots_arch_lock',
  'mn_invalidate_lock',
] as const;
export const LOCKS_PER_VM = 5;

/** What the world knows of a thread: read sections and locks held (for lockdep). */
export const THREAD = {
  RCU_NESTING: 0,
  RCU_BLOCKS_GP: 1,
  SRCU_VM: 2,
  SRCU_BLOCKS: 3,
  WAITS_LOCK: 4,
  WAITS_MODE: 5,
  HELD0: 6,
  HELD1: 7,
  HELD2: 8,
  HELD3: 9,
  HELD4: 10,
  AT_BARRIER: 11,
  ENDED: 12,
  /** The work item this thread runs: its VM + 1, the root's number, and whether a flusher waits for it. */
  WORK_VM: 13,
  WORK_SERIAL: 14,
  WORK_FLUSH: 15,
  /** Number of the outside command that the thread is in (0: none), and where in its script that begins. */
  COMMAND: 16,
  COMMAND_AT: 17,
  WORDS: 18,
} as const;

export const SLOT = { STATE: 0, BASE_GFN: 1, PAGES: 2, HVA_PAGE: 3, FLAGS: 4, WORDS: 5 } as const;
export const SLOT_STATE = { none: 0, active: 1, invalid: 2 } as const;
/**
 * HUGE is ours: the slot's memory is backed by transparent huge pages (2 MiB aligned). PRIVATE as well: every gfn of the slot has
 * KVM_MEMORY_ATTRIBUTE_PRIVATE, and its memory is a guest_memfd's.
 */
export const SLOT_FLAG = { LOG_DIRTY_PAGES: 1, READONLY: 2, HUGE: 4, PRIVATE: 8 } as const;
export const ADDRESS_SPACES = 2;
/** Roots per CPU that an outer hypervisor keeps its own tables for (assumed); the one it met first goes first. */
export const OUTER_ROOTS = 8;

export const TLB_WORDS = 3;
export const BARRIERS = 16;

/** Words of the machine part that exist once: one PRNG stream per consumer, and the scheduler's memory. */
export const MISC = { PRNG_SCHEDULER: 0, PRNG_GUEST: 1, PRNG_SMI: 2, LAST_THREAD: 3, BURST_LEFT: 4 } as const;
const MISC_WORDS = 16;

/** A thread's stack: header words, then frames. */
export const STACK = { STATUS: 0, WAIT: 1, FRAME: 2, TOP: 3, FIRST_FRAME: 4 } as const;
export const STATUS = { none: 0, runnable: 1, waiting: 2, ended: 3 } as const;
/** A frame: step number, site of its first label, frame below (0 = none); locals follow. */
export const FRAME = { STEP: 0, SITE_BASE: 1, BELOW: 2, LOCALS: 3 } as const;

/** Number of locks that exist once per machine are none: every lock of the model belongs to a VM. */
export class Layout {
  readonly vm: number;
  readonly vcpu: number;
  readonly lock: number;
  readonly thread: number;
  readonly slot: number;
  readonly barrier: number;
  readonly dirty: number;
  readonly dirtyWords: number;
  readonly hostPage: number;
  readonly page: number;
  readonly tlb: number;
  readonly psc: number;
  readonly outer: number;
  /** Roots by birth + 1 that the outer hypervisor knows, OUTER_ROOTS words a vCPU; no words where nothing is nested. */
  readonly outerRoots: number;
  readonly entries: number;
  /** End of the world, start of the machine part. */
  readonly worldWords: number;
  readonly machinePart: number;
  readonly stack: number;
  readonly program: number;
  /** PRNG streams and scheduler words (MISC). */
  readonly misc: number;
  readonly words: number;
  readonly tableSize: number;

  constructor(
    readonly topology: Topology,
    limits: { readonly [K in keyof Topology]: number } = TOPOLOGY_LIMITS,
  ) {
    for (const [name, limit] of Object.entries(limits)) {
      const v = topology[name as keyof Topology];
      if (!Number.isInteger(v) || v < 0 || v > limit) {
        throw new BadInput(
          'topology-limit',
          `topology: ${name} must be an integer from 0 to ${limit}, got ${v}`,
        );
      }
    }
    for (const name of ['tlbEntries', 'pscEntries', 'outerEntries'] as const) {
      const v = topology[name];
      if ((v & (v - 1)) !== 0)
        throw new BadInput('topology-power', `topology: ${name} must be a power of two, got ${v}`);
    }
    let at = 0;
    const take = (n: number): number => {
      const from = at;
      at += n;
      return from;
    };
    this.tableSize = 1 << topology.tableBits;
    take(MACHINE.WORDS);
    this.vm = take(topology.vms * VM.WORDS);
    this.vcpu = take(topology.vcpus * VCPU.WORDS);
    this.lock = take(topology.vms * LOCKS_PER_VM * LOCK.WORDS);
    this.thread = take(topology.threads * THREAD.WORDS);
    this.slot = take(topology.vms * ADDRESS_SPACES * topology.slots * SLOT.WORDS);
    this.barrier = take(BARRIERS);
    this.tlb = take(topology.vcpus * topology.tlbEntries * TLB_WORDS);
    this.psc = take(topology.vcpus * topology.pscEntries * TLB_WORDS);
    this.outer = take(topology.vcpus * topology.outerEntries * TLB_WORDS);
    this.outerRoots = take(topology.outerEntries > 0 ? topology.vcpus * OUTER_ROOTS : 0);
    this.dirtyWords = (topology.hostPages + 31) >>> 5;
    this.dirty = take(this.dirtyWords * ADDRESS_SPACES);
    this.hostPage = take(topology.hostPages);
    this.page = take(topology.pages * PAGE.WORDS);
    this.entries = take(topology.pages * this.tableSize);
    this.worldWords = at;
    this.machinePart = at;
    this.stack = take(topology.threads * topology.stackWords);
    this.program = take(topology.threads * topology.programWords);
    this.misc = take(MISC_WORDS);
    this.words = at;
  }

  /** Names the layout in snapshots: another value means the bytes cannot be used. */
  get id(): string {
    return `1:${Object.values(this.topology).join(',')}:${this.words}`;
  }
}
