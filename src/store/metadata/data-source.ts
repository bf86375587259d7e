// The TypeORM connection to rootline.sqlite.
import { DataSource } from 'typeorm';
import type { Synchronous } from '../sqlite/connection.js';
import { driverError, type MigrationClass } from '../sqlite/migrate.js';
import { migrationProbe } from '../sqlite/migration-probe.js';
import { fromSqlite } from '../sqlite/sqlite-errors.js';
import { JobEntity, KeptAnswerEntity, NoteEntity, SessionEntity, SessionLabelEntity } from './entities.js';

interface Pragmas {
  pragma(text: string): unknown;
}

/** Connects and migrates. */
export async function openMetadata(
  file: string,
  synchronous: Synchronous,
  migrations: readonly MigrationClass[],
): Promise<DataSource> {
  const source = new DataSource({
    type: 'better-sqlite3',
    database: file,
    entities: [SessionEntity, SessionLabelEntity, JobEntity, KeptAnswerEntity, NoteEntity],
    migrations: [...migrations],
    migrationsTransactionMode: 'each',
    synchronize: false,
    ...migrationProbe('in-migration-metadata'),
    prepareDatabase: (db: Pragmas) => {
      db.pragma('journal_mode = WAL');
      db.pragma(`synchronous = ${synchronous}`);
      db.pragma('busy_timeout = 5000');
    },
  });
  try {
    await source.initialize();
    await source.runMigrations();
    return source;
  } catch (error) {
    if (source.isInitialized) await source.destroy();
    throw fromSqlite(driverError(error), file);
  }
}
