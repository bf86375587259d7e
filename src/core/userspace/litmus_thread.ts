// A thread of a litmus: calls the kernel functions that its script names, with nothing of user space around them.
// Left out: everything but the calls: ioctl entry, SRCU (except inside RUN), the guest (except inside RUN).
// Few locals on purpose: what a thread remembers multiplies the states of a search.
import { LOCK_KIND } from '../aggregates/layout.js';
import { REQ, RESET, RET_PF } from '../events/constants.js';
import { fn } from '../kernel/functions.js';
import { op } from '../machine/op.js';
import { call, procedure, ret } from '../machine/procedure.js';
import { LITMUS_OP } from './litmus-script.js';
import { INSTRUCTION_WORDS } from './script.js';

export const litmus_thread = procedure(
  'litmus_thread',
  {
    file: 'user space',
    since: 'v5.18',
    params: ['pc', 'vcpu'],
    leftOut: 'everything but the kernel functions that the script calls',
  },
  {
    fetch: [
      null,
      (l) => {
        const words = l.env.scripts[l.t];
        const at = l.pc;
        l.pc = at + INSTRUCTION_WORDS;
        switch (words[at]) {
          case LITMUS_OP.ARRIVE:
            return 'arrive';
          case LITMUS_OP.AWAIT:
            return 'await';
          case LITMUS_OP.LOAD:
            return call(fn.kvm_mmu_reload, 'done', l.vcpu);
          case LITMUS_OP.FAULT:
            return words[at + 3] === 1
              ? call(fn.direct_page_fault, 'faulted', l.vcpu, words[at + 1], words[at + 2])
              : call(fn.kvm_mmu_page_fault, 'done', l.vcpu, words[at + 1], words[at + 2]);
          case LITMUS_OP.SMM:
            return call(fn.kvm_smm_changed, 'done', l.vcpu, words[at + 1]);
          case LITMUS_OP.ENTER_SMM:
            return call(fn.enter_smm, 'done', l.vcpu);
          case LITMUS_OP.LEAVE_SMM:
            return call(fn.emulator_leave_smm, 'done', l.vcpu);
          case LITMUS_OP.RESET:
            return call(fn.kvm_mmu_reset_context, 'done', l.vcpu, RESET.FORCED);
          case LITMUS_OP.REQUESTS:
            return 'check_reload';
          case LITMUS_OP.RUN:
            return call(fn.kvm_vcpu_ioctl_run, 'done', l.vcpu);
          case LITMUS_OP.ZAP_ALL_FAST:
            return 'slots_lock';
          case LITMUS_OP.ZAP_ALL:
            return call(fn.kvm_mmu_zap_all, 'done', words[at + 1]);
          default:
            return ret();
        }
      },
    ],
    done: [null, () => 'fetch'],
    faulted: [
      null,
      (l, result) => {
        if (result === RET_PF.RETRY) l.pc -= INSTRUCTION_WORDS;
        return 'fetch';
      },
    ],
    arrive: [(l) => op.barrier_arrive(l.env.scripts[l.t][l.pc - INSTRUCTION_WORDS + 1]), () => 'fetch'],
    await: [
      (l) => {
        const words = l.env.scripts[l.t];
        op.barrier_wait(words[l.pc - INSTRUCTION_WORDS + 1], words[l.pc - INSTRUCTION_WORDS + 2]);
      },
      () => 'fetch',
    ],
    // Up to v5.17 the request drops every root, from v5.18 on the obsolete ones.
    check_reload: [
      (l) => op.check_request(l.vcpu, REQ.MMU_RELOAD),
      (l, taken) => (taken ? call(fn.kvm_mmu_unload, 'done', l.vcpu) : 'check_free_obsolete_roots'),
    ],
    check_free_obsolete_roots: [
      (l) => op.check_request(l.vcpu, REQ.MMU_FREE_OBSOLETE_ROOTS),
      (l, taken) => (taken ? call(fn.kvm_mmu_free_obsolete_roots, 'done', l.vcpu) : 'fetch'),
    ],
    slots_lock: [
      (l) =>
        op.mutex_lock(l.w.lockId(l.env.scripts[l.t][l.pc - INSTRUCTION_WORDS + 1], LOCK_KIND.slots_lock)),
      (l) => call(fn.kvm_mmu_zap_all_fast, 'slots_unlock', l.env.scripts[l.t][l.pc - INSTRUCTION_WORDS + 1]),
    ],
    slots_unlock: [null, () => 'mutex_unlock'],
    mutex_unlock: [
      (l) =>
        op.mutex_unlock(l.w.lockId(l.env.scripts[l.t][l.pc - INSTRUCTION_WORDS + 1], LOCK_KIND.slots_lock)),
      () => 'fetch',
    ],
  },
);
