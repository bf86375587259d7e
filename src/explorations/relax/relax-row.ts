// One rule of a protocol dropped: each litmus in which it matters is searched without it, until one breaks.
import { BadInput } from '../../core/base/errors.js';
import { type Litmus, modelSpec } from '../../core/explorer/litmus/litmus.js';
import {
  type LitmusRef,
  litmusIgnoring,
  notForProtocol,
  placeName,
  relaxLitmus,
  watchedLitmus,
} from '../../core/explorer/relax/relax-litmus.js';
import type { HeldIn, RelaxAnswer, RelaxBase, RelaxRow } from '../../core/explorer/relax/relaxation.js';
import { findProtocol } from '../../core/protocols/registry.js';
import { relax } from '../../core/protocols/relax/forms.js';
import type { Place, RelaxRule } from '../../core/protocols/relax/rule.js';
import { findRelaxRule } from '../../core/protocols/relax/rules.js';
import type { RunRequest } from '../../core/run/manifest.js';
import type { Litmus as MachineLitmus } from '../../core/scenarios/litmus/litmus.js';
import { DEFAULT_SCHEDULES, type Exploration, type ExplorationResult } from '../exploration.js';
import { explore } from '../explore.js';
import { present } from '../present.js';

/** What one search may take. */
export const RELAX_BOUNDS = {
  preemptions: null,
  depth: null,
  states: 300_000,
  seconds: 30,
  bytes: 256 * 1024 ** 2,
};
/** States of the search whose reductions rest on no rule. */
export const SURE_STATES = 60_000;
/** What a protocol may break in a litmus with all its rules, each left out in turn. */
const MAX_BROKEN_ANYWAY = 12;

/** A row whose session is still to be stored, and what that session is asked for with; null: there is none. */
export interface RelaxedRow {
  readonly row: RelaxRow;
  readonly session: RunRequest | null;
  /** Of the litmus that were looked at for it. */
  readonly bases: readonly RelaxBase[];
}

/** What of a search is left to a protocol that a user brought: no reductions, and less memory. */
export type Alone = (asked: Exploration) => Exploration;

/** The litmus under the protocol as it is: what breaks anyway, which steps are taken. */
export async function relaxBase(
  protocolId: string,
  ref: LitmusRef,
  alone: Alone | null = null,
): Promise<RelaxBase> {
  const protocol = findProtocol(protocolId);
  const of = relaxLitmus(ref);
  const name = of.id;
  const notFor = notForProtocol(of, protocol);
  const nothing = { litmus: name, brokenAnyway: [], taken: [] };
  if (notFor !== null) return { ...nothing, leftOut: notFor };
  const broken: string[] = [];
  for (;;) {
    const seen = new Set<string>();
    const litmus = watchedLitmus(of, protocol, broken, seen);
    const result = await search(litmus, protocolId, RELAX_BOUNDS.states, alone);
    const { invariant, kind } = result;
    if (result.verdict === 'holds')
      return { litmus: name, leftOut: null, brokenAnyway: broken, taken: [...seen] };
    const what =
      result.verdict === 'bound_reached'
        ? `a bound is reached: ${result.boundsReached.join(', ')}`
        : `${protocolId} breaks ${[...broken, invariant].join(', ')} in it with all its rules`;
    const isRule = kind === 'safety' || kind === 'assertion';
    if (invariant === null || !isRule || broken.includes(invariant) || broken.length >= MAX_BROKEN_ANYWAY)
      return { ...nothing, leftOut: what };
    broken.push(invariant);
  }
}

/**
 * @param names litmus to search, in order
 * @param known those of them that have been looked at; others are when it is their turn
 */
export async function relaxRow(
  protocolId: string,
  ruleId: string,
  names: readonly LitmusRef[],
  known: readonly RelaxBase[],
  alone: Alone | null = null,
): Promise<RelaxedRow> {
  const begunMs = performance.now();
  const rule = findRelaxRule(ruleId);
  const relaxed = relax(findProtocol(protocolId), rule);
  const told = toldOf(rule);
  if ('reason' in relaxed)
    return { row: { ...told, answer: 'not_applicable', reason: relaxed.reason }, session: null, bases: [] };
  const { places, protocol } = relaxed;
  const bases: RelaxBase[] = [];
  const heldIn: HeldIn[] = [];
  const [boundIn, unconfirmedIn, notTakenIn] = [[] as string[], [] as string[], [] as string[]];
  let states = 0;
  const answered = (
    answer: RelaxAnswer,
    session: RunRequest | null = null,
    found: Partial<RelaxRow> = {},
  ): RelaxedRow => {
    const searched = { heldIn, boundIn, unconfirmedIn, notTakenIn, states };
    const seconds = (performance.now() - begunMs) / 1_000;
    return { row: { ...told, answer, places, ...searched, seconds, ...found }, session, bases };
  };
  /** Broken before the litmus begins: a schedule is wanted, so other litmus are tried. */
  let early: Pick<RelaxRow, 'litmus' | 'what'> | null = null;
  for (const ref of names) {
    const of = relaxLitmus(ref);
    const name = of.id;
    const base = known.find(({ litmus }) => litmus === name) ?? (await relaxBase(protocolId, ref, alone));
    bases.push(base);
    if (base.leftOut !== null) continue;
    if (!isTaken(places, base.taken)) {
      notTakenIn.push(name);
      continue;
    }
    const tried = await tryOut(of, protocol.id, [...base.brokenAnyway, ...rule.restates], alone);
    states += tried.states;
    if (tried.found !== null) return answered('needed', tried.session, tried.found);
    if (tried.early !== null) early ??= { litmus: name, what: tried.early };
    else if (tried.end === 'held') heldIn.push({ litmus: name, states: tried.states });
    else (tried.end === 'bound' ? boundIn : unconfirmedIn).push(name);
  }
  if (early !== null) return answered('needed', null, early);
  return answered(boundIn.length > 0 ? 'bound_reached' : 'not_needed_in');
}

