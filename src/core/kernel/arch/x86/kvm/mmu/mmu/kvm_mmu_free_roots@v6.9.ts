// kvm_mmu_free_roots() -- arch/x86/kvm/mmu/mmu.c, v6.9 (576a15de8d29)
// As before, but roots of the TDP MMU are put under mmu_lock held for read: vCPUs no longer wait for each other, nor for a zap.
// Context: takes mmu_lock for read (tdp_mmu_enabled && root_role.direct).
// Left out: roots without a shadow page (PAE), shadow roots (they would take it for write).
import { LOCK_KIND, VCPU } from '../../../../../../aggregates/layout.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

export const kvm_mmu_free_roots_v6_9 = procedure(
  'kvm_mmu_free_roots',
  {
    file: 'arch/x86/kvm/mmu/mmu.c',
    since: 'v6.9',
    params: ['vcpu', 'mask'],
    locals: ['vm', 'slot'],
    leftOut: 'roots without a shadow page (PAE), shadow roots',
  },
  {
    peek: [
      null,
      (l) => {
        l.vm = l.w.vcpuWord(l.vcpu, VCPU.VM);
        for (let slot = 0; slot < 4; slot++) {
          if ((l.mask >> slot) & 1 && l.w.vcpuWord(l.vcpu, VCPU.ROOT + slot) !== 0) return 'read_lock';
        }
        return ret();
      },
    ],
    read_lock: [
      (l) => op.read_lock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)),
      (l) => {
        l.slot = 1;
        return 'for_each_prev_root';
      },
    ],
    for_each_prev_root: [
      null,
      (l) => {
        while (l.slot < 4 && !((l.mask >> l.slot) & 1 && l.w.vcpuWord(l.vcpu, VCPU.ROOT + l.slot) !== 0))
          l.slot++;
        if (l.slot < 4) return call(fn.mmu_free_root_page, 'next_prev_root', l.vcpu, l.slot, 1);
        return (l.mask & 1) !== 0 && l.w.vcpuWord(l.vcpu, VCPU.ROOT) !== 0
          ? call(fn.mmu_free_root_page, 'read_unlock', l.vcpu, 0, 1)
          : 'read_unlock';
      },
    ],
    next_prev_root: [
      null,
      (l) => {
        l.slot++;
        return 'for_each_prev_root';
      },
    ],
    read_unlock: [(l) => op.read_unlock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)), () => ret()],
  },
);
