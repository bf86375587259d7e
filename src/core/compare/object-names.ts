// Names of roots and tables that do not depend on when they were made: who made them, of what role or level, and the how-many-th
// of those it was. Birth numbers and page addresses follow the order of all threads; names follow one thread's own order.
import { SPTE_KIND } from '../aggregates/spte.js';

const KIND_MASK = 7;
const PAYLOAD_SHIFT = 8;
/** No name: the page belongs to nobody whose birth was seen. Not a valid name, whose thread is below 256. */
const NAMELESS = -1;

export class ObjectNames {
  /** How many each (thread, what) has made. */
  private readonly made = new Map<number, number>();
  // Each name is two words: thread and what, and which.
  private ofPage: Int32Array = new Int32Array(512).fill(NAMELESS);
  private ofRoot: Int32Array = new Int32Array(512).fill(NAMELESS);

  /**
   * @param byRole how many there were before does not count: protocols differ in how often they make a root, and what is
   * done to the n-th of one is comparable to what is done to another one of its role
   */
  constructor(private readonly byRole: boolean) {}

  /** @param what role word or level; below 2^26 */
  rootBorn(root: number, page: number, thread: number, what: number): void {
    this.ofRoot = grown(this.ofRoot, root);
    this.ofPage = grown(this.ofPage, page);
    this.name(this.ofRoot, root, thread, what);
    this.ofPage[2 * page] = this.ofRoot[2 * root];
    this.ofPage[2 * page + 1] = this.ofRoot[2 * root + 1];
  }

  tableBorn(page: number, thread: number, level: number): void {
    this.ofPage = grown(this.ofPage, page);
    this.name(this.ofPage, page, thread, level);
  }

  /** One word of the two of a root's name. */
  root(root: number, word: 0 | 1): number {
    const at = 2 * root + word;
    return at >= 0 && at < this.ofRoot.length ? this.ofRoot[at] : NAMELESS;
  }

  page(page: number, word: 0 | 1): number {
    const at = 2 * page + word;
    return at >= 0 && at < this.ofPage.length ? this.ofPage[at] : NAMELESS;
  }

  /** An SPTE without its child's address. */
  spte(spte: number, word: 0 | 1): number {
    if ((spte & KIND_MASK) !== SPTE_KIND.NONLEAF) return word === 0 ? spte : 0;
    const flags = spte & ((1 << PAYLOAD_SHIFT) - 1);
    return (this.page(spte >>> PAYLOAD_SHIFT, word) << 1) ^ flags;
  }

  private name(names: Int32Array, at: number, thread: number, what: number): void {
    const maker = (what << 8) | thread;
    const which = this.byRole ? 0 : (this.made.get(maker) ?? 0);
    if (!this.byRole) this.made.set(maker, which + 1);
    names[2 * at] = maker;
    names[2 * at + 1] = which;
  }
}

/** Long enough for two words at `index`. */
function grown(words: Int32Array, index: number): Int32Array {
  if (2 * index + 1 < words.length) return words;
  const more = new Int32Array(Math.max(2 * index + 2, 2 * words.length)).fill(NAMELESS);
  more.set(words);
  return more;
}
