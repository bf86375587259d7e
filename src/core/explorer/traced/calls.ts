// What the tasks of a recording called, thread by thread: each vCPU is a thread of the model, and so is each task that calls functions
// of the VM, and each that changes memory of the process. A task's calls keep their order where they are on several threads.
import { BadInput } from '../../base/errors.js';
import {
  TRACED_CALL,
  TRACED_LIMITS,
  type TracedCall,
  type TracedSlot,
  type TracedWorkload,
} from '../../scenarios/traced/workload.js';
import type { Gfns } from './gfns.js';
import { type MemoryOperation, memoryOperations } from './memory-calls.js';
import {
  type AnyCall,
  type Call,
  type Doing,
  type MemoryCall,
  plainCall,
  type SlotCall,
  type Thread,
  type VmmCall,
} from './task-calls.js';

export class Calls {
  readonly faults: Call[] = [];
  readonly memory: MemoryCall[] = [];
  smm = false;
  private readonly threads: Thread[] = [];
  private readonly byVcpu = new Map<number, number>();
  private readonly byTask = new Map<string, number>();

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
  call(doing: Doing, call: Call | VmmCall): void {
    const own = this.threadOf(doing);
    if (own === undefined) return;
    if (doing.last >= 0 && doing.last !== doing.thread) {
      const before = this.threads[doing.last]!;
      before.calls.push([TRACED_CALL.arrive]);
      own.calls.push([TRACED_CALL.await, doing.last, ++before.arrivals]);
    }
    doing.last = doing.thread;
    own.calls.push(call);
    if ('start' in call) this.memory.push(call);
    if (!('code' in call)) return;
    if (call.code === TRACED_CALL.load) own.loaded = true;
    else if (call.code === TRACED_CALL.fault) this.faults.push(call);
  }

  plain(doing: Doing, code: number): void {
    this.call(doing, plainCall(code));
  }

  /** @param what of its calls: functions of the kernel, or those of user space, which are another thread here */
  runsTask(pid: number, task: string, what: 'kernel' | 'vmm', doing: Doing): void {
    const key = `${what} ${pid}`;
    let thread = this.byTask.get(key);
    if (thread === undefined) {
      const name = `${task.replace(/[^\w.-]/g, '_') || 'task'}-${pid}`;
      thread = this.thread(what === 'kernel' ? name : `${name}.${what}`, -1);
      this.byTask.set(key, thread);
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
      for (const call of calls) number.set(call, !('kept' in call) || call.kept ? ++n : n);
    }
    return number;
  }

  /**
   * @param backed by gfn: whether its page was the process's own when it was first mapped
   * @param logged pages of a slot whose writes are logged
   */
  workload(
    gfns: Gfns,
    backed: ReadonlyMap<number, boolean>,
    logged: ReadonlySet<number>,
  ): Pick<TracedWorkload, 'smm' | 'tableBits' | 'slots' | 'hostPages' | 'backed' | 'threads'> {
    const kept = this.faults.filter((fault) => fault.kept);
    const mapped = new Set(kept.map(({ gfn }) => gfn));
    const memory = memoryOperations(this.memory, kept, gfns);
    const slots = gfns.slots((gfn) => this.spacesOf(kept, gfn), this.smm ? 3 : 1, logged);
    return {
      smm: this.smm,
      tableBits: gfns.tableBits,
      slots,
      hostPages: gfns.hostPages,
      backed: [...backed]
        .flatMap(([gfn, own]) => (own && mapped.has(gfn) ? [gfns.hostPageOf(gfn)] : []))
        .sort((a, b) => a - b),
      threads: this.threads.map(({ name, vcpu, calls }) => ({
        name,
        vcpu,
        calls: withChildren(calls, memory).flatMap((call) => {
          if (!('kept' in call)) return [call];
          if (!call.kept) return [];
          if ('start' in call) return [memory.get(call)!.call];
          if ('what' in call) return slotCalls(call.what, slots, gfns, logged);
          if (call.code !== TRACED_CALL.fault) return [[call.code]];
          return [[call.code, gfns.nameOf(call.gfn), call.access]];
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

/** The calls of a thread, and among them where children of the process end: each before the first call behind that. */
function withChildren(
  calls: readonly AnyCall[],
  memory: ReadonlyMap<MemoryCall, MemoryOperation>,
): readonly AnyCall[] {
  const out: AnyCall[] = [];
  let children: { readonly line: number; readonly call: readonly number[] }[] = [];
  for (const call of calls) {
    if ('kept' in call && 'start' in call && call.kept) {
      const { line } = call;
      out.push(...children.flatMap((child) => (child.line < line ? [child.call] : [])));
      children = children.filter((child) => child.line >= line);
      const ends = memory.get(call)?.childEnds ?? null;
      if (ends !== null) children.push(ends);
    }
    out.push(call);
  }
  return [...out, ...children.map((child) => child.call)];
}

/** Those of the slot, or of the slots that it is made of here. */
function slotCalls(
  what: SlotCall['what'],
  slots: readonly TracedSlot[],
  gfns: Gfns,
  logged: ReadonlySet<number>,
): TracedCall[] {
  const names = [...logged].filter((gfn) => gfns.has(gfn)).map((gfn) => gfns.nameOf(gfn));
  return slots
    .filter((slot) => names.some((name) => name >= slot.gfn && name < slot.gfn + slot.pages))
    .map((slot) =>
      what === 'read log'
        ? [TRACED_CALL.readLog, slot.gfn]
        : [TRACED_CALL.logDirty, slot.gfn, what === 'log on' ? 1 : 0],
    );
}
