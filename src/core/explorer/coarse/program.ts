// The authoring form of the coarse anchor: tables of labelled steps with what each one touches. From the declarations
// `link.ts` derives positions, and from those which step of a thread nothing else can interfere with.
import type { Locals, Shared } from './state.js';

/** Shared variables, as far as interference is concerned. */
export const VARIABLES = [
  'refcount',
  'invalid',
  'listed',
  'role',
  'zapped',
  'freed',
  'used',
  'queue',
  'stop',
] as const;
export type Variable = (typeof VARIABLES)[number];

/**
 * What excludes what. Two of them are no locks in C but exclude like locks: the VM is destroyed after the last vCPU has
 * gone, and a flush of the workqueue waits for running items.
 */
export const LOCKS = [
  'mmu_lock:write',
  'mmu_lock:read',
  'tdp_mmu_pages_lock',
  'vcpu alive',
  'all vcpus gone',
  'item running',
  'workqueue flushed',
] as const;
export type Lock = (typeof LOCKS)[number];

const EXCLUDES: readonly (readonly [Lock, Lock])[] = [
  ['mmu_lock:write', 'mmu_lock:write'],
  ['mmu_lock:write', 'mmu_lock:read'],
  ['tdp_mmu_pages_lock', 'tdp_mmu_pages_lock'],
  ['vcpu alive', 'all vcpus gone'],
  ['item running', 'workqueue flushed'],
];

export function excludes(a: Lock, b: Lock): boolean {
  return EXCLUDES.some(([x, y]) => (x === a && y === b) || (x === b && y === a));
}

export interface Call {
  readonly call: string;
  /** Labels of the caller, by what the callee returns. */
  readonly returnsTo: readonly string[];
}

/** A label of the same function, a call, `#return` (0), `#return 1`, or `#end` of the thread. */
export type Exit = string | Call;

export interface StepText {
  /** Taken by the step and held on. */
  readonly takes?: Lock;
  /** Must be free of what it excludes, and is not held on. */
  readonly awaits?: Lock;
  readonly drops?: Lock;
  /** The step cannot be taken before this holds. Reads what `reads` names. */
  readonly when?: (s: Shared, l: Locals) => boolean;
  /** The thread ends here instead; never together with `when`. */
  readonly ends?: (s: Shared, l: Locals) => boolean;
  readonly reads?: readonly Variable[];
  readonly writes?: readonly Variable[];
  /** Which exit is taken: an index into `to`; the first when nothing is returned. */
  // biome-ignore lint/suspicious/noConfusingVoidType: a step with one exit returns nothing
  readonly does?: (s: Shared, l: Locals) => number | void;
  readonly to: readonly Exit[];
}

export interface FunctionText {
  /** C name. */
  readonly name: string;
  readonly steps: { readonly [label: string]: StepText };
}

export interface ThreadText {
  readonly name: string;
  /** Threads of the same kind are interchangeable. */
  readonly kind: string;
  readonly runs: FunctionText;
  readonly holds?: readonly Lock[];
  readonly begins?: (l: Locals) => void;
}

export interface ProgramText {
  readonly functions: readonly FunctionText[];
  readonly threads: readonly ThreadText[];
}
