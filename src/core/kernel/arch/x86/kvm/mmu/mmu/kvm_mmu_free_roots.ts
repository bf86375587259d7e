// kvm_mmu_free_roots() -- arch/x86/kvm/mmu/mmu.c, v5.18
// Puts the roots named by mask: bit 0 the current one, bits 1..3 prev_roots. Returns early, without the lock, when none
// of them is valid.
// Context: takes mmu_lock for write.
// Left out: roots without a shadow page (PAE), the shadow MMU's zap list.
import { LOCK_KIND, VCPU } from '../../../../../../aggregates/layout.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

export const kvm_mmu_free_roots = procedure(
  'kvm_mmu_free_roots',
  {
    file: 'arch/x86/kvm/mmu/mmu.c',
    since: 'v5.18',
    params: ['vcpu', 'mask'],
    locals: ['vm', 'slot'],
    leftOut: "roots without a shadow page (PAE), the shadow MMU's zap list",
  },
  {
    peek: [
      null,
      (l) => {
        l.vm = l.w.vcpuWord(l.vcpu, VCPU.VM);
        for (let slot = 0; slot < 4; slot++) {
          if ((l.mask >> slot) & 1 && l.w.vcpuWord(l.vcpu, VCPU.ROOT + slot) !== 0) return 'write_lock';
        }
        return ret();
      },
    ],
    write_lock: [
      (l) => op.write_lock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)),
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
        if (l.slot < 4) return call(fn.mmu_free_root_page, 'next_prev_root', l.vcpu, l.slot, 0);
        return (l.mask & 1) !== 0 && l.w.vcpuWord(l.vcpu, VCPU.ROOT) !== 0
          ? call(fn.mmu_free_root_page, 'write_unlock', l.vcpu, 0, 0)
          : 'write_unlock';
      },
    ],
    next_prev_root: [
      null,
      (l) => {
        l.slot++;
        return 'for_each_prev_root';
      },
    ],
    write_unlock: [(l) => op.write_unlock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)), () => ret()],
  },
);
