// Rules about order: what has to come before what. Nothing is left out, it comes at another time.
import { LOCK_KIND, PAGE, VM } from '../../aggregates/layout.js';
import { role_is_invalid } from '../../aggregates/role.js';
import { HOLDER } from '../../events/root.events.js';
import { fn } from '../../kernel/functions.js';
import { op } from '../../machine/op.js';
import { call, ret } from '../../machine/procedure.js';
import { answered, asAfter, becomes, beginsAsBefore, followedBy, goesTo, kept, redirected } from './edits.js';
import { added } from './forms.js';
import type { AnyStep, RelaxRule } from './rule.js';

type Locals = Parameters<AnyStep[1]>[0];
const pages_lock = (l: Locals): number => l.w.lockId(l.vm, LOCK_KIND.tdp_mmu_pages_lock);

/** Takes a root off the list that is still on it; its memory stays with whoever puts last. */
const unlink_now = (next: string) => ({
  unlink_lock: added(becomes([(l) => op.spin_lock(pages_lock(l)), () => 'unlink_list_del'])),
  unlink_list_del: added(becomes([(l) => op.list_del_rcu(l.vm, l.root), () => 'unlink_unlock'])),
  unlink_unlock: added(becomes([(l) => op.spin_unlock(pages_lock(l)), () => next])),
});
const delOnce = {
  spin_lock: followedBy((l: Locals) =>
    l.w.pageWord(l.root, PAGE.LISTED) === 0 ? 'spin_unlock' : 'list_del_rcu',
  ),
  list_del_rcu: kept,
};

