// The names that pages have in a key: their own numbers, or with symmetry numbers in the order in which they are met.
import { is_nonleaf_spte, make_nonleaf_spte, spte_to_child } from '../../aggregates/spte.js';
import type { World } from '../../aggregates/world.js';

export class Names {
  /** Name of each page in this state, from 1; 0: none yet. */
  readonly nameOf: Int32Array;
  /** Pages by name. */
  readonly order: Int32Array;
  named = 0;

  constructor(private readonly w: World) {
    const { pages } = w.layout.topology;
    this.nameOf = new Int32Array(pages);
    this.order = new Int32Array(pages);
  }

  /** No page has a name. */
  forget(): void {
    const { nameOf, order } = this;
    for (let k = 0; k < this.named; k++) nameOf[order[k]] = 0;
    this.named = 0;
  }

  /** So many pages have their own. */
  keep(pages: number): void {
    const { nameOf, order } = this;
    this.named = pages;
    for (let p = 0; p < pages; p++) {
      nameOf[p] = p + 1;
      order[p] = p;
    }
  }

  /** Name of page p, given now if it has none. */
  name(p: number): number {
    let name = this.nameOf[p];
    if (name === 0) {
      this.order[this.named++] = p;
      name = this.named;
      this.nameOf[p] = name;
    }
    return name;
  }

  named1(addressPlusOne: number): number {
    return addressPlusOne > 0 ? this.name(addressPlusOne - 1) : addressPlusOne;
  }

  spte(spte: number): number {
    if (!is_nonleaf_spte(spte)) return spte;
    const child = spte_to_child(spte);
    return spte - make_nonleaf_spte(child) + make_nonleaf_spte(this.name(child));
  }

  /** An offset of an entry + 1. */
  entry(offsetPlusOne: number): number {
    if (offsetPlusOne === 0) return 0;
    const { w } = this;
    const at = offsetPlusOne - 1 - w.entry(0, 0);
    const table = at >>> w.tableBits;
    return (this.name(table) << w.tableBits) + (at & w.tableMask) + 1;
  }
}
