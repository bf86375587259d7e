// What a check knows of the kernel while it reads: roots by address and generation with every reference counted from the births
// on, vCPUs with the roots that they hold, and for each thread the functions that it is in. What a trace does not show the
// order of (another thread's decrement between its probe and its next line) is kept as a possibility, not as an order.
import type { Address } from './covered-event.js';

export interface Root {
  readonly ordinal: number;
  readonly vm: Vm;
  readonly sp: Address;
  readonly spt: Address;
  /** Null until a lookup has returned it. */
  hpa: Address | null;
  readonly role: number;
  /** References, with every put that began taken off. Null: the trace begins in the middle of this root's life. */
  count: number | null;
  valid: boolean;
  /** Its last reference is gone; it leaves the list, and RCU frees it. */
  dead: boolean;
  /** When the put that took the last reference was through: who began a get before that may have got it still. */
  deadAt: number;
  freed: boolean;
  /** Births under mmu_lock held for read are on the list some time after their line. */
  listedAt: number;
  readonly bornAt: number;
  /** A work item: who owns it is the worker. */
  work: 'none' | 'scheduled' | 'queued' | 'running' | 'done';
  /** Made invalid, and not yet zapped by its invalidator. */
  owed: boolean;
  /** References that an invalidation took for the zap (v5.15). */
  gifts: number;
  /** Puts whose decrement may still be to come. */
  readonly pending: PendingPut[];
  /** When its last visible reference went while an unprobed walker still holds it (v5.10). */
  walkerSince: number | null;
}

export interface PendingPut {
  readonly thread: Thread;
  readonly mode: 'W' | 'R' | null;
}

export interface Vcpu {
  readonly address: Address;
  readonly vm: Vm;
  /** One entry for each slot that holds a reference. Null: loaded before the trace begins. */
  held: Root[] | null;
  /** All its roots have to go before it enters the guest again (v5.10: a fast zap has run). */
  mustDrop: boolean;
  /** It has entered the guest. */
  ran: boolean;
  /** Requests to unload that a fast zap made and that it may not have met (up to v5.17). */
  reloads: number;
  /** Its VM is ending. */
  unloaded: boolean;
  /** Null: not known. */
  inSmm: boolean | null;
  readonly mmus: Address[];
}

export interface Vm {
  readonly kvm: Address;
  /** The trace has its whole life: kvm_mmu_init_tdp_mmu was seen, and nothing was lost since. */
  readonly whole: boolean;
  /** Newest first: the order of the kernel's list. */
  readonly roots: Root[];
  readonly bySp: Map<Address, Root>;
  readonly byHpa: Map<Address, Root>;
  readonly vcpus: Map<Address, Vcpu>;
  zappedAll: boolean;
  ended: boolean;
  nested: boolean;
  /** A fast zap's request has reached every vCPU: nobody enters with an invalid root any more. */
  requestsOut: boolean;
}

export type Frame =
  | { readonly kind: 'load'; readonly vcpu: Vcpu; lookups: number }
  | {
      readonly kind: 'lookup';
      readonly vcpu: Vcpu;
      readonly role: number | null;
      readonly since: number;
      born: Root | null;
      announced: boolean;
      /** Where the walk stands, or null; with its reference. */
      at: Root | null;
      walked: boolean;
    }
  | {
      readonly kind: 'drop';
      readonly why: 'reset' | 'unload' | 'obsolete' | 'inlined';
      readonly vcpu: Vcpu | null;
      /** Roots that it still has to give up. */
      owes: number;
      /** MMUs whose slots were freed so far: the vCPU's own, then the one for nested guests, which lies behind it. */
      readonly mmus: Address[];
      frees: number;
      /** kvm_mmu_unload was seen in a reset; the mirror slot was freed behind an unload. */
      unloaded: boolean;
      mirror: boolean;
    }
  | {
      readonly kind: 'freeRoots';
      readonly vm: Vm;
      readonly vcpu: Vcpu | null;
      readonly mask: number | null;
      pages: number;
      /** Roots that a call for all slots still has to give up. */
      owes: number;
    }
  /** mmu_free_root_page of a slot that holds a root. */
  | { readonly kind: 'freePage'; readonly root: Root; readonly vcpu: Vcpu | null; put: boolean }
  | {
      readonly kind: 'next';
      readonly vm: Vm;
      readonly previous: Root | null;
      /** Who walks, where the step before or the frame below says so. */
      readonly caller: string | null;
      readonly since: number;
      put: boolean;
    }
  | {
      readonly kind: 'walk';
      readonly vm: Vm;
      readonly caller: string | null;
      readonly at: Root;
      readonly zap: Zap;
      ownPut: boolean;
    }
  | {
      readonly kind: 'zapInvalidated';
      readonly vm: Vm;
      readonly atEnd: boolean;
      /** Work that was queued when it began; all of it is done when it returns. */
      readonly waitsFor: readonly Root[];
      walked: boolean;
    }
  | { readonly kind: 'zapAllRoots'; readonly vm: Vm; walks: number; ranges: number }
  | {
      readonly kind: 'fastZap';
      readonly vm: Vm;
      readonly front: boolean;
      announced: boolean;
      invalidated: boolean;
      zapped: boolean;
    }
  | { readonly kind: 'zapAll'; readonly vm: Vm; zapped: boolean }
  | { readonly kind: 'invalidate'; readonly vm: Vm; readonly todo: Set<Root> }
  /** A work item was made; its queueing follows. */
  | { readonly kind: 'schedule'; readonly root: Root; queued: boolean }
  /** After the put that may have been the last of a valid root (v5.18): its zap is scheduled at once. */
  | { readonly kind: 'lastPut'; readonly root: Root; readonly sure: boolean; done: boolean }
  | {
      readonly kind: 'freed';
      readonly root: Root;
      readonly sure: boolean;
      readonly at: number;
      done: boolean;
    }
  | { readonly kind: 'work'; readonly root: Root; readonly zap: Zap; put: boolean }
  | { readonly kind: 'uninit'; readonly vm: Vm; invalidated: boolean; zapped: boolean }
  | { readonly kind: 'zapRange' }
  | { readonly kind: 'alloc'; readonly level: number | null }
  /** tdp_mmu_init_sp: the tracepoint kvm_mmu_get_page stands right behind it. */
  | { readonly kind: 'init'; readonly level: number; announced: boolean }
  /** SMM entry or exit: the context is reset before anything else. */
  | { readonly kind: 'smm'; readonly entering: boolean; done: boolean };

/** The levels of one zap that have begun. */
export interface Zap {
  began: boolean;
  readonly levels: number[];
}

export interface Thread {
  readonly pid: number;
  readonly frames: Frame[];
  /** The trace may have begun in the middle of one of its functions. */
  loose: boolean;
  vcpu: Vcpu | null;
  /** In the guest: it came in and has not come out. Null: not known. */
  inGuest: boolean | null;
  /** Roots with a put of it that may still be to come. */
  readonly puts: Root[];
  /** A fast zap in two halves: the second is still to come. */
  owesZap: Vm | null;
  /** Its line before this one. */
  lastAt: number;
}

export const newZap = (): Zap => ({ began: false, levels: [] });

export const hex = (address: Address): string => `0x${address.toString(16)}`;
