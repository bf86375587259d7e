// kvm_tdp_mmu_zap_all() -- arch/x86/kvm/mmu/tdp_mmu.c, v6.14 (df4af9f89cd8)
// As before, but valid mirror roots are left alone: what they map is not the process's memory, and it is torn down with the VM.
// Context: mmu_lock held for write. Returns nothing.
// Left out: nothing.
import { ROOT_TYPE } from '../../../../../../aggregates/role.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

export const kvm_tdp_mmu_zap_all_v6_14 = procedure(
  'kvm_tdp_mmu_zap_all',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v6.14',
    params: ['vm'],
    locals: ['root'],
    leftOut: 'nothing',
  },
  {
    first_root: [
      null,
      (l) => call(fn.tdp_mmu_next_root, 'root', l.vm, -1, 0, ROOT_TYPE.DIRECT | ROOT_TYPE.INVALID),
    ],
    root: [
      null,
      (l, root) => {
        if (root < 0) return ret();
        l.root = root;
        return call(fn.tdp_mmu_zap_root, 'next_root', l.vm, root, 0);
      },
    ],
    next_root: [
      null,
      (l) => call(fn.tdp_mmu_next_root, 'root', l.vm, l.root, 0, ROOT_TYPE.DIRECT | ROOT_TYPE.INVALID),
    ],
  },
);
