// I23.
import { FLUSH } from '../events/constants.js';
import type { Handler, Invariant } from './invariant.js';

export const i23FlushOnLoad: Invariant = {
  number: 23,
  name: 'FLUSH_ON_LOAD',
  kind: 'transition',
  statement:
    'A root that is loaded into a vCPU is followed by a flush of its tag before the guest is entered: this replaces the ' +
    'flushes that invalid roots do not get.',
  eras: 'bcdefgh',
  exercise: 'loaded a root and entered the guest with it',
  details: ['', 'a vCPU entered the guest with a newly loaded root without a flush'],
  seen: 'the page of the root',
  create(w, _rules, probe, _facts, take) {
    /** By vCPU: page + 1 of the root that was loaded and not flushed. */
    const unflushed = take(w.vcpus);
    const loaded: Handler = (_w, e, i) => {
      if (e.a[i] !== 0) return;
      unflushed[e.subject[i] >> 4] = e.c[i] + 1;
      probe.checks++;
    };
    const flushed: Handler = (_w, e, i) => {
      const v = e.subject[i] >> 4;
      const scope = e.a[i];
      const all = scope === FLUSH.ALL || scope === FLUSH.GUEST || e.b[i] === 0;
      if (all || (scope !== FLUSH.RANGE && e.b[i] === unflushed[v])) unflushed[v] = 0;
    };
    const entered: Handler = (w, e, i) => {
      const v = e.subject[i] >> 4;
      if (unflushed[v] === 0) return;
      unflushed[v] = 0;
      probe.report(w, e, i, 1, e.c[i], e.c[i]);
    };
    return { after: { RootLoaded: loaded, TlbFlushed: flushed, VcpuEntered: entered } };
  },
};
