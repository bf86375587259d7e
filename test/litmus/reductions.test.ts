// Reductions change how many states are visited and nothing else: the rules that break, where they break, and the ends that
// are reached are the same with every combination, for protocols as they are and with a step of theirs made wrong.
import { describe, expect, it } from 'vitest';
import { role_is_invalid } from '../../src/core/aggregates/role.js';
import { MachineModel } from '../../src/core/explorer/machine-model/machine-model.js';
import { op } from '../../src/core/machine/op.js';
import { ret } from '../../src/core/machine/procedure.js';
import type { Protocol } from '../../src/core/protocols/protocol.js';
import { findProtocol, PROTOCOLS } from '../../src/core/protocols/registry.js';
import { ALL, built, everything, mutant, NONE } from './litmus-support.js';

type WithRoot = { readonly root: number };
const MUTANTS: readonly (readonly [Protocol, string])[] = [
  // The zap of an invalidated root has no reference to put.
  [
    mutant('v5.18', {
      of: 'kvm_tdp_mmu_invalidate_all_roots',
      label: 'role_invalid',
      step: [
        (l) => op.read_role((l as unknown as WithRoot).root),
        (_l, role) => (role_is_invalid(role) ? 'next' : 'set_invalid'),
      ],
    }),
    'm-k-d',
  ],
  // A fault does not look whether its root was invalidated (B9 on a newer kernel).
  [
    mutant('v6.4', {
      of: 'is_page_fault_stale',
      label: 'is_obsolete_sp',
      step: [null, () => ret(0)],
    }),
    'reference',
  ],
  // The TDP MMU's own reference is never put.
  [
    mutant('v6.6', {
      of: 'kvm_tdp_mmu_zap_invalidated_roots',
      label: 'kvm_tdp_mmu_put_root',
      step: [null, () => 'next_root'],
    }),
    'v-d',
  ],
  // A deleted root is freed by the one who deletes it, without waiting for anybody.
  [
    mutant('seed-draft', {
      of: 'kvm_tdp_mmu_put_root',
      label: 'spin_lock',
      step: [(l) => op.read_role((l as unknown as WithRoot).root), () => 'list_del_rcu'],
    }),
    'v-d',
  ],
  // The same, where vCPUs look their roots up with mmu_lock held for read.
  [
    mutant('v6.9', { of: 'is_page_fault_stale', label: 'is_obsolete_sp', step: [null, () => ret(0)] }),
    'reference',
  ],
];

const ONE_OF_EACH = { vcpus: 1, resets: 1, workers: 1 };

const COMBINATIONS = [{ persistent: false, symmetry: true }, { persistent: true, symmetry: false }, ALL];

function sameWithAll(protocol: Protocol, id: string, set: Readonly<Record<string, number>> = {}) {
  const litmus = built(id, set);
  const plain = everything(protocol, litmus, NONE);
  for (const reductions of COMBINATIONS) {
    const reduced = everything(protocol, litmus, reductions);
    expect({ ...reduced, states: 0 }).toEqual({ ...plain, states: 0 });
    expect(reduced.states).toBeLessThanOrEqual(plain.states);
  }
  return plain;
}

// A local, a word of a record or an invariant's memory that the key does not know switches the renaming off.
it.each(PROTOCOLS.map((protocol) => [protocol.id, protocol] as const))(
  'everything that %s keeps in a state is known to the key',
  (_id, protocol) => {
    const model = new MachineModel({ protocol, litmus: built('v-d'), reductions: ALL });
    expect(model.merges).toBe(true);
  },
);

// Goldens: distinct states of the unreduced search. They change with a procedure's steps, and with nothing else.
describe('unreduced and reduced agree', () => {
  it.each([
    ['v-d', 'v5.15', 741],
    ['v-d', 'v5.18', 1_326],
    ['v-d', 'seed-draft', 1_653],
    ['v-d', 'v6.6', 933],
    ['v-d', 'v6.9', 1_013],
    ['v-n', 'v5.18', 831],
    ['m-k-d', 'v5.15', 3_388],
    ['m-k-d', 'v5.18', 11_744],
    ['m-k-d', 'v6.6', 4_291],
    ['m-k-d', 'v6.9', 5_681],
  ])('%s, %s: %i states', (id, protocol, states) => {
    expect(sameWithAll(findProtocol(protocol), id).states).toBe(states);
  });

  it('two vCPUs that are alike', () => {
    const { states, rules } = sameWithAll(findProtocol('v5.18'), 'reference', {
      resets: 1,
      workers: 1,
      faults: 0,
    });
    expect({ states, rules }).toEqual({ states: 42_299, rules: [] });
  });

  it('two vCPUs that look their roots up with mmu_lock held for read', () => {
    const set = { resets: 1, workers: 1, faults: 0 };
    const { states, rules } = sameWithAll(findProtocol('v6.9'), 'reference', set);
    expect({ states, rules }).toEqual({ states: 22_265, rules: [] });
  });

  it.each(MUTANTS.map(([protocol, id]) => [protocol.id, id, protocol] as const))(
    '%s breaks %s, in the same way with every reduction',
    (_name, id, protocol) => {
      expect(sameWithAll(protocol, id, id === 'reference' ? ONE_OF_EACH : {}).rules).not.toEqual([]);
    },
  );
});
