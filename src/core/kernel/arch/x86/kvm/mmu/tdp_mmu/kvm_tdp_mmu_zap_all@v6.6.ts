// kvm_tdp_mmu_zap_all() -- arch/x86/kvm/mmu/tdp_mmu.c, v6.6 (441a5dfcd968; also in 6.1.y and 6.5.y)
// As before, but one walk over the roots of all address spaces.
// Context: mmu_lock held for write. Returns nothing.
// Left out: nothing.
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

export const kvm_tdp_mmu_zap_all_v6_6 = procedure(
  'kvm_tdp_mmu_zap_all',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v6.6',
    params: ['vm'],
    locals: ['root'],
    leftOut: 'nothing',
  },
  {
    first_root: [null, (l) => call(fn.tdp_mmu_next_root, 'root', l.vm, -1, 0, 0, -1)],
    root: [
      null,
      (l, root) => {
        if (root < 0) return ret();
        l.root = root;
        return call(fn.tdp_mmu_zap_root, 'next_root', l.vm, root, 0);
      },
    ],
    next_root: [null, (l) => call(fn.tdp_mmu_next_root, 'root', l.vm, l.root, 0, 0, -1)],
  },
);
