// A live session: commands come to a run that rests, are decisions of it, and replay.
import { describe, expect, it } from 'vitest';
import { World } from '../../../src/core/aggregates/world.js';
import { CommandRefused } from '../../../src/core/base/errors.js';
import { findProtocol } from '../../../src/core/protocols/registry.js';
import type { Mark, RunChunk } from '../../../src/core/run/contract.js';
import { createManifest } from '../../../src/core/run/manifest.js';
import { foldRows } from '../../../src/core/run/replay-by-fold.js';
import { ScheduleComparison } from '../../../src/core/run/replay-by-schedule.js';
import { Simulation, type SimulationOptions } from '../../../src/core/run/simulation.js';
import { numbersOf } from '../../../src/core/run/stored-numbers.js';
import { findScenario } from '../../../src/core/scenarios/library.js';
import { resolveCommand } from '../../../src/core/scenarios/live/resolve.js';
import { DecisionReader } from '../../../src/core/scheduler/decision-log.js';
import { ScriptedScheduler } from '../../../src/core/scheduler/scheduler.js';
import { concatColumns, decodeAll } from '../../support/harness.js';

function liveSession(
  differs: Partial<SimulationOptions> = {},
  request: { readonly scheduler?: string; readonly protocol?: string; readonly recording?: string } = {},
): Simulation {
  const manifest = createManifest({ scenario: 'live', protocol: 'v6.4', ...request });
  return new Simulation({
    manifest,
    protocol: findProtocol(manifest.protocol),
    scenario: findScenario('live').build(manifest.parameters as Record<string, number>),
    ...differs,
  });
}

/** Commands of a small story: one VM, two vCPUs, SMM, a slot that goes and comes back, the host at work. */
const STORY: readonly object[] = [
  { command: 'createVm' },
  { command: 'addMemslot', slot: 0, baseGfn: 0, pages: 16, hvaPage: 0 },
  { command: 'addMemslot', slot: 1, baseGfn: 512, pages: 512, hvaPage: 512 },
  { command: 'addMemslot', asId: 1, slot: 0, baseGfn: 0, pages: 16, hvaPage: 0 },
  { command: 'addVcpu', vcpu: 0 },
  { command: 'addVcpu', vcpu: 1 },
  { command: 'touch', vcpu: 0, gfn: 512, pages: 8 },
  { command: 'smi', vcpu: 0 },
  {
    command: 'run',
    vcpu: 1,
    repeat: 3,
    guest: [
      { do: 'touch', gfn: 520, pages: 4, access: 'write' },
      { do: 'writeRegisters', flip: ['CR4.PSE'] },
      { do: 'out', port: 178 },
    ],
  },
  { command: 'setDirtyLogging', slot: 1, on: true },
  { command: 'touch', vcpu: 0, gfn: 512, pages: 8 },
  { command: 'getDirtyLog', slot: 1 },
  { command: 'hostUnmap', hvaPage: 512, pages: 4 },
  { command: 'hostFork', hvaPage: 512, pages: 16 },
  { command: 'moveMemslot', slot: 1, baseGfn: 2048 },
  { command: 'touch', vcpu: 1, gfn: 2048, pages: 4 },
  { command: 'resetContext', vcpu: 0 },
  { command: 'smi', vcpu: 1, asynchronous: true },
  { command: 'deleteMemslot', slot: 1 },
  { command: 'closeVcpu', vcpu: 0 },
  { command: 'destroyVm' },
  { command: 'end' },
];

function untilItRests(sim: Simulation): RunChunk[] {
  const chunks: RunChunk[] = [];
  do chunks.push(...sim.advance(10_000));
  while (sim.outcome === null && !sim.waiting);
  chunks.push(...sim.rest());
  return chunks;
}

function play(sim: Simulation, story: readonly object[] = STORY): RunChunk[] {
  const chunks = untilItRests(sim);
  for (const command of story) {
    sim.command(resolveCommand(command));
    chunks.push(...untilItRests(sim));
  }
  return chunks;
}

const marksOf = (chunks: readonly RunChunk[]): Mark[] => chunks.flatMap((c) => c.marks);

