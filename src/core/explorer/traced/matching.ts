// Holds what the model does against what a recording shows. Each thread's recorded steps stand in order; an event that the recording
// would have shown must be its thread's next one, about the same root. Roots of both sides are tied when they first meet.
import { E } from '../../events/catalogue.js';
import { HOLDER } from '../../events/root.events.js';
import type { EventBatch } from '../../machine/batch.js';
import type { Observed, ObservedStep, StepKind, Who } from './observed.js';
import { Cells, type Change, Trail } from './trail.js';

const SUBJECT_RADIX = 16;

/** Most of what the model tells; the others depend on who holds a reference. */
const KIND_OF: ReadonlyMap<number, StepKind> = new Map<number, StepKind>([
  [E.RootAllocated!, 'allocated'],
  [E.RootLoaded!, 'loaded'],
  [E.RootGot!, 'got'],
  [E.RootPut!, 'put'],
  [E.RootZapScheduled!, 'scheduled'],
  [E.WorkQueued!, 'queued'],
  [E.WorkStarted!, 'started'],
  [E.WorkFinished!, 'finished'],
  [E.RootZapStarted!, 'zap'],
  [E.RootFreed!, 'freed'],
  [E.FastZapBegun!, 'fastZap'],
  [E.FastZapEnded!, 'fastZapped'],
  [E.SmmEntered!, 'enterSmm'],
  [E.SmmLeft!, 'leaveSmm'],
  [E.FaultBegun!, 'fault'],
  [E.FaultFixed!, 'fixed'],
]);

/** Kinds whose events name a root as their subject. */
const OF_ROOT: ReadonlySet<StepKind> = new Set([
  'allocated',
  'got',
  'put',
  'scheduled',
  'queued',
  'started',
  'zap',
  'freed',
]);

export interface Threads {
  /** Model thread of each thread of the workload, of main, of the workers and of RCU. */
  readonly callers: readonly number[];
  readonly main: number;
  readonly workers: readonly number[];
  readonly rcu: number;
}

interface Queue {
  readonly number: number;
  readonly who: Who;
  readonly steps: number[];
}

export type Refused = { readonly why: string };

/** Everything that changes while a recording is followed. */
export type Mark = Change | null;

export class Matching {
  private readonly trail = new Trail();
  /** By recorded step: steps of the model behind which it was met; 0: not met. */
  private readonly metAt = new Cells();
  private readonly figures = new Cells();
  private readonly queues: Queue[] = [];
  /** By number of a queue: how many of its steps were met or passed; and 1 + its model thread, of a worker the one that has the item. */
  private readonly passed = new Cells();
  private readonly threadOfQueue = new Cells();
  /** Recorded root -> the model's, and back. */
  private readonly modelOf = new Cells();
  private readonly recordedOf = new Cells();
  /** The model's root by its page. */
  private readonly pages = new Cells();
  /** Recorded callbacks of roots. */
  private readonly frees = new Map<number, number>();
  private readonly queueOf: Int32Array;
  private steps = 0;

  /** @param placeOf where a thread of the model stands */
  constructor(
    private readonly observed: Observed,
    private readonly threads: Threads,
    private readonly placeOf: (
      t: number,
    ) => { readonly function: string; readonly label: string } | undefined,
  ) {
    const { steps } = observed;
    this.queueOf = new Int32Array(steps.length).fill(-1);
    const known = new Map<string, number>();
    steps.forEach((step, k) => {
      if (step.who.is === 'rcu') {
        this.frees.set(step.root, k);
        return;
      }
      const key = keyOf(step.who);
      let q = known.get(key);
      if (q === undefined) {
        q = this.queues.length;
        known.set(key, q);
        this.queues.push({ number: q, who: step.who, steps: [] });
        this.threadOfQueue.put(q, 1 + this.threadOf(step.who));
      }
      this.queueOf[k] = q;
      this.queues[q]!.steps.push(k);
    });
  }

