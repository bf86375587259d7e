// events.sqlite: imported traces. What the import came to, and the decoded lines in packed chunks, so that a session can be
// checked without its file.
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class EventsTraces1795420000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE trace (
      session INTEGER PRIMARY KEY,
      summary TEXT NOT NULL
    ) STRICT`);
    // Raw deflate of size bytes; lines of one chunk begin behind the event at after_position.
    await runner.query(`CREATE TABLE trace_chunk (
      session INTEGER NOT NULL,
      number INTEGER NOT NULL,
      from_line INTEGER NOT NULL,
      to_line INTEGER NOT NULL,
      after_position INTEGER NOT NULL,
      lines INTEGER NOT NULL,
      size INTEGER NOT NULL,
      deflated BLOB NOT NULL,
      UNIQUE (session, number)
    ) STRICT`);
    await runner.query('PRAGMA user_version = 4');
  }

  async down(): Promise<void> {
    throw new Error('events.sqlite does not go back: the files were copied before the migration');
  }
}
