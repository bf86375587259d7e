// The two bugs of the seed draft (reference, B12 and B13): found by library scenarios in the model's own procedures, absent in
// v5.18, where nothing walks the list of roots there, and in v6.4, where they were fixed before merging.
import { expect, test } from 'vitest';
import type { Finding } from '../../../src/core/invariants/invariant-set.js';
import { kvm_tdp_mmu_get_vcpu_root_hpa_v5_13 } from '../../../src/core/kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_get_vcpu_root_hpa@v5.13.js';
import { extend } from '../../../src/core/protocols/protocol.js';
import { findProtocol } from '../../../src/core/protocols/registry.js';
import { createManifest } from '../../../src/core/run/manifest.js';
import { Simulation } from '../../../src/core/run/simulation.js';
import { findScenario } from '../../../src/core/scenarios/library.js';
import { decodeAll, runToEnd, simulation } from '../../support/harness.js';

/** What a run found, the metric I37 aside. */
function found(scenario: string, protocol: string, seed = 1): readonly Finding[] {
  const sim = simulation({ scenario, protocol, scheduler: 'random', seed });
  runToEnd(sim);
  expect(sim.outcome).toBe('completed');
  return sim.invariants?.set.structured ?? [];
}

const others = ['v5.18', 'v6.4'];

test('B12: a failing KVM_CREATE_VM fires the lock assertion of the draft', () => {
  expect(found('create-fails', 'seed-draft').map((f) => [f.invariant, f.event, f.detail])).toEqual([
    ['I29', 'AssertionFired', 1],
  ]);
  for (const protocol of others) expect(found('create-fails', protocol), protocol).toEqual([]);
});

test('B13: the walk at destruction reads a root that the worker has freed; 30 random schedules', () => {
  const hits: (readonly Finding[])[] = [];
  for (let seed = 1; seed <= 30; seed++) {
    const draft = found('destroy-race', 'seed-draft', seed);
    if (draft.length > 0) hits.push(draft);
    for (const protocol of others)
      expect(found('destroy-race', protocol, seed), `${protocol} ${seed}`).toEqual([]);
  }
  expect(hits.length).toBeGreaterThan(0);
  // Whatever the freed page then leads the walk to comes on top.
  for (const hit of hits) {
    expect(hit.slice(0, 2).map((f) => [f.invariant, f.event])).toEqual([
      ['I3', 'FreedPageTouched'],
      ['I5', 'FreedPageTouched'],
    ]);
    expect(hit[0]?.ordinal).toBe(hit[1]?.ordinal);
  }
});

test('the draft without its own reference: KVM_BUG_ON reports, the valid root is freed all the same, the VM is dead', () => {
  const protocol = extend(findProtocol('seed-draft'), {
    id: 'half-draft',
    title: 'births with one reference',
    source: 'a test',
    replace: [kvm_tdp_mmu_get_vcpu_root_hpa_v5_13],
  });
  const manifest = createManifest({ scenario: 'smi', protocol: 'seed-draft' });
  const sim = new Simulation({
    manifest: { ...manifest, protocolDigest: '' },
    protocol,
    scenario: findScenario('smi').build({}),
  });
  const events = decodeAll(runToEnd(sim));
  expect(sim.outcome).toBe('completed');
  const bugged = events.findIndex((e) => e.type === 'VmBugged');
  const after = events.slice(bugged);
  expect(events[bugged - 1]).toMatchObject({ type: 'AssertionFired' });
  expect(after.slice(1, 3).map((e) => e.type)).toEqual(['RequestMade', 'LockAcquired']);
  // It, and the SMM root that the vCPU loads before it sees the request.
  expect(after.filter((e) => e.type === 'RootFreed')).toHaveLength(2);
  // No KVM_RUN after it: each call on the VM fails with -EIO.
  expect(after.filter((e) => e.type === 'VcpuEntered')).toEqual([]);
  expect(after.find((e) => e.type === 'IoctlEnded')).toMatchObject({ result: -5 });
  const broken = new Set(sim.invariants?.set.structured.map((f) => f.invariant));
  expect(broken).toContain('I10');
});
