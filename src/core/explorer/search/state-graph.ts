// The whole state graph, for questions about endless runs: every state as a number, with the threads that can go on in it, and
// every step between two states. Nothing is left out or merged, so a cycle of the graph is a cycle of the model.

import { type Model, STEP } from '../model.js';
import {
  type Bound,
  endOf,
  type Found,
  type SearchBounds,
  type SearchFigures,
  type SearchState,
} from './found.js';
import { Frontier } from './frontier.js';
import { GrowingArray } from './growing-array.js';
import { Nodes, packStep } from './nodes.js';
import { hash64, lanes } from './visited.js';

const FIRST_SLOTS = 1 << 12;
/** Two words of the hash and the state's number. */
const SLOT_WORDS = 3;
const HEAD_WORDS = 1;

export class StateGraph {
  readonly figures: SearchFigures = { states: 0, transitions: 0, depth: 0, terminalStates: 0 };
  readonly met = new Set<Bound>();
  /** A breach of safety, met on the way. */
  found: Found | null = null;
  /** How each state was reached first. */
  readonly nodes = new Nodes();
  /** Threads that can go on, as bits, by state. */
  readonly enabled = new GrowingArray();
  /** First edge of each state; its last one is before the first of the next. */
  readonly firstEdge = new GrowingArray();
  readonly edgeTo = new GrowingArray();
  readonly edgeStep = new GrowingArray();

  private slots = new Int32Array(FIRST_SLOTS * SLOT_WORDS);
  private readonly levels: Frontier[];
  private readonly head = new Int32Array(HEAD_WORDS);
  private readonly state: Int32Array;
  private readonly scratch: Int32Array;
  private readonly key: Int32Array;

  constructor(
    private readonly model: Model,
    private readonly bounds: SearchBounds,
  ) {
    this.state = new Int32Array(model.words);
    this.scratch = new Int32Array(model.words);
    this.key = new Int32Array(model.keyWords);
    const initial = new Int32Array(model.words);
    model.reset();
    model.save(initial, 0);
    this.levels = [new Frontier(initial, HEAD_WORDS), new Frontier(initial, HEAD_WORDS)];
  }

  get waiting(): number {
    return this.levels.reduce((sum, { size }) => sum + size, 0);
  }

  /** With the two levels that wait, as the bound counts them. */
  get bytes(): number {
    return this.levels.reduce((sum, one) => sum + one.bytes, this.visitedBytes);
  }
  get visitedBytes(): number {
    const arrays = [this.enabled, this.firstEdge, this.edgeTo, this.edgeStep, this.nodes];
    return arrays.reduce((sum, one) => sum + one.bytes, this.slots.byteLength);
  }

  start(): SearchState {
    this.model.reset();
    this.number(-1, 0);
    this.levels.reverse();
    return this.found === null ? 'working' : 'violated';
  }

  /** Takes about so many transitions. */
  advance(transitions: number): SearchState {
    const { model, figures, head, state } = this;
    if (this.found !== null) return 'violated';
    const goal = figures.transitions + transitions;
    while (figures.transitions < goal) {
      if (!this.levels[0].shift(head, state)) {
        this.levels[0].clear();
        if (this.levels[1].size === 0) {
          this.firstEdge.push(this.edgeTo.length);
          return 'finished';
        }
        this.levels.reverse();
        figures.depth++;
        continue;
      }
      // States are expanded in the order of their numbers.
      this.firstEdge.push(this.edgeTo.length);
      for (let thread = 0; thread < model.threads.length; thread++) {
        model.load(state, 0);
        const choices = model.choices(thread);
        for (let choice = 0; choice < choices; choice++) {
          if (choice > 0) model.load(state, 0);
          if (!this.take(head[0], thread, choice)) return 'violated';
        }
      }
      if (figures.states >= this.bounds.states) return this.bounded('states');
      if (this.bytes > this.bounds.bytes) return this.bounded('bytes');
    }
    return 'working';
  }

  private take(from: number, thread: number, choice: number): boolean {
    const { model, figures } = this;
    const step = packStep(thread, choice);
    figures.transitions++;
    if (model.step(thread, choice) === STEP.violated) {
      this.found = {
        violation: model.violation(),
        schedule: [...this.nodes.scheduleTo(from), { thread, choice }],
      };
      return false;
    }
    const to = this.number(from, step);
    this.edgeTo.push(to);
    this.edgeStep.push(step);
    return this.found === null;
  }

  /** The number of the present state; a new one waits to be expanded. */
  private number(parent: number, step: number): number {
    const { model, key, figures } = this;
    hash64(key, model.key(key));
    const [a, b] = [lanes[0], lanes[1]];
    if (figures.states * 2 * SLOT_WORDS > this.slots.length) this.grow();
    const at = slotOf(this.slots, a, b);
    if (this.slots[at] !== 0) return this.slots[at + 2];
    const number = this.nodes.add(parent, step);
    this.slots[at] = a;
    this.slots[at + 1] = b;
    this.slots[at + 2] = number;
    figures.states++;
    let mask = 0;
    for (let t = 0; t < model.threads.length; t++) if (model.choices(t) > 0) mask |= 1 << t;
    this.enabled.push(mask);
    if (mask === 0) this.terminal(number);
    this.head[0] = number;
    this.levels[1].push(model, this.head, this.scratch);
    this.head[0] = parent;
    return number;
  }

  private terminal(number: number): void {
    this.figures.terminalStates++;
    const violation = endOf(this.model);
    if (violation !== null) this.found = { violation, schedule: this.nodes.scheduleTo(number) };
  }

  private grow(): void {
    const slots = new Int32Array(this.slots.length * 2);
    for (let k = 0; k < this.slots.length; k += SLOT_WORDS) {
      if (this.slots[k] === 0) continue;
      const at = slotOf(slots, this.slots[k], this.slots[k + 1]);
      for (let n = 0; n < SLOT_WORDS; n++) slots[at + n] = this.slots[k + n];
    }
    this.slots = slots;
  }

  private bounded(bound: Bound): SearchState {
    this.met.add(bound);
    return 'bound';
  }
}

/** Where a hash stands, or the free slot where it would. */
function slotOf(slots: Int32Array, a: number, b: number): number {
  const count = slots.length / SLOT_WORDS;
  let slot = (a >>> 0) & (count - 1);
  while (slots[slot * SLOT_WORDS] !== 0) {
    if (slots[slot * SLOT_WORDS] === a && slots[slot * SLOT_WORDS + 1] === b) break;
    slot = (slot + 1) & (count - 1);
  }
  return slot * SLOT_WORDS;
}
