// I23. Below an outer hypervisor that keeps tables of its own the flush must reach those, too.
import { TLB_WORDS, VCPU } from '../aggregates/layout.js';
import type { World } from '../aggregates/world.js';
import { FLUSH } from '../events/constants.js';
import type { Handler, Invariant } from './invariant.js';

/** In place of a page: the CPU is flushed, and the outer hypervisor still shadows what a root at this address held before. */
const SHADOWED = -1;

/** The outer hypervisor has entries under this tag (address of a root + 1). */
function outerHolds(w: World, v: number, tag: number): boolean {
  const { s, layout } = w;
  const { outerEntries } = layout.topology;
  const from = layout.outer + v * outerEntries * TLB_WORDS;
  for (let at = from; at < from + outerEntries * TLB_WORDS; at += TLB_WORDS) if (s[at] === tag) return true;
  return false;
}

export const i23FlushOnLoad: Invariant = {
  number: 23,
  name: 'FLUSH_ON_LOAD',
  kind: 'transition',
  statement:
    'A root that is loaded into a vCPU is followed by a flush of its tag before the guest is entered: this replaces the ' +
    'flushes that invalid roots do not get.',
  eras: 'bcdefgh',
  exercise: 'loaded a root and entered the guest with it',
  details: [
    '',
    'a vCPU entered the guest with a newly loaded root without a flush',
    'a vCPU entered the guest with a newly loaded root that the outer hypervisor still shadows from before',
  ],
  seen: 'the page of the root',
  create(w, _rules, probe, _facts, take) {
    /** By vCPU: page + 1 of the root that was loaded and not flushed; or SHADOWED. */
    const unflushed = take(w.vcpus);
    const loaded: Handler = (_w, e, i) => {
      if (e.a[i] !== 0) return;
      unflushed[e.subject[i] >> 4] = e.c[i] + 1;
      probe.checks++;
    };
    /** Of this step: the vCPU whose outer shadow was dropped just before its own caches. */
    let outerFlushed = -1;
    const outer: Handler = (_w, e, i) => {
      outerFlushed = e.subject[i] >> 4;
    };
    const flushed: Handler = (w, e, i) => {
      const v = e.subject[i] >> 4;
      const scope = e.a[i];
      const reached = outerFlushed === v;
      outerFlushed = -1;
      if (unflushed[v] === 0) return;
      const tag = w.vcpuWord(v, VCPU.ROOT);
      const all = scope === FLUSH.ALL || scope === FLUSH.GUEST || e.b[i] === 0;
      if (all || (scope !== FLUSH.RANGE && e.b[i] === tag))
        unflushed[v] = !reached && outerHolds(w, v, tag) ? SHADOWED : 0;
    };
    const entered: Handler = (w, e, i) => {
      const v = e.subject[i] >> 4;
      if (unflushed[v] === 0) return;
      const detail = unflushed[v] === SHADOWED ? 2 : 1;
      unflushed[v] = 0;
      if (detail === 1 || outerHolds(w, v, e.c[i] + 1)) probe.report(w, e, i, detail, e.c[i], e.c[i]);
    };
    return {
      after: { RootLoaded: loaded, OuterShadowFlushed: outer, TlbFlushed: flushed, VcpuEntered: entered },
    };
  },
};
