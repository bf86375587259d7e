// Session files between two stores: a fork comes out whole, and an import that a process did not live to finish leaves no
// row behind.
import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Recorder } from '../../../src/core/run/recorder.js';
import { ExportService } from '../../../src/exports/export.service.js';
import { ImportService } from '../../../src/exports/import.service.js';
import { EMPTY_PART } from '../../../src/store/imports.port.js';
import { concatRows, openEventStore, type SqliteEventStore } from '../../../src/store/index.js';
import {
  FAKE_DICTIONARY,
  FAKE_MANIFEST,
  fakeChunk,
  fakeProgress,
  fakeRows,
  rowObjects,
} from '../../contract/fake-chunks.js';

let folder: string;
let stores: SqliteEventStore[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rootline-imports-'));
  stores = await Promise.all(['a', 'b'].map((name) => openEventStore(join(folder, name))));
});
afterEach(async () => {
  await Promise.all(stores.map((store) => store.close()));
  rmSync(folder, { recursive: true, force: true });
});

async function exported(store: SqliteEventStore, id: string): Promise<string> {
  const exports = new ExportService(store);
  const { blocks } = await exports.start(id, { format: 'session' });
  const parts: Uint8Array[] = [];
  for await (const block of blocks) parts.push(block);
  await exports.stop();
  const file = join(folder, `${id}.rootline`);
  await writeFile(file, Buffer.concat(parts));
  return file;
}

test('a fork leaves with its parent part: rows, names, decisions as they are read there', async () => {
  const [from, to] = stores as [SqliteEventStore, SqliteEventStore];
  const parent = await from.createSession(FAKE_MANIFEST, 'simulated');
  for (const at of [0, 20, 40]) await from.append(parent.id, fakeChunk(at, 20));
  // At 25: it cuts the parent's second chunk.
  const fork = await from.createSession(FAKE_MANIFEST, 'forked', {
    parent: { sessionId: parent.id, position: 25 },
    name: 'another way',
  });
  const own = { ...fakeChunk(25, 30, { seed: 2 }), dictionary: FAKE_DICTIONARY };
  const rows = concatRows([fakeRows(1, 25), fakeRows(26, 55, { seed: 2 })]);
  const recorder = new Recorder('full');
  recorder.consume({ ...rows, capacity: rows.length });
  recorder.finish();
  const { digestHex: digest, fullDigestHex: fullDigest } = recorder;
  const progress = { ...fakeProgress(55, 'completed'), digest, fullDigest };
  await from.append(fork.id, { ...own, progress });

  const imports = new ImportService(to, join(folder, 'spool'));
  const copy = await imports.importFile(await exported(from, fork.id));
  await imports.stop();
  expect(copy).toMatchObject({
    kind: 'forked',
    state: 'finished',
    position: 55,
    name: 'another way',
    parent: null,
  });
  expect(rowObjects((await to.readRows(copy.id, { limit: 100 })).rows)).toEqual(rowObjects(rows));
  expect(await to.decisions(copy.id)).toEqual(await from.decisions(fork.id));
  expect(await to.namesSince(copy.id)).toEqual(await from.namesSince(fork.id));
});

test('what a process was importing when it died is swept away at the next start', async () => {
  const [store] = stores as [SqliteEventStore];
  const createdAt = '2026-01-02T03:04:05.678Z';
  const session = {
    kind: 'simulated',
    state: 'finished',
    reason: null,
    manifest: FAKE_MANIFEST,
    createdAt,
  } as const;
  const id = await store.beginImport(session);
  await store.importPart(id, { ...EMPTY_PART, rows: { from: 1, columns: fakeRows(1, 500), timeline: null } });
  const count = () => {
    const db = new Database(join(folder, 'a', 'events.sqlite'), { readonly: true });
    const tables = ['event', 'session', 'events_readable'];
    const counts = tables.map((table) => db.prepare(`SELECT count(*) FROM ${table}`).pluck().get());
    db.close();
    return counts;
  };
  expect(count()).toEqual([500, 1, 0]);
  await store.close();
  stores[0] = await openEventStore(join(folder, 'a'));
  await stores[0].deletionsDone();
  expect(count()).toEqual([0, 0, 0]);
});
