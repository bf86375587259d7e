// What the tasks of a recording called, thread by thread: each vCPU is a thread of the model, and so is each task that calls functions
// of the VM. A task's calls keep their order where they are on several threads.
import { BadInput } from '../../base/errors.js';
import { TRACED_CALL, TRACED_LIMITS, type TracedWorkload } from '../../scenarios/traced/workload.js';
import type { Gfns } from './gfns.js';
import type { Who } from './observed.js';

export interface Call {
  readonly code: number;
  gfn: number;
  access: number;
  /** Of faults: it installed something, or the host gave it a page of its own. */
  kept: boolean;
  /** Of faults: walks of the MMU notifier over all roots, one for each address space that has the page. */
  walks: number;
}

export type AnyCall = Call | readonly number[];

export interface Thread {
  readonly name: string;
  readonly vcpu: number;
  readonly calls: AnyCall[];
  arrivals: number;
  /** Its vCPU has loaded a root since what last dropped all of them. */
  loaded: boolean;
  /** All roots were invalidated since it entered: it will be asked to drop its own. */
  stale: boolean;
}

/** What a task is in the middle of. */
export interface Doing {
  who: Who | null;
  thread: number;
  fault: Call | null;
  /** Resets and unloads that belong to a change of SMM, unloads that belong to a reset. */
  insideSmm: boolean;
  insideReset: boolean;
  born: number;
  scheduled: number;
  zapping: number;
  fastZap: boolean;
  closing: boolean;
  /** Its last call, for the order of one task's calls on several threads. */
  last: number;
}

export class Calls {
  readonly faults: Call[] = [];
  smm = false;
  private readonly threads: Thread[] = [];
  private readonly byVcpu = new Map<number, number>();
  private readonly byTask = new Map<number, number>();

  runs(vcpu: number, doing: Doing): void {
    if (doing.closing) return;
    let thread = this.byVcpu.get(vcpu);
    if (thread === undefined) {
      thread = this.thread(`vcpu${vcpu}`, vcpu);
      this.byVcpu.set(vcpu, thread);
    }
    doing.thread = thread;
    doing.who = { is: 'caller', thread };
  }

  private thread(name: string, vcpu: number): number {
    if (this.threads.length >= TRACED_LIMITS.threads)
      throw new BadInput(
        'traced-limit',
        `more than ${TRACED_LIMITS.threads} vCPUs and tasks call the TDP MMU: choose a window that ends earlier`,
      );
    this.threads.push({ name, vcpu, calls: [], arrivals: 0, loaded: false, stale: false });
    return this.threads.length - 1;
  }

  threadOf(doing: Doing): Thread | undefined {
    return doing.who?.is === 'caller' ? this.threads[doing.thread] : undefined;
  }

  /** A task goes on with its next call when the one before is done, though it may be another thread's here. */
  call(doing: Doing, call: Call): void {
    const own = this.threadOf(doing);
    if (own === undefined) return;
    if (doing.last >= 0 && doing.last !== doing.thread) {
      const before = this.threads[doing.last]!;
      before.calls.push([TRACED_CALL.arrive]);
      own.calls.push([TRACED_CALL.await, doing.last, ++before.arrivals]);
    }
    doing.last = doing.thread;
    if (call.code === TRACED_CALL.load) own.loaded = true;
    own.calls.push(call);
    if (call.code === TRACED_CALL.fault) this.faults.push(call);
  }

  plain(doing: Doing, code: number): void {
    this.call(doing, { code, gfn: 0, access: 0, kept: true, walks: 0 });
  }

  runsTask(pid: number, task: string, doing: Doing): void {
    let thread = this.byTask.get(pid);
    if (thread === undefined) {
      thread = this.thread(`${task.replace(/[^\w.-]/g, '_') || 'task'}-${pid}`, -1);
      this.byTask.set(pid, thread);
    }
    doing.thread = thread;
    doing.who = { is: 'caller', thread };
  }

  /** All roots were invalidated. */
  goStale(): void {
    for (const thread of this.threads) thread.stale = thread.vcpu >= 0;
  }

  lastOf(thread: number): AnyCall | null {
    return this.threads[thread]!.calls.at(-1) ?? null;
  }

  /** Of each call: how many of its thread's calls have begun with it. */
  numbers(): Map<AnyCall, number> {
    const number = new Map<AnyCall, number>();
    for (const { calls } of this.threads) {
      let n = 0;
      for (const call of calls) number.set(call, !('code' in call) || call.kept ? ++n : n);
    }
    return number;
  }

  /** @param backed by gfn: whether its page was the process's own when it was first mapped */
  workload(
    gfns: Gfns,
    backed: ReadonlyMap<number, boolean>,
  ): Pick<TracedWorkload, 'smm' | 'tableBits' | 'slots' | 'hostPages' | 'backed' | 'threads'> {
    const kept = this.faults.filter((fault) => fault.kept);
    const mapped = new Set(kept.map(({ gfn }) => gfn));
    return {
      smm: this.smm,
      tableBits: gfns.tableBits,
      slots: gfns.slots((gfn) => this.spacesOf(kept, gfn), this.smm ? 3 : 1),
      hostPages: gfns.hostPages,
      backed: [...backed]
        .flatMap(([gfn, own]) => (own && mapped.has(gfn) ? [gfns.hostPageOf(gfn)] : []))
        .sort((a, b) => a - b),
      threads: this.threads.map(({ name, vcpu, calls }) => ({
        name,
        vcpu,
        calls: calls.flatMap((call) => {
          if (!('code' in call)) return [call];
          if (call.code !== TRACED_CALL.fault) return [[call.code]];
          return call.kept ? [[call.code, gfns.nameOf(call.gfn), call.access]] : [];
        }),
      })),
    };
  }

  /** A page of SMM alone: where the host gave it a page of its own, the notifier walked once. */
  private spacesOf(faults: readonly Call[], gfn: number): number {
    if (!this.smm) return 1;
    return faults.some((fault) => fault.gfn === gfn && fault.walks === 1) ? 2 : 3;
  }
}

export function newTask(): Doing {
  return {
    who: null,
    thread: -1,
    fault: null,
    insideSmm: false,
    insideReset: false,
    born: 0,
    scheduled: 0,
    zapping: 0,
    fastZap: false,
    closing: false,
    last: -1,
  };
}

/** A task is through with what it was in the middle of. */
export function outside(doing: Doing): void {
  doing.fault = null;
  doing.insideSmm = false;
  doing.insideReset = false;
}
