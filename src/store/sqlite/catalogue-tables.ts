// Writes the event catalogue of this build into the database, so that events_readable speaks its words.
import type { Database } from 'better-sqlite3';
import { CATALOGUE } from '../../core/events/catalogue.js';
import { type EventDef, SUBJECTS } from '../../core/events/define.js';

/** Types of an older catalogue that this build no longer declares keep their row. */
export function writeCatalogue(db: Database): void {
  const type = db.prepare(
    'INSERT OR REPLACE INTO event_type (code, name, subject_kind, a_name, b_name, c_name, level, doc) VALUES (?,?,?,?,?,?,?,?)',
  );
  const kind = db.prepare('INSERT OR REPLACE INTO subject_kind (code, name) VALUES (?, ?)');
  const definitions: readonly EventDef[] = CATALOGUE;
  db.transaction(() => {
    for (const { code, name, subject, values, level, doc } of definitions) {
      type.run(code, name, subject, values[0] ?? null, values[1] ?? null, values[2] ?? null, level, doc);
    }
    for (const [code, name] of SUBJECTS.entries()) kind.run(code, name);
  })();
}
