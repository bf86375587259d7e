// tdp_mmu_link_sp() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.18
// Makes a private table visible: the parent's SPTE points to it from here on; then it is counted.
// Context: mmu_lock held for read, or (exclusive 1) for write. Returns 0, or -EBUSY when the SPTE was no longer `old`.
// Left out: NX huge page accounting. v6.2 counts with an atomic, v5.18 in a list under the lock: the lock is kept.
import { LOCK_KIND } from '../../../../../../aggregates/layout.js';
import { make_nonleaf_spte } from '../../../../../../aggregates/spte.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

export const tdp_mmu_link_sp = procedure(
  'tdp_mmu_link_sp',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.18',
    params: ['vm', 'parent', 'index', 'child', 'old', 'exclusive'],
    leftOut: 'NX huge page accounting',
  },
  {
    set_spte: [
      null,
      (l) => {
        const spte = make_nonleaf_spte(l.child);
        return l.exclusive === 1
          ? call(fn.tdp_mmu_set_spte, 'linked', l.vm, l.parent, l.index, spte)
          : call(fn.tdp_mmu_set_spte_atomic, 'linked', l.vm, l.parent, l.index, l.old, spte);
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
