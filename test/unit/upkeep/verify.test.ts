// Damage and the check that must name it: one value, row, chunk, snapshot, name, relation or byte of a good store is
// changed, and `verify` says which session or file, and which rule. What it cannot see is listed here and in the README.
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ByteReader } from '../../../src/core/base/varint.js';
import type { VerificationResult } from '../../../src/upkeep/verification.types.js';
import { makeSampleStore, type SampleIds } from '../../support/sample-store.js';

const { verifyStore } = createRequire(import.meta.url)(
  '../../../dist/src/upkeep/verification.js',
) as typeof import('../../../src/upkeep/verification.js');

const root = mkdtempSync(join(tmpdir(), 'rootline-verify-'));
const good = join(root, 'good');
const copy = join(root, 'copy');
let ids: SampleIds;
beforeAll(async () => {
  ids = await makeSampleStore(good);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function check(folder: string, deep = true): VerificationResult {
  const result = verifyStore(folder, {
    deep,
    live: false,
    isCancelled: () => false,
    onProgress: () => undefined,
    pause: () => undefined,
  });
  return result!;
}

/** A copy of the good store after `harm`, checked. */
function damaged(harm: (events: Database.Database, metadata: Database.Database) => void): VerificationResult {
  rmSync(copy, { recursive: true, force: true });
  cpSync(good, copy, { recursive: true });
  const events = new Database(join(copy, 'events.sqlite'));
  const metadata = new Database(join(copy, 'rootline.sqlite'));
  harm(events, metadata);
  events.close();
  metadata.close();
  return check(copy);
}

const told = ({ faults }: VerificationResult): string =>
  faults.map((f) => `${f.session ?? f.file}: ${f.rule} ${f.position ?? ''}: ${f.message}`).join('\n');

function expectFault(result: VerificationResult, rule: string, session: string | null, hint: string): void {
  const found = result.faults.some((f) => f.rule === rule && f.session === session);
  expect(found, `${hint}\nexpected ${session ?? 'a file'}: ${rule}, told:\n${told(result)}`).toBe(true);
  expect(result.verified).toBe(false);
}

test('a good store is whole, deep or not, and checking changes no byte of it', () => {
  const before = ['events.sqlite', 'rootline.sqlite'].map((name) => readFileSync(join(good, name)));
  const quick = check(good, false);
  expect(told(quick)).toBe('');
  expect(quick).toMatchObject({ verified: true, sessions: 5, faultCount: 0 });
  expect(quick.snapshots).toEqual({ checked: 5, folded: 5, otherEngine: 0 });
  const deep = check(good, true);
  expect(deep.verified).toBe(true);
  expect(deep.snapshots.folded).toBeGreaterThan(5);
  const after = ['events.sqlite', 'rootline.sqlite'].map((name) => readFileSync(join(good, name)));
  expect(after.map((bytes, i) => bytes.equals(before[i]!))).toEqual([true, true]);
});

describe('one value of one row', () => {
  // Not seen at `full`: a whole multiple of 2^32 ns in the time of an event that is not of the lifecycle.
  const COLUMNS = ['skipped', 'time_ns', 'thread', 'site', 'type', 'subject', 'a', 'b', 'c'];

  test('every change is named with its session', () => {
    const ends = new Map([
      [() => ids.full, 7606],
      [() => ids.lifecycle, 900],
    ]);
    for (const [id, end] of ends) {
      fc.assert(
        fc.property(
          fc.integer({ min: 1, max: end }),
          fc.constantFrom(...COLUMNS),
          fc.integer({ min: 1, max: 4_000 }),
          (position, column, by) => {
            let was = 0;
            let is = 0;
            const result = damaged((events) => {
              const where = 'WHERE session = ? AND position = ?';
              was = events
                .prepare(`SELECT ${column} FROM event ${where}`)
                .pluck()
                .get(id(), position) as number;
              // Bytes stay bytes.
              const width = ['thread', 'type'].includes(column) ? 256 : column === 'site' ? 65_536 : 0;
              is = width === 0 ? was + by : (was + by) % width;
              fc.pre(is !== was);
              events.prepare(`UPDATE event SET ${column} = ? ${where}`).run(is, id(), position);
            });
            const hint = `session ${id()} position ${position}: ${column} ${was} -> ${is}`;
            expect(result.verified, hint).toBe(false);
            expect(
              result.faults.some((fault) => fault.session === id()),
              `${hint}\n${told(result)}`,
            ).toBe(true);
          },
        ),
        { numRuns: 25, seed: 13_042_023 },
      );
    }
  });
});

interface Harm {
  readonly what: string;
  readonly rule: string;
  readonly session: () => string | null;
  readonly harm: (events: Database.Database, metadata: Database.Database) => void;
}

const exec = (sql: () => string) => (db: Database.Database) => void db.exec(sql());

const HARMS: readonly Harm[] = [
  {
    what: 'a row is gone',
    rule: 'row',
    session: () => ids.full,
    harm: exec(() => `DELETE FROM event WHERE session = ${ids.full} AND position = 4000`),
  },
  {
    what: 'the last row is gone',
    rule: 'row',
    session: () => ids.lifecycle,
    harm: exec(
      () =>
        `DELETE FROM event WHERE session = ${ids.lifecycle} AND position = (SELECT max(position) FROM event WHERE session = ${ids.lifecycle})`,
    ),
  },
  {
    what: 'a row too many',
    rule: 'surplus',
    session: () => ids.lifecycle,
    harm: exec(
      () =>
        `INSERT INTO event SELECT session, position + 1, skipped, time_ns, thread, site, type, subject, a, b, c FROM event WHERE session = ${ids.lifecycle} ORDER BY position DESC LIMIT 1`,
    ),
  },
  {
    what: 'a chunk is gone',
    rule: 'chunk',
    session: () => ids.full,
    harm: exec(() => `DELETE FROM chunk WHERE session = ${ids.full} AND number = 1`),
  },
  {
    what: 'a chunk ends elsewhere',
    rule: 'chunk',
    session: () => ids.full,
    harm: exec(
      () => `UPDATE chunk SET to_ordinal = to_ordinal + 1 WHERE session = ${ids.full} AND number = 1`,
    ),
  },
  {
    what: 'chunks do not join up',
    rule: 'chunk',
    session: () => ids.full,
    harm: exec(
      () => `UPDATE chunk SET to_position = to_position - 5 WHERE session = ${ids.full} AND number = 1`,
    ),
  },
  {
    what: 'a snapshot holds nonsense',
    rule: 'snapshot',
    session: () => ids.full,
    harm: exec(
      () =>
        `UPDATE snapshot SET deflated = zeroblob(length(deflated)) WHERE session = ${ids.full} AND position = (SELECT max(position) FROM snapshot WHERE session = ${ids.full})`,
    ),
  },
  {
    what: 'a snapshot of another moment',
    rule: 'snapshot',
    session: () => ids.full,
    harm: exec(
      () =>
        `UPDATE snapshot SET deflated = (SELECT deflated FROM snapshot s WHERE s.session = ${ids.full} ORDER BY position LIMIT 1), size = (SELECT size FROM snapshot s WHERE s.session = ${ids.full} ORDER BY position LIMIT 1) WHERE session = ${ids.full} AND position = (SELECT max(position) FROM snapshot WHERE session = ${ids.full})`,
    ),
  },
  {
    what: 'a thread has no name',
    rule: 'decisions',
    session: () => ids.lifecycle,
    harm: exec(() => `DELETE FROM thread_name WHERE session = ${ids.lifecycle} AND id = 1`),
  },
  {
    what: 'a thread has another name',
    rule: 'thread',
    session: () => ids.full,
    harm: exec(() => `UPDATE thread_name SET name = 'vcpu7' WHERE session = ${ids.full} AND id = 0`),
  },
  {
    what: 'a site has no name',
    rule: 'site',
    session: () => ids.full,
    harm: exec(
      () =>
        `DELETE FROM site WHERE session = ${ids.full} AND id = (SELECT site FROM event WHERE session = ${ids.full} AND position = 500)`,
    ),
  },
  {
    what: 'a site has another name',
    rule: 'site',
    session: () => ids.full,
    harm: exec(() => `UPDATE site SET label = 'elsewhere' WHERE session = ${ids.full} AND id = 5`),
  },
  {
    what: 'a name is given too late',
    rule: 'site',
    session: () => ids.full,
    harm: exec(
      () =>
        `UPDATE site SET since = 7000 WHERE session = ${ids.full} AND id = (SELECT site FROM event WHERE session = ${ids.full} AND position = 500)`,
    ),
  },
  {
    what: 'a segment has a gap',
    rule: 'segment',
    session: () => ids.fork,
    harm: exec(
      () =>
        `UPDATE session_segment SET to_position = to_position - 1 WHERE session = ${ids.fork} AND owner = ${ids.full}`,
    ),
  },
  {
    what: 'a segment is gone',
    rule: 'segment',
    session: () => ids.interrupted,
    harm: exec(() => `DELETE FROM session_segment WHERE session = ${ids.interrupted}`),
  },
  {
    what: 'a key stands for nothing',
    rule: 'idempotency',
    session: () => ids.deleted,
    harm: exec(() => `UPDATE idempotency_key SET session = ${ids.deleted}`),
  },
  {
    what: 'a tombstone is gone',
    rule: 'segment',
    session: () => ids.parent,
    harm: exec(() => `DELETE FROM tombstone WHERE session = ${ids.parent}`),
  },
  {
    what: 'a live session is marked as deleted',
    rule: 'segment',
    session: () => ids.interrupted,
    harm: exec(() => `INSERT INTO tombstone VALUES (${ids.interrupted}, 'now', 1)`),
  },
  {
    what: 'rows of nobody',
    rule: 'orphan',
    session: () => '4711',
    harm: exec(
      () =>
        'INSERT INTO event SELECT 4711, position, skipped, time_ns, thread, site, type, subject, a, b, c FROM event LIMIT 3',
    ),
  },
  {
    what: 'another digest',
    rule: 'digest',
    session: () => ids.full,
    harm: exec(
      () =>
        `UPDATE session SET progress = json_set(progress, '$.digest', '0123456789abcdef') WHERE session = ${ids.full}`,
    ),
  },
  {
    what: 'another full digest at lifecycle, where only the last snapshot knows it',
    rule: 'snapshot',
    session: () => ids.lifecycle,
    harm: exec(
      () =>
        `UPDATE session SET progress = json_set(progress, '$.fullDigest', '0123456789abcdef') WHERE session = ${ids.lifecycle}`,
    ),
  },
  {
    what: 'other steps',
    rule: 'decisions',
    session: () => ids.full,
    harm: exec(
      () => `UPDATE session SET progress = json_set(progress, '$.steps', 1) WHERE session = ${ids.full}`,
    ),
  },
  {
    what: 'another figure',
    rule: 'progress',
    session: () => ids.full,
    harm: exec(
      () =>
        `UPDATE session SET progress = json_set(progress, '$.counts.tlbFills', 1) WHERE session = ${ids.full}`,
    ),
  },
  {
    what: 'progress that is not JSON',
    rule: 'session',
    session: () => ids.full,
    harm: exec(() => `UPDATE session SET progress = '{' WHERE session = ${ids.full}`),
  },
  {
    what: 'a state that there is not',
    rule: 'session',
    session: () => ids.full,
    harm: exec(() => `UPDATE session SET state = 'asleep' WHERE session = ${ids.full}`),
  },
  {
    what: 'a list that says something else',
    rule: 'list',
    session: () => ids.full,
    harm: (_events, metadata) =>
      void metadata.exec(`UPDATE session SET position = position - 1 WHERE id = ${ids.full}`),
  },
  {
    what: 'a list that lacks a session',
    rule: 'list',
    session: () => ids.fork,
    harm: (_events, metadata) => void metadata.exec(`DELETE FROM session WHERE id = ${ids.fork}`),
  },
  {
    what: 'a list with a deleted session',
    rule: 'list',
    session: () => ids.deleted,
    harm: (_events, metadata) =>
      void metadata.exec(`UPDATE session SET id = ${ids.deleted} WHERE id = ${ids.fork}`),
  },
  {
    what: 'a note beyond the end of its session',
    rule: 'note',
    session: () => ids.lifecycle,
    harm: (_events, metadata) =>
      void metadata.exec(`UPDATE note SET position = 1e6 WHERE session = ${ids.lifecycle}`),
  },
  {
    what: 'a note of no kind',
    rule: 'note',
    session: () => ids.lifecycle,
    harm: (_events, metadata) =>
      void metadata.exec("UPDATE note SET kind = 'remark' WHERE kind = 'bookmark'"),
  },
  {
    what: 'a note without a text',
    rule: 'note',
    session: () => ids.lifecycle,
    harm: (_events, metadata) => void metadata.exec("UPDATE note SET text = ' ' WHERE kind = 'note'"),
  },
  {
    what: 'a note of another day than there are',
    rule: 'note',
    session: () => ids.lifecycle,
    harm: (_events, metadata) => void metadata.exec("UPDATE note SET created_at = 'yesterday'"),
  },
  {
    what: 'a note that would be numbered twice',
    rule: 'note',
    session: () => ids.lifecycle,
    harm: (_events, metadata) => void metadata.exec("DELETE FROM sqlite_sequence WHERE name = 'note'"),
  },
  {
    what: 'a note of a deleted session',
    rule: 'deleted',
    session: () => ids.deleted,
    harm: (_events, metadata) => void metadata.exec(`UPDATE note SET session = ${ids.deleted}`),
  },
  {
    what: 'a name of a deleted session',
    rule: 'deleted',
    session: () => ids.parent,
    harm: (_events, metadata) => void metadata.exec(`UPDATE session_label SET session = ${ids.parent}`),
  },
  {
    what: 'a kept answer that is not JSON',
    rule: 'answer',
    session: () => null,
    harm: (_events, metadata) => void metadata.exec("UPDATE kept_answer SET body = '{'"),
  },
  {
    what: 'a kept answer of no status',
    rule: 'answer',
    session: () => null,
    harm: (_events, metadata) => void metadata.exec('UPDATE kept_answer SET status = 7'),
  },
  {
    what: 'a kept answer to no request',
    rule: 'answer',
    session: () => null,
    harm: (_events, metadata) => void metadata.exec("UPDATE kept_answer SET fingerprint = ''"),
  },
  {
    what: 'another word in the readable view',
    rule: 'catalogue',
    session: () => null,
    harm: exec(() => "UPDATE event_type SET name = 'RootGone' WHERE code = 5"),
  },
  {
    what: 'an index that lost an entry',
    rule: 'file',
    session: () => null,
    harm: (events) => {
      events.unsafeMode(true);
      const at = events
        .prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'event_subject'")
        .pluck()
        .get() as number;
      events.pragma('writable_schema = ON');
      // Another, empty table's page instead of the index's own.
      events.exec(
        `UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'idempotency_key_session') WHERE rootpage = ${at} AND name = 'event_subject'`,
      );
      events.pragma('writable_schema = RESET');
    },
  },
];

test.each(HARMS)('$what -> $rule', ({ what, rule, session, harm }) => {
  expectFault(damaged(harm), rule, session(), what);
});

/** Steps of all turns together, and the threads of the turns; null when the bytes are no decisions. */
function turnsIn(decisions: Uint8Array): { readonly steps: number; readonly threads: number[] } | null {
  const reader = new ByteReader(decisions);
  const threads: number[] = [];
  let steps = 0;
  try {
    while (!reader.done) {
      threads.push(reader.uint());
      steps += reader.uint();
    }
    return { steps, threads };
  } catch {
    return null;
  }
}

/** Whether each row can have come from a turn of its thread, in order; turns may leave no row. */
function canComeFrom(rows: readonly number[], turns: readonly number[]): boolean {
  let turn = 0;
  return rows.every((thread) => {
    while (turn < turns.length && turns[turn] !== thread) turn++;
    return turn < turns.length;
  });
}

test('a changed byte of the decisions is named, unless the rows can have come from what it says', () => {
  // Not seen without executing: a turn given to another thread where the rows still fit, as some turns leave no row.
  let exchanged = 0;
  let seenOfThem = 0;
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 3 }), (where, by) => {
      let fits = false;
      const result = damaged((events) => {
        const chunk = 'SELECT rowid, decisions, to_position FROM chunk WHERE session = ? AND number = 1';
        const row = events.prepare(chunk).get(ids.full) as {
          rowid: number;
          decisions: Buffer;
          to_position: number;
        };
        const rows = events
          .prepare('SELECT thread FROM event WHERE session = ? AND position <= ? ORDER BY position')
          .pluck()
          .all(ids.full, row.to_position) as number[];
        const before = turnsIn(row.decisions);
        expect(canComeFrom(rows, before!.threads)).toBe(true);
        const at = where % row.decisions.length;
        row.decisions[at] = row.decisions[at]! ^ by;
        const after = turnsIn(row.decisions);
        const sameSteps = after !== null && after.steps === before!.steps;
        fits = sameSteps && canComeFrom(rows, after.threads);
        if (sameSteps) exchanged++;
        if (sameSteps && !fits) seenOfThem++;
        events.prepare('UPDATE chunk SET decisions = ? WHERE rowid = ?').run(row.decisions, row.rowid);
      });
      const seen = result.faults.some((f) => f.session === ids.full);
      expect(seen, `byte ${where} xor ${by}`).toBe(!fits);
    }),
    { numRuns: 40, seed: 7 },
  );
  expect(exchanged).toBeGreaterThan(10);
  expect(seenOfThem).toBeGreaterThan(2);
});

