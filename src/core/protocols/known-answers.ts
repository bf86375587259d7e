// Protocols that exist to be found wrong: release candidates, stable trees and repairs with a bug that no release of the others has.
// `findProtocol` knows them, no list shows them. Each is its base with the few steps that the bug is made of.

import { LOCK_KIND, PAGE, VCPU, VM } from '../aggregates/layout.js';
import { ROLE, role_is_invalid } from '../aggregates/role.js';
import { E } from '../events/catalogue.js';
import { ASSERTION, FLUSH, RESET, RETRY } from '../events/constants.js';
import { kvm_mmu_free_roots_v6_9 } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_mmu_free_roots@v6.9.js';
import { kvm_mmu_load } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_mmu_load.js';
import { ept_page_fault_v5_16 } from '../kernel/arch/x86/kvm/mmu/paging_tmpl/ept_page_fault@v5.16.js';
import { GFN_END } from '../kernel/arch/x86/kvm/mmu/tdp_iter.js';
import { kvm_mmu_init_tdp_mmu_v5_18 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_mmu_init_tdp_mmu@v5.18.js';
import { leftover_checks } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_mmu_uninit_tdp_mmu@v5.13.js';
import { kvm_mmu_uninit_tdp_mmu_steps } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_mmu_uninit_tdp_mmu@v5.18.js';
import { kvm_tdp_mmu_get_vcpu_root_hpa_seed_draft } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_get_vcpu_root_hpa@seed-draft.js';
import { walk_of_roots } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_invalidate_all_roots@v5.18.js';
import { kvm_tdp_mmu_put_root_v5_13 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_put_root@v5.13.js';
import { kvm_vcpu_ioctl_set_cpuid2_v5_17 } from '../kernel/arch/x86/kvm/x86/kvm_vcpu_ioctl_set_cpuid2@v5.17.js';
import { fn } from '../kernel/functions.js';
import { gfn_to_hva_page, slot_id } from '../kernel/virt/kvm/kvm_main/memslots.js';
import { op } from '../machine/op.js';
import { call, type Procedure, procedure, ret } from '../machine/procedure.js';
import { profile_6_1_192 } from './profiles.js';
import { extend, type Protocol } from './protocol.js';
import { v5_16 } from './releases.js';
import { v5_15 } from './v5.15.js';
import { v5_18 } from './v5.18.js';
import { v6_9 } from './v6.9.js';

/** The form `of` with some of its steps in another one. */
function changed(of: Procedure, since: string, steps: Procedure['steps']): Procedure {
  return { ...of, head: { ...of.head, since }, steps: { ...of.steps, ...steps } };
}

// ---- B24: the draft on v5.15, line by line ----

const invalidates_without_reference = procedure(
  'kvm_tdp_mmu_invalidate_all_roots',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'draft on v5.15',
    params: ['vm'],
    locals: ['root'],
    leftOut: 'nothing',
  },
  {
    read_users_count: [
      (l) => op.read_vm(l.vm, VM.USERS_COUNT),
      (_l, users) => (users !== 0 ? 'lockdep_assert_held_write' : 'list_for_each_entry'),
    ],
    lockdep_assert_held_write: walk_of_roots.lockdep_assert_held_write,
    list_for_each_entry: walk_of_roots.list_for_each_entry,
    role_invalid: [
      (l) => op.read_role(l.root),
      (_l, role) => (role_is_invalid(role) ? 'next' : 'set_invalid'),
    ],
    set_invalid: [(l) => op.set_invalid(l.root), () => 'next'],
    next: walk_of_roots.next,
  },
);
const uninit_that_invalidates = procedure(
  'kvm_mmu_uninit_tdp_mmu',
  { file: 'arch/x86/kvm/mmu/tdp_mmu.c', since: 'draft on v5.15', params: ['vm'], leftOut: 'nothing' },
  {
    invalidate_all_roots: [
      null,
      (l) => call(fn.kvm_tdp_mmu_invalidate_all_roots, 'zap_invalidated_roots', l.vm),
    ],
    zap_invalidated_roots: [
      null,
      (l) => call(fn.kvm_tdp_mmu_zap_invalidated_roots, 'warn_tdp_mmu_pages', l.vm),
    ],
    ...leftover_checks,
  },
);
const naiveSeed = extend(v5_15, {
  id: 'v5.15-naive-seed',
  title: 'the draft on v5.15, line by line: each update puts every invalid root (B24)',
  source: 'reported 14 Apr 2023 on 5.15.107',
  replace: [kvm_tdp_mmu_get_vcpu_root_hpa_seed_draft, invalidates_without_reference, uninit_that_invalidates],
  rules: { initialRefcount: 2 },
});

// ---- B8: the repair that suggests itself ----

const yieldInLastPut = extend(v5_15, {
  id: 'v5.15-yield-in-last-put',
  title: 'v5.15 whose last put may yield in its zap: the root is off the list already (B8)',
  source: 'the naive repair of B8 (reference, section 4)',
  replace: [
    changed(kvm_tdp_mmu_put_root_v5_13, 'naive repair of v5.13', {
      tell_started: [
        (l) => op.tell_root(E.RootZapStarted, l.w.pageWord(l.root, PAGE.SERIAL), l.shared, 0, l.root),
        (l) => call(fn.zap_gfn_range, 'zapped', l.vm, l.root, 0, GFN_END, l.shared === 1 ? 3 : 1, 0),
      ],
    }),
  ],
});

// ---- B11: alloc_workqueue may fail ----

const init_ignores_failure = changed(kvm_mmu_init_tdp_mmu_v5_18, 'v5.18-rc1', {
  alloc_workqueue: [null, (l) => (l.env.constants['allocWorkqueueFails'] === 1 ? ret(0) : 'workqueue_there')],
});
const uninit_of_a_workqueue = procedure(
  'kvm_mmu_uninit_tdp_mmu',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.18-rc1',
    params: ['vm'],
    leftOut: 'what a kernel does after the fault (the thread goes on here)',
  },
  {
    tdp_mmu_zap_wq: [
      (l) => op.read_vm(l.vm, VM.WQ),
      (_l, workqueue) => (workqueue === 0 ? 'general_protection_fault' : 'destroy_workqueue'),
    ],
    general_protection_fault: [
      (l) => op.report(ASSERTION.GPF_NULL_WORKQUEUE, l.vm),
      () => 'warn_tdp_mmu_pages',
    ],
    ...kvm_mmu_uninit_tdp_mmu_steps,
  },
);
const ignoresWorkqueueFailure = extend(v5_18, {
  id: 'v5.18-rc1',
  title: 'v5.18 as its worker came: a failing alloc_workqueue is not noticed (B11)',
  source: '22b94c4b63eb',
  replace: [init_ignores_failure, uninit_of_a_workqueue],
});
// ---- B16: KVM_SET_CPUID clears the whole role ----

