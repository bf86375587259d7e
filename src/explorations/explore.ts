// An exploration from request to result: one thread first, all cores when it is worth it, then the counterexample.
import { ensure } from '../core/base/assert.js';
import { BadInput } from '../core/base/errors.js';
import type { Litmus } from '../core/explorer/litmus/litmus.js';
import type { Model, ModelSpec, Violation } from '../core/explorer/model.js';
import { BreadthFirst } from '../core/explorer/search/breadth-first.js';
import { decodeCheckpoint, encodeCheckpoint } from '../core/explorer/search/checkpoint.js';
import { DepthFirst } from '../core/explorer/search/depth-first.js';
import { ExactSet } from '../core/explorer/search/exact.js';
import {
  type Bound,
  type Found,
  type SearchBounds,
  type SearchFigures,
  type SearchState,
  unfold,
} from '../core/explorer/search/found.js';
import { fairCycle, type Lasso } from '../core/explorer/search/liveness.js';
import { Sampled } from '../core/explorer/search/sampled.js';
import {
  minimise,
  type Shortness,
  shorterThan,
  shortestTransitions,
} from '../core/explorer/search/shortest.js';
import { StateGraph } from '../core/explorer/search/state-graph.js';
import { collisionProbability, HashTable, type Visited } from '../core/explorer/search/visited.js';
import type { Counterexample, Exploration, ExplorationResult } from './exploration.js';
import { STATES_BEFORE_THREADS } from './exploration.js';
import { findLitmus } from './find-litmus.js';

/** Transitions between two looks at the clock, and how long between two pauses for everything else. */
const SLICE = 10_000;
const AWAY_MS = 50;

export interface ExploreHooks {
  readonly progress?: (figures: { states: number; transitions: number; seconds: number }) => void;
  /** True: the search stops at the next look, with the verdict `bound_reached`. */
  readonly cancelled?: () => boolean;
  /** Where a search that was stopped goes on: what `rest` was told. */
  readonly resume?: Int32Array;
  /** Told, when an exhaustive search without a bound on depth is stopped, what is needed to go on with it. */
  readonly rest?: (checkpoint: Int32Array) => void;
  /** Searched instead of the one that the name stands for, on one thread: a litmus of the caller's own. */
  readonly litmus?: Litmus;
}

/** What every kind of search has for the loop below. */
interface Advancing {
  readonly figures: SearchFigures;
  readonly met: ReadonlySet<Bound>;
  readonly bytes: number;
  advance(transitions: number): SearchState;
}

interface Outcome extends SearchFigures {
  readonly violation: Violation | null;
  readonly found: Found | null;
  readonly met: readonly Bound[];
  readonly bytes: number;
  readonly workers: number;
  readonly complete: boolean;
}

interface Explained {
  readonly outcome: Outcome;
  readonly found: Found;
  readonly shortness: Shortness;
}

const immediately = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

class Explorer {
  /** That a random or PCT search tried. */
  schedules = 0;
  private readonly begunMs = performance.now();

  constructor(
    private readonly asked: Exploration,
    private readonly hooks: ExploreHooks,
    private readonly build: () => Model,
  ) {}

  get seconds(): number {
    return (performance.now() - this.begunMs) / 1_000;
  }

  get searchBounds(): SearchBounds {
    const { preemptions, depth, states, bytes } = this.asked.bounds;
    return { preemptions, depth, states, bytes };
  }

  /** Which bound of the caller's is met, when any. Tells the progress on the way. */
  readonly ended = (figures: { states: number; transitions: number }): Bound | 'cancelled' | null => {
    const { seconds } = this;
    this.hooks.progress?.({ states: figures.states, transitions: figures.transitions, seconds });
    if (this.hooks.cancelled?.() === true) return 'cancelled';
    return seconds >= this.asked.bounds.seconds ? 'seconds' : null;
  };

  /** @param until ends the loop early, as something that the caller goes on with */
  private async drive(
    search: Advancing,
    first: SearchState,
    until: () => boolean = () => false,
  ): Promise<SearchState | 'seconds' | 'cancelled' | 'until'> {
    let state = first;
    let away = performance.now();
    while (state === 'working') {
      state = search.advance(SLICE);
      if (state === 'working' && until()) return 'until';
      const now = performance.now();
      if (now - away < AWAY_MS) continue;
      const bound = this.ended(search.figures);
      if (bound === 'seconds' || bound === 'cancelled') return bound;
      await immediately();
      away = performance.now();
    }
    return state;
  }

