// Everything that the process can do to its VM while two vCPUs run, SMIs and huge pages included, under random schedules.
// v5.18 and v6.4 break none of their invariants in it (the draft's only two bugs, B12 and B13, are known-bugs.test.ts's); with a
// rule taken out of the kernel, the rule's invariant breaks.
import { expect, test } from 'vitest';

import { INVARIANTS } from '../../../src/core/invariants/catalogue.js';
import { op } from '../../../src/core/machine/op.js';
import { type Procedure, procedure, ret } from '../../../src/core/machine/procedure.js';
import { extend } from '../../../src/core/protocols/protocol.js';
import { findProtocol } from '../../../src/core/protocols/registry.js';
import { DEEDS, stress } from './stress-scenario.js';

const cases = Object.keys(DEEDS).flatMap((deed) =>
  [false, true].flatMap((huge) =>
    ['v5.18', 'v6.4'].map((protocol) => [deed, huge ? 'huge pages' : 'small pages', protocol] as const),
  ),
);

/** Invariants that some run of the two protocols has exercised. */
const exercised = new Set<string>();

test.each(cases)('%s, %s, %s', (deed, pages, protocol) => {
  for (let seed = 1; seed <= 3; seed++) {
    const sim = stress(findProtocol(protocol), deed, pages === 'huge pages', seed);
    const found = sim.invariants?.set.structured.map(
      (f) =>
        `${f.ordinal} ${f.invariant}: ${f.what} (${f.event}, ${sim.machine.sites.sites[f.site - 1]?.function})`,
    );
    expect(found, `seed ${seed}`).toEqual([]);
    expect(sim.invariants?.set.assertions, `seed ${seed}`).toEqual([]);
    for (const v of sim.invariants?.set.verdicts() ?? [])
      if (v.verdict === 'holds') exercised.add(v.invariant);
    expect([sim.outcome, sim.detail]).toEqual(['completed', null]);
  }
});

test('together they exercise every invariant that events can show', () => {
  // I39 is about shadow roots, which these runs do not have: litmus b18 does.
  const notShown = INVARIANTS.filter(
    (x) => x.notEvaluated !== undefined || !/[cd]/.test(x.eras) || x.number === 39,
  );
  expect(notShown.map((x) => x.number)).toEqual([33, 39]);
  const shown = INVARIANTS.filter((x) => !notShown.includes(x)).map((x) => `I${x.number}`);
  expect(shown.filter((id) => !exercised.has(id))).toEqual([]);
});

const head = { file: 'none.c', since: 'a test', leftOut: 'everything' };

/** The fault path without its second look under mmu_lock (B9, and the notifier's rule). */
const neverStale = procedure(
  'is_page_fault_stale',
  { ...head, params: ['vcpu', 'slot', 'gfn', 'seq'] },
  { no: [null, () => ret(0)] },
);
const noRemoteFlush = procedure(
  'kvm_flush_remote_tlbs',
  { ...head, params: ['vm'] },
  { no: [null, () => ret(0)] },
);
/** The last put frees a root without the list lock. */
const unlocksNothing = procedure(
  'kvm_tdp_mmu_put_root',
  { ...head, params: ['vm', 'root', 'shared', 'holder'] },
  {
    dec: [(l) => op.refcount_dec_and_test(l.root, l.holder), (_l, zero) => (zero ? 'list_del' : ret())],
    list_del: [(l) => op.list_del_rcu(l.vm, l.root), () => 'free'],
    free: [(l) => op.call_rcu(l.root), () => ret()],
  },
);

test.each<readonly [what: string, deed: string, mutant: Procedure, broken: readonly string[]]>([
  ['no staleness check, a slot goes', 'a slot goes and comes', neverStale, ['I18']],
  ['no staleness check, a page goes', 'madvise and mprotect', neverStale, ['I19']],
  ['no remote flush', 'madvise and mprotect', noRemoteFlush, ['I22']],
  [
    'the last put zaps nothing, and takes no lock',
    'a slot goes and comes',
    unlocksNothing,
    ['I6', 'I14', 'I30'],
  ],
])('%s', (_what, deed, mutant, broken) => {
  const protocol = extend(findProtocol('v5.18'), {
    id: 'mutant',
    title: 'v5.18 without a rule',
    source: 'a test',
    replace: [mutant],
  });
  const found = new Set<string>();
  for (let seed = 1; seed <= 8; seed++) {
    const sim = stress(protocol, deed, false, seed);
    for (const f of sim.invariants?.set.structured ?? []) found.add(f.invariant);
  }
  expect([...found]).toEqual(expect.arrayContaining([...broken]));
});
