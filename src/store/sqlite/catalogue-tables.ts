// Writes the event catalogue of this build into the database, so that events_readable speaks its words.
import type { Database } from 'better-sqlite3';
import { CATALOGUE } from '../../core/events/catalogue.js';
import { type EventDef, SUBJECTS } from '../../core/events/define.js';

const TYPE_COLUMNS = 'code, name, subject_kind, a_name, b_name, c_name, level, doc';

/**
 * Types of an older catalogue that this build no longer declares keep their row. Writes only what differs: a store on a
 * full disk can still be opened and read.
 */
export function writeCatalogue(db: Database): void {
  const definitions: readonly EventDef[] = CATALOGUE;
  const types = definitions.map(({ code, name, subject, values, level, doc }) => {
    return [code, name, subject, values[0] ?? null, values[1] ?? null, values[2] ?? null, level, doc];
  });
  const kinds = SUBJECTS.map((name, code) => [code, name]);
  db.transaction(() => {
    writeDifferent(db, 'event_type', TYPE_COLUMNS, types);
    writeDifferent(db, 'subject_kind', 'code, name', kinds);
  })();
}

/** The first column is the key. */
function writeDifferent(db: Database, table: string, columns: string, rows: readonly unknown[][]): void {
  const read = db.prepare(`SELECT ${columns} FROM ${table} WHERE code = ?`).raw();
  const marks = columns.replace(/\w+/g, '?');
  const write = db.prepare(`INSERT OR REPLACE INTO ${table} (${columns}) VALUES (${marks})`);
  for (const row of rows) {
    if (JSON.stringify(read.get(row[0])) !== JSON.stringify(row)) write.run(...row);
  }
}
