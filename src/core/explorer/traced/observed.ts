// What the lines of a recording say of the model's events: a step that was seen, who took it and which root it was about.
import type { TracedWorkload } from '../../scenarios/traced/workload.js';

export const STEP_KINDS = [
  'allocated',
  'loaded',
  /** A lookup walked over all roots, and goes on to look under tdp_mmu_pages_lock. Told by where the thread is: a hint, not an event. */
  'foundNone',
  'got',
  'put',
  'scheduled',
  'queued',
  'started',
  'finished',
  'zap',
  'freed',
  'fastZap',
  'fastZapped',
  'enterSmm',
  'leaveSmm',
  'fault',
  'fixed',
] as const;
export type StepKind = (typeof STEP_KINDS)[number];

/** Whose step: a thread of the workload, main, the worker that is this task, or RCU. */
export type Who =
  | { readonly is: 'caller'; readonly thread: number }
  | { readonly is: 'main' }
  | { readonly is: 'worker'; readonly pid: number }
  | { readonly is: 'rcu' };

export interface ObservedStep {
  readonly line: number;
  /** As printed. */
  readonly event: string;
  readonly kind: StepKind;
  readonly who: Who;
  /** Of roots: by order of birth in the trace, from 1; 0: a root that the lines do not name. */
  readonly root: number;
  /** Of faults: the gfn in the model. */
  readonly gfn: number;
  /** Of a caller: how many of its calls it has begun. */
  readonly call: number;
}

export interface Observed {
  readonly workload: TracedWorkload;
  readonly steps: readonly ObservedStep[];
  /** Kinds that the recording would have shown: the model may not do them where it does not. */
  readonly shown: ReadonlySet<StepKind>;
  readonly fromLine: number;
  readonly toLine: number;
  readonly lines: number;
  /** Lines of what is not in the workload, by reason. */
  readonly leftOut: { readonly [why: string]: number };
}
