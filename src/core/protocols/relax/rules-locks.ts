// Rules about locks: which sections are under mmu_lock, in which mode, and which under tdp_mmu_pages_lock. Without them whoever
// asserts the lock reports it at once (lockdep, I29): that restates the rule and is not what is looked for.
import { LOCK_KIND } from '../../aggregates/layout.js';
import { op } from '../../machine/op.js';
import { asking, kept, skips } from './edits.js';
import type { AnyStep, RelaxRule } from './rule.js';

const HELD = ['I29', 'LOCKDEP_HELD_WRITE', 'LOCKDEP_HELD_READ', 'LOCKDEP_HELD'];
const mmu_lock = (l: Parameters<AnyStep[1]>[0]): number => l.w.lockId(l.vm, LOCK_KIND.mmu_lock);

export const LOCK_RULES: readonly RelaxRule[] = [
  {
    id: 'mmu-lock-in-load',
    kind: 'lock',
    statement: 'A vCPU looks its root up, or makes it, under mmu_lock.',
    bugs: [],
    restates: HELD,
    shownIn: ['v-v', 'v-k', 'v-m'],
    forms: [
      { steps: { mmu_alloc_direct_roots: skips('write_lock', 'write_unlock') } },
      { steps: { kvm_tdp_mmu_alloc_root: skips('read_lock', 'read_unlock') } },
      { steps: { kvm_tdp_mmu_get_vcpu_root_hpa: { ...skips('spin_lock', 'spin_unlock'), list_add: kept } } },
    ],
  },
  {
    id: 'mmu-lock-in-drop',
    kind: 'lock',
    statement: 'A vCPU gives its roots back under mmu_lock.',
    bugs: [],
    restates: HELD,
    shownIn: ['v-v', 'v-v-n', 'v-m'],
    forms: [
      { steps: { kvm_mmu_free_roots: skips('write_lock', 'write_unlock') } },
      { steps: { kvm_mmu_free_roots: skips('read_lock', 'read_unlock') } },
    ],
  },
  {
    id: 'mmu-lock-in-fault',
    kind: 'lock',
    statement: 'A fault decides that it is not stale, and installs, in one section under mmu_lock.',
    bugs: [],
    restates: [...HELD, 'I19.3'],
    shownIn: ['v-n', 'v-m', 'v-v'],
    forms: [
      { steps: { direct_page_fault: skips('read_lock', 'read_unlock') } },
      { steps: { direct_page_fault: skips('spin_lock', 'spin_unlock') } },
    ],
  },
  {
    id: 'mmu-lock-write-in-fast-zap',
    kind: 'lock',
    statement:
      'Roots are invalidated under mmu_lock held for write: no fault is between its check and its install.',
    bugs: [],
    restates: [...HELD, 'I9', 'I34'],
    shownIn: ['v-m'],
    forms: [
      {
        steps: {
          kvm_mmu_zap_all_fast: {
            write_lock: asking((l) => op.read_lock(mmu_lock(l))),
            write_unlock: asking((l) => op.read_unlock(mmu_lock(l))),
          },
        },
      },
    ],
    absent: ({ rules }) =>
      rules.era === 'a' ? 'mmu_lock is a spinlock: there is no mode to be wrong' : null,
  },
  {
    id: 'mmu-lock-write-in-notifier',
    kind: 'lock',
    statement:
      'The MMU notifier unmaps under mmu_lock held for write: no fault is between its check and its install.',
    bugs: [],
    restates: HELD,
    shownIn: ['v-n'],
    forms: [
      {
        steps: {
          kvm_mmu_notifier_invalidate_range_start: {
            // It would yield the lock as a writer: it does not yield.
            write_lock: asking((l) => {
              l.blockable = 0;
              op.read_lock(mmu_lock(l));
            }),
            write_unlock: asking((l) => op.read_unlock(mmu_lock(l))),
          },
        },
      },
    ],
    absent: ({ rules }) =>
      rules.era === 'a' ? 'mmu_lock is a spinlock: there is no mode to be wrong' : null,
  },
  {
    id: 'pages-lock-in-load',
    kind: 'lock',
    statement: 'A root is made and listed under tdp_mmu_pages_lock.',
    bugs: [],
    restates: ['I6'],
    shownIn: ['v-v'],
    forms: [
      { steps: { kvm_tdp_mmu_alloc_root: skips('spin_lock', 'spin_unlock') } },
      {
        steps: {
          kvm_tdp_mmu_get_vcpu_root_hpa: { ...skips('spin_lock', 'spin_unlock'), list_add_rcu: kept },
        },
      },
    ],
    absent: ({ rules }) =>
      rules.era === 'a' ? 'there is no tdp_mmu_pages_lock: mmu_lock does it all' : null,
  },
  {
    id: 'pages-lock-in-put',
    kind: 'lock',
    statement: 'A root is taken off the list under tdp_mmu_pages_lock.',
    bugs: [],
    restates: ['I6'],
    shownIn: ['m-k-d', 'v-v'],
    forms: [{ steps: { kvm_tdp_mmu_put_root: skips('spin_lock', 'spin_unlock') } }],
    absent: ({ rules }) =>
      rules.era === 'a' ? 'there is no tdp_mmu_pages_lock: mmu_lock does it all' : null,
  },
];
