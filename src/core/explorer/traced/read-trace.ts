// From the decoded lines of a recording to what the model is to do (a workload: the kernel functions that tasks called) and to
// what was seen of it (steps). One pass; what a line starts, a call of a vCPU, of the VM or a work item, owns the lines of its
// task until the next one. What a vCPU does is one thread of the model, whichever tasks did it: vcpu->mutex keeps them apart.
import { BadInput } from '../../base/errors.js';
import { ACCESS } from '../../events/constants.js';
import type { TracedLine } from '../../imports/event-codec.js';
import { TRACED_CALL, TRACED_LIMITS, type TracedWorkload } from '../../scenarios/traced/workload.js';
import { type AnyCall, type Call, Calls, type Doing, newTask, outside } from './calls.js';
import { Gfns } from './gfns.js';
import type { Observed, ObservedStep, StepKind, Who } from './observed.js';
import { RootNames } from './traced-roots.js';
import { VcpuNames } from './vcpu-names.js';

/** Lines that are read at most, from the beginning of the recording. */
export const MAX_TRACED_LINES = 100_000;
/** Steps that are followed at most. */
export const MAX_TRACED_STEPS = 50_000;
/** Pages beside those that the recording shows: the next root, and what is not freed yet. */
const SPARE_PAGES = 16;
const MAX_WORKERS = 4;

type Event = TracedLine['event'];
type Of<T extends Event['type']> = Extract<Event, { readonly type: T }>;

interface Step extends Omit<ObservedStep, 'gfn' | 'call'> {
  /** The call of its thread that it belongs to. */
  readonly of: AnyCall | null;
  readonly fault: Call | null;
  readonly recordedGfn: number;
}

const PRESENT_FAULT = 0x1;
const WRITE_FAULT = 0x2;
const FETCH_FAULT = 0x10;
const PAGE_BYTES = 4_096;
const LOW = 2 ** 31;
const SPTE_PRESENT = 0x1;
const SPTE_WRITABLE = 0x2;

class Reading {
  private readonly calls = new Calls();
  private readonly tasks = new Map<number, Doing>();
  private readonly steps: Step[] = [];
  private readonly roots = new RootNames();
  private readonly leftOut = new Map<string, number>();
  private readonly seen = new Set<Event['type']>();
  /** By gfn: whether its page was the process's own when it was first mapped. */
  private readonly backed = new Map<number, boolean>();
  /** By gfn: mapped read-only now. */
  private readonly readOnly = new Set<number>();
  private readonly workers = new Set<number>();
  private tables = 0;
  private closes = false;
  private line!: TracedLine;

  constructor(
    private readonly lines: readonly TracedLine[],
    private readonly vcpus: VcpuNames,
  ) {}

  read(): Observed {
    for (let k = 0; k < this.lines.length; k++) {
      this.line = this.lines[k]!;
      const { event, pid } = this.line;
      this.seen.add(event.type);
      if (event.type === 'gap') throw lost(this.line.lineNumber);
      const doing = this.tasks.get(pid) ?? newTask();
      this.tasks.set(pid, doing);
      this.take(event, doing, k);
      if (this.closes && event.type === 'mmuUninit') this.closed = true;
    }
    return this.observed();
  }
  private closed = false;

