// What the vCPUs of a trace or of a simulated run are doing: roots that they are given and why, faults, exits, and whether their
// guests get on. Signals go in (of trace lines: frame-signals.ts; of a session's rows: row-signals.ts), a report comes out.
import { CAUSES, type Cause } from './causes.js';
import { SeriesCounter } from './series.js';
import { type Vcpu, Vcpus } from './vcpus.js';

/** Addresses that one instruction may fault at, over and over, without getting on. */
const PLACE_ADDRESSES_MAX = 4;
/** Pages of one VM of which is remembered that they were faulted in. */
const PAGES_MAX = 262_144;
const PAGE = 0x1000;
const TASKS_MAX = 65_536;

/** Where and when a signal is from. */
export interface At {
  readonly pid: number;
  readonly tgid: number | null;
  readonly task: string;
  readonly lineNumber: number;
  readonly time: number;
}

/** How births of roots show. */
export type ShownBy = 'probe' | 'kvm_mmu_get_page' | 'first table' | 'session';

/** A function or walk that somebody is in. */
export interface Open {
  readonly what: string;
  readonly pid: number;
  readonly task: string;
  readonly line: number;
  readonly time: number;
}

/** A walk that gives its lock up again and again where it stands. */
export interface Yields {
  readonly task: string;
  times: number;
  readonly line: number;
  readonly time: number;
  lastLine: number;
  lastTime: number;
}

/** Exit reasons behind births that are told apart. */
const REASONS_MAX = 256;

export class Activity {
  readonly vcpus = new Vcpus();
  readonly series = new SeriesCounter();
  readonly births = new Map<Cause, number>();
  readonly occasions = new Map<Cause, number>();
  readonly reasons = new Map<string, number>();
  readonly open = new Map<string, Open>();
  readonly yields = new Map<number, Yields>();
  shownBy: ShownBy | null = null;
  /** False: bare numbers that are no times. */
  timed = true;
  lost = 0;
  exits = 0;
  faults = 0;
  firstLine = 0;
  firstTime = 0;
  lastLine = 0;
  lastTime = 0;
  private order = 0;
  private seen = false;
  /** Resets of a vCPU by another task, or outside of a run: by the address of the vCPU. */
  private readonly resets = new Map<number, Cause>();
  private readonly pointers = new Map<number, number>();
  private readonly vcpuAt = new Map<number, Vcpu>();
  /** Roots of tasks before they say which vCPU they run. */
  private readonly early = new Map<number, Cause>();

  /** Any line. */
  at(at: At): void {
    if (!this.seen) {
      this.seen = true;
      this.firstLine = at.lineNumber;
      this.firstTime = at.time;
    }
    this.lastLine = at.lineNumber;
    if (at.time > this.lastTime) this.lastTime = at.time;
  }

  entered(at: At, index: number, rip: string | null): void {
    const v = this.vcpus.running(at, index);
    if (v === null) return;
    if (v.exitedAt !== null) {
      const time = Math.max(0, at.time - v.exitedAt);
      if (HALTS.has(v.reason)) v.haltedTime += time;
      if (v.faulted && v.again) v.refaultTime += time;
      else if (v.faulted && v.ofEmptied) v.emptiedTime += time;
      // The instruction was carried out for the guest.
      if (rip !== null && v.place.rip !== null && rip !== v.place.rip) gotOn(v);
    }
    v.enteredAt = at.time;
    v.exitedAt = null;
    v.inUser = false;
    if (v.cause !== null) v.lastCause = v.cause;
    v.cause = null;
    this.bound(v, at);
    const pointer = this.pointers.get(at.pid);
    if (pointer !== undefined) this.resets.delete(pointer);
    this.note(v, at);
  }

  /** The task runs the vCPU; nothing more is told. */
  runs(at: At, index: number): void {
    const v = this.vcpus.running(at, index);
    if (v === null) return;
    this.bound(v, at);
    this.note(v, at);
  }

  /** What was told of the task before it was known which vCPU it runs. */
  private bound(v: Vcpu, at: At): void {
    const pointer = this.pointers.get(at.pid);
    if (pointer !== undefined) this.vcpuAt.set(pointer, v);
    const early = this.early.size === 0 ? undefined : this.early.get(at.pid);
    if (early === undefined) return;
    this.early.delete(at.pid);
    this.given(v, early);
  }

