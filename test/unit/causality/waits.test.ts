// Why threads waited, and critical paths: on a story written by hand, and against the events of whole runs.
import { describe, expect, test } from 'vitest';
import { type CriticalPath, criticalPath } from '../../../src/core/causality/critical-path.js';
import { waitOf } from '../../../src/core/causality/waits.js';
import { E } from '../../../src/core/events/catalogue.js';
import type { StoredColumns } from '../../../src/core/run/contract.js';
import { Fold } from '../../support/fold.js';
import { simulation } from '../../support/harness.js';
import { MemoryHistory } from '../../support/history.js';

const [MAIN, V0, K, V1] = [0, 1, 2, 3];
const THREADS = ['main', 'vcpu0', 'kworker0', 'vcpu1'];

/** Each event with its time; vcpu0 and vcpu1 want mmu_lock, which main holds and the worker takes in between. */
function story(): MemoryHistory {
  const f = new Fold('c');
  const at: number[] = [];
  const step = (ns: number, t: number, ...event: [Parameters<Fold['on']>[1], ...number[]]): void => {
    const [type, ...values] = event;
    f.on(t, type, ...values);
    at.push(ns);
  };
  step(100, MAIN, 'LockAcquired', 0, 2, 0); // 1
  step(150, V0, 'LockContended', 0, 2, 0, MAIN + 1); // 2
  step(155, K, 'LockContended', 0, 2, 0, MAIN + 1); // 3
  step(160, V1, 'LockContended', 0, 1, 0, MAIN + 1); // 4
  step(400, MAIN, 'HostPageChanged', 0, 0, 0); // 5
  step(500, MAIN, 'LockReleased', 0, 2); // 6
  step(510, K, 'LockAcquired', 0, 2, 1); // 7
  step(700, K, 'LockReleased', 0, 2); // 8
  step(710, V0, 'LockAcquired', 0, 2, 1); // 9
  step(790, V0, 'LockReleased', 0, 2); // 10
  step(800, V1, 'LockAcquired', 0, 1, 1); // 11
  step(830, V1, 'LockReleased', 0, 1); // 12
  const { thread, site, type, subject, a, b, c } = f.rows;
  const { length } = at;
  const columns: StoredColumns = {
    length,
    skipped: new Float64Array(length),
    timeNs: Float64Array.from(at),
    thread,
    site,
    type,
    subject,
    a,
    b,
    c,
  };
  return new MemoryHistory({
    columns,
    layout: f.w.layout,
    threads: THREADS,
  });
}

describe('a lock, waited for', () => {
  test('who held it, where it was taken, for how long, who came in between, who else waited', () => {
    const wait = waitOf(story(), { thread: 'vcpu0', at: 12 });
    expect(wait).toMatchObject({
      thread: 'vcpu0',
      kind: 'lock',
      what: 'mmu_lock of VM 0, write',
      waitedNs: 560,
    });
    expect([wait.began.position, wait.ended]).toMatchObject([2, { position: 9 }]);
    expect(wait.holders).toMatchObject([
      {
        thread: 'main',
        mode: 'write',
        taken: { position: 1 },
        released: { position: 6 },
        heldNs: 400,
        overtook: false,
      },
      { thread: 'kworker0', taken: { position: 7 }, released: { position: 8 }, heldNs: 190, overtook: true },
    ]);
    expect(wait.endedBy).toMatchObject([{ kind: 'lock', at: { position: 8, thread: 'kworker0' } }]);
    expect(wait.alsoWaiting).toMatchObject([
      { thread: 'kworker0', mode: 'write', since: { position: 3 } },
      { thread: 'vcpu1', mode: 'read', since: { position: 4 } },
    ]);
    // Before it waited it had not waited; a thread that is not there is named.
    expect(() => waitOf(story(), { thread: 'vcpu0', at: 1 })).toThrow(
      'thread vcpu0 began no wait at or before position 1',
    );
    expect(() => waitOf(story(), { thread: 'vcpu7', at: 9 })).toThrow(
      'expected one of: main, vcpu0, kworker0, vcpu1',
    );
  });

  test('the critical path goes over to whoever held the lock, and says so', () => {
    const path = criticalPath(story(), { from: 1, to: 12, serialTime: false }) as CriticalPath;
    expect(
      path.links.map(({ thread, from, to, cause, wake }) => [thread, from, to, cause, wake?.kind ?? null]),
    ).toEqual([
      ['main', 1, 6, 'lock', null],
      ['kworker0', 7, 8, 'lock', 'lock'],
      ['vcpu0', 9, 10, 'lock', 'lock'],
      ['vcpu1', 11, 12, 'runs', 'lock'],
    ]);
    expect([path.durationNs, path.begins.position, path.ends.position]).toEqual([730, 1, 12]);
    // From 150 on, where the first of them began to wait, until vcpu1 could go on at 790 the time is the lock's.
    expect(Object.fromEntries(path.byCause.map(({ cause, ns }) => [cause, ns]))).toEqual({
      lock: 640,
      runs: 90,
    });
    expect(path.byThread[0]).toEqual({ thread: 'main', ns: 400 });
  });

  test('positions that make no path are refused', () => {
    const ask = (from: number, to: number) => () => criticalPath(story(), { from, to, serialTime: false });
    expect(ask(5, 5)).toThrow('from a position to a later one, both from 1 to 12; got 5 and 5');
    expect(ask(1, 13)).toThrow('both from 1 to 12');
  });
});

