// Rules about RCU: who reads inside a section, and what is freed only when the sections of its time have ended.
import { THREAD } from '../../aggregates/layout.js';
import { op } from '../../machine/op.js';
import { ret } from '../../machine/procedure.js';
import type { Protocol } from '../protocol.js';
import { as, becomes, onwardFrom, skips } from './edits.js';
import { added } from './forms.js';
import type { Edit, RelaxRule } from './rule.js';

const noRcu = ({ rules }: Protocol): string | null =>
  rules.era === 'a' ? 'there is no RCU yet: tables and roots are freed at once, under the spinlock' : null;

/** A yield that leaves an RCU section, and enters one again, only where it came from one. */
const yieldsBare: { readonly [label: string]: Edit } = {
  rcu_read_unlock: becomes([
    null,
    (l) => {
      l.inside = l.w.threadWord(l.t, THREAD.RCU_NESTING);
      return l.inside === 0 ? 'bare' : 'leave_rcu';
    },
  ]),
  leave_rcu: added(as('rcu_read_unlock')),
  bare: added(onwardFrom('rcu_read_unlock')),
  rcu_read_lock: becomes([null, (l) => (l.inside === 0 ? ret(1) : 'enter_rcu')]),
  enter_rcu: added(as('rcu_read_lock')),
};

export const RCU_RULES: readonly RelaxRule[] = [
  {
    id: 'rcu-before-root-free',
    kind: 'rcu',
    statement: 'A root that is off the list is freed after a grace period, not at once.',
    bugs: [],
    restates: ['I5'],
    shownIn: ['v-d', 'm-k-d', 'v-v'],
    forms: [
      { steps: { kvm_tdp_mmu_put_root: { call_rcu: becomes([(l) => op.free_root(l.root), () => ret()]) } } },
    ],
    absent: noRcu,
  },
  {
    id: 'rcu-before-table-free',
    kind: 'rcu',
    statement: 'A table that nothing points to any more is freed after a grace period, not at once.',
    bugs: [],
    restates: ['I5'],
    shownIn: ['f-m'],
    forms: [
      { steps: { handle_removed_pt: { call_rcu: becomes([(l) => op.free_table(l.table), () => ret()]) } } },
    ],
    absent: noRcu,
  },
  {
    id: 'rcu-in-invalidate-walk',
    kind: 'rcu',
    statement:
      "Who invalidates all roots walks over them inside an RCU section: at a VM's end workers delete them meanwhile.",
    bugs: ['B13'],
    restates: [],
    shownIn: ['v-d'],
    forms: [{ steps: { kvm_tdp_mmu_invalidate_all_roots: skips('rcu_read_lock', 'rcu_read_unlock') } }],
    absent: ({ id, rules }) => {
      if (rules.era === 'd') return `${id} walks without one: that is B13`;
      if (rules.era === 'a') return 'no root is ever invalidated';
      return rules.era < 'd'
        ? "the walk is under mmu_lock held for write, at a VM's end there is none"
        : 'since v6.6 nobody deletes roots while this walk goes on';
    },
  },
  {
    id: 'rcu-in-root-walk',
    kind: 'rcu',
    statement: 'A walk over roots looks for the next one inside an RCU section.',
    bugs: [],
    restates: [],
    shownIn: ['m-n-idle', 'v-v-n'],
    forms: [{ steps: { tdp_mmu_next_root: skips('rcu_read_lock', 'rcu_read_unlock') } }],
    absent: noRcu,
  },
  {
    id: 'rcu-in-fault',
    kind: 'rcu',
    statement: 'A fault walks down the tables inside an RCU section.',
    bugs: [],
    restates: [],
    shownIn: ['v-v', 'v-m'],
    forms: [{ steps: { kvm_tdp_mmu_map: skips('rcu_read_lock', 'rcu_read_unlock') } }],
    absent: noRcu,
  },
  {
    id: 'rcu-in-fast-fault',
    kind: 'rcu',
    statement: 'A fault that is tried without mmu_lock walks down the tables inside an RCU section.',
    bugs: [],
    restates: [],
    shownIn: ['f-m'],
    forms: [
      {
        steps: { fast_page_fault: skips('walk_shadow_page_lockless_begin', 'walk_shadow_page_lockless_end') },
      },
    ],
    absent: ({ rules }) => (rules.era === 'a' ? 'every fault takes mmu_lock' : null),
  },
  {
    id: 'rcu-in-zap',
    kind: 'rcu',
    statement: 'Who zaps a root walks over its tables inside an RCU section.',
    bugs: [],
    restates: [],
    shownIn: ['m-r', 'm-n', 'v-m'],
    forms: ['tdp_mmu_zap_root', 'zap_gfn_range'].map((walk) => ({
      steps: { [walk]: skips('rcu_read_lock', 'rcu_read_unlock'), tdp_mmu_iter_cond_resched: yieldsBare },
      locals: { tdp_mmu_iter_cond_resched: ['inside'] },
    })),
    absent: noRcu,
  },
  {
    id: 'rcu-barrier-at-the-end',
    kind: 'rcu',
    statement: "The VM's end waits until all that was queued for RCU is freed.",
    bugs: [],
    restates: [],
    shownIn: ['v-d', 'm-k-d'],
    forms: [{ steps: { kvm_mmu_uninit_tdp_mmu: { rcu_barrier: becomes([null, () => ret()]) } } }],
    absent: noRcu,
  },
];