  private take(event: Exclude<Event, { readonly type: 'gap' }>, doing: Doing, k: number): void {
    switch (event.type) {
      case 'mmuLoad':
        this.onVcpu(event.vcpu, doing);
        outside(doing);
        this.calls.plain(doing, TRACED_CALL.load);
        break;
      case 'lookup':
        doing.born = 0;
        break;
      case 'lookupReturned':
        this.returned(event, doing);
        break;
      case 'entry':
        this.entered(event.vcpu, doing);
        break;
      case 'exit':
        this.exited(event, doing);
        break;
      case 'smm':
        this.smmChanged(event, doing);
        break;
      case 'resetContext':
        this.reset(event.vcpu, doing);
        break;
      case 'unload':
      case 'freeObsolete':
        if (doing.insideSmm || doing.insideReset || doing.closing) break;
        this.onVcpu(event.vcpu, doing);
        if (this.calls.threadOf(doing)?.loaded === true) this.calls.plain(doing, TRACED_CALL.requests);
        break;
      case 'pageFault':
        this.faulted(event, doing);
        break;
      case 'spteSet':
        this.installed(event, doing);
        break;
      case 'hvaUnmapped':
        if (doing.fault !== null) doing.fault.kept = true;
        else if (!doing.closing) {
          doing.who = null;
          this.leave('the MMU notifier of a task that is in no fault');
        }
        break;
      case 'tableInit':
        this.made(event, doing);
        break;
      case 'pageAnnounced':
        this.announced(event, doing);
        break;
      case 'nextRoot':
        doing.zapping = 0;
        if (event.previous === 0 && doing.fault !== null) doing.fault.walks++;
        this.walked(doing, k);
        break;
      case 'put':
        doing.zapping = 0;
        this.step('put', doing, this.roots.at(event.root));
        break;
      case 'freeRootPage':
        if (event.hpa !== null && !this.vcpus.putProbed) this.step('put', doing, this.roots.atHpa(event.hpa));
        break;
      case 'zapScheduled':
        doing.scheduled = this.roots.at(event.root);
        this.step('scheduled', doing, doing.scheduled);
        break;
      case 'workQueued':
        this.roots.queue(event.work, doing.scheduled);
        this.step('queued', doing, doing.scheduled);
        break;
      case 'work':
        doing.who = { is: 'worker', pid: this.line.pid };
        this.workers.add(this.line.pid);
        this.step('started', doing, this.roots.ofWork(event.work));
        break;
      case 'workReturned':
        doing.zapping = 0;
        this.step('finished', doing, 0);
        doing.who = null;
        break;
      case 'zapPass': {
        const root = this.roots.at(event.root);
        if (doing.zapping !== root) this.step('zap', doing, root);
        doing.zapping = root;
        break;
      }
      case 'zapInvalidatedReturned':
        doing.zapping = 0;
        break;
      case 'rootFreed':
        this.step('freed', doing, this.roots.at(event.root));
        break;
      case 'tableFreed': {
        const root = this.roots.atTable(event.spt);
        if (root !== undefined) this.add('freed', { is: 'rcu' }, root, null, 0);
        break;
      }
      case 'fastZap':
        this.fastZap(doing);
        break;
      case 'fastZapAnnounced':
        if (!doing.fastZap) {
          this.fastZap(doing);
          doing.fastZap = false;
        }
        break;
      case 'fastZapReturned':
        this.step('fastZapped', doing, 0);
        doing.fastZap = false;
        doing.who = null;
        break;
      case 'zapAll':
        this.close(doing);
        break;
      case 'zapAllRoots':
        if (!this.vcpus.zapAllProbed && !doing.fastZap) this.close(doing);
        break;
      case 'mmuUninit':
        this.close(doing);
        break;
      default:
    }
  }

  // ---- who ---------------------------------------------------------------------------------------------------------------

  private onVcpu(address: number, doing: Doing): void {
    const vcpu = this.vcpus.ofAddress(address);
    if (vcpu !== null) this.calls.runs(vcpu, doing);
  }

  // ---- vCPUs -------------------------------------------------------------------------------------------------------------

  private entered(index: number, doing: Doing): void {
    this.calls.runs(this.vcpus.ofIndex(index), doing);
    outside(doing);
    const own = this.calls.threadOf(doing);
    if (own === undefined) return;
    // Without a probe of what drops obsolete roots, and of kvm_mmu_load: whoever enters has looked at its requests and has a root.
    if (own.stale) this.calls.plain(doing, TRACED_CALL.requests);
    if (!own.loaded || own.stale) this.calls.plain(doing, TRACED_CALL.load);
    own.stale = false;
  }

  private exited({ vcpu, reason }: Of<'exit'>, doing: Doing): void {
    if (vcpu !== null) this.calls.runs(this.vcpus.ofIndex(vcpu), doing);
    outside(doing);
    if (reason.toLowerCase() !== 'rsm') return;
    this.changesSmm(doing, TRACED_CALL.leaveSmm);
    doing.insideSmm = true;
  }

  private smmChanged({ vcpu, entering }: Of<'smm'>, doing: Doing): void {
    this.calls.runs(this.vcpus.ofIndex(vcpu), doing);
    // An exit for RSM has begun to leave already.
    if (entering || !doing.insideSmm)
      this.changesSmm(doing, entering ? TRACED_CALL.enterSmm : TRACED_CALL.leaveSmm);
    doing.insideSmm = true;
    this.step(entering ? 'enterSmm' : 'leaveSmm', doing, 0);
  }

  private changesSmm(doing: Doing, code: number): void {
    this.calls.smm = true;
    this.calls.plain(doing, code);
    const own = this.calls.threadOf(doing);
    if (own !== undefined) own.loaded = false;
  }

