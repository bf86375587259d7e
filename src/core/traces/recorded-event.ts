// The lifecycle stream of one recording: what happened to its roots, in the order of the text, with every reference
// counted from the births on. A printed refcount is kept beside the counted one and never replaces it.

/**
 * Who did it. A recorded vCPU runs on a new kernel thread in every phase, and a work item on any kworker: the role is
 * what stays. RCU callbacks are `rcu` whatever task they interrupted.
 */
export type ThreadRole = 'main' | `vcpu${number}` | 'worker' | 'rcu' | 'other';

interface At {
  readonly lineNumber: number;
  readonly timestampNs: number;
  readonly pid: number;
  readonly thread: ThreadRole;
}

/** A root by its order of birth, from 1; addresses are recycled, ordinals are not. */
interface OfRoot extends At {
  readonly root: number;
}

/** A vCPU by its id; null if the text never ties the vCPU's address to an id. */
interface OfVcpu extends At {
  readonly vcpu: number | null;
}

/** A put: the counted references before and after it, and what the probe read from memory before it. */
interface Put extends OfRoot {
  readonly countBefore: number;
  /** 0 = the last reference: an invalid root leaves the list and waits for RCU. */
  readonly countAfter: number;
  readonly printed: number;
  /** mmu_lock was held for read; null where the probe cannot say. */
  readonly shared: boolean | null;
}

/** What made a vCPU give its root up. */
export type DropCause = 'resetContext' | 'unload' | 'obsolete' | 'unknown';

/** What made a root invalid: the fast zap of all, the put of its last reference (era c), or the end of the VM. */
export type InvalidationCause = 'invalidateAll' | 'lastPut' | 'uninit';

export type ExitKind = 'npf' | 'io' | 'rsm' | 'interrupt' | 'other';

export type RecordedEvent =
  // Roots.
  | (OfRoot & {
      readonly type: 'rootAllocated';
      readonly smm: boolean;
      readonly level: number;
      /** References at birth: the vCPU's, and the TDP MMU's own one where the protocol has it. */
      readonly count: number;
    })
  | (OfRoot & OfVcpu & { readonly type: 'vcpuGet'; readonly reuse: boolean; readonly count: number })
  | (Put & OfVcpu & { readonly type: 'vcpuPut'; readonly cause: DropCause })
  | (OfRoot & { readonly type: 'iteratorGet'; readonly caller: string; readonly count: number })
  | (Put & { readonly type: 'iteratorPut'; readonly caller: string })
  /** The reference that the zap worker owns. */
  | (Put & { readonly type: 'workerPut' })
  /** The TDP MMU's own reference, given back after the zap of an invalidated root. */
  | (Put & { readonly type: 'tdpMmuPut' })
  /** A put in none of the places that are known to put. */
  | (Put & { readonly type: 'otherPut' })
  /** Stands after the put that took a valid root to 0. Where a worker zaps, that root has one reference again: the worker's. */
  | (OfRoot & { readonly type: 'lastPutOfValidRoot'; readonly count: number })
  | (OfRoot & { readonly type: 'invalidated'; readonly cause: InvalidationCause; readonly count: number })
  | (OfRoot & { readonly type: 'workQueued' | 'workStarted' | 'workFinished' })
  | (OfRoot & {
      readonly type: 'zapStarted' | 'zapFinished';
      readonly shared: boolean;
      readonly count: number;
    })
  /** The RCU callback. */
  | (OfRoot & { readonly type: 'freed' })
  // vCPUs.
  | (OfVcpu & { readonly type: 'contextReset' | 'vcpuUnloaded' })
  | (OfVcpu & { readonly type: 'smmEntered' | 'smmLeft' })
  | (OfVcpu & { readonly type: 'exit'; readonly kind: ExitKind; readonly reason: string })
  | (OfVcpu & {
      readonly type: 'guestFault';
      readonly gpa: number;
      readonly access: 'read' | 'write' | 'fetch';
      readonly present: boolean;
    })
  // The VM.
  | (At & {
      readonly type: 'fastZapBegun' | 'fastZapEnded' | 'vmCreated' | 'vmDestroyBegun' | 'vmDestroyEnded';
    })
  | (At & {
      readonly type: 'memslotSet';
      readonly addressSpace: number;
      readonly slot: number;
      readonly flags: number;
      readonly gpa: number;
      /** 0 deletes the slot. */
      readonly size: number;
    })
  /** Any other line that the recorded program wrote: which ioctl or step comes next, or how the last one ended. */
  | (At & { readonly type: 'marker'; readonly text: string });

export type RecordedType = RecordedEvent['type'];

/** One root of a recording, as it stood at the end of the text. */
export interface RecordedRoot {
  readonly ordinal: number;
  readonly smm: boolean;
  readonly level: number;
  readonly count: number;
  readonly valid: boolean;
  /** Its RCU callback was seen. A kprobe can miss it (`kprobe-misses`), so false is not "leaked". */
  readonly freed: boolean;
}

/** A number that a probe read from memory did not equal the one that counting gave. */
export interface Disagreement {
  readonly lineNumber: number;
  readonly root: number;
  readonly event: string;
  readonly what: 'refcount' | 'invalid';
  readonly counted: number;
  readonly printed: number;
}

/** Something the text should contain and does not, or the other way round. Reported, never repaired in silence. */
export interface Gap {
  readonly lineNumber: number;
  readonly kind:
    | 'undecodable'
    | 'unknownRoot'
    | 'walkWithoutReturn'
    | 'returnWithoutWalk'
    | 'unexplainedPut'
    | 'freedWhileReferenced';
  readonly detail: string;
}

export interface Lifecycle {
  readonly events: readonly RecordedEvent[];
  readonly roots: readonly RecordedRoot[];
  /** Refcounts printed by put probes that were compared with the counted ones, and all disagreements. */
  readonly putsCompared: number;
  readonly disagreements: readonly Disagreement[];
  readonly gaps: readonly Gap[];
  /** Roots announced by the tracepoint kvm_mmu_get_page, which works without any kprobe. */
  readonly rootPagesAnnounced: number;
  /** Event names that this reader has never heard of, and how often they came. */
  readonly unknownEvents: ReadonlyMap<string, number>;
}
