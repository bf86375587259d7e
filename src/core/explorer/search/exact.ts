// The visited set that keeps whole keys: no two states are ever taken for one. About 90 bytes a state of the coarse
// anchor; for a search whose result must not hang on 64 bits.
import type { Visited } from './visited.js';

const FIRST_SLOTS_LOG2 = 12;
const FIRST_ARENA_WORDS = 1 << 16;
/** Words of all keys together: 4 GiB. */
export const MAX_ARENA_WORDS = 2 ** 30;

export class ExactSet implements Visited {
  size = 0;
  full = false;
  /** Where a key begins in the arena, plus 1. */
  private index = new Int32Array(1 << FIRST_SLOTS_LOG2);
  /** Keys, each behind its length. */
  private arena = new Int32Array(FIRST_ARENA_WORDS);
  private used = 0;

  constructor(private readonly maxBytes = Number.MAX_SAFE_INTEGER) {}

  get bytes(): number {
    return this.index.byteLength + this.arena.byteLength;
  }

  add(key: Int32Array, words: number): boolean {
    if (this.size * 4 >= this.index.length * 3) this.grow();
    const { index, arena } = this;
    const mask = index.length - 1;
    let at = hash(key, 0, words) & mask;
    for (; index[at] !== 0; at = (at + 1) & mask) {
      if (same(arena, index[at] - 1, key, words)) return false;
    }
    index[at] = this.append(key, words) + 1;
    this.size++;
    return true;
  }

  private append(key: Int32Array, words: number): number {
    const at = this.used;
    this.used += words + 1;
    if (this.used > this.arena.length) {
      const arena = new Int32Array(Math.max(this.used, Math.ceil(this.arena.length * 1.5)));
      arena.set(this.arena);
      this.arena = arena;
    }
    const next = this.index.byteLength * 3 + this.arena.byteLength * 2.5;
    if (next > this.maxBytes || this.used > MAX_ARENA_WORDS) this.full = true;
    this.arena[at] = words;
    for (let k = 0; k < words; k++) this.arena[at + 1 + k] = key[k];
    return at;
  }

  private grow(): void {
    const index = new Int32Array(this.index.length * 2);
    const mask = index.length - 1;
    for (let k = 0; k < this.index.length; k++) {
      const entry = this.index[k];
      if (entry === 0) continue;
      let at = hash(this.arena, entry, this.arena[entry - 1]) & mask;
      while (index[at] !== 0) at = (at + 1) & mask;
      index[at] = entry;
    }
    this.index = index;
  }
}

function hash(words: Int32Array, at: number, count: number): number {
  let h = count;
  for (let k = 0; k < count; k++) {
    h = Math.imul(h ^ words[at + k], 0x9e3779b1);
    h ^= h >>> 15;
  }
  h = Math.imul(h ^ (h >>> 16), 0x21f0aaad);
  return h ^ (h >>> 15);
}

function same(arena: Int32Array, at: number, key: Int32Array, words: number): boolean {
  if (arena[at] !== words) return false;
  for (let k = 0; k < words; k++) if (arena[at + 1 + k] !== key[k]) return false;
  return true;
}
