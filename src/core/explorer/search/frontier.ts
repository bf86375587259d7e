// States that wait to be expanded, first in, first out: a few words about each, then only the words in which it differs from the
// initial state, because a level of a breadth-first search may hold very many large states.
import type { Model } from '../model.js';

const FIRST_WORDS = 1 << 14;

export class Frontier {
  size = 0;
  private buffer = new Int32Array(FIRST_WORDS);
  private end = 0;
  private at = 0;

  /**
   * @param initial the state that the others are compared with
   * @param head words about a state that are kept beside it
   */
  constructor(
    private readonly initial: Int32Array,
    private readonly head: number,
  ) {}

  get bytes(): number {
    return this.buffer.byteLength;
  }

  /** Appends the model's present state. */
  push(model: Model, head: Int32Array, scratch: Int32Array): void {
    const { initial } = this;
    model.save(scratch, 0);
    this.room(this.end + this.head + 1 + initial.length * 2);
    const { buffer } = this;
    let at = this.end;
    for (let k = 0; k < this.head; k++) buffer[at++] = head[k];
    const countAt = at++;
    for (let k = 0; k < initial.length; k++) {
      if (scratch[k] === initial[k]) continue;
      buffer[at++] = k;
      buffer[at++] = scratch[k];
    }
    buffer[countAt] = (at - countAt - 1) >> 1;
    this.end = at;
    this.size++;
  }

  /** Takes the oldest one out: its head, and its state to `state`. False when there is none. */
  shift(head: Int32Array, state: Int32Array): boolean {
    if (this.at === this.end) return false;
    const { buffer } = this;
    let at = this.at;
    for (let k = 0; k < this.head; k++) head[k] = buffer[at++];
    state.set(this.initial);
    const differing = buffer[at++];
    for (let n = 0; n < differing; n++) {
      state[buffer[at]] = buffer[at + 1];
      at += 2;
    }
    this.at = at;
    this.size--;
    return true;
  }

  clear(): void {
    this.size = 0;
    this.end = 0;
    this.at = 0;
  }

  private room(words: number): void {
    if (words <= this.buffer.length) return;
    const buffer = new Int32Array(Math.max(words, this.buffer.length * 2));
    buffer.set(this.buffer);
    this.buffer = buffer;
  }
}
