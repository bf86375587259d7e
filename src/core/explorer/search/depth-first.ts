// Depth-first search over distinct states, resumable after any transition. Forced steps (persistent sets of one thread) are
// run without storing the states between. A stored state is always expanded by all threads, so every cycle of the
// reduced graph has a fully expanded state (the cycle proviso), and which states are stored does not depend on the
// order of the search: any number of workers stores the same ones.
import { assert } from '../../base/assert.js';
import { type Model, STEP, type Violation } from '../model.js';
import {
  type Bound,
  endOf,
  MAX_FORCED_STEPS,
  MAX_THREADS,
  type ScheduleStep,
  type SearchBounds,
  type SearchFigures,
  type SearchState,
} from './found.js';
import type { Visited } from './visited.js';

/** Words of a frame behind its state. */
const MASK = 0;
const CHOICE = 1;
const UNDECIDED = 2;
const DEPTH = 3;
const TAKEN = 4;
const LAST = 5;
const USED = 6;
const FRAME_WORDS = 7;

const NOBODY = -1;
const FIRST_FRAMES = 256;
const CHECKPOINT_WORDS = 5;

export interface DepthFirstOptions {
  readonly persistent: boolean;
  readonly bounds: SearchBounds;
  /** Told while the model is in a terminal state that was new. */
  readonly onTerminal?: () => void;
}

export class DepthFirst {
  readonly figures: SearchFigures = { states: 0, transitions: 0, depth: 0, terminalStates: 0 };
  /** Bounds that cut something. */
  readonly met = new Set<Bound>();
  violation: Violation | null = null;

  /** Frames: a state, the threads still to be tried from it, and how it was reached. */
  private stack: Int32Array;
  private readonly stride: number;
  private readonly words: number;
  private frames = 0;
  /** Where the state lies that the model is in, if it does. */
  private present = NOBODY;
  private readonly key: Int32Array;
  private readonly preemptions: number | null;

  constructor(
    private readonly model: Model,
    public visited: Visited,
    private readonly options: DepthFirstOptions,
  ) {
    assert(model.threads.length <= MAX_THREADS, `at most ${MAX_THREADS} threads`);
    assert(options.bounds.depth === null, 'a bound on depth takes the breadth-first search');
    this.words = model.words;
    this.stride = model.words + FRAME_WORDS;
    this.stack = new Int32Array(this.stride * FIRST_FRAMES);
    this.key = new Int32Array(model.keyWords + 2);
    this.preemptions = options.bounds.preemptions;
    // A bounded search counts by thread: running one ahead of its turn would change the count.
    assert(this.preemptions === null || !options.persistent, 'a bound on preemptions takes no forced steps');
  }

  /** With the stack, as the bound counts them. */
  get bytes(): number {
    return this.visited.bytes + this.stack.byteLength;
  }
  get visitedBytes(): number {
    return this.visited.bytes;
  }

  /** States from which something is still to be tried. */
  get waiting(): number {
    let n = 0;
    for (let k = 0; k < this.frames; k++) if (this.stack[k * this.stride + this.words + MASK] !== 0) n++;
    return n;
  }

  /** Words of one frame, as `give` writes it. */
  get frameWords(): number {
    return this.stride;
  }

  /** Begins at the initial state. */
  start(): SearchState {
    this.model.reset();
    return this.arrive(0, NOBODY, 0);
  }

  /** Takes about so many transitions. */
  advance(transitions: number): SearchState {
    const { model, figures, words, stride } = this;
    if (this.violation !== null) return 'violated';
    const goal = figures.transitions + transitions;
    // Between slices the model and the frames are anybody's.
    this.present = NOBODY;
    while (figures.transitions < goal) {
      if (this.frames === 0) return 'finished';
      const { stack } = this;
      const base = (this.frames - 1) * stride;
      const at = base + words;
      const mask = stack[at + MASK];
      if (mask === 0) {
        this.frames--;
        continue;
      }
      // What was pushed last is where the model stands.
      if (this.present !== base) model.load(stack, base);
      this.present = NOBODY;
      const bit = mask & -mask;
      const thread = 31 - Math.clz32(bit);
      const choice = stack[at + CHOICE];
      if ((stack[at + UNDECIDED] & bit) !== 0 && choice + 1 < model.choices(thread)) {
        stack[at + CHOICE] = choice + 1;
      } else {
        stack[at + MASK] = mask ^ bit;
        stack[at + CHOICE] = 0;
      }
      stack[at + TAKEN] = thread | (choice << 8);
      const used = stack[at + USED] + (stack[at + LAST] !== NOBODY && stack[at + LAST] !== thread ? 1 : 0);
      if (this.preemptions !== null && used > this.preemptions) {
        this.met.add('preemptions');
        continue;
      }
      figures.transitions++;
      const depth = stack[at + DEPTH] + 1;
      if (model.step(thread, choice) === STEP.violated) return this.violated(model.violation(), depth);
      const state = this.arrive(depth, thread, used);
      if (state !== 'working') return state;
    }
    return 'working';
  }

  /** The model is in a state that was reached: runs what is forced, stores it if it is new. */
  private arrive(reached: number, last: number, used: number): SearchState {
    const { model, figures } = this;
    let depth = reached;
    if (this.options.persistent) {
      for (let n = 0; n < MAX_FORCED_STEPS; n++) {
        const thread = model.forced();
        // One that may choose is tried with the others: what is stored is expanded in full.
        if (thread < 0 || model.choices(thread) > 1) break;
        figures.transitions++;
        depth++;
        if (model.step(thread, 0) === STEP.violated) return this.violated(model.violation(), depth);
      }
    }
    if (depth > figures.depth) figures.depth = depth;
    return this.store(depth, last, used);
  }

