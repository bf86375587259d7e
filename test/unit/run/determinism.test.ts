// Every library scenario runs twice and agrees row by row; both recording levels have one session digest; folding the
// rows gives the machine's world; the recorded decisions give the same rows again; a resumed run ends the same.
import { describe, expect, it } from 'vitest';
import { Layout } from '../../../src/core/aggregates/layout.js';
import { World } from '../../../src/core/aggregates/world.js';
import { link } from '../../../src/core/protocols/protocol.js';
import { findProtocol } from '../../../src/core/protocols/registry.js';
import type { RunChunk } from '../../../src/core/run/contract.js';
import { createManifest, type RunRequest } from '../../../src/core/run/manifest.js';
import { foldRows } from '../../../src/core/run/replay-by-fold.js';
import { ScheduleComparison } from '../../../src/core/run/replay-by-schedule.js';
import { Simulation } from '../../../src/core/run/simulation.js';
import { numbersOf } from '../../../src/core/run/stored-numbers.js';
import { findScenario, SCENARIOS } from '../../../src/core/scenarios/library.js';
import { DecisionReader } from '../../../src/core/scheduler/decision-log.js';
import { ScriptedScheduler } from '../../../src/core/scheduler/scheduler.js';
import { concatColumns, runToEnd, simulation } from '../../support/harness.js';
import { SMALL } from '../../support/small-parameters.js';

function request(scenario: string, protocol: string, more: Partial<RunRequest> = {}): RunRequest {
  return { scenario, protocol, seed: 7, parameters: SMALL[scenario] ?? {}, ...more };
}

function scripted(base: RunRequest, chunks: readonly RunChunk[]): Simulation {
  const manifest = createManifest(base);
  const pieces = chunks.map((c) => c.decisions);
  const reader = new DecisionReader(() => pieces.shift() ?? null);
  return new Simulation({
    manifest,
    protocol: findProtocol(manifest.protocol),
    scenario: findScenario(manifest.scenario).build(manifest.parameters as Record<string, number>),
    scheduler: new ScriptedScheduler(() => reader.next()),
  });
}

const COLUMNS = ['skipped', 'timeNs', 'thread', 'site', 'type', 'subject', 'a', 'b', 'c'] as const;

/** Index of the first value that differs, -1 when none does (toEqual takes a minute on columns of this length). */
function firstDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  for (let i = 0; i < b.length; i++) if (a[i] !== b[i]) return i;
  return -1;
}

// A live session does nothing by itself: test/unit/live.
const CASES = SCENARIOS.filter(({ id }) => id !== 'live').flatMap(({ id }) =>
  ['v5.18', 'seed-draft'].map((protocol) => [id, protocol] as const),
);

describe.each(CASES)('%s under %s', (scenario, protocol) => {
  const base = request(scenario, protocol);
  const first = simulation(base);
  const chunks = runToEnd(first);
  const rows = concatColumns(chunks);

  it('ends as it should', () => {
    expect(first.detail).toBeNull();
    expect(['completed', 'booted']).toContain(first.outcome);
    expect(rows.length).toBe(first.recorder.ordinal);
  });

  it('runs twice and agrees row by row', () => {
    const again = concatColumns(runToEnd(simulation(base), 777));
    expect(again.length).toBe(rows.length);
    for (const name of COLUMNS) expect([name, firstDifference(again[name], rows[name])]).toEqual([name, -1]);
  });

  it('has the same session digest at both recording levels', () => {
    const light = simulation({ ...base, recording: 'lifecycle' });
    const stored = concatColumns(runToEnd(light));
    expect(light.progress().digest).toBe(first.progress().digest);
    expect(light.progress().fullDigest).toBe(first.progress().fullDigest);
    expect(stored.length).toBeLessThan(rows.length);
    // Lifecycle rows carry the ordinals of the full stream; a counted row stands for its whole range.
    let next = 1;
    for (let i = 0; i < stored.length; i++) {
      expect(i + 1 + stored.skipped[i]!).toBe(next);
      next += stored.type[i] === 64 ? stored.a[i]! : 1;
    }
    expect(next - 1).toBe(rows.length);
  });

  it('folds to the world of the machine', () => {
    const folded = new World(
      new Layout(findScenario(scenario).build(first.manifest.parameters as never).topology),
    );
    for (const { columns } of chunks) foldRows(folded, columns, 0, columns.length, 'full');
    const world = first.machine.w;
    const differing: number[] = [];
    for (let i = 0; i < world.layout.worldWords && differing.length < 5; i++) {
      if (world.s[i] !== folded.s[i]) differing.push(i);
    }
    expect(differing).toEqual([]);
  });

  it('replays by schedule from its decisions', () => {
    const comparison = new ScheduleComparison(scripted(base, chunks));
    for (const c of chunks) comparison.compare(numbersOf(c.columns));
    comparison.finish();
    expect(comparison.difference).toBeNull();
  });

  it('goes on from any snapshot to the same digest', () => {
    const snapshots = chunks.flatMap((c) =>
      c.snapshot === null || c.progress.outcome !== null ? [] : [c.snapshot],
    );
    const middle = snapshots[Math.floor(snapshots.length / 2)];
    if (middle === undefined) return;
    const resumed = simulation(base);
    expect(resumed.restore(middle)).toBe(true);
    runToEnd(resumed);
    expect(resumed.progress().digest).toBe(first.progress().digest);
    expect(resumed.progress().fullDigest).toBe(first.progress().fullDigest);
    expect(resumed.progress().counts).toEqual(first.progress().counts);
  });
});

describe('schedulers', () => {
  it.each(['round-robin', 'random'] as const)(
    '%s is deterministic and depends on nothing but the manifest',
    (scheduler) => {
      const base = request('memslot', 'seed-draft', { scheduler });
      const a = simulation(base);
      const b = simulation(base);
      runToEnd(a);
      runToEnd(b, 31);
      expect(a.outcome).toBe('completed');
      expect(b.progress()).toEqual(a.progress());
    },
  );

  it('random: another seed gives another interleaving', () => {
    const digests = [1, 2, 3].map((seed) => {
      const sim = simulation(request('memslot', 'v5.18', { scheduler: 'random', seed }));
      runToEnd(sim);
      return sim.progress().digest;
    });
    expect(new Set(digests).size).toBe(3);
  });
});

it('a changed procedure is a typed outcome, not a mismatch', () => {
  const manifest = createManifest(request('smi', 'v5.18'));
  const built = findScenario('smi').build(manifest.parameters as never);
  expect(link(findProtocol('v5.18'), built.constants).digest).toBe(manifest.protocolDigest);
  expect(
    () =>
      new Simulation({
        manifest: { ...manifest, protocolDigest: 'x' },
        protocol: findProtocol('v5.18'),
        scenario: built,
      }),
  ).toThrow(/digest/);
});
