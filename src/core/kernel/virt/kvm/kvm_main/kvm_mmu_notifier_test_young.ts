// kvm_mmu_notifier_test_young() -- virt/kvm/kvm_main.c, v5.18
// The host asks whether one of its pages was used, and changes nothing: no flush.
// Context: no lock held; takes mmu_lock for write if any slot maps the page. Returns 1 when it was.
// Left out: a nested SRCU section.
import { LOCK_KIND, THREAD } from '../../../../aggregates/layout.js';
import type { World } from '../../../../aggregates/world.js';
import { op } from '../../../../machine/op.js';
import { call, procedure, ret } from '../../../../machine/procedure.js';
import { fn } from '../../../functions.js';
import { hva_range_start_gfn, next_slot_in_hva_range, slot_as_id } from './memslots.js';

function next_slot(l: { readonly w: World; vm: number; slotId: number; hvaPage: number; locked: number }) {
  l.slotId = next_slot_in_hva_range(l.w, l.vm, l.slotId, l.hvaPage, l.hvaPage + 1);
  if (l.slotId >= 0) return l.locked ? 'kvm_test_age_gfn' : 'write_lock';
  if (!l.locked) return 'srcu_read_unlock_if_taken';
  return 'write_unlock';
}

export const kvm_mmu_notifier_test_young = procedure(
  'kvm_mmu_notifier_test_young',
  {
    file: 'virt/kvm/kvm_main.c',
    since: 'v5.18',
    params: ['vm', 'hvaPage'],
    locals: ['slotId', 'locked', 'young', 'srcu'],
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
    write_lock: [
      (l) => op.write_lock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)),
      (l) => {
        l.locked = 1;
        return 'kvm_test_age_gfn';
      },
    ],
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
    write_unlock: [
      (l) => op.write_unlock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)),
      () => 'srcu_read_unlock_if_taken',
    ],
    srcu_read_unlock_if_taken: [null, (l) => (l.srcu ? 'srcu_read_unlock' : ret(l.young))],
    srcu_read_unlock: [(l) => op.srcu_read_unlock(l.vm), (l) => ret(l.young)],
  },
);
