import { describe, expect, it } from 'vitest';
import { EXIT } from '../../../src/core/events/constants.js';
import {
  asyncSmiSessions,
  type ExperimentResult,
  experimentDocument,
  experimentSessions,
  experimentTable,
} from '../../../src/core/scenarios/experiment.js';
import { resetAfterExits } from '../../../src/core/scenarios/reset-policy.js';

const bit = (reason: number): number => 1 << reason;

/** Eight results as the mail would have them. */
function results(
  change: (r: ExperimentResult) => Partial<ExperimentResult> = () => ({}),
): ExperimentResult[] {
  return experimentSessions().map((session, i) => {
    const old = session.protocol === 'v5.18';
    const policy = session.resetPolicy;
    const hangs = old && (policy === 'every-exit' || policy === 'except-ept');
    const slow = old && policy === 'except-ept-dr';
    const resets = policy === 'none' ? 14 : 100_014;
    const base: ExperimentResult = {
      session,
      sessionId: `s${i}`,
      outcome: hangs ? 'no_forward_progress' : 'booted',
      milestones: hangs ? {} : { pid1: slow ? 9e9 : 2e9, console: slow ? 30e9 : 4.1e9 },
      counts: {
        eptViolations: slow ? 5_036_000 : 36_000,
        faultsFixed: slow ? 5_036_000 : 36_000,
        resets,
        rootLoads: resets,
        rootDrops: resets,
      },
      rootAllocations: slow ? 100_015 : 15,
      events: 1,
      digest: 'd',
      stuckAt: hangs
        ? {
            phase: policy === 'every-exit' ? 'resetVector' : 'kernel',
            exit: policy === 'every-exit' ? 'EPT_VIOLATION' : 'DR_ACCESS',
            function: 'vcpu_enter_guest',
            label: 'forced_reset_done',
          }
        : null,
      costs: {
        faultFixed: 4_200,
        exit_EPT_VIOLATION: 500,
        contextReset: 200,
        rootPut: 50,
        rootAllocated: 300,
      },
    };
    return { ...base, ...change(base) };
  });
}

describe('reset policies', () => {
  it('never include the fastpath', () => {
    expect(resetAfterExits('every-exit') & (bit(EXIT.PREEMPTION_TIMER) | bit(EXIT.MSR_WRITE))).toBe(0);
    expect(resetAfterExits('none')).toBe(0);
  });
  it('leave out what their names say', () => {
    const every = resetAfterExits('every-exit');
    expect(every & ~resetAfterExits('except-ept')).toBe(bit(EXIT.EPT_VIOLATION));
    expect(every & ~resetAfterExits('except-ept-dr')).toBe(bit(EXIT.EPT_VIOLATION) | bit(EXIT.DR_ACCESS));
  });
});

describe('the experiment', () => {
  it('is two protocols by four policies', () => {
    expect(experimentSessions({ smis: 3 })).toHaveLength(8);
    expect(experimentSessions({ smis: 3 })[7]).toMatchObject({
      protocol: 'seed-draft',
      parameters: { smis: 3, resetPolicy: 'except-ept-dr' },
    });
    expect(asyncSmiSessions([0, 500])).toHaveLength(4);
  });

  it('agrees where everything is as in the mail', () => {
    const doc = experimentDocument(results());
    expect(doc.runs.flatMap((r) => r.differences)).toEqual([]);
    expect(doc.asExpected).toBe(true);
    expect(doc.runs[1]).toMatchObject({
      pid1Seconds: null,
      consoleSeconds: null,
      outcome: 'no_forward_progress',
    });
    expect(doc.runs[3]).toMatchObject({ pid1Seconds: 9, consoleSeconds: 30, rootAllocations: 100_015 });
    const table = experimentTable(doc);
    expect(table).toContain('hangs at the reset vector');
    expect(table).toContain('faultFixed');
  });

  it('says what a reset costs, part by part', () => {
    const slow = experimentDocument(results()).runs[3]!;
    expect(slow.perReset).toEqual({ put: 0.25, lookup: 0.3, flush: 0, refill: 235 });
  });

  it('names each difference', () => {
    const slower = experimentDocument(
      results((r) => (r.rootAllocations > 1_000 ? { milestones: { pid1: 9e9, console: 35e9 } } : {})),
    );
    expect(slower.asExpected).toBe(false);
    expect(slower.runs[3]!.differences).toEqual(['35 seconds to console, the mail says 30']);
    const hung = experimentDocument(
      results((r) => (r.rootAllocations === 15 ? { outcome: 'no_forward_progress' } : {})),
    );
    expect(hung.runs[7]!.differences[0]).toContain('expected booted');
  });

  it('expects a boot where KVM emulates the first debug-register exit', () => {
    const all = results((r) => ({
      session: { ...r.session, parameters: { ...r.session.parameters, drEmulateFirstExit: 1 } },
    }));
    const doc = experimentDocument(all, false);
    expect(doc.runs[2]!.differences).toEqual(['outcome no_forward_progress, expected booted']);
  });
});
