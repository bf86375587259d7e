// kvm_mmu_zap_all_fast() -- arch/x86/kvm/mmu/mmu.c, v5.13 (4c6654bd160d)
// Invalidates all roots, tells all vCPUs to drop ALL theirs, and returns only when the invalid ones are zapped.
// Context: slots_lock held; takes mmu_lock for write. Invalidation and request are in one write section.
// Left out: the shadow MMU's obsolete pages (and the yield among them).
import { LOCK_KIND, VM } from '../../../../../../aggregates/layout.js';
import { E } from '../../../../../../events/catalogue.js';
import { REQ } from '../../../../../../events/constants.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

export const kvm_mmu_zap_all_fast_v5_13 = procedure(
  'kvm_mmu_zap_all_fast',
  {
    file: 'arch/x86/kvm/mmu/mmu.c',
    since: 'v5.13',
    params: ['vm'],
    locals: ['gen'],
    leftOut: "the shadow MMU's obsolete pages (and the yield among them)",
  },
  {
    write_lock: [(l) => op.write_lock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)), () => 'trace'],
    trace: [
      (l) => op.tell_vm(E.FastZapBegun, l.vm, l.w.vmWord(l.vm, VM.VALID_GEN)),
      (l) => {
        l.gen = l.w.vmWord(l.vm, VM.VALID_GEN) === 0 ? 1 : 0;
        return 'toggle_mmu_valid_gen';
      },
    ],
    toggle_mmu_valid_gen: [
      (l) => op.vm_event(E.ValidGenToggled, l.vm, l.gen),
      (l) => call(fn.kvm_tdp_mmu_invalidate_all_roots, 'request', l.vm),
    ],
    request: [null, (l) => call(fn.kvm_make_all_cpus_request, 'write_unlock', l.vm, REQ.MMU_RELOAD, 1)],
    write_unlock: [
      (l) => op.write_unlock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)),
      (l) => call(fn.kvm_tdp_mmu_zap_invalidated_roots, 'done', l.vm),
    ],
    done: [(l) => op.tell_vm(E.FastZapEnded, l.vm, l.gen), () => ret()],
  },
);
