// The roots, vCPUs and VMs of a trace under one protocol's rules, with every reference counted. A count is exact wherever mmu_lock
// orders the threads; where several hold it for read, a put of another thread may still be to come, and a count is a range.
import { ROLE, role_is_invalid } from '../../aggregates/role.js';
import type { Address } from './covered-event.js';
import { type Place, type Refusal, refuse } from './rules.js';
import { hex, type Root, type Thread, type Vcpu, type Vm } from './state.js';
import { Tracepoint } from './tracepoint.js';
import type { LockMode, Traits } from './traits.js';

/** Threads, VMs, vCPUs and live tables of one trace. */
export const CHECK_OBJECTS_MAX = 2_000_000;

const PAGE = 0x1000;

interface Table {
  readonly root: Root | null;
  readonly role: number;
  /** Null: made before the trace begins, or by a kernel that does not print the entry that points to it. */
  readonly vm: Vm | null;
  alive: boolean;
}

export class Ledger {
  /** Lines that were taken. */
  now = 0;
  readonly vms = new Map<Address, Vm>();
  readonly threads = new Map<number, Thread>();
  readonly tables = new Map<Address, Table>();
  /** A root's birth was seen: every function of the probe set is armed. */
  armed = false;
  /** Tracepoints beside probes: seen to be on, or silent where they should have spoken. */
  readonly announces = new Tracepoint('kvm_mmu_get_page');
  readonly announcesZaps = new Tracepoint('kvm_mmu_zap_all_fast');
  readonly queues = new Tracepoint('workqueue_queue_work');
  readonly zapRoots = new Tracepoint('tdp_mmu_zap_root');
  readonly unloadsInReset = new Tracepoint('kvm_mmu_unload');
  /** Functions that v5.10's probe set leaves out. */
  readonly puts = new Tracepoint('kvm_tdp_mmu_put_root');
  readonly walks = new Tracepoint('tdp_mmu_next_root');
  readonly invalidations = new Tracepoint('kvm_tdp_mmu_invalidate_all_roots');
  readonly smm = new Tracepoint('SMM transition');
  nested = false;
  /** The RCU callback was seen: its probe is on. */
  freesSeen = false;
  missedFrees = 0;
  /** Frees without a line when a VM had ended, and the line that showed its end. */
  private missedAtEnd = 0;
  private endedAt: Place | null = null;
  place: Place | null = null;
  unprobed = 0;
  private ordinals = 0;
  private directMap: number | null = null;
  private workOffset: number | null = null;

  constructor(readonly traits: Traits) {}

  /** Events were lost: what is known may be wrong from here on. */
  forget(): void {
    this.vms.clear();
    this.threads.clear();
    this.tables.clear();
  }

  /** Something happened in VMs of which not all was seen: counts and holders there are unknown from here on. */
  unlearn(): void {
    for (const vm of this.vms.values()) {
      if (vm.whole) continue;
      vm.requestsOut = false;
      for (const vcpu of vm.vcpus.values()) {
        vcpu.held = null;
        vcpu.mustDrop = false;
        vcpu.reloads = 0;
        vcpu.inSmm = null;
      }
      for (const root of vm.roots) {
        root.count = null;
        root.pending.length = 0;
      }
    }
    for (const thread of this.threads.values()) thread.puts.length = 0;
  }

  get full(): boolean {
    return this.tables.size + this.threads.size + this.vms.size > CHECK_OBJECTS_MAX;
  }

  thread(pid: number): Thread {
    let thread = this.threads.get(pid);
    if (thread === undefined) {
      thread = {
        pid,
        frames: [],
        loose: true,
        vcpu: null,
        inGuest: null,
        puts: [],
        owesZap: null,
        lastAt: 0,
      };
      this.threads.set(pid, thread);
    }
    return thread;
  }

  vm(kvm: Address): Vm {
    let vm = this.vms.get(kvm);
    if (vm === undefined) {
      vm = this.newVm(kvm, false);
    }
    return vm;
  }

