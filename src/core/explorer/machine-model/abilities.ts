// What each thread of a litmus may ever do besides what mmu_lock orders: the facts that partial-order reduction rests on. Read
// from its script; a script with calls that this file does not know may do everything. test/litmus/commute.test.ts tries out on
// schedules what is derived from them.
import { ACCESS, IOCTL } from '../../events/constants.js';
import type { LinkedProtocol } from '../../machine/link.js';
import { type BuiltLitmus, DONE } from '../../scenarios/litmus/litmus.js';
import { LITMUS_OP } from '../../userspace/litmus-script.js';
import { CONTROL, INSTRUCTION_WORDS } from '../../userspace/script.js';
import { THREAD_ENTRY } from '../../userspace/threads.js';

export interface Abilities {
  readonly worker: boolean;
  readonly rcu: boolean;
  /** Runs a guest: page walks of the hardware, requests, the entry gate. */
  readonly guest: boolean;
  /** Faults pages into the tree of its vCPU's root. */
  readonly faults: boolean;
  /** Looks at the roles of its vCPU's roots without mmu_lock. */
  readonly readsRoles: boolean;
  /** Consumes requests of its vCPU. */
  readonly takesRequests: boolean;
  /** Walks over all roots with mmu_lock held for read. */
  readonly walksShared: boolean;
  /** Waits for the work queue. */
  readonly flushes: boolean;
  /** Changes SPTEs without mmu_lock. */
  readonly lockless: boolean;
  /** Reads how often others have arrived at a barrier, and goes on in any case. */
  readonly looksAtBarriers: boolean;
  /** Changes users_count. */
  readonly closes: boolean;
  /** Looks roots up, makes them or gives them back for its vCPU. */
  readonly usesRoots: boolean;
  /** Takes slots_lock. */
  readonly takesSlotsLock: boolean;
  /** Changes memslots. */
  readonly changesSlots: boolean;
  /** Changes pages of the process, or runs the MMU notifier around that. */
  readonly changesHost: boolean;
  /** Changes mmu_invalidate_seq, as a notifier does. */
  readonly stalesFaults: boolean;
  /** May ask other vCPUs to flush their TLBs. */
  readonly flushesTlbs: boolean;
  /** May ask other vCPUs to drop their roots. */
  readonly dropsRoots: boolean;
  /** May raise any request of another vCPU. */
  readonly asks: boolean;
}

const NOTHING: Abilities = {
  worker: false,
  rcu: false,
  guest: false,
  faults: false,
  readsRoles: false,
  takesRequests: false,
  walksShared: false,
  flushes: false,
  lockless: false,
  looksAtBarriers: false,
  closes: false,
  usesRoots: false,
  takesSlotsLock: false,
  changesSlots: false,
  changesHost: false,
  stalesFaults: false,
  flushesTlbs: false,
  dropsRoots: false,
  asks: false,
};

/** Abilities while they are collected. */
type Collected = { -readonly [K in keyof Abilities]: boolean };

/** By thread and by how many instructions of its script it has begun: what it may do from there on. */
export type AbilitiesFrom = readonly (readonly Abilities[])[];

export function abilitiesOf(litmus: BuiltLitmus, linked: LinkedProtocol): AbilitiesFrom {
  const zapsShared = mentions(linked, 'kvm_tdp_mmu_zap_invalidated_roots', 'tdp_mmu_next_root');
  return litmus.threads.map(({ entry, script }) => {
    if (entry === THREAD_ENTRY.kworker) return [{ ...NOTHING, worker: true, flushesTlbs: true }];
    if (entry === THREAD_ENTRY.rcu) return [{ ...NOTHING, rcu: true }];
    const call = entry === THREAD_ENTRY.litmus ? litmusCall : vmmCall;
    let rest: Collected = { ...NOTHING };
    const out: Abilities[] = [rest];
    for (let at = script.length - INSTRUCTION_WORDS; at >= 0; at -= INSTRUCTION_WORDS) {
      rest = { ...rest };
      call(rest, script, at, zapsShared);
      out.unshift(rest);
    }
    // One that goes back may do everything again.
    const straight = entry === THREAD_ENTRY.litmus || (entry === THREAD_ENTRY.vmm && !goesBack(script));
    return straight ? out : [out[0]];
  });
}

function goesBack(script: Int32Array): boolean {
  for (let at = 0; at < script.length; at += INSTRUCTION_WORDS)
    if (script[at] === CONTROL.LOOP || script[at] === CONTROL.JUMP_UNTIL) return true;
  return false;
}

