// Happens-before between threads, from events alone: one pass, in order, a few maps of state. What the events do not
// show makes no edge: a barrier of a user-space script is passed without an event, and plain reads are no events.
import { MACHINE, PAGE, PAGE_KIND, RCU_STATE, THREAD, VCPU, VM } from '../aggregates/layout.js';
import type { World } from '../aggregates/world.js';
import { E } from '../events/catalogue.js';
import { MODE, REQ } from '../events/constants.js';
import { SUBJECT_CODE, SUBJECT_RADIX, subjectOf } from '../events/define.js';
import { LOCK_MODE } from '../events/lock.events.js';
import type { EdgeKind, EdgeSink } from './edges.js';

/** What is needed of a row; columns of the machine, of a fold and of the store fit. */
export interface CausalRows {
  readonly type: ArrayLike<number>;
  readonly thread: ArrayLike<number>;
  readonly subject: ArrayLike<number>;
  readonly a: ArrayLike<number>;
  readonly c: ArrayLike<number>;
}

export interface HappensBeforeOptions {
  /**
   * Also edges of kind `object`: from the last event about a root, SPTE, table, vCPU, VM, memslot or host page to the next
   * one about it. With them, two runs that differ in independent steps only have the same edges.
   */
  readonly objects?: boolean;
}

/** Requests that kvm_make_all_cpus_request makes with KVM_REQUEST_WAIT: it returns when the vCPUs are outside. */
const WAITED_REQUESTS = REQ.TLB_FLUSH | REQ.VM_DEAD | REQ.MMU_FREE_OBSOLETE_ROOTS;
/** Not a bit of `requests`: an SMI that is pending. */
const SMI_PENDING = 31;

/** The last event of each thread that matters for something. */
type ByThread = Map<number, number>;

interface LockState {
  writer: number;
  released: number;
  /** Threads that have acquired it since: the release is behind them in their own order. */
  readonly seen: Set<number>;
  /** Read releases since the lock was last held for write. */
  readonly readers: ByThread;
}

/** Somebody waits until others are through with something. */
interface Pending {
  readonly thread: number;
  readonly waitsFor: Set<number>;
  readonly done: ByThread;
}

interface Outside {
  readonly vcpu: number;
  /** It was in guest mode when it had to be outside: there is a leaving to wait for. */
  inside: boolean;
  left: number;
  by: number;
}

export class HappensBefore {
  private readonly objects: boolean;
  private readonly locks = new Map<number, LockState>();
  private readonly queued = new Map<number, readonly [thread: number, at: number]>();
  /** By VM: items queued or running, by root; the thread that runs each, -1 while it is queued. */
  private readonly items = new Map<number, Map<number, number>>();
  private readonly flushes: (Pending & { readonly vm: number })[] = [];
  private readonly requests = new Map<number, ByThread>();
  private readonly ipis = new Map<number, ByThread>();
  private readonly modes = new Map<number, number>();
  /** By thread: vCPUs that it has to see outside. */
  private readonly outside = new Map<number, Outside[]>();
  private readonly readers = new Set<number>();
  private gracePeriod: Pending | null = null;
  private readonly callers: ByThread = new Map();
  private readonly callbacks = new Map<number, readonly [thread: number, at: number]>();
  private readonly vmOf = new Map<number, number>();
  private readonly lastCallback = new Map<number, readonly [thread: number, at: number]>();
  private readonly srcuReaders = new Map<number, number>();
  private readonly srcuSyncs = new Map<number, Pending>();
  private readonly touched = new Map<number, readonly [thread: number, at: number]>();
  private readonly sptes = new Map<number, Map<number, readonly [thread: number, at: number]>>();

  constructor(
    private readonly sink: EdgeSink,
    options: HappensBeforeOptions = {},
  ) {
    this.objects = options.objects ?? false;
  }

