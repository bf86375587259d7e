// Migrations on files with content: copied first, kept in a bounded number, refused when newer, harmless when they fail.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { EVENTS_MIGRATIONS } from '../../../migrations/events/index.js';
import { METADATA_MIGRATIONS } from '../../../migrations/metadata/index.js';
import { type OpenOptions, openEventStore } from '../../../src/store/index.js';
import { MAX_MIGRATION_COPIES } from '../../../src/store/sqlite/migration-copies.js';
import { newDataDir } from '../../contract/data-dir.js';
import { FAKE_MANIFEST, fakeChunk } from '../../contract/fake-chunks.js';

let dataDir: string;
beforeEach(() => {
  dataDir = newDataDir();
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

const backups = (): string[] => {
  const folder = join(dataDir, 'backups');
  return existsSync(folder) ? readdirSync(folder).toSorted() : [];
};
const [e, m] = [EVENTS_MIGRATIONS.length, METADATA_MIGRATIONS.length];

/** A migration to the form after `before`: adds a column, or fails in the middle. */
function migration(before: number, table: string, fails = false) {
  return class Next1999999999999 implements MigrationInterface {
    readonly name = `Next${before}1999999999999`;
    async up(runner: QueryRunner): Promise<void> {
      await runner.query(`ALTER TABLE ${table} ADD COLUMN next_${before} INTEGER`);
      if (fails) await runner.query('SELECT 1 FROM nowhere');
      await runner.query(`PRAGMA user_version = ${before + 1}`);
    }
    async down(): Promise<void> {}
  };
}

async function use(options: OpenOptions = {}): Promise<string> {
  const store = await openEventStore(dataDir, options);
  const { sessions } = await store.listSessions({ limit: 10 });
  const id =
    sessions.at(-1)?.id ?? (await store.createSession(FAKE_MANIFEST, 'simulated', { name: 'kept' })).id;
  const { position } = await store.getSession(id);
  await store.append(id, fakeChunk(position, 100));
  await store.close();
  return id;
}

test('both files are copied before the first pending migration, and the copies are a store of the old form', async () => {
  await use();
  expect(backups()).toEqual([]);
  await use({ migrations: { events: [...EVENTS_MIGRATIONS, migration(e, 'session')] } });
  expect(backups()).toEqual([expect.stringMatching(new RegExp(`^e${e}-m${m}-\\d{4}-.*Z$`))]);
  const copy = join(dataDir, 'backups', backups()[0]!);
  expect(readdirSync(copy).toSorted()).toEqual(['events.sqlite', 'rootline.sqlite']);
  // This build, which has not the migration, refuses the file and says what it needs; it opens the copy.
  await expect(openEventStore(dataDir)).rejects.toMatchObject({
    code: 'database_newer',
    details: { found: e + 1, supported: e },
    message: expect.stringContaining(`needs one that knows form ${e + 1}`) as unknown,
  });
  const old = await openEventStore(copy);
  expect(await old.getSession('1')).toMatchObject({ position: 100, name: 'kept' });
  await old.close();
});

test('a file on which an unknown migration ran is refused, whatever its user_version says', async () => {
  await use();
  const db = new Database(join(dataDir, 'rootline.sqlite'));
  db.prepare('INSERT INTO migrations (timestamp, name) VALUES (1999999999999, ?)').run('Later1999999999999');
  db.close();
  await expect(openEventStore(dataDir)).rejects.toMatchObject({ code: 'database_newer' });
});

test('a migration that fails leaves both files usable and says where their copies are', async () => {
  await use();
  const bad = { events: [...EVENTS_MIGRATIONS, migration(e, 'session', true)] };
  await expect(openEventStore(dataDir, { migrations: bad })).rejects.toMatchObject({
    message: expect.stringContaining(join(dataDir, 'backups')) as unknown,
  });
  await use();
  const list = { metadata: [...METADATA_MIGRATIONS, migration(m, 'session_label', true)] };
  await expect(openEventStore(dataDir, { migrations: list })).rejects.toThrow(/no such table: nowhere/);
  const id = await use();
  const store = await openEventStore(dataDir);
  expect(await store.getSession(id)).toMatchObject({ position: 300, name: 'kept' });
  await store.close();
});

test('a bounded number of copies is kept, the newest', async () => {
  await use();
  const events = [...EVENTS_MIGRATIONS];
  for (let form = e; form < e + MAX_MIGRATION_COPIES + 2; form++) {
    events.push(migration(form, 'session') as unknown as (typeof EVENTS_MIGRATIONS)[number]);
    await use({ migrations: { events } });
  }
  const kept = backups();
  expect(kept.length).toBe(MAX_MIGRATION_COPIES);
  expect(kept.at(-1)).toMatch(new RegExp(`^e${e + MAX_MIGRATION_COPIES + 1}-`));
});
