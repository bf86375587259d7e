// direct_page_fault() -- arch/x86/kvm/mmu/mmu.c, v5.15 (until v6.0)
// One TDP fault: find the memslot, try without mmu_lock, remember the notifier's sequence number, get the host page (which may
// run the notifier), and then under mmu_lock: throw the fault away if it is stale, else install it.
// Context: vCPU outside guest mode, SRCU read lock held. Returns RET_PF or -EFAULT.
// Constant shadowPagesOverLimit: a nested guest's shadow pages have reached their limit (B21).
// Left out: write tracking, asynchronous page faults, topping up caches, guest_memfd.
import { LOCK_KIND, VCPU, VM } from '../../../../../../aggregates/layout.js';
import { E } from '../../../../../../events/catalogue.js';
import { CPU_STATE, RET_PF, RETRY } from '../../../../../../events/constants.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret, steps } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';
import { slot_copy } from '../../../../../virt/kvm/kvm_main/memslots.js';
import { page_fault_can_be_fast } from './fast_page_fault.js';
import { EFAULT, pf_level, pf_ret, pf_spte, pf_why } from './ret-pf.js';

/** What every form with mmu_lock held for read has in common: each takes these steps where its own order of the C text has them. */
export const direct_page_fault_steps = steps(
  ['vcpu', 'gfn', 'access', 'vm', 'asId', 'slot', 'seq', 'pfn', 'result', 'level', 'spte', 'why'],
  ['find_slot', 'stale'],
  {
    tell_begun: [
      (l) => {
        const smm = l.w.vcpuWord(l.vcpu, VCPU.CPU_STATE) & CPU_STATE.SMM ? 1 : 0;
        op.tell_vcpu(E.FaultBegun, l.vcpu, l.gfn, l.access, smm);
      },
      (l) => {
        l.vm = l.w.vcpuWord(l.vcpu, VCPU.VM);
        l.asId = l.w.vcpuWord(l.vcpu, VCPU.CPU_STATE) & CPU_STATE.SMM ? 1 : 0;
        return 'find_slot';
      },
    ],
    // Before the host page is looked up: whatever the notifier does from here on makes this fault stale.
    read_invalidate_seq: [
      (l) => op.read_vm(l.vm, VM.INVALIDATE_SEQ),
      (l, seq) => {
        l.seq = seq;
        return call(fn.kvm_faultin_pfn, 'faulted_in', l.vcpu, l.slot, l.gfn, l.access);
      },
    ],
    faulted_in: [
      null,
      (l, pfn) => {
        l.pfn = pfn;
        if (pfn >= 0) return 'read_lock';
        if (pfn === -3) return ret(EFAULT);
        l.why = RETRY.SLOT_INVALID;
        return pfn === -1 ? 'tell_retried' : 'tell_emulated';
      },
    ],
    read_lock: [
      (l) => op.read_lock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)),
      (l) => call(fn.is_page_fault_stale, 'stale', l.vcpu, l.slot, l.gfn, l.seq),
    ],
    mapped: [
      null,
      (l, result) => {
        const r = pf_ret(result);
        l.result = r;
        if (r === RET_PF.RETRY) {
          l.why = pf_why(result);
        } else {
          l.level = pf_level(result);
          l.spte = pf_spte(result);
        }
        return 'read_unlock';
      },
    ],
    read_unlock: [
      (l) => op.read_unlock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)),
      (l) => {
        if (l.result === RET_PF.FIXED) return 'tell_fixed';
        return l.result === RET_PF.SPURIOUS ? 'tell_spurious' : 'tell_retried';
      },
    ],
    tell_fixed: [(l) => op.tell_vcpu(E.FaultFixed, l.vcpu, l.gfn, l.level, l.spte), () => ret(RET_PF.FIXED)],
    tell_spurious: [
      (l) => op.tell_vcpu(E.FaultSpurious, l.vcpu, l.gfn, l.level, l.spte),
      () => ret(RET_PF.SPURIOUS),
    ],
    tell_retried: [(l) => op.tell_vcpu(E.FaultRetried, l.vcpu, l.gfn, l.why), () => ret(RET_PF.RETRY)],
    tell_emulated: [(l) => op.tell_vcpu(E.FaultEmulated, l.vcpu, l.gfn), () => ret(RET_PF.EMULATE)],
  },
);

export const direct_page_fault_v5_15 = procedure(
  'direct_page_fault',
  {
    file: 'arch/x86/kvm/mmu/mmu.c',
    since: 'v5.15',
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
