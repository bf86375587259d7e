// What a task of a recording calls, and what it is in the middle of.
import { TRACED_CALL } from '../../scenarios/traced/workload.js';
import type { Who } from './observed.js';

export interface MemoryCall {
  readonly line: number;
  /** Addresses of the process. */
  readonly start: number;
  readonly end: number;
  /** Mapped pages of the guest in that range, as the recording names them. */
  readonly gfns: Set<number>;
  /** It is about pages that the workload has. */
  kept: boolean;
}

export interface SlotCall {
  readonly what: 'log on' | 'log off' | 'read log';
  /** The function of its last walk. */
  walk: string;
  /** A page of the slot is known. */
  kept: boolean;
}

export interface Call {
  readonly code: number;
  gfn: number;
  access: number;
  /** Of faults: it installed something, or the host gave it a page of its own. */
  kept: boolean;
  /** Of faults: the MMU notifier ran in it, and walked over all roots, once for each address space that has the page. */
  notified: boolean;
  walks: number;
  /** Of faults: its line, and whether what it installed may be written; null: nothing. */
  readonly line: number;
  writable: boolean | null;
}

/** A call of user space. */
export type VmmCall = MemoryCall | SlotCall;
export type AnyCall = Call | VmmCall | readonly number[];

export interface Thread {
  readonly name: string;
  readonly vcpu: number;
  readonly calls: AnyCall[];
  arrivals: number;
  /** Its vCPU has loaded a root since what last dropped all of them. */
  loaded: boolean;
  /** All roots were invalidated since it entered: it will be asked to drop its own. */
  stale: boolean;
}

/** What a task is in the middle of. */
export interface Doing {
  who: Who | null;
  thread: number;
  fault: Call | null;
  /** A call on memory of the process, whose MMU notifier runs. */
  memory: MemoryCall | null;
  /** A call on a memslot's dirty log. */
  slot: SlotCall | null;
  /** Resets and unloads that belong to a change of SMM, unloads that belong to a reset. */
  insideSmm: boolean;
  insideReset: boolean;
  /** Inside a lookup of a root, and the root that was made there. */
  insideLookup: boolean;
  born: number;
  scheduled: number;
  zapping: number;
  fastZap: boolean;
  closing: boolean;
  /** Its last call, for the order of one task's calls on several threads. */
  last: number;
}

export const plainCall = (code: number): Call => ({
  code,
  gfn: 0,
  access: 0,
  kept: true,
  notified: false,
  walks: 0,
  line: 0,
  writable: null,
});

export const newFault = (line: number, gfn: number, access: number, kept: boolean): Call => ({
  ...plainCall(TRACED_CALL.fault),
  gfn,
  access,
  kept,
  line,
});

export function newTask(): Doing {
  return {
    who: null,
    thread: -1,
    fault: null,
    memory: null,
    slot: null,
    insideSmm: false,
    insideReset: false,
    insideLookup: false,
    born: 0,
    scheduled: 0,
    zapping: 0,
    fastZap: false,
    closing: false,
    last: -1,
  };
}

/** A task is through with what it was in the middle of. */
export function outside(doing: Doing): void {
  doing.fault = null;
  doing.memory = null;
  doing.slot = null;
  doing.insideSmm = false;
  doing.insideReset = false;
  doing.insideLookup = false;
}
