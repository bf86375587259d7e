// One row of the catalogue: the cell's question answered, and whether that is what was expected.
import { BadInput } from '../../core/base/errors.js';
import type { BugKind } from '../../core/bugs/bug.js';
import type { Expected } from '../../core/catalogue/answer.js';
import { type CatalogueCell, isAsked } from '../../core/catalogue/cells.js';
import { runAnswer } from '../../core/catalogue/runs.js';
import { modelSpec } from '../../core/explorer/litmus/litmus.js';
import type { RunRequest } from '../../core/run/manifest.js';
import {
  DEFAULT_BOUNDS,
  DEFAULT_SCHEDULES,
  type Exploration,
  type ExplorationResult,
} from '../exploration.js';
import { explore } from '../explore.js';
import { findLitmus } from '../find-litmus.js';
import { present } from '../present.js';

/** What one row may take; none comes near it. */
export const ROW_BOUNDS = { ...DEFAULT_BOUNDS, states: 2_000_000, seconds: 60, bytes: 256 * 1024 ** 2 };

export interface CatalogueRow {
  readonly bug: string;
  readonly protocol: string;
  readonly kind: BugKind;
  readonly expected: Expected;
  readonly got: Expected | 'bound_reached';
  readonly ok: boolean;
  /** What was broken; null where nothing was. */
  readonly invariant: string | null;
  readonly states: number | null;
  readonly seconds: number;
  /** Session of the counterexample, or of the run; null where nothing was violated, or nothing was to be stored. */
  readonly sessionId: string | null;
  /** How it was answered: every interleaving, or one run. */
  readonly how: 'exhaustive' | 'run' | null;
  readonly litmus: string | null;
  /** Steps of the counterexample, as its session has it. */
  readonly steps: number | null;
  /** Why it is not applicable or unknown; what was seen. */
  readonly reason: string | null;
}

/** A row whose session is still to be stored, and what that session is asked for with; null: there is none. */
export interface AnsweredRow {
  readonly row: CatalogueRow;
  readonly session: RunRequest | null;
}

/** @param alone what of a search is left to a protocol that a user brought */
export async function answerRow(
  cell: CatalogueCell,
  alone: (asked: Exploration) => Exploration = (asked) => asked,
): Promise<AnsweredRow> {
  const { answer, protocol, expected, why } = cell;
  const { bug, kind, question } = answer;
  const row = { bug, protocol, kind, expected, sessionId: null, litmus: null };
  if (question === null || !isAsked(cell)) {
    const nothing = { invariant: null, states: null, seconds: 0, how: null, steps: null };
    return { row: { ...row, ...nothing, got: expected, ok: true, reason: why }, session: null };
  }
  const meets = (got: CatalogueRow['got']): boolean => got === expected || expected === 'unknown';
  const begunMs = performance.now();
  if (question.by === 'run') {
    const { violated, rule, seen, session } = runAnswer(question.run, protocol);
    const got = violated ? 'violated' : 'holds';
    return {
      row: {
        ...row,
        got,
        ok: meets(got),
        invariant: violated ? rule : null,
        states: null,
        seconds: (performance.now() - begunMs) / 1_000,
        how: 'run',
        steps: null,
        reason: why === null ? seen : `${seen}; ${why}`,
      },
      session: violated ? session : null,
    };
  }
  const litmus = cell.litmus ?? question.litmus;
  const asked = alone(await explorationOf(litmus, protocol, question.liveness));
  let result: ExplorationResult;
  try {
    result = await explore(asked);
  } catch (error) {
    // Only of a protocol that a user brought it is not known before.
    if (!(error instanceof BadInput) || error.code !== 'litmus-protocol') throw error;
    const nothing = { invariant: null, states: null, seconds: 0, how: null, steps: null };
    const got = 'not_applicable';
    return { row: { ...row, ...nothing, got, ok: meets(got), reason: error.message }, session: null };
  }
  const got = verdictOf(result, question.liveness);
  const rule = got === 'violated' ? result.invariant : null;
  const meant = rule === null || answer.rules.includes(rule);
  const report = rule === null ? null : await present(asked, result);
  return {
    row: {
      ...row,
      litmus,
      got,
      ok: meets(got) && meant,
      invariant: rule,
      states: result.states,
      seconds: result.seconds,
      how: 'exhaustive',
      steps: report?.length ?? null,
      reason: reasonOf(cell, result, meant),
    },
    session: report?.session ?? null,
  };
}

async function explorationOf(name: string, protocol: string, liveness: boolean): Promise<Exploration> {
  const litmus = await findLitmus({ litmus: name });
  const reductions = { persistent: true, symmetry: true };
  return {
    spec: modelSpec(litmus, { protocol, parameters: {}, reductions }),
    search: 'exhaustive',
    bounds: ROW_BOUNDS,
    // Rows run side by side.
    workers: 1,
    seed: 1,
    schedules: DEFAULT_SCHEDULES,
    pctDepth: 1,
    exact: false,
    liveness,
  };
}

/** A starvation is no livelock: some order that is not fair to a lock's waiters lets one of them wait for ever. */
function verdictOf(result: ExplorationResult, liveness: boolean): CatalogueRow['got'] {
  if (result.verdict === 'bound_reached') return 'bound_reached';
  if (liveness && result.kind === 'starvation') return 'holds';
  return result.verdict;
}

function reasonOf({ why }: CatalogueCell, result: ExplorationResult, meant: boolean): string | null {
  const notes = [
    ...(why === null ? [] : [why]),
    ...(meant ? [] : [`another rule is broken: ${result.invariant}`]),
    ...(result.verdict === 'bound_reached' ? [`bounds met: ${result.boundsReached.join(', ')}`] : []),
    ...(result.kind === 'starvation'
      ? ['no fair cycle; where a lock is always given to the other one, its waiter starves']
      : []),
    ...(result.counterexample === null || result.kind === 'starvation' ? [] : [result.counterexample.what]),
  ];
  return notes.length === 0 ? null : notes.join('; ');
}
