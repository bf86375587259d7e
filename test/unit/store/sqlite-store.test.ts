// What only the SQLite store promises: it survives, it has one owner, it repairs its list, it refuses what it cannot
// trust, and people can read it with the sqlite3 tool.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseFailpoints } from '../../../src/store/failpoint.js';
import {
  findOwner,
  type OpenOptions,
  openEventReader,
  openEventStore,
  type SqliteEventStore,
} from '../../../src/store/index.js';
import { newDataDir } from '../../contract/data-dir.js';
import { FAKE_MANIFEST, fakeChunk, fakeRows, rowObjects } from '../../contract/fake-chunks.js';

let dataDir: string;
let opened: SqliteEventStore[] = [];

beforeEach(() => {
  dataDir = newDataDir();
});
afterEach(async () => {
  for (const store of opened) await store.close();
  opened = [];
  rmSync(dataDir, { recursive: true, force: true });
});

async function open(options: OpenOptions = {}): Promise<SqliteEventStore> {
  const store = await openEventStore(dataDir, options);
  opened.push(store);
  return store;
}

/** A closed store with one session of `rows` rows. */
async function filled(rows: number): Promise<string> {
  const store = await open();
  const { id } = await store.createSession(FAKE_MANIFEST, 'simulated', { name: 'kept' });
  for (let at = 0; at < rows; at += 1000) {
    await store.append(id, fakeChunk(at, Math.min(1000, rows - at), { snapshotBytes: 100 }));
  }
  await store.close();
  return id;
}

const file = (name: string) => join(dataDir, name);

describe('reopening', () => {
  test('everything is there again', async () => {
    const id = await filled(2500);
    expect(readdirSync(dataDir).sort()).toEqual([
      'events.sqlite',
      'owner.sqlite',
      'reserve',
      'rootline.sqlite',
    ]);
    const store = await open();
    expect(store.reconciled).toEqual({ interrupted: 0, added: 0, corrected: 0, removed: 0 });
    expect(await store.getSession(id)).toMatchObject({
      name: 'kept',
      position: 2500,
      progress: { position: 2500 },
    });
    const { rows } = await store.readRows(id, { limit: 3000 });
    expect(rowObjects(rows)).toEqual(rowObjects(fakeRows(1, 2500)));
    expect((await store.latestSnapshot(id, 2400))!.position).toBe(2000);
    await store.append(id, fakeChunk(2500, 10));
  });

  test('running sessions become interrupted, others keep their state', async () => {
    const store = await open();
    const states = ['queued', 'running', 'paused', 'waiting', 'finished'] as const;
    for (const state of states) await store.createSession(FAKE_MANIFEST, 'simulated', { state });
    await store.close();
    const again = await open();
    const { sessions } = await again.listSessions({ limit: 10 });
    expect(sessions.map((session) => session.state).reverse()).toEqual([
      'queued',
      'interrupted',
      'paused',
      'waiting',
      'finished',
    ]);
    expect(again.reconciled).toMatchObject({ interrupted: 1, corrected: 1 });
  });

  test('a lost list is made again, and ids that labels name are not reused', async () => {
    const id = await filled(10);
    rmSync(file('rootline.sqlite'));
    const store = await open();
    expect(store.reconciled).toMatchObject({ added: 1, removed: 0 });
    expect((await store.listSessions({ limit: 10 })).sessions).toMatchObject([
      { id, position: 10, name: null },
    ]);
    await store.annotate(id, { note: 'mine' });
    await store.close();

    // The other way round: sessions lost, people's notes kept, under ids that mean nobody else.
    rmSync(file('events.sqlite'));
    const empty = await open();
    expect(empty.reconciled).toMatchObject({ added: 0, removed: 1 });
    const made = await empty.createSession(FAKE_MANIFEST, 'simulated');
    expect(Number(made.id)).toBeGreaterThan(Number(id));
    expect(made.note).toBeNull();
    await empty.close();
    const metadata = new Database(file('rootline.sqlite'));
    expect(metadata.prepare('SELECT note FROM session_label').pluck().all()).toEqual(['mine']);
    metadata.close();
  });

  test('a list that says something else is corrected', async () => {
    const id = await filled(10);
    const metadata = new Database(file('rootline.sqlite'));
    metadata.exec("UPDATE session SET state = 'running', position = 3");
    metadata.exec(
      'INSERT INTO session SELECT 99, kind, state, scenario, protocol, seed, scheduler, recording, parent, parent_position, position, progress, created_at, updated_at FROM session',
    );
    metadata.close();
    const store = await open();
    expect(store.reconciled).toEqual({ interrupted: 0, added: 0, corrected: 1, removed: 1 });
    expect((await store.listSessions({ limit: 10 })).sessions).toMatchObject([
      { id, position: 10, state: 'queued', name: 'kept' },
    ]);
  });

  test('a removal that was cut short goes on', async () => {
    const id = await filled(3000);
    const events = new Database(file('events.sqlite'));
    events.exec(
      `INSERT INTO tombstone VALUES (${id}, 'then', 0); DELETE FROM session_segment; DELETE FROM event WHERE position < 500`,
    );
    events.close();
    const store = await open();
    await store.deletionsDone();
    expect(store.reconciled.removed).toBe(1);
    await store.close();
    const after = new Database(file('events.sqlite'), { readonly: true });
    for (const table of ['event', 'chunk', 'snapshot', 'site', 'thread_name', 'session', 'session_segment']) {
      expect([table, after.prepare(`SELECT count(*) FROM ${table}`).pluck().get()]).toEqual([table, 0]);
    }
    after.close();
  });

  test('a reader of its own sees what is committed while the owner writes on', async () => {
    const store = await open();
    const { id } = await store.createSession(FAKE_MANIFEST, 'simulated');
    await store.append(id, fakeChunk(0, 100));
    const reader = openEventReader(dataDir);
    expect(reader.session(id).position).toBe(100);
    await store.append(id, fakeChunk(100, 100));
    expect(reader.fold(id, 1, 1000).rows.length).toBe(200);
    reader.close();
  });
});

