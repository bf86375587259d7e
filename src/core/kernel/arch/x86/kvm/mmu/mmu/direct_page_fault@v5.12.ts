// direct_page_fault() -- arch/x86/kvm/mmu/mmu.c, v5.12 (a2855afc7ee8)
// One TDP fault, as in v5.10, but with mmu_lock held for read: faults of several vCPUs run side by side. No lockless attempt is made
// for TDP roots yet.
// Context: vCPU outside guest mode, SRCU read lock held; takes mmu_lock for read. Returns RET_PF or -EFAULT.
// Constant shadowPagesOverLimit: a nested guest's shadow pages have reached their limit (B21).
// Left out: write tracking, asynchronous page faults, topping up caches.
import { RET_PF } from '../../../../../../events/constants.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';
import { slot_copy } from '../../../../../virt/kvm/kvm_main/memslots.js';
import { direct_page_fault_steps } from './direct_page_fault@v5.15.js';

export const direct_page_fault_v5_12 = procedure(
  'direct_page_fault',
  {
    file: 'arch/x86/kvm/mmu/mmu.c',
    since: 'v5.12',
    params: ['vcpu', 'gfn', 'access'],
    locals: ['vm', 'asId', 'slot', 'seq', 'pfn', 'result', 'level', 'spte', 'why'],
    leftOut: 'write tracking, asynchronous page faults, caches',
  },
  {
    tell_begun: direct_page_fault_steps.tell_begun,
    find_slot: [
      (l) => op.find_slot(l.vm, l.asId, l.gfn),
      (l, slotId) => {
        l.slot = slot_copy(l.w, slotId);
        return 'read_invalidate_seq';
      },
    ],
    read_invalidate_seq: direct_page_fault_steps.read_invalidate_seq,
    faulted_in: direct_page_fault_steps.faulted_in,
    read_lock: direct_page_fault_steps.read_lock,
    stale: [
      null,
      (l, why) => {
        if (why === 0) return l.env.constants.shadowPagesOverLimit ? 'make_mmu_pages_available' : 'map';
        l.result = RET_PF.RETRY;
        l.why = why;
        return 'read_unlock';
      },
    ],
    make_mmu_pages_available: [null, (l) => call(fn.make_mmu_pages_available, 'map', l.vcpu)],
    map: [null, (l) => call(fn.kvm_tdp_mmu_map, 'mapped', l.vcpu, l.gfn, l.access, l.pfn, l.slot)],
    mapped: direct_page_fault_steps.mapped,
    read_unlock: direct_page_fault_steps.read_unlock,
    tell_fixed: direct_page_fault_steps.tell_fixed,
    tell_spurious: direct_page_fault_steps.tell_spurious,
    tell_retried: direct_page_fault_steps.tell_retried,
    tell_emulated: direct_page_fault_steps.tell_emulated,
  },
);
