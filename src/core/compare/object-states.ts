// What is known of each object while a session goes by: the digest of its last exclusive touch, the digests of the shared
// ones since, and whose steps those were. Eight words an object in one array; ids by number, or by key where numbers are
// sparse.
import { OBJECT, OBJECT_KINDS } from './event-forms.js';

/** Words of one object. The step of a thread is its number among the compared ones of that thread. */
export const STATE = {
  EXCLUSIVE: 0,
  SHARED: 2,
  LAST_THREAD: 4,
  LAST_STEP: 5,
  EXCLUSIVE_THREAD: 6,
  EXCLUSIVE_STEP: 7,
  WORDS: 8,
} as const;

/** Nobody has touched it: the id of no thread. */
export const NOBODY = -1;

/** Entries of one table, and how many of them one bit stands for. */
const ENTRIES = 512;
const ENTRIES_PER_GROUP = 16;

/** Numbers up to here are looked up in an array. */
const DENSE_NUMBERS = 1 << 22;

export class ObjectStates {
  /** STATE of every object, one after the other. */
  words = new Int32Array(1_024 * STATE.WORDS);
  /** By page: which groups of its entries have been touched. */
  private touchedGroups = new Int32Array(512);
  private used = 0;
  private readonly free: number[] = [];
  /** By kind and number: id + 1. */
  private readonly dense: Int32Array[] = Array.from({ length: OBJECT_KINDS }, () => new Int32Array(64));
  private readonly sparse: Map<number, number>[] = Array.from({ length: OBJECT_KINDS }, () => new Map());

  /** Index of its first word. */
  at(kind: number, number: number): number {
    if (number >= DENSE_NUMBERS || number < 0) return this.atSparse(kind, number);
    let ids = this.dense[kind];
    if (number >= ids.length) {
      ids = new Int32Array(Math.max(number + 1, 2 * ids.length));
      ids.set(this.dense[kind]);
      this.dense[kind] = ids;
    }
    const known = ids[number];
    if (known !== 0) return (known - 1) * STATE.WORDS;
    const id = this.make();
    ids[number] = id + 1;
    return id * STATE.WORDS;
  }

  /** It is gone: another one with this number starts afresh. */
  forget(kind: number, number: number): void {
    const ids = this.dense[kind];
    const id = number >= 0 && number < ids.length ? ids[number] - 1 : (this.sparse[kind].get(number) ?? -1);
    if (id < 0) return;
    this.free.push(id);
    if (number >= 0 && number < ids.length) ids[number] = 0;
    else this.sparse[kind].delete(number);
  }

  /** Every SPTE of a page that is handed back. */
  forgetEntries(page: number): void {
    const groups = page < this.touchedGroups.length ? this.touchedGroups[page] : 0;
    if (groups === 0) return;
    this.touchedGroups[page] = 0;
    for (let group = 0; group < 32; group++) {
      if ((groups & (1 << group)) === 0) continue;
      const first = page * ENTRIES + group * ENTRIES_PER_GROUP;
      for (let k = 0; k < ENTRIES_PER_GROUP; k++) this.forget(OBJECT.entry, first + k);
    }
  }

  /** Index of the first word of an SPTE, which is forgotten with its page. */
  atEntry(page: number, index: number): number {
    if (page >= this.touchedGroups.length) {
      const more = new Int32Array(Math.max(page + 1, 2 * this.touchedGroups.length));
      more.set(this.touchedGroups);
      this.touchedGroups = more;
    }
    this.touchedGroups[page] |= 1 << (index >> 4);
    return this.at(OBJECT.entry, page * ENTRIES + index);
  }

  private atSparse(kind: number, number: number): number {
    const ids = this.sparse[kind];
    let id = ids.get(number);
    if (id === undefined) {
      id = this.make();
      ids.set(number, id);
    }
    return id * STATE.WORDS;
  }

  private make(): number {
    const id = this.free.pop() ?? this.used++;
    if (id * STATE.WORDS >= this.words.length) {
      const more = new Int32Array(2 * this.words.length);
      more.set(this.words);
      this.words = more;
    }
    const at = id * STATE.WORDS;
    this.words.fill(0, at, at + STATE.WORDS);
    this.words[at + STATE.LAST_THREAD] = NOBODY;
    this.words[at + STATE.EXCLUSIVE_THREAD] = NOBODY;
    return id;
  }
}
