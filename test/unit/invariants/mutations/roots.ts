// Mutations of the life of roots: references, the list, validity, the zap that is owed, work items.
import { PAGE } from '../../../../src/core/aggregates/layout.js';
import { CPU_STATE } from '../../../../src/core/events/constants.js';
import { HOLDER } from '../../../../src/core/events/root.events.js';
import { fn } from '../../../../src/core/kernel/functions.js';
import { op } from '../../../../src/core/machine/op.js';
import { call } from '../../../../src/core/machine/procedure.js';
import { mainThread, rcu, vcpuThread, worker } from '../../../../src/core/scenarios/litmus/litmus.js';
import { type Mutation, threads } from './mutation.js';

const INVALID = 0x800;

/** One vCPU that drops what it has just loaded: the tree is empty. */
const loadAndReset = threads(() => [
  mainThread({ vcpus: 1 }),
  vcpuThread(0, 'vcpu', (s) => s.load().reset()),
  worker(),
  rcu,
]);

export const ROOT_MUTATIONS: readonly Mutation[] = [
  {
    breaks: 1,
    what: 'a root is born with two references, and nothing else of the draft is there',
    protocol: 'v5.18',
    steps: {
      kvm_tdp_mmu_get_vcpu_root_hpa: {
        tdp_mmu_alloc_sp: [
          (l) => op.alloc_root(l.vm, l.role, 2),
          (l, root) => {
            l.root = root;
            return 'spin_lock';
          },
        ],
      },
    },
    litmus: 'v-d',
  },
  {
    breaks: 2,
    what: 'a fast zap puts a root again that was zapped before',
    protocol: 'v6.6~zap-once',
    litmus: 'b24',
  },
  { breaks: 3, what: 'the walk at destruction without RCU (B13)', protocol: 'seed-draft', litmus: 'v-d' },
  { breaks: 5, what: 'the last put frees at once', protocol: 'v6.4~rcu-before-root-free', litmus: 'v-d' },
  {
    breaks: 6,
    what: 'the last put unlinks without tdp_mmu_pages_lock',
    protocol: 'v5.18~pages-lock-in-put',
    litmus: 'v-k',
  },
  {
    breaks: 7,
    what: 'who made no root does not look again under the lock',
    protocol: 'v6.14~look-again-before-making',
    litmus: 'v-v',
  },
  {
    breaks: 8,
    what: 'a root is made with the role word of an invalid one',
    protocol: 'v6.4',
    steps: {
      kvm_tdp_mmu_get_vcpu_root_hpa: {
        tdp_mmu_alloc_sp: [
          (l) => op.alloc_root(l.vm, l.role | INVALID, 2),
          (l, root) => {
            l.root = root;
            return 'spin_lock';
          },
        ],
      },
    },
    litmus: loadAndReset,
  },
  {
    breaks: 9,
    what: 'a fast zap invalidates under the read lock, and the assertion went with it',
    protocol: 'v5.18~mmu-lock-write-in-fast-zap',
    steps: {
      kvm_tdp_mmu_invalidate_all_roots: { lockdep_assert_held_write: [null, () => 'list_for_each_entry'] },
    },
    litmus: 'v-m',
  },
  {
    breaks: 10,
    what: "the last vCPU puts the TDP MMU's own reference with its own",
    protocol: 'v6.4',
    steps: {
      mmu_free_root_page: {
        clear: [
          (l) => op.drop_root(l.vcpu, l.slot, l.w.pageWord(l.root, PAGE.ROLE), l.root),
          (l) => call(fn.kvm_tdp_mmu_put_root, 'put', l.vm, l.root, l.shared, HOLDER.tdpMmu),
        ],
      },
    },
    litmus: loadAndReset,
  },
  {
    breaks: 11,
    what: 'the resurrected root gets no count for its worker',
    protocol: 'v5.18~count-for-worker',
    litmus: 'v-k',
  },
  {
    breaks: 12,
    what: 'the worker takes one more reference on the root that it has zapped',
    protocol: 'v5.18',
    steps: {
      tdp_mmu_zap_root_work: {
        zapped: [
          (l) => op.refcount_inc_not_zero(l.root, HOLDER.iterator),
          (l) => call(fn.kvm_tdp_mmu_put_root, 'read_unlock', l.vm, l.root, 1, HOLDER.work),
        ],
      },
    },
    litmus: loadAndReset,
  },
  {
    breaks: 13,
    what: 'the last put unlinks first and zaps then (B8, naively repaired)',
    protocol: 'v5.18~unlink-after-zap',
    litmus: loadAndReset,
  },
  {
    breaks: 14,
    what: 'an invalidation takes no reference for the zap',
    protocol: 'v5.18~get-for-zap',
    litmus: 'v-m',
  },
  {
    breaks: 15,
    what: 'a fast zap returns before its work is done',
    protocol: 'v5.18~zap-before-return',
    litmus: 'v-m',
  },
  {
    breaks: 28,
    what: 'the notifier walks roots without a reference (B7)',
    protocol: 'v5.15',
    litmus: 'v-v-n',
  },
  {
    breaks: 30,
    what: 'the VM goes before the callbacks have freed its pages',
    protocol: 'v5.18~rcu-barrier-at-the-end',
    litmus: 'v-d',
  },
  { breaks: 31, what: 'an invalid root is queued again', protocol: 'v5.18~zap-once', litmus: 'b24' },
  {
    breaks: 32,
    what: 'the work queue is destroyed first, and the roots are invalidated then',
    protocol: 'v6.4',
    steps: {
      kvm_mmu_uninit_tdp_mmu: {
        invalidate_all_roots: [null, () => 'destroy_workqueue'],
        warn_tdp_mmu_pages: [null, (l) => call(fn.kvm_tdp_mmu_invalidate_all_roots, 'rcu_barrier', l.vm)],
      },
    },
    litmus: 'v-d',
  },
  {
    breaks: 33,
    what: 'an invalid root is flagged again',
    protocol: 'v6.6',
    steps: {
      kvm_tdp_mmu_invalidate_all_roots: {
        role_invalid: [(l) => op.read_role(l.root), () => 'set_scheduled_root_to_zap'],
      },
    },
    litmus: 'b24',
  },
  {
    breaks: 34,
    what: 'vCPUs are told behind the lock that made the roots invalid',
    protocol: 'v5.18~request-before-unlock',
    litmus: 'v-m',
  },
  {
    breaks: 36,
    what: 'EFER.NX and CR0.WP stay in the role when roots are kept: as before v5.19',
    protocol: 'v6.4',
    constants: { roleBitsFromGuest: 1 },
    // Four vCPUs, each with a root outside and one inside SMM, one after the other.
    litmus: threads(
      () => [
        mainThread({
          vcpus: 4,
          smm: true,
          made: (s) => {
            for (const [v, bits] of [
              0,
              CPU_STATE.CR0_WP,
              CPU_STATE.EFER_NX,
              CPU_STATE.CR0_WP | CPU_STATE.EFER_NX,
            ].entries())
              s.setSregs(v, bits);
          },
        }),
        ...[0, 1, 2, 3].map((v) => vcpuThread(v, `vcpu${v}`, (s) => s.load().smm(true).load())),
        worker(),
        rcu,
      ],
      { vcpus: 4 },
    ),
    searched: false,
  },
];
