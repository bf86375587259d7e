// Rules about references: who takes one on a root, who owns one, who gives it back. That a count is wrong (I1) restates the rule;
// what is looked for is what comes of it.

import { HOLDER } from '../../events/root.events.js';
import { fn } from '../../kernel/functions.js';
import { op } from '../../machine/op.js';
import { call, ret } from '../../machine/procedure.js';
import type { Protocol } from '../protocol.js';
import { answered, asking, becomes, followedBy, kept, skipped } from './edits.js';
import type { RelaxRule } from './rule.js';

const COUNT = ['I1'];
const ownsOne = ({ rules }: Protocol): boolean => rules.initialRefcount === 2;
const handsOver = ({ rules }: Protocol): string | null => {
  if (rules.era === 'a') return 'no root is ever invalidated';
  return rules.initialRefcount === 2 ? 'the TDP MMU hands its own reference over to the zap' : null;
};

export const REFERENCE_RULES: readonly RelaxRule[] = [
  {
    id: 'get-in-load',
    kind: 'get',
    statement: 'A vCPU that finds a root has a reference of its own on it.',
    bugs: [],
    restates: [...COUNT, 'I2.4'],
    shownIn: ['v-v', 'v-v-n'],
    forms: [
      {
        steps: {
          kvm_tdp_mmu_alloc_root: {
            // The walk's reference is put, as at the end of any walk.
            keep_reference: becomes([
              null,
              (l) => call(fn.kvm_tdp_mmu_put_root, 'read_unlock', l.vm, l.root, 1, HOLDER.iterator),
            ]),
            kvm_tdp_mmu_get_root: answered(1),
          },
        },
      },
      { steps: { kvm_tdp_mmu_get_vcpu_root_hpa: { kvm_tdp_mmu_get_root: answered(1) } } },
      { steps: { kvm_tdp_mmu_get_vcpu_root_hpa: { kvm_mmu_get_root: answered(1) } } },
    ],
  },
  {
    id: 'get-in-root-walk',
    kind: 'get',
    statement: 'A walk over roots holds a reference on the one it stands on: it may yield there.',
    bugs: ['B7'],
    restates: [...COUNT, 'I28'],
    shownIn: ['v-v-n', 'm-n-idle'],
    forms: [
      {
        steps: {
          tdp_mmu_next_root: {
            kvm_tdp_mmu_get_root: answered(1),
            rcu_read_unlock: followedBy((l) => ret(l.next)),
          },
          kvm_tdp_mmu_alloc_root: {
            keep_reference: becomes([
              (l) => op.refcount_inc_not_zero(l.root, HOLDER.vcpu),
              () => 'read_unlock',
            ]),
          },
        },
      },
      {
        steps: {
          tdp_mmu_next_root: {
            kvm_tdp_mmu_get_root: answered(1),
            rcu_read_unlock: followedBy((l) => ret(l.next)),
          },
        },
      },
      {
        steps: {
          tdp_mmu_next_root: {
            kvm_mmu_get_root: answered(1),
            list_next: followedBy((l, root) => {
              l.next = root;
              return 'put';
            }),
          },
        },
      },
    ],
  },
  {
    id: 'mmu-own-reference',
    kind: 'get',
    statement:
      'The TDP MMU has a reference of its own on each valid root: that a vCPU puts its own does not end it.',
    bugs: ['B0'],
    restates: COUNT,
    shownIn: ['v-k', 'v-v'],
    forms: [
      {
        only: ownsOne,
        steps: {
          kvm_tdp_mmu_get_vcpu_root_hpa: { tdp_mmu_alloc_sp: asking((l) => op.alloc_root(l.vm, l.role, 1)) },
        },
      },
      {
        only: ownsOne,
        steps: {
          kvm_tdp_mmu_alloc_root: { tdp_mmu_alloc_sp: asking((l) => op.alloc_root(l.vm, l.role, 1)) },
        },
      },
    ],
    absent: ({ id, rules }) =>
      rules.initialRefcount === 1 ? `${id} has none: a root ends with its last vCPU, which is B0` : null,
  },
  {
    id: 'get-for-zap',
    kind: 'get',
    statement: 'Who invalidates a root takes a reference on it, which the zap puts.',
    bugs: [],
    restates: COUNT,
    shownIn: ['v-m', 'm-k-d'],
    forms: [
      { steps: { kvm_tdp_mmu_invalidate_all_roots: { kvm_tdp_mmu_get_root: answered(1) } } },
      { steps: { kvm_tdp_mmu_invalidate_all_roots: { refcount_inc_not_zero: answered(1) } } },
    ],
    absent: handsOver,
  },
  {
    id: 'count-for-worker',
    kind: 'get',
    statement: 'The last put of a valid root sets the count to 1 for the worker that zaps it.',
    bugs: [],
    restates: COUNT,
    shownIn: ['v-k', 'v-v'],
    forms: [{ steps: { kvm_tdp_mmu_put_root: { refcount_set: skipped } } }],
    absent: ({ rules }) =>
      rules.resurrects ? null : 'no root comes back to life: only from v5.18 to v6.3 a last put queues a zap',
  },
  {
    id: 'put-after-zap',
    kind: 'get',
    statement: 'Who has zapped an invalidated root puts the reference that was kept for the zap.',
    bugs: [],
    restates: COUNT,
    shownIn: ['m-k-d', 'v-d'],
    forms: [
      {
        steps: {
          kvm_tdp_mmu_zap_invalidated_roots: { kvm_tdp_mmu_put_root: becomes([null, () => 'next_root']) },
        },
      },
      { steps: { tdp_mmu_zap_root_work: { zapped: becomes([null, () => 'read_unlock']) } } },
      { steps: { kvm_tdp_mmu_zap_invalidated_roots: { tell_finished: followedBy(() => 'put') } } },
    ],
    absent: handsOver,
  },
  {
    id: 'free-with-last-put',
    kind: 'get',
    statement:
      'Whoever puts the last reference takes the root off the list and has it freed, also behind a walk.',
    bugs: ['B1'],
    restates: COUNT,
    shownIn: ['v-v-n', 'm-k-d', 'v-d'],
    forms: [
      { steps: { kvm_tdp_mmu_put_root: { dec_root_count: kept } }, constants: { iteratorPutFrees: 0 } },
      { steps: { kvm_tdp_mmu_put_root: { refcount_dec_and_test: followedBy(() => ret()) } } },
    ],
  },
];