  private reset(address: number, doing: Doing): void {
    if (doing.insideSmm || doing.closing) return;
    this.onVcpu(address, doing);
    doing.insideReset = true;
    const own = this.calls.threadOf(doing);
    // Those of its making have nothing to drop.
    if (own === undefined || !own.loaded) return;
    this.calls.plain(doing, TRACED_CALL.reset);
    own.loaded = false;
  }

  private faulted({ vcpu, gpa, errorCode }: Of<'pageFault'>, doing: Doing): void {
    if (vcpu !== null) this.calls.runs(this.vcpus.ofIndex(vcpu), doing);
    outside(doing);
    if (this.calls.threadOf(doing) === undefined) return;
    const bits = errorCode % LOW;
    const gfn = Math.floor(gpa / PAGE_BYTES);
    let access: number = ACCESS.READ;
    if ((bits & FETCH_FAULT) !== 0) access = ACCESS.EXEC;
    else if ((bits & WRITE_FAULT) !== 0) access = ACCESS.WRITE;
    if ((bits & PRESENT_FAULT) !== 0) access |= ACCESS.PRESENT;
    // A write to what is mapped read-only: the host gives the process a page of its own.
    const copied = (access & ACCESS.WRITE) !== 0 && this.readOnly.has(gfn);
    const fault = { code: TRACED_CALL.fault, gfn, access, kept: copied, walks: 0 };
    this.calls.call(doing, fault);
    doing.fault = fault;
    this.add('fault', doing.who!, 0, fault, gfn);
  }

  private installed({ gfn, level, spte }: Of<'spteSet'>, doing: Doing): void {
    const { fault } = doing;
    const low = spte % LOW;
    if (fault === null || fault.gfn !== gfn) return;
    doing.fault = null;
    // An MMIO entry: not present, or (5.10) with the gfn in the place of a page's number.
    if ((low & SPTE_PRESENT) === 0 || Math.floor(low / PAGE_BYTES) === gfn) {
      this.leave('faults on pages without a memslot');
      return;
    }
    if (level !== 1)
      throw new BadInput(
        'traced-huge',
        `line ${this.line.lineNumber}: a page of level ${level}; expected 4K pages only`,
      );
    fault.kept = true;
    const writable = (low & SPTE_WRITABLE) !== 0;
    if (!this.backed.has(gfn)) this.backed.set(gfn, writable);
    if (writable) this.readOnly.delete(gfn);
    else this.readOnly.add(gfn);
    this.add('fixed', doing.who!, 0, fault, gfn);
  }

  // ---- roots -------------------------------------------------------------------------------------------------------------

  private made({ sp, spt, isRoot }: Of<'tableInit'>, doing: Doing): void {
    this.tables++;
    this.roots.reused(sp, spt);
    if (!isRoot) return;
    doing.born = this.roots.add(sp, spt);
    this.step('allocated', doing, doing.born);
  }

  private announced({ level, created }: Of<'pageAnnounced'>, doing: Doing): void {
    if (this.vcpus.birthsProbed) return;
    this.tables++;
    if (!created || level < 4 || !this.vcpus.announcesRoots) return;
    const vcpu = this.vcpus.ofTask(this.line.pid);
    if (doing.who === null && vcpu !== null) this.calls.runs(vcpu, doing);
    const own = this.calls.threadOf(doing);
    if (own !== undefined && !own.loaded) this.calls.plain(doing, TRACED_CALL.load);
    this.step('allocated', doing, this.roots.add(0, 0));
  }

  private returned({ hpa }: Of<'lookupReturned'>, doing: Doing): void {
    if (doing.born !== 0) this.roots.learn(doing.born, hpa);
    this.step('loaded', doing, doing.born !== 0 ? doing.born : this.roots.atHpa(hpa));
    doing.born = 0;
  }

  /** It takes the next root before it puts the one before, and only its return names the next. */
  private walked(doing: Doing, k: number): void {
    const { pid } = this.line;
    for (let at = k + 1; at < this.lines.length; at++) {
      const { event, pid: whose } = this.lines[at]!;
      if (whose !== pid) continue;
      if (event.type === 'nextRoot') return;
      if (event.type !== 'nextRootReturned') continue;
      if (event.root !== 0) this.step('got', doing, this.roots.at(event.root));
      return;
    }
    // Its return is behind the window: what it does until then is not told apart.
    doing.who = null;
    this.leave('a walk over the roots that the window cuts');
  }

