// Holds what the model does against what a recording shows. Each thread's recorded steps stand in order; an event that the recording
// would have shown must be its thread's next one, about the same root. Roots of both sides are tied when they first meet.
import { E } from '../../events/catalogue.js';
import { HOLDER } from '../../events/root.events.js';
import type { EventBatch } from '../../machine/batch.js';
import type { Observed, ObservedStep, StepKind, Who } from './observed.js';

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
  readonly who: Who;
  readonly steps: number[];
  at: number;
  /** Model thread; of a worker the one that has the item, -1 between two. */
  thread: number;
}

export type Refused = { readonly why: string };

/** Everything that changes while a recording is followed. */
export interface Mark {
  readonly at: Int32Array;
  readonly met: number;
  readonly modelOf: ReadonlyMap<number, number>;
  readonly recordedOf: ReadonlyMap<number, number>;
  readonly pages: ReadonlyMap<number, number>;
  readonly queues: readonly (readonly [at: number, thread: number])[];
}

export class Matching {
  /** By recorded step: steps of the model behind which it was met; -1: not met. */
  at: Int32Array;
  /** Recorded steps that were met. */
  met = 0;
  private readonly queues: Queue[] = [];
  /** Recorded root -> the model's, and back. */
  private modelOf = new Map<number, number>();
  private recordedOf = new Map<number, number>();
  /** The model's root by its page. */
  private pages = new Map<number, number>();
  /** Recorded callbacks of roots. */
  private readonly frees = new Map<number, number>();
  private readonly queueOf: Int32Array;
  private steps = 0;

  constructor(
    private readonly observed: Observed,
    private readonly threads: Threads,
  ) {
    const { steps } = observed;
    this.at = new Int32Array(steps.length).fill(-1);
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
        this.queues.push({ who: step.who, steps: [], at: 0, thread: this.threadOf(step.who) });
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

  has(k: number): boolean {
    return this.at[k]! >= 0;
  }

  /** Model threads that may take the step: one, or the idle workers. */
  candidates(k: number): readonly number[] {
    const step = this.observed.steps[k]!;
    if (step.who.is === 'rcu') return [this.threads.rcu];
    const { thread } = this.queues[this.queueOf[k]!]!;
    if (thread >= 0) return [thread];
    const busy = new Set(this.queues.map((queue) => queue.thread));
    return this.threads.workers.filter((worker) => !busy.has(worker));
  }

  mark(): Mark {
    return {
      at: this.at.slice(),
      met: this.met,
      modelOf: new Map(this.modelOf),
      recordedOf: new Map(this.recordedOf),
      pages: new Map(this.pages),
      queues: this.queues.map(({ at, thread }) => [at, thread]),
    };
  }

  goTo(mark: Mark): void {
    this.at = mark.at.slice();
    this.met = mark.met;
    this.modelOf = new Map(mark.modelOf);
    this.recordedOf = new Map(mark.recordedOf);
    this.pages = new Map(mark.pages);
    mark.queues.forEach(([at, thread], q) => {
      this.queues[q]!.at = at;
      this.queues[q]!.thread = thread;
    });
  }

  /** What thread t did in the model's step number `steps`. Null: the recording shows it, or would not show it. */
  take(t: number, batch: EventBatch, steps: number): Refused | null {
    this.steps = steps;
    for (let i = 0; i < batch.length; i++) {
      const refused = this.event(t, batch, i);
      if (refused !== null) return refused;
    }
    return null;
  }

  private event(t: number, batch: EventBatch, i: number): Refused | null {
    const type = batch.type[i]!;
    const subject = Math.floor(batch.subject[i]! / SUBJECT_RADIX);
    if (type === E.RootAllocated) this.pages.set(batch.c[i]!, subject);
    const kind = KIND_OF.get(type);
    if (kind === undefined || !this.observed.shown.has(kind)) return null;
    // A lookup's own get is unprobed where it is no walk's; before v5.12 only a vCPU's put is shown.
    if (kind === 'got' && batch.a[i] !== HOLDER.iterator) return null;
    if (kind === 'put' && !this.observed.shown.has('got') && batch.a[i] !== HOLDER.vcpu) return null;
    const root = kind === 'loaded' ? (this.pages.get(batch.c[i]!) ?? 0) : OF_ROOT.has(kind) ? subject : 0;
    if (kind === 'loaded' && batch.a[i] !== 0) return null;
    const gfn = kind === 'fault' || kind === 'fixed' ? batch.a[i]! : -1;
    if (kind === 'freed' && t === this.threads.rcu) return this.freed(root);
    return this.next(t, kind, root, gfn);
  }

  /** The callback of a root: recorded in time, later, or missed by its probe. */
  private freed(root: number): Refused | null {
    const recorded = this.recordedOf.get(root);
    const k = recorded === undefined ? undefined : this.frees.get(recorded);
    if (k !== undefined && !this.has(k)) this.meet(k);
    return null;
  }

  private next(t: number, kind: StepKind, root: number, gfn: number): Refused | null {
    const queue = this.queueOfThread(t, kind, root);
    const k = queue === null ? undefined : queue.steps[queue.at];
    const did = `${kind}${root > 0 ? ` of root ${root}` : gfn >= 0 ? ` of gfn ${gfn}` : ''}`;
    if (queue === null || k === undefined)
      return { why: `the model's thread does "${did}", which the recording does not show of it any more` };
    const step = this.observed.steps[k]!;
    const differs = this.differs(step, kind, root, gfn);
    if (differs !== null)
      return { why: `the model does "${did}" where line ${step.line} shows "${textOf(step)}" (${differs})` };
    this.tie(step.root, root);
    queue.at++;
    if (kind === 'finished') queue.thread = -1;
    this.meet(k);
    return null;
  }

  private meet(k: number): void {
    this.at[k] = this.steps;
    this.met++;
  }

  private queueOfThread(t: number, kind: StepKind, root: number): Queue | null {
    const own = this.queues.find((queue) => queue.thread === t);
    if (own !== undefined) return own;
    if (kind !== 'started' || !this.threads.workers.includes(t)) return null;
    // A worker takes an item: the recorded one that begins with the same root.
    const free = this.queues.filter(
      (queue) => queue.who.is === 'worker' && queue.thread < 0 && queue.at < queue.steps.length,
    );
    const found = free.find((queue) => {
      const step = this.observed.steps[queue.steps[queue.at]!]!;
      return step.kind === 'started' && this.differs(step, kind, root, -1) === null;
    });
    if (found === undefined) return null;
    found.thread = t;
    return found;
  }

  private differs(step: ObservedStep, kind: StepKind, root: number, gfn: number): string | null {
    if (step.kind !== kind) return 'another step';
    if (gfn >= 0 && step.gfn !== gfn) return 'another page';
    if (root <= 0 || step.root === 0) return null;
    const model = this.modelOf.get(step.root);
    if (model !== undefined) return model === root ? null : `another root: it is root ${model} here`;
    const recorded = this.recordedOf.get(root);
    return recorded === undefined ? null : `another root: root ${root} is the recording's ${recorded}`;
  }

  private tie(recorded: number, model: number): void {
    if (recorded === 0 || model <= 0 || this.modelOf.has(recorded)) return;
    this.modelOf.set(recorded, model);
    this.recordedOf.set(model, recorded);
  }
}

const keyOf = (who: Who): string =>
  who.is === 'caller' ? `caller ${who.thread}` : who.is === 'worker' ? `worker ${who.pid}` : who.is;

export function textOf(step: ObservedStep): string {
  return `${step.kind}${step.root > 0 ? ` of root ${step.root}` : ''}`;
}
