// Rules about flushes: before what is reused, or given out of hand, no CPU may still translate through what was there.

import { ret } from '../../machine/procedure.js';
import { becomes, kept, preparedBy, unflushed } from './edits.js';
import type { RelaxRule } from './rule.js';

const forgets = preparedBy((l) => {
  l.flush = 0;
});

export const FLUSH_RULES: readonly RelaxRule[] = [
  {
    id: 'flush-on-load',
    kind: 'flush',
    statement:
      'Who loads a root flushes its tag: that is why nobody flushes when an invalid root is zapped or freed.',
    bugs: ['B22'],
    restates: ['I23'],
    shownIn: ['g-m', 'g-m-n'],
    forms: [{ steps: { kvm_mmu_load: { flush_tlb_current: becomes([null, () => ret()]) } } }],
  },
  {
    id: 'flush-in-notifier',
    kind: 'flush',
    statement: 'The MMU notifier flushes what it unmapped before it releases mmu_lock.',
    bugs: [],
    restates: [],
    shownIn: ['v-n', 'v-v-n'],
    forms: [
      {
        steps: {
          kvm_mmu_notifier_invalidate_range_start: { flush_remote_tlbs: unflushed, flushed: kept },
        },
      },
    ],
  },
  {
    id: 'flush-before-yield',
    kind: 'flush',
    statement: 'A walk that has unmapped something flushes before it yields mmu_lock.',
    bugs: ['B5'],
    restates: [],
    shownIn: ['n-y'],
    forms: [
      { steps: { tdp_mmu_iter_cond_resched: { spin_needbreak: forgets } } },
      {
        steps: {
          tdp_mmu_iter_cond_resched: { rcu_read_unlock: forgets, flushed: kept, rwlock_needbreak: forgets },
        },
      },
    ],
  },
  {
    id: 'flush-in-nx-recovery',
    kind: 'flush',
    statement: 'NX recovery flushes what it unlinked before the tables can be freed.',
    bugs: ['B4'],
    restates: [],
    shownIn: ['b14', 'b4'],
    forms: [
      {
        steps: { kvm_recover_nx_lpages: { next_sp: unflushed, flushed: kept } },
        constants: { nxZapFlushes: 0 },
      },
    ],
    absent: ({ id, constants }) => (constants['nxZapFlushes'] === 0 ? `${id} does not: that is B4` : null),
  },
  {
    id: 'flush-before-clear',
    kind: 'flush',
    statement: 'An entry that is removed while others fault is frozen, flushed and only then cleared.',
    bugs: ['B27'],
    restates: [],
    shownIn: ['b27', 'v-m'],
    forms: [
      { steps: { tdp_mmu_zap_spte_atomic: { frozen: unflushed } } },
      { steps: { kvm_tdp_mmu_map: { large_leaf_cleared: unflushed } } },
    ],
    absent: ({ rules }) =>
      rules.era >= 'c'
        ? 'who zaps under the read lock clears invalid roots only; a large leaf is split in place'
        : null,
  },
  {
    id: 'flush-in-table-removal',
    kind: 'flush',
    statement: 'A table that is unlinked is flushed where that is done, before it can be freed.',
    bugs: ['B20'],
    restates: [],
    shownIn: ['b14', 'm-r'],
    forms: [
      { steps: { handle_removed_pt: { next_present: unflushed, free: kept } } },
      { steps: { handle_removed_pt: { xchg_next_removed: unflushed, flushed: kept } } },
    ],
    absent: ({ rules }) => (rules.era >= 'c' ? 'since v5.18 the caller flushes' : null),
  },
];
