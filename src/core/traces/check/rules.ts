// The rules of a check, by name: what is stated, and where the kernel does it. A refusal names one of them and says why this
// event, in the states still possible before it, does not obey it.

export interface Rule {
  readonly id: RuleId;
  readonly statement: string;
  /** The C function that makes it so. */
  readonly where: string;
}

const TEXTS = {
  'function-exists': ['a function or tracepoint that fires is one that the protocol has', 'any'],
  arguments: ['a function has the arguments that its probe prints', 'any'],
  'call-order': [
    'covered functions call each other as in the protocol; one that is silent did not run',
    'any',
  ],
  refcount: ['the count in memory is the one that counting from the birth on gives', 'kvm_tdp_mmu_put_root'],
  role: [
    'a root keeps its role word; only `invalid` is added, by an invalidation',
    'kvm_tdp_mmu_root_mark_invalid',
  ],
  'birth-count': ['a root is announced before its count is stored: 0', 'kvm_mmu_get_page'],
  'unique-role': ['at most one valid root for each role word', 'kvm_tdp_mmu_get_vcpu_root_hpa'],
  'lookup-result': [
    'a lookup gives the valid root with the role that the vCPU wants',
    'kvm_tdp_mmu_get_vcpu_root_hpa',
  ],
  'load-when-empty': ['a vCPU looks a root up only while it holds none', 'kvm_mmu_reload'],
  'entry-root': [
    'a vCPU enters the guest with a root, and not with one that it was told to drop',
    'vcpu_enter_guest',
  ],
  'entry-exit': ['entries and exits of one vCPU alternate', 'vcpu_enter_guest'],
  'put-by-holder': ['a reference is put by who holds it', 'kvm_tdp_mmu_put_root'],
  'put-follows': ['mmu_free_root_page of a root puts one reference', 'mmu_free_root_page'],
  'drop-all': ['a reset or unload drops every root of the vCPU', 'kvm_mmu_unload'],
  'drop-obsolete': ['invalid roots, and only those, are obsolete', 'kvm_mmu_free_obsolete_roots'],
  'last-put': ['what the put of the last reference does', 'kvm_tdp_mmu_put_root'],
  'lock-mode': ['mmu_lock is held in the mode that the function runs in', 'lockdep_assert_held'],
  'walk-order': [
    'a walk takes the roots one after the other, newest first, and leaves out none that it should see',
    'tdp_mmu_next_root',
  ],
  'walk-scope': ['who may only see valid roots never references an invalid one', 'tdp_mmu_next_root'],
  'zap-passes': ['a zap runs its passes in order, once each', '__tdp_mmu_zap_root'],
  'zap-caller': ['a root is zapped by who owes it', 'tdp_mmu_zap_root'],
  'zap-once': [
    'an invalidated root is zapped once, and its reference given back with it',
    'kvm_tdp_mmu_zap_invalidated_roots',
  ],
  invalidation: [
    'roots are invalidated by a fast zap or the end of the VM, all at once',
    'kvm_tdp_mmu_invalidate_all_roots',
  ],
  work: ['a work item is made once for an invalid root, queued, run, and done', 'tdp_mmu_zap_root_work'],
  'flush-waits': [
    'a fast zap returns when what it invalidated is zapped',
    'kvm_tdp_mmu_zap_invalidated_roots',
  ],
  'rcu-free': ['a table is freed once, after its last reference is gone', 'tdp_mmu_free_sp_rcu_callback'],
  'use-after-free': ['nothing names a root after it was freed', 'any'],
  'address-reuse': ['a page is handed out again only after it was freed', 'tdp_mmu_init_sp'],
  'smm-reset': ['SMM entry and exit reset the MMU context first', 'kvm_smm_changed'],
  'vm-order': [
    'a VM begins once, and ends after its vCPUs have dropped their roots and its memory is gone',
    'kvm_destroy_vm',
  ],
  'no-leak': ['nothing is left of the roots when the MMU goes', 'kvm_mmu_uninit_tdp_mmu'],
  churn: ['without an invalidation a role gets one root', 'kvm_tdp_mmu_get_vcpu_root_hpa'],
  'state-limit': ['the check keeps so many objects and no more', 'none'],
} as const;

export type RuleId = keyof typeof TEXTS;

export const RULES: readonly Rule[] = (Object.keys(TEXTS) as RuleId[]).map((id) => ({
  id,
  statement: TEXTS[id][0],
  where: TEXTS[id][1],
}));

/** Rules that a root's birth is enough to hold somebody to. */
export const SURE: ReadonlySet<RuleId> = new Set([
  'function-exists',
  'arguments',
  'refcount',
  'birth-count',
  'role',
  'state-limit',
]);

/** Rules that one line alone can break. */
export const SINGLE: ReadonlySet<RuleId> = new Set([
  'function-exists',
  'arguments',
  'birth-count',
  'state-limit',
]);

/** The line of an event, and its name. */
export interface Place {
  readonly lineNumber: number;
  readonly event: string;
}

export interface Refusal {
  readonly rule: RuleId;
  readonly why: string;
  /** Also where the trace begins in the middle. */
  readonly certain?: true;
  /** Where it was an earlier line. */
  readonly at?: Place | null;
}

export const refuse = (rule: RuleId, why: string): Refusal => ({ rule, why });
