// What several invariants must know besides the world: who is in the middle of what. Kept once, by reducers of its own
// that run behind the invariants' `before` and ahead of their `after`, so that it always fits the world they see.
import { PAGE, PAGE_KIND, ROOT_SLOTS, VM, VM_STATE } from '../aggregates/layout.js';
import { is_nonleaf_spte, spte_to_child } from '../aggregates/spte.js';
import type { World } from '../aggregates/world.js';
import { LOCK_MODE } from '../events/lock.events.js';
import { HOLDER } from '../events/root.events.js';
import type { EventRows, Handlers, Take } from './reducer.js';

/** References of iterators that one thread may hold at once: the next root is taken before the last one is put. */
const ITERATORS = 4;

export class RunFacts {
  /**
   * By page: how many vCPU slots (root.hpa, prev_roots) name it. A vCPU puts first and clears its slot second: with mmu_lock
   * held for read the page may be another root by then.
   */
  readonly slots: Int32Array;
  /** By thread: page + 1 of a root whose vCPU reference it took and has not stored, or gave back and has not cleared. */
  readonly got: Int32Array;
  readonly put: Int32Array;
  /** By thread: page + 1 of the root whose work item it runs. */
  readonly work: Int32Array;
  /** By thread: vm + 1 while it is inside kvm_mmu_zap_all. */
  readonly zapsAll: Int32Array;
  /** By thread: vm + 1 from the begin of a notifier's range to the release of mmu_lock that ends it (yields are not). */
  readonly notifier: Int32Array;
  /** By thread: the next release of mmu_lock is a yield. */
  readonly yields: Int32Array;
  private readonly iterators: Int32Array;
  private readonly iteratorSerials: Int32Array;
  private readonly iteratorsHeld: Int32Array;
  /** By page: table + 1 whose entry points to it. */
  private readonly parent: Int32Array;

  constructor(w: World, take: Take) {
    const { pages } = w.layout.topology;
    this.slots = take(pages);
    this.parent = take(pages);
    this.got = take(w.threads);
    this.put = take(w.threads);
    this.work = take(w.threads);
    this.zapsAll = take(w.threads);
    this.notifier = take(w.threads);
    this.yields = take(w.threads);
    this.iterators = take(w.threads * ITERATORS);
    this.iteratorSerials = take(w.threads * ITERATORS);
    this.iteratorsHeld = take(w.threads);
  }

  /** The VM's address space is going, or gone: no vCPU of it enters a guest any more. */
  isEnding(w: World, vm: number): boolean {
    if (w.vmWord(vm, VM.STATE) !== VM_STATE.live || w.vmWord(vm, VM.RELEASED) !== 0) return true;
    return this.zapsAll.includes(vm + 1);
  }

  /** Root of the tree that this table is in, -1 if it is in none (yet, or any more). */
  rootOf(w: World, table: number): number {
    let at = table;
    for (let level = 0; level < 6; level++) {
      if (w.pageWord(at, PAGE.KIND) === PAGE_KIND.root) return at;
      const up = this.parent[at];
      if (up === 0) return -1;
      at = up - 1;
    }
    return -1;
  }

  /** An entry points to this table. (Whether it is counted is another matter: v5.18 counts it after linking it.) */
  isLinked(table: number): boolean {
    return this.parent[table] !== 0;
  }

  iteratorRefs(t: number): number {
    return this.iteratorsHeld[t];
  }

  /** Number of the root (by birth) that thread t took an iterator reference on at this page, -1 if it holds none. */
  iteratorSerial(t: number, page: number): number {
    for (let k = t * ITERATORS; k < (t + 1) * ITERATORS; k++) {
      if (this.iterators[k] === page + 1) return this.iteratorSerials[k];
    }
    return -1;
  }

  readonly before: Handlers = {
    RootLoaded: (w, e, i) => this.nameRoot(w, e, i, e.c[i]),
    RootDropped: (w, e, i) => this.nameRoot(w, e, i, -1),
  };

