// kvm_faultin_pfn() -- arch/x86/kvm/mmu/mmu.c, v6.14
// The host page behind a gfn; private memory gets a page of its own at once. slot: the copy that the fault found, or -1.
// Context: no lock, SRCU read lock held; may sleep and may run the MMU notifier.
// Returns pfn * 2 + writable; -1: retry (the slot is being deleted or moved), -2: emulate (no slot, or a write to a read-only
// one), -3: the host has no page for it.
// Left out: guest_memfd as a file of its own (private pages are pages of the process here), asynchronous page faults, the APIC access page, noslot faults of L2.
import { SLOT_FLAG, VCPU } from '../../../../../../aggregates/layout.js';
import { ACCESS } from '../../../../../../events/constants.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';
import {
  gfn_to_hva_page,
  slot_has_flag,
  slot_id,
  slot_is_invalid,
} from '../../../../../virt/kvm/kvm_main/memslots.js';

export const kvm_faultin_pfn_v6_14 = procedure(
  'kvm_faultin_pfn',
  {
    file: 'arch/x86/kvm/mmu/mmu.c',
    since: 'v6.14',
    params: ['vcpu', 'slot', 'gfn', 'access'],
    leftOut:
      'guest_memfd as a file of its own, asynchronous page faults, the APIC access page, noslot faults of L2',
  },
  {
    slot: [
      null,
      (l) => {
        if (l.slot < 0) return ret(-2);
        if (slot_is_invalid(l.slot)) return ret(-1);
        // kvm_mmu_faultin_pfn_private(): a guest_memfd hands out a page of its own at once, whatever the access.
        const write = (l.access & ACCESS.WRITE) !== 0 || slot_has_flag(l.slot, SLOT_FLAG.PRIVATE) ? 1 : 0;
        if (write && slot_has_flag(l.slot, SLOT_FLAG.READONLY)) return ret(-2);
        const hvaPage = gfn_to_hva_page(l.w, slot_id(l.slot), l.gfn);
        return call(fn.hva_to_pfn, 'pfn', l.w.vcpuWord(l.vcpu, VCPU.VM), hvaPage, write);
      },
    ],
    pfn: [
      null,
      (l, pfn) => {
        if (pfn < 0) return ret(-3);
        return ret(slot_has_flag(l.slot, SLOT_FLAG.READONLY) ? pfn & ~1 : pfn);
      },
    ],
  },
);