const clears_role = changed(kvm_vcpu_ioctl_set_cpuid2_v5_17, 'v6.9-rc1', {
  reset_context: [
    (l) => op.tell_vcpu(E.RoleComputed, l.vcpu, 0, l.w.vcpuWord(l.vcpu, VCPU.ROLE)),
    (l) => call(fn.kvm_mmu_reset_context, 'done', l.vcpu, RESET.CPUID),
  ],
});
const free_roots_steps = kvm_mmu_free_roots_v6_9.steps;
const drops_by_role = changed(kvm_mmu_free_roots_v6_9, 'v6.9-rc1', {
  read_lock: [
    null,
    (l) => ((l.w.vcpuWord(l.vcpu, VCPU.ROLE) & ROLE.DIRECT) !== 0 ? 'read_lock_direct' : 'write_lock'),
  ],
  read_lock_direct: free_roots_steps['read_lock'],
  write_lock: [
    (l) => op.write_lock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)),
    (l) => {
      l.slot = 1;
      return 'for_each_prev_root';
    },
  ],
  read_unlock: [
    null,
    (l) => ((l.w.vcpuWord(l.vcpu, VCPU.ROLE) & ROLE.DIRECT) !== 0 ? 'read_unlock_direct' : 'write_unlock'),
  ],
  read_unlock_direct: free_roots_steps['read_unlock'],
  write_unlock: [(l) => op.write_unlock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)), () => ret()],
});
const dropsByRole = extend(v6_9, {
  id: 'v6.9-rc1',
  title: "v6.9 as its drop under the read lock came: KVM_SET_CPUID makes it take the shadow MMU's way (B16)",
  source: '576a15de8d29 without 4fa96da3e6fe',
  replace: [clears_role, drops_by_role],
});

