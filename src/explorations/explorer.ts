// One exploration on the clock: drives the searches of core in slices, tells how far they are, stops where it is told to, leaves
// what is needed to go on, and moves to all cores when that is worth it. explore.ts makes a result of what it finds.
import { ensure } from '../core/base/assert.js';
import { BadInput } from '../core/base/errors.js';
import type { Model, Violation } from '../core/explorer/model.js';
import { BreadthFirst } from '../core/explorer/search/breadth-first.js';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from '../core/explorer/search/checkpoint.js';
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
import { HashTable, type Visited } from '../core/explorer/search/visited.js';
import { addCounts, type SurveyCounts } from '../core/explorer/survey/survey-counts.js';
import type { Left } from './crew.js';
import type { Exploration } from './exploration.js';
import { STATES_BEFORE_THREADS } from './exploration.js';
import { SearchWatch, type Seen, type WatchHooks } from './search-watch.js';

/** Transitions between two looks at the clock, and how long between two pauses for everything else. */
const SLICE = 10_000;
const AWAY_MS = 50;

export interface ExplorerHooks extends WatchHooks {
  /** Where a search that was stopped goes on: what `rest` was told. */
  readonly resume?: Int32Array;
  /**
   * Told, when an exhaustive search without a bound on depth is stopped, what is needed to go on with it; every `checkpointMs`
   * of it as well, should its process die.
   */
  readonly rest?: (checkpoint: Int32Array, stopped: boolean) => void;
  /** Searched on one thread: no other thread knows what is searched. */
  readonly alone: boolean;
}

/** What every kind of search has for the loop below. */
interface Advancing {
  readonly figures: SearchFigures;
  readonly met: ReadonlySet<Bound>;
  /** Visited states, and whatever else the bound counts: a stack, levels. */
  readonly bytes: number;
  readonly visitedBytes: number;
  /** States that wait to be searched from. */
  readonly waiting: number;
  advance(transitions: number): SearchState;
}

export interface Outcome extends SearchFigures {
  readonly violation: Violation | null;
  readonly found: Found | null;
  readonly met: readonly Bound[];
  readonly bytes: number;
  /** Of visited states alone. */
  readonly visitedBytes: number;
  readonly workers: number;
  readonly complete: boolean;
  /** What was seen of its steps; null where a model does not tell. */
  readonly counts: SurveyCounts | null;
}

export interface Explained {
  readonly outcome: Outcome;
  readonly found: Found;
  readonly shortness: Shortness;
}

interface Driven {
  readonly until?: () => boolean;
  readonly visited?: Visited;
  /** Writes a checkpoint of where the search is. */
  readonly save?: () => void;
}

