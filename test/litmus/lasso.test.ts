// Endless runs as counterexamples: the shortest lasso, where it repeats in the drawing and in the session, which known bug it is,
// and what becomes of it under another protocol.
import { beforeAll, describe, expect, it, test } from 'vitest';
import { modelSpec } from '../../src/core/explorer/litmus/litmus.js';
import type { CounterexampleReport } from '../../src/core/explorer/report/counterexample-text.js';
import { createManifest } from '../../src/core/run/manifest.js';
import { ROW_BOUNDS } from '../../src/explorations/catalogue/row.js';
import { explore } from '../../src/explorations/explore.js';
import { findLitmus } from '../../src/explorations/find-litmus.js';
import { present } from '../../src/explorations/present.js';
import { buildSimulation } from '../../src/sessions/build-simulation.js';
import { ALL, NONE } from './litmus-support.js';

async function endless(name: string, protocol: string, transplant?: string) {
  const asked = {
    spec: modelSpec(await findLitmus({ litmus: name }), { protocol, parameters: {}, reductions: NONE }),
    search: 'exhaustive' as const,
    bounds: ROW_BOUNDS,
    workers: 1,
    seed: 1,
    schedules: 1,
    pctDepth: 1,
    exact: false,
    liveness: true,
  };
  const result = await explore(asked);
  const report = await present(asked, result, { transplant });
  return { counterexample: result.counterexample!, report: report! };
}

describe('B17', () => {
  let told: Awaited<ReturnType<typeof endless>>;
  let report: CounterexampleReport;
  beforeAll(async () => {
    told = await endless('b17', '6.12.117', '7.2.13');
    report = told.report;
  });

  test('the lasso is the shortest there is', () => {
    expect(told.counterexample).toMatchObject({
      shortness: 'shortest',
      length: 45,
      cycle: 7,
      cycleStart: 39,
    });
  });

  test('the drawing shows where it repeats, and the report which step and position that is', () => {
    const begin = report.drawing.findIndex((line) => line.includes('what repeats for ever begins here'));
    expect(report.drawing.slice(begin + 1).join('\n')).toMatch(
      /^direct_page_fault[\s\S]*ROOT_INVALID\n-+ and/,
    );
    expect(report.drawing.slice(0, begin).join('\n')).not.toContain('ROOT_INVALID');
    expect(report.drawing.every((line) => line.length <= 80)).toBe(true);
    expect(report).toMatchObject({
      cycleStart: 39,
      why: 'steps 39 to 45 repeat for ever, fair to every thread',
    });
    // One round more of the same session meets the same events again.
    const { session, cyclePosition } = report;
    const [last] = session.schedule.slice(-1);
    const again = { ...session, schedule: [...session.schedule, { thread: last!.thread, steps: 7 }] };
    const rows = (request: typeof session): string[] => {
      const out: string[] = [];
      const simulation = buildSimulation(createManifest(request));
      for (const { columns } of simulation.advance(100_000))
        for (let i = 0; i < columns.length; i++) out.push(`${columns.type[i]} ${columns.thread[i]}`);
      return out;
    };
    const [once, twice] = [rows(session), rows(again)];
    const round = once.slice(cyclePosition! - 1);
    expect(round.length).toBeGreaterThan(2);
    expect(twice.slice(once.length)).toEqual(round);
  });

  it('is recognised, and the recipe says what is seen', () => {
    expect(report.recipe.bug).toMatch(/^B17:/);
    expect(report.recipe.splat).toMatch(/KVM_PRE_FAULT_MEMORY does not return/);
  });

  it('is not possible under 7.2.13: the first retry already has another root', () => {
    expect(report.transplant).toMatchObject({
      outcome: 'impossible',
      thread: 'prefault',
      step: 45,
      cycle: null,
      rule: null,
    });
    expect(report.transplant?.text).toMatch(/in round 1 of what repeats.*everybody then goes on to the end$/);
  });
});

test.each([
  ['b17-middle', '6.12.117', '7.2.13', 'violates', 'livelock', 8],
  ['b23', 'v5.10', 'v5.15', 'impossible', null, null],
  ['b10ii', '6.1-int-seq', 'v6.4', 'impossible', null, null],
  // A protocol is a transplant to itself: the same cycle.
  ['b23', 'v5.10', 'v5.10', 'violates', 'livelock', 22],
])('%s of %s under %s: %s', async (name, from, to, outcome, rule, cycle) => {
  const { report } = await endless(name, from, to);
  expect(report.transplant).toMatchObject({ outcome, rule, cycle });
});

test.each([
  ['b23', 'v5.10', 'B23'],
  ['b10ii', '6.1-int-seq', 'B10ii'],
  // What v6.15 does not cure is not B17.
  ['b17-middle', '7.2.13', null],
  ['prefault-delete', '6.12.117', null],
])('%s under %s is known as %s', async (name, protocol, bug) => {
  const { report } = await endless(name, protocol);
  expect(report.recipe.bug?.split(':')[0] ?? null).toBe(bug);
  expect(report.recipe.splat).toMatch(/^no report: /);
});

test.each([
  ['v-k', 'v5.18', [3, 1, false]],
  ['v-k', 'v6.4', [1, 1, true]],
])(
  'beside the verdict on %s under %s: a metric that never makes it violated',
  async (name, protocol, churn) => {
    const asked = {
      spec: modelSpec(await findLitmus({ litmus: name }), { protocol, parameters: {}, reductions: ALL }),
      search: 'exhaustive' as const,
      bounds: ROW_BOUNDS,
      workers: 1,
      seed: 1,
      schedules: 1,
      pctDepth: 1,
      exact: false,
      liveness: false,
    };
    const { verdict, invariant, beside } = await explore(asked, { beside: true });
    expect([verdict, invariant]).toEqual(['holds', null]);
    expect(beside?.map(({ property, kind }) => `${property} ${kind}`)).toEqual([
      'I37 metric',
      'B8 budget',
      'B15 schedule',
    ]);
    const { value, limit } = beside![0]!;
    expect([value, limit, value <= limit!]).toEqual(churn);
  },
);
