// Lines about roots: births, lookups, references, zaps, work items, and what ends the VM. Which root of the recording each is about.
import type { TracedLine } from '../../imports/event-codec.js';
import { TRACED_CALL } from '../../scenarios/traced/workload.js';
import type { Calls } from './calls.js';
import type { Steps } from './observed-steps.js';
import type { SlotLines } from './slot-lines.js';
import type { Doing } from './task-calls.js';
import { RootNames } from './traced-roots.js';
import type { VcpuNames } from './vcpu-names.js';

type Of<T extends TracedLine['event']['type']> = Extract<TracedLine['event'], { readonly type: T }>;

/** Pages beside those that the recording shows: the next root, and what is not freed yet. */
const SPARE_PAGES = 64;
const LATE = 3;

/** The next root, 0 behind the last one, -1 where it is not told; and the function that walks. */
export interface WalkReturn {
  readonly root: number;
  readonly caller: string;
}

export class RootLines {
  readonly workers = new Set<number>();
  /** Tables of all levels that were made, and that were given back to the allocator where a probe says so. */
  private tables = 0;
  private givenBack = 0;
  private mostTables = 0;
  closes = false;
  private readonly roots = new RootNames();

  constructor(
    private readonly calls: Calls,
    private readonly steps: Steps,
    private readonly vcpus: VcpuNames,
    private readonly slots: SlotLines,
  ) {}

  /** Pages that the model needs: it may give them back later than the recorded kernel did. */
  get pages(): number {
    const all = this.tables + this.roots.born;
    return SPARE_PAGES + (this.givenBack === 0 ? all : Math.min(all, LATE * this.mostTables));
  }

  // ---- births and lookups ------------------------------------------------------------------------------------------------

  made({ sp, spt, isRoot }: Of<'tableInit'>, doing: Doing): void {
    this.mostTables = Math.max(this.mostTables, ++this.tables - this.givenBack);
    this.roots.reused(sp, spt);
    if (!isRoot) return;
    doing.born = this.roots.add(sp, spt);
    this.steps.step('allocated', doing, doing.born);
  }

  announced({ level, created }: Of<'pageAnnounced'>, doing: Doing): void {
    if (this.vcpus.birthsProbed) return;
    this.tables++;
    if (!created || level < 4 || !this.vcpus.announcesRoots) return;
    const vcpu = this.vcpus.ofTask(this.steps.line.pid);
    if (doing.who === null && vcpu !== null) this.calls.runs(vcpu, doing);
    const own = this.calls.threadOf(doing);
    if (own !== undefined && !own.loaded) this.calls.plain(doing, TRACED_CALL.load);
    this.steps.step('allocated', doing, this.roots.add(0, 0));
  }

  lookup(doing: Doing): void {
    doing.born = 0;
    doing.insideLookup = true;
  }

  returned({ hpa }: Of<'lookupReturned'>, doing: Doing): void {
    if (doing.born !== 0) this.roots.learn(doing.born, hpa);
    this.steps.step('loaded', doing, doing.born !== 0 ? doing.born : this.roots.atHpa(hpa));
    doing.born = 0;
    doing.insideLookup = false;
  }

  // ---- references --------------------------------------------------------------------------------------------------------

  /**
   * A walk takes the next root before it puts the one before, and only its return names the next.
   * @param next null: the return is behind the window
   */
  walked({ previous }: Of<'nextRoot'>, next: WalkReturn | null, doing: Doing): void {
    doing.zapping = 0;
    if (previous === 0 && doing.fault !== null) doing.fault.walks++;
    if (next === null) {
      // What it does until then is not told apart.
      doing.who = null;
      this.steps.leave('a walk over the roots that the window cuts');
      return;
    }
    if (previous === 0) this.slots.walks(next.caller, doing);
    if (next.root > 0) this.steps.step('got', doing, this.roots.at(next.root));
  }

  /** Behind the last root, and behind the put of it. */
  walkReturned({ root }: Of<'nextRootReturned'>, doing: Doing): void {
    if (root === 0 && doing.insideLookup) this.steps.step('foundNone', doing, 0);
  }

  put({ root }: Of<'put'>, doing: Doing): void {
    doing.zapping = 0;
    this.steps.step('put', doing, this.roots.at(root));
  }

  /** Before v5.12 it is the put. */
  freesRootPage({ hpa }: Of<'freeRootPage'>, doing: Doing): void {
    if (hpa !== null && !this.vcpus.putProbed) this.steps.step('put', doing, this.roots.atHpa(hpa));
  }

  // ---- zaps and their work items -----------------------------------------------------------------------------------------

  scheduled({ root }: Of<'zapScheduled'>, doing: Doing): void {
    doing.scheduled = this.roots.at(root);
    this.steps.step('scheduled', doing, doing.scheduled);
  }

  queued({ work }: Of<'workQueued'>, doing: Doing): void {
    this.roots.queue(work, doing.scheduled);
    this.steps.step('queued', doing, doing.scheduled);
  }

  worked({ work }: Of<'work'>, doing: Doing): void {
    const { pid } = this.steps.line;
    doing.who = { is: 'worker', pid };
    this.workers.add(pid);
    this.steps.step('started', doing, this.roots.ofWork(work));
  }

  workedOut(doing: Doing): void {
    doing.zapping = 0;
    this.steps.step('finished', doing, 0);
    doing.who = null;
  }

  /** Each level of a root is a pass; the model tells the zap once. */
  zaps(event: Of<'zapPass'>, doing: Doing): void {
    const root = this.roots.at(event.root);
    if (doing.zapping !== root) this.steps.step('zap', doing, root);
    doing.zapping = root;
  }

  freed({ root }: Of<'rootFreed'>, doing: Doing): void {
    this.steps.step('freed', doing, this.roots.at(root));
  }

  tableFreed({ spt }: Of<'tableFreed'>): void {
    this.givenBack++;
    const root = this.roots.atTable(spt);
    if (root !== undefined) this.steps.add('freed', { is: 'rcu' }, root, null, null);
  }

  // ---- all roots ---------------------------------------------------------------------------------------------------------

  fastZap(doing: Doing): void {
    const { pid, task } = this.steps.line;
    this.calls.runsTask(pid, task, 'kernel', doing);
    doing.fastZap = true;
    doing.memory = null;
    this.calls.plain(doing, TRACED_CALL.zapAllFast);
    if (!this.vcpus.birthsProbed) this.calls.goStale();
    this.steps.step('fastZap', doing, 0);
  }

  /** The tracepoint: the call itself where no probe has told of it. */
  fastZapAnnounced(doing: Doing): void {
    if (doing.fastZap) return;
    this.fastZap(doing);
    doing.fastZap = false;
  }

  fastZapped(doing: Doing): void {
    this.steps.step('fastZapped', doing, 0);
    doing.fastZap = false;
    doing.who = null;
  }

  zapsAll(doing: Doing): void {
    if (!this.vcpus.zapAllProbed && !doing.fastZap) this.close(doing);
  }

  close(doing: Doing): void {
    doing.closing = true;
    doing.memory = null;
    doing.who = { is: 'main' };
    this.closes = true;
  }
}
