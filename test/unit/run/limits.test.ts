// Limits end a run with a typed outcome; what was stored until then folds, and replays by schedule to the same end.
import { expect, test } from 'vitest';
import { guestProgram } from '../../../src/core/guest/program.js';
import { findProtocol } from '../../../src/core/protocols/registry.js';
import { createManifest, type RunRequest } from '../../../src/core/run/manifest.js';
import { Simulation } from '../../../src/core/run/simulation.js';
import { findScenario } from '../../../src/core/scenarios/library.js';
import { assemble, vmmThread } from '../../../src/core/scenarios/recorded/turns.js';
import type { BuiltScenario } from '../../../src/core/scenarios/scenario.js';
import { DecisionReader } from '../../../src/core/scheduler/decision-log.js';
import { ScriptedScheduler } from '../../../src/core/scheduler/scheduler.js';
import { script } from '../../../src/core/userspace/script.js';
import { decodeAll, runToEnd, simulation } from '../../support/harness.js';

/** The library's smi-heavy with less room. */
function narrow(topology: Partial<BuiltScenario['topology']>): BuiltScenario {
  const scenario = findScenario('smi-heavy');
  const built = scenario.build({ smis: 20, pages: 8, vcpus: 2 });
  return { ...built, topology: { ...built.topology, ...topology } };
}

function run(
  scenario: BuiltScenario,
  more: Partial<RunRequest>,
  decisions?: readonly Uint8Array[],
): Simulation {
  const manifest = createManifest({ scenario: 'smi-heavy', protocol: 'v5.18', ...more });
  const pieces = [...(decisions ?? [])];
  const reader = new DecisionReader(() => pieces.shift() ?? null);
  return new Simulation({
    manifest,
    protocol: findProtocol('v5.18'),
    scenario,
    ...(decisions === undefined ? {} : { scheduler: new ScriptedScheduler(() => reader.next()) }),
  });
}

test.each<[limit: string, scenario: BuiltScenario, more: Partial<RunRequest>]>([
  ['topology.pages', narrow({ pages: 24 }), {}],
  ['topology.pages', narrow({ pages: 12 }), { scheduler: 'random' }],
  ['topology.stackWords', narrow({ stackWords: 120 }), {}],
  ['events', narrow({}), { limits: { events: 1 } }],
  ['storedRows', narrow({}), { limits: { storedRows: 1 }, recording: 'lifecycle' }],
  ['virtualNs', narrow({}), { limits: { virtualNs: 1 } }],
])('%s', (limit, scenario, more) => {
  const sim = run(scenario, more);
  const chunks = runToEnd(sim);
  expect([sim.outcome, sim.detail?.limit]).toEqual(['limit_reached', limit]);
  expect(chunks.at(-1)?.progress).toEqual(sim.progress());
  const again = run(
    scenario,
    more,
    chunks.map((c) => c.decisions),
  );
  expect(decodeAll(runToEnd(again, 1_000))).toEqual(decodeAll(chunks));
  expect(again.progress()).toEqual(sim.progress());
});

test.each<[Partial<RunRequest>]>([
  [{ limits: { events: 3_000 } }],
  [{ limits: { events: 3_000 }, scheduler: 'random' }],
  [{ limits: { storedRows: 500 }, recording: 'lifecycle' }],
  [{ limits: { virtualNs: 700_000 } }],
])('a run ends where its limit is met, however it is cut into pieces: %j', (more) => {
  const whole = run(narrow({}), more);
  runToEnd(whole);
  expect(whole.outcome).toBe('limit_reached');
  for (const steps of [1, 7, 500]) {
    const cut = run(narrow({}), more);
    while (cut.outcome === null) {
      cut.advance(steps);
      cut.handOverNow();
    }
    expect(cut.progress()).toEqual(whole.progress());
  }
});

test.each(['timed', 'random'])(
  'a thread that only looks and never waits is a limit, not a hang, however the run is cut: %s',
  (scheduler) => {
    const looks = script()
      .createVm()
      .until(1, 1, (b) => b);
    const built = assemble(
      [vmmThread('main', looks)],
      [{ program: guestProgram().build(), smm: new Int32Array(0) }],
      {},
    );
    const sim = run(built, { scheduler });
    runToEnd(sim);
    expect([sim.outcome, sim.detail?.limit]).toEqual(['limit_reached', 'idleSteps']);
    const cut = run(built, { scheduler });
    cut.advance(2_700_001);
    cut.handOverNow();
    const rested = run(built, { scheduler });
    rested.restore(cut.snapshot());
    for (const again of [cut, rested]) {
      while (again.outcome === null) {
        again.advance(300_007);
        again.handOverNow();
      }
      expect(again.progress()).toEqual(sim.progress());
    }
  },
);

test('a hang among asynchronous SMIs repeats nothing exactly, and is named all the same', () => {
  const sim = simulation({
    scenario: 'boot',
    protocol: 'v5.18',
    scheduler: 'random',
    parameters: { resetPolicy: 'every-exit', asyncSmiPeriodUs: 500, exitsPercent: 1, pagesPercent: 5 },
    limits: { watchdogExits: 500 },
  });
  runToEnd(sim);
  expect(sim.outcome).toBe('no_forward_progress');
  expect(sim.detail?.stuckAt).toMatchObject({ phase: 'resetVector', exit: 'EPT_VIOLATION' });
});
