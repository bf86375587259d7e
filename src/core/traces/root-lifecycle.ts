// Turns the decoded events of a recording into its lifecycle stream. Every reference is counted from the births on;
// what a probe printed is only compared, because it was read before and not together with the change.

import type { FrameEvent } from './frames/frame.js';
import { type KvmEvent, KvmEventDecoder } from './kvm-events.js';
import { type At, exitOf, faultOf, LifecycleOutput, whereOf } from './lifecycle-output.js';
import type { LifecycleRules } from './lifecycle-rules.js';
import type { DropCause, InvalidationCause, Lifecycle } from './recorded-event.js';
import { readMark } from './recorded-marks.js';
import { identifyThreads, type RecordedThreads } from './recorded-threads.js';
import { type LedgerRoot, RootLedger } from './root-ledger.js';
import { pairRootWalks, type RootWalks } from './root-walks.js';
import type { TraceText } from './trace-text.js';

export function readLifecycle(trace: TraceText, rules: LifecycleRules): Lifecycle {
  const decoder = new KvmEventDecoder();
  const events = trace.events.map((frame) => decoder.decode(frame));
  const reader = new LifecycleReader(
    rules,
    identifyThreads(trace.events, events),
    pairRootWalks(trace.events, events),
  );
  events.forEach((event, index) => {
    const line = trace.events[index];
    if (line !== undefined) reader.read(line, event, index);
  });
  return reader.result();
}

/** What a task is in the middle of: decides whose reference a put gives back. */
interface TaskState {
  /** The vCPU whose roots it is dropping, and why. */
  dropping: { readonly vcpu: number | null; readonly cause: DropCause };
  /** The root that mmu_free_root_page is about to put. */
  freeing: LedgerRoot | undefined;
  /** It allocated a root since its last lookup began. */
  allocated: boolean;
  /** The root whose reference its lookup's walk has kept. */
  kept: LedgerRoot | undefined;
  /** The walker on whose behalf tdp_mmu_next_root runs, from the call to the return. */
  walker: string | null;
  /** The root that it zaps, from the first pass on. */
  zapping: { readonly root: LedgerRoot; readonly shared: boolean } | null;
  inWork: LedgerRoot | undefined;
  inZapInvalidated: boolean;
  inUninit: boolean;
}

type PutEvent = Extract<KvmEvent, { readonly type: 'put' }>;

class LifecycleReader {
  readonly #ledger: RootLedger;
  readonly #tasks = new Map<number, TaskState>();
  readonly #out: LifecycleOutput;
  #putsCompared = 0;
  #rootPagesAnnounced = 0;

  constructor(
    readonly rules: LifecycleRules,
    readonly threads: RecordedThreads,
    readonly walks: RootWalks,
  ) {
    this.#ledger = new RootLedger(rules);
    this.#out = new LifecycleOutput(rules);
  }

  result(): Lifecycle {
    return {
      events: this.#out.events,
      roots: this.#ledger.summary(),
      putsCompared: this.#putsCompared,
      disagreements: this.#out.disagreements,
      gaps: this.#out.gaps,
      rootPagesAnnounced: this.#rootPagesAnnounced,
      unknownEvents: this.#out.unknownEvents,
    };
  }

