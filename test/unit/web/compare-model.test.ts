// What the comparison's view computes: addresses, the clock that two timelines share, curves, and diffs of steps.
import { describe, expect, test } from 'vitest';
import { momentOf, otherOf, sessionsOf, stretchOf } from '../../../web/src/compare/model/address.js';
import { curvesOf } from '../../../web/src/compare/model/curves.js';
import { timesText } from '../../../web/src/compare/model/figures.js';
import { stepDiff } from '../../../web/src/compare/model/step-diff.js';
import { within, zoomedAt } from '../../../web/src/compare/model/stretch.js';
import { Clock } from '../../../web/src/timeline/model/clock.js';
import { scenesOf } from '../../support/scenes.js';

type Learnt = NonNullable<Parameters<Clock['learn']>[0]>;
type Comparison = Parameters<typeof curvesOf>[0];

describe('addresses', () => {
  test('name sessions in either form, once each, and nothing that is no id', () => {
    expect(sessionsOf(new URLSearchParams('sessions=3,1,x,3,0'))).toEqual(['3', '1']);
    expect(sessionsOf(new URLSearchParams('a=7&b=<b>'))).toEqual(['7']);
    expect(sessionsOf(new URLSearchParams('sessions=1,2,3,4,5,6,7,8,9'))).toHaveLength(8);
    expect(otherOf(new URLSearchParams('beside=1'), ['1', '2', '3'])).toBe(1);
    expect(otherOf(new URLSearchParams('beside=3'), ['1', '2', '3'])).toBe(2);
    expect([stretchOf('5-2'), stretchOf('1e3-5'), momentOf('-4')]).toEqual([null, null, null]);
  });
});

describe('the clock', () => {
  test('never goes back, though a grace period is stamped ahead, and finds positions again', () => {
    const smi = scenesOf({ scenario: 'smi', protocol: 'v5.18', seed: 1 });
    const scene = smi.scene(1, 1_200) as unknown as Learnt & { readonly timeNs: readonly number[] };
    const ahead = scene.timeNs.findIndex(
      (ns, i) => i > 0 && ns > 5_000_000 && scene.timeNs[i + 1] < 1_000_000,
    );
    expect(ahead).toBeGreaterThan(0);
    const clock = new Clock(1_200);
    expect(clock.blank).toBe(true);
    clock.learn(scene);
    for (let at = 2; at <= 1_200; at++) expect(clock.place(at)).toBeGreaterThanOrEqual(clock.place(at - 1));
    expect(clock.place(ahead + 1)).toBeLessThan(1_000_000);
    const at = clock.positionAt(clock.place(600));
    expect(clock.place(at)).toBe(clock.place(600));
    const held = clock.positions({ from: clock.place(300), to: clock.place(500) });
    expect(held.from).toBeLessThanOrEqual(300);
    expect(held.to).toBeGreaterThan(500);
  });

  test('a stretch stays within the clock, and what is pointed at stays where it is', () => {
    expect(within({ from: -50, to: 50 }, 1_000)).toEqual({ from: 0, to: 100 });
    const near = zoomedAt({ from: 0, to: 1_000 }, 0.1, 500, 1_000);
    expect(near).toEqual({ from: 450, to: 550 });
    expect(zoomedAt(near, 100, 500, 1_000)).toEqual({ from: 0, to: 1_000 });
  });
});

test("a session's own curve ends where it ends, and goes on level", () => {
  const comparison = {
    sessions: [{ id: '1' }, { id: '2' }],
    metrics: { rows: [{ group: 'outcome', name: 'virtual time', unit: 'ns', values: [400, 200] }], same: 0 },
    series: {
      timesNs: [100, 200, 300, 400],
      curves: [
        {
          name: 'faults',
          doc: '',
          unit: 'faults',
          values: [
            [0, 1, 2, 3],
            [4, 5, 5, 5],
          ],
        },
      ],
      milestones: [[], []],
    },
  } as unknown as Comparison;
  const curves = curvesOf(comparison, 'faults', false);
  expect(curves?.live).toEqual([
    [0, 0, 1, 2, 3],
    [0, 4, 5, null, null],
  ]);
  expect(curves?.after[1]).toEqual([null, null, 5, 5, 5]);
  expect(curvesOf(comparison, 'faults', true)?.live[0]).toEqual([null, null, 1, 2, 3]);
  expect(curvesOf(comparison, 'liveRoots', true)).toBeNull();
});

test('steps that go and come, without those that stay', () => {
  const step = (label: string, asks = '') => ({ label, asks });
  const lines = stepDiff(
    [step('a'), step('alloc', 'alloc_root(vm, role, 1)'), step('z')],
    [step('a'), step('alloc', 'alloc_root(vm, role, 2)'), step('z'), step('new')],
  );
  expect(lines.map(({ sign, label, asks }) => `${sign} ${label} ${asks}`.trim())).toEqual([
    '− alloc alloc_root(vm, role, 1)',
    '+ alloc alloc_root(vm, role, 2)',
    '+ new',
  ]);
  expect([
    timesText(100_000, 15),
    timesText(1, 2),
    timesText(3, 3),
    timesText(0, 4),
    timesText('a', 1),
  ]).toEqual(['6,667×', '0.50×', '', '', '']);
});
