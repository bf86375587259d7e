// Rules as data: every protocol has a rule or says why not, and a protocol without one is another protocol that still links.
import { expect, test } from 'vitest';
import { diffProtocols } from '../../../src/core/protocols/diff.js';
import { link } from '../../../src/core/protocols/protocol.js';
import { findProtocol } from '../../../src/core/protocols/registry.js';
import { relax } from '../../../src/core/protocols/relax/forms.js';
import { RELAX_RULES } from '../../../src/core/protocols/relax/rules.js';
import { MACHINE_LITMUS } from '../../../src/core/scenarios/litmus/index.js';

const ERAS = ['v5.10', 'v5.15', 'v5.18', 'seed-draft', 'v6.4', 'v6.6', 'v6.9', 'v6.14'];

test('rules have names of their own, litmus that exist and invariants that exist', () => {
  expect(new Set(RELAX_RULES.map(({ id }) => id)).size).toBe(RELAX_RULES.length);
  const litmus = MACHINE_LITMUS.map(({ id }) => id);
  for (const { id, shownIn, restates } of RELAX_RULES) {
    expect(
      shownIn.filter((name) => !litmus.includes(name)),
      id,
    ).toEqual([]);
    for (const name of restates) expect(name).toMatch(/^(I\d{1,2}(\.\d+)?|[A-Z_]+)$/);
  }
});

test.each(ERAS)('%s: a rule is dropped where it is kept; else the reason is said', (id) => {
  const base = findProtocol(id);
  const digests = new Set([link(base).digest]);
  const applicable: string[] = [];
  const absent: string[] = [];
  const reasons: string[] = [];
  for (const rule of RELAX_RULES) {
    const relaxed = relax(base, rule);
    if ('reason' in relaxed) {
      reasons.push(relaxed.reason);
      absent.push(rule.id);
      continue;
    }
    applicable.push(rule.id);
    const { protocol, places } = relaxed;
    expect(findProtocol(protocol.id)).toMatchObject({ id: `${id}~${rule.id}`, base: id, without: rule.id });
    expect(places.length, rule.id).toBeGreaterThan(0);
    const linked = link(protocol);
    expect(digests.has(linked.digest), `${rule.id}: the digest tells it from all others`).toBe(false);
    digests.add(linked.digest);
    const { functions, constants } = diffProtocols(base, protocol);
    expect(functions.length + constants.length, rule.id).toBeGreaterThan(0);
  }
  expect(applicable.length).toBeGreaterThanOrEqual(15);
  expect(reasons.filter((reason) => reason.length <= 10)).toEqual([]);
  for (const rule of absent) expect(() => findProtocol(`${id}~${rule}`)).toThrow(/has no rule/);
});

test('no such rule, no such protocol', () => {
  expect(() => findProtocol('v6.4~nothing')).toThrow(
    /unknown rule "nothing"; expected one of: mmu-lock-in-load/,
  );
  expect(() => findProtocol('v9~get-in-load')).toThrow(/unknown protocol "v9"/);
});
