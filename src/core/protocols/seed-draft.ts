// seed-draft (era d): the draft of 13 April 2023, "preserve TDP MMU roots until they are explicitly invalidated",
// exactly as posted. It extends v5.18; the table below is the whole patch.
import { kvm_mmu_uninit_tdp_mmu_seed_draft } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_mmu_uninit_tdp_mmu@seed-draft.js';
import { kvm_tdp_mmu_get_vcpu_root_hpa_seed_draft } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_get_vcpu_root_hpa@seed-draft.js';
import { kvm_tdp_mmu_invalidate_all_roots_seed_draft } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_invalidate_all_roots@seed-draft.js';
import { kvm_tdp_mmu_put_root_seed_draft } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_put_root@seed-draft.js';
import { extend } from './protocol.js';
import { v5_18 } from './v5.18.js';

export const seedDraft = extend(v5_18, {
  id: 'seed-draft',
  title: 'the draft patch of 13 April 2023: the TDP MMU holds a reference of its own',
  source: 'mail ZDhO02VeRcOMTQz0@google.com, base 62cf1e941a11',
  replace: [
    kvm_tdp_mmu_get_vcpu_root_hpa_seed_draft,
    kvm_tdp_mmu_put_root_seed_draft,
    kvm_tdp_mmu_invalidate_all_roots_seed_draft,
    kvm_mmu_uninit_tdp_mmu_seed_draft,
  ],
  rules: {
    era: 'd',
    initialRefcount: 2,
    resurrects: false,
    words: {
      newRoot: "refcount 2: the vCPU and the TDP MMU's own",
      lastPutOfValidRoot: 'KVM_BUG_ON, then unlinks and frees it all the same',
      invalidation:
        "each valid root: marks it, queues its zap with the TDP MMU's own reference; W, or unlocked once users_count is 0",
      destruction: 'invalidates all roots with a plain unlocked walk, then destroys the work queue',
    },
  },
});
