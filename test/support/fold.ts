// Given / when / then over events: a world into which hand-written events are folded, with the invariants of one era
// watching. No kernel code runs.
import { EVOLVE } from '../../src/core/aggregates/evolve.js';
import { LOCK_KIND, MACHINE, type Topology } from '../../src/core/aggregates/layout.js';
import { tdp_root_role } from '../../src/core/aggregates/role.js';
import { make_nonleaf_spte } from '../../src/core/aggregates/spte.js';
import { World } from '../../src/core/aggregates/world.js';
import { CATALOGUE, E, type EventName } from '../../src/core/events/catalogue.js';
import { CPU_STATE, FLUSH } from '../../src/core/events/constants.js';
import { SUBJECT_CODE } from '../../src/core/events/define.js';
import { LOCK_MODE } from '../../src/core/events/lock.events.js';
import { HOLDER } from '../../src/core/events/root.events.js';
import { INVARIANTS } from '../../src/core/invariants/catalogue.js';
import { InvariantSet } from '../../src/core/invariants/invariant-set.js';
import { invariantRules } from '../../src/core/invariants/rules.js';
import { nextFreePage } from '../../src/core/machine/decide/roots.js';

export const TOPOLOGY: Topology = {
  vms: 2,
  vcpus: 3,
  threads: 6,
  pages: 32,
  tableBits: 3,
  slots: 4,
  hostPages: 64,
  tlbEntries: 16,
  pscEntries: 8,
  outerEntries: 0,
  stackWords: 0,
  programWords: 0,
};

export const NORMAL = tdp_root_role(0, false);
export const SMM = tdp_root_role(CPU_STATE.SMM, false);
export const LEVELS = 4;

const DEFS = new Map(CATALOGUE.map((d) => [d.name as EventName, d]));
const CAPACITY = 4_096;

/** Columns that grow by hand-written events; the same shape as the machine's batch. */
export class Rows {
  length = 0;
  readonly timeNs = new Float64Array(CAPACITY);
  readonly thread = new Uint8Array(CAPACITY);
  readonly site = new Uint16Array(CAPACITY);
  readonly type = new Uint8Array(CAPACITY);
  readonly subject = new Int32Array(CAPACITY);
  readonly a = new Int32Array(CAPACITY);
  readonly b = new Int32Array(CAPACITY);
  readonly c = new Int32Array(CAPACITY);
}

export class Fold {
  readonly w: World;
  readonly rows = new Rows();
  readonly set: InvariantSet;
  /** [invariant, detail] of each Finding event. */
  readonly found: [invariant: number, detail: number][] = [];
  site = 1;

  /** Numbers of the invariants that watch; empty: all. Set it back. */
  static only: readonly number[] = [];

  constructor(era: string, topology: Partial<Topology> = {}) {
    this.w = new World({ ...TOPOLOGY, ...topology });
    this.set = new InvariantSet(
      this.w,
      invariantRules({ era }),
      (invariant, detail, seen) => {
        this.found.push([invariant, detail]);
        this.append(0, 'Finding', 0, invariant, detail, seen);
      },
      Fold.only.length === 0 ? INVARIANTS : INVARIANTS.filter((x) => Fold.only.includes(x.number)),
    );
  }

  private append(t: number, type: EventName, n: number, a = 0, b = 0, c = 0): number {
    const def = DEFS.get(type);
    if (def === undefined) throw new Error(type);
    const { rows } = this;
    const i = rows.length++;
    rows.timeNs[i] = i * 10;
    rows.thread[i] = t;
    rows.site[i] = this.site;
    rows.type[i] = E[type];
    rows.subject[i] = n * 16 + SUBJECT_CODE[def.subject];
    rows.a[i] = a;
    rows.b[i] = b;
    rows.c[i] = c;
    return i;
  }

  /** One event of thread t about subject n, applied. */
  on(t: number, type: EventName, n = 0, a = 0, b = 0, c = 0): this {
    let i = this.append(t, type, n, a, b, c);
    for (; i < this.rows.length; i++) {
      this.set.before(this.w, this.rows, i);
      EVOLVE[this.rows.type[i]](
        this.w,
        this.rows.thread[i],
        this.rows.subject[i] >> 4,
        this.rows.a[i],
        this.rows.b[i],
        this.rows.c[i],
      );
      this.set.after(this.w, this.rows, i);
    }
    return this;
  }

  /** Numbers of the invariants that were found broken, each once, ascending. */
  get broken(): number[] {
    return [...new Set(this.found.map(([invariant]) => invariant))].sort((x, y) => x - y);
  }

  verdict(number: number) {
    const verdict = this.set.verdicts().find((v) => v.invariant === `I${number}`);
    if (verdict === undefined) throw new Error(`I${number}`);
    return verdict;
  }

  get freePage(): number {
    return nextFreePage(this.w);
  }

  // ---- sentences of several events

  lock(t: number, mode: 'read' | 'write', vm = 0): this {
    return this.on(t, 'LockAcquired', this.w.lockId(vm, LOCK_KIND.mmu_lock), LOCK_MODE[mode]);
  }
  unlock(t: number, mode: 'read' | 'write', vm = 0): this {
    return this.on(t, 'LockReleased', this.w.lockId(vm, LOCK_KIND.mmu_lock), LOCK_MODE[mode]);
  }
  yield(t: number, mode: 'read' | 'write', vm = 0): this {
    return this.on(t, 'LockYielded', this.w.lockId(vm, LOCK_KIND.mmu_lock), LOCK_MODE[mode], 1).unlock(
      t,
      mode,
      vm,
    );
  }
  pagesLock(t: number, vm = 0): this {
    return this.on(t, 'LockAcquired', this.w.lockId(vm, LOCK_KIND.tdp_mmu_pages_lock), LOCK_MODE.write);
  }
  pagesUnlock(t: number, vm = 0): this {
    return this.on(t, 'LockReleased', this.w.lockId(vm, LOCK_KIND.tdp_mmu_pages_lock), LOCK_MODE.write);
  }

