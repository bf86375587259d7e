// rootline.sqlite: what finished cells of sweeps came to, so that a sweep goes on where it was. People's: a result that is
// here is not made again.
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class MetadataSweeps1795410000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE sweep_cell (
      job INTEGER NOT NULL,
      cell INTEGER NOT NULL,
      result TEXT NOT NULL,
      PRIMARY KEY (job, cell)
    ) STRICT, WITHOUT ROWID`);
    const [{ user_version: before }] = (await runner.query('PRAGMA user_version')) as [
      { readonly user_version: number },
    ];
    await runner.query(`PRAGMA user_version = ${before + 1}`);
  }

  async down(): Promise<void> {
    throw new Error('rootline.sqlite is not taken back to an older form');
  }
}
