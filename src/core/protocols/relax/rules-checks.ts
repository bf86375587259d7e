// Rules about what is looked at before going on, and about whom a walk goes to.
import { VCPU, VM } from '../../aggregates/layout.js';
import { ROOT_TYPE, role_is_invalid } from '../../aggregates/role.js';
import { RETRY } from '../../events/constants.js';
import { op } from '../../machine/op.js';
import { control } from '../../machine/procedure.js';
import type { Protocol } from '../protocol.js';
import { answered, becomes, calledWithRoots, kept, preparedBy, redirected } from './edits.js';
import type { AnyStep, RelaxRule } from './rule.js';

type Locals = Parameters<AnyStep[1]>[0];
const seqNow = (l: Locals): number => l.w.vmWord(l.w.vcpuWord(l.vcpu, VCPU.VM), VM.INVALIDATE_SEQ);

/** As if the fault had begun just now. */
const seenNow = preparedBy((l) => {
  l.seq = seqNow(l);
});
/** Nothing is in progress: only a changed number makes the fault stale. */
const whateverIsInProgress = redirected((next, l) => {
  if (next === '#return' && control.value === RETRY.NOTIFIER && seqNow(l) === l.seq) control.value = 0;
  return next;
});
const STALE_STEPS = ['is_obsolete_sp', 'mmu_notifier_retry_hva', 'mmu_notifier_retry'];

const onlyValid = calledWithRoots(() => 1);
const onlyDirect = calledWithRoots(() => ROOT_TYPE.DIRECT);
const noneInvalid = ({ id, rules }: Protocol): string | null => {
  if (rules.era === 'a') return 'no root is ever invalid';
  return rules.era === 'b' ? `${id} gives out no invalid root: that is B6` : null;
};

export const CHECK_RULES: readonly RelaxRule[] = [
  {
    id: 'root-check-in-fault',
    kind: 'check',
    statement: 'A fault looks under mmu_lock whether its root has been invalidated.',
    bugs: ['B9'],
    restates: [],
    shownIn: ['v-m'],
    forms: [{ steps: { is_page_fault_stale: { is_obsolete_sp: answered(0) } } }],
    absent: ({ id, rules }) => {
      if (rules.era === 'a') return 'no root is ever invalid';
      return rules.era === 'b' ? `${id} does not look: that is B9` : null;
    },
  },
  {
    id: 'sequence-check-in-fault',
    kind: 'check',
    statement: 'A fault looks under mmu_lock whether an invalidation has ended since it looked its page up.',
    bugs: [],
    restates: [],
    shownIn: ['v-n'],
    forms: STALE_STEPS.map((label) => ({ steps: { is_page_fault_stale: { [label]: seenNow } } })),
  },
  {
    id: 'progress-check-in-fault',
    kind: 'check',
    statement: 'A fault looks under mmu_lock whether an invalidation of its page is going on.',
    bugs: [],
    restates: [],
    shownIn: ['v-n'],
    forms: STALE_STEPS.map((label) => ({
      steps: { is_page_fault_stale: { [label]: whateverIsInProgress } },
    })),
  },
  {
    id: 'zap-once',
    kind: 'check',
    statement: 'A root that is invalid already, or zapped, is not zapped and put again.',
    bugs: ['B24'],
    restates: ['I31', 'I33'],
    shownIn: ['b24', 'm-n-idle'],
    forms: [
      {
        steps: {
          kvm_tdp_mmu_zap_invalidated_roots: {
            tdp_mmu_scheduled_root_to_zap: becomes([
              (l) => op.read_role(l.root),
              (_l, role) => (role_is_invalid(role) ? 'kvm_bug_on_valid' : 'next_root'),
            ]),
          },
        },
      },
      {
        steps: {
          kvm_tdp_mmu_invalidate_all_roots: {
            role_invalid: redirected((_next, _l) => 'kvm_tdp_mmu_get_root'),
            kvm_tdp_mmu_get_root: kept,
            warn_get_failed: kept,
          },
        },
      },
      {
        steps: {
          kvm_tdp_mmu_invalidate_all_roots: {
            role_invalid: redirected((_next, _l) => 'set_invalid'),
            read_users_count: kept,
            lockdep_assert_held_write: kept,
          },
        },
      },
    ],
    absent: ({ rules }) =>
      rules.era === 'a'
        ? 'no root is ever invalidated'
        : 'each update takes a reference to every listed root, invalid ones too, and gives it back',
  },
  {
    id: 'unmap-visits-invalid-roots',
    kind: 'check',
    statement: 'The MMU notifier unmaps in invalid roots, too: what they still map may be written back to.',
    bugs: ['B6'],
    restates: [],
    shownIn: ['m-n'],
    forms: [
      {
        steps: {
          kvm_tdp_mmu_zap_leafs: { first_root: onlyValid, next_root: onlyValid },
          kvm_tdp_mmu_unmap_gfn_range: { zap_leafs: kept },
        },
      },
      {
        steps: {
          kvm_tdp_mmu_unmap_gfn_range: { first_root: onlyDirect, next_root: onlyDirect },
          kvm_tdp_mmu_invalidate_roots: { role_invalid: kept },
        },
      },
      { steps: { kvm_tdp_mmu_unmap_gfn_range: { first_root: onlyValid, next_root: onlyValid } } },
    ],
    absent: noneInvalid,
  },
  {
    id: 'release-visits-invalid-roots',
    kind: 'check',
    statement: "The release of the process's memory empties invalid roots, too.",
    bugs: ['B6'],
    restates: [],
    shownIn: ['b6', 'm-r'],
    forms: [
      {
        steps: {
          kvm_tdp_mmu_zap_all: { first_root: onlyDirect, next_root: onlyDirect },
          kvm_tdp_mmu_invalidate_roots: { role_invalid: kept },
        },
      },
      { steps: { kvm_tdp_mmu_zap_all: { first_root: onlyValid, next_root: onlyValid } } },
    ],
    absent: noneInvalid,
  },
  {
    id: 'zap-reaches-top-level',
    kind: 'check',
    statement: "A zap of everything takes the root's own entries, whatever the host's address width.",
    bugs: ['B2'],
    restates: [],
    shownIn: ['b2'],
    forms: [{ steps: { zap_gfn_range: { visit: kept } }, constants: { zapsTopLevel: 0 } }],
    absent: ({ id, constants }) =>
      constants['zapsTopLevel'] === 0
        ? `${id} does not: that is B2`
        : 'since v5.18 a root is zapped entry by entry',
  },
];
