// Brings events.sqlite to the form that this build knows. TypeORM runs the migrations and lets go of the file; from
// then on only the writer thread writes to it.
import { DataSource, type MigrationInterface } from 'typeorm';
import { migrationProbe } from './migration-probe.js';
import { fromSqlite } from './sqlite-errors.js';

interface Pragmas {
  pragma(text: string): unknown;
}

export type MigrationClass = new () => MigrationInterface;

export async function migrateEvents(file: string, migrations: readonly MigrationClass[]): Promise<void> {
  const source = new DataSource({
    type: 'better-sqlite3',
    database: file,
    migrations: [...migrations],
    migrationsTransactionMode: 'each',
    synchronize: false,
    ...migrationProbe('in-migration-events'),
    prepareDatabase: (db: Pragmas) => void db.pragma('journal_mode = WAL'),
  });
  try {
    await source.initialize();
    await source.runMigrations();
  } catch (error) {
    throw fromSqlite(driverError(error), file);
  } finally {
    if (source.isInitialized) await source.destroy();
  }
}

/** TypeORM wraps what the driver throws. */
export function driverError(error: unknown): unknown {
  return (error as { readonly driverError?: unknown }).driverError ?? error;
}
