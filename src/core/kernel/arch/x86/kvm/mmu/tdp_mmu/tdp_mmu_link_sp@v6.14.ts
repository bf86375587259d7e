// tdp_mmu_link_sp() -- arch/x86/kvm/mmu/tdp_mmu.c, v6.14 (77ac7079e66d)
// As before; a table of a mirror tree becomes visible through the external tables (set_external_spte_present).
// Context: mmu_lock held for read, or (exclusive 1) for write; exclusive 2: for read, in a mirror tree. Returns 0, or -EBUSY when
// the SPTE was no longer `old`.
// Left out: NX huge page accounting.
import { LOCK_KIND } from '../../../../../../aggregates/layout.js';
import { make_nonleaf_spte } from '../../../../../../aggregates/spte.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

export const tdp_mmu_link_sp_v6_14 = procedure(
  'tdp_mmu_link_sp',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v6.14',
    params: ['vm', 'parent', 'index', 'child', 'old', 'exclusive'],
    leftOut: 'NX huge page accounting',
  },
  {
    set_spte: [
      null,
      (l) => {
        const spte = make_nonleaf_spte(l.child);
        switch (l.exclusive) {
          case 1:
            return call(fn.tdp_mmu_set_spte, 'linked', l.vm, l.parent, l.index, spte);
          case 2:
            return call(fn.set_external_spte_present, 'linked', l.vm, l.parent, l.index, l.old, spte);
          default:
            return call(fn.tdp_mmu_set_spte_atomic, 'linked', l.vm, l.parent, l.index, l.old, spte);
        }
      },
    ],
    linked: [null, (_l, error) => (error !== 0 ? ret(error) : 'spin_lock')],
    spin_lock: [
      (l) => op.spin_lock(l.w.lockId(l.vm, LOCK_KIND.tdp_mmu_pages_lock)),
      () => 'tdp_account_mmu_page',
    ],
    tdp_account_mmu_page: [(l) => op.account_table(l.child, l.parent, l.index), () => 'spin_unlock'],
    spin_unlock: [(l) => op.spin_unlock(l.w.lockId(l.vm, LOCK_KIND.tdp_mmu_pages_lock)), () => ret(0)],
  },
);
