// What of a protocol a check reads: its rules, and which functions it has in the form of which release. Plain data, so that a
// user's protocol is described where it runs and checked elsewhere.
import type { Protocol, ProtocolRules } from '../../protocols/protocol.js';
import type { RuleId } from './rules.js';

/** Where a protocol's own run is not what its rules and functions let a check expect. */
export interface Departure {
  readonly scenario: string;
  readonly seed: number;
  readonly rule: RuleId;
  readonly why: string;
}

export interface CheckedProtocol {
  readonly id: string;
  readonly base: string | null;
  readonly rules: ProtocolRules;
  readonly procedures: readonly { readonly name: string; readonly since: string }[];
  /** Null: none was found. */
  readonly departure: Departure | null;
}

export function checkedProtocol(
  { id, base, rules, procedures }: Protocol,
  departure: Departure | null = null,
): CheckedProtocol {
  const heads = procedures.map(({ name, head }) => ({ name, since: head.since }));
  return { id, base, rules, procedures: heads, departure };
}