  private threadOf(who: Who): number {
    const { callers, main, rcu } = this.threads;
    switch (who.is) {
      case 'caller':
        return callers[who.thread]!;
      case 'main':
        return main;
      case 'rcu':
        return rcu;
      case 'worker':
        return -1;
    }
  }

  /** Recorded steps that were met. */
  get met(): number {
    return this.figures.get(MET);
  }

  /** By recorded step: steps of the model behind which it was met; -1: not met. */
  get at(): Int32Array {
    return Int32Array.from(this.observed.steps, (_, k) => this.metAt.get(k) || -1);
  }

  has(k: number): boolean {
    return this.metAt.get(k) > 0;
  }

  private threadNow({ number }: Queue): number {
    return this.threadOfQueue.get(number) - 1;
  }

  private queueNow(t: number): Queue | undefined {
    return this.queues.find((queue) => this.threadNow(queue) === t);
  }

  /** Its next step; undefined: there is none. */
  private nextOf(queue: Queue): number | undefined {
    return queue.steps[this.passed.get(queue.number)];
  }

  private pass({ number }: Queue): void {
    this.trail.set(this.passed, number, this.passed.get(number) + 1);
  }

  /** Model threads that may take the step: one, or the idle workers. */
  candidates(k: number): readonly number[] {
    const step = this.observed.steps[k]!;
    if (step.who.is === 'rcu') return [this.threads.rcu];
    const thread = this.threadNow(this.queues[this.queueOf[k]!]!);
    if (thread >= 0) return [thread];
    const busy = new Set(this.queues.map((queue) => this.threadNow(queue)));
    return this.threads.workers.filter((worker) => !busy.has(worker));
  }

  mark(): Mark {
    return this.trail.mark();
  }

  goTo(mark: Mark): void {
    this.trail.goTo(mark);
  }

  /** What thread t did in the model's step number `steps`. Null: the recording shows it, or would not show it. */
  take(t: number, batch: EventBatch, steps: number): Refused | null {
    this.steps = steps;
    for (let i = 0; i < batch.length; i++) {
      const refused = this.event(t, batch, i);
      if (refused !== null) return refused;
    }
    this.hint(t);
    return null;
  }

  /** A step that is no event: it is met where its thread stands. */
  private hint(t: number): void {
    const queue = this.queueNow(t);
    const k = queue === undefined ? undefined : this.nextOf(queue);
    if (queue === undefined || k === undefined || !isHint(this.observed.steps[k]!)) return;
    const at = this.placeOf(t);
    if (at?.function !== SECOND_LOOK.function || at.label !== SECOND_LOOK.label) return;
    this.pass(queue);
    this.meet(k);
  }

  /** Nothing is refused because of a hint. */
  private passHints(queue: Queue): void {
    for (
      let k = this.nextOf(queue);
      k !== undefined && isHint(this.observed.steps[k]!);
      k = this.nextOf(queue)
    )
      this.pass(queue);
  }

  private event(t: number, batch: EventBatch, i: number): Refused | null {
    const type = batch.type[i]!;
    const subject = Math.floor(batch.subject[i]! / SUBJECT_RADIX);
    // kvm_mmu_set_spte is printed for what is mapped already as well.
    if (type === E.FaultSpurious && this.expects(t, 'fixed')) return this.next(t, 'fixed', 0, batch.a[i]!);
    if (type === E.RootAllocated) this.trail.set(this.pages, batch.c[i]!, subject);
    const kind = KIND_OF.get(type);
    if (kind === undefined || !this.observed.shown.has(kind)) return null;
    // A lookup's own get is unprobed where it is no walk's; before v5.12 only a vCPU's put is shown.
    if (kind === 'got' && batch.a[i] !== HOLDER.iterator) return null;
    if (kind === 'put' && !this.observed.shown.has('got') && batch.a[i] !== HOLDER.vcpu) return null;
    const root = kind === 'loaded' ? this.pages.get(batch.c[i]!) : OF_ROOT.has(kind) ? subject : 0;
    if (kind === 'loaded' && batch.a[i] !== 0) return null;
    const gfn = kind === 'fault' || kind === 'fixed' ? batch.a[i]! : -1;
    if (kind === 'freed' && t === this.threads.rcu) return this.freed(root);
    return this.next(t, kind, root, gfn);
  }

