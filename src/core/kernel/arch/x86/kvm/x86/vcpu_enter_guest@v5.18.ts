// vcpu_enter_guest() -- arch/x86/kvm/x86.c, v5.18 (as of v6.3-rc)
// One trip into the guest: takes the pending requests, injects an SMI, makes sure of a root, passes the entry gate, runs
// the guest until it exits, and handles the exit.
// Context: the vCPU's own thread; SRCU held at entry and at return, never in the guest. Returns 1 go on, 0 to user space,
// < 0 errno.
// Left out: interrupt windows and injection of anything but SMIs, preemption, guest time, MMU_SYNC's and LOAD_MMU_PGD's
// work (a direct root has nothing to sync; the gate takes the root pointer from root.hpa).
import { VCPU } from '../../../../../aggregates/layout.js';
import type { World } from '../../../../../aggregates/world.js';
import { E } from '../../../../../events/catalogue.js';
import { CPU_STATE, FASTPATH_EXITS, FLUSH, MODE, REQ, RESET } from '../../../../../events/constants.js';
import { exitAccess, exitGfn, exitReason } from '../../../../../machine/guest-port.js';
import { op } from '../../../../../machine/op.js';
import { call, procedure, ret, steps } from '../../../../../machine/procedure.js';
import { fn } from '../../../../functions.js';

const EIO = 5;

/**
 * arch.smi_pending and not masked: an SMI whose request was taken. PENDING_SMI counts the one in the request as well.
 * Read in the same step as the request word.
 */
function smi_injectable(w: World, vcpu: number): boolean {
  const requested = (w.vcpuWord(vcpu, VCPU.REQUESTS) & REQ.SMI) !== 0 ? 1 : 0;
  return (
    w.vcpuWord(vcpu, VCPU.PENDING_SMI) > requested && (w.vcpuWord(vcpu, VCPU.CPU_STATE) & CPU_STATE.SMM) === 0
  );
}

/** How the older form begins, too. */
export const requests_pending = steps(['vcpu'], ['check_vm_dead', 'inject_smi', 'mmu_reload'], {
  kvm_request_pending: [
    (l) => op.read_vcpu(l.vcpu, VCPU.REQUESTS),
    (l, requests) => {
      if (requests !== 0) return 'check_vm_dead';
      return smi_injectable(l.w, l.vcpu) ? 'inject_smi' : 'mmu_reload';
    },
  ],
});

