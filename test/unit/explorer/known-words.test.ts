// Exchanging names needs to know what every word is: a local or a record that the tables do not know turns symmetry off, and a
// search takes tens of times as long.
import { expect, test } from 'vitest';
import { layoutIsKnown } from '../../../src/core/explorer/machine-model/key-words.js';
import { localKinds } from '../../../src/core/explorer/machine-model/locals.js';
import { link } from '../../../src/core/protocols/protocol.js';
import { PROTOCOLS } from '../../../src/core/protocols/registry.js';

test('every local of every shipped protocol, and every record of the world, is known', () => {
  expect(layoutIsKnown()).toBe(true);
  for (const protocol of PROTOCOLS)
    expect({ [protocol.id]: localKinds(link(protocol)).unknown }).toEqual({ [protocol.id]: [] });
});
