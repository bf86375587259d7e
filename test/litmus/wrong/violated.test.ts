// Real bugs, found where they were: each on the litmus that its description names, by the rule that fits it.
import { expect, it } from 'vitest';
import { findProtocol } from '../../../src/core/protocols/registry.js';
import { built, everything, NONE, verdict } from '../litmus-support.js';

it.each([
  // B13: the draft walks the roots at destruction while the worker and RCU free them.
  ['v-d', 'seed-draft', 'I3', 'kvm_tdp_mmu_invalidate_all_roots', 'next'],
  ['reference', 'seed-draft', 'I3', 'kvm_tdp_mmu_invalidate_all_roots', 'next'],
  // B12: the draft asserts mmu_lock where KVM_CREATE_VM fails.
  [
    'create-failure',
    'seed-draft',
    'LOCKDEP_HELD_WRITE',
    'kvm_tdp_mmu_invalidate_all_roots',
    'lockdep_assert_held_write',
  ],
  // B9: a fault installs into a root that was invalidated behind its back.
  ['v-m', 'v5.15', 'I18', 'tdp_mmu_set_spte_atomic', 'try_cmpxchg'],
  // B6: the release of the process's memory passes invalid roots over.
  ['m-r', 'v5.15', 'I17', 'kvm_mmu_zap_all', 'tell_ended'],
  // B7: the notifier gives mmu_lock up on a root that it holds no reference to.
  ['v-v-n', 'v5.15', 'I28', 'tdp_mmu_iter_cond_resched', 'cond_resched_rwlock'],
])('%s is violated by %s: %s in %s @ %s', (id, protocol, rule, name, label) => {
  const { end, violation } = verdict(id, protocol);
  expect(end).toBe('violated');
  expect(violation).toMatchObject({ rule, function: name, label });
});

// B18: what is mapped into the root that was zapped leads, once the root is freed, to a page that is not its parent any more.
it('a shadow root that was mapped into after its zap: use after free', () => {
  const protocol = findProtocol('v6.14');
  const litmus = { ...built('b18'), ignores: ['I39'] };
  const { rules } = everything(protocol, litmus, NONE);
  expect(rules).toEqual(['I3 kvm_mmu_zap_oldest_mmu_pages@drop_parent_pte']);
  expect(everything(findProtocol('7.2.13'), litmus, NONE).rules).toEqual([]);
});
