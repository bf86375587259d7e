// From the decoded lines of a recording to what the model is to do (a workload: the kernel functions that tasks called) and to
// what was seen of it (steps). One pass; what a line starts, a call of a vCPU, of the VM or a work item, owns the lines of its
// task until the next one. What a vCPU does is one thread of the model, whichever tasks did it: vcpu->mutex keeps them apart.
import { BadInput } from '../../base/errors.js';
import type { TracedLine } from '../../imports/event-codec.js';
import { TRACED_LIMITS, type TracedWorkload } from '../../scenarios/traced/workload.js';
import { Calls } from './calls.js';
import { Gfns } from './gfns.js';
import type { Observed, StepKind } from './observed.js';
import { Steps } from './observed-steps.js';
import { PageLines } from './page-lines.js';
import { RootLines, type WalkReturn } from './root-lines.js';
import { SlotLines } from './slot-lines.js';
import { type Doing, newTask, outside } from './task-calls.js';
import { VcpuLines } from './vcpu-lines.js';
import { VcpuNames } from './vcpu-names.js';

/** Lines that are read at most, from the beginning of the recording. */
export const MAX_TRACED_LINES = 100_000;

type Event = TracedLine['event'];

class Reading {
  private readonly calls = new Calls();
  private readonly steps = new Steps(this.calls);
  private readonly tasks = new Map<number, Doing>();
  private readonly seen = new Set<Event['type']>();
  private readonly pages = new PageLines(this.calls, this.steps);
  private readonly slots = new SlotLines(this.calls, this.steps);
  private readonly roots: RootLines;
  private readonly runs: VcpuLines;

  constructor(
    private readonly lines: readonly TracedLine[],
    private readonly vcpus: VcpuNames,
  ) {
    this.roots = new RootLines(this.calls, this.steps, vcpus, this.slots);
    this.runs = new VcpuLines(this.calls, this.steps, vcpus);
  }

  read(): Observed {
    for (let k = 0; k < this.lines.length; k++) {
      const line = this.lines[k]!;
      const { event, pid } = line;
      this.steps.line = line;
      this.seen.add(event.type);
      if (event.type === 'gap') throw lost(line.lineNumber);
      const doing = this.tasks.get(pid) ?? newTask();
      this.tasks.set(pid, doing);
      this.take(event, doing, k);
      if (this.roots.closes && event.type === 'mmuUninit') this.steps.closed = true;
    }
    return this.observed();
  }

  private take(event: Exclude<Event, { readonly type: 'gap' }>, doing: Doing, k: number): void {
    const { roots, runs, pages } = this;
    switch (event.type) {
      case 'mmuLoad':
        runs.load(event, doing);
        break;
      case 'entry':
        runs.entered(event, doing);
        break;
      case 'exit':
        runs.exited(event, doing);
        break;
      case 'smm':
        runs.smm(event, doing);
        break;
      case 'resetContext':
        runs.reset(event, doing);
        break;
      case 'unload':
      case 'freeObsolete':
        runs.unloads(event, doing);
        break;
      case 'pageFault':
        runs.runs(event.vcpu, doing);
        outside(doing);
        pages.faulted(event, doing);
        break;
      case 'spteSet':
        pages.installed(event, doing);
        break;
      case 'spteChanged':
        pages.zapped(event, doing);
        this.slots.changed(event, doing);
        break;
      case 'hvaUnmapped':
        pages.unmapped(event, this.vcpus.walksProbed ? this.walksNext(k) : null, doing);
        break;
      case 'tableInit':
        roots.made(event, doing);
        break;
      case 'pageAnnounced':
        roots.announced(event, doing);
        break;
      case 'lookup':
        roots.lookup(doing);
        break;
      case 'lookupReturned':
        roots.returned(event, doing);
        break;
      case 'nextRoot':
        roots.walked(event, this.walkReturn(k), doing);
        break;
      case 'nextRootReturned':
        roots.walkReturned(event, doing);
        break;
      case 'put':
        roots.put(event, doing);
        break;
      case 'freeRootPage':
        roots.freesRootPage(event, doing);
        break;
      case 'zapScheduled':
        roots.scheduled(event, doing);
        break;
      case 'workQueued':
        roots.queued(event, doing);
        break;
      case 'work':
        roots.worked(event, doing);
        break;
      case 'workReturned':
        roots.workedOut(doing);
        break;
      case 'zapPass':
        roots.zaps(event, doing);
        break;
      case 'zapInvalidatedReturned':
        doing.zapping = 0;
        break;
      case 'rootFreed':
        roots.freed(event, doing);
        break;
      case 'tableFreed':
        roots.tableFreed(event);
        break;
      case 'fastZap':
        roots.fastZap(doing);
        break;
      case 'fastZapAnnounced':
        roots.fastZapAnnounced(doing);
        break;
      case 'fastZapReturned':
        roots.fastZapped(doing);
        break;
      case 'zapAllRoots':
        roots.zapsAll(doing);
        break;
      case 'zapAll':
      case 'mmuUninit':
        roots.close(doing);
        break;
      default:
    }
  }