describe('one owner', () => {
  test('a second owner is told who has the folder', async () => {
    const store = await open();
    store.announce('127.0.0.1', 3000);
    await expect(openEventStore(dataDir)).rejects.toMatchObject({
      code: 'data_folder_owned',
      details: { dataDir, owner: { pid: process.pid, host: '127.0.0.1', port: 3000 } },
    });
    expect(findOwner(dataDir)).toMatchObject({ pid: process.pid, host: '127.0.0.1', port: 3000 });
    await store.close();
    expect(findOwner(dataDir)).toBeNull();
    await open();
  });

  test('a folder without store has no owner', () => {
    expect(findOwner(dataDir)).toBeNull();
    expect(readdirSync(dataDir)).toEqual([]);
  });

  test('a killed owner leaves no lock behind', async () => {
    const script = `
      import { openEventStore } from ${JSON.stringify(new URL('../../../dist/src/store/index.js', import.meta.url).href)};
      await openEventStore(${JSON.stringify(dataDir)});
      process.kill(process.pid, 'SIGKILL');`;
    const run = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    expect([run.signal, run.stderr]).toEqual(['SIGKILL', '']);
    expect(existsSync(file('owner.json'))).toBe(true);
    expect(findOwner(dataDir)).toBeNull();
    await open();
  });
});

describe('files that are refused', () => {
  const refused = async (code: string, text: RegExp) => {
    const before = readFileSync(file('events.sqlite'));
    await expect(openEventStore(dataDir)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(text),
    });
    expect(readFileSync(file('events.sqlite')).equals(before)).toBe(true);
    expect(findOwner(dataDir)).toBeNull();
  };
  const change = (name: string, sql: string) => {
    const db = new Database(file(name));
    db.exec(sql);
    db.pragma('wal_checkpoint(TRUNCATE)');
    db.close();
  };

  test('newer', async () => {
    await filled(10);
    change('events.sqlite', 'PRAGMA user_version = 99');
    await refused('database_newer', /needs one that knows form 99; this one knows forms up to 4/);
    change('events.sqlite', 'PRAGMA user_version = 3');
    change('rootline.sqlite', 'PRAGMA user_version = 7');
    await refused('database_newer', /rootline\.sqlite.*form 7/);
  });

  test("somebody else's", async () => {
    change('events.sqlite', 'CREATE TABLE song (name)');
    await refused('database_foreign', /not Rootline's: expected application_id/);
  });

  test('no database at all', async () => {
    writeFileSync(file('events.sqlite'), 'just some text, longer than a header, to be sure'.repeat(30));
    await refused('database_damaged', /file is not a database/);
  });

  test('truncated', async () => {
    await filled(2000);
    truncateSync(file('events.sqlite'), 8192);
    await refused('database_damaged', /should have \d+ bytes and has 8192|malformed/);
  });

  test('a table is missing', async () => {
    await filled(10);
    change('events.sqlite', 'DROP VIEW events_readable; DROP TABLE site');
    await refused('database_damaged', /table site is missing/);
  });

  test('overwritten in the middle', async () => {
    await filled(3000);
    const bytes = readFileSync(file('events.sqlite'));
    bytes.fill(0x5a, bytes.length - 3 * 4096, bytes.length - 2 * 4096);
    writeFileSync(file('events.sqlite'), bytes);
    await refused('database_damaged', /is damaged/);
  });

  test('a file that was killed while it was made is made again', async () => {
    const db = new Database(file('events.sqlite'));
    db.pragma('journal_mode = WAL');
    db.exec(
      'CREATE TABLE migrations (id integer PRIMARY KEY AUTOINCREMENT NOT NULL, timestamp bigint NOT NULL, name varchar NOT NULL)',
    );
    db.close();
    const store = await open();
    await store.createSession(FAKE_MANIFEST, 'simulated');
  });
});

