// Outside inputs of live sessions: the table `command` of the first form, which nothing ever wrote, becomes
// `outside_input`. A row is a command with what it came to, or a rest that somebody asked for (body and plan NULL).
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class EventsOutsideInputs1795402000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE command');
    await runner.query(`CREATE TABLE outside_input (
      session INTEGER NOT NULL,
      number INTEGER NOT NULL,
      step INTEGER NOT NULL,
      after_position INTEGER NOT NULL,
      command INTEGER,
      body TEXT,
      plan TEXT,
      issued_at TEXT NOT NULL,
      PRIMARY KEY (session, number)
    ) STRICT, WITHOUT ROWID`);
    await runner.query('PRAGMA user_version = 3');
  }

  async down(): Promise<void> {
    throw new Error('events.sqlite does not go back: the files were copied before the migration');
  }
}