// ---- B10i: the stale check looks at a shadow page that is not there ----

const derefs_root_sp = changed(ept_page_fault_v5_16, 'v5.16-rc5', {
  request_pending: [(l) => op.report(ASSERTION.NULL_ROOT_SHADOW_PAGE, l.root), () => 'write_unlock'],
});
const dereferencesRootSp = extend(v5_16, {
  id: 'v5.16-rc5',
  title: 'v5.16 as its stale check came: it reads the shadow page of roots that have none (B10i)',
  source: 'a955cad84cda without 18c841e1f411',
  replace: [derefs_root_sp],
});

// ---- B10ii: the fault keeps mmu_invalidate_seq in an int ----

const stale_by_int = procedure(
  'is_page_fault_stale',
  {
    file: 'arch/x86/kvm/mmu/mmu.c',
    since: '6.1.y before 9829185ace98',
    params: ['vcpu', 'slot', 'gfn', 'seq'],
    leftOut: 'roots without a shadow page',
  },
  {
    is_obsolete_sp: [
      (l) => op.read_role(l.w.vcpuWord(l.vcpu, VCPU.ROOT) - 1),
      (l, role) => {
        if (role_is_invalid(role)) return ret(RETRY.ROOT_INVALID);
        if (l.slot < 0) return ret(0);
        const { w } = l;
        const at = w.vm(w.vcpuWord(l.vcpu, VCPU.VM));
        // The VM has counted so many already: constant mmuSeqBase. The count is an unsigned long, the fault's copy an int.
        const base = l.env.constants['mmuSeqBase'] ?? 0;
        const copy = (base + l.seq) | 0;
        const extended = copy < 0 ? copy + 2 ** 64 : copy;
        if (base + w.s[at + VM.INVALIDATE_SEQ] !== extended) return ret(RETRY.NOTIFIER);
        if (w.s[at + VM.IN_PROGRESS] === 0) return ret(0);
        const hva = gfn_to_hva_page(w, slot_id(l.slot), l.gfn);
        return ret(hva >= w.s[at + VM.RANGE_START] && hva < w.s[at + VM.RANGE_END] ? RETRY.NOTIFIER : 0);
      },
    ],
  },
);
const intSequence = extend(profile_6_1_192, {
  id: '6.1-int-seq',
  title: '6.1.y whose faults keep mmu_invalidate_seq in an int (B10ii)',
  source: '6.1.y before 9829185ace98',
  replace: [stale_by_int],
});

// ---- B22: the flush of a load does not reach the outer hypervisor ----

const load_flushes_cpu = changed(kvm_mmu_load, 'v5.18', {
  flush_tlb_current: [
    (l) => op.flush_tlb_of_cpu(l.vcpu, FLUSH.LOAD, l.w.vcpuWord(l.vcpu, VCPU.ROOT) - 1),
    () => ret(),
  ],
});
const enlightenedNpt = extend(v5_18, {
  id: 'v5.18-enlightened-npt',
  title:
    "v5.18 on AMD below Hyper-V with its enlightened TLB: the flush of a load leaves Hyper-V's tables (B22)",
  source: 'v5.18 .. v6.2 before e5c972c1fada',
  replace: [load_flushes_cpu],
});

export const KNOWN_ANSWERS: readonly Protocol[] = [
  naiveSeed,
  yieldInLastPut,
  ignoresWorkqueueFailure,
  dropsByRole,
  dereferencesRootSp,
  intSequence,
  enlightenedNpt,
];