  private fastZap(doing: Doing): void {
    const { pid, task } = this.line;
    this.calls.runsTask(pid, task, doing);
    doing.fastZap = true;
    this.calls.plain(doing, TRACED_CALL.zapAllFast);
    if (!this.vcpus.birthsProbed) this.calls.goStale();
    this.step('fastZap', doing, 0);
  }

  private close(doing: Doing): void {
    doing.closing = true;
    doing.who = { is: 'main' };
    this.closes = true;
  }

  // ---- steps -------------------------------------------------------------------------------------------------------------

  private step(kind: StepKind, doing: Doing, root: number): void {
    if (doing.who === null) this.leave('roots that a task touches outside of what it calls here');
    else this.add(kind, doing.who, root, null, 0);
  }

  private add(kind: StepKind, who: Who, root: number, fault: Call | null, recordedGfn: number): void {
    if (this.closed && who.is !== 'rcu' && who.is !== 'main' && who.is !== 'worker') return;
    const { lineNumber: line, name: event } = this.line;
    if (this.steps.length >= MAX_TRACED_STEPS)
      throw new BadInput(
        'traced-limit',
        `more than ${MAX_TRACED_STEPS} steps up to line ${line}: choose an earlier end`,
      );
    const of = who.is === 'caller' ? this.calls.lastOf(who.thread) : null;
    this.steps.push({ line, event, kind, who, root, fault, recordedGfn, of });
  }

  private leave(why: string): void {
    this.leftOut.set(why, (this.leftOut.get(why) ?? 0) + 1);
  }

  private observed(): Observed {
    const { calls, lines } = this;
    const dropped = calls.faults.filter((fault) => !fault.kept).length;
    if (dropped > 0) this.leftOut.set('faults that installed nothing', dropped);
    const gfns = new Gfns(calls.faults.flatMap(({ kept, gfn }) => (kept ? [gfn] : [])));
    const number = calls.numbers();
    const steps = this.steps
      .filter(({ fault }) => fault === null || fault.kept)
      .map(({ fault, recordedGfn, of, ...step }) => ({
        ...step,
        gfn: fault === null ? 0 : gfns.nameOf(recordedGfn),
        call: of === null ? 0 : (number.get(of) ?? 0),
      }));
    const workload: TracedWorkload = {
      ...calls.workload(gfns, this.backed),
      vcpus: Math.max(1, this.vcpus.count),
      pages: Math.min(TRACED_LIMITS.pages, this.tables + this.roots.born + SPARE_PAGES),
      workers: Math.min(MAX_WORKERS, 1 + this.workers.size),
      closes: this.closes,
    };
    return {
      workload,
      steps,
      shown: this.shown(),
      fromLine: lines[0]?.lineNumber ?? 0,
      toLine: lines.at(-1)?.lineNumber ?? 0,
      lines: lines.length,
      leftOut: Object.fromEntries(this.leftOut),
    };
  }

  /** Where births are probed, the whole set of --print-probes is taken as armed. */
  private shown(): Set<StepKind> {
    const { seen, vcpus } = this;
    const out = new Set<StepKind>(this.steps.map(({ kind }) => kind));
    if (vcpus.birthsProbed && vcpus.putProbed)
      for (const kind of ['allocated', 'loaded', 'got', 'put', 'zap'] as const) out.add(kind);
    if (seen.has('zapScheduled'))
      for (const kind of ['scheduled', 'queued', 'started', 'finished'] as const) out.add(kind);
    return out;
  }
}

const lost = (line: number): BadInput =>
  new BadInput(
    'traced-lost',
    `line ${line}: events were lost there; a schedule goes only as far as everything is known: choose a window that ends before it`,
  );

/** @param lines from the beginning of the recording to the end of the window, of one VM */
export function readTraced(lines: readonly TracedLine[]): Observed {
  if (lines.length > MAX_TRACED_LINES)
    throw new BadInput(
      'traced-limit',
      `${lines.length} lines; at most ${MAX_TRACED_LINES}: choose a window that ends earlier`,
    );
  const vms = new Set(
    lines.flatMap(({ event }) => ('kvm' in event && event.kvm !== null ? [event.kvm] : [])),
  );
  if (vms.size > 1)
    throw new BadInput(
      'traced-vms',
      `${vms.size} VMs in these lines; expected one: choose a window that ends before the second`,
    );
  return new Reading(lines, new VcpuNames(lines)).read();
}
