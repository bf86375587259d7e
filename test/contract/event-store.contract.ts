// What every event store must do: one suite, run on each adapter.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ChunkChannel, type CommitNotice, type EventStore, type StoreLimits } from '../../src/store/index.js';
import { FAKE_MANIFEST, fakeChunk, fakeRow, fakeRows, fakeSnapshot, rowObjects } from './fake-chunks.js';
import { forkContract } from './forks.contract.js';
import { importContract } from './imports.contract.js';
import { readContract } from './reads.contract.js';
import { timelineContract } from './timeline.contract.js';

export interface StoreUnderTest {
  readonly name: string;
  open(limits?: Partial<StoreLimits>): Promise<EventStore>;
  cleanUp(): Promise<void>;
}

export function eventStoreContract(subject: StoreUnderTest): void {
  describe(`event store: ${subject.name}`, () => {
    let store: EventStore;
    let id: string;

    beforeEach(async () => {
      store = await subject.open();
      id = (await store.createSession(FAKE_MANIFEST, 'simulated')).id;
    });
    afterEach(async () => {
      await store.close();
      await subject.cleanUp();
    });

    async function fill(rows: number, chunkRows = 1000, seed = 1, sessionId = id): Promise<void> {
      for (let at = 0; at < rows; at += chunkRows) {
        await store.append(sessionId, fakeChunk(at, Math.min(chunkRows, rows - at), { seed }));
      }
    }

    /** A fresh store with these limits, and an empty session in it. */
    async function reopen(limits: Partial<StoreLimits>): Promise<void> {
      await store.close();
      await subject.cleanUp();
      store = await subject.open(limits);
      id = (await store.createSession(FAKE_MANIFEST, 'simulated')).id;
    }

    describe('sessions', () => {
      test('a new session is empty, queued, and has the manifest it was made from', async () => {
        const session = await store.getSession(id);
        expect(session).toMatchObject({
          id,
          kind: 'simulated',
          state: 'queued',
          position: 0,
          progress: null,
        });
        expect(session.manifest).toEqual(FAKE_MANIFEST);
        expect(id).toMatch(/^[1-9][0-9]*$/);
      });

      test('an unknown id is a typed error, whatever it looks like', async () => {
        for (const unknown of ['999', '0', '-1', '1e3', '01', 'x', '', '9'.repeat(40)]) {
          await expect(store.getSession(unknown)).rejects.toMatchObject({ code: 'session_not_found' });
        }
      });

      test('states change, under the condition that the caller names', async () => {
        await store.setState(id, 'running', { from: ['queued'] });
        await expect(store.setState(id, 'paused', { from: ['queued'] })).rejects.toMatchObject({
          code: 'state_conflict',
          details: { state: 'running' },
        });
        const paused = await store.setState(id, 'paused', { reason: 'asked to' });
        expect(paused).toMatchObject({ state: 'paused', reason: 'asked to' });
        expect((await store.getSession(id)).state).toBe('paused');
      });

      test('a sealed session takes no other state and no chunk', async () => {
        await store.setState(id, 'cancelled');
        await expect(store.setState(id, 'running')).rejects.toMatchObject({ code: 'session_sealed' });
        await expect(store.append(id, fakeChunk(0, 1))).rejects.toMatchObject({ code: 'session_sealed' });
      });

      test('the chunk with the outcome seals the session', async () => {
        await store.append(id, fakeChunk(0, 5));
        await store.append(id, fakeChunk(5, 0, { outcome: 'no_forward_progress' }));
        expect(await store.getSession(id)).toMatchObject({ state: 'finished', position: 5 });
        const other = await store.createSession(FAKE_MANIFEST, 'simulated');
        await store.append(other.id, fakeChunk(0, 5, { outcome: 'failed' }));
        expect((await store.getSession(other.id)).state).toBe('failed');
      });

      test('names and notes are kept apart and may be cleared', async () => {
        await store.annotate(id, { name: 'first', note: 'look at 17' });
        expect(await store.annotate(id, { note: null })).toMatchObject({ name: 'first', note: null });
        expect(await store.getSession(id)).toMatchObject({ name: 'first', note: null });
        await expect(store.annotate(id, { name: 'x'.repeat(10_000) })).rejects.toMatchObject({
          code: 'limit_exceeded',
          details: { limit: 'maxNameChars' },
        });
      });

      test('the list pages newest first and filters', async () => {
        for (let i = 0; i < 6; i++) {
          const manifest = { ...FAKE_MANIFEST, protocol: i % 2 === 0 ? 'v5.18' : 'seed-draft' };
          await store.createSession(manifest, i === 5 ? 'imported' : 'simulated', { name: `n${i}` });
        }
        const first = await store.listSessions({ limit: 4 });
        expect(first.sessions.map((session) => session.name)).toEqual(['n5', 'n4', 'n3', 'n2']);
        const second = await store.listSessions({ limit: 4, cursor: first.nextCursor! });
        expect(second.sessions.map((session) => session.name)).toEqual(['n1', 'n0', null]);
        expect(second.nextCursor).toBeNull();
        const drafts = await store.listSessions({ limit: 10, protocol: 'seed-draft', kinds: ['simulated'] });
        expect(drafts.sessions.map((session) => session.name)).toEqual(['n3', 'n1']);
        await store.setState(id, 'running');
        const running = await store.listSessions({ limit: 10, states: ['running'] });
        expect(running.sessions.map((session) => session.id)).toEqual([id]);
      });

      test('the list shows the progress that is committed', async () => {
        await store.append(id, fakeChunk(0, 40));
        const { sessions } = await store.listSessions({ limit: 1 });
        expect(sessions[0]).toMatchObject({ position: 40, progress: { rootAllocations: 0, position: 40 } });
      });

      test('an idempotency key gives the same session, and refuses another request', async () => {
        const idempotency = { key: 'k1', fingerprint: 'a' };
        const made = await store.createSession(FAKE_MANIFEST, 'simulated', { idempotency });
        expect((await store.createSession(FAKE_MANIFEST, 'simulated', { idempotency })).id).toBe(made.id);
        const other = { idempotency: { key: 'k1', fingerprint: 'b' } };
        await expect(store.createSession(FAKE_MANIFEST, 'simulated', other)).rejects.toMatchObject({
          code: 'idempotency_mismatch',
        });
      });
    });

    describe('append', () => {
      test('rows come back as they went in, gapless from 1', async () => {
        await fill(2500);
        const { rows, next } = await store.readRows(id, { limit: 5000 });
        expect(next).toBeNull();
        expect(rowObjects(rows)).toEqual(rowObjects(fakeRows(1, 2500)));
      });

      test('row counts around the block sizes of the writer', async () => {
        let at = 0;
        for (const rows of [1, 15, 16, 17, 127, 128, 129, 0, 272]) {
          await store.append(id, fakeChunk(at, rows));
          at += rows;
        }
        const { rows } = await store.readRows(id, { limit: 5000 });
        expect(rowObjects(rows)).toEqual(rowObjects(fakeRows(1, at)));
      });

      test('skipped ordinals, wide times and longer buffers', async () => {
        const options = { skipped: (position: number) => position * 3_000_000_000, spareRows: 77 };
        await store.append(id, fakeChunk(0, 300, options));
        const { rows } = await store.readRows(id, { limit: 300 });
        expect(rowObjects(rows)).toEqual(rowObjects(fakeRows(1, 300, options)));
      });

      test('the caller keeps its buffers', async () => {
        const chunk = fakeChunk(0, 10, { snapshotBytes: 100 });
        await store.append(id, chunk);
        expect(chunk.columns.a.length).toBe(10);
        chunk.columns.a.fill(0);
        expect((await store.readRows(id, { limit: 1 })).rows.a[0]).toBe(fakeRow(1).a);
      });

      test('a chunk that does not continue the session is refused and changes nothing', async () => {
        await store.append(id, fakeChunk(0, 10));
        for (const expected of [0, 9, 11]) {
          await expect(store.append(id, fakeChunk(expected, 5))).rejects.toMatchObject({
            code: 'position_conflict',
            details: { sessionId: id, expected, actual: 10 },
          });
        }
        expect((await store.getSession(id)).position).toBe(10);
        expect(await store.append(id, fakeChunk(10, 5))).toEqual({ fromPosition: 11, toPosition: 15 });
      });

      test('a chunk that contradicts itself is refused as a whole', async () => {
        const chunk = fakeChunk(0, 10);
        const columns = { ...chunk.columns, length: 11 };
        await expect(store.append(id, { ...chunk, columns })).rejects.toMatchObject({
          code: 'chunk_refused',
        });
        const progress = { ...chunk.progress, position: 9 };
        await expect(store.append(id, { ...chunk, progress })).rejects.toMatchObject({
          code: 'chunk_refused',
        });
        const snapshot = fakeSnapshot(9, 10);
        await expect(store.append(id, { ...chunk, snapshot })).rejects.toMatchObject({
          code: 'chunk_refused',
        });
        expect((await store.getSession(id)).position).toBe(0);
      });

      test('two appends at once: one wins, nothing is mixed', async () => {
        const results = await Promise.allSettled([
          store.append(id, fakeChunk(0, 10)),
          store.append(id, fakeChunk(0, 20, { seed: 2 })),
        ]);
        expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected']);
        expect((await store.getSession(id)).position).toBe(10);
      });

      test('limits are named', async () => {
        await reopen({ maxChunkRows: 10, maxSessionBytes: 2000, maxSnapshotBytes: 50, maxSessions: 2 });
        const limit = (name: string) => ({ code: 'limit_exceeded', details: { limit: name } });
        await expect(store.append(id, fakeChunk(0, 11))).rejects.toMatchObject(limit('maxChunkRows'));
        await expect(store.append(id, fakeChunk(0, 1, { snapshotBytes: 51 }))).rejects.toMatchObject(
          limit('maxSnapshotBytes'),
        );
        await store.append(id, fakeChunk(0, 10));
        await store.append(id, fakeChunk(10, 10));
        await expect(store.append(id, fakeChunk(20, 10))).rejects.toMatchObject(limit('maxSessionBytes'));
        await store.createSession(FAKE_MANIFEST, 'simulated');
        await expect(store.createSession(FAKE_MANIFEST, 'simulated')).rejects.toMatchObject(
          limit('maxSessions'),
        );
      });

      test('a channel appends from elsewhere, with credit, and reports refusals', async () => {
        const channel = new ChunkChannel(await store.openChannel(id), 2);
        for (let at = 0; at < 1000; at += 100)
          await channel.append(fakeChunk(at, 100, { snapshotBytes: 64 }));
        await channel.drained();
        expect(channel.committedPosition).toBe(1000);
        expect((await store.latestSnapshot(id, 700))!.bytes).toEqual(fakeSnapshot(700, 64).bytes);
        await channel.append(fakeChunk(900, 100));
        await expect(channel.drained()).rejects.toMatchObject({ code: 'position_conflict' });
        await expect(channel.append(fakeChunk(1000, 1))).rejects.toMatchObject({ code: 'position_conflict' });
        channel.close();
        expect((await store.getSession(id)).position).toBe(1000);
      });

      test('a channel to a deleted session says so', async () => {
        const channel = new ChunkChannel(await store.openChannel(id));
        await store.deleteSession(id);
        await channel.append(fakeChunk(0, 10));
        await expect(channel.drained()).rejects.toMatchObject({ code: 'session_not_found' });
        channel.close();
        await expect(store.openChannel(id)).rejects.toMatchObject({ code: 'session_not_found' });
      });

      test('notices come after the commit and join up', async () => {
        const notices: CommitNotice[] = [];
        const behind: Promise<number>[] = [];
        const subscription = store.committed$.subscribe((notice) => {
          notices.push(notice);
          behind.push(
            store.getSession(notice.sessionId).then((session) => session.position - notice.toPosition),
          );
        });
        await fill(3000, 100);
        await store.setState(id, 'paused');
        await expect.poll(() => notices.at(-1)?.state).toBe('paused');
        subscription.unsubscribe();
        let end = 0;
        for (const { fromPosition, toPosition, sessionId } of notices) {
          expect(sessionId).toBe(id);
          expect(fromPosition).toBe(end + 1);
          end = toPosition;
        }
        expect(end).toBe(3000);
        for (const distance of await Promise.all(behind)) expect(distance).toBeGreaterThanOrEqual(0);
      });
    });

    describe('delete', () => {
      test('a deleted session is gone for every read, the others stay', async () => {
        const other = (await store.createSession(FAKE_MANIFEST, 'simulated')).id;
        await fill(25_000, 5000);
        await fill(500, 500, 2, other);
        await store.deleteSession(id);
        const gone = { code: 'session_not_found' };
        await expect(store.getSession(id)).rejects.toMatchObject(gone);
        await expect(store.readRows(id, { limit: 1 })).rejects.toMatchObject(gone);
        await expect(store.readFold(id, 1, 1)).rejects.toMatchObject(gone);
        await expect(store.decisions(id)).rejects.toMatchObject(gone);
        await expect(store.append(id, fakeChunk(25_000, 1))).rejects.toMatchObject(gone);
        await expect(store.deleteSession(id)).rejects.toMatchObject(gone);
        await store.deletionsDone();
        expect((await store.listSessions({ limit: 10 })).sessions.map((session) => session.id)).toEqual([
          other,
        ]);
        const { rows } = await store.readRows(other, { limit: 500 });
        expect(rowObjects(rows)).toEqual(rowObjects(fakeRows(1, 500, { seed: 2 })));
      });

      test('an id is not used again', async () => {
        await store.deleteSession(id);
        await store.deletionsDone();
        expect((await store.createSession(FAKE_MANIFEST, 'simulated')).id).not.toBe(id);
      });
    });

    readContract(() => ({ store, id, fill, reopen }));
    forkContract(() => ({ store, id, fill }));
    describe('imports', () => {
      importContract(() => store);
    });
    timelineContract(() => ({ store, id, fill }));

    test('a closed store says so', async () => {
      await store.close();
      await store.close();
      const closed = { code: 'store_closed' };
      await expect(store.getSession(id)).rejects.toMatchObject(closed);
      await expect(store.append(id, fakeChunk(0, 1))).rejects.toMatchObject(closed);
      await expect(store.listSessions({ limit: 1 })).rejects.toMatchObject(closed);
    });
  });
}
