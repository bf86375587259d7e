// An exploration from request to result: one thread first, all cores when it is worth it, then the counterexample.
import { BadInput, LimitReached } from '../core/base/errors.js';
import type { Litmus } from '../core/explorer/litmus/litmus.js';
import type { Model, ModelSpec } from '../core/explorer/model.js';
import type { Found } from '../core/explorer/search/found.js';
import type { Shortness } from '../core/explorer/search/shortest.js';
import { collisionProbability } from '../core/explorer/search/visited.js';
import type { Counterexample, Exploration, ExplorationResult } from './exploration.js';
import { Explorer, type ExplorerHooks } from './explorer.js';
import { findLitmus } from './find-litmus.js';

const UNREDUCED = { persistent: false, symmetry: false };

export interface ExploreHooks extends Omit<ExplorerHooks, 'alone'> {
  /** Searched instead of the one that the name stands for, on one thread: a litmus of the caller's own. */
  readonly litmus?: Litmus;
  /** Metrics, budgets and properties of schedules are told as well, from two runs. */
  readonly beside?: boolean;
}

/** The schedule of a counterexample with the place of every step. */
function counterexample(model: Model, found: Found, shortness: Shortness, cycle: number): Counterexample {
  const { violation, schedule } = found;
  model.reset();
  const steps = schedule.map(({ thread, choice }) => {
    const where = model.where(thread)[0] ?? { function: '', label: '' };
    model.step(thread, choice);
    return {
      thread,
      choice,
      name: model.threads[thread].name,
      function: where.function,
      label: where.label,
    };
  });
  return {
    what: violation.what,
    thread: model.threads[violation.thread].name,
    function: violation.function,
    label: violation.label,
    length: schedule.length,
    shortness,
    schedule,
    steps,
    cycle,
    cycleStart: cycle === 0 ? null : schedule.length - cycle + 1,
  };
}

/**
 * The spec with the reductions that this search can have. Samples take steps, so none is run ahead; bounds on depth and
 * preemptions count what running a step ahead of its turn changes; and one on preemptions tells threads apart, so symmetry needs a model that says which is which.
 */
function reducible({ spec, search, bounds }: Exploration, litmus: Litmus): ModelSpec {
  const { persistent, symmetry } = spec.reductions;
  const bounded = bounds.preemptions !== null;
  const reductions = {
    persistent: persistent && !bounded && bounds.depth === null && search === 'exhaustive',
    symmetry: symmetry && (!bounded || litmus.build(spec).renamed !== undefined),
  };
  return { ...spec, reductions };
}

/** Loads the machine's runs only where steps are the machine's. */
async function besideThe(litmus: Litmus, spec: ModelSpec): Promise<ExplorationResult['beside']> {
  const model = litmus.build({ ...spec, reductions: UNREDUCED });
  if (model.prefix === undefined) return null;
  const { besideOf } = await import('../core/explorer/report/beside.js');
  return besideOf(model, spec);
}

/** Explores. Throws BadInput for a litmus that there is not, and for one of a user's own that the sizes which it states are too small for. */
export async function explore(request: Exploration, hooks: ExploreHooks = {}): Promise<ExplorationResult> {
  try {
    return await explored(request, hooks);
  } catch (error) {
    if (!(error instanceof LimitReached) || request.spec.userLitmus === undefined) throw error;
    throw new BadInput(
      'litmus-limit',
      `${request.spec.litmus}: ${error.message}; the line "sizes:" of its text says more`,
    );
  }
}

async function explored(request: Exploration, hooks: ExploreHooks): Promise<ExplorationResult> {
  const litmus = hooks.litmus ?? (await findLitmus(request.spec));
  const asked = { ...request, spec: reducible(request, litmus) };
  const explorer = new Explorer(asked, { ...hooks, alone: hooks.litmus !== undefined }, () =>
    litmus.build(asked.spec),
  );
  let outcome = await explorer.search();
  let found: Counterexample | null = null;
  let wholeGraph = false;
  if (outcome.violation !== null) {
    const explained = await explorer.explain(outcome);
    if (explained !== null) {
      outcome = { ...explained.outcome, workers: outcome.workers, violation: explained.found.violation };
      found = counterexample(litmus.build(asked.spec), explained.found, explained.shortness, 0);
    }
  } else if (asked.liveness && outcome.complete) {
    const model = litmus.build({ ...asked.spec, reductions: UNREDUCED });
    const { outcome: whole, lasso } = await explorer.liveness(model);
    outcome = whole;
    wholeGraph = true;
    if (lasso !== null) {
      const { violation, stem, cycle, shortest } = lasso;
      const schedule = [...stem, ...cycle];
      const shortness = shortest ? 'shortest' : 'found first, not minimised';
      found = counterexample(model, { violation, schedule }, shortness, cycle.length);
    } else if (whole.found !== null) found = counterexample(model, whole.found, 'shortest', 0);
  }
  const { seconds } = explorer;
  const { violation, states } = outcome;
  const { spec } = asked;
  const told = litmus.build(spec);
  const keepsNames = (spec.reductions.symmetry ? told.keepsNames : null) ?? null;
  const { counts } = outcome;
  const beside = hooks.beside === true ? await besideThe(litmus, spec) : null;
  return {
    verdict: violation !== null ? 'violated' : outcome.complete ? 'holds' : 'bound_reached',
    litmus: spec.litmus,
    protocol: spec.protocol,
    parameters: spec.parameters,
    search: asked.search,
    states,
    transitions: outcome.transitions,
    depth: outcome.depth,
    terminalStates: outcome.terminalStates,
    seconds,
    statesPerSecond: Math.round(states / Math.max(seconds, 1e-6)),
    invariant: violation?.rule ?? null,
    kind: violation?.kind ?? null,
    sessionId: null,
    counterexample: found,
    beside,
    reductions: wholeGraph
      ? []
      : [
          ...(spec.reductions.persistent ? ['persistent sets'] : []),
          ...(spec.reductions.symmetry && keepsNames === null ? ['symmetry'] : []),
        ],
    notReduced: keepsNames === null ? [] : [`symmetry not possible: ${keepsNames}`],
    boundsReached: outcome.met,
    bounds: asked.bounds,
    workers: outcome.workers,
    schedules: asked.search === 'exhaustive' ? null : explorer.schedules,
    bytes: outcome.bytes,
    visitedBytes: outcome.visitedBytes,
    bytesPerState: outcome.visitedBytes / Math.max(states, 1),
    collisionProbability: asked.exact ? null : collisionProbability(states),
    liveness: asked.liveness,
    locks: counts === null ? null : (told.sight?.locks(counts) ?? null),
    coverage: counts === null ? null : (told.sight?.coverage(counts) ?? null),
  };
}
