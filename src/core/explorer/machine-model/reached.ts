// Which pages anything still leads to: a local that can be read, a vCPU, a translation cache, an entry of a table, a deleted
// root that somebody may stand on, what an invariant remembers. What nothing leads to can be freed at any moment, unseen.
import {
  FRAME,
  LOCK_KIND,
  MACHINE,
  PAGE,
  PAGE_KIND,
  ROOT_SLOTS,
  STACK,
  THREAD,
  TLB_WORDS,
  VCPU,
} from '../../aggregates/layout.js';
import { is_nonleaf_spte, spte_to_child } from '../../aggregates/spte.js';
import type { World } from '../../aggregates/world.js';
import { LOCAL, type LocalKinds } from './locals.js';

/** Above the bits of MAX_THREADS threads. */
const OTHERS = 1 << 31;

export class Reached {
  /** By page who leads there: bit t for thread t's own locals and references, OTHERS for the rest of the world. */
  private readonly marks: Int32Array;
  private known = false;

  constructor(
    private readonly w: World,
    private readonly kinds: LocalKinds,
    /** Words of invariants that are page + 1, by thread. */
    private readonly owned: readonly Int32Array[],
  ) {
    this.marks = new Int32Array(w.layout.topology.pages);
  }

  /** The state has changed. */
  forget(): void {
    this.known = false;
  }

  has(page: number): boolean {
    if (!this.known) this.find();
    return this.marks[page] !== 0;
  }

  /** Something but thread t's own locals leads there. */
  byOthers(t: number, page: number): boolean {
    if (!this.known) this.find();
    return (this.marks[page] & ~(1 << t)) !== 0;
  }

  /** A thread other than t, without mmu_lock, stands on a page that no reference of its own keeps. */
  isParkedOn(t: number): boolean {
    const { w, kinds } = this;
    const { s, layout } = w;
    for (let u = 0; u < w.threads; u++) {
      if (u === t || s[w.thread(u) + THREAD.HELD0 + LOCK_KIND.mmu_lock] !== 0) continue;
      const stack = layout.stack + u * layout.topology.stackWords;
      for (let fo = s[stack + STACK.FRAME]; fo !== 0; fo = s[fo + FRAME.BELOW]) {
        const locals = kinds.byStep[s[fo + FRAME.STEP]];
        for (let k = 0; k < locals.length; k++) {
          const word = s[fo + FRAME.LOCALS + k];
          if (locals[k] === LOCAL.page && word >= 0 && !this.isKept(u, word)) return true;
          if (locals[k] === LOCAL.spte && is_nonleaf_spte(word)) return true;
        }
      }
    }
    return false;
  }

  /** Thread u holds a reference on this root: as a worker or as an iterator. */
  private isKept(u: number, page: number): boolean {
    for (const words of this.owned) {
      const each = words.length / this.w.threads;
      for (let k = u * each; k < (u + 1) * each; k++) if (words[k] === page + 1) return true;
    }
    return false;
  }

  /** Everything at once: who asks next may ask about another thread. */
  private find(): void {
    const { w, kinds, marks } = this;
    const { s, layout } = w;
    const { topology } = layout;
    marks.fill(0);
    this.known = true;
    for (let t = 0; t < w.threads; t++) {
      const bit = 1 << t;
      const stack = layout.stack + t * topology.stackWords;
      for (let fo = s[stack + STACK.FRAME]; fo !== 0; fo = s[fo + FRAME.BELOW]) {
        const locals = kinds.byStep[s[fo + FRAME.STEP]];
        for (let k = 0; k < locals.length; k++) {
          const kind = locals[k];
          if (kind === LOCAL.page) {
            const word = s[fo + FRAME.LOCALS + k];
            if (word >= 0) marks[word] |= bit;
          } else if (kind === LOCAL.spte) {
            this.entry(s[fo + FRAME.LOCALS + k], bit);
          }
        }
      }
    }
    for (const words of this.owned) {
      const each = words.length / w.threads;
      for (let t = 0, k = 0; t < w.threads; t++)
        for (const end = k + each; k < end; k++) this.plusOne(words[k], 1 << t);
    }
    for (let v = 0; v < w.vcpus; v++) {
      const at = w.vcpu(v);
      for (const slot of ROOT_SLOTS) this.plusOne(s[at + slot], OTHERS);
      this.plusOne(s[at + VCPU.ENTERED_ROOT], OTHERS);
    }
    for (let at = layout.tlb; at < layout.outerRoots; at += TLB_WORDS) {
      this.plusOne(s[at], OTHERS);
      if (at >= layout.psc && at < layout.outer && s[at] !== 0) marks[s[at + 2]] |= OTHERS;
    }
    for (let p = 0; p < s[MACHINE.PAGES_HIGH]; p++) {
      const at = w.page(p);
      if (s[at + PAGE.KIND] === PAGE_KIND.free) continue;
      if (s[at + PAGE.LISTED] !== 0) marks[p] |= OTHERS;
      if (s[at + PAGE.KIND] === PAGE_KIND.root) this.plusOne(s[at + PAGE.NEXT], OTHERS);
      const from = w.entry(p, 0);
      for (let i = from; i <= from + w.tableMask; i++) this.entry(s[i], OTHERS);
    }
  }

  private plusOne(page: number, bit: number): void {
    if (page > 0) this.marks[page - 1] |= bit;
  }
  private entry(spte: number, bit: number): void {
    if (is_nonleaf_spte(spte)) this.marks[spte_to_child(spte)] |= bit;
  }
}
