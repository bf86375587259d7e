// events.sqlite, first form. Everything a session is: manifest, decisions, events, names, snapshots.
// Written by hand, as STRICT and WITHOUT ROWID cannot be said in entities: never generate or synchronise this file.
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** 'RTLe': tells our file from any other SQLite database. */
export const EVENTS_APPLICATION_ID = 0x52544c65;

const TABLES = [
  `CREATE TABLE session (
    session INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    manifest TEXT NOT NULL,
    parent INTEGER,
    parent_position INTEGER,
    position INTEGER NOT NULL,
    chunks INTEGER NOT NULL DEFAULT 0,
    progress TEXT,
    stored_bytes INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
  ) STRICT`,

  // Which session's rows stand at which positions: forks share history. Every read goes through it.
  `CREATE TABLE session_segment (
    session INTEGER NOT NULL,
    from_position INTEGER NOT NULL,
    to_position INTEGER NOT NULL,
    owner INTEGER NOT NULL,
    PRIMARY KEY (session, from_position)
  ) STRICT, WITHOUT ROWID`,
  'CREATE INDEX session_segment_owner ON session_segment (owner)',

  // SQLite stores 0 and 1 without payload, so unused values cost one byte each. `skipped` is ordinal - position.
  `CREATE TABLE event (
    session INTEGER NOT NULL,
    position INTEGER NOT NULL,
    skipped INTEGER NOT NULL,
    time_ns INTEGER NOT NULL,
    thread INTEGER NOT NULL,
    site INTEGER NOT NULL,
    type INTEGER NOT NULL,
    subject INTEGER NOT NULL,
    a INTEGER NOT NULL,
    b INTEGER NOT NULL,
    c INTEGER NOT NULL,
    PRIMARY KEY (session, position)
  ) STRICT, WITHOUT ROWID`,
  // Only root, lock, vCPU, VM and finding types (INDEXED_CODES): a full index would halve the append rate.
  'CREATE INDEX event_subject ON event (session, subject, position) WHERE type < 64',

  // The bytes of one appended chunk's decisions led from from_position to to_position.
  `CREATE TABLE chunk (
    session INTEGER NOT NULL,
    number INTEGER NOT NULL,
    from_position INTEGER NOT NULL,
    to_position INTEGER NOT NULL,
    to_ordinal INTEGER NOT NULL,
    decisions BLOB NOT NULL,
    UNIQUE (session, number)
  ) STRICT`,

  // A cache: any row may be deleted. deflated = raw deflate of size bytes.
  `CREATE TABLE snapshot (
    session INTEGER NOT NULL,
    position INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    layout TEXT NOT NULL,
    size INTEGER NOT NULL,
    deflated BLOB NOT NULL,
    UNIQUE (session, position)
  ) STRICT`,

  // Names that the rows use; since = position at which the name was introduced.
  `CREATE TABLE thread_name (
    session INTEGER NOT NULL,
    id INTEGER NOT NULL,
    name TEXT NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (session, id)
  ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE site (
    session INTEGER NOT NULL,
    id INTEGER NOT NULL,
    function TEXT NOT NULL,
    label TEXT NOT NULL,
    parent INTEGER NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (session, id)
  ) STRICT, WITHOUT ROWID`,

  // Outside commands of a live session: stored with the events that they caused.
  `CREATE TABLE command (
    session INTEGER NOT NULL,
    number INTEGER NOT NULL,
    after_position INTEGER NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    issued_at TEXT NOT NULL,
    PRIMARY KEY (session, number)
  ) STRICT, WITHOUT ROWID`,

  `CREATE TABLE idempotency_key (
    key TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    session INTEGER NOT NULL,
    created_at TEXT NOT NULL
  ) STRICT, WITHOUT ROWID`,
  'CREATE INDEX idempotency_key_session ON idempotency_key (session)',

  // A deleted session. swept = 1 once every row that no fork shares is gone.
  `CREATE TABLE tombstone (
    session INTEGER PRIMARY KEY,
    deleted_at TEXT NOT NULL,
    swept INTEGER NOT NULL DEFAULT 0
  ) STRICT`,

  // The catalogue of the build that last wrote here, for readers without Rootline.
  `CREATE TABLE event_type (
    code INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    a_name TEXT,
    b_name TEXT,
    c_name TEXT,
    level TEXT NOT NULL,
    doc TEXT NOT NULL
  ) STRICT`,
  'CREATE TABLE subject_kind (code INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT',
];

// For people with the sqlite3 tool: functions of SQLite 3.40 only, and no double-quoted strings.
const VIEW = `CREATE VIEW events_readable AS
  SELECT
    g.session AS session,
    e.position AS position,
    e.position + e.skipped AS ordinal,
    e.position + e.skipped + iif(e.type = 64, e.a - 1, 0) AS last_ordinal,
    e.time_ns AS time_ns,
    t.name AS thread,
    s.function AS function,
    s.label AS label,
    coalesce(y.name, 'unknown:' || e.type) AS type,
    k.name AS subject_kind,
    e.subject >> 4 AS subject,
    CASE
      WHEN y.code IS NULL THEN json_object('a', e.a, 'b', e.b, 'c', e.c)
      WHEN y.a_name IS NULL THEN '{}'
      WHEN y.b_name IS NULL THEN json_object(y.a_name, e.a)
      WHEN y.c_name IS NULL THEN json_object(y.a_name, e.a, y.b_name, e.b)
      ELSE json_object(y.a_name, e.a, y.b_name, e.b, y.c_name, e.c)
    END AS "values"
  FROM session_segment g
  CROSS JOIN event e ON e.session = g.owner AND e.position BETWEEN g.from_position AND g.to_position
  LEFT JOIN event_type y ON y.code = e.type
  LEFT JOIN subject_kind k ON k.code = (e.subject & 15)
  LEFT JOIN thread_name t ON t.session = e.session AND t.id = e.thread
  LEFT JOIN site s ON s.session = e.session AND s.id = e.site`;

export class EventsInitial1795345200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const sql of [...TABLES, VIEW]) await runner.query(sql);
    await runner.query(`PRAGMA application_id = ${EVENTS_APPLICATION_ID}`);
    await runner.query('PRAGMA user_version = 1');
  }

  async down(): Promise<void> {
    throw new Error('events.sqlite has no older form');
  }
}
