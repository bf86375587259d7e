// The parts of the store by themselves.
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { EVENTS_MIGRATIONS } from '../../../migrations/events/index.js';
import { INDEXED_CODES } from '../../../src/core/events/define.js';
import type { CommitNotice } from '../../../src/store/index.js';
import { PromiseQueue } from '../../../src/store/metadata/write-queue.js';
import { clipSegments, OPEN_END, segmentsOfNew } from '../../../src/store/segments.js';
import { migrateEvents } from '../../../src/store/sqlite/migrate.js';
import { NoticeOutbox } from '../../../src/store/sqlite/notices.js';
import { conditionOf } from '../../../src/store/sqlite/row-reader.js';
import { newDataDir } from '../../contract/data-dir.js';

test('the queue runs one after the other and survives failures', async () => {
  const queue = new PromiseQueue();
  const order: string[] = [];
  const work = (name: string, ms: number, fails = false) =>
    queue.run(async () => {
      order.push(`${name} begins`);
      await sleep(ms);
      order.push(`${name} ends`);
      if (fails) throw new Error(name);
      return name;
    });
  const results = await Promise.allSettled([work('a', 20), work('b', 5, true), work('c', 1)]);
  expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  await queue.idle();
});

test('notices are merged while one message is on its way', () => {
  const sent: (readonly CommitNotice[])[] = [];
  const outbox = new NoticeOutbox((notices) => sent.push(notices));
  const notice = (sessionId: string, fromPosition: number, toPosition: number): CommitNotice => {
    return { sessionId, fromPosition, toPosition, state: 'running', progress: null };
  };
  outbox.add(notice('1', 1, 10));
  for (let at = 10; at < 1000; at += 10) outbox.add(notice('1', at + 1, at + 10));
  outbox.add(notice('2', 1, 5));
  expect(sent).toEqual([[notice('1', 1, 10)]]);
  outbox.taken();
  expect(sent[1]).toEqual([notice('1', 11, 1000), notice('2', 1, 5)]);
  outbox.taken();
  expect(sent.length).toBe(2);
});

test('segments', () => {
  const first = segmentsOfNew(1, [], 0);
  expect(first).toEqual([{ from: 1, to: OPEN_END, owner: 1 }]);
  const second = segmentsOfNew(2, first, 10);
  const third = segmentsOfNew(3, second, 25);
  expect(third).toEqual([
    { from: 1, to: 10, owner: 1 },
    { from: 11, to: 25, owner: 2 },
    { from: 26, to: OPEN_END, owner: 3 },
  ]);
  expect(segmentsOfNew(4, third, 10).map((segment) => segment.owner)).toEqual([1, 4]);
  expect(clipSegments(third, 10, 11)).toEqual([
    { from: 10, to: 10, owner: 1 },
    { from: 11, to: 11, owner: 2 },
  ]);
});

/** An empty events.sqlite. */
async function migrated(use: (db: Database.Database) => void): Promise<void> {
  const dataDir = newDataDir();
  const file = join(dataDir, 'events.sqlite');
  await migrateEvents(file, EVENTS_MIGRATIONS);
  const db = new Database(file);
  try {
    use(db);
  } finally {
    db.close();
    rmSync(dataDir, { recursive: true });
  }
}

test('bench/insert.c inserts into the table and index that the migration makes', async () => {
  const program = readFileSync(new URL('../../../bench/insert.c', import.meta.url), 'utf8');
  const literals = /SCHEMA =([\s\S]*?);\n\n/.exec(program)![1]!.matchAll(/"([^"]*)"/g);
  const baseline = new Database(':memory:');
  baseline.exec([...literals].map((match) => match[1]).join(''));
  const schemaOf = (db: Database.Database) =>
    (
      db
        .prepare("SELECT sql FROM sqlite_schema WHERE tbl_name = 'event' AND sql IS NOT NULL")
        .pluck()
        .all() as string[]
    )
      .map((sql) => sql.replace(/\s+/g, ' ').replace(/\( /g, '(').replace(/ \)/g, ')'))
      .sort();
  await migrated((db) => expect(schemaOf(db)).toEqual(schemaOf(baseline)));
});

test('the migrations leave the version that they count, and the index covers what the catalogue says', async () => {
  await migrated((db) => {
    expect(db.pragma('user_version', { simple: true })).toBe(EVENTS_MIGRATIONS.length);
    const index = db.prepare("SELECT sql FROM sqlite_schema WHERE name = 'event_subject'").pluck().get();
    expect(index).toContain(`WHERE type < ${INDEXED_CODES}`);
  });
});

test('reads walk the primary key or the partial index, never the table', async () => {
  const plan = (db: Database.Database, sql: string) =>
    (db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all() as { detail: string }[])
      .map((row) => row.detail)
      .join('; ');
  await migrated((db) => {
    const page = 'FROM event WHERE session = 1 AND position BETWEEN 1 AND 9';
    expect(plan(db, `SELECT * ${page} ORDER BY position DESC LIMIT 5`)).toBe(
      'SEARCH event USING PRIMARY KEY (session=? AND position>? AND position<?)',
    );
    const { sql, indexed } = conditionOf({ subject: 35, types: [3, 5] }, null);
    expect(indexed).toBe(true);
    const indexedPage = page.replace('FROM event', 'FROM event INDEXED BY event_subject');
    expect(plan(db, `SELECT * ${indexedPage} AND ${sql} ORDER BY position LIMIT 5`)).toBe(
      'SEARCH event USING INDEX event_subject (session=? AND subject=? AND position>? AND position<?)',
    );
    expect(conditionOf({ subject: 35, types: [3, 70] }, null).indexed).toBe(false);
    const view = plan(db, "SELECT * FROM events_readable WHERE session = 1 AND type = 'RootPut' LIMIT 5");
    expect(view).toContain('SEARCH g USING PRIMARY KEY (session=?)');
    expect(view).toContain('SEARCH e USING PRIMARY KEY (session=? AND position>? AND position<?)');
    expect(view).not.toMatch(/SCAN [est]\b/);
  });
});
