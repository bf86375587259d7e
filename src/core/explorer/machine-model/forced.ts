// Which thread may be run alone: its next step is a persistent set, because whatever the others do before it commutes with it.
// Derived from the op that the thread is about to ask for, from the locks it holds (who holds mmu_lock for write excludes all
// who need it) and from what the others may do without it (abilities.ts). Where nothing is known, nobody is forced.

import { HOST_PAGE_COW, HOST_PAGE_KIND, host_page_kind } from '../../aggregates/host-memory.js';
import {
  FRAME,
  LOCK_KIND,
  LOCKS_PER_VM,
  MACHINE,
  PAGE,
  PAGE_KIND,
  ROOT_SLOTS,
  STACK,
  THREAD,
  VCPU,
  VM,
  WORK,
} from '../../aggregates/layout.js';
import { role_is_invalid } from '../../aggregates/role.js';
import type { World } from '../../aggregates/world.js';
import { E } from '../../events/catalogue.js';
import { LOCK_MODE } from '../../events/lock.events.js';
import type { InvariantRules } from '../../invariants/rules.js';
import type { LinkedProtocol } from '../../machine/link.js';
import { OP } from '../../machine/op.js';
import type { BuiltLitmus } from '../../scenarios/litmus/litmus.js';
import { type Abilities, arrivals, mentions } from './abilities.js';
import { canStep, isFree, OP_WORDS } from './enabled.js';
import type { Reached } from './reached.js';

const RCU_START = OP.RCU_GP_START + 1;
/** Procedures of a VM's end: what they do is ordered by no lock. */
const ENDINGS = ['kvm_arch_destroy_vm', 'kvm_mmu_uninit_vm', 'kvm_mmu_uninit_tdp_mmu'];

export class Forced {
  private readonly ending: Uint8Array;
  private readonly rcuThread: number;
  private readonly caches: boolean;
  private readonly lookers: boolean;
  private readonly guests: boolean;
  /** A fault is thrown away when its root is invalid. */
  private readonly testsRoot: boolean;
  private readonly arrivesOnce: boolean;

  constructor(
    private readonly w: World,
    private readonly ops: Int32Array,
    private readonly litmus: BuiltLitmus,
    private readonly rules: InvariantRules,
    private readonly abilities: readonly Abilities[],
    private readonly reached: Reached,
    linked: LinkedProtocol,
    /** Pages have no names: which free one is handed out makes no difference. */
    private readonly anonymous: boolean,
    private readonly works: Int32Array,
  ) {
    this.ending = Uint8Array.from(linked.steps, (step) => (ENDINGS.includes(step.proc.name) ? 1 : 0));
    this.rcuThread = abilities.findIndex((x) => x.rcu);
    const { topology } = w.layout;
    this.caches = topology.tlbEntries + topology.pscEntries + topology.outerEntries > 0;
    this.lookers = abilities.some((x) => x.looksAtBarriers);
    this.guests = abilities.some((x) => x.guest);
    this.testsRoot = mentions(linked, 'is_page_fault_stale', 'role_is_invalid');
    this.arrivesOnce = litmus.threads.every((thread) => arrivals(thread.script) <= 1);
  }

  /** A thread whose step alone is a persistent set, or -1. */
  find(): number {
    const threads = this.abilities.length;
    let only = -1;
    let able = 0;
    for (let t = 0; t < threads; t++) {
      if (!this.canStep(t)) continue;
      if (this.isForced(t)) return t;
      only = t;
      able++;
    }
    // Nobody else can move before it has.
    return able === 1 ? only : -1;
  }

  /**
   * As canStep, but a grace period that would only free what nothing leads to does not begin before somebody waits for it or
   * something else is queued with it: that nothing is freed cannot be seen, and what is queued later is freed no later.
   */
  canStep(t: number): boolean {
    const { w, ops } = this;
    if (ops[t * OP_WORDS] === 0 || !canStep(w, ops, t, this.abilities.length)) return false;
    if (t !== this.rcuThread || !this.anonymous) return true;
    const starts = ops[t * OP_WORDS] === RCU_START;
    if (!starts && (ops[t * OP_WORDS] !== OP.RCU_INVOKE + 1 || w.s[MACHINE.GP_DONE] !== 0)) return true;
    return !this.graceIsNeedless();
  }

  /** Nothing that is queued for the next grace period can be reached, and nobody waits for it. */
  private graceIsNeedless(): boolean {
    const { w, ops } = this;
    for (let u = 0; u < this.abilities.length; u++)
      if (ops[u * OP_WORDS] === OP.RCU_BARRIER + 1) return false;
    for (let p = w.s[MACHINE.GP_NEXT]; p !== 0; p = w.pageWord(p - 1, PAGE.RCU_NEXT))
      if (this.reached.has(p - 1)) return false;
    return true;
  }

