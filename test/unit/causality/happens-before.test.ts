// The edges against the machine itself: whoever waited and was woken must be seen to have been woken by somebody.
import { describe, expect, test } from 'vitest';
import { STATUS } from '../../../src/core/aggregates/layout.js';
import type { EdgeKind } from '../../../src/core/causality/edges.js';
import { HappensBefore } from '../../../src/core/causality/happens-before.js';
import { E, EVENT_BY_CODE } from '../../../src/core/events/catalogue.js';
import { CHANNEL, WAIT } from '../../../src/core/machine/batch.js';
import type { RunRequest } from '../../../src/core/run/manifest.js';
import { SCENARIOS } from '../../../src/core/scenarios/library.js';
import { concatColumns, runToEnd, simulation } from '../../support/harness.js';

/** A wait for one of these ends with an event, and with an edge of one of these kinds into it. */
const EXPECTED: Readonly<Record<number, readonly EdgeKind[]>> = {
  [WAIT.LOCK / CHANNEL]: ['lock'],
  [WAIT.WORK / CHANNEL]: ['work'],
  [WAIT.FLUSH / CHANNEL]: ['workFlush'],
  [WAIT.RCU / CHANNEL]: ['gracePeriod', 'rcuReader'],
  [WAIT.SRCU / CHANNEL]: ['srcuReader'],
  [WAIT.VCPU_OUTSIDE / CHANNEL]: ['vcpuOutside'],
};

const SHORT = { invariants: false, limits: { events: 30_000 } } as const;
const EVERY: readonly RunRequest[] = SCENARIOS.flatMap(({ id }) =>
  ['v5.18', 'seed-draft', 'v6.6'].map((protocol) => ({ scenario: id, protocol, seed: 7, ...SHORT })),
);

describe('happens-before', () => {
  test('every wait of the machine that ends with an event ends with an edge from after its begin', () => {
    const seen = new Map<string, number>();
    const requests = EVERY.filter(({ scenario }) => scenario !== 'boot');
    for (const request of requests.map((r) => ({ ...r, scheduler: 'random' as const }))) {
      const sim = simulation(request);
      const m = sim.machine;
      /** By thread: class of what it waits for, and how many events there were when it began to. */
      const waits = new Map<number, { readonly channel: number; readonly since: number }>();
      const into: { readonly from: number; readonly kind: EdgeKind }[] = [];
      const causes = new HappensBefore((from, _to, kind) => into.push({ from, kind }));
      let events = 0;
      m.observer = {
        before: (_w, batch, i) => {
          events++;
          into.length = 0;
          causes.row(batch, i, events);
          const t = batch.thread[i];
          const wait = waits.get(t);
          if (wait === undefined) return;
          waits.delete(t);
          const kinds = EXPECTED[wait.channel];
          if (kinds === undefined) return;
          const found = into.filter(({ from, kind }) => kinds.includes(kind) && from > wait.since);
          const what = EVENT_BY_CODE[batch.type[i]]?.name;
          expect(found, `${request.scenario} ${request.protocol}, event ${events} ${what}`).not.toEqual([]);
          seen.set(kinds[0], (seen.get(kinds[0]) ?? 0) + 1);
        },
        after: () => undefined,
      };
      while (sim.outcome === null && !sim.waiting) {
        sim.advance(1);
        for (let t = 0; t < m.threads.length; t++) {
          if (m.status(t) !== STATUS.waiting || waits.has(t)) continue;
          waits.set(t, { channel: Math.floor(m.waitsOn(t) / CHANNEL), since: events });
        }
      }
    }
    // Each of them was met, so none of them can be missing without this test failing.
    expect([...seen.keys()].sort()).toEqual(
      ['gracePeriod', 'lock', 'srcuReader', 'vcpuOutside', 'work', 'workFlush'].sort(),
    );
  });

  test('edges go forward, from thread to thread, and fit their kind', () => {
    const ends: Readonly<Record<EdgeKind, readonly [readonly number[] | null, readonly number[] | null]>> = {
      lock: [[E.LockReleased], [E.LockAcquired]],
      work: [[E.WorkQueued], [E.WorkStarted]],
      workFlush: [[E.WorkFinished], [E.WorkFlushEnded]],
      request: [
        [E.RequestMade, E.SmiRequested],
        [E.RequestTaken, E.SmiTaken],
      ],
      ipi: [[E.IpiSent], [E.VcpuExited, E.ModeChanged]],
      vcpuOutside: [[E.VcpuExited, E.ModeChanged], null],
      rcuCallback: [
        [E.RootFreeQueued, E.TableFreeQueued],
        [E.RootFreed, E.TableFreed],
      ],
      gracePeriod: [[E.RootFreeQueued, E.TableFreeQueued], [E.RcuGracePeriodStarted]],
      rcuReader: [[E.RcuReadUnlocked], [E.RcuGracePeriodEnded]],
      rcuBarrier: [
        [E.RootFreed, E.TableFreed],
        [E.VmDestroyed, E.VmCreateFailed],
      ],
      srcuReader: [[E.SrcuReadUnlocked], [E.SrcuSyncEnded]],
      object: [null, null],
    };
    const met = new Set<EdgeKind>();
    for (const request of EVERY) {
      const rows = concatColumns(runToEnd(simulation(request)));
      const wrong: string[] = [];
      const causes = new HappensBefore(
        (from, to, kind) => {
          met.add(kind);
          const [sources, targets] = ends[kind];
          const fits =
            from < to &&
            rows.thread[from] !== rows.thread[to] &&
            (sources === null || sources.includes(rows.type[from])) &&
            (targets === null || targets.includes(rows.type[to]));
          const sameLock = kind !== 'lock' || rows.subject[from] === rows.subject[to];
          if (!fits || !sameLock) wrong.push(`${request.scenario}: ${from} -> ${to} ${kind}`);
        },
        { objects: true },
      );
      causes.take(rows, 0, rows.length, 0);
      expect(wrong).toEqual([]);
    }
    expect([...met].sort()).toEqual(Object.keys(ends).sort());
  });

  test('begun in the middle, it gives the edges whose source lies behind that place', () => {
    const sim = simulation({ scenario: 'busy', protocol: 'v6.4', seed: 3, scheduler: 'random', ...SHORT });
    const all: string[] = [];
    const late: string[] = [];
    const whole = new HappensBefore((from, to, kind) => all.push(`${from} ${to} ${kind}`));
    const text = (from: number, to: number, kind: EdgeKind): void => void late.push(`${from} ${to} ${kind}`);
    const half = new HappensBefore(text);
    const START = 5_000;
    let events = 0;
    sim.machine.observer = {
      before: (w, batch, i) => {
        events++;
        whole.row(batch, i, events);
        if (events === START) half.startAt(w);
        if (events >= START) half.row(batch, i, events);
      },
      after: () => undefined,
    };
    runToEnd(sim);
    const expected = all.filter((edge) => Number(edge.split(' ')[0]) >= START);
    expect(expected.length).toBeGreaterThan(100);
    expect(late).toEqual(expected);
  });
});