  /** A watchdog has given the vCPU up after so many exits. */
  gaveUp(at: At, index: number, exits: number): void {
    const v = this.vcpus.running(at, index);
    if (v === null) return;
    v.gaveUpAfter = exits;
    this.note(v, at);
  }

  exited(at: At, index: number | null, reason: string, rip: string | null): void {
    const v = index === null ? this.vcpus.of(at.pid) : this.vcpus.running(at, index);
    if (v === null) return;
    this.exits++;
    this.series.exit(at.time);
    v.exits++;
    v.enteredAt = null;
    v.exitedAt = at.time;
    v.reason = reason;
    v.faulted = false;
    if (HALTS.has(reason)) v.halts++;
    if (rip !== v.place.rip) {
      if (v.place.rip !== null) gotOn(v);
      v.place.rip = rip;
    }
    this.note(v, at);
  }

  /** @param rip where the line before does not say it */
  faulted(at: At, index: number | null, address: number, rip: string | null = null): void {
    const v = index === null ? this.vcpus.of(at.pid) : this.vcpus.running(at, index);
    if (v === null) return;
    this.faults++;
    this.series.fault(at.time);
    v.faults++;
    v.faulted = true;
    const { place, vm } = v;
    const page = Math.floor(address / PAGE);
    const before = vm.pages.get(page);
    if (v.again && before !== undefined) v.refaults++;
    v.ofEmptied = !v.again && before !== undefined && before < vm.zappedAt;
    if (v.ofEmptied) v.emptied++;
    if (before !== undefined || vm.pages.size < PAGES_MAX) vm.pages.set(page, this.order);
    if (rip !== null && rip !== place.rip) {
      if (place.rip !== null) gotOn(v);
      place.rip = rip;
    }
    if (!place.addresses.includes(address)) {
      if (place.addresses.length >= PLACE_ADDRESSES_MAX) gotOn(v);
      place.addresses.push(address);
    }
    if (place.faults === 0) {
      place.sinceLine = at.lineNumber;
      place.sinceTime = at.time;
    }
    place.faults++;
    place.lastLine = at.lineNumber;
    place.lastTime = at.time;
    this.note(v, at);
  }

  smm(at: At, index: number, entering: boolean): void {
    if (entering) this.occasion('smm');
    const v = this.vcpus.running(at, index);
    if (v === null) return;
    v.inSmm = entering;
    v.cause = 'smm';
  }

  /** The guest writes a register that the root's role depends on. */
  wrote(at: At, register: 'cr0' | 'cr4' | 'efer'): void {
    const v = this.vcpus.of(at.pid);
    // Its exit has said so already.
    if (v?.cause === register) return;
    this.occasion(register);
    if (v !== null) v.cause = register;
  }

  /** The MMU context of the vCPU at this address is reset, or all its roots are dropped. */
  reset(at: At, vcpu: number, cause: 'ioctl' | 'cpuid'): void {
    const v = this.vcpus.of(at.pid);
    // In its own run: what the exit before it was about.
    if (v !== null && (v.cause !== null || (v.exitedAt !== null && !v.inUser))) return;
    if (this.resets.get(vcpu) === 'ioctl') return;
    // Before its first root there is nothing to give up.
    if (cause === 'ioctl' && this.vcpuAt.has(vcpu)) this.occasion(cause);
    this.resets.set(vcpu, cause);
  }

  /** The vCPU's task comes back to its process. */
  left(at: At): void {
    const v = this.vcpus.of(at.pid);
    if (v !== null) v.inUser = true;
  }

  /** The task works for the vCPU at this address. */
  loads(at: At, vcpu: number): void {
    if (this.pointers.size >= TASKS_MAX) this.pointers.clear();
    this.pointers.set(at.pid, vcpu);
    const known = this.vcpuAt.get(vcpu);
    if (known !== undefined) this.vcpus.adopt(at, known);
  }

  zapped(at: At): void {
    this.occasion('memslot');
    this.order++;
    for (const vm of this.vcpus.vmsOf(at.tgid)) vm.zappedAt = this.order;
  }

