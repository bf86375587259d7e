// events.sqlite: the timeline of each stored chunk, as packed buckets (core/projections/timeline.ts). A cache: every row may be
// deleted, what it says is read from the events then.
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class EventsTimeline1795401000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // The blobs stand last: looking for a time does not read them.
    await runner.query(`CREATE TABLE timeline (
      session INTEGER NOT NULL,
      from_position INTEGER NOT NULL,
      to_position INTEGER NOT NULL,
      max_time_ns INTEGER NOT NULL,
      coarse BLOB NOT NULL,
      fine BLOB NOT NULL,
      UNIQUE (session, from_position)
    ) STRICT`);
    const [{ user_version: before }] = (await runner.query('PRAGMA user_version')) as [
      { readonly user_version: number },
    ];
    await runner.query(`PRAGMA user_version = ${before + 1}`);
  }

  async down(): Promise<void> {
    throw new Error('events.sqlite does not go back: the files were copied before the migration');
  }
}
