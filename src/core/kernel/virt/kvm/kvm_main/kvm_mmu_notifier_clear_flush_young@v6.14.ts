// kvm_mmu_notifier_clear_flush_young() -- virt/kvm/kvm_main.c, v6.14
// As before, without mmu_lock: Accessed bits are cleared under RCU alone. CPUs are flushed when any was set.
// Context: no lock held. Returns whether any page was young.
// Left out: a nested SRCU section.
import { THREAD } from '../../../../aggregates/layout.js';
import type { World } from '../../../../aggregates/world.js';
import { op } from '../../../../machine/op.js';
import { call, procedure, ret } from '../../../../machine/procedure.js';
import { fn } from '../../../functions.js';
import { hva_range_end_gfn, hva_range_start_gfn, next_slot_in_hva_range, slot_as_id } from './memslots.js';

function next_slot(l: {
  readonly w: World;
  vm: number;
  slotId: number;
  hvaStart: number;
  hvaEnd: number;
  young: number;
}) {
  l.slotId = next_slot_in_hva_range(l.w, l.vm, l.slotId, l.hvaStart, l.hvaEnd);
  if (l.slotId >= 0) return 'kvm_age_gfn';
  return l.young ? 'flush_remote_tlbs' : 'srcu_read_unlock_if_taken';
}

export const kvm_mmu_notifier_clear_flush_young_v6_14 = procedure(
  'kvm_mmu_notifier_clear_flush_young',
  {
    file: 'virt/kvm/kvm_main.c',
    since: 'v6.14',
    params: ['vm', 'hvaStart', 'hvaEnd'],
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
    kvm_age_gfn: [
      null,
      (l) => {
        const start = hva_range_start_gfn(l.w, l.slotId, l.hvaStart);
        const end = hva_range_end_gfn(l.w, l.slotId, l.hvaEnd);
        return call(fn.kvm_age_gfn, 'aged', l.vm, slot_as_id(l.w, l.slotId), start, end);
      },
    ],
    aged: [
      null,
      (l, young) => {
        l.young |= young;
        return next_slot(l);
      },
    ],
    flush_remote_tlbs: [null, (l) => call(fn.kvm_flush_remote_tlbs, 'srcu_read_unlock_if_taken', l.vm)],
    srcu_read_unlock_if_taken: [null, (l) => (l.srcu ? 'srcu_read_unlock' : ret(l.young))],
    srcu_read_unlock: [(l) => op.srcu_read_unlock(l.vm), (l) => ret(l.young)],
  },
);
