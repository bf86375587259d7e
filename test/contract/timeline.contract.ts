// The part of the store's contract that is about timelines and times: what stored buckets cover, and what a fork sees of
// its parent's.
import { describe, expect, test } from 'vitest';
import { readBuckets } from '../../src/core/projections/timeline.js';
import { type EventReader, type EventStore, openEventReader } from '../../src/store/index.js';
import { FAKE_MANIFEST, fakeChunk } from './fake-chunks.js';

interface Context {
  readonly store: EventStore;
  /** An empty session. */
  readonly id: string;
  fill(rows: number, chunkRows?: number): Promise<void>;
}

function reading<T>(store: EventStore, use: (reader: EventReader) => T): T {
  const { readerSource } = store;
  if (readerSource.kind === 'here') return use(readerSource.reader);
  const reader = openEventReader(readerSource.dataDir, readerSource.limits);
  try {
    return use(reader);
  } finally {
    reader.close();
  }
}

export function timelineContract(context: () => Context): void {
  describe('timelines', () => {
    test('each chunk has its own; a fork sees those that lie before it, and its own', async () => {
      const { store, id, fill } = context();
      await fill(1000, 300);
      const extra = { parent: { sessionId: id, position: 650 } };
      const fork = await store.createSession(FAKE_MANIFEST, 'forked', extra);
      await store.append(fork.id, fakeChunk(650, 100, { seed: 2 }));
      const covers = (sessionId: string, from: number, to: number) =>
        reading(store, (reader) =>
          reader.timeline(sessionId, 'fine', from, to).map((row) => [row.from, row.to]),
        );
      expect(covers(id, 1, 1000)).toEqual([
        [1, 300],
        [301, 600],
        [601, 900],
        [901, 1000],
      ]);
      expect(covers(id, 300, 301)).toEqual([
        [1, 300],
        [301, 600],
      ]);
      // The chunk that the fork cuts is read from rows.
      expect(covers(fork.id, 1, 750)).toEqual([
        [1, 300],
        [301, 600],
        [651, 750],
      ]);
      let events = 0;
      reading(store, (reader) => {
        for (const { bytes, from } of reader.timeline(fork.id, 'coarse', 1, 750)) {
          let ofThread = false;
          readBuckets(bytes, from, {
            bucket: () => true,
            span: () => undefined,
            time: () => undefined,
            update: () => undefined,
            lane: (kind) => {
              ofThread = kind === 0;
              return true;
            },
            count: (_, count) => {
              if (ofThread) events += count;
            },
          });
        }
      });
      expect(events).toBe(700);
    });

    test('a time is before the first event that is later, in a fork as well', async () => {
      const { store, id, fill } = context();
      await fill(1000, 300);
      const extra = { parent: { sessionId: id, position: 650 } };
      const fork = await store.createSession(FAKE_MANIFEST, 'forked', extra);
      await store.append(fork.id, fakeChunk(650, 100, { seed: 2 }));
      for (const session of [id, fork.id]) {
        const times = [...(await store.readRows(session, { limit: 2_000 })).rows.timeNs];
        for (const timeNs of [0, times[0]!, times[299]!, times[640]!, times[700]!, times.at(-1)! + 1]) {
          const later = times.findIndex((t) => t > timeNs);
          const found = reading(store, (reader) => reader.positionAtTime(session, timeNs));
          expect(found).toBe(later < 0 ? times.length : later);
        }
      }
    });
  });
}