  private nameRoot(w: World, e: EventRows, i: number, page: number): void {
    const t = e.thread[i];
    const old = w.vcpuWord(e.subject[i] >> 4, ROOT_SLOTS[e.a[i]]);
    if (old !== 0) this.slots[old - 1]--;
    if (page >= 0) {
      this.slots[page]++;
      this.got[t] = 0;
    } else {
      this.put[t] = 0;
    }
  }

  readonly after: Handlers = {
    RootAllocated: (_w, e, i) => {
      this.got[e.thread[i]] = e.c[i] + 1;
      this.parent[e.c[i]] = 0;
    },
    TableAllocated: (_w, e, i) => {
      this.parent[e.subject[i] >> 4] = 0;
    },
    RootGot: (_w, e, i) => {
      const t = e.thread[i];
      if (e.a[i] === HOLDER.vcpu) this.got[t] = e.c[i] + 1;
      else if (e.a[i] === HOLDER.iterator) this.addIterator(t, e.c[i], e.subject[i] >> 4);
    },
    RootReferenceKept: (_w, e, i) => {
      const t = e.thread[i];
      this.dropIterator(t, e.c[i]);
      if (e.a[i] === HOLDER.vcpu) this.got[t] = e.c[i] + 1;
    },
    RootPut: (_w, e, i) => {
      const t = e.thread[i];
      if (e.a[i] === HOLDER.vcpu) {
        // A reference that was never stored in a slot is given back again.
        if (this.got[t] === e.c[i] + 1) this.got[t] = 0;
        else this.put[t] = e.c[i] + 1;
      } else if (e.a[i] === HOLDER.iterator) {
        this.dropIterator(t, e.c[i]);
      }
    },
    WorkStarted: (_w, e, i) => {
      this.work[e.thread[i]] = e.c[i] + 1;
    },
    WorkFinished: (_w, e, i) => {
      this.work[e.thread[i]] = 0;
    },
    ZapAllBegun: (_w, e, i) => {
      this.zapsAll[e.thread[i]] = (e.subject[i] >> 4) + 1;
    },
    ZapAllEnded: (_w, e, i) => {
      this.zapsAll[e.thread[i]] = 0;
    },
    NotifierBegun: (_w, e, i) => {
      this.notifier[e.thread[i]] = (e.subject[i] >> 4) + 1;
    },
    LockYielded: (_w, e, i) => {
      this.yields[e.thread[i]] = 1;
    },
    SpteChanged: (_w, e, i) => {
      const before = e.b[i];
      const after = e.c[i];
      if (is_nonleaf_spte(before)) this.parent[spte_to_child(before)] = 0;
      if (is_nonleaf_spte(after)) this.parent[spte_to_child(after)] = (e.subject[i] >> 4) + 1;
    },
  };

  /** Runs behind the invariants' `after`: they must still see whose release this was. */
  readonly atRelease: Handlers = {
    LockReleased: (_w, e, i) => {
      const t = e.thread[i];
      if (this.yields[t] !== 0) this.yields[t] = 0;
      else if (e.a[i] === LOCK_MODE.write) this.notifier[t] = 0;
    },
  };

  private addIterator(t: number, page: number, serial: number): void {
    this.iteratorsHeld[t]++;
    for (let k = t * ITERATORS; k < (t + 1) * ITERATORS; k++) {
      if (this.iterators[k] !== 0) continue;
      this.iterators[k] = page + 1;
      this.iteratorSerials[k] = serial;
      return;
    }
  }

  private dropIterator(t: number, page: number): void {
    for (let k = t * ITERATORS; k < (t + 1) * ITERATORS; k++) {
      if (this.iterators[k] !== page + 1) continue;
      this.iterators[k] = 0;
      this.iteratorsHeld[t]--;
      return;
    }
  }
}
