// Searches of the coarse anchor for tests: built, run to the end, with the outcomes that they end in.
import { CoarseModel } from '../../../src/core/explorer/coarse/coarse-model.js';
import type { ProgramText, StepText } from '../../../src/core/explorer/coarse/program.js';
import { rootLifetime } from '../../../src/core/explorer/coarse/root-lifetime.js';
import type { Model, Reductions } from '../../../src/core/explorer/model.js';
import { DepthFirst } from '../../../src/core/explorer/search/depth-first.js';
import { UNBOUNDED } from '../../../src/core/explorer/search/found.js';
import { HashTable, type Visited } from '../../../src/core/explorer/search/visited.js';

export const NONE: Reductions = { persistent: false, symmetry: false };
export const ALL: Reductions = { persistent: true, symmetry: true };

export interface CoarseSetup {
  readonly patched: boolean;
  readonly resets: number;
  readonly reductions?: Reductions;
  /** Changes one step of a function. */
  readonly mutate?: { readonly of: string; readonly label: string; readonly step: Partial<StepText> };
}

export function coarse({ patched, resets, reductions = NONE, mutate }: CoarseSetup): CoarseModel {
  const { program, roots } = rootLifetime(patched, resets);
  return new CoarseModel(mutate === undefined ? program : mutated(program, mutate), roots, reductions);
}

function mutated(program: ProgramText, { of, label, step }: NonNullable<CoarseSetup['mutate']>): ProgramText {
  const change = <F extends ProgramText['functions'][number]>(fn: F): F =>
    fn.name === of ? { ...fn, steps: { ...fn.steps, [label]: { ...fn.steps[label], ...step } } } : fn;
  return {
    functions: program.functions.map(change),
    threads: program.threads.map((thread) => ({ ...thread, runs: change(thread.runs) })),
  };
}

export interface Searched {
  readonly progress: string;
  readonly rule: string | null;
  readonly states: number;
  readonly transitions: number;
  readonly terminalStates: number;
  readonly outcomes: readonly string[];
  readonly bytes: number;
}

/** @param slice transitions between two looks at the search */
export function searchAll(
  model: Model,
  reductions: Reductions,
  { visited = new HashTable(), slice = 1_000_000 }: { visited?: Visited; slice?: number } = {},
): Searched {
  const outcomes = new Set<string>();
  const state = new Int32Array(model.words);
  const onTerminal = () => {
    model.save(state, 0);
    outcomes.add(state.join());
  };
  const { persistent } = reductions;
  const search = new DepthFirst(model, visited, { persistent, bounds: UNBOUNDED, onTerminal });
  let progress = search.start();
  while (progress === 'working') progress = search.advance(slice);
  const { states, transitions, terminalStates } = search.figures;
  return {
    progress,
    rule: search.violation?.rule ?? null,
    states,
    transitions,
    terminalStates,
    outcomes: [...outcomes].toSorted(),
    bytes: visited.bytes,
  };
}