describe('whole runs', () => {
  const RUN = { scenario: 'busy', seed: 5, limits: { events: 30_000 }, invariants: false } as const;

  test('every wait for a lock names the holder that its event names, and ends with the release that it waited for', () => {
    const history = new MemoryHistory(simulation({ ...RUN, protocol: 'v6.4', scheduler: 'random' }));
    const contended = history.rows({ from: 1, to: history.end, limit: 60, types: [E.LockContended] });
    expect(contended.length).toBeGreaterThan(20);
    for (let i = 0; i < contended.length; i++) {
      const thread = history.threads[contended.thread[i]];
      const wait = waitOf(history, { thread, at: contended.position[i] });
      expect(wait.began.position).toBe(contended.position[i]);
      const first = wait.holders.filter((holder) => !holder.overtook).map((holder) => holder.thread);
      const writer = contended.c[i] - 1;
      expect(writer < 0 ? first.length : first).toEqual(
        writer < 0 ? contended.b[i] : [history.threads[writer]],
      );
      const { endedBy } = wait;
      const released =
        endedBy === 'notRecorded' || wait.ended === null ? ['lock'] : endedBy.map(({ kind }) => kind);
      expect(released).toContain('lock');
    }
  });

  test.each([
    [E.WorkFlushStarted, 'workFlush', 'workFlush', 'seed-draft'],
    [E.SrcuSyncStarted, 'srcu', 'srcuReader', 'v5.18'],
    [E.RcuGracePeriodStarted, 'gracePeriod', 'rcuReader', 'v5.18'],
    [E.RemoteFlushBegun, 'remoteFlush', 'vcpuOutside', 'v5.18'],
  ])('event %i: a wait of kind %s ends by %s', (type, kind, edge, protocol) => {
    const history = new MemoryHistory(simulation({ ...RUN, protocol, scheduler: 'random' }));
    const begins = history.rows({ from: 1, to: history.end, limit: 1_000, types: [type] });
    let seen = 0;
    for (let i = 0; i < begins.length && seen < 10; i++) {
      if (begins.a[i] === 0) continue;
      const wait = waitOf(history, { thread: history.threads[begins.thread[i]], at: begins.position[i] });
      expect([wait.kind, wait.began.position]).toEqual([kind, begins.position[i]]);
      if (wait.endedBy === 'notRecorded' || wait.endedBy.every((by) => by.kind !== edge)) continue;
      seen++;
    }
    expect(seen).toBeGreaterThan(0);
  });

  test.each(['timed', 'random'] as const)(
    'under %s a path has no gap, and its causes add up',
    (scheduler) => {
      const history = new MemoryHistory(simulation({ ...RUN, protocol: 'v5.18', scheduler }));
      const { columns } = history;
      for (const [from, to] of [
        [1, history.end],
        [5_000, 9_000],
        [10_000, 10_200],
      ]) {
        const path = criticalPath(history, {
          from,
          to,
          serialTime: scheduler === 'random',
          limit: 1_000,
        }) as CriticalPath;
        expect(path.byCause.reduce((sum, { ns }) => sum + ns, 0)).toBeCloseTo(path.durationNs, 3);
        // A link begins behind the event that woke it, or behind the same thread's event before: there is no gap.
        const broken = path.links.filter((link, k) => {
          const last = path.links[k - 1];
          if (columns.timeNs[link.from - 1] > columns.timeNs[link.to - 1]) return true;
          if (last === undefined) return false;
          return link.wake === null
            ? last.thread !== link.thread
            : last.to !== link.wake.by.position || last.to >= link.from;
        });
        expect(broken).toEqual([]);
        expect(path.links.length).toBeGreaterThan(1);
      }
    },
  );

  test('what `lifecycle` does not keep is notRecorded', () => {
    const history = new MemoryHistory(simulation({ ...RUN, protocol: 'v6.4', recording: 'lifecycle' }));
    expect(criticalPath(history, { from: 1, to: 50, serialTime: false }).links).toBe('notRecorded');
    const contended = history.rows({ from: 1, to: history.end, limit: 1, types: [E.LockContended] });
    const wait = waitOf(history, { thread: history.threads[contended.thread[0]], at: contended.position[0] });
    expect([wait.ended, wait.waitedNs, wait.endedBy]).toEqual(['notRecorded', 'notRecorded', 'notRecorded']);
    for (const holder of wait.holders) expect(holder.taken).toBe('notRecorded');
  });
});