  private isForced(t: number): boolean {
    const { w, ops } = this;
    const { s } = w;
    const at = t * OP_WORDS;
    const kind = ops[at] - 1;
    const a = ops[at + 1];
    switch (kind) {
      // Releases: nobody could have taken what is held, and giving it back enables only. (Sections that end after a grace
      // period has begun, and those that ended before, leave the same state.)
      case OP.UNLOCK:
      case OP.YIELD:
      case OP.RCU_READ_UNLOCK:
      case OP.SRCU_READ_UNLOCK:
      case OP.WORK_DONE:
        return true;
      case OP.BARRIER_ARRIVE:
        return !this.lookers;
      // Arrivals are never taken back.
      case OP.BARRIER_WAIT:
        return true;
      // Ends when the sections that hold it up have ended; new ones do not.
      case OP.RCU_GP_END:
        return true;
      case OP.RCU_INVOKE:
        if (s[MACHINE.GP_DONE] === 0) return true;
        return this.anonymous && !this.reached.has(s[MACHINE.GP_DONE] - 1);
      case OP.FLUSH_TLB:
        return !this.caches;
      case OP.FIND_SLOT:
      case OP.READ_SLOT:
        return !this.anyOther(t, 'changesSlots');
      case OP.READ_HOST_PAGE:
        return host_page_is_private(s[w.hostPage(a)]) && !this.anyOther(t, 'changesHost');
      case OP.READ_VM:
        if (ops[at + 2] === VM.INVALIDATE_SEQ) return !this.anyOther(t, 'changesHost');
        if (ops[at + 2] === VM.CREATED_VCPUS) return true;
        return ops[at + 2] === VM.USERS_COUNT && !this.othersClose(t);
      case OP.LOCK:
        if (a % LOCKS_PER_VM === LOCK_KIND.slots_lock)
          return isFree(w, a, ops[at + 2]) && !this.anyOther(t, 'takesSlotsLock');
        break;
      // A vCPU's own slot: only a guest, and what is cached of it, hangs on when it is written.
      case OP.EMIT:
        if (a === E.RootLoaded || a === E.RootDropped) return !this.caches && !this.guests;
        break;
      // What nothing else leads to is freed unseen, whenever that is.
      case OP.CALL_RCU:
        if (this.anonymous && !this.reached.byOthers(t, a)) return true;
        break;
      default:
    }
    const mode = s[w.thread(t) + THREAD.HELD0 + LOCK_KIND.mmu_lock];
    if (mode === 0 || this.endsWithout(t)) return false;
    return mode === LOCK_MODE.write ? this.exclusive(t, kind, a) : this.shared(t, kind, a);
  }

  /** mmu_lock held for write: only those count who need no lock. */
  private exclusive(t: number, kind: number, a: number): boolean {
    const { w, ops } = this;
    const b = ops[t * OP_WORDS + 2];
    switch (kind) {
      case OP.LIST_FIRST:
      case OP.LIST_NEXT:
      case OP.LIST_ADD:
      case OP.LIST_DEL:
      case OP.READ_ROLE:
      case OP.INC_NOT_ZERO:
      case OP.DEC_AND_TEST:
      case OP.REFCOUNT_SET:
      case OP.REFCOUNT_READ:
      case OP.SCHEDULE_ZAP:
      case OP.TAKE_ZAP:
      case OP.LINK_TABLE:
      case OP.UNLINK_TABLE:
        return true;
      case OP.SET_INVALID:
      case OP.XCHG_INVALID:
        return !this.isRoleRead(t, a);
      case OP.LOCK:
        return a % LOCKS_PER_VM === LOCK_KIND.tdp_mmu_pages_lock && isFree(w, a, b);
      case OP.READ_SPTE:
      case OP.NEXT_PRESENT:
      case OP.WRITE_SPTE:
      case OP.CMPXCHG_SPTE:
      case OP.XCHG_NEXT_REMOVED:
      case OP.FREEZE_TABLE:
        return !this.anyOther(t, 'lockless');
      case OP.ALLOC_ROOT:
      case OP.ALLOC_TABLE:
      case OP.FREE_TABLE:
        return this.anonymous && !this.caches;
      case OP.RCU_READ_LOCK:
        return this.graceIsUnseen(t);
      case OP.CALL_RCU:
        return false;
      case OP.QUEUE_WORK:
        return this.canQueue(t, b);
      case OP.MAKE_REQUEST:
      case OP.KICK:
      case OP.WAIT_OUTSIDE:
        return !this.takesRequests(t, a);
      case OP.EMIT:
        return a === E.ValidGenToggled || a === E.NotifierBegun;
      default:
        return false;
    }
  }

