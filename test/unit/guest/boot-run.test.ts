// The founding experiment in small: what it predicts has to come out of the model at any scale, and whatever the fitted
// knobs are set to. Full scale: `rootline experiment forced-reset`.
import { describe, expect, it } from 'vitest';
import { findProtocol } from '../../../src/core/protocols/registry.js';
import type { RunProgress } from '../../../src/core/run/contract.js';
import { createManifest } from '../../../src/core/run/manifest.js';
import { Simulation } from '../../../src/core/run/simulation.js';
import { boot } from '../../../src/core/scenarios/boot.js';
import { rolesPerEpoch } from '../../../src/core/scenarios/boot-guest.js';

const SMALL = { exitsPercent: 1, pagesPercent: 1, windowPercent: 20 };

function run(
  protocol: string,
  parameters: Record<string, number | string> = {},
  costs: Record<string, number> = {},
): RunProgress {
  const manifest = createManifest({
    scenario: 'boot',
    protocol,
    recording: 'lifecycle',
    invariants: false,
    parameters: { ...SMALL, ...parameters },
    costs,
    limits: { watchdogExits: 1_000 },
  });
  const simulation = new Simulation({
    manifest,
    protocol: findProtocol(protocol),
    scenario: boot.build(manifest.parameters as Record<string, number>),
    snapshots: false,
  });
  while (simulation.outcome === null) simulation.advance(50_000);
  return simulation.progress();
}

const seconds = (r: RunProgress, milestone: string): number => r.milestones[milestone]! / 1e9;
/** Virtual time less the guest's own: what exits, faults and resets took. */
const hostNs = (r: RunProgress): number => r.counts['hostNs']!;

describe('v5.18', () => {
  it('hangs at the reset vector when every exit resets: each EPT violation drops what the last one mapped', () => {
    const r = run('v5.18', { resetPolicy: 'every-exit' });
    expect(r.outcome).toBe('no_forward_progress');
    expect(r.milestones).toEqual({});
    expect(r.detail?.stuckAt).toMatchObject({ phase: 'resetVector', exit: 'EPT_VIOLATION' });
    expect(r.detail?.stuckAt?.loop).toEqual(['EPT_VIOLATION gfn 0xfffff']);
  });

  it('hangs in debug-register exits when EPT violations do not reset', () => {
    const r = run('v5.18', { resetPolicy: 'except-ept' });
    expect(r.outcome).toBe('no_forward_progress');
    expect(r.detail?.stuckAt).toMatchObject({ phase: 'kernel', exit: 'DR_ACCESS' });
    expect(r.detail?.stuckAt?.loop).toHaveLength(2);
  });

  it('boots with except-ept where KVM emulates the first debug-register exit', () => {
    expect(run('v5.18', { resetPolicy: 'except-ept', drEmulateFirstExit: 1 }).outcome).toBe('booted');
  });

  it('allocates a root a reset with one vCPU; half the exits, half the allocations', () => {
    const whole = run('v5.18', { resetPolicy: 'except-ept-dr', exitsPercent: 2 });
    const half = run('v5.18', { resetPolicy: 'except-ept-dr' });
    expect(whole.outcome).toBe('booted');
    // Two resets are for the vCPU's creation, an SMI's second reset has nothing to drop, the last root is the VM's end.
    expect(whole.rootAllocations).toBe(whole.counts['resets']! - 23);
    expect(whole.rootAllocations / half.rootAllocations).toBeCloseTo(2, 1);
  });

  it('is slower with twice the working set; the draft is not', () => {
    const host = (protocol: string, windowPercent: number): number => {
      const resets = run(protocol, { resetPolicy: 'except-ept-dr', windowPercent });
      const none = run(protocol, { windowPercent });
      return seconds(resets, 'console') - seconds(none, 'console');
    };
    expect(host('v5.18', 40)).toBeGreaterThan(1.6 * host('v5.18', 20));
    // Only the TLB has more to fill again.
    expect(host('seed-draft', 40)).toBeLessThan(0.03 * host('v5.18', 40));
  });
});

describe('seed-draft', () => {
  const none = run('seed-draft');

  it.each(['every-exit', 'except-ept', 'except-ept-dr'])(
    'boots with %s, at the price of refilling the TLB',
    (resetPolicy) => {
      const r = run('seed-draft', { resetPolicy });
      expect(r.outcome).toBe('booted');
      expect(r.counts['eptViolations']).toBe(none.counts['eptViolations']);
      expect(r.rootAllocations).toBe(15);
      expect(seconds(r, 'pid1')).toBeLessThan(1.1 * seconds(none, 'pid1'));
      expect(seconds(r, 'console')).toBeLessThan(1.1 * seconds(none, 'console'));
      expect(r.counts['resets']! - none.counts['resets']!).toBeGreaterThan(900);
      expect(r.counts['assertions']).toBe(0);
    },
  );

  it.each([0, 3, 7, 20])(
    'allocates the (role, epoch) pairs that the vCPU loads: %i memslot updates',
    (memslotUpdates) => {
      for (const smis of [0, 7]) {
        for (const resetPolicy of ['none', 'every-exit']) {
          const r = run('seed-draft', { memslotUpdates, smis, resetPolicy });
          expect(r.outcome).toBe('booted');
          expect(r.rootAllocations).toBe(rolesPerEpoch(smis, memslotUpdates));
          expect(r.counts['fastZaps']).toBe(memslotUpdates);
        }
      }
    },
  );
});

describe('fitted knobs', () => {
  const knobs: [string, Record<string, number>, Record<string, number>][] = [];
  for (const percent of [80, 120]) {
    knobs.push([`window ${percent} %`, { windowPercent: percent / 5 }, {}]);
    knobs.push([`compute ${percent} %`, { computePercent: percent }, {}]);
    knobs.push([`exits ${percent} %`, { exitsPercent: percent / 20, windowPercent: 10 }, {}]);
  }
  // The upper end of the range is 4,500.
  for (const faultFixed of [3_360, 4_500]) knobs.push([`cost.faultFixed ${faultFixed}`, {}, { faultFixed }]);

  it.each(knobs)('%s leaves the outcomes', (_name, parameters, costs) => {
    const outcome = (protocol: string, resetPolicy: string): string =>
      run(protocol, { ...parameters, resetPolicy }, costs).outcome ?? '';
    expect(outcome('v5.18', 'every-exit')).toBe('no_forward_progress');
    expect(outcome('v5.18', 'except-ept')).toBe('no_forward_progress');
    expect(outcome('seed-draft', 'every-exit')).toBe('booted');
  });
});

describe('asynchronous SMIs', () => {
  it('slow v5.18 down, the more the shorter the period; the draft hardly', () => {
    const host = (protocol: string, asyncSmiPeriodUs: number): number =>
      seconds(run(protocol, { asyncSmiPeriodUs }), 'console');
    const [old0, old1, old2] = [host('v5.18', 0), host('v5.18', 4_000), host('v5.18', 2_000)];
    expect(old1).toBeGreaterThan(old0);
    expect(old2).toBeGreaterThan(old1);
    expect(host('seed-draft', 2_000) - old0).toBeLessThan((old2 - old0) / 2);
  });
});

it('runs twice to the same digest', () => {
  expect(run('v5.18', { resetPolicy: 'except-ept-dr' }).fullDigest).toBe(
    run('v5.18', { resetPolicy: 'except-ept-dr' }).fullDigest,
  );
  expect(hostNs(run('seed-draft'))).toBe(hostNs(run('seed-draft')));
});
