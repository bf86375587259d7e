// What was found about the rules of a protocol: plain data, and one line for each.
import type { Place, RuleKind } from '../../protocols/relax/rule.js';

/**
 * `needed`: without it something breaks, here is how. `not_needed_in`: it holds in these litmus, which says nothing about others.
 * `bound_reached`: some search ended before it was through. `not_applicable`: the protocol has no such rule.
 */
export type RelaxAnswer = 'needed' | 'not_needed_in' | 'bound_reached' | 'not_applicable';

/** A litmus that was searched to its end without the rule, and nothing broke. */
export interface HeldIn {
  readonly litmus: string;
  readonly states: number;
}

export interface RelaxRow {
  readonly rule: string;
  readonly kind: RuleKind;
  readonly statement: string;
  /** Real bugs that were this rule. */
  readonly bugs: readonly string[];
  /** Functions and steps that keep it in this protocol; empty where it has none. */
  readonly places: readonly Place[];
  readonly answer: RelaxAnswer;
  /** Why it is not applicable; null otherwise. */
  readonly reason: string | null;
  /** Of the counterexample, and so are those that follow; null without one. */
  readonly litmus: string | null;
  /** `I17`, the name of a kernel assertion, `deadlock`, `crash`. */
  readonly invariant: string | null;
  readonly what: string | null;
  /** Steps of the schedule, as its session has it. */
  readonly steps: number | null;
  /** Which two steps had to be ordered, in one line. */
  readonly why: string | null;
  readonly sessionId: string | null;
  /** Where nothing broke. */
  readonly heldIn: readonly HeldIn[];
  /** Where a bound came first. */
  readonly boundIn: readonly string[];
  /** Where only a search whose reductions rest on the protocol's rules came to its end: it found nothing, which proves nothing. */
  readonly unconfirmedIn: readonly string[];
  /** Litmus in which no step of the rule is ever taken: not searched. */
  readonly notTakenIn: readonly string[];
  /** What was not asked, because it says no more than the rule. */
  readonly restates: readonly string[];
  readonly states: number;
  readonly seconds: number;
}

/** The litmus under the protocol as it is. */
export interface RelaxBase {
  readonly litmus: string;
  /** Why no rule is looked for in it; null: they are. */
  readonly leftOut: string | null;
  /** What the protocol breaks there with all its rules: not asked. */
  readonly brokenAnyway: readonly string[];
  /** Places of the steps that are taken in it. */
  readonly taken: readonly string[];
}

/** What a row says in one line. */
export function relaxLine(row: RelaxRow): string {
  switch (row.answer) {
    case 'needed':
      return row.why ?? row.what ?? '';
    case 'not_applicable':
      return row.reason ?? '';
    default:
      return searchedText(row);
  }
}

function searchedText({ heldIn, boundIn, unconfirmedIn }: RelaxRow): string {
  const parts = [
    ...(heldIn.length > 0 ? [`holds in these litmus: ${heldIn.map(({ litmus }) => litmus).join(', ')}`] : []),
    ...(unconfirmedIn.length > 0 ? [`nothing found, nothing shown in ${unconfirmedIn.join(', ')}`] : []),
    ...(boundIn.length > 0 ? [`a bound was reached in ${boundIn.join(', ')}`] : []),
  ];
  return parts.length > 0 ? parts.join('; ') : 'no step of it is taken in any of these litmus';
}