  /** mmu_lock held for read: a tree or a count is this thread's when no other that may hold the lock has a way to it. */
  private shared(t: number, kind: number, a: number): boolean {
    const { w, ops } = this;
    switch (kind) {
      case OP.REFCOUNT_READ:
      case OP.DEC_AND_TEST:
      case OP.REFCOUNT_SET:
        return !this.countIsShared(t, a);
      // 0 -> 1 and never back.
      case OP.READ_ROLE:
        return role_is_invalid(w.pageWord(a, PAGE.ROLE)) || !this.countIsShared(t, a);
      case OP.XCHG_INVALID:
        return (
          role_is_invalid(w.pageWord(a, PAGE.ROLE)) || !(this.countIsShared(t, a) || this.isRoleRead(t, a))
        );
      case OP.READ_SPTE:
      case OP.NEXT_PRESENT:
      case OP.CMPXCHG_SPTE:
      case OP.WRITE_SPTE:
      case OP.XCHG_NEXT_REMOVED:
      case OP.FREEZE_TABLE:
        return !this.treeIsShared(t, this.rootFor(t, a));
      // The sections under it count or uncount a table, or delete a root: each commutes with every other as a whole.
      case OP.LOCK:
        return (
          a % LOCKS_PER_VM === LOCK_KIND.tdp_mmu_pages_lock &&
          this.rules.vcpuRootMode === 2 &&
          !this.anyOther(t, 'walksShared') &&
          isFree(w, a, ops[t * OP_WORDS + 2])
        );
      case OP.LIST_DEL:
        return this.rules.vcpuRootMode === 2 && !this.anyOther(t, 'walksShared');
      case OP.LINK_TABLE:
      case OP.UNLINK_TABLE:
        return true;
      case OP.ALLOC_TABLE:
      case OP.FREE_TABLE:
        return this.anonymous && !this.caches;
      case OP.RCU_READ_LOCK:
        return this.graceIsUnseen(t);
      default:
        return false;
    }
  }

  /** Somebody else is at a VM's end, or may come there without mmu_lock. */
  private endsWithout(t: number): boolean {
    const { w, ending, abilities, ops } = this;
    const { s } = w;
    let released = false;
    for (let vm = 0; vm < w.vms; vm++) released ||= w.vmWord(vm, VM.RELEASED) !== 0;
    for (let u = 0; u < abilities.length; u++) {
      if (u === t || ops[u * OP_WORDS] === 0) continue;
      if (released && (abilities[u].closes || abilities[u].walksShared)) return true;
      const stack = w.layout.stack + u * w.layout.topology.stackWords;
      for (let fo = s[stack + STACK.FRAME]; fo !== 0; fo = s[fo + FRAME.BELOW])
        if (ending[s[fo + FRAME.STEP]] !== 0) return true;
    }
    return false;
  }

  /**
   * Whether a grace period begins before or after makes no difference: nothing is queued that anything leads to, and nobody
   * without mmu_lock stands on a page without a reference that could be queued.
   */
  private graceIsUnseen(t: number): boolean {
    if (this.rcuThread < 0) return true;
    return this.anonymous && this.graceIsNeedless() && !this.reached.isParkedOn(t);
  }

  private othersClose(t: number): boolean {
    const { abilities, ops } = this;
    for (let u = 0; u < abilities.length; u++)
      if (u !== t && abilities[u].closes && ops[u * OP_WORDS] !== 0 && !this.waitsFor(u, t)) return true;
    return false;
  }

  /** u waits at a barrier that is not reached before t has moved: t has not arrived, and all others that may come do not suffice. */
  private waitsFor(u: number, t: number): boolean {
    const { w, ops, litmus } = this;
    if (ops[u * OP_WORDS] !== OP.BARRIER_WAIT + 1 || litmus.threads[t].kind !== 'vmm') return false;
    const barrier = ops[u * OP_WORDS + 1];
    let open = 0;
    for (let v = 0; v < this.abilities.length; v++)
      if (v !== t && v !== u && litmus.threads[v].kind === 'vmm' && ops[v * OP_WORDS] !== 0) open++;
    return this.arrivesOnce && w.s[w.layout.barrier + barrier] + open < ops[u * OP_WORDS + 2];
  }

  private anyOther(t: number, ability: keyof Abilities): boolean {
    const { abilities, ops } = this;
    for (let u = 0; u < abilities.length; u++)
      if (u !== t && ops[u * OP_WORDS] !== 0 && abilities[u][ability]) return true;
    return false;
  }

