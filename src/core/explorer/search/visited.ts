// The visited set: 64 bits of each state, as two words in an open-addressed Int32Array. Eight bytes a slot, at most 0.8
// full: 10 to 20 bytes a state, 30 for the moment of growing. The table may lie in a SharedArrayBuffer; then word 1 is
// claimed with a compare-and-swap and word 2 published after it.
import { assert } from '../../base/assert.js';

/** What a visited set offers to a search. */
export interface Visited {
  /** True when the state is new. */
  add(key: Int32Array, words: number): boolean;
  readonly size: number;
  readonly bytes: number;
  /** It took its last state: growing would take more bytes than it may have. */
  readonly full: boolean;
}

/** log2 of the slots at the start and at most: 8 KiB and 4 GiB. */
export const FIRST_SLOTS_LOG2 = 14;
export const MAX_SLOTS_LOG2 = 29;
const FULL = 0.8;

/** The last hash: two words, neither of them 0, which marks a free slot and a word that is not yet published. */
export const lanes = new Int32Array(2);

/** 64 bits of a key, to `lanes`. Words go two by two, so that the multiplications of four chains overlap. */
export function hash64(key: Int32Array, words: number): void {
  let a = 0x2c1b3c6d;
  let b = 0x297a2d39;
  let c = 0x1b56c4e9;
  let d = 0x5bd1e995 ^ words;
  const even = words & ~1;
  for (let k = 0; k < even; k += 2) {
    const v = key[k];
    const w = key[k + 1];
    a = Math.imul(a ^ v, 0x9e3779b1);
    a ^= a >>> 15;
    b = Math.imul(b + v, 0x85ebca77);
    b = (b << 13) | (b >>> 19);
    c = Math.imul(c ^ w, 0xc2b2ae3d);
    c ^= c >>> 15;
    d = Math.imul(d + w, 0x27d4eb2f);
    d = (d << 13) | (d >>> 19);
  }
  if (even !== words) {
    a = Math.imul(a ^ key[even], 0x9e3779b1);
    a ^= a >>> 15;
    b = Math.imul(b + key[even], 0x85ebca77);
    b = (b << 13) | (b >>> 19);
  }
  a = Math.imul(a ^ c, 0x9e3779b1);
  a ^= a >>> 15;
  b = Math.imul(b + d, 0x85ebca77);
  b = (b << 13) | (b >>> 19);
  a ^= b >>> 16;
  a = Math.imul(a ^ (a >>> 16), 0x21f0aaad);
  a = Math.imul(a ^ (a >>> 15), 0x735a2d97);
  a ^= a >>> 15;
  b = Math.imul(b ^ (b >>> 16), 0x7feb352d);
  b = Math.imul(b ^ (b >>> 15), 0x846ca68b);
  b ^= b >>> 16;
  lanes[0] = a | 0 || 1;
  lanes[1] = b | 0 || 1;
}

export class HashTable implements Visited {
  /** States that this set took in itself; a shared table has more. */
  size = 0;
  full = false;
  private slots: Int32Array;
  private log2: number;
  private limit: number;
  private readonly shared: boolean;

  /** @param slots two words a slot, a power of two of them; a view of a SharedArrayBuffer is shared and never grown here */
  constructor(
    private readonly maxBytes = Number.MAX_SAFE_INTEGER,
    slots: Int32Array = new Int32Array(2 << FIRST_SLOTS_LOG2),
    shared = false,
    size = 0,
  ) {
    this.slots = slots;
    this.log2 = slotsLog2(slots);
    this.limit = Math.floor((1 << this.log2) * FULL);
    this.shared = shared;
    this.size = size;
  }

  get bytes(): number {
    return this.slots.byteLength;
  }

  get words(): Int32Array {
    return this.slots;
  }

  /** States that fit before the table must grow. */
  get capacity(): number {
    return this.limit;
  }

  add(key: Int32Array, words: number): boolean {
    hash64(key, words);
    const [a, b] = [lanes[0], lanes[1]];
    return this.shared ? this.addShared(a, b) : this.addOwn(a, b);
  }

  /** Whether the state with this hash (`lanes`) is in it. */
  has(a: number, b: number): boolean {
    const { slots, log2 } = this;
    const mask = slots.length - 1;
    for (let at = (a >>> (32 - log2)) << 1; slots[at] !== 0; at = (at + 2) & mask)
      if (slots[at] === a && slots[at + 1] === b) return true;
    return false;
  }

  private addOwn(a: number, b: number): boolean {
    if (this.size >= this.limit) this.grow();
    const { slots, log2 } = this;
    const mask = slots.length - 1;
    let at = (a >>> (32 - log2)) << 1;
    for (;;) {
      const w = slots[at];
      if (w === 0) {
        slots[at] = a;
        slots[at + 1] = b;
        this.size++;
        return true;
      }
      if (w === a && slots[at + 1] === b) return false;
      at = (at + 2) & mask;
    }
  }

  private addShared(a: number, b: number): boolean {
    const { slots, log2 } = this;
    const mask = slots.length - 1;
    let at = (a >>> (32 - log2)) << 1;
    for (;;) {
      let w = slots[at];
      if (w === 0) {
        w = Atomics.compareExchange(slots, at, 0, a);
        if (w === 0) {
          Atomics.store(slots, at + 1, b);
          this.size++;
          return true;
        }
      }
      if (w === a) {
        let other = slots[at + 1];
        while (other === 0) other = Atomics.load(slots, at + 1);
        if (other === b) return false;
      }
      at = (at + 2) & mask;
    }
  }

  private grow(): void {
    // Old and new lie side by side for a moment.
    if (this.log2 === MAX_SLOTS_LOG2 || this.bytes * 3 > this.maxBytes) {
      this.full = true;
      assert(this.size < this.slots.length / 2 - 1, 'a search ends when its visited set is full');
      return;
    }
    const slots = new Int32Array(this.slots.length * 2);
    rehash(this.slots, slots);
    this.slots = slots;
    this.log2++;
    this.limit = Math.floor((1 << this.log2) * FULL);
  }
}

export function slotsLog2(slots: Int32Array): number {
  const log2 = 31 - Math.clz32(slots.length) - 1;
  assert(slots.length === 2 << log2 && log2 <= MAX_SLOTS_LOG2, 'a table is a power of two of slots');
  return log2;
}

/** Copies every entry. The index is the top of word 1, so that both tables are walked from front to back. */
export function rehash(from: Int32Array, to: Int32Array): void {
  const shift = 32 - slotsLog2(to);
  const mask = to.length - 1;
  for (let k = 0; k < from.length; k += 2) {
    const a = from[k];
    if (a === 0) continue;
    let at = (a >>> shift) << 1;
    while (to[at] !== 0) at = (at + 2) & mask;
    to[at] = a;
    to[at + 1] = from[k + 1];
  }
}

/** Slots so that `states` states leave the table at most half full. */
export function slotsFor(states: number): number {
  let log2 = FIRST_SLOTS_LOG2;
  while (log2 < MAX_SLOTS_LOG2 && (1 << log2) * 0.5 < states) log2++;
  return 1 << log2;
}

/** Expected number of states that were taken for another one, so at most the probability of any: n^2 / 2^65. */
export function collisionProbability(states: number): number {
  return Math.min(1, (states * states) / 2 ** 65);
}
