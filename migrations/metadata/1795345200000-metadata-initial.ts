// rootline.sqlite, first form. `session` is derived from events.sqlite and may be rebuilt; the rest is people's.
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** 'RTLm': tells our file from any other SQLite database. */
export const METADATA_APPLICATION_ID = 0x52544c6d;

const TABLES = [
  `CREATE TABLE session (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    scenario TEXT NOT NULL,
    protocol TEXT NOT NULL,
    seed INTEGER NOT NULL,
    scheduler TEXT NOT NULL,
    recording TEXT NOT NULL,
    parent INTEGER,
    parent_position INTEGER,
    position INTEGER NOT NULL,
    progress TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
  ) STRICT`,
  'CREATE INDEX session_state ON session (state)',

  `CREATE TABLE session_label (
    session INTEGER PRIMARY KEY,
    name TEXT,
    note TEXT,
    updated_at TEXT NOT NULL
  ) STRICT`,

  `CREATE TABLE job (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    request TEXT NOT NULL,
    progress TEXT,
    result TEXT,
    error TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
  ) STRICT`,
  'CREATE INDEX job_state ON job (state)',
];

export class MetadataInitial1795345200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const sql of TABLES) await runner.query(sql);
    await runner.query(`PRAGMA application_id = ${METADATA_APPLICATION_ID}`);
    await runner.query('PRAGMA user_version = 1');
  }

  async down(): Promise<void> {
    throw new Error('rootline.sqlite has no older form');
  }
}
