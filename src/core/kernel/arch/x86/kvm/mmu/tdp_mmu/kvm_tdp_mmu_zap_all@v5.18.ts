// kvm_tdp_mmu_zap_all() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.18 (77c8cd6b85af: no flush)
// Zaps everything in every root, invalid ones too: the process's memory is going away. One walk per address space, and each
// takes and drops a reference on every listed root. No flush: nobody will run this guest again.
// Context: mmu_lock held for write. Returns nothing.
// Left out: nothing.
import { ADDRESS_SPACES, PAGE } from '../../../../../../aggregates/layout.js';
import { role_as_id } from '../../../../../../aggregates/role.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

export const kvm_tdp_mmu_zap_all_v5_18 = procedure(
  'kvm_tdp_mmu_zap_all',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.18',
    params: ['vm'],
    locals: ['asId', 'root'],
    leftOut: 'nothing',
  },
  {
    first_root: [null, (l) => call(fn.tdp_mmu_next_root, 'root', l.vm, -1, 0, 0, -1)],
    next_root: [null, (l) => call(fn.tdp_mmu_next_root, 'root', l.vm, l.root, 0, 0, -1)],
    root: [
      null,
      (l, root) => {
        if (root < 0) {
          l.asId++;
          return l.asId < ADDRESS_SPACES ? 'first_root' : ret();
        }
        l.root = root;
        if (role_as_id(l.w.pageWord(root, PAGE.ROLE)) !== l.asId) return 'next_root';
        return call(fn.tdp_mmu_zap_root, 'next_root', l.vm, root, 0);
      },
    ],
  },
);
