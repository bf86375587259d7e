// What one line of a trace says about KVM, as a closed union: the tracepoints of kvm, kvmmmu and workqueue, and the probes
// that make a root's life complete. One form, whichever kernel and tool printed it.
import type { Address } from './event-fields.js';

/** The VM, where the line names it. */
interface OfVm {
  readonly kvm: Address | null;
}

/** What a probe printed about a root. `refcount` was read before the function did anything. */
interface PrintedRoot extends OfVm {
  readonly root: Address;
  readonly role: number;
  readonly refcount: number;
}

interface OfVcpu extends OfVm {
  readonly vcpu: Address;
}

export type KvmEvent =
  | { readonly type: 'mark'; readonly text: string }
  // Births and deaths of table pages.
  | {
      readonly type: 'tableInit';
      readonly sp: Address;
      readonly spt: Address;
      readonly role: number;
      readonly isRoot: boolean;
      /** Null where the probe does not print it. */
      readonly gfn: number | null;
      /** Entry of the parent that will point to it; 0: a root. Null where the probe does not print it. */
      readonly sptep: Address | null;
    }
  | ({ readonly type: 'rootFreed'; readonly root: Address } & OfVm)
  /** kvm_mmu_get_page. `role` is null where the text has it in words only, of which trace-cmd's plugin gets some wrong. */
  | {
      readonly type: 'pageAnnounced';
      readonly level: number;
      readonly created: boolean;
      readonly gfn: number;
      readonly role: number | null;
    }
  /** kvm_mmu_prepare_zap_page: a table below a root goes. */
  | { readonly type: 'pageZapped'; readonly level: number; readonly gfn: number | null }
  | { readonly type: 'tableFreed'; readonly rcuHead: Address; readonly spt: Address; readonly role: number }
  // The vCPU's reference.
  | ({ readonly type: 'mmuLoad' } & OfVcpu)
  /** `role` is the role that the vCPU wants; null where the probe does not print it. */
  | ({ readonly type: 'lookup'; readonly role: number | null } & OfVcpu)
  | { readonly type: 'lookupReturned'; readonly hpa: Address }
  | ({ readonly type: 'resetContext' } & OfVcpu)
  | ({ readonly type: 'unload' } & OfVcpu)
  | ({ readonly type: 'freeObsolete' } & OfVcpu)
  | ({ readonly type: 'freeRootPage'; readonly hpa: Address | null } & OfVm)
  // Any reference.
  | ({ readonly type: 'put'; readonly shared: boolean | null } & PrintedRoot)
  | ({ readonly type: 'nextRoot'; readonly previous: Address } & OfVm)
  /** `caller` is empty where the tool prints an address and not a name. */
  | { readonly type: 'nextRootReturned'; readonly root: Address; readonly caller: string }
  // Invalidation and zap.
  | ({ readonly type: 'invalidateAll' } & OfVm)
  | ({ readonly type: 'zapInvalidated' } & OfVm)
  | { readonly type: 'zapInvalidatedReturned' }
  | ({ readonly type: 'zapPass'; readonly shared: boolean } & PrintedRoot)
  | ({ readonly type: 'zapScheduled' } & PrintedRoot)
  | { readonly type: 'workQueued'; readonly work: Address }
  | { readonly type: 'work'; readonly work: Address; readonly role: number; readonly refcount: number }
  | { readonly type: 'workReturned' }
  | ({ readonly type: 'fastZap' } & OfVm)
  | { readonly type: 'fastZapReturned' }
  /** The tracepoint kvm_mmu_zap_all_fast: what a trace without probes has of a memslot update. */
  | { readonly type: 'fastZapAnnounced' }
  | ({ readonly type: 'zapAll' } & OfVm)
  | ({ readonly type: 'zapAllRoots' } & OfVm)
  // SPTEs, by their low 48 bits.
  | {
      readonly type: 'spteChanged';
      readonly asId: number;
      readonly gfn: number;
      readonly level: number;
      readonly before: number;
      readonly after: number;
    }
  | { readonly type: 'spteSet'; readonly gfn: number; readonly level: number; readonly spte: number }
  | { readonly type: 'fastFault'; readonly vcpu: number; readonly address: Address }
  | { readonly type: 'hvaUnmapped'; readonly start: Address; readonly end: Address }
  // The VM and its vCPUs.
  | ({ readonly type: 'mmuInit' } & OfVm)
  | ({ readonly type: 'mmuUninit' } & OfVm)
  | { readonly type: 'entry'; readonly vcpu: number }
  /** trace-cmd's plugin leaves the vCPU out. */
  | { readonly type: 'exit'; readonly vcpu: number | null; readonly reason: string }
  | {
      readonly type: 'pageFault';
      readonly vcpu: number | null;
      readonly gpa: Address;
      readonly errorCode: number;
    }
  | { readonly type: 'smm'; readonly vcpu: number; readonly entering: boolean }
  // Everything else.
  | { readonly type: 'ignored' }
  | { readonly type: 'unknown' }
  | { readonly type: 'undecodable'; readonly field: string };

export type KvmEventType = KvmEvent['type'];