  private store(depth: number, last: number, used: number): SearchState {
    const { model, figures, key, visited } = this;
    let length = model.key(key);
    let goesOn = NOBODY;
    if (this.preemptions !== null) {
      if (last !== NOBODY && model.choices(last) > 0) goesOn = last;
      key[length++] = goesOn === NOBODY ? NOBODY : (model.renamed?.(goesOn) ?? goesOn);
      key[length++] = used;
    }
    if (!visited.add(key, length)) return 'working';
    figures.states++;

    let mask = 0;
    let undecided = 0;
    for (let t = 0; t < model.threads.length; t++) {
      const choices = model.choices(t);
      if (choices === 0) continue;
      mask |= 1 << t;
      if (choices > 1) undecided |= 1 << t;
    }
    if (mask === 0) {
      figures.terminalStates++;
      this.options.onTerminal?.();
      const violation = endOf(model);
      if (violation !== null) return this.violated(violation, depth);
      return 'working';
    }
    this.push(mask, undecided, depth, goesOn, used);
    if (figures.states >= this.options.bounds.states) return this.bounded('states');
    if (visited.full || this.bytes > this.options.bounds.bytes) return this.bounded('bytes');
    return 'working';
  }

  private push(mask: number, undecided: number, depth: number, last: number, used: number): void {
    const base = this.frames * this.stride;
    this.room(base + this.stride);
    const { stack } = this;
    this.model.save(stack, base);
    this.present = base;
    const at = base + this.words;
    stack[at + MASK] = mask;
    stack[at + CHOICE] = 0;
    stack[at + UNDECIDED] = undecided;
    stack[at + DEPTH] = depth;
    stack[at + LAST] = last;
    stack[at + USED] = used;
    this.frames++;
  }

  private room(words: number): void {
    if (words <= this.stack.length) return;
    const stack = new Int32Array(Math.max(words, this.stack.length * 2));
    stack.set(this.stack);
    this.stack = stack;
  }

  private violated(violation: Violation, depth: number): SearchState {
    if (depth > this.figures.depth) this.figures.depth = depth;
    this.violation = violation;
    return 'violated';
  }

  private bounded(bound: Bound): SearchState {
    this.met.add(bound);
    return 'bound';
  }

  /** The decisions that led here, from the state that this search was given first; forced steps are not among them. */
  decisions(): ScheduleStep[] {
    return Array.from({ length: this.frames }, (_, k) => {
      const taken = this.stack[k * this.stride + this.words + TAKEN];
      return { thread: taken & 0xff, choice: taken >> 8 };
    });
  }

  /**
   * Gives away part of the work: the shallowest frame with threads to be tried, as it would be pushed.
   * False when there is too little to share.
   */
  give(to: Int32Array, toAt: number): boolean {
    const { stack, stride, words } = this;
    for (let k = 0; k < this.frames; k++) {
      const at = k * stride + words;
      const mask = stack[at + MASK];
      if (mask === 0) continue;
      const rest = mask & (mask - 1);
      if (rest === 0 && k === this.frames - 1) return false;
      const given = rest === 0 ? mask : rest;
      for (let n = 0; n < stride; n++) to[toAt + n] = stack[k * stride + n];
      to[toAt + words + MASK] = given;
      // A choice that was begun belongs to the lowest thread.
      if (given !== mask) to[toAt + words + CHOICE] = 0;
      stack[at + MASK] = mask ^ given;
      if (given === mask) stack[at + CHOICE] = 0;
      return true;
    }
    return false;
  }

  /** Takes frames that another search gave. */
  take(from: Int32Array, fromAt: number): void {
    const base = this.frames * this.stride;
    this.room(base + this.stride);
    for (let n = 0; n < this.stride; n++) this.stack[base + n] = from[fromAt + n];
    this.frames++;
  }

  /** What is needed, besides the visited set, to go on elsewhere. */
  checkpoint(): Int32Array {
    const { states, transitions, depth, terminalStates } = this.figures;
    const body = this.stack.subarray(0, this.frames * this.stride);
    const words = new Int32Array(CHECKPOINT_WORDS * 2 + body.length);
    [states, transitions, depth, terminalStates, this.met.has('preemptions') ? 1 : 0].forEach((n, k) => {
      words[2 * k] = n | 0;
      words[2 * k + 1] = Math.floor(n / 0x1_0000_0000);
    });
    words.set(body, CHECKPOINT_WORDS * 2);
    return words;
  }

  /** Goes on from a checkpoint; the visited set must be the one of that moment. Several checkpoints add up. */
  restore(words: Int32Array): void {
    const read = (k: number): number => (words[2 * k] >>> 0) + words[2 * k + 1] * 0x1_0000_0000;
    this.figures.states += read(0);
    this.figures.transitions += read(1);
    this.figures.depth = Math.max(this.figures.depth, read(2));
    this.figures.terminalStates += read(3);
    if (read(4) === 1) this.met.add('preemptions');
    for (let at = CHECKPOINT_WORDS * 2; at < words.length; at += this.stride) this.take(words, at);
  }
}
