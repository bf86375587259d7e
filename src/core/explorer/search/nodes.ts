// How every state of a breadth-first search was reached first: its parent and the step from there, two words a state.
import type { ScheduleStep } from './found.js';

const FIRST_NODES = 1 << 12;
const CHOICE_SHIFT = 8;

/** One step in one word: at most 31 threads, so 8 bits are enough for the thread. */
export const packStep = (thread: number, choice: number): number => thread | (choice << CHOICE_SHIFT);
export const unpackStep = (word: number): ScheduleStep => ({
  thread: word & 0xff,
  choice: word >> CHOICE_SHIFT,
});

export class Nodes {
  count = 0;
  private words = new Int32Array(FIRST_NODES * 2);

  get bytes(): number {
    return this.words.byteLength;
  }

  /** @param parent -1: the initial state */
  add(parent: number, step: number): number {
    const at = this.count * 2;
    if (at === this.words.length) {
      const words = new Int32Array(this.words.length * 2);
      words.set(this.words);
      this.words = words;
    }
    this.words[at] = parent;
    this.words[at + 1] = step;
    return this.count++;
  }

  /** Steps from the initial state to a node. */
  depthOf(node: number): number {
    let depth = 0;
    for (let at = node; this.words[at * 2] >= 0; at = this.words[at * 2]) depth++;
    return depth;
  }

  /** From the initial state to a node. */
  scheduleTo(node: number): ScheduleStep[] {
    const steps: ScheduleStep[] = [];
    for (let at = node; this.words[at * 2] >= 0; at = this.words[at * 2]) {
      steps.push(unpackStep(this.words[at * 2 + 1]));
    }
    return steps.toReversed();
  }
}
