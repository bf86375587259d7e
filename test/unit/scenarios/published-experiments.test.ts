// Experiments against published figures, in small: what is predicted comes out of the model at any scale, and a figure that
// is off is a miss. Full scale: `rootline experiment NAME`.
import { describe, expect, it } from 'vitest';
import { E } from '../../../src/core/events/catalogue.js';
import { COSTS } from '../../../src/core/machine/costs.js';
import { RootPressure } from '../../../src/core/projections/root-pressure.js';
import { PROTOCOLS } from '../../../src/core/protocols/registry.js';
import { createManifest, type RunRequest } from '../../../src/core/run/manifest.js';
import {
  type Experiment,
  type PublishedDocument,
  publishedDocument,
  publishedTable,
  type SessionResult,
  shippedSessions,
} from '../../../src/core/scenarios/experiments/experiment.js';
import { EXPERIMENTS, findExperiment } from '../../../src/core/scenarios/experiments/index.js';
import { lineOf } from '../../../src/core/scenarios/experiments/smi-rounds.js';
import { findScenario } from '../../../src/core/scenarios/library.js';
import { simulation } from '../../support/harness.js';

const SHIPPED = PROTOCOLS.map((p) => p.id);

function run(request: RunRequest): { readonly result: SessionResult; readonly outerRoots: number } {
  const sim = simulation({ ...request, recording: 'lifecycle', invariants: false });
  const pressure = new RootPressure();
  while (sim.outcome === null) {
    for (const { columns } of sim.advance(100_000)) pressure.feed(columns, 0, columns.length);
  }
  const { outcome, timeNs, rootAllocations, milestones, counts, ordinal, digest } = sim.progress();
  const figures = { ...pressure.figures() };
  return {
    outerRoots: sim.recorder.countByType[E.OuterRootShadowed]!,
    result: {
      sessionId: '-',
      outcome: outcome!,
      timeNs,
      rootAllocations,
      milestones,
      counts,
      events: ordinal,
      digest,
      pressure: figures,
    },
  };
}

function experiment(name: string, small: Record<string, number>): PublishedDocument {
  const e = findExperiment(name)!;
  const results = new Map(
    shippedSessions(e, SHIPPED).map(({ key, scenario, protocol, parameters, costs }) => [
      key,
      run({ scenario, protocol, parameters: { ...small, ...parameters }, costs: costs ?? {} }).result,
    ]),
  );
  return publishedDocument(e, results, SHIPPED, false);
}

const verdicts = (doc: PublishedDocument): string[] => [...new Set(doc.rows.map((r) => r.verdict))].sort();

describe('the table of experiments', () => {
  it.each(EXPERIMENTS.map((e) => [e.name, e] as const))('%s is made of things that exist', (_name, e) => {
    expect(e.figures.length).toBeGreaterThan(0);
    expect(e.outOfScope.length).toBeGreaterThan(0);
    expect(new Set(e.sessions.map((s) => s.key)).size).toBe(e.sessions.length);
    for (const f of e.figures) expect(e.sessions.map((s) => s.key)).toContain(f.session);
    for (const s of e.sessions) {
      expect(Object.keys(findScenario(s.scenario).parameters)).toEqual(
        expect.arrayContaining(Object.keys(s.parameters)),
      );
      if (!SHIPPED.includes(s.protocol)) continue;
      const { scenario, protocol, parameters, costs } = s;
      expect(createManifest({ scenario, protocol, parameters, costs: costs ?? {} }).scenario).toBe(scenario);
    }
    for (const input of e.inputs.filter((i) => i.name.startsWith('cost.'))) {
      expect(Object.keys(COSTS)).toContain(input.name.slice('cost.'.length));
    }
  });
});

describe('wsl-seabios', () => {
  const small = { biosCalls: 20, loaderPages: 100, exitsPercent: 1, loaderMs: 40, kernelMs: 100 };
  const of = (protocol: string, more = {}) =>
    run({ scenario: 'wsl-seabios', protocol, parameters: { ...small, ...more } });

  it('four roots a BIOS call where roots are dropped, two in all where they are kept; L0 meets each of them once', () => {
    for (const biosCalls of [10, 20]) {
      const old = of('v5.18', { biosCalls });
      expect(old.result.rootAllocations).toBe(4 * biosCalls + 1);
      expect(old.outerRoots).toBe(old.result.rootAllocations);
      const kept = of('v6.4', { biosCalls });
      expect(kept.result.rootAllocations).toBe(2);
      expect(kept.outerRoots).toBe(2);
    }
  });

  it('without an outer hypervisor nothing is booked there', () => {
    const { result, outerRoots } = of('v5.18', { outer: 0 });
    expect(result.counts['outerNs']).toBe(0);
    expect(outerRoots).toBe(0);
    expect(result.timeNs).toBeLessThan(of('v5.18').result.timeNs / 2);
  });

  it('agrees at any scale where it must', () => {
    expect(verdicts(experiment('wsl-seabios', small))).toEqual(['agrees', 'not compared']);
  });
});

