// Segments of a session, from the table.
import type { Database } from 'better-sqlite3';
import type { Segment } from '../segments.js';

/** In order of position; empty when there is no such session. */
export function segmentsOf(db: Database, session: number): Segment[] {
  return db
    .prepare(
      'SELECT from_position AS "from", to_position AS "to", owner FROM session_segment WHERE session = ? ORDER BY from_position',
    )
    .all(session) as Segment[];
}
