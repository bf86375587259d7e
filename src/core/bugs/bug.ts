// What is known of a real bug of the TDP MMU's root lifecycle: a fact sheet. The explorer's catalogue shows each one on a
// litmus; `explain` recognises what it prints.

/** How a checker can show it: by which kind of verdict. */
export type BugKind =
  | 'safety'
  | 'assertion'
  | 'crash'
  | 'liveness'
  | 'budget'
  | 'metric'
  | 'schedule'
  | 'silent';

export interface Fix {
  /** First 12 digits. */
  readonly commit: string;
  readonly title: string;
}

/** What the kernel prints first. */
export type Headline =
  | 'kasan'
  | 'warning'
  | 'refcount'
  | 'soft-lockup'
  | 'rcu-stall'
  | 'lockdep'
  | 'hung-task'
  | 'null-dereference'
  | 'general-protection-fault'
  | 'kernel-bug'
  | 'list-corruption'
  | 'slab-objects-remain';

/** One way in which a bug shows itself. Names are C functions; a name matches compiler suffixes (.part.0, .isra.0) too. */
export interface Splat {
  readonly headline: readonly Headline[];
  /** The function that the headline (or RIP) names: one of these. Empty: any. */
  readonly in: readonly string[];
  /** Of each group, one must be on the stack. */
  readonly stack: readonly (readonly string[])[];
  /** None of these may be on the stack. */
  readonly without?: readonly string[];
  /** Why this text means this bug, in one sentence. */
  readonly because: string;
}

export interface Bug {
  readonly id: string;
  readonly title: string;
  readonly kind: BugKind;
  readonly fixes: readonly Fix[];
  /** First kernel that has it, and the first one that has not. Null: none known, or never released. */
  readonly since: string | null;
  readonly fixedIn: string | null;
  /** The reference's words, with what is not known. */
  readonly affected: string;
  readonly breaks: readonly string[];
  readonly configuration: string;
  /** The order that makes it happen, in one sentence. */
  readonly order: string;
  /** What it prints; empty where it prints nothing of its own. */
  readonly splats: readonly Splat[];
  /** Where it prints nothing of its own: what is seen instead. */
  readonly seen?: string;
  /** An endless run of it goes through all of these functions, again and again. */
  readonly repeats?: readonly string[];
}

/** What a report of this kind begins with. */
export const HEADLINE_TEXT: { readonly [H in Headline]: string } = {
  kasan: 'BUG: KASAN: slab-use-after-free',
  warning: 'WARNING',
  refcount: 'refcount_t: underflow; use-after-free',
  'soft-lockup': 'watchdog: BUG: soft lockup',
  'rcu-stall': 'rcu: INFO: rcu_preempt self-detected stall',
  lockdep: 'WARNING: suspicious RCU usage',
  'hung-task': 'INFO: task blocked for more than 120 seconds',
  'null-dereference': 'BUG: kernel NULL pointer dereference',
  'general-protection-fault': 'general protection fault',
  'kernel-bug': 'kernel BUG',
  'list-corruption': 'list_del corruption',
  'slab-objects-remain': 'Objects remaining in kvm_mmu_page_header',
};
