// kvm_arch_flush_shadow_memslot() -- arch/x86/kvm/x86.c, v5.18 (as of v6.3-rc)
// When it returns, no SPTE of any root maps the slot. All roots pay for it: the fast zap knows no slots.
// Context: slots_lock held.
// Left out: the page-track notifier between the two (its only user here is the MMU itself).
import { call, procedure, ret } from '../../../../../machine/procedure.js';
import { fn } from '../../../../functions.js';

export const kvm_arch_flush_shadow_memslot = procedure(
  'kvm_arch_flush_shadow_memslot',
  {
    file: 'arch/x86/kvm/x86.c',
    since: 'v5.18',
    params: ['vm', 'slotId'],
    leftOut: 'the page-track notifier',
  },
  {
    zap_all_fast: [null, (l) => call(fn.kvm_mmu_zap_all_fast, 'done', l.vm)],
    done: [null, () => ret()],
  },
);
