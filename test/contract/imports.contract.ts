// Imports, on each adapter: a session that comes in part by part is nowhere to be seen until it is whole, then it is
// the session it was; and an import that is given up, or that breaks a rule, leaves nothing.
import { deflateRawSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { EMPTY_PART, type ImportedSession, type ImportPart } from '../../src/store/imports.port.js';
import type { EventStore } from '../../src/store/index.js';
import { FAKE_MANIFEST, fakeProgress, fakeRows, rowObjects } from './fake-chunks.js';

const SESSION: ImportedSession = {
  kind: 'forked',
  state: 'finished',
  reason: null,
  manifest: FAKE_MANIFEST,
  createdAt: '2026-01-02T03:04:05.678Z',
};
const LABEL = { name: 'from a colleague', note: 'look at 30' };

function rowsPart(from: number, to: number): ImportPart {
  return { ...EMPTY_PART, rows: { from, columns: fakeRows(from, to), timeline: null } };
}

export function importContract(store: () => EventStore): void {
  async function partsOfFifty(): Promise<string> {
    const id = await store().beginImport(SESSION);
    const names: ImportPart['names'] = [
      { entry: { kind: 'thread', id: 0, name: 'vcpu0' }, since: 0 },
      { entry: { kind: 'site', id: 1, function: 'vcpu_run', label: 'go', parent: 0 }, since: 20 },
    ];
    const decisions = [{ fromPosition: 0, toPosition: 50, decisions: Uint8Array.of(0, 5, 1, 9) }];
    const bytes = Uint8Array.of(1, 2, 3, 4);
    const snapshots = [
      { position: 30, ordinal: 30, layout: 'x', size: 4, deflated: new Uint8Array(deflateRawSync(bytes)) },
    ];
    await store().importPart(id, { ...EMPTY_PART, names });
    await store().importPart(id, rowsPart(1, 30));
    const marks = [{ number: 1, step: 40, position: 20, input: null, issuedAt: '2026-01-02T03:04:05.678Z' }];
    await store().importPart(id, { ...rowsPart(31, 50), decisions, marks, snapshots });
    return id;
  }

  test('is invisible until it is finished, then it is the session that was sent', async () => {
    const before = (await store().listSessions({ limit: 50 })).sessions.length;
    const id = await partsOfFifty();
    await expect(store().getSession(id)).rejects.toMatchObject({ code: 'session_not_found' });
    await expect(store().readRows(id, { limit: 5 })).rejects.toMatchObject({ code: 'session_not_found' });
    expect((await store().listSessions({ limit: 50 })).sessions).toHaveLength(before);

    const finished = await store().finishImport(id, fakeProgress(50), LABEL);
    expect(finished).toMatchObject({ ...SESSION, ...LABEL, id, position: 50, parent: null });
    expect(await store().getSession(id)).toEqual(finished);
    expect((await store().listSessions({ limit: 50 })).sessions[0]).toMatchObject({ id, ...LABEL });
    const { rows } = await store().readRows(id, { limit: 100 });
    expect(rowObjects(rows)).toEqual(rowObjects(fakeRows(1, 50)));
    expect((await store().namesSince(id)).map(({ since }) => since)).toEqual([0, 20]);
    expect((await store().decisions(id)).bytes).toEqual(Uint8Array.of(0, 5, 1, 9));
    expect(await store().marks(id)).toMatchObject([{ number: 1, position: 20, input: null }]);
    const snapshot = await store().latestSnapshot(id, 50);
    expect(snapshot).toMatchObject({ position: 30, bytes: Uint8Array.of(1, 2, 3, 4) });
  });

  test('leaves nothing when it is given up', async () => {
    const id = await partsOfFifty();
    await store().abandonImport(id);
    await store().deletionsDone();
    await expect(store().finishImport(id, fakeProgress(50), LABEL)).rejects.toMatchObject({
      code: 'query_refused',
    });
    await expect(store().getSession(id)).rejects.toMatchObject({ code: 'session_not_found' });
    await store().abandonImport(id);
  });

  test('refuses rows with a gap, a wrong end, and more than a session may hold', async () => {
    const id = await store().beginImport(SESSION);
    await store().importPart(id, rowsPart(1, 10));
    await expect(store().importPart(id, rowsPart(12, 13))).rejects.toMatchObject({ code: 'chunk_refused' });
    await expect(store().finishImport(id, fakeProgress(11), LABEL)).rejects.toMatchObject({
      code: 'chunk_refused',
    });
    const size = store().limits.maxSnapshotBytes + 1;
    const snapshots = [{ position: 10, ordinal: 10, layout: 'x', size, deflated: Uint8Array.of(3, 0) }];
    await expect(store().importPart(id, { ...EMPTY_PART, snapshots })).rejects.toMatchObject({
      code: 'limit_exceeded',
    });
    // Refused parts changed nothing.
    await store().importPart(id, rowsPart(11, 12));
    expect((await store().finishImport(id, fakeProgress(12), LABEL)).position).toBe(12);
  });

  test('a fork of an imported session shares its rows and outlives it', async () => {
    const id = await partsOfFifty();
    await store().finishImport(id, fakeProgress(50), LABEL);
    const fork = await store().createSession(FAKE_MANIFEST, 'forked', {
      parent: { sessionId: id, position: 25 },
    });
    await store().deleteSession(id);
    await store().deletionsDone();
    const { rows } = await store().readRows(fork.id, { limit: 100 });
    expect(rowObjects(rows)).toEqual(rowObjects(fakeRows(1, 25)));
  });
}
