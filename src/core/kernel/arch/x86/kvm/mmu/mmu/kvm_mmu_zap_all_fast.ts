// kvm_mmu_zap_all_fast() -- arch/x86/kvm/mmu/mmu.c, v5.10
// Tells all vCPUs to drop all their roots and empties every root in place. No root is invalidated: one that somebody still holds
// is found and used again.
// Context: slots_lock held; takes mmu_lock (a spinlock) and may yield it.
// Left out: the shadow MMU's obsolete pages (and the yield among them).
import { LOCK_KIND, VM } from '../../../../../../aggregates/layout.js';
import { E } from '../../../../../../events/catalogue.js';
import { REQ } from '../../../../../../events/constants.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

export const kvm_mmu_zap_all_fast = procedure(
  'kvm_mmu_zap_all_fast',
  {
    file: 'arch/x86/kvm/mmu/mmu.c',
    since: 'v5.10',
    params: ['vm'],
    locals: ['gen'],
    leftOut: "the shadow MMU's obsolete pages (and the yield among them)",
  },
  {
    spin_lock: [(l) => op.spin_lock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)), () => 'trace'],
    trace: [
      (l) => op.tell_vm(E.FastZapBegun, l.vm, l.w.vmWord(l.vm, VM.VALID_GEN)),
      (l) => {
        l.gen = l.w.vmWord(l.vm, VM.VALID_GEN) === 0 ? 1 : 0;
        return 'toggle_mmu_valid_gen';
      },
    ],
    toggle_mmu_valid_gen: [
      (l) => op.vm_event(E.ValidGenToggled, l.vm, l.gen),
      (l) => call(fn.kvm_make_all_cpus_request, 'requested', l.vm, REQ.MMU_RELOAD, 1),
    ],
    requested: [null, (l) => call(fn.kvm_tdp_mmu_zap_all, 'spin_unlock', l.vm)],
    spin_unlock: [(l) => op.spin_unlock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)), () => 'done'],
    done: [(l) => op.tell_vm(E.FastZapEnded, l.vm, l.gen), () => ret()],
  },
);
