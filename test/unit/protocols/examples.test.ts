// The five protocols of examples/protocols, as they stand there: each does what README says of it, in runs and in searches of
// all interleavings of small litmus.
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { E } from '../../../src/core/events/catalogue.js';
import { LockTimes } from '../../../src/core/projections/lock-times.js';
import type { Protocol } from '../../../src/core/protocols/protocol.js';
import { adoptProtocol, findProtocol } from '../../../src/core/protocols/registry.js';
import type { ProtocolModule } from '../../../src/core/protocols/user-api.js';
import { takeIn } from '../../../src/core/protocols/user-protocol.js';
import type { RunProgress } from '../../../src/core/run/contract.js';
import { createManifest, type RunRequest } from '../../../src/core/run/manifest.js';
import { Simulation } from '../../../src/core/run/simulation.js';
import { findScenario } from '../../../src/core/scenarios/library.js';
import { COMMAND_DEFAULTS, planExploration } from '../../../src/explorations/exploration-request.js';
import { explore } from '../../../src/explorations/explore.js';
import { runToEnd } from '../../support/harness.js';

const NAMES = [
  'draft-on-v5.18',
  'draft-rcu-walk',
  'draft-locked-teardown',
  'draft-refcount-1',
  'v5.15-naive-seed',
];
const EXAMPLES = new Map<string, ProtocolModule>();
for (const name of NAMES) {
  const { href } = new URL(`../../../examples/protocols/${name}.mjs`, import.meta.url);
  const module = (await import(href)) as { readonly default: ProtocolModule };
  EXAMPLES.set(name, module.default);
}
const EVENT_NAMES = new Map<number, string>(Object.entries(E).map(([name, code]) => [code, name]));
const protocolOf = (name: string): Protocol =>
  EXAMPLES.has(name) ? takeIn(`${name}.mjs`, EXAMPLES.get(name)).protocol : findProtocol(name);

function simulationOf(name: string, request: Omit<RunRequest, 'protocol'>): Simulation {
  const manifest = { ...createManifest({ ...request, protocol: 'v5.18' }), protocolDigest: '' };
  const scenario = findScenario(request.scenario).build(manifest.parameters as Record<string, number>);
  return new Simulation({ manifest, protocol: protocolOf(name), scenario });
}

function run(name: string, request: Omit<RunRequest, 'protocol'>): RunProgress {
  const simulation = simulationOf(name, request);
  runToEnd(simulation);
  return simulation.progress();
}

const violated = ({ verdicts }: RunProgress): string[] =>
  verdicts!.filter((v) => v.verdict === 'violated').map((v) => v.invariant);

async function search(name: string, litmus: string): Promise<[string, string | null]> {
  const own = EXAMPLES.has(name) ? protocolOf(name) : null;
  adoptProtocol(own);
  const request = {
    litmus,
    protocol: name,
    parameters: {},
    reductions: own === null ? 'all' : 'none',
    search: 'exhaustive',
    workers: 1,
    exact: false,
    liveness: false,
    goesOn: false,
  } as const;
  const { verdict, invariant } = await explore(await planExploration(request, COMMAND_DEFAULTS));
  return [verdict, invariant];
}

afterEach(() => adoptProtocol(null));

describe('in runs', () => {
  test("the mail's patch written on v5.18 is the shipped draft, event by event", () => {
    for (const scenario of ['smi', 'memslot', 'destroy-fwd', 'create-fails']) {
      const [mine, shipped] = ['draft-on-v5.18', 'seed-draft'].map((name) => run(name, { scenario }));
      expect([mine!.fullDigest, mine!.findings]).toEqual([shipped!.fullDigest, shipped!.findings]);
    }
  });

  test('refcount_set back to 1 is found at once, and so is the draft on v5.15 (B24)', () => {
    expect(violated(run('draft-refcount-1', { scenario: 'memslot-idle' }))).toContain('I1');
    expect(violated(run('v5.15-naive-seed', { scenario: 'memslot-idle' }))).toEqual(['I1', 'I2']);
    expect(violated(run('draft-on-v5.18', { scenario: 'memslot-idle' }))).toEqual([]);
  });
});

describe('in every interleaving', () => {
  // What the kernel's own lockdep reports (B12), and the walk at destruction (B13).
  test.each([
    ['draft-on-v5.18', 'create-failure', 'violated', 'LOCKDEP_HELD_WRITE'],
    ['draft-on-v5.18', 'v-d', 'violated', 'I3'],
    ['draft-rcu-walk', 'create-failure', 'holds', null],
    ['draft-rcu-walk', 'v-d', 'holds', null],
    ['draft-locked-teardown', 'create-failure', 'holds', null],
    ['draft-locked-teardown', 'v-d', 'holds', null],
    ['draft-refcount-1', 'v-v', 'violated', 'I1'],
  ])('%s on %s: %s %s', async (name, litmus, verdict, rule) => {
    expect(await search(name, litmus)).toEqual([verdict, rule]);
  });
});

describe('mmu_lock at teardown', () => {
  const lockTimes = (name: string) => {
    const simulation = simulationOf(name, { scenario: 'teardown', parameters: { pages: 2_048 } });
    const names = new Map<number, string>();
    const times = new LockTimes();
    for (const chunk of runToEnd(simulation)) {
      for (const entry of chunk.dictionary) if (entry.kind === 'site') names.set(entry.id, entry.function);
      const { columns: c } = chunk;
      for (let i = 0; i < c.length; i++)
        times.take({
          type: EVENT_NAMES.get(c.type[i]!) ?? '',
          timeNs: c.timeNs[i]!,
          thread: String(c.thread[i]),
          function: names.get(c.site[i]!) ?? '',
          lock: c.subject[i]! >> 4,
          mode: c.a[i]!,
        });
    }
    const of = (fn: string) => times.rows().find((r) => r.lock === 'mmu_lock' && r.function === fn);
    return { uninit: of('kvm_mmu_uninit_tdp_mmu'), zapAll: of('kvm_mmu_zap_all')! };
  };

  test('it is taken once, nobody waits, and what costs milliseconds is the walk that empties the roots before', () => {
    const draft = lockTimes('seed-draft');
    const locked = lockTimes('draft-locked-teardown');
    expect(draft.uninit).toBeUndefined();
    expect(locked.uninit).toMatchObject({ mode: 'write', times: 1, waits: 0 });
    expect(locked.uninit!.heldNs).toBeLessThan(10_000);
    // Two roots of 2,048 entries, each 52 ns.
    expect(locked.zapAll.heldNs).toBeGreaterThan(2 * 2_048 * 50);
    expect(locked.zapAll).toEqual(draft.zapAll);
    // In v5.18 the last put of a full root queues its zap: there whoever takes mmu_lock for write waits for it.
    const { zapAll } = lockTimes('v5.18');
    expect(zapAll.longestWaitNs).toBeGreaterThan(2_048 * 50);
  });
});

test('README names each of them', () => {
  const text = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');
  for (const name of NAMES) expect(text).toContain(`${name}.mjs`);
});
