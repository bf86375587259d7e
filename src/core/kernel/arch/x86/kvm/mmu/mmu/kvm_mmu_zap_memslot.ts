// kvm_mmu_zap_memslot() -- arch/x86/kvm/mmu/mmu.c, v6.12 (aa8d1f48d353)
// A slot goes: only its own leafs are zapped, in every root of its address space, invalid ones too; no root is invalidated.
// Context: slots_lock held; takes mmu_lock for write (and may yield it); flushes before it releases it. Returns nothing.
// Left out: the shadow MMU's pages of the slot.
import { LOCK_KIND } from '../../../../../../aggregates/layout.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';
import { slot_as_id, slot_end, slot_start } from '../../../../../virt/kvm/kvm_main/memslots.js';

export const kvm_mmu_zap_memslot = procedure(
  'kvm_mmu_zap_memslot',
  {
    file: 'arch/x86/kvm/mmu/mmu.c',
    since: 'v6.12',
    params: ['vm', 'slotId'],
    leftOut: "the shadow MMU's pages of the slot",
  },
  {
    write_lock: [
      (l) => op.write_lock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)),
      (l) => {
        const { w, slotId } = l;
        const asId = slot_as_id(w, slotId);
        return call(
          fn.kvm_unmap_gfn_range,
          'unmapped',
          l.vm,
          asId,
          slot_start(w, slotId),
          slot_end(w, slotId),
          1,
          1,
        );
      },
    ],
    unmapped: [
      null,
      (l, flush) => (flush ? call(fn.kvm_flush_remote_tlbs, 'flushed', l.vm) : 'write_unlock'),
    ],
    flushed: [null, () => 'write_unlock'],
    write_unlock: [(l) => op.write_unlock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)), () => ret()],
  },
);