/** Columns of events.sqlite whose change a check may not see (README): what it would have to execute, dates, reasons. */
const UNSEEN: Readonly<Record<string, readonly string[]>> = {
  session: ['manifest', 'reason', 'created_at', 'updated_at', 'stored_bytes'],
  chunk: ['decisions'],
  snapshot: ['deflated', 'layout'],
  // A cache; what is missing or of no form is read from rows.
  timeline: ['max_time_ns', 'coarse', 'fine'],
  outside_input: ['issued_at'],
  // It may stand for another session that there is.
  idempotency_key: ['key', 'fingerprint', 'session', 'created_at'],
  tombstone: ['deleted_at'],
  event_type: ['doc'],
  migrations: ['id', 'timestamp', 'name'],
};

/** Of a deleted session whose rows a fork shares these are kept and used by nobody. */
const UNUSED_IF_DELETED: readonly string[] = ['session', 'site', 'thread_name'];

/** The outcome's words cannot be computed from rows. */
const FIGURES =
  "CASE WHEN json_valid(progress) THEN json_remove(progress, '$.detail', '$.verdicts') ELSE progress END";

/** Everything else that the tables hold, one text a table. */
function contents(folder: string): Readonly<Record<string, string>> {
  const db = new Database(join(folder, 'events.sqlite'), { readonly: true });
  try {
    const tables = db
      .prepare(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'sqlite_sequence' ORDER BY name",
      )
      .pluck()
      .all() as string[];
    return Object.fromEntries(
      tables.map((table) => {
        const columns = db.prepare('SELECT name FROM pragma_table_info(?)').pluck().all(table) as string[];
        const seen = columns
          .filter((column) => UNSEEN[table]?.includes(column) !== true)
          .map((column) => (column === 'progress' ? FIGURES : column));
        if (seen.length === 0) return [table, ''];
        const deleted = 'WHERE session NOT IN (SELECT session FROM tombstone)';
        const used = UNUSED_IF_DELETED.includes(table) ? deleted : '';
        return [
          table,
          JSON.stringify(
            db
              .prepare(
                `SELECT ${seen.join(', ')} FROM ${table} ${used} ORDER BY ${seen.map((_, i) => i + 1).join(', ')}`,
              )
              .raw()
              .all(),
          ),
        ];
      }),
    );
  } finally {
    db.close();
  }
}

