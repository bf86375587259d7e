// kvm_arch_vcpu_destroy() with kvm_mmu_destroy() -- arch/x86/kvm/x86.c, mmu/mmu.c, v6.14 (fabaa7650148)
// Frees a vCPU: its MMU is unloaded, and its mirror root is put, which no unload before has touched.
// Context: VM destruction; takes mmu_lock for read (recording 7.2.13: once for each vCPU, also where there is no mirror root).
// Left out: everything of the vCPU but its MMU.
import { LOCK_KIND, MIRROR_SLOT, VCPU } from '../../../../../aggregates/layout.js';
import { E } from '../../../../../events/catalogue.js';
import { op } from '../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../machine/procedure.js';
import { fn } from '../../../../functions.js';

export const kvm_arch_vcpu_destroy_v6_14 = procedure(
  'kvm_arch_vcpu_destroy',
  {
    file: 'arch/x86/kvm/x86.c',
    since: 'v6.14',
    params: ['vcpu'],
    leftOut: 'everything of the vCPU but its MMU',
  },
  {
    kvm_mmu_destroy: [null, (l) => call(fn.kvm_mmu_unload, 'read_lock', l.vcpu)],
    read_lock: [
      (l) => op.read_lock(l.w.lockId(l.w.vcpuWord(l.vcpu, VCPU.VM), LOCK_KIND.mmu_lock)),
      (l) => call(fn.mmu_free_root_page, 'read_unlock', l.vcpu, MIRROR_SLOT, 1),
    ],
    read_unlock: [
      (l) => op.read_unlock(l.w.lockId(l.w.vcpuWord(l.vcpu, VCPU.VM), LOCK_KIND.mmu_lock)),
      () => 'destroyed',
    ],
    destroyed: [
      (l) =>
        op.tell_vcpu(
          E.VcpuDestroyed,
          l.vcpu,
          l.w.vcpuWord(l.vcpu, VCPU.VM),
          l.w.vcpuWord(l.vcpu, VCPU.INDEX),
        ),
      () => ret(),
    ],
  },
);
