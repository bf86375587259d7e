// kvm_arch_flush_shadow_memslot() -- arch/x86/kvm/mmu/mmu.c, v6.12 (aa8d1f48d353)
// When it returns, no SPTE of any root maps the slot. With the quirk KVM_X86_QUIRK_SLOT_ZAP_ALL (a default VM has it: constant
// quirkSlotZapAll 1) by the fast zap of everything, as ever; without it only the slot's own leafs are zapped.
// Context: slots_lock held.
// Left out: the VM's type (only default VMs have the quirk).
import { call, procedure, ret } from '../../../../../machine/procedure.js';
import { fn } from '../../../../functions.js';

export const kvm_arch_flush_shadow_memslot_v6_12 = procedure(
  'kvm_arch_flush_shadow_memslot',
  {
    file: 'arch/x86/kvm/mmu/mmu.c',
    since: 'v6.12',
    params: ['vm', 'slotId'],
    leftOut: "the VM's type (only default VMs have the quirk)",
  },
  {
    kvm_memslot_flush_zap_all: [
      null,
      (l) =>
        l.env.constants.quirkSlotZapAll === 1
          ? call(fn.kvm_mmu_zap_all_fast, 'done', l.vm)
          : call(fn.kvm_mmu_zap_memslot, 'done', l.vm, l.slotId),
    ],
    done: [null, () => ret()],
  },
);
