// Who drops the roots, and is that normal? Recordings and simulated runs: allocations by cause, what refaulting cost, one sentence;
// and livelock told from thrash, from progress and from idle.
import { describe, expect, test } from 'vitest';
import { MachineModel } from '../../../src/core/explorer/machine-model/machine-model.js';
import { turnsOf } from '../../../src/core/explorer/report/found-session.js';
import { UNBOUNDED } from '../../../src/core/explorer/search/found.js';
import { fairCycle } from '../../../src/core/explorer/search/liveness.js';
import { StateGraph } from '../../../src/core/explorer/search/state-graph.js';
import { findProtocol } from '../../../src/core/protocols/registry.js';
import { createManifest, type RunRequest } from '../../../src/core/run/manifest.js';
import { Simulation } from '../../../src/core/run/simulation.js';
import { findScenario } from '../../../src/core/scenarios/library.js';
import { FrameActivity } from '../../../src/core/traces/activity/frame-signals.js';
import { LIVELOCK_FAULTS } from '../../../src/core/traces/activity/progress.js';
import type { ActivityReport } from '../../../src/core/traces/activity/report.js';
import { RowActivity } from '../../../src/core/traces/activity/row-signals.js';
import { SERIES_POINTS_MAX } from '../../../src/core/traces/activity/series.js';
import { FrameReader } from '../../../src/core/traces/frames/frame-reader.js';
import { built, NONE } from '../../litmus/litmus-support.js';
import { textOf } from '../imports/support.js';
import { KERNELS, scenariosOf, traceText } from './fixtures.js';

function activityOf(text: string): ActivityReport {
  const activity = new FrameActivity();
  const reader = new FrameReader((frame) => activity.take(frame));
  reader.push(text);
  reader.end();
  return activity.report();
}

function simulated(request: RunRequest): ActivityReport {
  const manifest = createManifest(request);
  const simulation = new Simulation({
    manifest,
    protocol: findProtocol(manifest.protocol),
    scenario: findScenario(manifest.scenario).build(manifest.parameters as Record<string, number>),
    snapshots: false,
  });
  const activity = new RowActivity((thread) => simulation.threadNames[thread] ?? '');
  let position = 0;
  while (simulation.outcome === null) {
    for (const { columns: c } of simulation.advance(50_000))
      for (let i = 0; i < c.length; i++)
        activity.take({
          position: ++position,
          thread: c.thread[i]!,
          type: c.type[i]!,
          timeNs: c.timeNs[i]!,
          subject: c.subject[i]!,
          a: c.a[i]!,
          b: c.b[i]!,
          c: c.c[i]!,
        });
  }
  return activity.report();
}

const causesOf = ({ churn }: ActivityReport): Record<string, number> =>
  Object.fromEntries(churn.causes.filter((c) => c.allocations > 0).map((c) => [c.cause, c.allocations]));

const OLD = ['5.10.262', '6.1.192-nofix'];

describe.each(KERNELS.map((kernel) => ({ kernel, frees: OLD.includes(kernel) })))(
  '$kernel',
  ({ kernel, frees }) => {
    test('100 SMIs', () => {
      const report = activityOf(traceText(kernel, 'smi_heavy_p8_v1'));
      const { churn, diagnosis, progress } = report;
      expect(causesOf(report)).toEqual(frees ? { first: 2, smm: 199 } : { first: 2 });
      expect(churn).toMatchObject({ smis: 100, shownBy: 'probe', faults: frees ? 1228 : 30 });
      // Of its 1,228 faults 30 map something for the first time, as in the kernel that keeps its roots.
      expect(churn.refault.faults).toBe(frees ? 1198 : 0);
      expect(diagnosis).toBe(
        frees
          ? 'this kernel frees a root with its last vCPU: 201 root allocations for 100 SMIs; kernels from v6.4 on keep it'
          : 'this kernel keeps its roots: 2 root allocations for 100 SMIs',
      );
      expect(progress.verdict).toBe(frees ? 'thrash' : 'progress');
      expect(churn.exitReasons).toEqual(
        frees
          ? [
              { reason: 'io', allocations: 100 },
              { reason: 'rsm', allocations: 100 },
            ]
          : [{ reason: 'io', allocations: 1 }],
      );
      expect(churn.vcpus).toMatchObject([{ vcpu: 0, allocations: frees ? 201 : 2, faults: churn.faults }]);
    });

    test('tracepoints alone say the same of 20 SMIs as probes do', () => {
      const [bare, probed] = ['noprobe_smi', 'smi'].map((name) => activityOf(traceText(kernel, name)));
      expect(causesOf(bare!)).toEqual(causesOf(probed!));
      expect(bare!.diagnosis).toBe(probed!.diagnosis);
      expect(bare!.progress.verdict).toBe(probed!.progress.verdict);
      expect(bare!.churn.shownBy).toBe(kernel === '5.10.262' ? 'first table' : 'kvm_mmu_get_page');
    });

    test.each(scenariosOf(kernel).map((name) => [name]))(
      '%s: every allocation has a cause, and is in the series',
      (name) => {
        const report = activityOf(traceText(kernel, name));
        const { allocations, causes, series, faults, exits } = report.churn;
        const sum = (of: 'allocations' | 'faults' | 'exits'): number =>
          series.points.reduce((n, point) => n + point[of], 0);
        expect(causes.reduce((n, c) => n + c.allocations, 0)).toBe(allocations);
        expect([sum('allocations'), sum('faults'), sum('exits')]).toEqual([allocations, faults, exits]);
        expect(series.points.length).toBeLessThanOrEqual(SERIES_POINTS_MAX);
        expect(causesOf(report)['unknown'] ?? 0).toBe(0);
        // Nothing in the recordings is stuck, though a deleted memslot holds instructions for a while.
        expect(['progress', 'thrash']).toContain(report.progress.verdict);
      },
    );
  },
);

