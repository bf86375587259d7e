// kvm_tdp_mmu_zap_sp() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.18 (c10743a1824b)
// Zaps one table by its parent's SPTE. A root has no parent and is refused.
// Context: mmu_lock held for write, inside the caller's RCU section; the caller flushes before it leaves that section.
// Returns 1 when zapped.
// Left out: nothing.
import { PAGE } from '../../../../../../aggregates/layout.js';
import { is_shadow_present_pte } from '../../../../../../aggregates/spte.js';
import { ASSERTION } from '../../../../../../events/constants.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

export const kvm_tdp_mmu_zap_sp_v5_18 = procedure(
  'kvm_tdp_mmu_zap_sp',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.18',
    params: ['vm', 'table'],
    locals: ['parent', 'index'],
    leftOut: 'nothing',
  },
  {
    find_parent: [
      null,
      (l) => {
        const ptep = l.w.pageWord(l.table, PAGE.PARENT);
        if (ptep === 0) return 'warn';
        const at = ptep - l.w.entry(0, 0);
        l.parent = at >>> l.w.tableBits;
        l.index = at & l.w.tableMask;
        return 'read_spte';
      },
    ],
    read_spte: [
      (l) => op.read_spte(l.parent, l.index),
      (l, spte) =>
        is_shadow_present_pte(spte)
          ? call(fn.tdp_mmu_set_spte, 'zapped', l.vm, l.parent, l.index, 0)
          : 'warn',
    ],
    zapped: [null, () => ret(1)],
    warn: [(l) => op.report(ASSERTION.WARN_ZAP_SP_UNLINKED, l.table), () => ret(0)],
  },
);
