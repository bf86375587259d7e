// Lines about a vCPU: entries and exits, SMM, resets, loads. What of them is a call of its own, and what is a part of another one.
import type { TracedLine } from '../../imports/event-codec.js';
import { TRACED_CALL } from '../../scenarios/traced/workload.js';
import type { Calls } from './calls.js';
import type { Steps } from './observed-steps.js';
import { type Doing, outside } from './task-calls.js';
import type { VcpuNames } from './vcpu-names.js';

type Of<T extends TracedLine['event']['type']> = Extract<TracedLine['event'], { readonly type: T }>;

export class VcpuLines {
  constructor(
    private readonly calls: Calls,
    private readonly steps: Steps,
    private readonly vcpus: VcpuNames,
  ) {}

  /** The task acts for this vCPU from here on. */
  runs(index: number | null, doing: Doing): void {
    if (index !== null) this.calls.runs(this.vcpus.ofIndex(index), doing);
  }

  private runsAt(address: number, doing: Doing): void {
    const vcpu = this.vcpus.ofAddress(address);
    if (vcpu !== null) this.calls.runs(vcpu, doing);
  }

  load({ vcpu }: Of<'mmuLoad'>, doing: Doing): void {
    this.runsAt(vcpu, doing);
    outside(doing);
    this.calls.plain(doing, TRACED_CALL.load);
  }

  entered({ vcpu }: Of<'entry'>, doing: Doing): void {
    this.runs(vcpu, doing);
    outside(doing);
    const own = this.calls.threadOf(doing);
    if (own === undefined) return;
    // Without a probe of what drops obsolete roots, and of kvm_mmu_load: whoever enters has looked at its requests and has a root.
    if (own.stale) this.calls.plain(doing, TRACED_CALL.requests);
    if (!own.loaded || own.stale) this.calls.plain(doing, TRACED_CALL.load);
    own.stale = false;
  }

  exited({ vcpu, reason }: Of<'exit'>, doing: Doing): void {
    this.runs(vcpu, doing);
    outside(doing);
    if (reason.toLowerCase() !== 'rsm') return;
    this.changesSmm(doing, TRACED_CALL.leaveSmm);
    doing.insideSmm = true;
  }

  smm({ vcpu, entering }: Of<'smm'>, doing: Doing): void {
    this.runs(vcpu, doing);
    // An exit for RSM has begun to leave already.
    if (entering || !doing.insideSmm)
      this.changesSmm(doing, entering ? TRACED_CALL.enterSmm : TRACED_CALL.leaveSmm);
    doing.insideSmm = true;
    this.steps.step(entering ? 'enterSmm' : 'leaveSmm', doing, 0);
  }

  private changesSmm(doing: Doing, code: number): void {
    this.calls.smm = true;
    this.calls.plain(doing, code);
    const own = this.calls.threadOf(doing);
    if (own !== undefined) own.loaded = false;
  }

  reset({ vcpu }: Of<'resetContext'>, doing: Doing): void {
    if (doing.insideSmm || doing.closing) return;
    const before = doing.who;
    this.runsAt(vcpu, doing);
    doing.insideReset = true;
    const own = this.calls.threadOf(doing);
    // Those of its making have nothing to drop, and are not the vCPU's thread's.
    if (own === undefined || !own.loaded) {
      if (before === null) doing.who = null;
      return;
    }
    this.calls.plain(doing, TRACED_CALL.reset);
    own.loaded = false;
  }

  unloads({ vcpu }: Of<'unload' | 'freeObsolete'>, doing: Doing): void {
    if (doing.insideSmm || doing.insideReset || doing.closing) return;
    this.runsAt(vcpu, doing);
    if (this.calls.threadOf(doing)?.loaded === true) this.calls.plain(doing, TRACED_CALL.requests);
  }
}