test('a changed byte of the file is named, or changes nothing that the tables say', () => {
  const before = contents(good);
  const bytes = statSync(join(good, 'events.sqlite')).size;
  let named = 0;
  fc.assert(
    fc.property(fc.integer({ min: 100, max: bytes - 1 }), fc.integer({ min: 1, max: 255 }), (at, by) => {
      rmSync(copy, { recursive: true, force: true });
      cpSync(good, copy, { recursive: true });
      const file = join(copy, 'events.sqlite');
      const content = readFileSync(file);
      content[at] = content[at]! ^ by;
      writeFileSync(file, content);
      const result = check(copy);
      if (!result.verified) named++;
      const after = result.verified ? contents(copy) : before;
      const unseen = Object.keys(before).filter((table) => after[table] !== before[table]);
      expect(unseen, `byte ${at} xor ${by}`).toEqual([]);
    }),
    { numRuns: 40, seed: 23 },
  );
  expect(named).toBeGreaterThan(10);
});

test('a file that was cut is named, and what can still be read is checked', () => {
  rmSync(copy, { recursive: true, force: true });
  cpSync(good, copy, { recursive: true });
  const file = join(copy, 'events.sqlite');
  truncateSync(file, Math.floor(statSync(file).size / 2 / 4096) * 4096);
  const result = check(copy);
  expect(result.verified).toBe(false);
  expect(result.faults.some((fault) => fault.file === 'events.sqlite' && fault.session === null)).toBe(true);
});

test('a check that is cancelled gives no result', () => {
  let steps = 0;
  const options = { deep: false, live: false, onProgress: () => undefined, pause: () => undefined };
  expect(verifyStore(good, { ...options, isCancelled: () => ++steps > 6 })).toBeNull();
});
