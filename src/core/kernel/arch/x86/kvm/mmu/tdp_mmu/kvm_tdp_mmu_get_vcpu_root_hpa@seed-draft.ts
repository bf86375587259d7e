// kvm_tdp_mmu_get_vcpu_root_hpa() -- arch/x86/kvm/mmu/tdp_mmu.c, seed draft (13 Apr 2023)
// Finds the valid root with the role the vCPU wants and takes a reference, or makes one with refcount 2 (the vCPU's and the
// TDP MMU's own).
// Context: mmu_lock held for write. Returns the root's page.
// Left out: the tracepoint kvm_mmu_get_page (it is RootAllocated), the per-vCPU page caches.
import { op } from '../../../../../../machine/op.js';
import { procedure } from '../../../../../../machine/procedure.js';
import { kvm_tdp_mmu_get_vcpu_root_hpa_steps } from './kvm_tdp_mmu_get_vcpu_root_hpa@v5.13.js';

export const kvm_tdp_mmu_get_vcpu_root_hpa_seed_draft = procedure(
  'kvm_tdp_mmu_get_vcpu_root_hpa',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'seed draft (13 Apr 2023)',
    params: ['vcpu'],
    locals: ['vm', 'role', 'root'],
    leftOut: 'the tracepoint kvm_mmu_get_page (it is RootAllocated), the per-vCPU page caches',
  },
  {
    ...kvm_tdp_mmu_get_vcpu_root_hpa_steps,
    tdp_mmu_alloc_sp: [
      (l) => op.alloc_root(l.vm, l.role, 2),
      (l, root) => {
        l.root = root;
        return 'spin_lock';
      },
    ],
  },
);