  newVm(kvm: Address, whole: boolean): Vm {
    const vm: Vm = {
      kvm,
      whole,
      roots: [],
      bySp: new Map(),
      byHpa: new Map(),
      vcpus: new Map(),
      zappedAll: false,
      ended: false,
      nested: false,
      requestsOut: false,
    };
    this.vms.set(kvm, vm);
    return vm;
  }

  /** The VM that a line names, or the one that its thread is busy with, or the only one. */
  vmOf(kvm: Address | null, thread: Thread): Vm | null {
    if (kvm !== null) return this.vm(kvm);
    if (thread.vcpu !== null) return thread.vcpu.vm;
    return this.vms.size === 1 ? (this.vms.values().next().value ?? null) : null;
  }

  vcpu(address: Address, vm: Vm): Vcpu {
    let vcpu = vm.vcpus.get(address);
    if (vcpu === undefined) {
      vcpu = {
        address,
        vm,
        held: vm.whole ? [] : null,
        mustDrop: false,
        ran: false,
        reloads: 0,
        unloaded: false,
        inSmm: vm.whole ? false : null,
        mmus: [],
      };
      vm.vcpus.set(address, vcpu);
    }
    return vcpu;
  }

  /** kvm_mmu_free_roots names the MMU, which lies inside its vCPU. */
  vcpuOfMmu(mmu: Address, vm: Vm): Vcpu | null {
    for (const vcpu of vm.vcpus.values()) if (vcpu.mmus.includes(mmu)) return vcpu;
    return null;
  }

  // ---- roots ----

  born(vm: Vm, sp: Address, spt: Address, role: number): Root {
    const root: Root = {
      ordinal: ++this.ordinals,
      vm,
      sp,
      spt,
      hpa: null,
      role,
      count: this.traits.birth,
      valid: true,
      dead: false,
      deadAt: Number.POSITIVE_INFINITY,
      freed: false,
      listedAt: Number.POSITIVE_INFINITY,
      bornAt: this.now,
      work: 'none',
      owed: false,
      gifts: 0,
      pending: [],
      walkerSince: null,
    };
    vm.roots.unshift(root);
    vm.bySp.set(sp, root);
    this.tables.set(spt, { root, role, vm, alive: true });
    return root;
  }

  /** A root that was there before the trace began. */
  private adopt(vm: Vm, sp: Address, role: number | null): Root {
    const root = this.born(vm, sp, 0, role ?? 0);
    this.tables.delete(0);
    root.count = null;
    root.listedAt = 0;
    if (role !== null) root.valid = !role_is_invalid(role);
    return root;
  }

  rootAt(vm: Vm | null, sp: Address, role: number | null): Root | Refusal {
    for (const candidate of vm === null ? this.vms.values() : [vm]) {
      const root = candidate.bySp.get(sp);
      if (root !== undefined)
        return root.freed ? refuse('use-after-free', `root ${root.ordinal} at ${hex(sp)} was freed`) : root;
    }
    if (vm === null || vm.whole) return refuse('use-after-free', `there is no root at ${hex(sp)}`);
    return this.adopt(vm, sp, role);
  }

  rootOfHpa(vm: Vm, hpa: Address): Root | null {
    const known = vm.byHpa.get(hpa);
    if (known !== undefined && !known.freed) return known;
    if (this.directMap === null) return null;
    const table = this.tables.get(hpa + this.directMap);
    return table?.alive === true ? table.root : null;
  }

  /** Ties a root to the physical page that a lookup returned. */
  nameHpa(root: Root, hpa: Address): Refusal | null {
    if (root.spt !== 0) {
      this.directMap ??= root.spt - hpa;
      if (root.spt - hpa !== this.directMap)
        return refuse(
          'lookup-result',
          `page ${hex(hpa)} is not the table of root ${root.ordinal} (${hex(root.spt)})`,
        );
    }
    if (root.hpa === null) {
      root.hpa = hpa;
      root.vm.byHpa.set(hpa, root);
    }
    return null;
  }

