// What words are made from: the protocol that was searched, and the roles of the litmus's threads.
import type { ProtocolFacts } from '../../invariants/rules.js';
import type { LinkedProtocol } from '../../machine/link.js';

export interface Surveyed {
  readonly linked: LinkedProtocol;
  readonly rules: ProtocolFacts;
  readonly roles: readonly string[];
  /** Threads of each role. */
  readonly threads: readonly number[];
}
