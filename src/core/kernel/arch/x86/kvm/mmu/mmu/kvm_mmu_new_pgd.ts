// kvm_mmu_new_pgd() -- arch/x86/kvm/mmu/mmu.c, v5.18
// Switches to a root of the wanted role without a reset: the current one, else one of prev_roots, which is rotated to the
// front; else the current slot becomes free and the oldest previous root is dropped (fast_pgd_switch).
// Context: the vCPU's own thread, no lock: the role words are compared without mmu_lock, an invalid root never matches.
// Left out: the guest's CR3 (ignored for direct roots), force_flush_and_sync_on_reuse.
import { VCPU } from '../../../../../../aggregates/layout.js';
import { E } from '../../../../../../events/catalogue.js';
import { REQ } from '../../../../../../events/constants.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

export const kvm_mmu_new_pgd = procedure(
  'kvm_mmu_new_pgd',
  {
    file: 'arch/x86/kvm/mmu/mmu.c',
    since: 'v5.18',
    params: ['vcpu'],
    locals: ['slot', 'wanted'],
    leftOut: "the guest's CR3 (ignored for direct roots), force_flush_and_sync_on_reuse",
  },
  {
    wanted_role: [
      null,
      (l) => {
        l.wanted = l.w.vcpuWord(l.vcpu, VCPU.ROLE);
        l.slot = 0;
        return l.w.vcpuWord(l.vcpu, VCPU.ROOT) === 0 ? ret() : 'is_root_usable';
      },
    ],
    is_root_usable: [
      (l) => op.read_role(l.w.vcpuWord(l.vcpu, VCPU.ROOT + l.slot) - 1),
      (l, role) => {
        if (role === l.wanted) return l.slot === 0 ? ret() : 'rotate_hit';
        l.slot++;
        while (l.slot < 4 && l.w.vcpuWord(l.vcpu, VCPU.ROOT + l.slot) === 0) l.slot++;
        return l.slot < 4 ? 'is_root_usable' : 'drop_oldest';
      },
    ],
    rotate_hit: [
      (l) => op.vcpu_event(E.RootsRotated, l.vcpu, l.slot, 1, l.w.vcpuWord(l.vcpu, VCPU.ROOT + l.slot) - 1),
      () => 'request_load_pgd',
    ],
    request_load_pgd: [(l) => op.make_request(l.vcpu, REQ.LOAD_MMU_PGD), () => ret(1)],
    // The oldest previous root falls out; its empty slot then rotates to the front.
    drop_oldest: [null, (l) => call(fn.kvm_mmu_free_roots, 'rotate_miss', l.vcpu, 8)],
    rotate_miss: [(l) => op.vcpu_event(E.RootsRotated, l.vcpu, 3, 0, -1), () => ret(0)],
  },
);