function litmusCall(out: Collected, script: Int32Array, at: number, zapsShared: boolean): void {
  const op = script[at];
  // Whatever takes mmu_lock may flush.
  out.flushesTlbs ||= op !== LITMUS_OP.END && op !== LITMUS_OP.ARRIVE && op !== LITMUS_OP.AWAIT;
  switch (op) {
    case LITMUS_OP.LOAD:
    case LITMUS_OP.SMM:
    case LITMUS_OP.ENTER_SMM:
    case LITMUS_OP.LEAVE_SMM:
    case LITMUS_OP.RESET:
      out.usesRoots = true;
      return;
    case LITMUS_OP.FAULT:
      out.faults = true;
      if ((script[at + 2] & (ACCESS.PRESENT | ACCESS.WRITE)) === (ACCESS.PRESENT | ACCESS.WRITE))
        out.lockless = true;
      return;
    case LITMUS_OP.REQUESTS:
      out.readsRoles = true;
      out.takesRequests = true;
      out.usesRoots = true;
      return;
    case LITMUS_OP.RUN:
      Object.assign(out, {
        guest: true,
        faults: true,
        readsRoles: true,
        takesRequests: true,
        usesRoots: true,
        lockless: true,
      });
      return;
    case LITMUS_OP.ZAP_ALL_FAST:
      out.dropsRoots = true;
      out.flushes = true;
      out.takesSlotsLock = true;
      out.walksShared ||= zapsShared;
      return;
    default:
  }
}

/** Calls of user space that take mmu_lock for write or not at all, and nothing of the above. */
const QUIET: ReadonlySet<number> = new Set([
  CONTROL.END,
  CONTROL.ARRIVE,
  CONTROL.AWAIT,
  CONTROL.SLEEP,
  CONTROL.LOOP,
  CONTROL.END_LOOP,
  IOCTL.KVM_CREATE_VM,
  IOCTL.KVM_CREATE_VCPU,
  IOCTL.EXIT_MM,
]);

/** No call of user space does this. */
const NEVER_OF_A_CALL: ReadonlySet<string> = new Set(['worker', 'rcu', 'looksAtBarriers']);

/** Calls that change pages of the process; the notifier's walks take mmu_lock for write. */
const ON_PAGES: ReadonlySet<number> = new Set([
  IOCTL.MADVISE_DONTNEED,
  IOCTL.MUNMAP,
  IOCTL.MMAP_FIXED,
  IOCTL.MPROTECT,
  IOCTL.MEMSET,
]);

function vmmCall(out: Collected, script: Int32Array, at: number, zapsShared: boolean): void {
  const op = script[at];
  out.flushesTlbs ||= op === IOCTL.EXIT_MM || !QUIET.has(op);
  if (QUIET.has(op)) return;
  if (ON_PAGES.has(op)) {
    out.changesHost = true;
    out.stalesFaults = true;
    return;
  }
  if (op === IOCTL.CLOSE_VCPU || op === IOCTL.CLOSE_VM) {
    out.closes = true;
    out.dropsRoots = true;
    out.usesRoots = true;
    out.flushes = true;
    out.walksShared ||= zapsShared;
    return;
  }
  if (op === IOCTL.KVM_SET_USER_MEMORY_REGION && script[at + 7] === 0) {
    out.flushes = true;
    out.takesSlotsLock = true;
    out.changesSlots = true;
    out.dropsRoots = true;
    out.walksShared ||= zapsShared;
    return;
  }
  if (op === CONTROL.JUMP_UNTIL) {
    out.looksAtBarriers = true;
    return;
  }
  // What they do is done with mmu_lock held for write.
  if (op === IOCTL.NX_RECOVERY) return;
  if (op === IOCTL.KVM_SET_MSRS) {
    out.stalesFaults = true;
    return;
  }
  for (const name of Object.keys(NOTHING) as (keyof Abilities)[])
    if (!NEVER_OF_A_CALL.has(name)) out[name] = true;
}

/** Arrivals at DONE in a script; many when it loops. */
export function arrivals(script: Int32Array): number {
  let n = 0;
  for (let at = 0; at < script.length; at += INSTRUCTION_WORDS) {
    if (script[at] === CONTROL.ARRIVE && script[at + 1] === DONE) n++;
    if (script[at] === CONTROL.LOOP || script[at] === CONTROL.JUMP_UNTIL) return Number.POSITIVE_INFINITY;
  }
  return n;
}

/** The procedure's text names the function; true when there is no such procedure. */
export function mentions(linked: LinkedProtocol, procedure: string, name: string): boolean {
  const proc = linked.procedures.find((x) => x.name === procedure);
  if (proc === undefined) return true;
  return Object.values(proc.source.steps).some(([ask, then]) =>
    `${String(ask)}${String(then)}`.includes(name),
  );
}

/** Some procedure's text names the word. */
export function anyMentions(linked: LinkedProtocol, word: string, but: readonly string[] = []): boolean {
  return linked.procedures.some((proc) => !but.includes(proc.name) && mentions(linked, proc.name, word));
}