test('control registers, ioctls and memslot updates', () => {
  const reset = activityOf(traceText('6.1.192-nofix', 'reset1'));
  expect(causesOf(reset)).toEqual({ first: 1, ioctl: 7, cr4: 4 });
  expect(causesOf(activityOf(traceText('5.10.262', 'reset1')))).toMatchObject({ cr0: 4, cr4: 4 });
  expect(causesOf(activityOf(traceText('6.1.192', 'reset1')))).toEqual({ first: 1 });
  const slots = activityOf(traceText('6.12.117', 'memslot_idle'));
  expect(causesOf(slots)).toEqual({ first: 1, memslot: 4 });
  expect(slots.diagnosis).toMatch(
    /each vCPU start over .* at its next entry: 5 .* for 9 memslot updates; kernels from v5.13 on do that/,
  );
  // No root is given up there, and still every page goes; who resets in several ways is told all of them.
  const emptied =
    /^memslot updates do not cost this kernel its roots: 1 root allocation for 5 .* are, and the working set is faulted in again: 90 of \d+ page faults$/;
  const probed = traceText('5.10.262', 'memslot');
  // Without probes the first table of a root shows its birth, and after an update that of the root that was emptied.
  const bare = probed.split('\n').filter((line) => !line.includes(': ('));
  for (const text of [probed, bare.join('\n')]) {
    const { churn, diagnosis } = activityOf(text);
    expect(diagnosis).toMatch(emptied);
    expect(churn.refault).toMatchObject({ faults: 90, perAllocation: null });
  }
  expect(activityOf(traceText('5.10.262', 'reset1')).diagnosis).toMatch(
    /18 root allocations for 9 ioctls that reset the MMU context, 4 writes of CR0 and 4 writes of CR4;/,
  );
});

test('every form of one recording says the same', () => {
  const forms = ['tracecmd-report', 'tracecmd-report-noplugins', 'tracecmd-report-raw'].map((form) =>
    activityOf(textOf(`formats/6.1.192.${form}.txt.gz`)),
  );
  const [first, ...others] = forms.map(({ churn, diagnosis, progress }) => ({
    churn: { ...churn, series: null },
    diagnosis,
    progress: { verdict: progress.verdict, why: progress.why },
  }));
  expect(first?.churn.allocations).toBeGreaterThan(0);
  for (const other of others) expect(other).toEqual(first);
});

