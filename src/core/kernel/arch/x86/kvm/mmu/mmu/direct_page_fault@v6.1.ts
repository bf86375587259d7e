// direct_page_fault() -- arch/x86/kvm/mmu/mmu.c, v6.1 (47b0c2e4c220: no reclaim of shadow pages for a TDP root)
// One TDP fault: find the memslot, try without mmu_lock, remember the notifier's sequence number, get the host page (which may
// run the notifier), and then under mmu_lock: throw the fault away if it is stale, else install it.
// Context: vCPU outside guest mode, SRCU read lock held. Returns RET_PF or -EFAULT.
// Left out: write tracking, asynchronous page faults, topping up caches, guest_memfd.
import { RET_PF } from '../../../../../../events/constants.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';
import { slot_copy } from '../../../../../virt/kvm/kvm_main/memslots.js';
import { direct_page_fault_steps } from './direct_page_fault@v5.15.js';
import { page_fault_can_be_fast } from './fast_page_fault.js';
import { pf_level, pf_ret, pf_spte } from './ret-pf.js';

export const direct_page_fault_v6_1 = procedure(
  'direct_page_fault',
  {
    file: 'arch/x86/kvm/mmu/mmu.c',
    since: 'v6.1',
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
        if (page_fault_can_be_fast(l.access)) {
          return call(fn.fast_page_fault, 'fast_page_fault', l.vcpu, l.gfn, l.access, l.slot);
        }
        return 'read_invalidate_seq';
      },
    ],
    fast_page_fault: [
      null,
      (l, result) => {
        l.result = pf_ret(result);
        if (l.result === RET_PF.INVALID) return 'read_invalidate_seq';
        l.level = pf_level(result);
        l.spte = pf_spte(result);
        return l.result === RET_PF.FIXED ? 'tell_fixed' : 'tell_spurious';
      },
    ],
    read_invalidate_seq: direct_page_fault_steps.read_invalidate_seq,
    faulted_in: direct_page_fault_steps.faulted_in,
    read_lock: direct_page_fault_steps.read_lock,
    stale: [
      null,
      (l, why) => {
        if (why === 0) return call(fn.kvm_tdp_mmu_map, 'mapped', l.vcpu, l.gfn, l.access, l.pfn, l.slot);
        l.result = RET_PF.RETRY;
        l.why = why;
        return 'read_unlock';
      },
    ],
    mapped: direct_page_fault_steps.mapped,
    read_unlock: direct_page_fault_steps.read_unlock,
    tell_fixed: direct_page_fault_steps.tell_fixed,
    tell_spurious: direct_page_fault_steps.tell_spurious,
    tell_retried: direct_page_fault_steps.tell_retried,
    tell_emulated: direct_page_fault_steps.tell_emulated,
  },
);
