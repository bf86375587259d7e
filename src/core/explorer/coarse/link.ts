// Turns the labelled tables into numbers: a position is (function, label, where the call returns to). From what the steps
// declare it derives the locks held at each position and, for persistent sets, which positions can interfere.
import { assert, ensure } from '../../base/assert.js';
import {
  type Call,
  type Exit,
  excludes,
  type FunctionText,
  type Lock,
  type ProgramText,
  type StepText,
  type Variable,
} from './program.js';

/** Position of a thread that has ended. */
export const ENDED = 0;

export interface Position {
  readonly kind: string;
  readonly function: string;
  readonly label: string;
  /** Position that called, by function and label; null in the thread's own function. */
  readonly caller: { readonly function: string; readonly label: string } | null;
  readonly step: StepText;
  /** Where each exit leads to. */
  readonly next: readonly number[];
  /** Locks held whenever a thread stands here. */
  readonly held: ReadonlySet<Lock>;
}

export interface Linked {
  /** By number; the first is ENDED and null. */
  readonly positions: readonly (Position | null)[];
  /** First position of each thread. */
  readonly starts: readonly number[];
  /**
   * clash[a * positions.length + b]: a thread at `b` may, while one at `a` stays there, do something that does not
   * commute with the step at `a`.
   */
  readonly clash: Uint8Array;
}

/** Most positions: one byte holds one. */
const MAX_POSITIONS = 256;

interface Draft {
  readonly kind: string;
  readonly function: FunctionText;
  readonly label: string;
  readonly caller: Context | null;
  next: number[];
}

interface Context {
  readonly function: FunctionText;
  readonly label: string;
  readonly returnsTo: readonly number[];
}

export function link(program: ProgramText): Linked {
  const drafts: (Draft | null)[] = [null];
  const numbers = new Map<string, number>();

  const positionOf = (kind: string, fn: FunctionText, label: string, caller: Context | null): number => {
    const key = `${kind} ${fn.name} ${label} ${caller === null ? '' : caller.returnsTo.join()}`;
    const known = numbers.get(key);
    if (known !== undefined) return known;
    const step = ensure(fn.steps[label], `label ${label} of ${fn.name}`);
    const number = drafts.length;
    numbers.set(key, number);
    const draft: Draft = { kind, function: fn, label, caller, next: [] };
    drafts.push(draft);
    draft.next = step.to.map((exit) => target(draft, exit));
    return number;
  };

  const target = (from: Draft, exit: Exit): number => {
    if (typeof exit !== 'string') return called(from, exit);
    if (exit === '#end') return ENDED;
    if (!exit.startsWith('#return')) return positionOf(from.kind, from.function, exit, from.caller);
    const context = ensure(from.caller, `caller of ${from.function.name}`);
    return ensure(
      context.returnsTo[Number(exit.slice('#return'.length))],
      `${exit} of ${from.function.name}`,
    );
  };

  const called = (from: Draft, exit: Call): number => {
    const callee = ensure(
      program.functions.find((fn) => fn.name === exit.call),
      `function ${exit.call}`,
    );
    const returnsTo = exit.returnsTo.map((label) => positionOf(from.kind, from.function, label, from.caller));
    return positionOf(from.kind, callee, Object.keys(callee.steps)[0], {
      function: from.function,
      label: exit.returnsTo[0],
      returnsTo,
    });
  };

  const starts = program.threads.map(({ kind, runs }) =>
    positionOf(kind, runs, Object.keys(runs.steps)[0], null),
  );
  assert(drafts.length <= MAX_POSITIONS, `at most ${MAX_POSITIONS} positions`);

  const held = heldLocks(drafts, program, starts);
  const positions = drafts.map((draft, k) =>
    draft === null
      ? null
      : {
          kind: draft.kind,
          function: draft.function.name,
          label: draft.label,
          caller: draft.caller && { function: draft.caller.function.name, label: draft.caller.label },
          step: stepOf(draft),
          next: draft.next,
          held: held[k],
        },
  );
  return { positions, starts, clash: clashes(positions) };
}

const stepOf = (draft: Draft): StepText => draft.function.steps[draft.label];

/** Locks that are held on every way to a position. */
function heldLocks(
  drafts: readonly (Draft | null)[],
  program: ProgramText,
  starts: readonly number[],
): readonly ReadonlySet<Lock>[] {
  const held: (Set<Lock> | null)[] = drafts.map(() => null);
  const work: (readonly [number, Set<Lock>])[] = starts.map((start, t) => [
    start,
    new Set(program.threads[t].holds ?? []),
  ]);
  for (let item = work.pop(); item !== undefined; item = work.pop()) {
    const [at, locks] = item;
    const draft = drafts[at];
    if (draft === null) continue;
    const before = held[at];
    const now = before === null ? locks : new Set([...before].filter((lock) => locks.has(lock)));
    if (before !== null && now.size === before.size) continue;
    held[at] = now;
    const after = new Set(now);
    const { takes, drops } = stepOf(draft);
    if (takes !== undefined) after.add(takes);
    if (drops !== undefined) after.delete(drops);
    for (const next of draft.next) work.push([next, after]);
  }
  return held.map((locks) => locks ?? new Set());
}

function clashes(positions: readonly (Position | null)[]): Uint8Array {
  const n = positions.length;
  const table = new Uint8Array(n * n);
  positions.forEach((a, i) => {
    positions.forEach((b, j) => {
      if (a !== null && b !== null && mayClash(positions, a, j)) table[i * n + j] = 1;
    });
  });
  return table;
}

/** Whether a thread that stands at `from` can get to a step that interferes with `a` while what `a` holds is held. */
function mayClash(positions: readonly (Position | null)[], a: Position, from: number): boolean {
  const seen = new Set<number>([from]);
  for (const at of seen) {
    const b = positions[at];
    if (b === null || shutOut(a.held, b.step)) continue;
    if (interfere(a.step, b.step)) return true;
    for (const next of b.next) seen.add(next);
  }
  return false;
}

const wanted = (step: StepText): Lock | undefined => step.takes ?? step.awaits;

function shutOut(held: ReadonlySet<Lock>, step: StepText): boolean {
  const lock = wanted(step);
  return lock !== undefined && [...held].some((other) => excludes(other, lock));
}

function interfere(a: StepText, b: StepText): boolean {
  const [x, y] = [wanted(a), wanted(b)];
  if (x !== undefined && y !== undefined && excludes(x, y)) return true;
  const meets = (some: readonly Variable[] = [], others: readonly Variable[] = []): boolean =>
    some.some((variable) => others.includes(variable));
  return meets(a.writes, b.writes) || meets(a.writes, b.reads) || meets(a.reads, b.writes);
}
