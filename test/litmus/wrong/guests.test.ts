// Bugs that only a running guest shows, each found where it was: the rule, the place and the length of a shortest schedule of
// the reduced search. Goldens: they change with a procedure's steps or a reduction.
import { expect, it } from 'vitest';
import { findProtocol } from '../../../src/core/protocols/registry.js';
import { shortest } from '../litmus-support.js';

it.each([
  // B4: what NX recovery zapped is not flushed, and the page goes back to the host.
  ['b4', 'v5.10', 'I22', 'vmm_thread', 'set_page', 91],
  // B5: the walk yields in the second root before the flush that the first one asks for.
  ['b5', 'v5.10', 'I22', 'vmm_thread', 'set_page', 73],
])('%s is violated by %s: %s in %s @ %s, after %i steps', (id, protocol, rule, name, label, steps) => {
  const found = shortest(id, findProtocol(protocol));
  expect(found?.violation).toMatchObject({ rule, function: name, label });
  expect(found?.schedule.length).toBe(steps);
});
