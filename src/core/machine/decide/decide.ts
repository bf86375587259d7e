// decide: op and world -> events and an answer. A table from op kind to rule.
import { AssertionError, assert } from '../../base/assert.js';
import type { Decide } from './context.js';
import { lockDecisions } from './locks.js';
import { plainDecisions } from './plain.js';
import { rootDecisions } from './roots.js';
import { tableDecisions } from './tables.js';
import { vcpuDecisions } from './vcpu.js';

const table: Decide[] = Array.from({ length: 96 }, (_, kind): Decide => {
  return () => {
    throw new AssertionError(`decide: no rule for op kind ${kind}`);
  };
});
const known = new Set<string>();
for (const family of [lockDecisions, plainDecisions, rootDecisions, tableDecisions, vcpuDecisions]) {
  for (const [kind, rule] of Object.entries(family)) {
    assert(!known.has(kind), `op kind ${kind} has one rule`);
    known.add(kind);
    table[Number(kind)] = rule;
  }
}

export const DECIDE: readonly Decide[] = table;