describe('xen-shim-smep', () => {
  const doc = experiment('xen-shim-smep', { flips: 2_000 });
  const simulated = (key: string): number => doc.rows.find((r) => r.session === key)!.simulated!;

  it('one vCPU is bad, an idle second hides it, a busy one does not', () => {
    expect(simulated('v5.18 none')).toBeGreaterThan(5);
    expect(simulated('v5.18 idle')).toBeLessThan(1.1);
    expect(simulated('v5.18 busy')).toBeGreaterThan(1.5);
  });
  it('one root where roots are kept, whoever runs', () => {
    expect(doc.rows.filter((r) => r.protocol === 'v6.4').map((r) => r.simulated)).toEqual([1, 1, 1]);
  });
});

describe('memslot-storm', () => {
  it('the wait grows with what is mapped in one GiB: the zap of it is one hold of mmu_lock', () => {
    const worst = (pages: number): number =>
      run({ scenario: 'memslot-storm', protocol: 'v6.6', parameters: { vcpus: 32, pages } }).result.pressure![
        'worstRootLoadNs'
      ]!;
    const [little, much] = [worst(50), worst(200)];
    expect(much).toBeGreaterThan(0.9 * 32 * 200 * COSTS.zapLeafSpte.ns);
    expect(much / little).toBeGreaterThan(3);
  });
  it('v6.9: nobody waits for the zap any more', () => {
    const { pressure } = run({
      scenario: 'memslot-storm',
      protocol: 'v6.9',
      parameters: { vcpus: 8, pages: 200 },
    }).result;
    expect(pressure).toMatchObject({ rootLoadsThatWaited: 0, worstRootLoadNs: 0 });
    expect(pressure!['longestZapNs']).toBeGreaterThan(8 * 200 * COSTS.zapLeafSpte.ns);
  });
  it('v6.9 is not compared before it is there', () => {
    const e = findExperiment('memslot-storm')!;
    const doc = publishedDocument(e, new Map(), ['v5.18'], true);
    expect(verdicts(doc)).toEqual(['not yet shipped']);
    expect(publishedTable(doc)).toContain('not yet shipped');
  });
});

describe('chromeos-zap', () => {
  it.each([1, 3, 4, 6])('%i roots: as many workers at once with the workqueue, one without', (roots) => {
    const parameters = { roots, pages: 600, cpus: 6 };
    const at = (protocol: string) => run({ scenario: 'gpu-memslots', protocol, parameters }).result.pressure!;
    expect(at('v6.4')).toMatchObject({ zapsAtOnce: roots, peakValidRoots: roots });
    expect(at('v6.6')).toMatchObject({ zapsAtOnce: 1, peakValidRoots: roots });
  });
  it('never more workers than CPUs', () => {
    const parameters = { roots: 4, pages: 600, cpus: 2 };
    expect(
      run({ scenario: 'gpu-memslots', protocol: 'v6.4', parameters }).result.pressure!['zapsAtOnce'],
    ).toBe(2);
  });
});

it('max-roots: 4 without guest_mode, 6 with it', () => {
  const doc = experiment('max-roots', {});
  expect(verdicts(doc)).toEqual(['agrees']);
  expect(doc.rows.map((r) => r.simulated)).toEqual([4, 4, 4, 6, 6, 6]);
});

describe('verdicts', () => {
  const e = findExperiment('max-roots') as Experiment;
  const results = (peak: number, outcome = 'completed') =>
    new Map(
      e.sessions.map((s) => [
        s.key,
        {
          sessionId: '-',
          outcome,
          timeNs: 1,
          rootAllocations: 1,
          milestones: {},
          counts: {},
          events: 1,
          digest: '',
          pressure: { peakValidRoots: peak },
        },
      ]),
    );

  it('a figure out of its tolerance is a miss', () => {
    const doc = publishedDocument(e, results(6), SHIPPED);
    const [miss, agree] = ['misses', 'agrees'];
    expect(doc.rows.map((r) => r.verdict)).toEqual([miss, miss, miss, agree, agree, agree]);
    expect(doc.asExpected).toBe(false);
  });
  it('a session that did not end gives no figure, and that is not as expected', () => {
    const doc = publishedDocument(e, results(6, 'limit_reached'), SHIPPED);
    expect(verdicts(doc)).toEqual(['no result']);
    expect(doc.asExpected).toBe(false);
  });
});

describe('smi-rounds', () => {
  it('a round costs a + b x pages more before the fix, and no page costs anything after it, as measured', () => {
    const { rows } = experiment('smi-rounds', {});
    expect([...new Set(rows.map((r) => r.verdict))]).toEqual(['agrees']);
    const of = (protocol: string, figure: RegExp): number =>
      rows.find((r) => r.protocol === protocol && figure.test(r.figure))!.simulated!;
    for (const before of ['5.10.262', '6.1.192-nofix']) {
      expect(of(before, /^b/)).toBeGreaterThan(1);
      expect(of(before, /^residual/)).toBeLessThan(10);
    }
    expect(Math.abs(of('6.1.192', /^b/))).toBeLessThan(1);
    expect(rows.find((r) => r.protocol === '5.10.262')!.published).toMatch(/^37\.7 us a round/);
  });

  it('what is no line has a residual that says so', () => {
    expect(lineOf([2, 17, 65, 257, 1_025])).toMatchObject({ a: expect.closeTo(1), b: expect.closeTo(1) });
    expect(lineOf([1, 256, 4_096, 65_536, 1_048_576]).residual).toBeGreaterThan(10);
  });
});