  async search(): Promise<Outcome> {
    if (this.asked.search !== 'exhaustive') return await this.sample();
    return this.asked.bounds.depth === null ? await this.depthFirst() : await this.breadthFirst();
  }

  private visited(): Visited {
    const { bytes } = this.asked.bounds;
    return this.asked.exact ? new ExactSet(bytes) : new HashTable(bytes);
  }

  private async sample(): Promise<Outcome> {
    const { seed, schedules, pctDepth, search: sampling } = this.asked;
    const search = new Sampled(this.build(), this.visited(), {
      sampling: sampling === 'pct' ? 'pct' : 'random',
      seed,
      schedules,
      pctDepth,
      bounds: this.searchBounds,
    });
    const state = await this.drive(search, search.start());
    this.schedules = search.schedules;
    return { ...outcome(search, state), found: search.found, violation: search.found?.violation ?? null };
  }

  private async breadthFirst(): Promise<Outcome> {
    const { persistent } = this.asked.spec.reductions;
    const bounds = this.searchBounds;
    const search = new BreadthFirst(this.build(), this.visited(), { persistent, bounds });
    const state = await this.drive(search, search.start());
    return { ...outcome(search, state), found: search.found, violation: search.found?.violation ?? null };
  }

  private async depthFirst(): Promise<Outcome> {
    const { spec, exact } = this.asked;
    const bounds = this.searchBounds;
    const { search, visited, first } = this.begin();
    const workers = exact || this.hooks.litmus !== undefined ? 1 : this.asked.workers;
    const state = await this.drive(
      search,
      first,
      () => workers > 1 && search.figures.states >= STATES_BEFORE_THREADS,
    );
    if (state !== 'until' || !(visited instanceof HashTable)) {
      const stopped = state !== 'finished' && state !== 'violated';
      if (stopped && visited instanceof HashTable) this.rest(visited.words, [search.checkpoint()]);
      return { ...outcome(search, state), found: null, violation: search.violation };
    }
    const { Crew } = await import('./crew.js');
    const crew = new Crew(search, visited, { spec, workers, bounds, ended: this.ended });
    const report = await crew.run();
    if (!report.finished && report.violation === null) this.rest(report.table, report.rests);
    return { ...report, workers, found: null, complete: report.finished && report.met.length === 0 };
  }

  /** A depth-first search from the initial state, or from where it was stopped. */
  private begin(): { readonly search: DepthFirst; readonly visited: Visited; readonly first: SearchState } {
    const { persistent } = this.asked.spec.reductions;
    const options = { persistent, bounds: this.searchBounds };
    if (this.hooks.resume === undefined) {
      const visited = this.visited();
      const search = new DepthFirst(this.build(), visited, options);
      return { search, visited, first: search.start() };
    }
    const { what, table, rests } = decodeCheckpoint(this.hooks.resume);
    if (what !== this.what || this.asked.exact) {
      throw new BadInput('checkpoint-differs', `the checkpoint is of another search: ${what}`);
    }
    const visited = new HashTable(this.asked.bounds.bytes, table);
    const search = new DepthFirst(this.build(), visited, options);
    for (const rest of rests) search.restore(rest);
    visited.size = search.figures.states;
    return { search, visited, first: 'working' };
  }

  /** Whatever decides which states are stored. */
  private get what(): string {
    const { spec, bounds } = this.asked;
    return JSON.stringify({ ...spec, preemptions: bounds.preemptions });
  }

  private rest(table: Int32Array, rests: readonly Int32Array[]): void {
    this.hooks.rest?.(encodeCheckpoint({ what: this.what, table, rests }));
  }

