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
import { type Abilities, type AbilitiesFrom, anyMentions, mentions } from './abilities.js';
import { canStep, isFree, OP_WORDS } from './enabled.js';
import { GuestSteps } from './guest-steps.js';
import type { LocalKinds } from './locals.js';
import { Others } from './others.js';
import type { Reached } from './reached.js';
import { Standing } from './standing.js';

const RCU_START = OP.RCU_GP_START + 1;
/** Procedures of a VM's end: what they do is ordered by no lock. */
const ENDINGS = ['kvm_arch_destroy_vm', 'kvm_mmu_uninit_vm', 'kvm_mmu_uninit_tdp_mmu'];

export class Forced {
  private readonly ending: Uint8Array;
  private readonly rcuThread: number;
  private readonly caches: boolean;
  private readonly lookers: boolean;
  private readonly guest: GuestSteps;
  /** A fault is thrown away when its root is invalid. */
  private readonly testsRoot: boolean;
  private readonly threads: number;
  private readonly standing: Standing;
  private readonly others: Others;
  /** What thread u may still do, in the present state. */
  private readonly now: readonly Abilities[];
  /** A valid root stays valid while mmu_lock is held for read, except at a VM's end. */
  private readonly keepsValid: boolean;
  /** Roots are put on the list and taken off it under tdp_mmu_pages_lock. */
  private readonly listIsLocked: boolean;
  /** Who walks over all roots with mmu_lock held for read touches the trees of those only that are scheduled to be zapped. */
  private readonly zapsScheduled: boolean;
  private readonly queues: boolean;
  constructor(
    private readonly w: World,
    private readonly ops: Int32Array,
    private readonly litmus: BuiltLitmus,
    private readonly rules: InvariantRules,
    from: AbilitiesFrom,
    private readonly reached: Reached,
    linked: LinkedProtocol,
    kinds: LocalKinds,
    /** Pages have no names: which free one is handed out makes no difference. */
    private readonly anonymous: boolean,
    private readonly works: Int32Array,
    /** False: only what no rule of the protocol is wanted for (a protocol without one of its rules). */
    private readonly byRules: boolean,
  ) {
    this.ending = Uint8Array.from(linked.steps, (step) => (ENDINGS.includes(step.proc.name) ? 1 : 0));
    this.others = new Others(w, ops, litmus, from);
    this.now = this.others.now;
    const whole = from.map(([all]) => all);
    this.threads = whole.length;
    this.standing = new Standing(w, linked, kinds);
    this.rcuThread = whole.findIndex((x) => x.rcu);
    const { topology } = w.layout;
    this.caches = topology.tlbEntries + topology.pscEntries + topology.outerEntries > 0;
    this.lookers = whole.some((x) => x.looksAtBarriers);
    this.guest = new GuestSteps(w, ops, litmus, this.others, this.standing, linked);
    this.testsRoot = mentions(linked, 'is_page_fault_stale', 'role_is_invalid');
    const writers = ['kvm_tdp_mmu_invalidate_all_roots', 'kvm_tdp_mmu_invalidate_roots'];
    this.keepsValid =
      rules.initialRefcount === 2 &&
      !anyMentions(linked, 'xchg_invalid') &&
      !anyMentions(linked, 'set_invalid(', writers);
    this.listIsLocked = linked.procedures.every(
      ({ name }) =>
        !(mentions(linked, name, 'list_add_rcu(') || mentions(linked, name, 'list_del_rcu(')) ||
        mentions(linked, name, 'tdp_mmu_pages_lock'),
    );
    this.zapsScheduled = mentions(linked, 'kvm_tdp_mmu_zap_invalidated_roots', 'take_scheduled_zap');
    this.queues = anyMentions(linked, 'queue_work(');
  }

  /** A thread whose step alone is a persistent set, or -1. */
  find(): number {
    const { threads } = this;
    this.others.look();
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
    if (ops[t * OP_WORDS] === 0 || !canStep(w, ops, t, this.threads)) return false;
    if (t !== this.rcuThread || !this.anonymous) return true;
    const starts = ops[t * OP_WORDS] === RCU_START;
    if (!starts && (ops[t * OP_WORDS] !== OP.RCU_INVOKE + 1 || w.s[MACHINE.GP_DONE] !== 0)) return true;
    return !this.graceIsNeedless();
  }