  /**
   * To begin in the middle of a session: what the world says of sections, modes and callbacks that are open there. Edges
   * from events before that place are not made.
   */
  startAt(w: World): void {
    for (let t = 0; t < w.threads; t++) {
      if (w.threadWord(t, THREAD.RCU_NESTING) > 0) this.readers.add(t);
      const vm = w.threadWord(t, THREAD.SRCU_VM) - 1;
      if (vm >= 0) this.srcuReaders.set(t, vm);
      const item = w.threadWord(t, THREAD.WORK_VM) - 1;
      if (item >= 0) this.itemsOf(item).set(w.threadWord(t, THREAD.WORK_SERIAL), t);
    }
    if (w.machineWord(MACHINE.GP_ACTIVE) !== 0) {
      const blocks = threadsWhere(w, THREAD.RCU_BLOCKS_GP);
      this.gracePeriod = { thread: -1, waitsFor: blocks, done: new Map() };
    }
    for (let vm = 0; vm < w.vms; vm++) {
      const by = w.vmWord(vm, VM.SRCU_SYNC) - 1;
      if (by < 0) continue;
      const blocks = threadsWhere(w, THREAD.SRCU_BLOCKS);
      for (const t of blocks) if (w.threadWord(t, THREAD.SRCU_VM) !== vm + 1) blocks.delete(t);
      this.srcuSyncs.set(vm, { thread: by, waitsFor: blocks, done: new Map() });
    }
    for (let v = 0; v < w.vcpus; v++) this.modes.set(v, w.vcpuWord(v, VCPU.MODE));
    for (let p = 0; p < w.machineWord(MACHINE.PAGES_HIGH); p++) {
      const kind = w.pageWord(p, PAGE.KIND);
      if (kind === PAGE_KIND.free) continue;
      const subject =
        kind === PAGE_KIND.root ? subjectOf('root', w.pageWord(p, PAGE.SERIAL)) : subjectOf('table', p);
      this.vmOf.set(subject, w.pageWord(p, PAGE.VM));
      if (w.pageWord(p, PAGE.RCU) !== RCU_STATE.none) this.callbacks.set(subject, [-1, -1]);
    }
  }

  /** Rows [from, to); row i has the number `first + i - from`. */
  take(rows: CausalRows, from: number, to: number, first: number): void {
    for (let i = from; i < to; i++) this.row(rows, i, first + i - from);
  }

  /** One row; numbers grow from call to call. */
  row(rows: CausalRows, i: number, number: number): void {
    this.event(number, rows.type[i], rows.thread[i], rows.subject[i], rows.a[i], rows.c[i]);
  }