describe('stuck or slow', () => {
  const line = (ms: number, text: string): string =>
    `  qemu-7  [000] d....  ${(100 + ms / 1000).toFixed(6)}: ${text}\n`;
  const fault = (ms: number, rip: number, gpa: number): string =>
    line(ms, `kvm_entry: vcpu 0, rip 0x${rip.toString(16)}`) +
    line(
      ms,
      `kvm_exit: vcpu 0 reason EPT_VIOLATION rip 0x${rip.toString(16)} info1 0x0 info2 0x0 intr_info 0x0 error_code 0x0`,
    ) +
    line(
      ms,
      `kvm_page_fault: vcpu 0 rip 0x${rip.toString(16)} address 0x${gpa.toString(16)} error_code 0x14`,
    );
  const many = (n: number, one: (k: number) => string): string =>
    Array.from({ length: n }, (_, k) => one(k)).join('');

  test('one instruction that faults without an end is a livelock, from its first fault on', () => {
    const text = fault(0, 0x10, 0x1000) + many(LIVELOCK_FAULTS, (k) => fault(1 + k / 100, 0x20, 0x2000));
    const { progress } = activityOf(text);
    expect(progress).toMatchObject({ verdict: 'livelock', from: 6, to: 3 + 3 * LIVELOCK_FAULTS });
    expect(progress.why).toBe(
      `vCPU 0 is stuck: the instruction at 0x20 has faulted ${LIVELOCK_FAULTS} times at 0x2000 and was never carried out`,
    );
  });

  test('seldom, but for long: a few faults a second are a livelock too', () => {
    expect(activityOf(many(100, (k) => fault(20 * k, 0x20, 0x2000))).progress.verdict).toBe('livelock');
  });

  test('a string instruction gets on from page to page; so does one that was held and is carried out then', () => {
    const string = many(3_000, (k) => fault(k / 100, 0x20, 0x2000 + 0x1000 * k));
    expect(activityOf(string).progress.verdict).toBe('progress');
    const held = many(3_000, (k) => fault(k / 100, 0x20, 0x2000)) + fault(40, 0x24, 0x2000);
    expect(activityOf(held).progress.verdict).toBe('progress');
  });

  test('an idle VM waits in HLT', () => {
    const halt = (k: number): string =>
      line(10 * k, 'kvm_entry: vcpu 0, rip 0x100') +
      line(10 * k + 0.01, 'kvm_exit: vcpu 0 reason EXTERNAL_INTERRUPT rip 0x100 info1 0x0 info2 0x0') +
      line(10 * k + 0.02, 'kvm_entry: vcpu 0, rip 0x100') +
      line(10 * k + 0.03, 'kvm_exit: vcpu 0 reason HLT rip 0x140 info1 0x0 info2 0x0');
    expect(activityOf(many(20, halt)).progress).toMatchObject({
      verdict: 'idle',
      why: expect.stringMatching(/waits in HLT for 100 % of the time/) as string,
    });
  });

  test('without entries and exits nothing is claimed', () => {
    const text = line(0, 'kvm_mmu_zap_all_fast: kvm-mmu-valid-gen 0 used_pages 1f');
    expect(activityOf(text)).toMatchObject({
      churn: { allocations: null, shownBy: null },
      diagnosis: expect.stringMatching(/^no line shows the birth of a root/) as string,
      progress: { verdict: 'unknown' },
    });
  });

  test('a zap that never comes back', () => {
    const text =
      line(0, '__kvm_tdp_mmu_zap_gfn_range: (__kvm_tdp_mmu_zap_gfn_range+0x0/0x100 [kvm]) start=0x0') +
      many(12, (k) => line(1_000 * (k + 1), 'kvm_userspace_exit: reason KVM_EXIT_IO (2)'));
    expect(activityOf(text).progress).toMatchObject({ verdict: 'livelock', from: 1, to: 13 });
  });
});

describe('simulated runs', () => {
  const events = { events: 30_000 };

  test('B10ii and B17: a fault that is retried for ever', () => {
    const seq = simulated({ scenario: 'b10ii', protocol: '6.1-int-seq', limits: events });
    expect(seq.progress.verdict).toBe('livelock');
    const cured = simulated({ scenario: 'b10ii', protocol: '6.1.192', limits: events });
    expect(cured.progress.verdict).not.toBe('livelock');
    const reload = simulated({ scenario: 'b17', protocol: 'v6.14', limits: events });
    expect(reload.progress.verdict).toBe('livelock');
  });

  test('B23: the schedule that goes round for ever', () => {
    const protocol = findProtocol('v5.10');
    const model = new MachineModel({ protocol, litmus: built('b23'), reductions: NONE });
    const graph = new StateGraph(model, UNBOUNDED);
    let end = graph.start();
    while (end === 'working') end = graph.advance(100_000);
    const { stem, cycle } = fairCycle(graph, model)!;
    const rounds = Array.from({ length: 100 }, () => cycle).flat();
    const steps = [...stem, ...rounds].map(({ thread }) => thread);
    const { progress } = simulated({
      scenario: 'b23',
      protocol: 'v5.10',
      scheduler: 'scripted',
      schedule: turnsOf([...model.prefix!, ...steps]),
    } as RunRequest);
    expect(progress).toMatchObject({
      verdict: 'livelock',
      why: expect.stringMatching(/^mtrr gives mmu_lock up and takes it again \d+ times/) as string,
    });
  });

  test('the founding experiment: thrash and livelock, and neither with the draft', () => {
    // Resets after every exit: the guest never leaves the reset vector.
    const boot = { scenario: 'boot', parameters: { resetPolicy: 1 }, limits: { events: 200_000 } };
    const forced = simulated({ ...boot, protocol: 'v5.18', invariants: false });
    expect(forced.progress).toMatchObject({ verdict: 'livelock' });
    expect(causesOf(forced)['forced']).toBeGreaterThan(1_000);
    expect(simulated({ ...boot, protocol: 'seed-draft', invariants: false }).progress.verdict).toBe(
      'progress',
    );
    const heavy = simulated({ scenario: 'smi-heavy', protocol: 'v5.18' });
    expect(heavy).toMatchObject({
      diagnosis:
        'this kernel frees a root with its last vCPU: 201 root allocations for 100 SMIs; kernels from v6.4 on keep it',
      progress: { verdict: 'thrash' },
    });
    const kept = simulated({ scenario: 'smi-heavy', protocol: 'seed-draft' });
    expect(kept).toMatchObject({
      diagnosis: 'this kernel keeps its roots: 2 root allocations for 100 SMIs',
      progress: { verdict: 'progress' },
    });
  });
});
