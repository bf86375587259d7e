// Figures counted row by row equal those of the recorded kernels' script, however the rows are cut.
import { expect, test } from 'vitest';
import { RunSummary } from '../../../src/core/projections/run-summary.js';
import { Fold } from '../../support/fold.js';
import { concatColumns, runToEnd, simulation } from '../../support/harness.js';

function summaryOf(protocol: string): { whole: RunSummary; cut: RunSummary } {
  const chunks = runToEnd(simulation({ scenario: 'smi', protocol }));
  const columns = concatColumns(chunks);
  const whole = new RunSummary();
  whole.feed(columns, 0, columns.length);
  const cut = new RunSummary();
  for (let from = 0; from < columns.length; from += 777) {
    cut.feed(columns, from, Math.min(columns.length, from + 777));
  }
  return { whole, cut };
}

test('smi under v5.18: 41 roots, each put by neglect, 310 EPT violations', () => {
  const { whole, cut } = summaryOf('v5.18');
  const figures = whole.figures();
  expect(figures).toMatchObject({
    rootAllocations: 41,
    smmRootAllocations: 20,
    rootsFreed: 41,
    invalidations: 41,
    resurrections: 41,
    lastPutsOfValidRoots: 41,
    eptViolations: 310,
    findings: 0,
    assertions: 0,
  });
  expect(figures.putsByHolder).toMatchObject({ vcpu: 41, work: 41 });
  expect(figures.exitsByReason).toMatchObject({ EPT_VIOLATION: 310, IO_INSTRUCTION: 23, RSM: 20 });
  expect(figures.resetsByCause).toMatchObject({ SMM_ENTER: 20, SMM_ENTER_CPU_STATE: 20, SMM_LEAVE: 20 });
  expect(cut.figures()).toEqual(figures);
});

test('smi under the draft: two roots, nothing dies before the end', () => {
  expect(summaryOf('seed-draft').whole.figures()).toMatchObject({
    rootAllocations: 2,
    smmRootAllocations: 1,
    lastPutsOfValidRoots: 0,
    resurrections: 0,
    eptViolations: 34,
  });
});

test('milestones keep their first time and their order; events are counted by type', () => {
  const f = new Fold('d').vm(1).on(1, 'Milestone', 0, 4).on(1, 'Milestone', 0, 5).on(1, 'Milestone', 0, 4);
  const summary = new RunSummary();
  summary.feed(f.rows, 0, f.rows.length);
  const figures = summary.figures();
  expect(figures.milestones.map((m) => m.milestone)).toEqual(['kernel', 'pid1']);
  expect(figures.milestones[0].timeNs).toBeLessThan(figures.milestones[1].timeNs);
  expect(figures.byType).toMatchObject({ Milestone: 3, VmCreated: 1 });
  expect(figures.events).toBe(f.rows.length);
  expect(figures.lastTimeNs).toBe((f.rows.length - 1) * 10);
});
