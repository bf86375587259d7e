// The shipped protocols and kernel profiles, by id.
import { BadInput } from '../base/errors.js';
import { everyEntry, splitEveryEntry } from './every-entry.js';
import { KNOWN_ANSWERS } from './known-answers.js';
import {
  profile_5_10_262,
  profile_6_1_192,
  profile_6_1_192_nofix,
  profile_6_12_117,
  profile_7_2_13,
} from './profiles.js';
import type { Protocol } from './protocol.js';
import { relaxedProtocol, splitRelaxed } from './relax/rules.js';
import { v5_10_0, v5_12, v5_12_before_freezing, v5_13, v5_15_0, v5_16 } from './releases.js';
import { seedDraft } from './seed-draft.js';
import { v5_10 } from './v5.10.js';
import { v5_15 } from './v5.15.js';
import { v5_18 } from './v5.18.js';
import { v6_4 } from './v6.4.js';
import { v6_6 } from './v6.6.js';
import { v6_9 } from './v6.9.js';
import { v6_14 } from './v6.14.js';

export const PROTOCOLS: readonly Protocol[] = [
  v5_10_0,
  v5_10,
  v5_12_before_freezing,
  v5_12,
  v5_13,
  v5_15_0,
  v5_15,
  v5_16,
  v5_18,
  seedDraft,
  v6_4,
  v6_6,
  v6_9,
  v6_14,
  profile_5_10_262,
  profile_6_1_192_nofix,
  profile_6_1_192,
  profile_6_12_117,
  profile_7_2_13,
];

let adopted: Protocol | null = null;

/**
 * In the process of a protocol that a user brought, which runs nothing else: it is found by its id as the shipped ones are.
 * No list shows it. Null: none any more.
 */
export function adoptProtocol(own: Protocol | null): void {
  adopted = own;
}

export function findProtocol(id: string): Protocol {
  if (adopted?.id === id) return adopted;
  const plain = splitEveryEntry(id);
  if (plain !== null) return everyEntry(findProtocol(plain));
  const relaxed = splitRelaxed(id);
  if (relaxed !== null) return relaxedProtocol(findProtocol(relaxed.protocol), relaxed.rule);
  const found = PROTOCOLS.find((p) => p.id === id) ?? KNOWN_ANSWERS.find((p) => p.id === id);
  if (found === undefined) {
    const known = PROTOCOLS.map((p) => p.id);
    throw new BadInput(
      'unknown-protocol',
      `unknown protocol "${id}"; expected one of: ${known.join(', ')}`,
      known,
    );
  }
  return found;
}

/** Shipped, or (in its process) adopted. */
export function hasProtocol(id: string): boolean {
  return (
    adopted?.id === id ||
    splitEveryEntry(id) !== null ||
    splitRelaxed(id) !== null ||
    [...PROTOCOLS, ...KNOWN_ANSWERS].some((p) => p.id === id)
  );
}