  /** VM 0 with its workqueue and vCPUs 0..n-1 that want the normal root. */
  vm(vcpus = 1): this {
    this.on(0, 'VmCreated', 0, 1, LEVELS).on(0, 'WorkqueueCreated', 0);
    for (let v = 0; v < vcpus; v++) this.on(0, 'VcpuCreated', v, 0, v, v).on(0, 'RoleComputed', v, NORMAL, 0);
    return this;
  }

  /** Thread t births a root with mmu_lock held, as the era does; returns its page. */
  birth(t: number, role = NORMAL, vm = 0, refcount: number = this.set.rules.initialRefcount): number {
    const page = this.freePage;
    const serial = this.w.machineWord(MACHINE.NEXT_ROOT);
    this.on(t, 'RootAllocated', serial, role, refcount, page);
    this.pagesLock(t, vm).on(t, 'RootListed', serial, vm, 1, page).pagesUnlock(t, vm);
    return page;
  }

  /** Thread t loads a new root into vCPU v; returns its page. */
  load(t: number, v: number, role = NORMAL): number {
    this.lock(t, 'write');
    const page = this.birth(t, role);
    this.on(t, 'RootLoaded', v, 0, role, page).unlock(t, 'write');
    this.on(t, 'TlbFlushed', v, FLUSH.LOAD, page + 1);
    return page;
  }

  serial(page: number): number {
    return this.w.pageWord(page, 1);
  }
  refcount(page: number): number {
    return this.w.pageWord(page, 3);
  }

  get(t: number, page: number, holder: keyof typeof HOLDER): this {
    return this.on(t, 'RootGot', this.serial(page), HOLDER[holder], this.refcount(page) + 1, page);
  }
  put(t: number, page: number, holder: keyof typeof HOLDER): this {
    return this.on(t, 'RootPut', this.serial(page), HOLDER[holder], this.refcount(page) - 1, page);
  }
  invalidate(t: number, page: number): this {
    const role = this.w.pageWord(page, 2) | 0x800;
    return this.on(t, 'RootInvalidated', this.serial(page), role, this.refcount(page), page);
  }
  schedule(t: number, page: number, gift: 0 | 1): this {
    return this.on(t, 'RootZapScheduled', this.serial(page), gift, this.refcount(page), page);
  }
  queue(t: number, page: number, vm = 0): this {
    return this.on(t, 'WorkQueued', this.serial(page), vm, 1, page);
  }
  unlink(t: number, page: number, vm = 0): this {
    return this.pagesLock(t, vm).on(t, 'RootUnlinked', this.serial(page), vm, 0, page).pagesUnlock(t, vm);
  }
  /** A whole grace period and the callbacks of these roots, on thread t. */
  gracePeriod(t: number, ...roots: readonly number[]): this {
    this.on(t, 'RcuGracePeriodStarted').on(t, 'RcuGracePeriodEnded');
    for (const page of roots) this.on(t, 'RootFreed', this.serial(page), this.w.pageWord(page, 2), 0, page);
    return this;
  }
  /** The worker's whole item: zap, put of its reference, and the death of the root if that was the last one. */
  work(t: number, page: number, vm = 0): this {
    const serial = this.serial(page);
    this.on(t, 'WorkStarted', serial, vm, 0, page).lock(t, 'read', vm);
    this.on(t, 'RootZapStarted', serial, 1, this.refcount(page), page);
    this.on(t, 'RootZapFinished', serial, 0, this.refcount(page), page);
    this.put(t, page, 'work');
    if (this.refcount(page) === 0) {
      this.unlink(t, page, vm).on(t, 'RootFreeQueued', serial, 0, 0, page);
    }
    return this.unlock(t, 'read', vm).on(t, 'WorkFinished', serial, vm, 0, page);
  }
  /** vCPU v gives its root back and forgets it, on thread t. */
  drop(t: number, v: number, page: number): this {
    return this.lock(t, 'write')
      .put(t, page, 'vcpu')
      .on(t, 'RootDropped', v, 0, this.w.pageWord(page, 2), page)
      .unlock(t, 'write');
  }
  /** A child table of `parent` at this index, linked by thread t (mmu_lock held); returns its page. */
  table(t: number, parent: number, index: number, level: number, gfn = 0): number {
    const page = this.freePage;
    this.on(t, 'TableAllocated', page, level, gfn, 0);
    this.on(t, 'SpteChanged', parent, index, 0, make_nonleaf_spte(page));
    this.on(t, 'TableLinked', page, parent, index, 1);
    return page;
  }
  /** Tables down to level 1 below a root for gfn 0; returns the last one. mmu_lock is held. */
  tree(t: number, root: number): number {
    let at = root;
    for (let level = LEVELS - 1; level >= 1; level--) at = this.table(t, at, 0, level);
    return at;
  }
  /** kvm_mmu_zap_all_fast up to the release of mmu_lock; `told` = vCPUs that get the request. */
  invalidateAll(t: number, roots: readonly number[], told: readonly number[]): this {
    this.lock(t, 'write').on(t, 'FastZapBegun', 0, 0).on(t, 'ValidGenToggled', 0, 1);
    for (const page of roots) {
      const own = this.set.rules.initialRefcount === 2;
      if (!own) this.get(t, page, 'work');
      this.invalidate(t, page)
        .schedule(t, page, own ? 1 : 0)
        .queue(t, page);
    }
    for (const v of told) this.on(t, 'RequestMade', v, 2, 2);
    return this.unlock(t, 'write');
  }
}
