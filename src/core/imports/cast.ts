// Who is who in a trace: tasks, VMs, vCPUs. Lines name them by pid, by pointer or by a vCPU's index, and pointers are used
// again at once: each is tied to what it names for as long as that lives. Where no line names the VM, the process does, and
// where the text has no processes, two tasks that are in the guest as the same vCPU are two VMs.
import { VM_STATE } from '../aggregates/layout.js';
import { E } from '../events/catalogue.js';
import { TRACE_TOPOLOGY } from '../run/trace-session.js';
import type { Address } from '../traces/event-fields.js';
import type { FrameEvent } from '../traces/frames/frame.js';
import { OBSERVED, type TraceRows } from './trace-rows.js';
import type { Task, Vcpu, Vm } from './who.js';

/** Things that were not told apart because there were too many of them. */
export interface LeftOut {
  tasks: number;
  vms: number;
  vcpus: number;
  roots: number;
  tables: number;
}

/** The thread of RCU callbacks: they run in whatever task they interrupt. */
const RCU_THREAD = 0;
/** Tasks beyond the ceiling share the last thread. */
const OTHERS_THREAD = TRACE_TOPOLOGY.threads - 1;
const TASKS_MAX = 65_536;

export class Cast {
  readonly leftOut: LeftOut = { tasks: 0, vms: 0, vcpus: 0, roots: 0, tables: 0 };
  private readonly tasks = new Map<number, Task>();
  private readonly vmByKvm = new Map<Address, Vm>();
  private readonly vmByTgid = new Map<number, Vm>();
  private readonly vms: Vm[] = [];
  private vcpuCount = 0;
  private threads = 1;
  private rcuSince = -1;
  private othersSince = -1;

  constructor(private readonly rows: TraceRows) {}

  task(frame: Pick<FrameEvent, 'pid' | 'task' | 'tgid'>): Task {
    const known = this.tasks.get(frame.pid);
    if (known !== undefined) return known;
    let thread = this.threads;
    if (thread < OTHERS_THREAD) this.threads++;
    else {
      thread = OTHERS_THREAD;
      this.leftOut.tasks++;
      if (this.othersSince < 0) this.othersSince = this.rows.length;
    }
    const task: Task = {
      pid: frame.pid,
      thread,
      name: frame.task,
      tgid: frame.tgid,
      since: this.rows.length,
      vcpu: null,
      vm: null,
      dropping: null,
      clearing: null,
      freeing: null,
      lookingFor: null,
      inLookup: false,
      born: null,
      walked: null,
      walker: null,
      zapping: null,
      zapShared: 0,
      inWork: null,
      scheduled: null,
      inZapInvalidated: false,
      uninit: null,
      fastZap: null,
      fault: -1,
      faultMmio: false,
    };
    if (this.tasks.size < TASKS_MAX) this.tasks.set(frame.pid, task);
    return task;
  }

  rcuThread(): number {
    if (this.rcuSince < 0) this.rcuSince = this.rows.length;
    return RCU_THREAD;
  }

  /** The VM of a line that names it, or null: too many VMs. */
  vmOf(kvm: Address | null, task: Task): Vm | null {
    if (kvm !== null) {
      const known = this.vmByKvm.get(kvm);
      if (known !== undefined && known.state !== VM_STATE.destroyed) {
        task.vm = known;
        return known;
      }
      // The first line that names the VM that the process was known by.
      const own = task.vm ?? (task.tgid === null ? undefined : this.vmByTgid.get(task.tgid));
      if (own !== undefined && own !== null && own.kvm === null && own.state !== VM_STATE.destroyed) {
        own.kvm = kvm;
        this.vmByKvm.set(kvm, own);
        return own;
      }
      return this.create(kvm, task, 'inferred: first line of this VM', 'kvm');
    }
    if (task.vm !== null && task.vm.state !== VM_STATE.destroyed) return task.vm;
    const process = task.tgid === null ? undefined : this.vmByTgid.get(task.tgid);
    if (process !== undefined && process.state !== VM_STATE.destroyed) {
      task.vm = process;
      return process;
    }
    return null;
  }

  /** kvm_mmu_init_tdp_mmu: whatever had this pointer is gone. */
  created(kvm: Address | null, task: Task, seenIn: string): Vm | null {
    const before = kvm === null ? undefined : this.vmByKvm.get(kvm);
    if (before !== undefined && before.state !== VM_STATE.destroyed)
      this.destroyed(before, 'inferred: its address is used again', seenIn);
    return this.create(kvm, task, OBSERVED, seenIn);
  }

  private create(kvm: Address | null, task: Task, how: string, seenIn: string): Vm | null {
    const number = this.vms.length;
    if (number >= TRACE_TOPOLOGY.vms) {
      this.leftOut.vms++;
      return null;
    }
    const vm: Vm = { number, kvm, state: VM_STATE.live, vcpus: new Map(), byAddress: new Map() };
    this.vms.push(vm);
    if (kvm !== null) this.vmByKvm.set(kvm, vm);
    if (task.tgid !== null) this.vmByTgid.set(task.tgid, vm);
    task.vm = vm;
    this.rows.emit(E.VmCreated!, this.rows.site(seenIn, how), 'vm', number, 1, 0);
    return vm;
  }

