// Which sessions leave, and when it is looked: the rules by themselves, then the service with a clock and a store of its own.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { RETENTION_AGAIN_MS, RETENTION_PERIOD_MS } from '../../../src/config/limits.js';
import type { ExpendableSession } from '../../../src/store/retention.port.js';
import { RetentionService } from '../../../src/upkeep/retention.service.js';
import { planRetention, sessionsNamedIn } from '../../../src/upkeep/retention-plan.js';

const NOW = Date.parse('2026-06-15T12:00:00Z');
const DAY_MS = 86_400_000;
const NOBODY: ReadonlySet<string> = new Set();
const MANY = 1_000;

/** Ids 1, 2, 3 ... oldest first; `ages` in days. */
function sealed(ages: readonly number[], bytes: readonly number[]): ExpendableSession[] {
  return ages.map((age, i) => ({
    id: String(i + 1),
    storedBytes: bytes[i]!,
    sealedAtMs: NOW - age * DAY_MS,
  }));
}

describe('planRetention', () => {
  const expendable = sealed([40, 30, 10, 9, 1], [100, 0, 300, 50, 1_000]);
  // Another 500 belong to sessions that are not expendable.
  const survey = { storedBytes: 1_950, expendable };
  const plan = (days: number, bytes: number, kept = NOBODY, max = MANY) => {
    const { leaving, more, overBytes } = planRetention(survey, kept, { days, bytes }, NOW, max);
    return { leaving: leaving.map(({ id, reason }) => `${id} ${reason}`), more, overBytes };
  };

  test('off, nothing leaves', () => {
    expect(plan(0, 0)).toEqual({ leaving: [], more: false, overBytes: 0 });
  });

  test('by age: what ended before so many days, to the millisecond', () => {
    expect(plan(10, 0).leaving).toEqual(['1 age', '2 age']);
    expect(plan(9, 0).leaving).toEqual(['1 age', '2 age', '3 age']);
    expect(plan(41, 0).leaving).toEqual([]);
  });

  test('by bytes: the oldest until it fits, none for nothing', () => {
    expect(plan(0, 1_950).leaving).toEqual([]);
    expect(plan(0, 1_949).leaving).toEqual(['1 bytes']);
    expect(plan(0, 1_849).leaving).toEqual(['1 bytes', '3 bytes']);
    expect(plan(0, 500)).toEqual({
      leaving: ['1 bytes', '3 bytes', '4 bytes', '5 bytes'],
      more: false,
      overBytes: 0,
    });
  });

  test('both: what leaves by age counts for the bytes', () => {
    expect(plan(30, 1_600).leaving).toEqual(['1 age', '3 bytes']);
    expect(plan(30, 1_850).leaving).toEqual(['1 age']);
  });

  test('kept sessions stay, and what cannot be met is told', () => {
    const kept = new Set(['1', '5']);
    expect(plan(5, 100, kept)).toEqual({
      leaving: ['2 age', '3 age', '4 age'],
      more: false,
      overBytes: 1_500,
    });
  });

  test('not more at once than asked for', () => {
    expect(plan(0, 1, NOBODY, 2)).toEqual({ leaving: ['1 bytes', '3 bytes'], more: true, overBytes: 1_549 });
    expect(plan(5, 0, NOBODY, 4).more).toBe(false);
  });
});

test('sessions that a job names', () => {
  expect(sessionsNamedIn({ sessionId: '7', by: ['fold'] })).toEqual(['7']);
  expect(sessionsNamedIn({ sessions: ['1', '2'], left: { sessionId: '3' }, name: '4', deep: true })).toEqual([
    '1',
    '2',
    '3',
  ]);
  expect(sessionsNamedIn([{ baseSession: '5' }, null, 6, 'x'])).toEqual(['5']);
});

