// What the lines of a trace name: VMs, vCPUs, tasks with what they are in the middle of, roots.
import type { Address } from '../traces/event-fields.js';

export interface Vm {
  readonly number: number;
  kvm: Address | null;
  /** VM_STATE. */
  state: number;
  readonly vcpus: Map<number, Vcpu>;
  readonly byAddress: Map<Address, Vcpu>;
}

export interface Vcpu {
  readonly number: number;
  readonly vm: Vm;
  index: number;
  /** An entry or exit said which index it has. */
  sure: boolean;
  root: TracedRoot | null;
  smm: boolean;
  /** Task that is in the guest as this vCPU. */
  inGuest: Task | null;
}

/** What a task is in the middle of. */
export interface Task {
  readonly pid: number;
  readonly thread: number;
  readonly name: string;
  readonly tgid: number | null;
  /** Row before which its thread was not used. */
  readonly since: number;
  vcpu: Vcpu | null;
  vm: Vm | null;
  /** Whose roots it drops. */
  dropping: Vcpu | null;
  /** The vCPU's slot that is cleared when the root in it has been put. */
  clearing: { readonly vcpu: Vcpu; readonly root: TracedRoot; readonly seenIn: string } | null;
  /** The root that mmu_free_root_page is about to put. */
  freeing: TracedRoot | null;
  lookingFor: Vcpu | null;
  inLookup: boolean;
  born: TracedRoot | null;
  /** The last root that its walk was given. */
  walked: TracedRoot | null;
  walker: string | null;
  zapping: TracedRoot | null;
  zapShared: number;
  inWork: TracedRoot | null;
  scheduled: TracedRoot | null;
  inZapInvalidated: boolean;
  uninit: Vm | null;
  fastZap: Vm | null;
  /** gfn of a page fault that nothing has ended yet, or -1. */
  fault: number;
  faultMmio: boolean;
}

export interface TracedRoot {
  readonly serial: number;
  readonly page: number;
  readonly sp: Address;
  /** 0 where no line named it. */
  spt: Address;
  role: number;
  /** UNKNOWN_COUNT once events were lost. */
  count: number;
  valid: boolean;
  listed: boolean;
  readonly vm: Vm | null;
  /** Its last reference was put while it was valid, and its worker's invalidation is still to come. */
  resurrected: boolean;
}