  private canQueue(t: number, root: number): boolean {
    const { w, abilities, ops } = this;
    if (w.pageWord(root, PAGE.WORK) === WORK.queued) return false;
    for (let u = 0; u < abilities.length; u++)
      if (u !== t && ops[u * OP_WORDS] === OP.WQ_FLUSH_START + 1) return false;
    return true;
  }

  private names(u: number, root: number): boolean {
    const v = this.litmus.vcpuOf[u] ?? -1;
    if (v < 0) return false;
    const at = this.w.vcpu(v);
    for (const slot of ROOT_SLOTS) if (this.w.s[at + slot] === root + 1) return true;
    return this.w.s[at + VCPU.ENTERED_ROOT] === root + 1;
  }

  private isRoleRead(t: number, root: number): boolean {
    const { abilities, ops } = this;
    for (let u = 0; u < abilities.length; u++) {
      if (u === t || ops[u * OP_WORDS] === 0) continue;
      const able = abilities[u];
      // A fault looks at the role of its vCPU's root, with mmu_lock held for read.
      const looks = able.readsRoles || (able.faults && !this.excludes(t));
      if (looks && (this.rules.vcpuRootMode === 1 || this.names(u, root))) return true;
    }
    return false;
  }

  private takesRequests(t: number, vcpu: number): boolean {
    const { abilities, ops, litmus } = this;
    for (let u = 0; u < abilities.length; u++) {
      if (u === t || ops[u * OP_WORDS] === 0) continue;
      if (abilities[u].takesRequests && (litmus.vcpuOf[u] === vcpu || litmus.vcpuOf[u] === -1)) return true;
    }
    return false;
  }

  /** Another thread may take, put or read this root's count while mmu_lock is held for read. */
  private countIsShared(t: number, root: number): boolean {
    const { w, abilities, ops, works } = this;
    const queued = w.pageWord(root, PAGE.WORK) === WORK.queued;
    const valid = !role_is_invalid(w.pageWord(root, PAGE.ROLE));
    for (let u = 0; u < abilities.length; u++) {
      if (u === t || ops[u * OP_WORDS] === 0) continue;
      const able = abilities[u];
      if (able.walksShared) return true;
      if (able.worker && (works[u] === root + 1 || queued)) return true;
      const drives = (this.litmus.vcpuOf[u] ?? -1) >= 0;
      if (this.rules.vcpuRootMode === 1 && drives && (valid || this.names(u, root))) return true;
    }
    return false;
  }

  /** The tree that a table belongs to, for this thread; -1 where that is not known. */
  private rootFor(t: number, table: number): number {
    const { w, works } = this;
    if (works[t] !== 0) return works[t] - 1;
    let at = table;
    for (let level = 0; level < 6; level++) {
      if (w.pageWord(at, PAGE.KIND) === PAGE_KIND.root) return at;
      const up = w.pageWord(at, PAGE.PARENT);
      if (up === 0) break;
      at = (up - w.entry(0, 0)) >>> w.tableBits;
    }
    const v = this.litmus.vcpuOf[t] ?? -1;
    return v < 0 ? -1 : w.vcpuWord(v, VCPU.ROOT) - 1;
  }

  private treeIsShared(t: number, root: number): boolean {
    if (root < 0) return true;
    const { w, abilities, ops, works } = this;
    const queued = w.pageWord(root, PAGE.WORK) === WORK.queued;
    const valid = !role_is_invalid(w.pageWord(root, PAGE.ROLE));
    for (let u = 0; u < abilities.length; u++) {
      if (u === t || ops[u * OP_WORDS] === 0) continue;
      const able = abilities[u];
      if (able.walksShared || able.lockless) return true;
      if (able.worker && (works[u] === root + 1 || queued)) return true;
      if (!able.faults) continue;
      const drives = (this.litmus.vcpuOf[u] ?? -1) >= 0;
      if (!drives || (this.rules.vcpuRootMode === 1 && valid)) return true;
      // A fault that has not passed the test for a stale root yet will not pass it.
      const inside = w.threadWord(u, THREAD.HELD0 + LOCK_KIND.mmu_lock) !== 0;
      if (this.names(u, root) && (valid || inside || !this.testsRoot)) return true;
    }
    return false;
  }

  private excludes(t: number): boolean {
    return this.w.threadWord(t, THREAD.HELD0 + LOCK_KIND.mmu_lock) === LOCK_MODE.write;
  }
}

/** Faults leave such a page as it is. */
function host_page_is_private(word: number): boolean {
  return host_page_kind(word) === HOST_PAGE_KIND.private && (word & HOST_PAGE_COW) === 0;
}
