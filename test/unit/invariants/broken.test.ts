// One short, hand-written history per invariant that breaks it, and what else such a history cannot help breaking. The histories
// are in histories/, by theme; real protocols that break each are in mutations.test.ts.
import { expect, test } from 'vitest';
import { ASSERTION } from '../../../src/core/events/constants.js';
import { INVARIANTS } from '../../../src/core/invariants/catalogue.js';
import { holdersText } from '../../../src/core/invariants/holders.js';
import { Fold, NORMAL } from '../../support/fold.js';
import { FLUSHES } from './histories/flushes.js';
import { type Case, INVALID, K, loaded, M, RCU, V0 } from './histories/history.js';
import { REFERENCES } from './histories/references.js';
import { TABLES } from './histories/tables.js';
import { VALIDITY } from './histories/validity.js';

const cases: readonly Case[] = [...REFERENCES, ...VALIDITY, ...TABLES, ...FLUSHES];

test.each(cases)('%s', (_what, era, expected, history) => {
  const f = history(era);
  const distinct = f.found.filter(
    ([invariant, detail], k) => f.found.findIndex(([i, d]) => i === invariant && d === detail) === k,
  );
  expect(distinct).toEqual(expected);
  for (const [invariant] of expected) {
    expect(f.verdict(invariant)).toMatchObject({ verdict: 'violated', invariant: `I${invariant}` });
    expect(f.verdict(invariant).firstFinding?.what).not.toMatch(/^detail/);
  }
});

/** What no event can break: a metric. */
const NO_HISTORY = new Map([[37, 'measured over the whole run, below']]);

test('each invariant is among the findings of a first violating event, and is found when all others are off', () => {
  const first = new Set<number>();
  const alone = new Set<number>();
  for (const [what, era, expected, history] of cases) {
    const [ordinal] = history(era).set.structured.map((finding) => finding.ordinal);
    for (const finding of history(era).set.structured)
      if (finding.ordinal === ordinal) first.add(Number(finding.invariant.slice(1)));
    for (const number of new Set(expected.map(([invariant]) => invariant))) {
      Fold.only = [number];
      try {
        const f = history(era);
        const distinct = [...new Set(f.found.map(String))];
        expect(distinct, what).toEqual(expected.filter(([i]) => i === number).map(String));
        alone.add(number);
      } finally {
        Fold.only = [];
      }
    }
  }
  const missing = (seen: ReadonlySet<number>): number[] =>
    INVARIANTS.map((x) => x.number).filter((n) => !seen.has(n));
  expect(missing(alone)).toEqual([...NO_HISTORY.keys()]);
  expect(missing(first)).toEqual([...NO_HISTORY.keys()]);
});

test('a finding says which put is missing or too many, and whose', () => {
  const missing = loaded('d');
  missing.f.lock(V0, 'write').on(V0, 'RootDropped', 0, 0, NORMAL, missing.root);
  expect(missing.f.set.structured[0]).toMatchObject({
    invariant: 'I1',
    event: 'RootDropped',
    thread: V0,
    holders: { root: 1, role: '4-level', refcount: 2, vcpu: 1, tdpMmu: 1, slots: ['vcpu0 root.hpa'] },
  });
  missing.f.unlock(V0, 'write').lock(M, 'write').put(M, missing.root, 'tdpMmu');
  expect(missing.f.set.structured.at(-1)?.holders).toMatchObject({
    slots: [],
    surplusPut: 'tdpMmu',
    missingPut: 'vcpu',
  });
  // A reference too many, at once and long before the VM's end.
  const f = new Fold('c').vm(1).lock(V0, 'write');
  f.birth(V0, NORMAL, 0, 2);
  const [first] = f.set.structured;
  expect(first).toMatchObject({ event: 'RootListed', holders: { missingPut: 'tdpMmu', surplusPut: null } });
  expect(holdersText(first!.holders!)).toBe(
    "r1 (4-level) has refcount 2, held by vCPUs 1, the TDP MMU 1; missing put: the TDP MMU's own",
  );
});

test('a Finding event points back at the event that broke the invariant', () => {
  const { f, root } = loaded('d');
  const ordinal = f.rows.length + 1;
  f.on(V0, 'VcpuEntered', 0, NORMAL | INVALID, 0, root);
  expect(f.set.structured[0]).toMatchObject({ ordinal, invariant: 'I20', site: f.site });
  expect(f.rows.length).toBe(ordinal + 1);
});

test('findings of one invariant are capped, breaches are not', () => {
  const f = new Fold('d').vm(1);
  for (let k = 0; k < 40; k++) f.on(M, 'FreedPageTouched', 0, 0, 1, 7);
  expect(f.found).toHaveLength(16);
  expect(f.verdict(4).violations).toBe(40);
});

test('I37 is measured, and never a Finding', () => {
  const f = new Fold('c').vm(1);
  for (let k = 0; k < 3; k++) {
    const root = f.load(V0, 0);
    f.lock(V0, 'write').put(V0, root, 'vcpu').invalidate(V0, root);
    f.on(V0, 'RootResurrected', f.serial(root), 4, 1, root).schedule(V0, root, 0).queue(V0, root);
    f.on(V0, 'RootDropped', 0, 0, NORMAL, root).unlock(V0, 'write').work(K, root).gracePeriod(RCU, root);
  }
  expect(f.found).toEqual([]);
  expect(f.verdict(37)).toMatchObject({
    verdict: 'violated',
    kind: 'performance',
    metrics: { rootAllocations: 3, rolesUsed: 1 },
  });
});

test("the kernel's own assertions are listed apart", () => {
  const f = new Fold('d').vm(1).on(M, 'AssertionFired', 0, ASSERTION.WARN_ROOTS_LEFT, 2);
  expect(f.found).toEqual([]);
  expect(f.set.assertions).toEqual([
    { ordinal: f.rows.length, assertion: 'WARN_ROOTS_LEFT', detail: 2, thread: M, site: 1 },
  ]);
});