  destroyed(vm: Vm, how: string, seenIn: string): void {
    const { rows } = this;
    for (const vcpu of new Set([...vm.vcpus.values(), ...vm.byAddress.values()])) {
      rows.emit(
        E.VcpuDestroyed!,
        rows.site(seenIn, 'inferred: its VM ends'),
        'vcpu',
        vcpu.number,
        vm.number,
        vcpu.index,
      );
    }
    vm.state = VM_STATE.destroyed;
    rows.emit(E.VmDestroyed!, rows.site(seenIn, how), 'vm', vm.number, 0, 0);
    if (vm.kvm !== null && this.vmByKvm.get(vm.kvm) === vm) this.vmByKvm.delete(vm.kvm);
    for (const [tgid, of] of this.vmByTgid) if (of === vm) this.vmByTgid.delete(tgid);
  }

  /** By struct kvm_vcpu. Its index is that of creation until an entry says otherwise. */
  vcpuAt(address: Address, kvm: Address | null, task: Task, seenIn: string): Vcpu | null {
    const vm = this.vmOf(kvm, task) ?? this.create(kvm, task, 'inferred: first line of this VM', seenIn);
    if (vm === null) return null;
    const known = vm.byAddress.get(address);
    if (known !== undefined) return known;
    let index = 0;
    while (vm.vcpus.has(index)) index++;
    const vcpu = this.createVcpu(
      vm,
      index,
      false,
      seenIn,
      'inferred: first line of this vCPU, numbered by order',
    );
    if (vcpu !== null) vm.byAddress.set(address, vcpu);
    return vcpu;
  }

  /** By its index, on the task that runs it. */
  vcpuOf(index: number, task: Task, seenIn: string): Vcpu | null {
    const own = task.vcpu;
    if (own !== null && own.index === index && own.vm.state !== VM_STATE.destroyed) {
      own.sure = true;
      return own;
    }
    if (own !== null && !own.sure && own.vm.state !== VM_STATE.destroyed)
      return this.renumber(own, index, seenIn);
    let vm = this.vmOf(null, task);
    if (vm === null) {
      // No line says whose task this is: a VM in which nobody else is this vCPU now.
      vm =
        this.vms.find(
          (v) =>
            v.state !== VM_STATE.destroyed &&
            (task.tgid === null || v.kvm === null) &&
            (v.vcpus.get(index)?.inGuest ?? null) === null,
        ) ?? null;
      vm ??= this.create(null, task, 'inferred: a vCPU runs', seenIn);
      if (vm === null) return null;
      task.vm = vm;
      if (task.tgid !== null && !this.vmByTgid.has(task.tgid)) this.vmByTgid.set(task.tgid, vm);
    }
    const known = vm.vcpus.get(index);
    if (known !== undefined) {
      known.sure = true;
      task.vcpu = known;
      return known;
    }
    const vcpu = this.createVcpu(vm, index, true, seenIn, 'inferred: it runs');
    task.vcpu = vcpu;
    return vcpu;
  }

  private renumber(vcpu: Vcpu, index: number, seenIn: string): Vcpu {
    const { vm } = vcpu;
    const other = vm.vcpus.get(index);
    const before = vcpu.index;
    vm.vcpus.set(index, vcpu);
    vcpu.index = index;
    vcpu.sure = true;
    this.tellVcpu(vcpu, seenIn, 'inferred: its task runs as this index');
    if (other !== undefined && other !== vcpu) {
      other.index = before;
      vm.vcpus.set(before, other);
      this.tellVcpu(other, seenIn, 'inferred: another vCPU has the index that it was given');
    } else vm.vcpus.delete(before);
    return vcpu;
  }

  private createVcpu(vm: Vm, index: number, sure: boolean, seenIn: string, how: string): Vcpu | null {
    if (this.vcpuCount >= TRACE_TOPOLOGY.vcpus) {
      this.leftOut.vcpus++;
      return null;
    }
    const number = this.vcpuCount++;
    const vcpu: Vcpu = { number, vm, index, sure, root: null, smm: false, inGuest: null };
    vm.vcpus.set(index, vcpu);
    this.tellVcpu(vcpu, seenIn, how);
    return vcpu;
  }

  private tellVcpu({ number, vm, index }: Vcpu, seenIn: string, how: string): void {
    this.rows.emit(E.VcpuCreated!, this.rows.site(seenIn, how), 'vcpu', number, vm.number, index, 0);
  }

  /** Of all VMs, every vCPU that lives. */
  *liveVcpus(): Generator<Vcpu> {
    for (const vm of this.vms) {
      if (vm.state === VM_STATE.destroyed) continue;
      yield* new Set([...vm.vcpus.values(), ...vm.byAddress.values()]);
    }
  }

  get figures(): { readonly vms: number; readonly vcpus: number; readonly tasks: number } {
    return { vms: this.vms.length, vcpus: this.vcpuCount, tasks: this.tasks.size };
  }

  /** At the end: a task is called what it turned out to be. */
  nameThreads(): void {
    const { rows } = this;
    if (this.rcuSince >= 0) rows.nameThread(RCU_THREAD, 'rcu', this.rcuSince);
    for (const { thread, name, pid, since, vcpu } of this.tasks.values()) {
      if (thread === OTHERS_THREAD) continue;
      const who = name === '' ? `pid ${pid}` : `${name}-${pid}`;
      const runs = vcpu === null ? '' : ` vm${vcpu.vm.number} vcpu${vcpu.index}`;
      rows.nameThread(thread, `${who}${runs}`, since);
    }
    if (this.othersSince >= 0) rows.nameThread(OTHERS_THREAD, 'other tasks', this.othersSince);
  }
}