export const ORDER_RULES: readonly RelaxRule[] = [
  {
    id: 'request-before-unlock',
    kind: 'order',
    statement: 'All vCPUs are told to drop invalid roots before the section that invalidates them ends.',
    bugs: [],
    restates: ['I34'],
    shownIn: ['g-m', 'g-m-n'],
    forms: [
      {
        steps: {
          kvm_mmu_zap_all_fast: {
            request: becomes([null, () => 'write_unlock']),
            write_unlock: asAfter('request', 'zap'),
            zap: added(asAfter('write_unlock', 'done')),
          },
        },
      },
    ],
    absent: ({ rules }) => (rules.era === 'a' ? 'no root is ever invalidated' : null),
  },
  {
    id: 'zap-before-return',
    kind: 'order',
    statement:
      'A fast zap returns when every root that it invalidated is empty: whoever deletes a memslot builds on that.',
    bugs: [],
    restates: [],
    shownIn: ['v-m', 'm-k-d'],
    forms: [
      {
        steps: {
          kvm_tdp_mmu_zap_invalidated_roots: { flush_workqueue: becomes([null, () => ret()]), wait: kept },
        },
      },
      {
        steps: {
          kvm_mmu_zap_all_fast: {
            request: kept,
            done: asAfter('write_unlock', 'returned'),
            write_unlock: followedBy(() => 'done'),
            returned: added(becomes([null, () => ret()])),
          },
        },
      },
      {
        steps: {
          kvm_mmu_zap_all_fast: {
            requested: becomes([null, () => 'done']),
            done: asAfter('requested', 'spin_unlock'),
            spin_unlock: followedBy(() => ret()),
          },
        },
      },
    ],
  },
  {
    id: 'unlink-after-zap',
    kind: 'order',
    statement: 'A root stays on the list until it is empty: notifiers find there what it still maps.',
    bugs: ['B8'],
    restates: ['I13', 'I14'],
    shownIn: ['m-n', 'b6', 'm-r'],
    forms: [
      {
        steps: {
          tdp_mmu_zap_root_work: {
            read_lock: followedBy(() => 'unlink_lock'),
            ...unlink_now('zap_unlinked'),
            zap_unlinked: added(asAfter('read_lock', 'zapped')),
          },
          kvm_tdp_mmu_put_root: delOnce,
          // Only where workers zap.
          tdp_mmu_schedule_zap_root: { queue_work: kept },
          kvm_tdp_mmu_zap_invalidated_roots: { flush_workqueue: kept },
        },
      },
      {
        steps: {
          kvm_tdp_mmu_zap_invalidated_roots: {
            kvm_bug_on_valid: followedBy((_l, role) =>
              role_is_invalid(role) ? 'unlink_lock' : 'report_valid',
            ),
            ...unlink_now('tdp_mmu_zap_root'),
          },
          kvm_tdp_mmu_put_root: delOnce,
        },
      },
    ],
    absent: ({ id, rules }) =>
      rules.era === 'a' || rules.era === 'b' ? `the last put in ${id} unlinks first: see B8` : null,
  },
  {
    id: 'sequence-before-pfn',
    kind: 'order',
    statement: "A fault remembers the notifier's sequence number before it looks the host page up.",
    bugs: [],
    restates: [],
    shownIn: ['v-n'],
    forms: ['read_lock', 'spin_lock'].map((lock) => ({
      steps: {
        direct_page_fault: {
          [lock]: kept,
          read_invalidate_seq: answered(0),
          faulted_in: redirected((next) =>
            next === 'read_lock' || next === 'spin_lock' ? 'late_seq' : next,
          ),
          late_seq: added(
            becomes([
              (l) => op.read_vm(l.vm, VM.INVALIDATE_SEQ),
              (l, seq) => {
                l.seq = seq;
                return 'late_seq_read';
              },
            ]),
          ),
          late_seq_read: added(goesTo(lock)),
        },
      },
    })),
  },
  {
    id: 'look-again-before-making',
    kind: 'order',
    statement: 'Who has found no root looks again under tdp_mmu_pages_lock before it makes one.',
    bugs: [],
    restates: [],
    shownIn: ['v-v'],
    forms: [{ steps: { kvm_tdp_mmu_alloc_root: { spin_lock: followedBy(() => 'tdp_mmu_alloc_sp') } } }],
    absent: () => 'a root is looked up and made in one section under mmu_lock that excludes all others',
  },
  {
    id: 'next-before-put',
    kind: 'order',
    statement: 'A walk over roots has the next one before it puts the one it stands on.',
    bugs: [],
    restates: [],
    shownIn: ['v-v-n', 'm-n-idle'],
    forms: [
      {
        steps: {
          tdp_mmu_next_root: {
            put_first: becomes([
              null,
              (l) =>
                l.prev >= 0
                  ? call(fn.kvm_tdp_mmu_put_root, 'prev_put', l.vm, l.prev, l.shared, HOLDER.iterator)
                  : 'prev_put',
            ]),
            prev_put: added(beginsAsBefore),
            rcu_read_unlock: followedBy((l) => ret(l.next)),
          },
        },
        entry: { tdp_mmu_next_root: 'put_first' },
      },
      {
        steps: {
          tdp_mmu_next_root: {
            start: becomes([
              null,
              (l) =>
                l.prev >= 0
                  ? call(fn.kvm_tdp_mmu_put_root, 'prev_put', l.vm, l.prev, 0, HOLDER.iterator)
                  : 'list_first',
            ]),
            prev_put: added(becomes([null, () => 'list_next'])),
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
    id: 'flag-before-invalid',
    kind: 'order',
    statement: 'A root is flagged as owing a zap before it is made invalid.',
    bugs: [],
    restates: ['I33'],
    shownIn: ['v-m', 'm-k-d'],
    forms: ['kvm_tdp_mmu_invalidate_roots', 'kvm_tdp_mmu_invalidate_all_roots'].map((name) => ({
      steps: {
        [name]: {
          role_invalid: redirected((next) => (next === 'set_scheduled_root_to_zap' ? 'set_invalid' : next)),
          set_invalid: followedBy(() => 'set_scheduled_root_to_zap'),
          set_scheduled_root_to_zap: followedBy(() => 'next'),
        },
      },
    })),
    absent: ({ rules }) => (rules.era < 'f' ? 'there is no such flag before v6.6' : null),
  },
  {
    id: 'restart-at-entry',
    kind: 'order',
    statement: 'A walk that has yielded begins again at the entry before which it yielded.',
    bugs: ['B19'],
    restates: ['I26'],
    shownIn: ['b19', 'm-r', 'm-n'],
    forms: [
      { steps: { zap_gfn_range: { advance: kept } }, constants: { restartAdvances: 1 } },
      {
        steps: {
          tdp_mmu_zap_leafs: {
            resched: redirected((next, l, yielded) => {
              if (yielded !== 0) l.index++;
              return next;
            }),
          },
          __tdp_mmu_zap_root: {
            tell_yielded: redirected((next, l) => {
              l.index++;
              return next;
            }),
          },
        },
      },
    ],
    absent: ({ id, constants }) =>
      constants['restartAdvances'] === 1 ? `${id} steps over it: that is B19` : null,
  },
];
