// SQLite's own check of a whole file: pages, order of keys, indexes against tables, types of STRICT columns.
import type { Database } from 'better-sqlite3';
import { EVENTS_IDENTITY } from '../../../../migrations/events/index.js';
import { METADATA_IDENTITY } from '../../../../migrations/metadata/index.js';
import { StoreError } from '../../store.errors.js';
import type { StoreFiles } from '../files.js';
import { checkDatabase, type DatabaseIdentity } from '../preflight.js';
import { fromSqlite } from '../sqlite-errors.js';

/** Complaints of one file that are told. */
const MAX_COMPLAINTS = 20;

/** What SQLite has to say about the file; empty when it is whole. A cut or overwritten file may end the check early. */
export function integrityComplaints(db: Database, file: string): string[] {
  try {
    const said = db.prepare(`PRAGMA integrity_check(${MAX_COMPLAINTS})`).pluck().all() as string[];
    return said.length === 1 && said[0] === 'ok' ? strangeNames(db) : said;
  } catch (error) {
    const typed = fromSqlite(error, file);
    return [typed instanceof Error ? typed.message : String(typed)];
  }
}

/** What a table is made of is text in the file, which SQLite takes as it is. */
function strangeNames(db: Database): string[] {
  const names = db
    .prepare(
      "SELECT t.name || '.' || c.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c WHERE t.type IN ('table', 'view')",
    )
    .pluck()
    .all() as string[];
  return names.filter((name) => !/^\w+\.\w+$/.test(name)).map((name) => `no column is called ${name}`);
}

/**
 * Throws a typed error when there is nothing here that this build could check: no store, another program's files, a form
 * that this build does not know or that has to be migrated first. Damage is not thrown: the check itself names it.
 */
export function refuseUncheckable(files: StoreFiles): void {
  refuse(files.events, EVENTS_IDENTITY);
  refuse(files.metadata, METADATA_IDENTITY);
}

function refuse(file: string, identity: DatabaseIdentity): void {
  let found: number;
  try {
    found = checkDatabase(file, identity);
  } catch (error) {
    if (error instanceof StoreError && error.code === 'database_damaged') return;
    throw error;
  }
  if (found === identity.version) return;
  const what = found === 0 ? 'holds nothing' : `is of form ${found}`;
  throw new StoreError(
    'database_older',
    `${file} ${what}, this build checks form ${identity.version}; expected a store that was opened once (any other command migrates it, after copying it)`,
    { file, found, expected: identity.version },
  );
}
