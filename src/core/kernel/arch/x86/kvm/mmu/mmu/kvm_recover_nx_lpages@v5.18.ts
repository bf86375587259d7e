// kvm_recover_nx_lpages() -- arch/x86/kvm/mmu/mmu.c, v5.18 (c10743a1824b) as of v6.3-rc (eb298605705a)
// The NX recovery thread zaps each table that only the mitigation keeps through its parent's entry, all within one RCU section; CPUs
// are flushed before it is left. A table whose slot logs dirty pages stays (it would be split again); the slot is looked up in address
// space 0, whatever tree the table is in (B14; constant nxLooksUpOwnAsId 1: in the table's own, 817fa998362d).
// Context: a kernel thread; takes mmu_lock for write. Returns how many tables it took.
// Left out: the ratio (it takes all), the yield between two tables, SRCU.
import { LOCK_KIND, PAGE, SLOT, SLOT_FLAG } from '../../../../../../aggregates/layout.js';
import { ASSERTION } from '../../../../../../events/constants.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';
import { next_nx_table, slot_of, sp_as_id } from './nx-pages.js';

export const kvm_recover_nx_lpages_v5_18 = procedure(
  'kvm_recover_nx_lpages',
  {
    file: 'arch/x86/kvm/mmu/mmu.c',
    since: 'v5.18',
    params: ['vm'],
    locals: ['table', 'taken', 'slot'],
    leftOut: 'the ratio (it takes all), the yield between two tables, SRCU',
  },
  {
    write_lock: [
      (l) => op.write_lock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)),
      (l) => {
        l.table = -1;
        return 'rcu_read_lock';
      },
    ],
    rcu_read_lock: [() => op.rcu_read_lock(), () => 'next_sp'],
    next_sp: [
      null,
      (l) => {
        const { w } = l;
        l.table = next_nx_table(w, l.vm, l.table);
        if (l.table < 0)
          return l.taken > 0 ? call(fn.kvm_flush_remote_tlbs, 'flushed', l.vm) : 'rcu_read_unlock';
        const asId = l.env.constants.nxLooksUpOwnAsId === 1 ? sp_as_id(w, l.table) : 0;
        l.slot = slot_of(w, l.vm, asId, w.pageWord(l.table, PAGE.GFN));
        if (l.slot < 0) return 'warn_no_slot';
        const logs = (w.slotWord(l.slot, SLOT.FLAGS) & SLOT_FLAG.LOG_DIRTY_PAGES) !== 0;
        return logs ? 'next_sp' : call(fn.kvm_tdp_mmu_zap_sp, 'zapped', l.vm, l.table);
      },
    ],
    // WARN_ON_ONCE(!slot), and the table is zapped all the same.
    warn_no_slot: [
      (l) => op.report(ASSERTION.WARN_NX_NO_SLOT, l.table),
      (l) => call(fn.kvm_tdp_mmu_zap_sp, 'zapped', l.vm, l.table),
    ],
    zapped: [
      null,
      (l, zapped) => {
        l.taken += zapped;
        return 'next_sp';
      },
    ],
    flushed: [null, () => 'rcu_read_unlock'],
    rcu_read_unlock: [() => op.rcu_read_unlock(), () => 'write_unlock'],
    write_unlock: [(l) => op.write_unlock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)), (l) => ret(l.taken)],
  },
);