  /** Nothing that is queued for the next grace period can be reached, and nobody waits for it. */
  private graceIsNeedless(): boolean {
    const { w, ops } = this;
    for (let u = 0; u < this.threads; u++) if (ops[u * OP_WORDS] === OP.RCU_BARRIER + 1) return false;
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
    if (this.guest.any && this.guest.forced(t, kind, a)) return true;
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
        return !this.others.any(t, 'changesSlots');
      case OP.READ_HOST_PAGE:
        return host_page_is_private(s[w.hostPage(a)]) && !this.others.any(t, 'changesHost');
      case OP.READ_VM:
        if (ops[at + 2] === VM.INVALIDATE_SEQ) return !this.others.any(t, 'stalesFaults');
        if (ops[at + 2] === VM.CREATED_VCPUS) return true;
        return ops[at + 2] === VM.USERS_COUNT && !this.others.any(t, 'closes');
      case OP.LOCK:
        if (a % LOCKS_PER_VM === LOCK_KIND.slots_lock)
          return isFree(w, a, ops[at + 2]) && !this.others.any(t, 'takesSlotsLock');
        break;
      // A vCPU's own slot: only a guest, and what is cached of it, hangs on when it is written.
      case OP.EMIT:
        if (a === E.RootLoaded || a === E.RootDropped) return !this.caches && !this.guest.any;
        break;
      // What nothing else leads to is freed unseen, whenever that is.
      case OP.CALL_RCU:
        if (this.anonymous && !this.reached.byOthers(t, a)) return true;
        break;
      default:
    }
    const mode = this.byRules ? s[w.thread(t) + THREAD.HELD0 + LOCK_KIND.mmu_lock] : 0;
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
        return this.guest.readsFinal(t, kind, a) || !this.guest.reaches(t, this.rootFor(t, a), a, true);
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
        return !this.others.takeRequests(t, a);
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
      case OP.REFCOUNT_SET:
        return !this.countIsShared(t, a);
      // Gets and puts are told apart only where one of them may meet 0.
      case OP.DEC_AND_TEST:
        return this.staysAboveZero(a) || !this.countIsShared(t, a);
      case OP.INC_NOT_ZERO:
        return this.staysAboveZero(a) || (this.rules.vcpuRootMode === 1 && !this.countIsShared(t, a));
      // 0 -> 1 and never back.
      case OP.READ_ROLE:
        return this.keepsValid || role_is_invalid(w.pageWord(a, PAGE.ROLE)) || !this.countIsShared(t, a);
      case OP.TAKE_ZAP:
        return !this.others.any(t, 'walksShared');
      case OP.LIST_FIRST:
      case OP.LIST_NEXT:
        return this.holdsList(t) || this.listIsOwn(t);
      case OP.LIST_ADD:
        return this.listIsOwn(t);
      case OP.ALLOC_ROOT:
        return this.anonymous && !this.caches && this.holdsList(t);
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
        return !this.treeIsShared(t, this.rootFor(t, a), a);
      // Sections under it as a whole: one that counts a table commutes with every other; one that changes the list, with
      // those that do not look at it.
      case OP.LOCK:
        return (
          a % LOCKS_PER_VM === LOCK_KIND.tdp_mmu_pages_lock &&
          isFree(w, a, ops[t * OP_WORDS + 2]) &&
          (this.standing.countsOnly(t) || this.listIsOwn(t))
        );
      case OP.LIST_DEL:
        return this.listIsOwn(t);
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
    const { w, ending, now, threads } = this;
    const { s } = w;
    let released = false;
    for (let vm = 0; vm < w.vms; vm++) released ||= w.vmWord(vm, VM.RELEASED) !== 0;
    for (let u = 0; u < threads; u++) {
      if (!this.others.mayMove(t, u)) continue;
      if (released && (now[u].closes || now[u].walksShared)) return true;
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

  private canQueue(t: number, root: number): boolean {
    const { w, ops, threads } = this;
    if (w.pageWord(root, PAGE.WORK) === WORK.queued) return false;
    for (let u = 0; u < threads; u++)
      if (u !== t && ops[u * OP_WORDS] === OP.WQ_FLUSH_START + 1) return false;
    return true;
  }

  private isRoleRead(t: number, root: number): boolean {
    const { now, threads } = this;
    for (let u = 0; u < threads; u++) {
      if (!this.others.mayMove(t, u)) continue;
      const able = now[u];
      // A fault looks at the role of its vCPU's root, with mmu_lock held for read.
      const looks = able.readsRoles || (able.faults && !this.excludes(t));
      if (looks && (this.rules.vcpuRootMode === 1 || this.guest.names(u, root))) return true;
    }
    return false;
  }

  /**
   * The TDP MMU's own reference is put only when the root has become invalid, and nobody can make it so now: with that of
   * the thread that gets or puts, its count is above 1 whatever the others do.
   */
  private staysAboveZero(root: number): boolean {
    const { w } = this;
    return (
      this.keepsValid && !role_is_invalid(w.pageWord(root, PAGE.ROLE)) && w.pageWord(root, PAGE.REFCOUNT) >= 2
    );
  }

  /** No other thread changes or walks the list while mmu_lock is held for read. */
  private listIsOwn(t: number): boolean {
    if (this.others.any(t, 'walksShared')) return false;
    // Two puts of workers delete different roots: their order cannot be seen where nobody walks.
    if (this.rules.vcpuRootMode === 2) return true;
    return !this.others.any(t, 'usesRoots') && !(this.queues && this.others.any(t, 'worker'));
  }

  /** t holds tdp_mmu_pages_lock: the list is as it is until it lets go. */
  private holdsList(t: number): boolean {
    return this.listIsLocked && this.w.threadWord(t, THREAD.HELD0 + LOCK_KIND.tdp_mmu_pages_lock) !== 0;
  }

  /** Another thread may take, put or read this root's count while mmu_lock is held for read. */
  private countIsShared(t: number, root: number): boolean {
    const { w, now, threads, works } = this;
    const queued = w.pageWord(root, PAGE.WORK) === WORK.queued;
    const valid = !role_is_invalid(w.pageWord(root, PAGE.ROLE));
    for (let u = 0; u < threads; u++) {
      if (!this.others.mayMove(t, u)) continue;
      const able = now[u];
      if (able.walksShared) return true;
      if (able.worker && (works[u] === root + 1 || queued)) return true;
      const drives = (this.litmus.vcpuOf[u] ?? -1) >= 0;
      if (this.rules.vcpuRootMode === 1 && drives && (valid || this.guest.names(u, root))) return true;
    }
    return false;
  }

  /** The tree that a table belongs to, for this thread; -1 where that is not known. */
  private rootFor(t: number, table: number): number {
    const { w, works } = this;
    if (works[t] !== 0) return works[t] - 1;
    const zapped = this.standing.zaps(t);
    if (zapped >= 0) return zapped;
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

  private treeIsShared(t: number, root: number, table: number): boolean {
    if (root < 0) return true;
    const { w, now, threads, works } = this;
    const queued = w.pageWord(root, PAGE.WORK) === WORK.queued;
    const valid = !role_is_invalid(w.pageWord(root, PAGE.ROLE));
    if (this.guest.reaches(t, root, table, this.rules.vcpuRootMode !== 1 || !valid)) return true;
    for (let u = 0; u < threads; u++) {
      if (!this.others.mayMove(t, u)) continue;
      const able = now[u];
      if (able.walksShared && this.mayZap(u, root, valid)) return true;
      if (able.worker && (works[u] === root + 1 || queued)) return true;
      if (!able.faults) continue;
      const drives = (this.litmus.vcpuOf[u] ?? -1) >= 0;
      if (!drives || (this.rules.vcpuRootMode === 1 && valid)) return true;
      // A fault that has not passed the test for a stale root yet will not pass it.
      const inside =
        w.threadWord(u, THREAD.HELD0 + LOCK_KIND.mmu_lock) !== 0 &&
        this.standing.inFault(u) &&
        !this.standing.testsStale(u);
      if (this.guest.names(u, root) && (valid || inside || !this.testsRoot)) return true;
    }
    return false;
  }

  /** u walks over all roots and may zap this one before somebody takes mmu_lock for write. */
  private mayZap(u: number, root: number, valid: boolean): boolean {
    if (!this.zapsScheduled || !this.keepsValid || this.w.pageWord(root, PAGE.SCHEDULED) !== 0) return true;
    return !valid && this.standing.holds(u, root);
  }

  private excludes(t: number): boolean {
    return this.w.threadWord(t, THREAD.HELD0 + LOCK_KIND.mmu_lock) === LOCK_MODE.write;
  }
}

// Faults leave such a page as it is.
function host_page_is_private(word: number): boolean {
  return host_page_kind(word) === HOST_PAGE_KIND.private && (word & HOST_PAGE_COW) === 0;
}
