// v6.4 (era e): the merged fix edbdb43fc96b. Against the draft: the walk in invalidate_all_roots is an RCU section and
// its assertion is waived while no vCPU was ever created. CR0.WP-only changes no longer unload (01b31714bd90).
import { kvm_tdp_mmu_invalidate_all_roots_v6_4 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_invalidate_all_roots@v6.4.js';
import { kvm_set_cpu_state_v6_4 } from '../kernel/arch/x86/kvm/x86/kvm_set_cpu_state@v6.4.js';
import { extend } from './protocol.js';
import { seedDraft } from './seed-draft.js';

export const v6_4 = extend(seedDraft, {
  id: 'v6.4',
  title: 'the merged fix: roots live until they are explicitly invalidated',
  source: 'edbdb43fc96b, 01b31714bd90 (v6.4)',
  replace: [kvm_tdp_mmu_invalidate_all_roots_v6_4, kvm_set_cpu_state_v6_4],
  // 817fa998362d (v6.4): NX recovery looks a slot up in the table's own address space (B14).
  constants: { nxLooksUpOwnAsId: 1 },
  rules: {
    era: 'e',
    words: {
      invalidation:
        "each valid root: marks it, queues its zap with the TDP MMU's own reference; W, or under RCU alone once users_count is 0 or while no vCPU exists",
      destruction: 'invalidates all roots with an RCU walk, then destroys the work queue',
    },
  },
});