describe('a live session', () => {
  for (const protocol of ['v5.18', 'seed-draft', 'v6.4', 'v6.6'])
    it(`plays its story to the end under ${protocol}, without findings`, () => {
      const sim = liveSession({}, { protocol });
      const chunks = play(sim);
      expect(sim.outcome).toBe('completed');
      expect(sim.progress().findings).toBe(0);
      const events = decodeAll(chunks);
      const done = events.filter((e) => e.type === 'CommandDone').map((e) => e.number);
      // `end` is not done: the threads are gone.
      expect(done).toEqual(STORY.slice(0, -1).map((_, i) => i + 1));
      const failed = events.filter((e) => e.type === 'CommandDone' && e.result < 0);
      expect(failed).toEqual([]);
      expect(sim.progress().counts['smis']).toBe(4);
      expect(sim.progress().counts['faultsFixed']).toBeGreaterThan(20);
      expect(marksOf(chunks).map((m) => m.number)).toEqual(STORY.map((_, i) => i + 1));
    });

  for (const scheduler of ['timed', 'round-robin', 'random'])
    it(`replays by schedule (${scheduler}), the commands as decisions`, () => {
      const chunks = play(liveSession({}, { scheduler }));
      const pieces = chunks.map((c) => c.decisions);
      const reader = new DecisionReader(() => pieces.shift() ?? null);
      const replay = liveSession(
        { scheduler: new ScriptedScheduler(() => reader.next()), marks: marksOf(chunks) },
        { scheduler },
      );
      const comparison = new ScheduleComparison(replay);
      comparison.compare(numbersOf(concatColumns(chunks)));
      expect(comparison.difference).toBeNull();
      expect(comparison.finish()).toBe(true);
      expect(replay.progress().digest).toBe(chunks.at(-1)!.progress.digest);
    });

  it('folds to the world of the machine', () => {
    const sim = liveSession();
    const { columns } = { columns: concatColumns(play(sim, STORY.slice(0, 18))) };
    const { w } = sim.machine;
    const folded = new World(w.layout);
    foldRows(folded, columns, 0, columns.length, 'full');
    const { worldWords } = w.layout;
    expect(
      Buffer.from(folded.s.slice(0, worldWords).buffer).equals(Buffer.from(w.s.slice(0, worldWords).buffer)),
    ).toBe(true);
  });

  it('is the same when it goes on from any of its snapshots, the later commands met again where they were', () => {
    const chunks = play(liveSession());
    const end = chunks.at(-1)!.progress;
    const snapshots = chunks.flatMap((c) => (c.snapshot === null ? [] : [c.snapshot]));
    expect(snapshots.length).toBeGreaterThan(20);
    for (const snapshot of snapshots.slice(0, -1)) {
      const again = liveSession({ marks: marksOf(chunks) });
      expect(again.restore(snapshot)).toBe(true);
      while (again.outcome === null) again.advance(5_000);
      expect(again.progress()).toEqual(end);
    }
  });

  it('rests after any number of events, and that changes nothing else', () => {
    const whole = play(liveSession());
    const sim = liveSession();
    const chunks = untilItRests(sim);
    let rests = 0;
    for (const [i, command] of STORY.entries()) {
      sim.command(resolveCommand(command));
      do {
        const before = sim.progress().ordinal;
        chunks.push(...sim.advance(1_000_000, before + 1 + ((i * 7) % 13)));
        chunks.push(...sim.rest());
        rests++;
      } while (!sim.waiting && sim.outcome === null);
    }
    expect(rests).toBeGreaterThan(5 * STORY.length);
    expect(sim.progress()).toEqual(whole.at(-1)!.progress);
    expect(concatColumns(chunks)).toEqual(concatColumns(whole));
    // Each chunk goes on where the one before it ended.
    let position = 0;
    for (const c of chunks) {
      expect(c.expectedPosition).toBe(position);
      position += c.columns.length;
    }
  });

  it('takes commands to its other threads while one is in the middle of something', () => {
    const sim = liveSession();
    play(sim, STORY.slice(0, 6));
    sim.command(resolveCommand({ command: 'touch', vcpu: 0, gfn: 512, pages: 300 }));
    sim.advance(1_000_000, sim.progress().ordinal + 200);
    sim.rest();
    expect(() => sim.command(resolveCommand({ command: 'closeVcpu', vcpu: 0 }))).toThrow(
      'thread vcpu0 is still in command 7',
    );
    sim.command(resolveCommand({ command: 'deleteMemslot', slot: 1 }));
    const rest = untilItRests(sim);
    const types = decodeAll(rest).map((e) => e.type);
    expect(types).toContain('RootInvalidated');
    expect(sim.progress().findings).toBe(0);
  });

  it('keeps a lifecycle recording with the same session digest', () => {
    const full = play(liveSession()).at(-1)!.progress;
    const light = play(liveSession({}, { recording: 'lifecycle' })).at(-1)!.progress;
    expect(light.digest).toBe(full.digest);
    expect(light.position).toBeLessThan(full.position);
  });
});

describe('a command that makes no sense now', () => {
  const refused = (before: readonly object[], command: object): CommandRefused => {
    const sim = liveSession();
    play(sim, before);
    const { digest, steps } = sim.progress();
    try {
      sim.command(resolveCommand(command));
    } catch (error) {
      expect(error).toBeInstanceOf(CommandRefused);
      // Nothing has happened.
      expect(sim.rest()[0]!.columns.length).toBe(0);
      expect(sim.progress()).toMatchObject({ digest, steps });
      return error as CommandRefused;
    }
    throw new Error('not refused');
  };
  it('says why and what is possible', () => {
    expect(refused([], { command: 'touch', vcpu: 0, gfn: 1 })).toMatchObject({
      message: 'touch: there is no vCPU 0: addVcpu first',
      allowed: ['createVm', ...HOST, 'end'],
    });
    expect(refused(STORY.slice(0, 1), { command: 'createVm' }).message).toMatch('VM 0 exists already');
    expect(refused(STORY.slice(0, 1), { command: 'deleteMemslot', slot: 3 }).message).toMatch(
      'has no slot 3',
    );
    const noSmm = [...STORY.slice(0, 3), STORY[4]!];
    expect(refused(noSmm, { command: 'smi', vcpu: 0 }).message).toMatch('no memslot of address space 1');
    expect(refused(STORY.slice(0, 6), { command: 'getDirtyLog', slot: 1 }).message).toMatch(
      'setDirtyLogging',
    );
    expect(refused(STORY.slice(0, 21), { command: 'addVcpu', vcpu: 2 }).message).toMatch('there is no VM 0');
  });
});

const HOST = [
  'hostWrite',
  'hostUnmap',
  'hostProtect',
  'hostFork',
  'hostChildExit',
  'hostCollapse',
  'hostAge',
];
