// kvm_arch_flush_shadow_all() -- arch/x86/kvm/x86.c, v5.18 (as of v6.3-rc)
// The process's memory goes away: every SPTE of every root has to.
// Context: the MMU notifier's release, no lock of KVM held.
// Left out: nothing.
import { call, procedure, ret } from '../../../../../machine/procedure.js';
import { fn } from '../../../../functions.js';

export const kvm_arch_flush_shadow_all = procedure(
  'kvm_arch_flush_shadow_all',
  {
    file: 'arch/x86/kvm/x86.c',
    since: 'v5.18',
    params: ['vm'],
    leftOut: 'nothing',
  },
  {
    zap_all: [null, (l) => call(fn.kvm_mmu_zap_all, 'done', l.vm)],
    done: [null, () => ret()],
  },
);
