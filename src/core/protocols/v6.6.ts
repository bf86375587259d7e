// v6.6 (era f): no work queue any more. Invalidation flags a root, the invalidating task zaps it and puts the TDP MMU's
// own reference (0df9dab891ff). zap_all and range zaps walk all address spaces in one go (441a5dfcd968).

import { kvm_zap_gfn_range_v6_6 } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_zap_gfn_range@v6.6.js';
import { kvm_mmu_init_tdp_mmu_v6_6 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_mmu_init_tdp_mmu@v6.6.js';
import { kvm_mmu_uninit_tdp_mmu_v6_6 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_mmu_uninit_tdp_mmu@v6.6.js';
import { kvm_tdp_mmu_invalidate_all_roots_v6_6 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_invalidate_all_roots@v6.6.js';
import { kvm_tdp_mmu_zap_all_v6_6 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_zap_all@v6.6.js';
import { kvm_tdp_mmu_zap_invalidated_roots_v6_6 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_zap_invalidated_roots@v6.6.js';
import { extend } from './protocol.js';
import { v6_4 } from './v6.4.js';

export const v6_6 = extend(v6_4, {
  id: 'v6.6',
  title: 'invalidated roots are zapped by the task that invalidated them; no worker',
  source: '0df9dab891ff, 441a5dfcd968 (v6.6)',
  replace: [
    kvm_mmu_init_tdp_mmu_v6_6,
    kvm_mmu_uninit_tdp_mmu_v6_6,
    kvm_tdp_mmu_invalidate_all_roots_v6_6,
    kvm_tdp_mmu_zap_invalidated_roots_v6_6,
    kvm_tdp_mmu_zap_all_v6_6,
    kvm_zap_gfn_range_v6_6,
  ],
  rules: {
    era: 'f',
    words: {
      invalidation: 'each valid root: raises scheduled_root_to_zap, marks it; W (same waivers)',
      zapAfterInvalidation: "the caller, R, yields; puts the TDP MMU's own reference, then the iterator's",
      destruction: 'invalidates all roots, then zaps them itself; no work queue',
    },
  },
});