  read(line: FrameEvent, event: KvmEvent, index: number): void {
    const task = this.#task(line.pid);
    const at = whereOf(line, this.threads.roleOf(line.pid));
    switch (event.type) {
      case 'mark':
        this.#out.push(readMark(event.text, at));
        break;
      case 'tableInit':
        this.#tableInit(event, at, task);
        break;
      case 'pageAnnounced':
        if (this.rules.announcesRoots && event.created && event.level >= 4) this.#rootPagesAnnounced += 1;
        break;
      case 'tableFreed':
        this.#tableFreed(event, line);
        break;

      case 'rootFreed':
        this.#rootFreed(event.root, line, at);
        break;

      case 'lookup':
        task.dropping = { vcpu: this.threads.vcpuIdOf(event.vcpu), cause: 'unknown' };
        task.allocated = false;
        task.kept = undefined;
        break;
      case 'lookupReturned':
        this.#lookupReturned(event.hpa, at, task);
        break;
      case 'resetContext':
        task.dropping = { vcpu: this.threads.vcpuIdOf(event.vcpu), cause: 'resetContext' };
        this.#out.push({ ...at, type: 'contextReset', vcpu: task.dropping.vcpu });
        break;
      case 'unload':
        task.dropping = { vcpu: this.threads.vcpuIdOf(event.vcpu), cause: 'unload' };
        this.#out.push({ ...at, type: 'vcpuUnloaded', vcpu: task.dropping.vcpu });
        break;
      case 'freeObsolete':
        task.dropping = { vcpu: this.threads.vcpuIdOf(event.vcpu), cause: 'obsolete' };
        break;
      case 'freeRootPage':
        task.freeing = event.hpa === null ? undefined : this.#ledger.byHpa(event.hpa);
        if (event.hpa !== null && task.freeing === undefined) this.#out.gap(line, 'unknownRoot', line.body);
        else if (this.rules.putShownBy === 'mmu_free_root_page') this.#unprobedPut(at, task);
        break;

      case 'put':
        this.#put(event, line, at, task);
        break;
      case 'nextRoot':
        this.#nextRoot(line, at, task, index);
        break;
      case 'nextRootReturned':
        task.walker = null;
        if (this.walks.orphans.has(index)) this.#out.gap(line, 'returnWithoutWalk', line.body);
        break;

      case 'invalidateAll':
        this.#invalidateAll(at, task.inUninit ? 'uninit' : 'invalidateAll');
        break;
      case 'zapInvalidated':
        task.inZapInvalidated = true;
        break;
      case 'zapInvalidatedReturned':
        this.#endZap(at, task);
        task.inZapInvalidated = false;
        if (task.inUninit) this.#out.push({ ...at, type: 'vmDestroyEnded' });
        task.inUninit = false;
        break;
      case 'zapPass':
        this.#zapPass(event, line, at, task);
        break;
      case 'zapScheduled':
        this.#zapScheduled(event, line, at);
        break;
      case 'workQueued':
        this.#ofWork(event.work, line, (root) =>
          this.#out.push({ ...at, type: 'workQueued', root: root.ordinal }),
        );
        break;
      case 'work':
        this.#ofWork(event.work, line, (root) => {
          this.#out.compare(line, root, event);
          task.inWork = root;
          this.#out.push({ ...at, type: 'workStarted', root: root.ordinal });
        });
        break;
      case 'workReturned':
        this.#endZap(at, task);
        if (task.inWork === undefined) this.#out.gap(line, 'unknownRoot', line.event);
        else this.#out.push({ ...at, type: 'workFinished', root: task.inWork.ordinal });
        task.inWork = undefined;
        break;
      case 'fastZap':
        this.#out.push({ ...at, type: 'fastZapBegun' });
        break;
      case 'fastZapReturned':
        this.#out.push({ ...at, type: 'fastZapEnded' });
        break;
      case 'zapAll':
        this.#out.push({ ...at, type: 'vmDestroyBegun' });
        break;
      case 'zapAllRoots':
        if (this.rules.zapAllIsInlined) this.#out.push({ ...at, type: 'vmDestroyBegun' });
        break;

      case 'mmuInit':
        this.#out.push({ ...at, type: 'vmCreated' });
        break;
      case 'mmuUninit':
        if (this.rules.zapBy === 'caller') {
          task.inUninit = true;
          if (!this.rules.uninitShowsInvalidation) this.#invalidateAll(at, 'uninit');
        } else {
          this.#out.push({ ...at, type: 'vmDestroyEnded' });
        }
        break;
      case 'exit':
        this.#out.push(exitOf(event, at));
        break;
      case 'pageFault':
        this.#out.push(faultOf(event, at));
        break;
      case 'smm':
        this.#out.push({ ...at, type: event.entering ? 'smmEntered' : 'smmLeft', vcpu: event.vcpu });
        break;

      case 'mmuLoad':
      case 'entry':
      case 'ignored':
        break;
      case 'unknown':
        this.#out.unknown(line.event);
        break;
      case 'undecodable':
        this.#out.gap(line, 'undecodable', `${line.event}: no readable ${event.field}`);
        break;
    }
  }

  #tableInit(event: Extract<KvmEvent, { readonly type: 'tableInit' }>, at: At, task: TaskState): void {
    if (!event.isRoot) {
      this.#ledger.recycled(event.sp, event.spt);
      return;
    }
    const root = this.#ledger.born(event.sp, event.spt, event.role);
    task.allocated = true;
    this.#out.push({
      ...at,
      type: 'rootAllocated',
      root: root.ordinal,
      smm: root.smm,
      level: root.level,
      count: root.count,
    });
  }

  #tableFreed(event: Extract<KvmEvent, { readonly type: 'tableFreed' }>, line: FrameEvent): void {
    const root = this.#ledger.byRcuHead(event.rcuHead, event.spt);
    if (root === undefined || root.freed) return; // a child's table
    root.freed = true;
    if (root.count !== 0)
      this.#out.gap(line, 'freedWhileReferenced', `root ${root.ordinal} counts ${root.count}`);
    this.#out.push({ ...whereOf(line, 'rcu'), type: 'freed', root: root.ordinal });
  }

  /** mmu_free_root_page is the put: nothing shows the count. */
  #unprobedPut(at: At, task: TaskState): void {
    const root = task.freeing;
    if (root === undefined) return;
    task.freeing = undefined;
    const countBefore = root.count;
    root.count -= 1;
    const [countAfter, printed] = [root.count, countBefore];
    const put = { ...at, root: root.ordinal, countBefore, countAfter, printed, shared: false };
    this.#out.push({ ...put, type: 'vcpuPut', ...task.dropping });
  }

  #rootFreed(address: number, line: FrameEvent, at: At): void {
    const root = this.#ledger.byAddress(address);
    if (root === undefined) {
      this.#out.gap(line, 'unknownRoot', line.body);
      return;
    }
    root.freed = true;
    root.valid = false;
    if (root.count !== 0)
      this.#out.gap(line, 'freedWhileReferenced', `root ${root.ordinal} counts ${root.count}`);
    this.#out.push({ ...at, type: 'freed', root: root.ordinal });
  }

  #lookupReturned(hpa: number, at: At, task: TaskState): void {
    const root = this.#ledger.byHpa(hpa);
    if (root === undefined) {
      this.#out.gap(at, 'unknownRoot', `lookup returned hpa 0x${hpa.toString(16)}`);
      return;
    }
    const reuse = !task.allocated;
    // A new root is born with this reference, and the one at which a walk stopped was counted there.
    if (reuse && task.kept !== root) root.count += 1;
    task.kept = undefined;
    this.#out.push({
      ...at,
      type: 'vcpuGet',
      root: root.ordinal,
      vcpu: task.dropping.vcpu,
      reuse,
      count: root.count,
    });
  }

  #nextRoot(line: FrameEvent, at: At, task: TaskState, index: number): void {
    this.#endZap(at, task);
    const step = this.walks.steps.get(index);
    task.walker = step?.caller ?? 'unknown';
    if (step === undefined) {
      this.#out.gap(line, 'walkWithoutReturn', line.body);
      return;
    }
    if (step.next === 0) return;
    const root = this.#ledger.byAddress(step.next);
    if (root === undefined) {
      this.#out.gap(line, 'unknownRoot', `${step.caller} walked to 0x${step.next.toString(16)}`);
      return;
    }
    root.count += 1;
    if (step.kept) {
      task.kept = root;
      return;
    }
    this.#out.push({
      ...at,
      type: 'iteratorGet',
      root: root.ordinal,
      caller: step.caller,
      count: root.count,
    });
  }

  #put(event: PutEvent, line: FrameEvent, at: At, task: TaskState): void {
    this.#endZap(at, task);
    const root = this.#ledger.byAddress(event.root);
    if (root === undefined) {
      this.#out.gap(line, 'unknownRoot', line.body);
      return;
    }
    this.#putsCompared += 1;
    this.#out.compare(line, root, event);
    const countBefore = root.count;
    root.count -= 1;
    const put = {
      ...at,
      root: root.ordinal,
      countBefore,
      countAfter: root.count,
      printed: event.refcount,
      shared: event.shared,
    };
    if (task.walker !== null) {
      this.#out.push({ ...put, type: 'iteratorPut', caller: task.walker });
    } else if (task.freeing === root) {
      this.#out.push({ ...put, type: 'vcpuPut', ...task.dropping });
      task.freeing = undefined;
    } else if (task.inWork === root) {
      this.#out.push({ ...put, type: 'workerPut' });
    } else if (task.inZapInvalidated) {
      this.#out.push({ ...put, type: 'tdpMmuPut' });
    } else {
      this.#out.gap(line, 'unexplainedPut', line.body);
      this.#out.push({ ...put, type: 'otherPut' });
    }
    if (root.count === 0 && root.valid) {
      if (this.rules.zapBy === 'worker') {
        root.count = 1;
        root.resurrected = true;
      }
      this.#out.push({ ...at, type: 'lastPutOfValidRoot', root: root.ordinal, count: root.count });
    }
  }

  /** kvm_tdp_mmu_invalidate_all_roots names no root. Where a worker zaps, each root's own event follows and does it. */
  #invalidateAll(at: At, cause: InvalidationCause): void {
    if (this.rules.zapBy === 'worker') return;
    for (const root of this.#ledger.validNewestFirst()) {
      root.valid = false;
      this.#out.push({ ...at, type: 'invalidated', root: root.ordinal, cause, count: root.count });
    }
  }

  #zapScheduled(event: Extract<KvmEvent, { readonly type: 'zapScheduled' }>, line: FrameEvent, at: At): void {
    const root = this.#ledger.byAddress(event.root);
    if (root === undefined) {
      this.#out.gap(line, 'unknownRoot', line.body);
      return;
    }
    const cause = root.resurrected ? 'lastPut' : 'invalidateAll';
    if (!root.resurrected) root.count += 1; // the work item's reference
    root.resurrected = false;
    root.valid = false;
    this.#out.compare(line, root, event);
    this.#out.push({ ...at, type: 'invalidated', root: root.ordinal, cause, count: root.count });
  }

  /** __tdp_mmu_zap_root runs once for each level of one zap. */
  #zapPass(
    event: Extract<KvmEvent, { readonly type: 'zapPass' }>,
    line: FrameEvent,
    at: At,
    task: TaskState,
  ): void {
    const root = this.#ledger.byAddress(event.root);
    if (root === undefined) {
      this.#out.gap(line, 'unknownRoot', line.body);
      return;
    }
    this.#out.compare(line, root, event);
    if (task.zapping?.root === root) return;
    this.#endZap(at, task);
    task.zapping = { root, shared: event.shared };
    this.#out.push({
      ...at,
      type: 'zapStarted',
      root: root.ordinal,
      shared: event.shared,
      count: root.count,
    });
  }

  /** No probe stands at the end of a zap: it is over when its task does the next thing with a root. */
  #endZap(at: At, task: TaskState): void {
    if (task.zapping === null) return;
    const { root, shared } = task.zapping;
    task.zapping = null;
    this.#out.push({ ...at, type: 'zapFinished', root: root.ordinal, shared, count: root.count });
  }

  #ofWork(work: number, line: FrameEvent, then: (root: LedgerRoot) => void): void {
    const root = this.#ledger.byWork(work);
    if (root === undefined) this.#out.gap(line, 'unknownRoot', line.body);
    else then(root);
  }

  #task(pid: number): TaskState {
    let task = this.#tasks.get(pid);
    if (task === undefined) {
      task = {
        dropping: { vcpu: null, cause: 'unknown' },
        freeing: undefined,
        allocated: false,
        kept: undefined,
        walker: null,
        zapping: null,
        inWork: undefined,
        inZapInvalidated: false,
        inUninit: false,
      };
      this.#tasks.set(pid, task);
    }
    return task;
  }
}