  /**
   * A counterexample worth reading, from a search on one thread. Its figures are those of the result, so that they are
   * the same for any number of workers.
   */
  async explain(first: Outcome): Promise<Explained | null> {
    const model = this.build();
    if (this.asked.search !== 'exhaustive') {
      const sampled = minimise(model, ensure(first.found, 'schedule of a sampled violation'));
      const shorter = shorterThan(model, sampled, this.searchBounds);
      const shortness = shorter === undefined ? 'minimised' : 'shortest';
      return { outcome: first, found: shorter ?? sampled, shortness };
    }
    const outcome = first.found === null ? await this.shortest() : first;
    if (outcome === null) return await this.shortened();
    const found = ensure(outcome.found, 'schedule of a violation');
    if (!this.asked.spec.reductions.persistent) return { outcome, found, shortness: 'shortest' };
    const shorter = shorterThan(model, found, this.searchBounds);
    if (shorter !== undefined) return { outcome, found: shorter ?? found, shortness: 'shortest' };
    const minimal = minimise(model, found);
    const shortness = minimal === found ? 'shortest of the reduced search' : 'minimised';
    return { outcome, found: minimal, shortness };
  }

  /** The same search again, breadth first; null when it takes too much to get there. */
  private async shortest(): Promise<Outcome | null> {
    const { persistent } = this.asked.spec.reductions;
    const model = this.build();
    const search = new BreadthFirst(model, this.visited(), { persistent, bounds: this.searchBounds });
    const most = shortestTransitions(model);
    const state = await this.drive(search, search.start(), () => search.figures.transitions > most);
    if (search.found === null) return null;
    const { violation } = search.found;
    return { ...outcome(search, state), depth: search.found.schedule.length, found: search.found, violation };
  }

  /** The first violation of a depth-first search on one thread, with what it does not need left out; null: a bound came first. */
  private async shortened(): Promise<Explained | null> {
    const model = this.build();
    const { persistent } = this.asked.spec.reductions;
    const search = new DepthFirst(model, this.visited(), { persistent, bounds: this.searchBounds });
    const state = await this.drive(search, search.start());
    if (search.violation === null) return null;
    const schedule = unfold(model, search.decisions(), persistent);
    const { violation } = search;
    const found = minimise(model, { violation, schedule });
    return { outcome: { ...outcome(search, state), violation, found }, found, shortness: 'minimised' };
  }

  /** Endless runs, over the whole graph: nothing reduced, on one thread. */
  async liveness(model: Model): Promise<{ readonly outcome: Outcome; readonly lasso: Lasso | null }> {
    const graph = new StateGraph(model, this.searchBounds);
    const state = await this.drive(graph, graph.start());
    const lasso = state === 'finished' ? fairCycle(graph, model) : null;
    const found = graph.found;
    const violation = lasso?.violation ?? found?.violation ?? null;
    return { outcome: { ...outcome(graph, state), violation, found }, lasso };
  }
}

function outcome(search: Advancing, state: string): Outcome {
  const met = new Set(search.met);
  if (state === 'seconds') met.add('seconds');
  return {
    ...search.figures,
    violation: null,
    found: null,
    met: [...met],
    bytes: search.bytes,
    workers: 1,
    complete: state === 'finished' && met.size === 0,
  };
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

/** Explores. Throws BadInput for a litmus that there is not. */
export async function explore(request: Exploration, hooks: ExploreHooks = {}): Promise<ExplorationResult> {
  const litmus = hooks.litmus ?? (await findLitmus(request.spec.litmus));
  const asked = { ...request, spec: reducible(request, litmus) };
  const explorer = new Explorer(asked, hooks, () => litmus.build(asked.spec));
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
    const model = litmus.build({ ...asked.spec, reductions: { persistent: false, symmetry: false } });
    const { outcome: whole, lasso } = await explorer.liveness(model);
    outcome = whole;
    wholeGraph = true;
    if (lasso !== null) {
      const { violation, stem, cycle } = lasso;
      const schedule = [...stem, ...cycle];
      found = counterexample(model, { violation, schedule }, 'minimised', cycle.length);
    } else if (whole.found !== null) found = counterexample(model, whole.found, 'shortest', 0);
  }
  const { seconds } = explorer;
  const { violation, states } = outcome;
  const { spec } = asked;
  const keepsNames = (spec.reductions.symmetry ? litmus.build(spec).keepsNames : null) ?? null;
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
    bytesPerState: outcome.bytes / Math.max(states, 1),
    collisionProbability: asked.exact ? null : collisionProbability(states),
    liveness: asked.liveness,
  };
}
