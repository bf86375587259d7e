// The decision log of a session, put together from its segments.
import type { Database } from 'better-sqlite3';
import { type DecisionRow, joinDecisions } from '../decision-log.js';
import type { DecisionLog } from '../event-store.port.js';
import type { Segment } from '../segments.js';

export function readDecisions(db: Database, segments: readonly Segment[]): DecisionLog {
  const statement = db.prepare(
    'SELECT from_position AS fromPosition, to_position AS toPosition, decisions FROM chunk ' +
      'WHERE session = ? AND from_position >= ? AND from_position < ? ORDER BY number',
  );
  const rows = segments.flatMap(({ owner, from, to }) =>
    (statement.all(owner, from - 1, to) as DecisionRow[]).map((row) => ({ ...row, segmentEnd: to })),
  );
  return joinDecisions(rows);
}
