// Breadth-first search, a step a level: the first violation it meets ends a shortest schedule of what it searches, and a
// bound on depth means exactly "every schedule of so many steps". Costs more memory than depth-first search: a whole
// level waits, and two words of every state are kept to find the way back.
import { assert } from '../../base/assert.js';
import { type Model, STEP, type Violation } from '../model.js';
import {
  type Bound,
  endOf,
  type Found,
  MAX_FORCED_STEPS,
  MAX_THREADS,
  type SearchBounds,
  type SearchFigures,
  type SearchState,
} from './found.js';
import { Frontier } from './frontier.js';
import { Nodes, packStep, unpackStep } from './nodes.js';
import type { Visited } from './visited.js';

/** Words beside a waiting state. */
const NODE = 0;
const LAST = 1;
const USED = 2;
/** The one thread that is tried from here, or nobody: all are. */
const ALONE = 3;
/** Forced steps in a row before this state. */
const RUN = 4;
const HEAD_WORDS = 5;

const NOBODY = -1;

export interface BreadthFirstOptions {
  readonly persistent: boolean;
  readonly bounds: SearchBounds;
}

export class BreadthFirst {
  readonly figures: SearchFigures = { states: 0, transitions: 0, depth: 0, terminalStates: 0 };
  readonly met = new Set<Bound>();
  found: Found | null = null;

  private level: Frontier;
  private next: Frontier;
  private readonly nodes = new Nodes();
  private readonly head = new Int32Array(HEAD_WORDS);
  private readonly newHead = new Int32Array(HEAD_WORDS);
  private readonly state: Int32Array;
  private readonly scratch: Int32Array;
  private readonly key: Int32Array;
  private readonly preemptions: number | null;
  private readonly persistent: boolean;

  constructor(
    private readonly model: Model,
    private readonly visited: Visited,
    private readonly options: BreadthFirstOptions,
  ) {
    assert(model.threads.length <= MAX_THREADS, `at most ${MAX_THREADS} threads`);
    this.state = new Int32Array(model.words);
    this.scratch = new Int32Array(model.words);
    this.key = new Int32Array(model.keyWords + 2);
    this.preemptions = options.bounds.preemptions;
    this.persistent = options.persistent;
    assert(this.preemptions === null || !options.persistent, 'a bound on preemptions takes no forced steps');
    const initial = new Int32Array(model.words);
    model.reset();
    model.save(initial, 0);
    this.level = new Frontier(initial, HEAD_WORDS);
    this.next = new Frontier(initial, HEAD_WORDS);
  }

  get visitedBytes(): number {
    return this.visited.bytes;
  }
  get bytes(): number {
    return this.visited.bytes + this.level.bytes + this.next.bytes + this.nodes.bytes;
  }

  get waiting(): number {
    return this.level.size + this.next.size;
  }

  start(): SearchState {
    this.model.reset();
    const state = this.arrive(this.nodes.add(-1, 0), NOBODY, 0, 0);
    this.turn();
    return state;
  }

  /** Takes about so many transitions. */
  advance(transitions: number): SearchState {
    const { model, figures, head, state } = this;
    if (this.found !== null) return 'violated';
    const goal = figures.transitions + transitions;
    while (figures.transitions < goal) {
      if (!this.level.shift(head, state)) {
        if (this.next.size === 0) return 'finished';
        figures.depth++;
        this.turn();
        continue;
      }
      if (figures.depth === this.options.bounds.depth) {
        this.met.add('depth');
        return 'finished';
      }
      model.load(state, 0);
      let whereItWas = true;
      const alone = head[ALONE];
      for (let thread = 0; thread < model.threads.length; thread++) {
        if (alone !== NOBODY && alone !== thread) continue;
        if (!whereItWas) model.load(state, 0);
        whereItWas = true;
        const choices = model.choices(thread);
        for (let choice = 0; choice < choices; choice++) {
          if (!whereItWas) model.load(state, 0);
          const used = head[USED] + (head[LAST] !== NOBODY && head[LAST] !== thread ? 1 : 0);
          if (this.preemptions !== null && used > this.preemptions) {
            this.met.add('preemptions');
            continue;
          }
          whereItWas = false;
          const reached = this.take(thread, choice, used, alone === NOBODY ? 0 : head[RUN] + 1);
          if (reached !== 'working') return reached;
        }
      }
    }
    return 'working';
  }

  private take(thread: number, choice: number, used: number, run: number): SearchState {
    const { model, figures, head } = this;
    figures.transitions++;
    if (model.step(thread, choice) === STEP.violated) {
      return this.violated(model.violation(), head[NODE], packStep(thread, choice));
    }
    return this.arrive(-1, thread, used, run, packStep(thread, choice));
  }

  /** @param given the node of the present state; -1: made when the state is new */
  private arrive(given: number, last: number, used: number, run: number, step = 0): SearchState {
    const { model, newHead, figures } = this;
    let alone = this.persistent && run < MAX_FORCED_STEPS ? model.forced() : NOBODY;
    if (alone !== NOBODY && model.choices(alone) > 1) alone = NOBODY;
    let goesOn = NOBODY;
    if (alone === NOBODY) {
      const { key } = this;
      let length = model.key(key);
      if (this.preemptions !== null) {
        if (last !== NOBODY && model.choices(last) > 0) goesOn = last;
        key[length++] = goesOn === NOBODY ? NOBODY : (model.renamed?.(goesOn) ?? goesOn);
        key[length++] = used;
      }
      if (!this.visited.add(key, length)) return 'working';
      figures.states++;
    }
    const node = given >= 0 ? given : this.nodes.add(this.head[NODE], step);
    if (alone === NOBODY && model.threads.every((_, t) => model.choices(t) === 0)) {
      figures.terminalStates++;
      const violation = endOf(model);
      return violation === null ? 'working' : this.violated(violation, node, null);
    }
    newHead[NODE] = node;
    newHead[LAST] = goesOn;
    newHead[USED] = used;
    newHead[ALONE] = alone;
    newHead[RUN] = alone === NOBODY ? 0 : run;
    this.next.push(model, newHead, this.scratch);
    if (figures.states >= this.options.bounds.states) return this.bounded('states');
    if (this.visited.full || this.bytes > this.options.bounds.bytes) return this.bounded('bytes');
    return 'working';
  }

  /** The next level becomes the present one. */
  private turn(): void {
    const spent = this.level;
    spent.clear();
    this.level = this.next;
    this.next = spent;
  }

  private violated(violation: Violation, node: number, step: number | null): SearchState {
    const schedule = this.nodes.scheduleTo(node);
    if (step !== null) schedule.push(unpackStep(step));
    this.found = { violation, schedule };
    return 'violated';
  }

  private bounded(bound: Bound): SearchState {
    this.met.add(bound);
    return 'bound';
  }
}
