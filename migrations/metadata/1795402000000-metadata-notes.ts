// rootline.sqlite: notes and bookmarks at positions of sessions. People's: nothing here is derived, no repair drops it.
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class MetadataNotes1795402000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE note (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      session INTEGER NOT NULL,
      position INTEGER NOT NULL,
      kind TEXT NOT NULL,
      text TEXT NOT NULL,
      created_at TEXT NOT NULL,
      updated_at TEXT NOT NULL
    ) STRICT`);
    await runner.query('CREATE INDEX note_session ON note (session, position)');
    const [{ user_version: before }] = (await runner.query('PRAGMA user_version')) as [
      { readonly user_version: number },
    ];
    await runner.query(`PRAGMA user_version = ${before + 1}`);
  }

  async down(): Promise<void> {
    throw new Error('rootline.sqlite is not taken back to an older form');
  }
}
