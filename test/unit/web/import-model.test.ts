// What the import's view computes: columns of churn by cause, classes of protocols, and words about what is not known.
import { expect, test } from 'vitest';
import { columnsOf, gapSpans } from '../../../web/src/import/model/churn.js';
import { classesOf, gapText, lineTime } from '../../../web/src/import/model/report.js';

type Churn = Parameters<typeof columnsOf>[0];
type Report = Parameters<typeof classesOf>[0];
type Events = Parameters<typeof gapSpans>[0];

test('columns are stacked, the most frequent cause drawn first, and stand where the trace has them', () => {
  const churn = {
    causes: [
      { cause: 'first', allocations: 2 },
      { cause: 'smm', allocations: 5 },
      { cause: 'cr0', allocations: 0 },
    ],
    series: {
      from: 1_100,
      step: 10,
      points: [
        { at: 0, causes: { first: 2 } },
        { at: 10, causes: { smm: 5 } },
      ],
    },
  } as unknown as Churn;
  const columns = columnsOf(churn, 1_000, 400);
  expect(columns).toEqual({
    at: [105, 115],
    end: 400,
    stacks: [
      { cause: 'smm', heights: [2, 5] },
      { cause: 'first', heights: [2, 0] },
    ],
    most: 5,
  });
});

test('a gap reaches to the event behind it, or to the end', () => {
  const events = [
    { position: 3, timeNs: 30, values: { lost: 7, cpu: 0 } },
    { position: 9, timeNs: 90, values: { lost: -1, cpu: -1 } },
  ] as unknown as Events;
  expect(gapSpans(events, new Map([[3, 50]]), 100)).toEqual([
    { fromNs: 30, toNs: 50, lost: 7 },
    { fromNs: 90, toNs: 100, lost: null },
  ]);
});

test('classes stand in the order of their best verdict', () => {
  const verdict = (protocol: string) => ({ protocol });
  const report = {
    verdicts: ['v6.4', 'v5.18', 'v5.10'].map(verdict),
    classes: [['v5.10', 'v5.18'], ['v6.4']],
  } as unknown as Report;
  expect(classesOf(report).map(({ verdicts }) => verdicts.map(({ protocol }) => protocol))).toEqual([
    ['v6.4'],
    ['v5.18', 'v5.10'],
  ]);
});

test('words about what is not known', () => {
  const gap = { line: 25, kind: 'lost', lost: 1_288, cpu: 0, probe: null } as const;
  expect(gapText(gap)).toBe('1,288 events lost at line 25 on CPU 0');
  expect(gapText({ ...gap, kind: 'overrun', lost: null })).toContain('nobody knows how many');
  expect([lineTime(21_695_000_000, 'ns'), lineTime(1_234, 'ticks'), lineTime(null, 'ns')]).toEqual([
    '21.695000',
    '1,234',
    '',
  ]);
});