  /** A descriptor and its table are handed out. */
  handOut(sp: Address, spt: Address): Refusal | null {
    const before = this.tables.get(spt)?.root ?? null;
    for (const root of before === null ? this.rootsAt(sp) : [before, ...this.rootsAt(sp)]) {
      if (root.freed) continue;
      if (!root.dead && root.count !== null)
        return refuse(
          'address-reuse',
          `${hex(sp)} is handed out while ${this.describe(root)} lives there: nothing freed it`,
        );
      if (root.count !== null) this.missedFrees++;
      this.bury(root);
    }
    return null;
  }

  private rootsAt(sp: Address): Root[] {
    const found: Root[] = [];
    for (const vm of this.vms.values()) {
      const root = vm.bySp.get(sp);
      if (root !== undefined) found.push(root);
    }
    return found;
  }

  /** A table below a root. Its role is its parent's, one level down. */
  tableMade(spt: Address, role: number, sptep: Address | null): Refusal | null {
    const before = this.tables.get(spt);
    // Freed without a line, or never linked into its tree and given back at once.
    if (before?.alive === true && before.root === null && this.traits.era >= 'b') this.missedFrees++;
    const parent = sptep === null ? undefined : this.tables.get(sptep - (sptep % PAGE));
    this.tables.set(spt, { root: null, role, vm: parent?.vm ?? null, alive: true });
    if (parent === undefined) return null;
    if (!parent.alive)
      return refuse('use-after-free', `the table at ${hex(sptep ?? 0)} that it is to stand in was freed`);
    return role === withoutInvalid(parent.role) - 1
      ? null
      : refuse('role', `role 0x${role.toString(16)} below a table with role 0x${parent.role.toString(16)}`);
  }

  /** The RCU callbacks of a VM are through: what no line freed was missed by the probe. */
  missFrees(vm: Vm): void {
    const before = this.missedFrees;
    for (const table of this.tables.values()) {
      if (table.vm !== vm || !table.alive) continue;
      if (table.root === null || table.root.count !== null) this.missedFrees++;
      table.alive = false;
      if (table.root !== null) this.bury(table.root);
    }
    if (vm.whole && this.missedFrees > before) {
      this.missedAtEnd += this.missedFrees - before;
      this.endedAt ??= this.place;
    }
  }

  /** A kprobe may miss a callback, and all of one softirq; not all of a trace, or the callbacks did not run. */
  silentFrees(knownMissed: number): Refusal | null {
    if (this.freesSeen || !this.armed || !this.traits.freesByRcu) return null;
    if (this.missedAtEnd < 2 || this.missedAtEnd <= knownMissed) return null;
    const why = `${this.missedAtEnd} tables of VMs that have ended were freed by RCU, and tdp_mmu_free_sp_rcu_callback was silent for every one: it did not run`;
    return { ...refuse('rcu-free', why), at: this.endedAt };
  }

  bury(root: Root): void {
    root.freed = true;
    const { vm } = root;
    const at = vm.roots.indexOf(root);
    if (at >= 0) vm.roots.splice(at, 1);
    if (root.hpa !== null && vm.byHpa.get(root.hpa) === root) vm.byHpa.delete(root.hpa);
    const table = this.tables.get(root.spt);
    if (table?.root === root) table.alive = false;
  }

  // ---- counts ----

  /** The put of one reference begins; when its decrement is through nobody sees. */
  put(root: Root, thread: Thread, mode: LockMode | null): void {
    if (root.count !== null) root.count--;
    root.pending.push({ thread, mode: mode === 'R' ? 'R' : mode === null ? null : 'W' });
    thread.puts.push(root);
  }

  /** A line of the thread itself: what it had begun is through. */
  settle(thread: Thread): void {
    for (const root of thread.puts) this.settlePut(root, thread);
    thread.puts.length = 0;
  }

  private settlePut(root: Root, thread: Thread): void {
    const at = root.pending.findIndex((put) => put.thread === thread);
    if (at >= 0) root.pending.splice(at, 1);
    if (root.dead && root.pending.length === 0) root.deadAt = Math.min(root.deadAt, this.now);
  }

