// KVM_PRE_FAULT_MEMORY beside an invalidation: what v6.15's look at the request cures (B17), what it does not, and what a signal and
// v6.18's -EAGAIN do. Endless runs are looked for in the whole graph.
import { expect, test } from 'vitest';
import { modelSpec } from '../../src/core/explorer/litmus/litmus.js';
import { ROW_BOUNDS } from '../../src/explorations/catalogue/row.js';
import { explore } from '../../src/explorations/explore.js';
import { findLitmus } from '../../src/explorations/find-litmus.js';

test.each([
  // The invalidation comes before the call: cured by v6.15.
  ['b17', '6.12.117', 'livelock'],
  ['b17', 'v6.14', 'livelock'],
  ['b17', '7.2.13', null],
  // It comes between the look at the request and the page's first fault: a signal ends the call, nothing else.
  ['b17-middle', '6.12.117', 'livelock'],
  ['b17-middle', '7.2.13', 'livelock'],
  ['b17-signal', '6.12.117', null],
  ['b17-signal', '7.2.13', null],
  // The deletion of the slot itself waits for the call: cured by v6.18.
  ['prefault-delete', '6.12.117', 'livelock'],
  ['prefault-delete', '7.2.13', null],
])('%s under %s: %s', async (name, protocol, rule) => {
  const reductions = { persistent: false, symmetry: false };
  const { invariant, boundsReached } = await explore({
    spec: modelSpec(await findLitmus({ litmus: name }), { protocol, parameters: {}, reductions }),
    search: 'exhaustive',
    bounds: ROW_BOUNDS,
    workers: 1,
    seed: 1,
    schedules: 1,
    pctDepth: 1,
    exact: false,
    liveness: true,
  });
  expect(boundsReached).toEqual([]);
  expect(invariant).toBe(rule);
});
