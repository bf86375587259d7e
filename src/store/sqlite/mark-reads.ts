// The outside inputs of a session, put together from its segments.
import type { Database } from 'better-sqlite3';
import type { OutsideCommand } from '../../core/run/contract.js';
import type { StoredMark } from '../event-store.port.js';
import type { Segment } from '../segments.js';

interface MarkRow {
  readonly number: number;
  readonly step: number;
  readonly position: number;
  readonly command: number | null;
  readonly body: string | null;
  readonly plan: string | null;
  readonly issuedAt: string;
}

/** A mark stands before the row at its position + 1: a fork at that position does not share it. */
export function readMarks(db: Database, segments: readonly Segment[]): StoredMark[] {
  const statement = db.prepare(
    'SELECT number, step, after_position AS position, command, body, plan, issued_at AS issuedAt ' +
      'FROM outside_input WHERE session = ? AND after_position >= ? AND after_position < ? ORDER BY number',
  );
  return segments.flatMap(({ owner, from, to }) =>
    (statement.all(owner, from - 1, to) as MarkRow[]).map(
      ({ number, step, position, command, body, plan, issuedAt }) => {
        const input =
          command === null
            ? null
            : ({
                number: command,
                command: JSON.parse(body!) as OutsideCommand['command'],
                plan: JSON.parse(plan!) as OutsideCommand['plan'],
              } satisfies OutsideCommand);
        return { number, step, position, input, issuedAt };
      },
    ),
  );
}
