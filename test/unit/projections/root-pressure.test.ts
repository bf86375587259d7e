import { describe, expect, it } from 'vitest';
import { ROLE } from '../../../src/core/aggregates/role.js';
import { encodeEvent, type RootlineEvent } from '../../../src/core/events/catalogue.js';
import { LOCK_MODE } from '../../../src/core/events/lock.events.js';
import { RootPressure, type RootPressureFigures } from '../../../src/core/projections/root-pressure.js';

/** [thread, time, event] */
type Row = readonly [number, number, RootlineEvent];

function figures(rows: readonly Row[]): RootPressureFigures {
  const encoded = rows.map(([, , e]) => encodeEvent(e));
  const pressure = new RootPressure();
  const column = (k: number): number[] => encoded.map((row) => row[k]!);
  const columns = {
    type: column(0),
    subject: column(1),
    a: column(2),
    b: column(3),
    c: column(4),
    site: encoded.map(() => 0),
    thread: rows.map(([t]) => t),
    timeNs: rows.map(([, ns]) => ns),
  };
  pressure.feed(columns, 0, rows.length);
  return pressure.figures();
}

const root = (type: 'RootZapStarted' | 'RootZapFinished', number: number): RootlineEvent =>
  ({
    type,
    subject: { kind: 'root', number },
    shared: 1,
    sptes: 0,
    refcount: 1,
    address: number,
  }) as unknown as RootlineEvent;
const waits = (lock: number, mode: number): RootlineEvent => ({
  type: 'LockContended',
  subject: { kind: 'lock', number: lock },
  mode,
  readers: 0,
  writer: 1,
});
const loaded: RootlineEvent = {
  type: 'RootLoaded',
  subject: { kind: 'vcpu', number: 0 },
  slot: 0,
  role: 4,
  address: 1,
};

describe('root pressure', () => {
  it('counts zaps that are open at the same moment, and the longest time that most are', () => {
    const rows: Row[] = [
      [1, 0, root('RootZapStarted', 1)],
      [2, 10, root('RootZapStarted', 2)],
      [1, 20, root('RootZapFinished', 1)],
      [2, 30, root('RootZapFinished', 2)],
      // Begins where the other ended: not at once.
      [1, 30, root('RootZapStarted', 3)],
      [3, 32, root('RootZapStarted', 4)],
      [1, 47, root('RootZapFinished', 3)],
      [3, 50, root('RootZapFinished', 4)],
    ];
    expect(figures(rows)).toMatchObject({ zaps: 4, longestZapNs: 20, zapsAtOnce: 2, zapsAtOnceNs: 15 });
  });

  it('a load lasts from the first wait for mmu_lock; other locks, readers and the wait before a zap do not count', () => {
    const rows: Row[] = [
      [1, 0, waits(0, LOCK_MODE.write)],
      [1, 5, { type: 'FastZapBegun', subject: { kind: 'vm', number: 0 }, validGen: 0 }],
      [1, 10, waits(1, LOCK_MODE.write)],
      [1, 12, waits(0, LOCK_MODE.read)],
      [1, 20, waits(0, LOCK_MODE.write)],
      [1, 22, { ...loaded, type: 'RootDropped' }],
      [1, 25, waits(0, LOCK_MODE.write)],
      [1, 50, loaded],
      [2, 60, loaded],
      // The mmu_lock of the second VM.
      [2, 70, waits(5, LOCK_MODE.write)],
      [2, 75, loaded],
    ];
    expect(figures(rows)).toMatchObject({ rootLoads: 3, rootLoadsThatWaited: 2, worstRootLoadNs: 30 });
  });

  it('an invalid root is not a valid one, freed or not', () => {
    const born = (number: number): RootlineEvent => ({
      type: 'RootAllocated',
      subject: { kind: 'root', number },
      role: 4,
      refcount: 2,
      address: number,
    });
    const rows: Row[] = [
      [1, 0, born(1)],
      [1, 1, born(2)],
      [
        1,
        2,
        {
          type: 'RootInvalidated',
          subject: { kind: 'root', number: 1 },
          role: 4 | ROLE.INVALID,
          refcount: 1,
          address: 1,
        },
      ],
      [1, 3, born(3)],
      [
        1,
        4,
        {
          type: 'RootFreed',
          subject: { kind: 'root', number: 1 },
          role: 4 | ROLE.INVALID,
          present: 0,
          address: 1,
        },
      ],
      [1, 5, born(4)],
    ];
    expect(figures(rows).peakValidRoots).toBe(3);
  });
});
