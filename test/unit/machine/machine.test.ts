// The machine itself, on a protocol of three small procedures: locks, calls, waiting, sites, time, snapshots.
import { describe, expect, it } from 'vitest';
import { Layout, LOCK, STATUS } from '../../../src/core/aggregates/layout.js';
import { decodeEvent } from '../../../src/core/events/catalogue.js';
import { resolveCosts } from '../../../src/core/machine/costs.js';
import { LinkedProtocol } from '../../../src/core/machine/link.js';
import { Machine } from '../../../src/core/machine/machine.js';
import { op } from '../../../src/core/machine/op.js';
import { call, procedure, ret } from '../../../src/core/machine/procedure.js';
import { TimeModel } from '../../../src/core/machine/time.js';
import { Recorder } from '../../../src/core/run/recorder.js';
import { restoreSnapshot, takeSnapshot } from '../../../src/core/run/snapshot.js';
import { topology } from '../../../src/core/scenarios/topology.js';
import {
  RandomScheduler,
  RoundRobinScheduler,
  type Scheduler,
  TimedScheduler,
} from '../../../src/core/scheduler/scheduler.js';

const NUMBERS = { worker: 1, critical: 2 };
const head = { file: 'test.c', since: 'v1', leftOut: 'nothing' };

const worker = procedure(
  'worker',
  { ...head, params: ['rounds'], locals: ['done'] },
  {
    loop: [null, (l) => (l.done === l.rounds ? ret() : call(NUMBERS.critical, 'back', 7))],
    back: [
      null,
      (l, answer) => {
        l.done += answer - 6;
        return 'loop';
      },
    ],
  },
);
const critical = procedure(
  'critical',
  { ...head, params: ['x'] },
  {
    write_lock: [() => op.write_lock(0), () => 'rcu_read_lock'],
    rcu_read_lock: [() => op.rcu_read_lock(), () => 'rcu_read_unlock'],
    rcu_read_unlock: [() => op.rcu_read_unlock(), () => 'write_unlock'],
    write_unlock: [() => op.write_unlock(0), (l) => ret(l.x)],
  },
);

function build(threads: number, rounds: number): Machine {
  const linked = new LinkedProtocol('test', NUMBERS, [worker, critical], {});
  return new Machine({
    linked,
    layout: new Layout(topology({ threads, hostPages: 0, pages: 4 })),
    threads: Array.from({ length: threads }, (_, i) => ({
      name: `t${i}`,
      entry: NUMBERS.worker,
      args: [rounds],
    })),
    context: {
      env: { scripts: [], resetAfterExits: 0, constants: {} },
      guest: { step: () => 0, staged: new Int32Array(0) },
      watchdogExits: 1e9,
      needbreak: null,
    },
    time: new TimeModel(resolveCosts({})),
    seed: 1,
    batchCapacity: 8_192,
  });
}

function run(m: Machine, scheduler: Scheduler, recorder: Recorder, stopAfter = Infinity): number {
  let steps = 0;
  while (steps < stopAfter) {
    const t = scheduler.pick(m);
    if (t < 0) break;
    m.step(t);
    steps++;
    if (m.batchFull) {
      recorder.consume(m.batch);
      m.batch.length = 0;
    }
  }
  recorder.consume(m.batch);
  m.batch.length = 0;
  return steps;
}

describe('machine', () => {
  it.each([
    ['timed', () => new TimedScheduler()],
    ['round-robin', () => new RoundRobinScheduler()],
    ['random', () => new RandomScheduler()],
  ])('runs threads to their end under %s, and the same way twice', (_name, make) => {
    const digests = [0, 1].map(() => {
      const m = build(3, 50);
      const r = new Recorder('full');
      run(m, make(), r);
      for (let t = 0; t < 3; t++) expect(m.status(t)).toBe(STATUS.ended);
      // Everything is given back: no lock held, no frame left.
      const lock = m.w.lock(0);
      expect([...m.s.subarray(lock, lock + LOCK.WORDS)]).toEqual([0, 0, 0, 0]);
      expect([...m.s.subarray(m.w.layout.stack, m.w.layout.program)].filter((x) => x !== 0).length).toBe(6);
      return `${r.digestHex} ${r.fullDigestHex} ${r.ordinal}`;
    });
    expect(digests[0]).toBe(digests[1]);
  });

  it('gives every event the whole stack of its thread', () => {
    const m = build(1, 1);
    m.step(0);
    expect(decodeEvent(m.batch, 0)).toEqual({
      type: 'LockAcquired',
      subject: { kind: 'lock', number: 0 },
      mode: 2,
      waited: 0,
    });
    const site = m.sites.sites[m.batch.site[0] - 1]!;
    expect([site.function, site.label]).toEqual(['critical', 'write_lock']);
    const caller = m.sites.sites[site.parent - 1]!;
    expect([caller.function, caller.label, caller.parent]).toEqual(['worker', 'loop', 0]);
    expect(m.where(0).map((f) => `${f.function}@${f.label}`)).toEqual([
      'critical@rcu_read_lock',
      'worker@back',
    ]);
  });

  it('makes a thread wait, tells it once, and wakes it', () => {
    const m = build(2, 1);
    m.step(0);
    expect(m.step(1)).toBe(false);
    expect(m.status(1)).toBe(STATUS.waiting);
    m.step(0);
    m.step(0);
    m.step(0);
    expect(m.status(1)).toBe(STATUS.runnable);
    m.step(1);
    const types = Array.from({ length: m.batch.length }, (_, i) => decodeEvent(m.batch, i).type);
    expect(types.filter((t) => t === 'LockContended')).toHaveLength(1);
    expect(types.at(-1)).toBe('LockAcquired');
  });

  it('goes on from a snapshot exactly as if it had not stopped', () => {
    const whole = new Recorder('lifecycle');
    run(build(3, 400), new RandomScheduler(), whole);
    for (const stop of [1, 777, 2_500]) {
      const first = build(3, 400);
      const r1 = new Recorder('lifecycle');
      run(first, new RandomScheduler(), r1, stop);
      const bytes = takeSnapshot(first, {
        recorder: r1.save(),
        steps: stop,
        recentExits: [],
        lastSeen: [],
        marks: 0,
        turn: null,
        invariants: [],
      });
      const second = build(3, 400);
      const r2 = new Recorder('lifecycle');
      r2.restore(restoreSnapshot(second, bytes).recorder);
      expect(second.s).toEqual(first.s);
      run(second, new RandomScheduler(), r2);
      expect(r2.digestHex).toBe(whole.digestHex);
      expect(r2.fullDigestHex).toBe(whole.fullDigestHex);
    }
  });
});
