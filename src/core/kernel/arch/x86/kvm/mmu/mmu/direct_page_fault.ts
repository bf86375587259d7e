// direct_page_fault() -- arch/x86/kvm/mmu/mmu.c, v5.10
// One TDP fault: find the memslot, remember the notifier's sequence number, get the host page (which may run the notifier), and then
// under mmu_lock: throw the fault away if it is stale, else install it. No lockless attempt is made for TDP roots.
// Context: vCPU outside guest mode, SRCU read lock held; takes mmu_lock (a spinlock). Returns RET_PF or -EFAULT.
// Constant shadowPagesOverLimit: a nested guest's shadow pages have reached their limit (B21).
// Left out: write tracking, asynchronous page faults, topping up caches.
import { LOCK_KIND, VCPU, VM } from '../../../../../../aggregates/layout.js';
import { E } from '../../../../../../events/catalogue.js';
import { CPU_STATE, RET_PF, RETRY } from '../../../../../../events/constants.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';
import { slot_copy } from '../../../../../virt/kvm/kvm_main/memslots.js';
import { EFAULT, pf_level, pf_ret, pf_spte, pf_why } from './ret-pf.js';

export const direct_page_fault = procedure(
  'direct_page_fault',
  {
    file: 'arch/x86/kvm/mmu/mmu.c',
    since: 'v5.10',
    params: ['vcpu', 'gfn', 'access'],
    locals: ['vm', 'asId', 'slot', 'seq', 'pfn', 'result', 'level', 'spte', 'why'],
    leftOut: 'write tracking, asynchronous page faults, caches',
  },
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
    find_slot: [
      (l) => op.find_slot(l.vm, l.asId, l.gfn),
      (l, slotId) => {
        l.slot = slot_copy(l.w, slotId);
        return 'read_invalidate_seq';
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
        if (pfn >= 0) return 'spin_lock';
        if (pfn === -3) return ret(EFAULT);
        l.why = RETRY.SLOT_INVALID;
        return pfn === -1 ? 'tell_retried' : 'tell_emulated';
      },
    ],
    spin_lock: [
      (l) => op.spin_lock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)),
      (l) => call(fn.is_page_fault_stale, 'stale', l.vcpu, l.slot, l.gfn, l.seq),
    ],
    stale: [
      null,
      (l, why) => {
        if (why === 0) return l.env.constants.shadowPagesOverLimit ? 'make_mmu_pages_available' : 'map';
        l.result = RET_PF.RETRY;
        l.why = why;
        return 'spin_unlock';
      },
    ],
    make_mmu_pages_available: [null, (l) => call(fn.make_mmu_pages_available, 'map', l.vcpu)],
    map: [null, (l) => call(fn.kvm_tdp_mmu_map, 'mapped', l.vcpu, l.gfn, l.access, l.pfn, l.slot)],
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
        return 'spin_unlock';
      },
    ],
    spin_unlock: [
      (l) => op.spin_unlock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)),
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
