// A thread of a litmus about the shadow MMU: a vCPU that runs a nested guest, so that its root is a shadow root. Apart from
// litmus_thread: what a search knows of a thread is what its procedure can come to, and no other thread comes here.
// Left out: the nested guest itself; whatever fills its tables.
import { fn } from '../kernel/functions.js';
import { op } from '../machine/op.js';
import { call, procedure, ret } from '../machine/procedure.js';
import { LITMUS_OP } from './litmus-script.js';
import { INSTRUCTION_WORDS } from './script.js';

export const shadow_thread = procedure(
  'shadow_thread',
  {
    file: 'user space',
    since: 'v5.18',
    params: ['pc', 'vcpu'],
    leftOut: 'everything but the functions of the shadow MMU that the script calls',
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
          case LITMUS_OP.SHADOW_LOAD:
            return call(fn.mmu_alloc_shadow_roots, 'done', l.vcpu, words[at + 1]);
          case LITMUS_OP.SHADOW_FAULT:
            return call(fn.ept_page_fault, 'done', l.vcpu, words[at + 1]);
          case LITMUS_OP.SHADOW_DROP:
            return call(fn.kvm_mmu_free_guest_mode_roots, 'done', l.vcpu);
          case LITMUS_OP.SHADOW_SHRINK:
            return call(fn.kvm_mmu_change_mmu_pages, 'done', words[at + 1]);
          default:
            return ret();
        }
      },
    ],
    done: [null, () => 'fetch'],
    arrive: [(l) => op.barrier_arrive(l.env.scripts[l.t][l.pc - INSTRUCTION_WORDS + 1]), () => 'fetch'],
    await: [
      (l) => {
        const words = l.env.scripts[l.t];
        op.barrier_wait(words[l.pc - INSTRUCTION_WORDS + 1], words[l.pc - INSTRUCTION_WORDS + 2]);
      },
      () => 'fetch',
    ],
  },
);