const immediately = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export class Explorer {
  /** That a random or PCT search tried. */
  schedules = 0;
  private readonly watch: SearchWatch;
  private readonly resumed: Checkpoint | null;

  constructor(
    private readonly asked: Exploration,
    private readonly hooks: ExplorerHooks,
    private readonly build: () => Model,
  ) {
    this.resumed = hooks.resume === undefined ? null : this.decode(hooks.resume);
    this.watch = new SearchWatch(hooks, asked.bounds.seconds, this.resumed?.seconds ?? 0);
  }

  get seconds(): number {
    return this.watch.seconds;
  }

  get searchBounds(): SearchBounds {
    const { preemptions, depth, states, bytes } = this.asked.bounds;
    return { preemptions, depth, states, bytes };
  }

  /** A model whose steps are counted as the search sees them. */
  private watched(): Model {
    const model = this.build();
    if (model.sight !== undefined) model.sight.on = true;
    return model;
  }

  /** @param until ends the loop early, as something that the caller goes on with */
  private async drive(
    search: Advancing,
    first: SearchState,
    { until, visited, save }: Driven = {},
  ): Promise<SearchState | 'seconds' | 'cancelled' | 'until'> {
    const has = visited instanceof HashTable ? (a: number, b: number) => visited.has(a, b) : null;
    const seen = (): Seen => ({ ...search.figures, waiting: search.waiting, has });
    let state = first;
    let away = performance.now();
    while (state === 'working') {
      state = search.advance(SLICE);
      if (state === 'working' && until?.() === true) return 'until';
      const now = performance.now();
      if (now - away < AWAY_MS) continue;
      if (state === 'working' && has !== null && this.watch.wantsEstimate)
        await this.watch.sample(this.build, this.asked.spec.reductions.persistent, seen());
      const bound = this.watch.look(seen());
      if (bound === 'seconds' || bound === 'cancelled') return bound;
      if (state === 'working' && save !== undefined && this.watch.checkpointDue) this.watch.checkpoint(save);
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
    const model = this.watched();
    const search = new Sampled(model, this.visited(), {
      sampling: sampling === 'pct' ? 'pct' : 'random',
      seed,
      schedules,
      pctDepth,
      bounds: this.searchBounds,
    });
    const state = await this.drive(search, search.start());
    this.schedules = search.schedules;
    return {
      ...outcome(search, state, model),
      found: search.found,
      violation: search.found?.violation ?? null,
    };
  }

  private async breadthFirst(): Promise<Outcome> {
    const { persistent } = this.asked.spec.reductions;
    const bounds = this.searchBounds;
    const model = this.watched();
    const search = new BreadthFirst(model, this.visited(), { persistent, bounds });
    const state = await this.drive(search, search.start());
    return {
      ...outcome(search, state, model),
      found: search.found,
      violation: search.found?.violation ?? null,
    };
  }

  private async depthFirst(): Promise<Outcome> {
    const { spec, exact } = this.asked;
    const bounds = this.searchBounds;
    const model = this.watched();
    const { search, visited, first } = this.begin(model);
    const workers = exact || this.hooks.alone ? 1 : this.asked.workers;
    const rests = this.hooks.rest !== undefined && visited instanceof HashTable;
    const here = (): Left => ({ rests: [search.checkpoint()], counts: countsOf(model) });
    const state = await this.drive(search, first, {
      until: () => workers > 1 && search.figures.states >= STATES_BEFORE_THREADS,
      visited,
      ...(rests ? { save: () => this.rest(visited.words, here(), false) } : {}),
    });
    if (state !== 'until' || !(visited instanceof HashTable)) {
      const stopped = state !== 'finished' && state !== 'violated';
      if (stopped && rests) this.rest(visited.words, here(), true);
      const done = outcome(search, state, model);
      const counts = this.withBefore(done.counts);
      return { ...done, counts, found: null, violation: search.violation };
    }
    const { Crew } = await import('./crew.js');
    const crew = new Crew(search, visited, {
      spec,
      workers,
      bounds,
      ended: (seen) => this.watch.look(seen),
      counts: () => countsOf(model),
      checkpointDue: () => rests && this.watch.checkpointDue,
      checkpoint: (table, left) => this.watch.checkpoint(() => this.rest(table, left, false)),
    });
    const report = await crew.run();
    if (!report.finished && report.violation === null && rests) this.rest(report.table, report, true);
    const complete = report.finished && report.met.length === 0;
    return { ...report, counts: this.withBefore(report.counts), workers, found: null, complete };
  }

  /** A depth-first search from the initial state, or from where it was stopped. */
  private begin(model: Model): {
    readonly search: DepthFirst;
    readonly visited: Visited;
    readonly first: SearchState;
  } {
    const { persistent } = this.asked.spec.reductions;
    const options = { persistent, bounds: this.searchBounds };
    const { resumed } = this;
    if (resumed === null) {
      const visited = this.visited();
      const search = new DepthFirst(model, visited, options);
      return { search, visited, first: search.start() };
    }
    const visited = new HashTable(this.asked.bounds.bytes, resumed.table);
    const search = new DepthFirst(model, visited, options);
    for (const rest of resumed.rests) search.restore(rest);
    visited.size = search.figures.states;
    return { search, visited, first: 'working' };
  }

  private decode(words: Int32Array): Checkpoint {
    const checkpoint = decodeCheckpoint(words);
    if (checkpoint.what !== this.what || this.asked.exact) {
      throw new BadInput('checkpoint-differs', `the checkpoint is of another search: ${checkpoint.what}`);
    }
    return checkpoint;
  }

  /** Whatever decides which states are stored, and what their words mean. */
  private get what(): string {
    const { spec, bounds } = this.asked;
    const { words, digest } = this.build();
    return JSON.stringify({ ...spec, preemptions: bounds.preemptions, words, digest: digest ?? null });
  }

  private rest(table: Int32Array, { rests, counts }: Left, stopped: boolean): void {
    const { seconds, what } = this;
    const checkpoint = { what, table, rests, seconds, counts: this.withBefore(counts) };
    this.hooks.rest?.(encodeCheckpoint(checkpoint), stopped);
  }

  /** With what was seen before the search was stopped. */
  private withBefore(counts: SurveyCounts | null): SurveyCounts | null {
    const before = this.resumed?.counts ?? null;
    return counts === null || before === null ? counts : addCounts([before, counts]);
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
    const model = this.watched();
    const search = new BreadthFirst(model, this.visited(), { persistent, bounds: this.searchBounds });
    const most = shortestTransitions(model);
    const state = await this.drive(search, search.start(), {
      until: () => search.figures.transitions > most,
    });
    if (search.found === null) return null;
    const { violation } = search.found;
    return {
      ...outcome(search, state, model),
      depth: search.found.schedule.length,
      found: search.found,
      violation,
    };
  }

  /** The first violation of a depth-first search on one thread, with what it does not need left out; null: a bound came first. */
  private async shortened(): Promise<Explained | null> {
    const model = this.watched();
    const { persistent } = this.asked.spec.reductions;
    const search = new DepthFirst(model, this.visited(), { persistent, bounds: this.searchBounds });
    const state = await this.drive(search, search.start());
    if (search.violation === null) return null;
    const counts = countsOf(model);
    const shown = this.build();
    const schedule = unfold(shown, search.decisions(), persistent);
    const { violation } = search;
    const found = minimise(shown, { violation, schedule });
    return {
      outcome: { ...outcome(search, state, model), counts, violation, found },
      found,
      shortness: 'minimised',
    };
  }

  /** Endless runs, over the whole graph: nothing reduced, on one thread. */
  async liveness(model: Model): Promise<{ readonly outcome: Outcome; readonly lasso: Lasso | null }> {
    if (model.sight !== undefined) model.sight.on = true;
    const graph = new StateGraph(model, this.searchBounds);
    const state = await this.drive(graph, graph.start());
    const counts = countsOf(model);
    if (model.sight !== undefined) model.sight.on = false;
    const lasso = state === 'finished' ? fairCycle(graph, model) : null;
    const found = graph.found;
    const violation = lasso?.violation ?? found?.violation ?? null;
    return { outcome: { ...outcome(graph, state, model), counts, violation, found }, lasso };
  }
}

const countsOf = (model: Model): SurveyCounts | null => model.sight?.counts() ?? null;

function outcome(search: Advancing, state: string, model: Model): Outcome {
  const met = new Set(search.met);
  if (state === 'seconds') met.add('seconds');
  return {
    ...search.figures,
    violation: null,
    found: null,
    met: [...met],
    bytes: search.bytes,
    visitedBytes: search.visitedBytes,
    workers: 1,
    complete: state === 'finished' && met.size === 0,
    counts: countsOf(model),
  };
}