  private event(at: number, type: number, t: number, subject: number, a: number, c: number): void {
    const n = subject >> 4;
    if (this.outside.size > 0 && type !== E.RequestMade && type !== E.IpiSent) this.sawOutside(t, at);
    if (this.objects) this.object(at, type, t, subject, a);
    switch (type) {
      case E.LockAcquired:
        this.acquired(at, t, n, a);
        break;
      case E.LockReleased:
        this.released(at, t, n, a);
        break;
      case E.WorkQueued:
        this.queued.set(n, [t, at]);
        this.itemsOf(a).set(n, -1);
        break;
      case E.WorkStarted:
        this.one(this.queued.get(n), t, at, 'work');
        this.queued.delete(n);
        this.itemsOf(a).set(n, t);
        break;
      case E.WorkFinished:
        this.itemsOf(a).delete(n);
        for (const flush of this.flushes) {
          if (flush.vm === a && flush.waitsFor.delete(n)) flush.done.set(t, at);
        }
        break;
      case E.WorkFlushStarted:
        this.flushes.push({
          vm: n,
          thread: t,
          waitsFor: new Set(this.itemsOf(n).keys()),
          done: new Map(),
        });
        break;
      case E.WorkFlushEnded: {
        const k = this.flushes.findIndex((flush) => flush.vm === n && flush.thread === t);
        if (k >= 0) this.all(this.flushes.splice(k, 1)[0].done, t, at, 'workFlush');
        break;
      }
      case E.RequestMade:
        for (let bit = 0; bit < SMI_PENDING; bit++) {
          if ((a & (1 << bit)) !== 0) this.byThread(this.requests, n * 32 + bit).set(t, at);
        }
        if ((a & WAITED_REQUESTS) !== 0) {
          const waits = this.outside.get(t) ?? [];
          waits.push({ vcpu: n, inside: this.isInside(n), left: -1, by: -1 });
          this.outside.set(t, waits);
        }
        break;
      case E.RequestTaken:
        for (let bit = 0; bit < SMI_PENDING; bit++) {
          if ((a & (1 << bit)) !== 0) this.takeRequest(n * 32 + bit, t, at);
        }
        break;
      case E.SmiRequested:
        this.byThread(this.requests, n * 32 + SMI_PENDING).set(t, at);
        break;
      case E.SmiTaken:
        this.takeRequest(n * 32 + SMI_PENDING, t, at);
        break;
      case E.IpiSent:
        this.modes.set(n, MODE.EXITING_GUEST_MODE);
        this.byThread(this.ipis, n).set(t, at);
        this.kicked(n, t);
        break;
      case E.VcpuExited:
        this.leaves(n, t, at);
        break;
      case E.ModeChanged:
        if (a === MODE.OUTSIDE_GUEST_MODE) this.leaves(n, t, at);
        this.modes.set(n, a);
        break;
      case E.RcuReadLocked:
        if (a === 1) this.readers.add(t);
        break;
      case E.RcuReadUnlocked:
        if (a !== 0) break;
        this.readers.delete(t);
        if (this.gracePeriod?.waitsFor.delete(t) === true) this.gracePeriod.done.set(t, at);
        break;
      case E.RcuGracePeriodStarted:
        this.all(this.callers, t, at, 'gracePeriod');
        this.callers.clear();
        this.gracePeriod = { thread: t, waitsFor: new Set(this.readers), done: new Map() };
        break;
      case E.RcuGracePeriodEnded:
        if (this.gracePeriod !== null) this.all(this.gracePeriod.done, t, at, 'rcuReader');
        this.gracePeriod = null;
        break;
      case E.RootListed:
        this.vmOf.set(subject, a);
        break;
      case E.TableAllocated:
        this.vmOf.set(subject, c);
        break;
      case E.RootFreeQueued:
      case E.TableFreeQueued:
        this.callers.set(t, at);
        this.callbacks.set(subject, [t, at]);
        break;
      case E.RootFreed:
      case E.TableFreed:
        this.freed(at, t, subject);
        break;
      case E.VmDestroyed:
      case E.VmCreateFailed:
        this.one(this.lastCallback.get(n), t, at, 'rcuBarrier');
        this.lastCallback.delete(n);
        break;
      case E.SrcuReadLocked:
        this.srcuReaders.set(t, a);
        break;
      case E.SrcuReadUnlocked: {
        this.srcuReaders.delete(t);
        const sync = this.srcuSyncs.get(a);
        if (sync?.waitsFor.delete(t) === true) sync.done.set(t, at);
        break;
      }
      case E.SrcuSyncStarted: {
        const waitsFor = new Set<number>();
        for (const [reader, vm] of this.srcuReaders) if (vm === n && reader !== t) waitsFor.add(reader);
        this.srcuSyncs.set(n, { thread: t, waitsFor, done: new Map() });
        break;
      }
      case E.SrcuSyncEnded: {
        const sync = this.srcuSyncs.get(n);
        if (sync !== undefined) this.all(sync.done, t, at, 'srcuReader');
        this.srcuSyncs.delete(n);
        break;
      }
    }
  }

  private acquired(at: number, t: number, id: number, mode: number): void {
    const lock = this.locks.get(id);
    if (lock === undefined) return;
    // A reader's release comes after the writer's that let it in: behind readers the writer's own edge says nothing new.
    const behindReaders = mode === LOCK_MODE.write && lock.readers.size > 0;
    if (behindReaders) this.all(lock.readers, t, at, 'lock');
    else if (lock.released >= 0 && lock.writer !== t && !lock.seen.has(t))
      this.sink(lock.released, at, 'lock');
    lock.seen.add(t);
    if (mode === LOCK_MODE.write) lock.readers.clear();
  }

  private released(at: number, t: number, id: number, mode: number): void {
    let lock = this.locks.get(id);
    if (lock === undefined) {
      lock = { writer: -1, released: -1, seen: new Set(), readers: new Map() };
      this.locks.set(id, lock);
    }
    if (mode === LOCK_MODE.write) {
      lock.writer = t;
      lock.released = at;
      lock.seen.clear();
    } else {
      lock.readers.set(t, at);
    }
  }