  /** What the walk of line k comes to: its task's next return says so. Null: it is not in these lines. */
  private walkReturn(k: number): WalkReturn | null {
    const event = this.nextOf(k, (type) => type === 'nextRoot' || type === 'nextRootReturned');
    if (event === null) return null;
    return event.type === 'nextRootReturned' ? event : NOT_TOLD;
  }

  /** The task of line k goes on with a walk over all roots. */
  private walksNext(k: number): boolean {
    return this.nextOf(k, () => true)?.type === 'nextRoot';
  }

  private nextOf(k: number, is: (type: Event['type']) => boolean): Event | null {
    const { pid } = this.lines[k]!;
    for (let at = k + 1; at < this.lines.length; at++) {
      const { event, pid: whose } = this.lines[at]!;
      if (whose === pid && is(event.type)) return event;
    }
    return null;
  }

  private observed(): Observed {
    const { calls, lines, steps, roots } = this;
    const dropped = calls.faults.filter((fault) => !fault.kept).length;
    if (dropped > 0) steps.leave('faults that installed nothing', dropped);
    const unknown = calls.memory.filter((call) => !call.kept).length;
    if (unknown > 0)
      steps.leave('the MMU notifier over guest memory that no line tells the pages of', unknown);
    const gfns = new Gfns(calls.faults.flatMap(({ kept, gfn }) => (kept ? [gfn] : [])));
    const workload: TracedWorkload = {
      ...calls.workload(gfns, this.pages.backed, this.slots.logged),
      vcpus: Math.max(1, this.vcpus.count),
      pages: Math.min(TRACED_LIMITS.pages, roots.pages),
      workers: Math.min(TRACED_LIMITS.workers, 1 + roots.workers.size),
      closes: roots.closes,
    };
    return {
      workload,
      steps: steps.observed(gfns),
      shown: this.shown(),
      fromLine: lines[0]?.lineNumber ?? 0,
      toLine: lines.at(-1)?.lineNumber ?? 0,
      lines: lines.length,
      leftOut: Object.fromEntries(steps.leftOut),
    };
  }

  /** Where births are probed, the whole set of --print-probes is taken as armed. */
  private shown(): Set<StepKind> {
    const { seen, vcpus } = this;
    const out = this.steps.kinds();
    if (vcpus.birthsProbed && vcpus.putProbed)
      for (const kind of ['allocated', 'loaded', 'got', 'put', 'zap'] as const) out.add(kind);
    if (seen.has('zapScheduled'))
      for (const kind of ['scheduled', 'queued', 'started', 'finished'] as const) out.add(kind);
    return out;
  }
}

const NOT_TOLD: WalkReturn = { root: -1, caller: '' };

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
