// The rules, and a protocol without one of them by its id (`v6.4~rcu-in-invalidate-walk`).
import { BadInput } from '../../base/errors.js';
import type { Protocol } from '../protocol.js';
import { relax, WITHOUT } from './forms.js';
import type { RelaxRule } from './rule.js';
import { CHECK_RULES } from './rules-checks.js';
import { FLUSH_RULES } from './rules-flushes.js';
import { LOCK_RULES } from './rules-locks.js';
import { ORDER_RULES } from './rules-orders.js';
import { RCU_RULES } from './rules-rcu.js';
import { REFERENCE_RULES } from './rules-references.js';

export const RELAX_RULES: readonly RelaxRule[] = [
  ...LOCK_RULES,
  ...RCU_RULES,
  ...FLUSH_RULES,
  ...REFERENCE_RULES,
  ...ORDER_RULES,
  ...CHECK_RULES,
];

export function findRelaxRule(id: string): RelaxRule {
  const found = RELAX_RULES.find((rule) => rule.id === id);
  if (found !== undefined) return found;
  const known = RELAX_RULES.map((rule) => rule.id);
  throw new BadInput(
    'unknown-relax-rule',
    `unknown rule "${id}"; expected one of: ${known.join(', ')}`,
    known,
  );
}

/** Both halves of such an id; null: it is not one. */
export function splitRelaxed(id: string): { readonly protocol: string; readonly rule: string } | null {
  const at = id.indexOf(WITHOUT);
  return at < 0 ? null : { protocol: id.slice(0, at), rule: id.slice(at + 1) };
}

const made = new Map<string, Protocol>();

/** Made once: whoever asks again gets the same object. */
export function relaxedProtocol(base: Protocol, ruleId: string): Protocol {
  const id = `${base.id}${WITHOUT}${ruleId}`;
  const known = made.get(id);
  if (known !== undefined) return known;
  const relaxed = relax(base, findRelaxRule(ruleId));
  if ('reason' in relaxed)
    throw new BadInput('relax-not-applicable', `${base.id} has no rule ${ruleId}: ${relaxed.reason}`);
  made.set(id, relaxed.protocol);
  return relaxed.protocol;
}