interface Tried {
  readonly states: number;
  readonly end: 'violated' | 'held' | 'bound' | 'unconfirmed';
  /** What the preparation of the litmus breaks. */
  readonly early: string | null;
  readonly found: Pick<RelaxRow, 'litmus' | 'invariant' | 'what' | 'steps' | 'why'> | null;
  readonly session: RunRequest | null;
}

/**
 * First with reductions that rest on the rules, the dropped one too: what that finds is a schedule like any other. Where it finds
 * nothing, with those only that rest on none.
 */
async function tryOut(
  of: MachineLitmus,
  protocol: string,
  ignores: readonly string[],
  alone: Alone | null,
): Promise<Tried> {
  const nothing = { found: null, session: null, early: null };
  const trusting = litmusIgnoring(of, ignores, alone === null);
  let first: ExplorationResult;
  try {
    first = await search(trusting, protocol, RELAX_BOUNDS.states, alone);
  } catch (error) {
    if (!(error instanceof BadInput) || error.code !== 'litmus-preparation') throw error;
    return { ...nothing, states: 0, end: 'violated', early: error.message };
  }
  if (first.verdict === 'violated') return await foundOf(trusting, protocol, first, alone);
  if (first.verdict === 'bound_reached') return { ...nothing, states: first.states, end: 'bound' };
  // Nothing was reduced: there is nothing to make sure of.
  if (alone !== null) return { ...nothing, states: first.states, end: 'held' };
  const litmus = litmusIgnoring(of, ignores, false);
  const sure = await search(litmus, protocol, SURE_STATES, alone);
  if (sure.verdict === 'violated') return await foundOf(litmus, protocol, sure, alone);
  return { ...nothing, states: sure.states, end: sure.verdict === 'holds' ? 'held' : 'unconfirmed' };
}

async function foundOf(
  litmus: Litmus,
  protocol: string,
  result: ExplorationResult,
  alone: Alone | null,
): Promise<Tried> {
  const report = await present(askedFor(litmus, protocol, RELAX_BOUNDS.states, alone), result, { litmus });
  const { counterexample } = result;
  return {
    states: result.states,
    end: 'violated',
    early: null,
    found: {
      litmus: litmus.name,
      invariant: result.invariant,
      what: counterexample?.what ?? null,
      steps: report?.length ?? counterexample?.length ?? null,
      why: report?.why ?? null,
    },
    session: report?.session ?? null,
  };
}

function search(
  litmus: Litmus,
  protocol: string,
  states: number,
  alone: Alone | null,
): Promise<ExplorationResult> {
  return explore(askedFor(litmus, protocol, states, alone), { litmus });
}

function askedFor(litmus: Litmus, protocol: string, states: number, alone: Alone | null): Exploration {
  const reductions = { persistent: true, symmetry: true };
  const asked: Exploration = {
    spec: modelSpec(litmus, { protocol, parameters: {}, reductions }),
    search: 'exhaustive',
    bounds: { ...RELAX_BOUNDS, states },
    // Rules are tried side by side.
    workers: 1,
    seed: 1,
    schedules: DEFAULT_SCHEDULES,
    pctDepth: 1,
    exact: false,
    liveness: false,
  };
  return alone === null ? asked : alone(asked);
}

function isTaken(places: readonly Place[], taken: readonly string[]): boolean {
  return places.some((place) =>
    place.labels.some((label) => taken.includes(placeName(place.function, label))),
  );
}

function toldOf({ id, kind, statement, bugs, restates }: RelaxRule): Omit<RelaxRow, 'answer'> {
  return {
    rule: id,
    kind,
    statement,
    bugs,
    places: [],
    reason: null,
    litmus: null,
    invariant: null,
    what: null,
    steps: null,
    why: null,
    sessionId: null,
    heldIn: [],
    boundIn: [],
    unconfirmedIn: [],
    notTakenIn: [],
    restates,
    states: 0,
    seconds: 0,
  };
}