describe('a full disk', () => {
  test('an append that does not fit changes nothing, and the store goes on', async () => {
    const store = await open({ maxPages: 60 });
    const { id } = await store.createSession(FAKE_MANIFEST, 'simulated');
    let at = 0;
    let full: unknown = null;
    for (; full === null && at < 20_000; at += full === null ? 500 : 0) {
      await store.append(id, fakeChunk(at, 500)).catch((error: unknown) => {
        full = error;
      });
    }
    expect(full).toMatchObject({ code: 'disk_full', details: { file: file('events.sqlite') } });
    expect((await store.getSession(id)).position).toBe(at);
    expect((await store.readRows(id, { limit: 20_000 })).rows.length).toBe(at);
    await store.close();
    const again = await open();
    for (const session of (await again.listSessions({ limit: 10 })).sessions) {
      expect((await again.readRows(session.id, { limit: 20_000 })).rows.length).toBe(session.position);
    }
  });
});

describe('events_readable', () => {
  test('speaks the words of the catalogue, through segments', async () => {
    const store = await open();
    const { id } = await store.createSession(FAKE_MANIFEST, 'simulated');
    await store.append(id, fakeChunk(0, 1000, { skipped: (position) => position }));
    const fork = await store.createSession(FAKE_MANIFEST, 'forked', {
      parent: { sessionId: id, position: 600 },
    });
    await store.append(fork.id, fakeChunk(600, 50, { seed: 2 }));
    const reader = new Database(file('events.sqlite'), { readonly: true });
    const put = rowObjects(fakeRows(1, 600)).find((row) => row.type === 5)!;
    const expected = {
      session: Number(fork.id),
      position: put.position,
      ordinal: 2 * put.position,
      last_ordinal: 2 * put.position,
      time_ns: put.timeNs,
      thread: ['vcpu0', 'vcpu1', 'worker'][put.thread],
      type: 'RootPut',
      subject_kind: 'root',
      subject: put.subject >> 4,
      values: JSON.stringify({ holder: put.a, refcount: put.b, address: put.c }),
    };
    const sql = 'SELECT * FROM events_readable WHERE session = ? AND position = ?';
    expect(reader.prepare(sql).get(fork.id, put.position)).toMatchObject(expected);
    const count = 'SELECT count(*) FROM events_readable WHERE session = ?';
    expect(reader.prepare(count).pluck().get(fork.id)).toBe(650);
    expect(reader.prepare(count).pluck().get(id)).toBe(1000);
    reader.close();
  });

  const tool = spawnSync('sqlite3', ['--version']).status === 0;
  test.skipIf(!tool)('works in the sqlite3 tool while the store is open', async () => {
    const store = await open();
    const { id } = await store.createSession(FAKE_MANIFEST, 'simulated');
    await store.append(id, fakeChunk(0, 1000));
    const sql = "select * from events_readable where type='RootPut' limit 5";
    const lines = execFileSync('sqlite3', [file('events.sqlite'), sql], { encoding: 'utf8' })
      .trimEnd()
      .split('\n');
    expect(lines.length).toBe(5);
    expect(lines[0]).toMatch(
      /^1\|\d+\|\d+\|\d+\|\d+\|\w+\|\w+\|(enter|leave)\|RootPut\|root\|\d\|\{"holder":/,
    );
  });

  test('a count stands for as many ordinals as it says', async () => {
    const store = await open();
    const { id } = await store.createSession(FAKE_MANIFEST, 'simulated');
    const chunk = fakeChunk(0, 3);
    chunk.columns.type.set([64, 5, 200]);
    chunk.columns.a.set([10, 1, 1]);
    chunk.columns.skipped.set([0, 9, 9]);
    await store.append(id, chunk);
    const reader = new Database(file('events.sqlite'), { readonly: true });
    const rows = reader
      .prepare('SELECT ordinal, last_ordinal, type FROM events_readable ORDER BY position')
      .all();
    expect(rows).toEqual([
      { ordinal: 1, last_ordinal: 10, type: 'Counted' },
      { ordinal: 11, last_ordinal: 11, type: 'RootPut' },
      { ordinal: 12, last_ordinal: 12, type: 'unknown:200' },
    ]);
    reader.close();
  });

  test('no event takes more than 60 bytes, index included', async () => {
    const store = await open();
    const { id } = await store.createSession(FAKE_MANIFEST, 'simulated');
    for (let at = 0; at < 40_000; at += 4000) await store.append(id, fakeChunk(at, 4000));
    await store.close();
    expect(statSync(file('events.sqlite')).size / 40_000).toBeLessThan(60);
  });
});

describe('the two files disagree', () => {
  const copy = (from: string, to: string) => {
    for (const name of readdirSync(dataDir).filter((one) => one.startsWith(from))) rmSync(file(name));
    copyFileSync(file(to), file(from));
  };

  test('an older rootline.sqlite: lines corrected and added, notes as of then, deleted ones do not come back', async () => {
    const id = await filled(10);
    const store = await open();
    const doomed = (await store.createSession(FAKE_MANIFEST, 'simulated', { name: 'doomed' })).id;
    await store.close();
    copyFileSync(file('rootline.sqlite'), file('kept'));
    const later = await open();
    await later.append(id, fakeChunk(10, 5));
    await later.annotate(id, { note: 'later' });
    await later.deleteSession(doomed);
    const added = (await later.createSession(FAKE_MANIFEST, 'simulated')).id;
    await later.close();
    copy('rootline.sqlite', 'kept');
    const again = await open();
    expect(again.reconciled).toEqual({ interrupted: 0, added: 1, corrected: 1, removed: 1 });
    expect((await again.listSessions({ limit: 10 })).sessions).toMatchObject([
      { id: added, name: null },
      { id, position: 15, name: 'kept', note: null },
    ]);
    await again.close();
    // People deleted it themselves: its name went with it then, and goes again.
    const metadata = new Database(file('rootline.sqlite'));
    expect(metadata.prepare('SELECT name FROM session_label').pluck().all()).toEqual(['kept']);
    metadata.close();
  });

  test('an older events.sqlite: lines follow it, and what people wrote about lost sessions stays', async () => {
    const id = await filled(10);
    copyFileSync(file('events.sqlite'), file('kept'));
    const store = await open();
    await store.append(id, fakeChunk(10, 5));
    const lost = (await store.createSession(FAKE_MANIFEST, 'simulated', { name: 'lost' })).id;
    const job = await store.jobs.create('experiment', { sessions: [Number(lost)] });
    await store.close();
    copy('events.sqlite', 'kept');
    const again = await open();
    expect(again.reconciled).toEqual({ interrupted: 0, added: 0, corrected: 1, removed: 1 });
    expect((await again.listSessions({ limit: 10 })).sessions).toMatchObject([{ id, position: 10 }]);
    expect(await again.jobs.get(job.id)).toMatchObject({ request: { sessions: [Number(lost)] } });
    // Its name waits, under an id that nobody gets.
    expect(Number((await again.createSession(FAKE_MANIFEST, 'simulated')).id)).toBeGreaterThan(Number(lost));
    await again.close();
    const metadata = new Database(file('rootline.sqlite'));
    expect(metadata.prepare('SELECT name FROM session_label ORDER BY session').pluck().all()).toEqual([
      'kept',
      'lost',
    ]);
    metadata.close();
  });

  test("a log that belongs to another state of its file is noticed by the session's end", async () => {
    const id = await filled(3000);
    const events = new Database(file('events.sqlite'));
    events.exec(`DELETE FROM event WHERE session = ${id} AND position > 2990`);
    events.close();
    await expect(openEventStore(dataDir)).rejects.toMatchObject({
      code: 'database_damaged',
      message: expect.stringMatching(/ends at position 3000 after 3 chunks; its rows end at 2990/),
    });
  });
});

describe('failpoints', () => {
  test('names, counts and actions that are not known are refused', () => {
    expect(parseFailpoints('')).toBeNull();
    expect([...parseFailpoints('mid-batch@3=kill,in-delete=enospc')!]).toEqual([
      ['mid-batch', { action: 'kill', visitsLeft: 3 }],
      ['in-delete', { action: 'enospc', visitsLeft: 1 }],
    ]);
    for (const text of [
      'mid-bach=kill',
      'mid-batch=kil',
      'mid-batch@0=kill',
      'mid-batch',
      '=kill',
      'in-delete@x=kill',
    ])
      expect(() => parseFailpoints(text), text).toThrow(/is not known; expected name\[@count\]=action/);
  });
});