  private takeRequest(key: number, t: number, at: number): void {
    const made = this.requests.get(key);
    if (made === undefined) return;
    this.all(made, t, at, 'request');
    made.clear();
  }

  private isInside(vcpu: number): boolean {
    return (this.modes.get(vcpu) ?? MODE.OUTSIDE_GUEST_MODE) !== MODE.OUTSIDE_GUEST_MODE;
  }

  private leaves(vcpu: number, t: number, at: number): void {
    this.modes.set(vcpu, MODE.OUTSIDE_GUEST_MODE);
    const sent = this.ipis.get(vcpu);
    if (sent !== undefined) {
      this.all(sent, t, at, 'ipi');
      this.ipis.delete(vcpu);
    }
    for (const waits of this.outside.values()) {
      for (const wait of waits) {
        if (wait.vcpu !== vcpu || !wait.inside || wait.left >= 0) continue;
        wait.left = at;
        wait.by = t;
      }
    }
  }

  /** Between request and IPI the vCPU may have left and come back, or only come: what counts is the leaving after the IPI. */
  private kicked(vcpu: number, sender: number): void {
    for (const [t, waits] of this.outside) {
      for (const wait of waits) {
        if (wait.vcpu !== vcpu || (t !== sender && wait.inside)) continue;
        wait.inside = true;
        wait.left = -1;
      }
    }
  }

  /** The thread is through with kvm_make_all_cpus_request, so each vCPU that it waited for has left the guest. */
  private sawOutside(t: number, at: number): void {
    const waits = this.outside.get(t);
    if (waits === undefined) return;
    this.outside.delete(t);
    for (const { left, by } of waits) if (left >= 0) this.one([by, left], t, at, 'vcpuOutside');
  }

  private freed(at: number, t: number, subject: number): void {
    const callback = this.callbacks.get(subject);
    const vm = this.vmOf.get(subject);
    this.vmOf.delete(subject);
    if (callback === undefined) return;
    this.callbacks.delete(subject);
    this.one(callback, t, at, 'rcuCallback');
    if (vm !== undefined) this.lastCallback.set(vm, [t, at]);
  }

  private object(at: number, type: number, t: number, subject: number, a: number): void {
    const kind = subject % SUBJECT_RADIX;
    if (kind === SUBJECT_CODE.machine || kind === SUBJECT_CODE.lock || kind === SUBJECT_CODE.thread) return;
    if (type === E.SpteChanged) {
      let table = this.sptes.get(subject);
      if (table === undefined) {
        table = new Map();
        this.sptes.set(subject, table);
      }
      this.one(table.get(a), t, at, 'object');
      table.set(a, [t, at]);
      return;
    }
    this.one(this.touched.get(subject), t, at, 'object');
    if (type === E.TableFreed || type === E.RootFreed) {
      this.touched.delete(subject);
      this.sptes.delete(subject);
    } else {
      this.touched.set(subject, [t, at]);
    }
  }

  private one(
    source: readonly [thread: number, at: number] | undefined,
    t: number,
    at: number,
    kind: EdgeKind,
  ): void {
    if (source === undefined || source[0] === t || source[1] < 0) return;
    this.sink(source[1], at, kind);
  }

  private all(sources: ByThread, t: number, at: number, kind: EdgeKind): void {
    for (const [thread, from] of sources) if (thread !== t) this.sink(from, at, kind);
  }

  private itemsOf(vm: number): Map<number, number> {
    let items = this.items.get(vm);
    if (items === undefined) {
      items = new Map();
      this.items.set(vm, items);
    }
    return items;
  }

  private byThread(of: Map<number, ByThread>, key: number): ByThread {
    let threads = of.get(key);
    if (threads === undefined) {
      threads = new Map();
      of.set(key, threads);
    }
    return threads;
  }
}

function threadsWhere(w: World, word: number): Set<number> {
  const out = new Set<number>();
  for (let t = 0; t < w.threads; t++) if (w.threadWord(t, word) !== 0) out.add(t);
  return out;
}
