// What a rule of a protocol is, and what is left of the protocol without it. A rule names the steps that keep it in each era;
// `forms.ts` takes them away. Plain data but for the edits of steps.
import type { Procedure, Step } from '../../machine/procedure.js';
import type { Protocol } from '../protocol.js';

/** `get`: a reference taken, kept or given back. `check`: something that is looked at before going on. */
export const RULE_KINDS = ['lock', 'rcu', 'flush', 'get', 'order', 'check'] as const;
export type RuleKind = (typeof RULE_KINDS)[number];

export type AnyStep = Step<string, string>;
/** What a step becomes; undefined: the procedure has no such step and gets one. */
export type Edit = (
  step: AnyStep | undefined,
  at: { readonly procedure: Procedure; readonly label: string },
) => AnyStep;

/** How one era keeps the rule: it has these procedures with these steps, and these constants with other values. */
export interface Form {
  /** It is another protocol's otherwise, whatever its steps are called. */
  readonly only?: (protocol: Protocol) => boolean;
  /** By C name, by label. */
  readonly steps?: { readonly [procedure: string]: { readonly [label: string]: Edit } };
  /** By C name: the label at which it begins, one of `steps` that it has not had. */
  readonly entry?: { readonly [procedure: string]: string };
  /** By C name: locals that its edited steps have besides. */
  readonly locals?: { readonly [procedure: string]: readonly string[] };
  /** Values without the rule. */
  readonly constants?: { readonly [name: string]: number };
}

export interface RelaxRule {
  readonly id: string;
  readonly kind: RuleKind;
  /** What the kernel does, in one sentence. */
  readonly statement: string;
  /** Real bugs in which it was missing, or kept badly. */
  readonly bugs: readonly string[];
  /**
   * Invariants (`I19`, or `I19.3` for one of its details) and assertions that say no more than the rule itself. They are not
   * asked when it is dropped: what is looked for is what the rule is good for.
   */
  readonly restates: readonly string[];
  /** Litmus that are likely to show it: searched first. */
  readonly shownIn: readonly string[];
  /** The first that the protocol has is dropped. */
  readonly forms: readonly Form[];
  /** Why a protocol that has none of the forms lacks the rule; null: nothing better is known than what is missing. */
  readonly absent?: (protocol: Protocol) => string | null;
}

export interface Place {
  readonly function: string;
  readonly labels: readonly string[];
}

/** A protocol without one of its rules; or why there is no such thing. */
export type Relaxed =
  | { readonly protocol: Protocol; readonly places: readonly Place[] }
  | { readonly reason: string };
