// kvm_mmu_notifier_test_young() -- virt/kvm/kvm_main.c, v6.14
// As before, without mmu_lock: under RCU alone.
// Context: no lock held. Returns 1 when the page was used.
// Left out: a nested SRCU section.
import { THREAD } from '../../../../aggregates/layout.js';
import type { World } from '../../../../aggregates/world.js';
import { op } from '../../../../machine/op.js';
import { call, procedure, ret } from '../../../../machine/procedure.js';
import { fn } from '../../../functions.js';
import { hva_range_start_gfn, next_slot_in_hva_range, slot_as_id } from './memslots.js';

function next_slot(l: { readonly w: World; vm: number; slotId: number; hvaPage: number }) {
  l.slotId = next_slot_in_hva_range(l.w, l.vm, l.slotId, l.hvaPage, l.hvaPage + 1);
  return l.slotId >= 0 ? 'kvm_test_age_gfn' : 'srcu_read_unlock_if_taken';
}

export const kvm_mmu_notifier_test_young_v6_14 = procedure(
  'kvm_mmu_notifier_test_young',
  {
    file: 'virt/kvm/kvm_main.c',
    since: 'v6.14',
    params: ['vm', 'hvaPage'],
    locals: ['slotId', 'young', 'srcu'],
    leftOut: 'a nested SRCU section',
  },
  {
    enter: [
      null,
      (l) => {
        l.slotId = -1;
        l.srcu = l.w.threadWord(l.t, THREAD.SRCU_VM) === 0 ? 1 : 0;
        return l.srcu ? 'srcu_read_lock' : next_slot(l);
      },
    ],
    srcu_read_lock: [(l) => op.srcu_read_lock(l.vm), (l) => next_slot(l)],
    kvm_test_age_gfn: [
      null,
      (l) => {
        const gfn = hva_range_start_gfn(l.w, l.slotId, l.hvaPage);
        return call(fn.kvm_test_age_gfn, 'tested', l.vm, slot_as_id(l.w, l.slotId), gfn);
      },
    ],
    tested: [
      null,
      (l, young) => {
        l.young |= young;
        return next_slot(l);
      },
    ],
    srcu_read_unlock_if_taken: [null, (l) => (l.srcu ? 'srcu_read_unlock' : ret(l.young))],
    srcu_read_unlock: [(l) => op.srcu_read_unlock(l.vm), (l) => ret(l.young)],
  },
);
