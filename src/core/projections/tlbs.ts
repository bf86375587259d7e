// The translation caches of each vCPU's CPU: entries by the root address that tags them. What the hardware still knows may
// name a page that is no root any more, or another root than the one it was cached under.
import { PAGE, PAGE_KIND, TLB_WORDS, VCPU, VCPU_STATE } from '../aggregates/layout.js';
import type { World } from '../aggregates/world.js';
import { spteText } from './event-text.js';

export interface TlbTagView {
  /** Root ADDRESS: all that the hardware knows. */
  readonly address: number;
  /** Root that stands there now; null: none. */
  readonly root: number | null;
  readonly leaf: number;
  readonly pagingStructure: number;
  readonly outerShadow: number;
}

export interface TlbView {
  readonly vcpu: number;
  readonly tags: readonly TlbTagView[];
}

export interface TlbEntryView {
  readonly cache: 'leaf' | 'pagingStructure' | 'outerShadow';
  readonly address: number;
  /** gfn, or for a paging-structure entry the gfn prefix that it translates. */
  readonly gfn: number;
  /** Level of a paging-structure entry. */
  readonly level: number | null;
  readonly entry: string;
}

type Count = 'leaf' | 'pagingStructure' | 'outerShadow';

export function tlbViews(w: World): TlbView[] {
  const views: TlbView[] = [];
  for (let vcpu = 0; vcpu < w.vcpus; vcpu++) {
    if (w.vcpuWord(vcpu, VCPU.STATE) !== VCPU_STATE.none) views.push(tlbView(w, vcpu));
  }
  return views;
}

export function tlbView(w: World, vcpu: number): TlbView {
  const tags = new Map<number, { [K in Count]: number }>();
  forEachEntry(w, vcpu, (cache, at) => {
    const address = w.s[at] - 1;
    const counts = tags.get(address) ?? { leaf: 0, pagingStructure: 0, outerShadow: 0 };
    counts[cache]++;
    tags.set(address, counts);
  });
  return {
    vcpu,
    tags: [...tags]
      .sort(([x], [y]) => x - y)
      .map(([address, counts]) => ({
        address,
        root: w.pageWord(address, PAGE.KIND) === PAGE_KIND.root ? w.pageWord(address, PAGE.SERIAL) : null,
        ...counts,
      })),
  };
}

/** Every entry, caches one after the other, in order of slot. */
export function tlbEntries(w: World, vcpu: number): TlbEntryView[] {
  const entries: TlbEntryView[] = [];
  forEachEntry(w, vcpu, (cache, at) => {
    const [address, key, value] = [w.s[at] - 1, w.s[at + 1], w.s[at + 2]];
    const isTable = cache === 'pagingStructure';
    entries.push({
      cache,
      address,
      gfn: isTable ? key >>> 3 : key,
      level: isTable ? key & 7 : null,
      entry: isTable ? `table ${value}` : spteText(value),
    });
  });
  return entries;
}

function forEachEntry(w: World, vcpu: number, visit: (cache: Count, at: number) => void): void {
  const { layout } = w;
  const { tlbEntries: leaf, pscEntries, outerEntries } = layout.topology;
  const parts: readonly (readonly [Count, number, number])[] = [
    ['leaf', layout.tlb, leaf],
    ['pagingStructure', layout.psc, pscEntries],
    ['outerShadow', layout.outer, outerEntries],
  ];
  for (const [cache, base, size] of parts) {
    const from = base + vcpu * size * TLB_WORDS;
    for (let at = from; at < from + size * TLB_WORDS; at += TLB_WORDS) {
      if (w.s[at] !== 0) visit(cache, at);
    }
  }
}
