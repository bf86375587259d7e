// kvm_mmu_reload() -- arch/x86/kvm/mmu/mmu.c, v6.15 (20a6cff3b283)
// Makes sure that the vCPU has a root that is not obsolete: takes the request of an invalidation first. So a caller that never comes by
// vcpu_enter_guest (KVM_PRE_FAULT_MEMORY) gets rid of an invalid root, too (B17).
// Context: the vCPU's own thread.
// Left out: nothing.
import { VCPU } from '../../../../../../aggregates/layout.js';
import { REQ } from '../../../../../../events/constants.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

export const kvm_mmu_reload_v6_15 = procedure(
  'kvm_mmu_reload',
  {
    file: 'arch/x86/kvm/mmu/mmu.c',
    since: 'v6.15',
    params: ['vcpu'],
    leftOut: 'nothing',
  },
  {
    check_free_obsolete_roots: [
      (l) => op.check_request(l.vcpu, REQ.MMU_FREE_OBSOLETE_ROOTS),
      (l, taken) =>
        taken ? call(fn.kvm_mmu_free_obsolete_roots, 'root_hpa_valid', l.vcpu) : 'root_hpa_valid',
    ],
    root_hpa_valid: [
      null,
      (l) => (l.w.vcpuWord(l.vcpu, VCPU.ROOT) !== 0 ? ret() : call(fn.kvm_mmu_load, 'done', l.vcpu)),
    ],
    done: [null, () => ret()],
  },
);
