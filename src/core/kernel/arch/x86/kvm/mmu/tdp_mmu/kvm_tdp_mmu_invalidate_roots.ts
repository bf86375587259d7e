// kvm_tdp_mmu_invalidate_roots() -- arch/x86/kvm/mmu/tdp_mmu.c, v6.14 (a89ecbb56bc7; kvm_tdp_mmu_invalidate_all_roots before)
// Marks every valid root of the given types invalid and flags it: whoever calls zap_invalidated_roots next owes the zap and puts
// the TDP MMU's own reference. A deleted memslot asks for DIRECT roots only: what mirrors external page tables stays.
// Context: mmu_lock held for write, unless nobody uses the VM or no vCPU exists. The flag is serialized by slots_lock.
// Left out: CONFIG_PROVE_LOCKING (the assertion is always compiled in), the WARN for a caller that asks for invalid roots.
import { VM } from '../../../../../../aggregates/layout.js';
import { root_matches } from '../../../../../../aggregates/role.js';
import { op } from '../../../../../../machine/op.js';
import { procedure } from '../../../../../../machine/procedure.js';
import { walk_of_roots } from './kvm_tdp_mmu_invalidate_all_roots@v5.18.js';

export const kvm_tdp_mmu_invalidate_roots = procedure(
  'kvm_tdp_mmu_invalidate_roots',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v6.14',
    params: ['vm', 'types'],
    locals: ['root'],
    leftOut: 'CONFIG_PROVE_LOCKING, the WARN for a caller that asks for invalid roots',
  },
  {
    read_users_count: [
      (l) => op.read_vm(l.vm, VM.USERS_COUNT),
      (_l, users) => (users !== 0 ? 'read_created_vcpus' : 'list_for_each_entry'),
    ],
    read_created_vcpus: [
      (l) => op.read_vm(l.vm, VM.CREATED_VCPUS),
      (_l, vcpus) => (vcpus !== 0 ? 'lockdep_assert_held_write' : 'list_for_each_entry'),
    ],
    lockdep_assert_held_write: walk_of_roots.lockdep_assert_held_write,
    list_for_each_entry: walk_of_roots.list_for_each_entry,
    // tdp_mmu_root_match(): an invalid root is of none of these types.
    role_invalid: [
      (l) => op.read_role(l.root),
      (l, role) => (root_matches(role, l.types) ? 'set_scheduled_root_to_zap' : 'next'),
    ],
    set_scheduled_root_to_zap: [(l) => op.schedule_zap(l.root, 0), () => 'set_invalid'],
    set_invalid: [(l) => op.set_invalid(l.root), () => 'next'],
    next: walk_of_roots.next,
  },
);