describe('RetentionService', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** A store of sessions that each take 10 bytes and ended a day after one another, the last one now. */
  function service(count: number, differs: Partial<{ bytes: number; days: number; refuses: string }> = {}) {
    const { bytes = 0, days = 0, refuses } = differs;
    const there = new Map(
      sealed(
        Array.from({ length: count }, (_, i) => count - 1 - i),
        Array.from({ length: count }, () => 10),
      ).map((session) => [session.id, session]),
    );
    const told: string[] = [];
    const seen = { looks: 0 };
    const tell = (message: string, fields: object = {}): void =>
      void told.push(`${message} ${JSON.stringify(fields)}`);
    let nowMs = NOW;
    const retention = new RetentionService({
      store: {
        survey: async () => {
          seen.looks++;
          return { storedBytes: there.size * 10, expendable: [...there.values()] };
        },
        spokenOf: async () => new Set(['2']),
        deleteExpendable: async (id) => id !== refuses && there.delete(id),
      },
      jobs: {
        list: async () => [
          {
            id: '1',
            kind: 'replay',
            state: 'running',
            request: { sessionId: '3' },
            progress: null,
            result: null,
            error: null,
            createdAt: '',
            updatedAt: '',
          },
        ],
      },
      rules: { days, bytes },
      log: {
        debug: tell,
        info: tell,
        warn: tell,
        error: (message, error) => tell(`${message} ${String(error)}`),
      },
      onDeleted: (reason) => void told.push(reason),
      nowMs: () => nowMs,
      maxDeletions: 2,
    });
    const later = (ms: number): void => {
      nowMs += ms;
    };
    return { retention, there, told, seen, later };
  }

  test('off, it never looks', async () => {
    const { retention, seen } = service(9);
    retention.start();
    await vi.advanceTimersByTimeAsync(3 * RETENTION_PERIOD_MS);
    expect(seen.looks).toBe(0);
  });

  test('it goes on in bounded looks until it fits, then looks once a period; named and busy ones stay', async () => {
    const { retention, there, told, seen } = service(9, { bytes: 50 });
    retention.start();
    await vi.advanceTimersByTimeAsync(1);
    expect([...there.keys()]).toEqual(['2', '3', '5', '6', '7', '8', '9']);
    expect(told).toEqual([
      'bytes',
      `a session was deleted by age or bytes {"sessionId":"1","reason":"bytes","storedBytes":10,"sealedAt":"2026-06-07T12:00:00.000Z"}`,
      'bytes',
      `a session was deleted by age or bytes {"sessionId":"4","reason":"bytes","storedBytes":10,"sealedAt":"2026-06-10T12:00:00.000Z"}`,
    ]);
    await vi.advanceTimersByTimeAsync(RETENTION_AGAIN_MS);
    expect([...there.keys()]).toEqual(['2', '3', '7', '8', '9']);
    expect(seen.looks).toBe(2);
    await vi.advanceTimersByTimeAsync(RETENTION_PERIOD_MS - 2);
    expect(seen.looks).toBe(2);
    await vi.advanceTimersByTimeAsync(2);
    expect(seen.looks).toBe(3);
    expect(retention.overBytes).toBe(0);
    await retention.stop();
    await vi.advanceTimersByTimeAsync(3 * RETENTION_PERIOD_MS);
    expect(seen.looks).toBe(3);
  });

  test('a session grows too old while the server runs', async () => {
    const { retention, there, later } = service(4, { days: 4 });
    retention.start();
    await vi.advanceTimersByTimeAsync(1);
    expect(there.size).toBe(4);
    later(2 * DAY_MS);
    await vi.advanceTimersByTimeAsync(RETENTION_PERIOD_MS);
    // 2 is named, 3 at work; 1 was three days old.
    expect([...there.keys()]).toEqual(['2', '3', '4']);
    await retention.stop();
  });

  test('what was named at the last moment stays; what cannot be met is told once', async () => {
    const { retention, there, told } = service(4, { bytes: 1, refuses: '4' });
    retention.start();
    await vi.advanceTimersByTimeAsync(RETENTION_PERIOD_MS * 3);
    expect([...there.keys()]).toEqual(['2', '3', '4']);
    expect(told.filter((line) => line.startsWith('the sessions take more'))).toHaveLength(1);
    expect(told.filter((line) => line === 'bytes')).toHaveLength(1);
    expect(retention.overBytes).toBe(19);
    await retention.stop();
  });
});