  private expects(t: number, kind: StepKind): boolean {
    const queue = this.queueNow(t);
    const k = queue === undefined ? undefined : this.nextOf(queue);
    return k !== undefined && this.observed.steps[k]!.kind === kind;
  }

  /** The callback of a root: recorded in time, later, or missed by its probe. */
  private freed(root: number): Refused | null {
    const recorded = this.recordedOf.get(root);
    const k = recorded === 0 ? undefined : this.frees.get(recorded);
    if (k !== undefined && !this.has(k)) this.meet(k);
    return null;
  }

  private next(t: number, kind: StepKind, root: number, gfn: number): Refused | null {
    const queue = this.queueOfThread(t, kind, root);
    if (queue !== null) this.passHints(queue);
    const k = queue === null ? undefined : this.nextOf(queue);
    const did = `${kind}${root > 0 ? ` of root ${root}` : gfn >= 0 ? ` of gfn ${gfn}` : ''}`;
    if (queue === null || k === undefined)
      return { why: `the model's thread does "${did}", which the recording does not show of it any more` };
    const step = this.observed.steps[k]!;
    const differs = this.differs(step, kind, root, gfn);
    if (differs !== null)
      return { why: `the model does "${did}" where line ${step.line} shows "${textOf(step)}" (${differs})` };
    this.tie(step.root, root);
    this.pass(queue);
    if (kind === 'finished') this.trail.set(this.threadOfQueue, queue.number, 0);
    this.meet(k);
    return null;
  }

  private meet(k: number): void {
    this.trail.set(this.metAt, k, this.steps);
    this.trail.set(this.figures, MET, this.met + 1);
  }

  private queueOfThread(t: number, kind: StepKind, root: number): Queue | null {
    const own = this.queueNow(t);
    if (own !== undefined) return own;
    if (kind !== 'started' || !this.threads.workers.includes(t)) return null;
    // A worker takes an item: the recorded one that begins with the same root.
    const found = this.queues.find((queue) => {
      const k = queue.who.is === 'worker' && this.threadNow(queue) < 0 ? this.nextOf(queue) : undefined;
      const step = k === undefined ? undefined : this.observed.steps[k];
      return step?.kind === 'started' && this.differs(step, kind, root, -1) === null;
    });
    if (found === undefined) return null;
    this.trail.set(this.threadOfQueue, found.number, 1 + t);
    return found;
  }

  private differs(step: ObservedStep, kind: StepKind, root: number, gfn: number): string | null {
    if (step.kind !== kind) return 'another step';
    if (gfn >= 0 && step.gfn !== gfn) return 'another page';
    if (root <= 0 || step.root === 0) return null;
    const model = this.modelOf.get(step.root);
    if (model !== 0) return model === root ? null : `another root: it is root ${model} here`;
    const recorded = this.recordedOf.get(root);
    return recorded === 0 ? null : `another root: root ${root} is the recording's ${recorded}`;
  }

  private tie(recorded: number, model: number): void {
    if (recorded === 0 || model <= 0 || this.modelOf.get(recorded) !== 0) return;
    this.trail.set(this.modelOf, recorded, model);
    this.trail.set(this.recordedOf, model, recorded);
  }
}

/** The one figure of `figures`: recorded steps that were met. */
const MET = 0;

/** What a protocol of v6.9 and later does behind a walk that found no root. */
const SECOND_LOOK = { function: 'kvm_tdp_mmu_alloc_root', label: 'spin_lock' };

/** A step that is told by where a thread stands, and left out where the protocol has no such place. */
export const isHint = ({ kind }: ObservedStep): boolean => kind === 'foundNone';

const keyOf = (who: Who): string =>
  who.is === 'caller' ? `caller ${who.thread}` : who.is === 'worker' ? `worker ${who.pid}` : who.is;

export function textOf(step: ObservedStep): string {
  return `${step.kind}${step.root > 0 ? ` of root ${step.root}` : ''}`;
}
