// rootline.sqlite, second form: answers to requests with an Idempotency-Key.
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class KeptAnswers1795356000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE kept_answer (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      key TEXT NOT NULL UNIQUE,
      fingerprint TEXT NOT NULL,
      status INTEGER NOT NULL,
      location TEXT,
      body TEXT NOT NULL,
      created_at TEXT NOT NULL
    ) STRICT`);
    await runner.query('PRAGMA user_version = 2');
  }

  async down(): Promise<void> {
    throw new Error('rootline.sqlite is not taken back to an older form');
  }
}
