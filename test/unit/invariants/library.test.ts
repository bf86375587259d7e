// The whole scenario library under the eras after the fix: no rule is broken, the kernel reports nothing, and no more roots are
// made than roles are used (reference 6.5; I37).
import { describe, expect, it } from 'vitest';
import { SCENARIOS } from '../../../src/core/scenarios/library.js';
import { decodeAll, runToEnd, simulation } from '../../support/harness.js';
import { SMALL } from '../../support/small-parameters.js';

/** Their own figures are about time: one order is enough, and another takes long. */
const TIMED_ONLY = ['boot', 'wsl-seabios', 'xen-shim-smep', 'memslot-storm', 'gpu-memslots'];
const ORDERS = [
  { scheduler: 'timed', seed: 7 },
  { scheduler: 'random', seed: 1 },
  { scheduler: 'round-robin', seed: 1 },
];

// A live session does nothing by itself: test/unit/live.
const IDS = SCENARIOS.map(({ id }) => id).filter((id) => id !== 'live');

describe.each(['v6.9', '6.12.117', 'v6.14', '7.2.13'])('%s', (protocol) => {
  it.each(IDS)('%s', (scenario) => {
    for (const order of TIMED_ONLY.includes(scenario) ? ORDERS.slice(0, 1) : ORDERS) {
      const sim = simulation({ scenario, protocol, ...order, parameters: SMALL[scenario] ?? {} });
      const reports = decodeAll(runToEnd(sim)).filter(
        (e) => e.type === 'AssertionFired' || e.type === 'FreedPageTouched' || e.type === 'Finding',
      );
      const { scheduler, seed } = order;
      expect(reports, `${scheduler} ${seed}`).toEqual([]);
      expect(['completed', 'booted']).toContain(sim.outcome);
      const broken = sim.invariants?.verdicts().filter(({ verdict }) => verdict === 'violated');
      expect(broken, `${scheduler} ${seed}`).toEqual([]);
    }
  });
});
