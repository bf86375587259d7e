// kvm_mmu_notifier_clear_flush_young() -- virt/kvm/kvm_main.c, v5.18
// The host asks which of its pages were used, and forgets it: Accessed bits are cleared in every slot of each address space that
// maps part of [hvaStart, hvaEnd); CPUs are flushed when any was set, so that the next use is seen.
// Context: no lock held; takes mmu_lock for write if any slot overlaps. Returns whether any page was young.
// Left out: a nested SRCU section.
import { LOCK_KIND, THREAD } from '../../../../aggregates/layout.js';
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
  locked: number;
  young: number;
}) {
  l.slotId = next_slot_in_hva_range(l.w, l.vm, l.slotId, l.hvaStart, l.hvaEnd);
  if (l.slotId >= 0) return l.locked ? 'kvm_age_gfn' : 'write_lock';
  if (!l.locked) return 'srcu_read_unlock_if_taken';
  return l.young ? 'flush_remote_tlbs' : 'write_unlock';
}

export const kvm_mmu_notifier_clear_flush_young = procedure(
  'kvm_mmu_notifier_clear_flush_young',
  {
    file: 'virt/kvm/kvm_main.c',
    since: 'v5.18',
    params: ['vm', 'hvaStart', 'hvaEnd'],
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
        return 'kvm_age_gfn';
      },
    ],
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
    flush_remote_tlbs: [null, (l) => call(fn.kvm_flush_remote_tlbs, 'flushed', l.vm)],
    flushed: [null, () => 'write_unlock'],
    write_unlock: [
      (l) => op.write_unlock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)),
      () => 'srcu_read_unlock_if_taken',
    ],
    srcu_read_unlock_if_taken: [null, (l) => (l.srcu ? 'srcu_read_unlock' : ret(l.young))],
    srcu_read_unlock: [(l) => op.srcu_read_unlock(l.vm), (l) => ret(l.young)],
  },
);
