// What a known answer is: a real bug, what shows it, which rules it breaks, and what is expected of each protocol.
import { assert } from '../base/assert.js';
import type { BugKind } from '../bugs/bug.js';

export type Expected = 'violated' | 'holds' | 'not_applicable' | 'unknown';

/** Runs in place of searches: see runs.ts. */
export type RunName = 'root-churn' | 'reset-on-every-exit' | 'tables-at-once' | 'workers-at-once';

/** What shows a bug: a search of a litmus, or one run. */
export type Question =
  | { readonly by: 'search'; readonly litmus: string; readonly liveness: boolean }
  | { readonly by: 'run'; readonly run: RunName };

export interface Cell {
  readonly protocol: string;
  readonly expected: Expected;
  /** Why, where the range of the bug's sheet does not say it. */
  readonly why: string | null;
  /** Searched in place of the question's litmus; `why` says why. */
  readonly litmus?: string;
}

export interface Answer {
  /** Of the bug's sheet; `B0-on-EPT-violation` is of B0's. */
  readonly bug: string;
  readonly kind: BugKind;
  /** What the bug breaks: another violation is not this answer. For a run: what it is judged by. */
  readonly rules: readonly string[];
  readonly question: Question | null;
  readonly cells: readonly Cell[];
}

/** The protocols that every answer speaks of, oldest first; others where it has something to say about them. */
export const COLUMNS: readonly string[] = [
  'v5.10.0',
  'v5.10',
  'v5.12',
  'v5.13',
  'v5.15.0',
  'v5.15',
  'v5.16',
  'v5.18',
  'seed-draft',
  'v6.4',
  'v6.6',
  'v6.9',
  'v6.14',
];

interface Except {
  readonly protocols: readonly string[];
  readonly expected: Expected;
  readonly why: string;
  readonly litmus?: string;
}

interface Parts {
  readonly kind: BugKind;
  readonly rules: readonly string[];
  readonly question: Question;
  /** Protocols that have the bug. */
  readonly violated: readonly string[];
  /** Protocols beside the columns that do not have it. */
  readonly alsoHolds?: readonly string[];
  /** Cells that need a word. They go before the others. */
  readonly except?: readonly Except[];
}

/** An answer with a cell for each column, and for what else it names: where nothing is said the rule holds. */
export function answer(bug: string, parts: Parts): Answer {
  const cells = new Map<string, Cell>();
  for (const protocol of [...COLUMNS, ...(parts.alsoHolds ?? [])])
    cells.set(protocol, { protocol, expected: 'holds', why: null });
  for (const protocol of parts.violated) cells.set(protocol, { protocol, expected: 'violated', why: null });
  for (const { protocols, ...said } of parts.except ?? [])
    for (const protocol of protocols) cells.set(protocol, { protocol, ...said });
  assert(
    parts.violated.every((p) => cells.get(p)?.expected === 'violated'),
    `${bug}: a protocol is said twice`,
  );
  const { kind, rules, question } = parts;
  return { bug, kind, rules, question, cells: [...cells.values()] };
}

/** An answer that cannot be given: the model lacks what the bug is made of. */
export function notApplicable(bug: string, kind: BugKind, rules: readonly string[], why: string): Answer {
  const cells = COLUMNS.map((protocol) => ({ protocol, expected: 'not_applicable', why }) as const);
  return { bug, kind, rules, question: null, cells };
}

export function search(litmus: string): Question {
  return { by: 'search', litmus, liveness: false };
}
/** Looks for a livelock as well: a cycle that a fair scheduler can go round for ever. */
export function searchCycles(litmus: string): Question {
  return { by: 'search', litmus, liveness: true };
}
export function run(name: RunName): Question {
  return { by: 'run', run: name };
}
