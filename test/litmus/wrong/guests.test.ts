// Bugs that only a running guest shows, each found where it was: the rule, the place and the length of a shortest schedule of
// the reduced search. Goldens: they change with a procedure's steps or a reduction.
import { expect, it } from 'vitest';
import { PAGE, VCPU } from '../../../src/core/aggregates/layout.js';
import type { World } from '../../../src/core/aggregates/world.js';
import { E } from '../../../src/core/events/catalogue.js';
import { op } from '../../../src/core/machine/op.js';
import { ret } from '../../../src/core/machine/procedure.js';
import type { Protocol } from '../../../src/core/protocols/protocol.js';
import { findProtocol } from '../../../src/core/protocols/registry.js';
import { ALL, built, everything, mutant, NONE, shortest } from '../litmus-support.js';

it.each([
  // B4: what NX recovery zapped is not flushed, and the page goes back to the host.
  ['b4', 'v5.10', 'I22', 'vmm_thread', 'set_page', 91],
  // B5: the walk yields in the second root before the flush that the first one asks for.
  ['b5', 'v5.10', 'I22', 'vmm_thread', 'set_page', 73],
  // B22: the page of the old root is the new one's, and the outer hypervisor still shadows the old one.
  ['b22', 'v5.18-enlightened-npt', 'I23', 'vcpu_enter_guest', 'kvm_vcpu_exit_request', 90],
])('%s is violated by %s: %s in %s @ %s, after %i steps', (id, protocol, rule, name, label, steps) => {
  const found = shortest(id, findProtocol(protocol));
  expect(found?.violation).toMatchObject({ rule, function: name, label });
  expect(found?.schedule.length).toBe(steps);
});

interface OfVcpu {
  readonly vcpu: number;
  readonly w: World;
}

/** One step less, each with the rule that it keeps. */
const MUTANTS: readonly (readonly [litmus: string, rule: string, protocol: Protocol, steps: number])[] = [
  // The entry gate does not look at requests again.
  [
    'g-m',
    'I20',
    mutant('v6.9', {
      of: 'vcpu_enter_guest',
      label: 'kvm_vcpu_exit_request',
      step: [
        (l) => {
          const { w, vcpu } = l as unknown as OfVcpu;
          const root = w.vcpuWord(vcpu, VCPU.ROOT) - 1;
          op.vcpu_event(E.VcpuEntered, vcpu, w.pageWord(root, PAGE.ROLE), 0, root);
        },
        () => 'guest_execute',
      ],
    }),
    19,
  ],
  // A remote flush asks, but does not force the vCPU out and does not wait.
  [
    'g-n',
    'I22',
    mutant('v6.9', {
      of: 'kvm_make_all_cpus_request',
      label: 'kvm_vcpu_exiting_guest_mode',
      step: [null, () => ret()],
    }),
    38,
  ],
  // A root is loaded without a flush.
  [
    'g-m',
    'I23',
    mutant('v6.9', { of: 'kvm_mmu_load', label: 'flush_tlb_current', step: [null, () => ret()] }),
    7,
  ],
];

it.each(MUTANTS.map(([id, rule, protocol, steps]) => [id, rule, protocol.id, steps, protocol] as const))(
  '%s: %s is broken by %s after %i steps',
  (id, rule, _name, steps, protocol) => {
    const found = shortest(id, protocol);
    expect([found?.violation.rule, found?.schedule.length]).toEqual([rule, steps]);
  },
);

it('what a remote flush rests on is missed in the same way with every reduction', () => {
  const [id, rule, protocol] = MUTANTS[1]!;
  const plain = everything(protocol, built(id), NONE);
  expect(plain.rules.map((text) => text.split(' ')[0])).toContain(rule);
  for (const reductions of [ALL, { persistent: true, symmetry: false }])
    expect({ ...everything(protocol, built(id), reductions), states: 0 }).toEqual({ ...plain, states: 0 });
});