  /** mmu_lock is held for write here: nobody else is in the middle of anything. */
  exclusive(vm: Vm): void {
    for (const root of vm.roots) {
      if (root.pending.length === 0) continue;
      for (const { thread } of root.pending.slice()) {
        thread.puts.splice(thread.puts.indexOf(root), 1);
        this.settlePut(root, thread);
      }
    }
  }

  /** References that another thread may have added or not yet taken off, when a probe reads the count. */
  slack(root: Root, reader: Thread): number {
    let slack = 0;
    for (const { thread } of root.pending) if (thread !== reader) slack++;
    for (const thread of this.threads.values()) {
      if (thread === reader || thread.frames.length === 0) continue;
      const top = thread.frames[thread.frames.length - 1];
      if (top.kind === 'next' && top.vm === root.vm) slack++;
      else if (top.kind === 'lookup' && top.walked && top.at === null && top.vcpu.vm === root.vm) slack++;
    }
    return slack;
  }

  /** What a probe read of a root against what is known of it. */
  compare(
    root: Root,
    printed: { readonly refcount: number | null; readonly role: number | null },
    reader: Thread,
    mode: LockMode | null,
  ): Refusal | null {
    const { refcount, role } = printed;
    if (refcount !== null && root.count !== null && refcount !== root.count) {
      const most = root.count + (mode === 'W' || mode === 'S' ? 0 : this.slack(root, reader));
      if (refcount < root.count || refcount > most)
        return refuse(
          'refcount',
          `the probe read ${refcount}; ${this.describe(root)}${most > root.count ? `, at most ${most} with what other threads are about to do` : ''}`,
        );
    }
    return role === null || root.role === 0 ? null : this.compareRole(root, role);
  }

  private compareRole(root: Root, role: number): Refusal | null {
    const invalid = role_is_invalid(role);
    if (root.count === null) {
      // Nor is it known which root lives there now.
      root.valid = !invalid;
      return null;
    }
    if (invalid === root.valid)
      return refuse(
        'role',
        `role 0x${role.toString(16)} says ${invalid ? 'invalid' : 'valid'}; ${this.describe(root)}`,
      );
    if (withoutInvalid(role) !== withoutInvalid(root.role))
      return refuse(
        'role',
        `role 0x${role.toString(16)}; root ${root.ordinal} was born with 0x${root.role.toString(16)}`,
      );
    return null;
  }

  // ---- work items ----

  workOf(root: Root, work: Address): Refusal | null {
    this.workOffset ??= work - root.sp;
    return work - root.sp === this.workOffset
      ? null
      : refuse('work', `the work item at ${hex(work)} is not in root ${root.ordinal}, which was scheduled`);
  }

  rootOfWork(work: Address): Root | null {
    for (const vm of this.vms.values()) {
      if (this.workOffset !== null) {
        const root = vm.bySp.get(work - this.workOffset);
        if (root !== undefined && !root.freed) return root;
        continue;
      }
      // Nothing showed where an item lies in its root: the only root that waits for one tells it.
      const waiting = vm.roots.filter((root) => root.work === 'scheduled' || root.work === 'queued');
      const [only] = waiting;
      if (waiting.length === 1 && only !== undefined) {
        this.workOffset = work - only.sp;
        return only;
      }
    }
    return null;
  }

  // ---- words ----

  describe(root: Root): string {
    const kind = root.role >= ROLE.SMM ? ' SMM' : '';
    const state = root.freed ? 'freed' : root.dead ? 'unlinked' : root.valid ? 'valid' : 'invalid';
    const count =
      root.count === null
        ? 'an unknown count'
        : root.count === 1
          ? '1 reference'
          : `${root.count} references`;
    return `root ${root.ordinal} (${hex(root.sp)}${kind}) is ${state} with ${count}`;
  }
}

/** Both layouts' `invalid` bit taken out, whichever it is. */
function withoutInvalid(role: number): number {
  const bit = 11 + (Math.floor(role / 2 ** 14) % 2);
  return role_is_invalid(role) ? role - 2 ** bit : role;
}
