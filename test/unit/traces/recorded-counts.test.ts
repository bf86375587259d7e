// Every recording that is a fixture yields the figures that its COUNTS.md states, and counts that its probes confirm.
import { describe, expect, test } from 'vitest';
import { isWhole } from '../../../src/core/traces/trace-text.js';
import { countsOf, KERNELS, logLinesOf, recordingOf, scenariosOf } from './fixtures.js';

const EXACT = [
  'destroy_fwd',
  'destroy_partial',
  'dirty',
  'memslot_idle',
  'noprobe_smi',
  'reset1',
  'smi',
  'smi_heavy_p8_v1',
];

const FREE_RUNNING = ['memslot', 'notifier', 'plain'];
const WANTED: Readonly<Record<(typeof KERNELS)[number], readonly string[]>> = {
  '5.10.262': [...EXACT, ...FREE_RUNNING].sort(),
  '6.1.192-nofix': EXACT,
  '6.1.192': [...EXACT, ...FREE_RUNNING].sort(),
  '6.12.117': [...EXACT, ...FREE_RUNNING].sort(),
  '7.2.13': ['noprobe_smi', 'plain', 'smi', 'smi_heavy_p8_v1'],
};

test('the fixtures are the recordings that validation needs', () => {
  for (const kernel of KERNELS) expect(scenariosOf(kernel)).toEqual(WANTED[kernel]);
});

describe.each(KERNELS)('%s', (kernel) => {
  const SCENARIOS = scenariosOf(kernel);
  test.each(SCENARIOS)('%s has the figures of COUNTS.md', (scenario) => {
    const { trace, lifecycle, figures, missedFrees } = recordingOf(kernel, scenario);
    const others = [...figures.otherExits].map(([reason, count]) => `${reason}:${count}`);
    expect({
      scenario,
      events: `${trace.events.length}`,
      'root alloc (smm)': `${figures.rootAllocations} (${figures.smmRootAllocations})`,
      'vCPU get': `${figures.vcpuGets}`,
      'of these reuse': `${figures.vcpuReuses}`,
      'vCPU put': `${figures.vcpuPuts}`,
      'iter get/put': `${figures.iteratorGets}/${figures.iteratorPuts}`,
      'last put of a valid root': `${figures.lastPutsOfValidRoots}`,
      invalidated: `${figures.invalidations}`,
      'root zap': `${figures.rootZaps}`,
      'root free': `${figures.rootFrees}`,
      npf: `${figures.npfExits}`,
      io: `${figures.ioExits}`,
      rsm: `${figures.rsmExits}`,
      'other exits': others.join(' '),
      'refcount ok/bad': `${figures.putsAgreeing}/${figures.putsDisagreeing}`,
      'kprobe missed': missedFrees === 0 ? '' : `tdp_mmu_free_sp_rcu_callback:${missedFrees}`,
    }).toEqual(countsOf(kernel).get(scenario));
    expect(lifecycle.unknownEvents).toEqual(new Map());
  });

  test.each(SCENARIOS)('%s is whole, and every line of it is understood', (scenario) => {
    const { trace } = recordingOf(kernel, scenario);
    expect(isWhole(trace)).toBe(true);
    expect(trace.report.malformed).toEqual({});
    expect(trace.header).toMatchObject({ tracer: 'nop', cpus: 2 });
  });

  test.each(SCENARIOS.filter((name) => name !== 'noprobe_smi'))(
    '%s: no printed number disagrees',
    (scenario) => {
      const { lifecycle, figures, missedFrees } = recordingOf(kernel, scenario);
      expect(lifecycle.disagreements).toEqual([]);
      expect(lifecycle.gaps).toEqual([]);
      // Whatever was born has died, and what is not seen freed is within the recorded misses.
      expect(lifecycle.roots.filter((root) => root.count !== 0 || root.valid)).toEqual([]);
      expect(figures.rootAllocations - figures.rootFrees).toBeLessThanOrEqual(missedFrees);
      // On 5.10 only children are announced.
      expect(lifecycle.rootPagesAnnounced).toBe(kernel === '5.10.262' ? 0 : figures.rootAllocations);
    },
  );

  test.runIf(kernel !== '5.10.262')('without kprobes the roots can still be counted', () => {
    const { lifecycle } = recordingOf(kernel, 'noprobe_smi');
    expect(lifecycle.rootPagesAnnounced).toBe(recordingOf(kernel, 'smi').figures.rootAllocations);
    expect(lifecycle.roots).toEqual([]);
  });

  test.each(SCENARIOS)("%s: the program's own lines are its log", (scenario) => {
    const { lifecycle } = recordingOf(kernel, scenario);
    const marks = lifecycle.events.filter((e) => e.type === 'marker' || e.type === 'memslotSet');
    expect(marks.length).toBeGreaterThanOrEqual(logLinesOf(kernel, scenario).length);
    expect(new Set(marks.map((e) => e.thread))).toEqual(new Set(['main']));
  });
});
