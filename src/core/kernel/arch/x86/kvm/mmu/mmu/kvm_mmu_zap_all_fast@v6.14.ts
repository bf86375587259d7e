// kvm_mmu_zap_all_fast() -- arch/x86/kvm/mmu/mmu.c, v6.14 (a89ecbb56bc7)
// Invalidates all DIRECT roots, tells all vCPUs, and returns only when the invalid ones are zapped. Mirror roots are not fast-zapped.
// Context: slots_lock held; takes mmu_lock for write. Invalidation and request are in one write section.
// Left out: the shadow MMU's obsolete pages (and the yield among them).
import { LOCK_KIND, VM } from '../../../../../../aggregates/layout.js';
import { ROOT_TYPE } from '../../../../../../aggregates/role.js';
import { E } from '../../../../../../events/catalogue.js';
import { REQ } from '../../../../../../events/constants.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

export const kvm_mmu_zap_all_fast_v6_14 = procedure(
  'kvm_mmu_zap_all_fast',
  {
    file: 'arch/x86/kvm/mmu/mmu.c',
    since: 'v6.14',
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
      (l) => call(fn.kvm_tdp_mmu_invalidate_roots, 'request', l.vm, ROOT_TYPE.DIRECT),
    ],
    request: [
      null,
      (l) => call(fn.kvm_make_all_cpus_request, 'write_unlock', l.vm, REQ.MMU_FREE_OBSOLETE_ROOTS, 1),
    ],
    write_unlock: [
      (l) => op.write_unlock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)),
      (l) => call(fn.kvm_tdp_mmu_zap_invalidated_roots, 'done', l.vm, 1),
    ],
    done: [(l) => op.tell_vm(E.FastZapEnded, l.vm, l.gen), () => ret()],
  },
);