  /** A VM begins: nothing before is its own. */
  vmBegins(at: At): void {
    for (const vm of this.vcpus.vmsOf(at.tgid)) {
      vm.births.clear();
      vm.zappedAt = -1;
    }
    this.resets.clear();
    this.pointers.clear();
    this.vcpuAt.clear();
  }

  /** @param role null: the trace does not tell it */
  born(at: At, role: number | null, shownBy: ShownBy, index: number | null = null): void {
    this.shownBy ??= shownBy;
    const v = index === null ? this.vcpus.of(at.pid) : this.vcpus.running(at, index);
    const cause = this.causeOf(at, v, role);
    // Where only first tables show roots (v5.10) a memslot update empties the root in its place: this is its first table again.
    if (cause === 'memslot' && shownBy === 'first table') return;
    this.births.set(cause, (this.births.get(cause) ?? 0) + 1);
    this.series.birth(at.time, cause);
    if (v !== null) this.given(v, cause);
    else if (this.early.size < TASKS_MAX) this.early.set(at.pid, cause);
  }

  private given(v: Vcpu, cause: Cause): void {
    v.births++;
    v.place.births++;
    v.again = cause !== 'first';
    v.lastCause = null;
    if (v.reason === '' || (!this.reasons.has(v.reason) && this.reasons.size >= REASONS_MAX)) return;
    this.reasons.set(v.reason, (this.reasons.get(v.reason) ?? 0) + 1);
  }

  opened(at: At, what: string): void {
    const { pid, task, lineNumber: line, time } = at;
    if (this.open.size < REASONS_MAX) this.open.set(`${pid} ${what}`, { what, pid, task, line, time });
  }

  closed(at: At, what: string): void {
    this.open.delete(`${at.pid} ${what}`);
  }

  /** A walk gave mmu_lock up. @param moved it had got on since it did so last */
  yielded(at: At, moved: boolean): void {
    const known = this.yields.get(at.pid);
    if (moved || known === undefined) {
      if (known === undefined && this.yields.size >= REASONS_MAX) return;
      const { task, lineNumber: line, time } = at;
      this.yields.set(at.pid, { task, times: 1, line, time, lastLine: line, lastTime: time });
      return;
    }
    known.times++;
    known.lastLine = at.lineNumber;
    known.lastTime = at.time;
  }

  occasion(cause: Cause): void {
    this.occasions.set(cause, (this.occasions.get(cause) ?? 0) + 1);
  }

  private causeOf(at: At, v: Vcpu | null, role: number | null): Cause {
    this.order++;
    const pointer = this.pointers.get(at.pid);
    const reset = pointer === undefined ? undefined : this.resets.get(pointer);
    if (pointer !== undefined) this.resets.delete(pointer);
    const vm = v?.vm ?? this.vcpus.vmOf(at);
    const key = role ?? (v?.inSmm === true ? 1 : 0);
    const before = vm.births.get(key);
    vm.births.set(key, this.order);
    // A root that only its first table shows is there since the entry before.
    const late = this.shownBy === 'first table' ? v?.lastCause : null;
    const local = v?.cause ?? reset ?? late ?? null;
    if (before === undefined) return 'first';
    // Of two VMs that are not told apart what happened to the vCPU itself says more.
    if (vm.zappedAt > before && (local === null || this.vcpus.vms.length === 1)) return 'memslot';
    return local ?? (v?.inUser === true ? 'ioctl' : 'unknown');
  }

  private note(v: Vcpu, at: At): void {
    v.lastLine = at.lineNumber;
    v.lastTime = at.time;
  }
}

/** Its guest has carried an instruction out, or is at another page than before. */
function gotOn({ place }: Vcpu): void {
  place.steps++;
  place.faults = 0;
  place.births = 0;
  place.addresses.length = 0;
}

const HALTS: ReadonlySet<string> = new Set(['hlt', 'HLT', 'mwait', 'MWAIT_INSTRUCTION']);

export const birthsOf = (births: ReadonlyMap<Cause, number>): number =>
  CAUSES.reduce((sum, cause) => sum + (births.get(cause) ?? 0), 0);
