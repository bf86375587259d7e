// The vCPUs of a trace and what each is doing: bound to the tasks that run them, by the vCPU's number and the task's process. Two
// tasks that run the same number at the same time, where no process is printed, are vCPUs of two VMs.
import type { Cause } from './causes.js';

/** vCPUs, and tasks, that are told apart; further ones are counted together. */
export const ACTIVITY_VCPUS_MAX = 4_096;
const TASKS_MAX = 65_536;

/** Where an exit happened, again and again: one instruction, and the few addresses that it faults at. */
export interface Place {
  rip: string | null;
  readonly addresses: number[];
  /** Faults there with nothing done in between. */
  faults: number;
  births: number;
  /** Times that the guest got on. */
  steps: number;
  sinceLine: number;
  sinceTime: number;
  lastLine: number;
  lastTime: number;
}

export interface Vm {
  readonly key: number;
  /** Order of the last birth of each role. */
  readonly births: Map<number, number>;
  zappedAt: number;
  /** Pages that somebody has faulted at. */
  readonly pages: Map<number, number>;
}

export interface Vcpu {
  readonly vm: Vm;
  readonly index: number;
  pid: number;
  task: string;
  exits: number;
  faults: number;
  births: number;
  refaults: number;
  /** Faults on pages that a memslot update took out of a root that stayed. */
  emptied: number;
  emptiedTime: number;
  /** The last fault is one of them. */
  ofEmptied: boolean;
  refaultTime: number;
  inSmm: boolean;
  /** The root that it has is one that it had to be given again. */
  again: boolean;
  /** In the guest since; null: it is not, or nothing is known. */
  enteredAt: number | null;
  /** Out of the guest since. */
  exitedAt: number | null;
  reason: string;
  faulted: boolean;
  /** What since its last entry makes it drop its root. */
  cause: Cause | null;
  /** The cause of the entry before, where births show late. */
  lastCause: Cause | null;
  /** It came back to its process. */
  inUser: boolean;
  haltedTime: number;
  halts: number;
  /** A watchdog saw no progress within so many exits. */
  gaveUpAfter: number | null;
  readonly place: Place;
  firstLine: number;
  firstTime: number;
  lastLine: number;
  lastTime: number;
}

const newPlace = (): Place => ({
  rip: null,
  addresses: [],
  faults: 0,
  births: 0,
  steps: 0,
  sinceLine: 0,
  sinceTime: 0,
  lastLine: 0,
  lastTime: 0,
});

interface At {
  readonly pid: number;
  readonly tgid: number | null;
  readonly task: string;
  readonly lineNumber: number;
  readonly time: number;
}

export class Vcpus {
  readonly vms: Vm[] = [];
  readonly all: Vcpu[] = [];
  leftOut = 0;
  private readonly byPid = new Map<number, Vcpu>();
  private readonly byTgid = new Map<number, Vm>();

  /** The vCPU that the task runs; null: none so far. */
  of(pid: number): Vcpu | null {
    return this.byPid.get(pid) ?? null;
  }

  /** The task says which vCPU it runs. */
  running(at: At, index: number): Vcpu | null {
    const known = this.byPid.get(at.pid);
    if (known !== undefined && known.index === index) {
      if (known.pid === at.pid) return known;
      // Another task has run this number since: there are two of them.
      return at.tgid === null ? this.make(this.newVm(), index, at) : this.bind(known, at);
    }
    const vm = at.tgid === null ? null : this.vmOfProcess(at.tgid);
    const found = this.all.find(
      (vcpu) => vcpu.index === index && (vm === null ? vcpu.vm === this.vms[0] : vcpu.vm === vm),
    );
    return found === undefined ? this.make(this.vmOf(at), index, at) : this.bind(found, at);
  }

  /** The VM of a task that runs no vCPU so far. */
  vmOf(at: At): Vm {
    return at.tgid === null ? this.firstVm() : this.vmOfProcess(at.tgid);
  }

  /** The task runs this vCPU, as the vCPU's address says. */
  adopt(at: At, vcpu: Vcpu): void {
    if (this.byPid.get(at.pid) === undefined) this.bind(vcpu, at);
  }

  /** VMs that a task of a process can mean. */
  vmsOf(tgid: number | null): readonly Vm[] {
    const vm = tgid === null ? undefined : this.byTgid.get(tgid);
    return vm === undefined ? this.vms : [vm];
  }

  private bind(vcpu: Vcpu, at: At): Vcpu {
    vcpu.pid = at.pid;
    if (at.task !== '' && at.task !== '<...>') vcpu.task = at.task;
    if (this.byPid.size < TASKS_MAX) this.byPid.set(at.pid, vcpu);
    return vcpu;
  }

  private make(vm: Vm, index: number, at: At): Vcpu | null {
    if (this.all.length >= ACTIVITY_VCPUS_MAX) {
      this.leftOut++;
      return null;
    }
    const vcpu: Vcpu = {
      vm,
      index,
      pid: at.pid,
      task: at.task,
      exits: 0,
      faults: 0,
      births: 0,
      refaults: 0,
      emptied: 0,
      emptiedTime: 0,
      ofEmptied: false,
      refaultTime: 0,
      inSmm: false,
      again: false,
      enteredAt: null,
      exitedAt: null,
      reason: '',
      faulted: false,
      cause: null,
      lastCause: null,
      inUser: false,
      haltedTime: 0,
      halts: 0,
      gaveUpAfter: null,
      place: newPlace(),
      firstLine: at.lineNumber,
      firstTime: at.time,
      lastLine: at.lineNumber,
      lastTime: at.time,
    };
    this.all.push(vcpu);
    return this.bind(vcpu, at);
  }

  private firstVm(): Vm {
    return this.vms[0] ?? this.newVm();
  }

  private vmOfProcess(tgid: number): Vm {
    let vm = this.byTgid.get(tgid);
    if (vm === undefined) {
      vm = this.newVm();
      this.byTgid.set(tgid, vm);
    }
    return vm;
  }

  private newVm(): Vm {
    const vm: Vm = { key: this.vms.length + 1, births: new Map(), zappedAt: -1, pages: new Map() };
    this.vms.push(vm);
    return vm;
  }
}
