// The scenario library under the eras before v5.18: no kernel report, no touch of freed memory, and of the rules only those break
// that a known bug of the release breaks (B0: I37; B6: I17; B7: I28; B9: I18).
import { describe, expect, it } from 'vitest';
import { SCENARIOS } from '../../../src/core/scenarios/library.js';
import { decodeAll, runToEnd, simulation } from '../../support/harness.js';
import { SMALL } from '../../support/small-parameters.js';

/** Long, and one vCPU's work most of the time: their figures are held elsewhere. */
const LONG = ['boot', 'wsl-seabios', 'gpu-memslots'];
const TIMED_ONLY = ['xen-shim-smep', 'memslot-storm'];
const ORDERS = [
  { scheduler: 'timed', seed: 7 },
  { scheduler: 'random', seed: 1 },
  { scheduler: 'round-robin', seed: 1 },
];
const IDS = SCENARIOS.map(({ id }) => id).filter((id) => id !== 'live' && !LONG.includes(id));

const ERAS: readonly (readonly [protocol: string, known: readonly string[]])[] = [
  ['v5.10', ['I37']],
  ['5.10.262', ['I37']],
  ['v5.12', ['I37']],
  ['v5.15', ['I37', 'I18', 'I28']],
  ['v5.16', ['I37', 'I17']],
];

describe.each(ERAS)('%s', (protocol, known) => {
  it.each(IDS)('%s', (scenario) => {
    for (const order of TIMED_ONLY.includes(scenario) ? ORDERS.slice(0, 1) : ORDERS) {
      const sim = simulation({ scenario, protocol, ...order, parameters: SMALL[scenario] ?? {} });
      const reports = decodeAll(runToEnd(sim)).filter(
        (e) => e.type === 'AssertionFired' || e.type === 'FreedPageTouched',
      );
      const { scheduler, seed } = order;
      expect(reports, `${scheduler} ${seed}`).toEqual([]);
      expect(sim.outcome).toBe('completed');
      const broken = sim.invariants?.verdicts().filter(({ verdict }) => verdict === 'violated') ?? [];
      const unknown = broken.filter(({ invariant }) => !known.includes(invariant));
      expect(unknown, `${scheduler} ${seed}`).toEqual([]);
    }
  });
});

it('v5.15 breaks in the library what it broke in the field: B9 and B7', () => {
  const sim = simulation({ scenario: 'busy', protocol: 'v5.15', scheduler: 'round-robin', seed: 1 });
  runToEnd(sim);
  const broken = sim.invariants?.verdicts().filter(({ verdict }) => verdict === 'violated') ?? [];
  expect(broken.map((v) => v.invariant)).toEqual(expect.arrayContaining(['I18', 'I28']));
});
