// The authoring form of kernel procedures: a table of labelled steps, as in PlusCal. A step is a pair: the op it asks
// for, and what to do with the answer (a label, a call, a return). Threads are data: a stack of frames of numbers.
//
//   refcount_dec_and_test: [(l) => op.refcount_dec_and_test(l.root, l.holder), (_l, zero) => (zero ? 'mark_invalid' : ret())],
//
// A label stands only where a visible op, a call or a back edge is, in the order of the C text.

import type { World } from '../aggregates/world.js';
import { assert } from '../base/assert.js';

/** What every procedure can see besides its own locals. All of it is immutable or the thread's own. */
export interface Env {
  /** User-space program of this thread (see userspace/). */
  readonly scripts: readonly Int32Array[];
  /** Exit reasons after which kvm_mmu_reset_context is forced, as bits (1 << reason). The one place that knows a policy. */
  readonly resetAfterExits: number;
  /** Page allocation and lookup rules that are data of the linked protocol. */
  readonly constants: Readonly<Record<string, number>>;
}

/** Locals of a frame, by name; plus what the machine puts beside them. */
export type Locals<P extends string> = { [K in P]: number } & {
  readonly w: World;
  /** Thread that runs the frame. */
  readonly t: number;
  readonly env: Env;
};

export type Ask<P extends string> = ((l: Locals<P>) => void) | null;
export type Then<P extends string, L extends string> = (l: Locals<P>, answer: number) => L | Control;
export type Step<P extends string, L extends string> = readonly [ask: Ask<P>, then: Then<P, L>];

/** Marks of `ret` and `call`; not labels. */
export type Control = '#return' | '#call';

export interface ProcedureHead<P extends string> {
  /** C file of the function, from the top of the Linux tree. */
  readonly file: string;
  /** First kernel version (or commit) that has this form. */
  readonly since: string;
  readonly params: readonly P[];
  readonly locals?: readonly P[];
  /** What of the C function is not modelled. */
  readonly leftOut: string;
}

/** A procedure, erased: what the linker takes. */
export interface Procedure {
  /** C name. Two forms of one function share it. */
  readonly name: string;
  readonly head: ProcedureHead<string>;
  readonly steps: Readonly<Record<string, Step<string, string>>>;
  /** A local that is not declared cannot be set either: for procedures that no compiler has seen. */
  readonly strict?: true;
}

/**
 * Declares a procedure. The first label is the entry. A misspelt label or local is a compile error.
 * Locals are zero at the start; they are cleared with the frame.
 */
export function procedure<const P extends string, L extends string, const Q extends string = never>(
  name: string,
  head: Omit<ProcedureHead<string>, 'params' | 'locals'> & {
    readonly params: readonly P[];
    readonly locals?: readonly Q[];
  },
  steps: { readonly [K in L]: Step<NoInfer<P | Q>, NoInfer<L>> },
): Procedure {
  assert(Object.keys(steps).length > 0, `${name}: at least one step`);
  return { name, head, steps } as unknown as Procedure;
}

/**
 * Steps that several procedures share: each spreads them into its table, or takes them one by one, where the order of
 * the C text has them. `exits` are the labels they leave by, which each table has itself. What differs between two
 * procedures never goes in as a captured value: the digest of a protocol is that of the steps' text.
 */
export function steps<const P extends string, const X extends string, L extends string>(
  _locals: readonly P[],
  _exits: readonly X[],
  table: { readonly [K in L]: Step<NoInfer<P>, NoInfer<L | X>> },
): { readonly [K in L]: Step<P, L | X> } {
  return table;
}

/** The control record: what the last `then` asked for. One per core, like the op record. */
export class ControlRecord {
  value = 0;
  callee = 0;
  next = '';
  a0 = 0;
  a1 = 0;
  a2 = 0;
  a3 = 0;
  a4 = 0;
  a5 = 0;
}
export const control = new ControlRecord();

/** Returns from the procedure. */
export function ret(value = 0): Control {
  control.value = value;
  return '#return';
}

/**
 * Calls a procedure by number (kernel/functions.ts: fn.x); when it returns, this frame goes on at `next` and its
 * answer is the return value: a label reached by a return has `null` as its ask.
 */
export function call<L extends string>(
  callee: number,
  next: L,
  a0 = 0,
  a1 = 0,
  a2 = 0,
  a3 = 0,
  a4 = 0,
  a5 = 0,
): L | Control {
  control.callee = callee;
  control.next = next;
  control.a0 = a0;
  control.a1 = a1;
  control.a2 = a2;
  control.a3 = a3;
  control.a4 = a4;
  control.a5 = a5;
  return '#call';
}
