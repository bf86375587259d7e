// The part of the store's contract that is about shared history: forks read their parent's rows through segments.
import { describe, expect, test } from 'vitest';
import { ROW_FIELDS, ROW_NUMBERS } from '../../src/core/run/stored-numbers.js';
import type { EventStore } from '../../src/store/index.js';
import { FAKE_DICTIONARY, FAKE_MANIFEST, fakeChunk, fakeRows, rowObjects } from './fake-chunks.js';

interface Context {
  readonly store: EventStore;
  /** An empty session. */
  readonly id: string;
  fill(rows: number, chunkRows?: number): Promise<void>;
}

export function forkContract(context: () => Context): void {
  describe('forks', () => {
    /** A fork of `parent` at `position` with `rows` rows of another seed. */
    async function fork(parent: string, position: number, rows: number, seed: number): Promise<string> {
      const { store } = context();
      const extra = { parent: { sessionId: parent, position } };
      const { id } = await store.createSession(FAKE_MANIFEST, 'forked', extra);
      if (rows > 0) await store.append(id, fakeChunk(position, rows, { seed, snapshotBytes: 50 }));
      return id;
    }

    /** Rows of a history: [seed, last position] of each part. */
    function history(...parts: [seed: number, to: number][]) {
      let from = 1;
      return parts.flatMap(([seed, to]) => {
        const rows = rowObjects(fakeRows(from, to, { seed }));
        from = to + 1;
        return rows;
      });
    }

    test('a fork of a fork reads three owners as one history', async () => {
      const { store, id, fill } = context();
      await fill(1000, 100);
      const first = await fork(id, 650, 300, 2);
      const second = await fork(first, 800, 100, 3);
      await store.append(id, fakeChunk(1000, 100));
      const expected = history([1, 650], [2, 800], [3, 900]);
      expect(await store.getSession(second)).toMatchObject({
        kind: 'forked',
        position: 900,
        parent: { sessionId: first, position: 800 },
      });
      expect(rowObjects((await store.readRows(second, { limit: 2000 })).rows)).toEqual(expected);
      const back = await store.readRows(second, { limit: 200, direction: 'backward', to: 820 });
      expect(rowObjects(back.rows)).toEqual(expected.slice(620, 820).reverse());
      const filters = { types: [5, 70], thread: 1 };
      const some = await store.readRows(second, { limit: 2000, filters });
      const wanted = expected.filter((row) => (row.type === 5 || row.type === 70) && row.thread === 1);
      expect(rowObjects(some.rows)).toEqual(wanted);
      const { rows } = await store.readFold(second, 600, 250);
      expect([...rows.c]).toEqual(expected.slice(599, 849).map((row) => row.c));
      const { numbers } = (await store.readNumbers(second, 600, 250)).rows;
      expect(numbers.filter((_, k) => k % ROW_NUMBERS === ROW_FIELDS.indexOf('c'))).toEqual(
        Float64Array.from(rows.c),
      );
      expect(rowObjects(await store.findings(second))).toEqual(expected.filter((row) => row.type === 60));
    });

    test('decisions, names and snapshots come from the shared history too', async () => {
      const { store, id } = context();
      await store.append(id, fakeChunk(0, 100, { snapshotBytes: 50 }));
      await store.append(id, fakeChunk(100, 100, { snapshotBytes: 50 }));
      const child = await fork(id, 150, 50, 2);
      const { bytes, chunks } = await store.decisions(child);
      expect(new TextDecoder().decode(bytes)).toBe('0-100;100-200;150-200;');
      expect(chunks.map((chunk) => chunk.validTo)).toEqual([100, 150, 200]);
      expect(await store.dictionary(child)).toEqual(FAKE_DICTIONARY);
      expect((await store.latestSnapshot(child, 199))!.position).toBe(100);
      expect((await store.latestSnapshot(child, 200))!.position).toBe(200);
    });

    test('names that only the parent needs do not bind the fork', async () => {
      const { store, id } = context();
      await store.append(id, fakeChunk(0, 100));
      const site = { kind: 'site' as const, id: 50, function: 'late', label: 'parent', parent: 0 };
      await store.append(id, fakeChunk(100, 100, { dictionary: [site] }));
      const child = (
        await store.createSession(FAKE_MANIFEST, 'forked', { parent: { sessionId: id, position: 150 } })
      ).id;
      const other = { ...site, label: 'child' };
      await store.append(child, fakeChunk(150, 10, { dictionary: [other] }));
      expect((await store.dictionary(child)).at(-1)).toEqual(other);
      expect((await store.dictionary(id)).at(-1)).toEqual(site);
      const early = (
        await store.createSession(FAKE_MANIFEST, 'forked', { parent: { sessionId: child, position: 100 } })
      ).id;
      expect(await store.dictionary(early)).toEqual(FAKE_DICTIONARY);
    });

    test('a fork at 0 shares nothing; a fork beyond the end is refused', async () => {
      const { store, id, fill } = context();
      await fill(10);
      const empty = await fork(id, 0, 5, 2);
      expect(rowObjects((await store.readRows(empty, { limit: 10 })).rows)).toEqual(history([2, 5]));
      for (const position of [11, -1, 1.5]) {
        const extra = { parent: { sessionId: id, position } };
        await expect(store.createSession(FAKE_MANIFEST, 'forked', extra)).rejects.toMatchObject({
          code: 'query_refused',
        });
      }
    });

    test('deleting a parent keeps what its forks share, until the last is gone', async () => {
      const { store, id, fill } = context();
      await fill(1000, 100);
      const child = await fork(id, 650, 100, 2);
      await store.deleteSession(id);
      await store.deletionsDone();
      await expect(store.getSession(id)).rejects.toMatchObject({ code: 'session_not_found' });
      expect(rowObjects((await store.readRows(child, { limit: 1000 })).rows)).toEqual(
        history([1, 650], [2, 750]),
      );
      expect((await store.decisions(child)).chunks.length).toBe(8);
      const grandchild = await fork(child, 600, 10, 3);
      await store.deleteSession(child);
      await store.deletionsDone();
      const expected = history([1, 600], [3, 610]);
      expect(rowObjects((await store.readRows(grandchild, { limit: 1000 })).rows)).toEqual(expected);
      await store.deleteSession(grandchild);
      await store.deletionsDone();
      expect((await store.listSessions({ limit: 10 })).sessions).toEqual([]);
    });
  });
}
