// The library's busiest scenario under schedules that no clock would choose: vCPUs with SMIs, memslot updates, dirty logging, and
// the host's memory changing. No kernel report, no touch of freed memory, no finding, and an empty VM at the end.
import { expect, test } from 'vitest';
import { decodeAll, runToEnd, simulation } from '../../support/harness.js';

const CASES = ['v5.18', 'seed-draft', 'v6.4', 'v6.6', 'v6.9', '7.2.13'].flatMap((protocol) =>
  [0, 1].flatMap((huge) => [
    ...[1, 2].map((seed) => ({ protocol, huge, scheduler: 'random', seed })),
    { protocol, huge, scheduler: 'round-robin', seed: 1 },
  ]),
);

test.each(CASES)('$protocol, huge $huge, $scheduler, seed $seed', ({ protocol, huge, scheduler, seed }) => {
  const sim = simulation({
    scenario: 'busy',
    protocol,
    scheduler,
    seed,
    parameters: { huge, outer: seed - 1, mmFirst: seed - 1 },
  });
  const events = decodeAll(runToEnd(sim));
  expect(sim.outcome).toBe('completed');
  expect(events.filter((e) => e.type === 'AssertionFired' || e.type === 'FreedPageTouched')).toEqual([]);
  const found = sim.invariants?.set.structured.map(
    (f) => `${f.ordinal} ${f.invariant}.${f.detail} ${f.what}`,
  );
  expect(found).toEqual([]);
  expect(events.findLast((e) => e.type === 'VmDestroyed')).toMatchObject({ rootsLeft: 0, tablesLeft: 0 });
  const kinds = new Set(events.map((e) => e.type));
  for (const kind of ['LockYielded', 'TableFrozen', 'FaultRetried'] as const) {
    expect(kinds.has(kind), kind).toBe(true);
  }
});

test('roles: with the fix six roots an epoch, and none leaves prev_roots behind', () => {
  const run = (protocol: string, rounds: number) => {
    const sim = simulation({ scenario: 'roles', protocol, parameters: { rounds } });
    runToEnd(sim);
    return [sim.outcome, sim.progress().rootAllocations, sim.invariants?.set.structured];
  };
  // Two epochs: one slot goes in the middle.
  for (const rounds of [4, 9]) expect(run('seed-draft', rounds)).toEqual(['completed', 12, []]);
});

test('VMs that come and go while others break copy-on-write on the memory they share break nothing', () => {
  for (const [protocol, seed] of [52, 245, 1, 2].flatMap((n) =>
    ['v5.18', 'v6.4', 'v6.6', 'v6.9', '7.2.13'].map((p) => [p, n] as const),
  )) {
    const sim = simulation({
      scenario: 'destroy-race',
      protocol,
      scheduler: 'random',
      seed,
      parameters: { vms: 8 },
    });
    runToEnd(sim);
    expect([sim.outcome, sim.invariants?.set.structured], `${protocol} ${seed}`).toEqual(['completed', []]);
  }
});