/** What the older form has behind the request to drop roots, which is its own. */
export const vcpu_enter_guest_steps = steps(
  ['vcpu', 'reason', 'access', 'gfn', 'result'],
  ['check_vm_dead'],
  {
    check_mmu_sync: [(l) => op.check_request(l.vcpu, REQ.MMU_SYNC), () => 'check_load_mmu_pgd'],
    check_load_mmu_pgd: [(l) => op.check_request(l.vcpu, REQ.LOAD_MMU_PGD), () => 'check_tlb_flush'],
    check_tlb_flush: [
      (l) => op.check_request(l.vcpu, REQ.TLB_FLUSH),
      (_l, taken) => (taken ? 'flush_tlb_all' : 'check_tlb_flush_current'),
    ],
    flush_tlb_all: [(l) => op.flush_tlb_all(l.vcpu), () => 'clear_tlb_flush_current'],
    // Flushing everything flushes the current tag too.
    clear_tlb_flush_current: [
      (l) => op.check_request(l.vcpu, REQ.TLB_FLUSH_CURRENT),
      () => 'check_tlb_flush_guest',
    ],
    check_tlb_flush_current: [
      (l) => op.check_request(l.vcpu, REQ.TLB_FLUSH_CURRENT),
      (l, taken) =>
        taken && l.w.vcpuWord(l.vcpu, VCPU.ROOT) !== 0 ? 'flush_tlb_current' : 'check_tlb_flush_guest',
    ],
    flush_tlb_current: [
      (l) => op.flush_tlb(l.vcpu, FLUSH.CURRENT, l.w.vcpuWord(l.vcpu, VCPU.ROOT) - 1),
      () => 'check_tlb_flush_guest',
    ],
    check_tlb_flush_guest: [
      (l) => op.check_request(l.vcpu, REQ.TLB_FLUSH_GUEST),
      (_l, taken) => (taken ? 'flush_tlb_guest' : 'check_smi'),
    ],
    flush_tlb_guest: [(l) => op.flush_tlb(l.vcpu, FLUSH.GUEST), () => 'check_smi'],
    check_smi: [
      (l) => op.check_request(l.vcpu, REQ.SMI),
      (l) => (smi_injectable(l.w, l.vcpu) ? 'inject_smi' : 'mmu_reload'),
    ],
    // Several KVM_SMIs before the request was taken are one SMI; one that came since is still requested.
    inject_smi: [
      (l) => op.vcpu_event(E.SmiTaken, l.vcpu, (l.w.vcpuWord(l.vcpu, VCPU.REQUESTS) & REQ.SMI) !== 0 ? 1 : 0),
      (l) => call(fn.enter_smm, 'smi_injected', l.vcpu),
    ],
    smi_injected: [null, () => 'mmu_reload'],

    mmu_reload: [null, (l) => call(fn.kvm_mmu_reload, 'reloaded', l.vcpu)],
    reloaded: [null, (_l, r) => (r < 0 ? ret(r) : 'mode_in_guest')],
    mode_in_guest: [(l) => op.set_mode(l.vcpu, MODE.IN_GUEST_MODE), () => 'srcu_read_unlock'],
    srcu_read_unlock: [
      (l) => op.srcu_read_unlock(l.w.vcpuWord(l.vcpu, VCPU.VM)),
      () => 'kvm_vcpu_exit_request',
    ],
    kvm_vcpu_exit_request: [
      (l) => op.enter_gate(l.vcpu),
      (_l, backOut) => (backOut ? 'mode_outside_guest' : 'guest_execute'),
    ],
    mode_outside_guest: [(l) => op.set_mode(l.vcpu, MODE.OUTSIDE_GUEST_MODE), () => 'cancel_injection'],
    cancel_injection: [(l) => op.srcu_read_lock(l.w.vcpuWord(l.vcpu, VCPU.VM)), () => ret(1)],

    guest_execute: [
      (l) => op.guest_execute(l.vcpu),
      (l, exit) => {
        if (exit === 0) return 'guest_execute';
        l.reason = exitReason(exit);
        l.access = exitAccess(exit);
        l.gfn = exitGfn(exit);
        return FASTPATH_EXITS.has(l.reason) ? 'reenter_guest' : 'srcu_read_lock';
      },
    ],
    // EXIT_FASTPATH_REENTER_GUEST: handled with interrupts off, and straight back through the gate.
    reenter_guest: [(l) => op.set_mode(l.vcpu, MODE.IN_GUEST_MODE), () => 'kvm_vcpu_exit_request'],

    srcu_read_lock: [
      (l) => op.srcu_read_lock(l.w.vcpuWord(l.vcpu, VCPU.VM)),
      (l) => call(fn.handle_exit, 'handled', l.vcpu, l.reason, l.access, l.gfn),
    ],
    handled: [
      null,
      (l, result) => {
        l.result = result;
        return result === 1 ? 'forced_reset' : 'exit_handled';
      },
    ],
    // What user space (or nobody) will find in kvm_run.
    exit_handled: [
      (l) => op.tell_vcpu(E.ExitHandled, l.vcpu, l.reason, l.result, l.gfn),
      () => 'forced_reset',
    ],
    // The one place where the experiment's reset is made.
    forced_reset: [
      null,
      (l) =>
        (l.env.resetAfterExits & (1 << l.reason)) !== 0
          ? call(fn.kvm_mmu_reset_context, 'forced_reset_done', l.vcpu, RESET.FORCED)
          : ret(l.result),
    ],
    forced_reset_done: [null, (l) => ret(l.result)],
  },
);

export const vcpu_enter_guest_v5_18 = procedure(
  'vcpu_enter_guest',
  {
    file: 'arch/x86/kvm/x86.c',
    since: 'v5.18',
    params: ['vcpu'],
    locals: ['reason', 'access', 'gfn', 'result'],
    leftOut:
      'interrupt windows and injection of anything but SMIs, preemption, guest time, the work of MMU_SYNC and LOAD_MMU_PGD',
  },
  {
    ...requests_pending,
    check_vm_dead: [
      (l) => op.check_request(l.vcpu, REQ.VM_DEAD),
      (_l, taken) => (taken ? ret(-EIO) : 'check_free_obsolete_roots'),
    ],
    check_free_obsolete_roots: [
      (l) => op.check_request(l.vcpu, REQ.MMU_FREE_OBSOLETE_ROOTS),
      (l, taken) =>
        taken ? call(fn.kvm_mmu_free_obsolete_roots, 'obsolete_roots_freed', l.vcpu) : 'check_mmu_sync',
    ],
    obsolete_roots_freed: [null, () => 'check_mmu_sync'],
    ...vcpu_enter_guest_steps,
  },
);
