// Stored timelines, through segments: what a fork shares of its parent's counts as long as it lies before the fork.
import type { Database } from 'better-sqlite3';
import type { TimelineLevel } from '../../core/projections/timeline.js';
import type { StoredTimeline } from '../event-store.port.js';
import type { Segment } from '../segments.js';

export class TimelineReads {
  private readonly statements: ReturnType<typeof prepareStatements>;

  constructor(db: Database) {
    this.statements = prepareStatements(db);
  }

  /** Of one owner, those that lie wholly within `segment` and have a row in [from, to]. */
  within(segment: Segment, level: TimelineLevel, from: number, to: number): StoredTimeline[] {
    const found = this.statements[level].all(segment.owner, from, to) as StoredTimeline[];
    return found.filter((row) => row.from >= segment.from && row.to <= segment.to);
  }

  /** Position before which nothing in the segment is later than this, as far as stored timelines say. */
  earliestLater({ owner, from, to }: Segment, timeNs: number): number {
    const { coversFrom, coversTo, rows, later } = this.statements.cover.get({ owner, from, to, timeNs }) as {
      readonly coversFrom: number | null;
      readonly coversTo: number | null;
      readonly rows: number;
      readonly later: number | null;
    };
    // Only what is told of without a gap can be passed over.
    if (coversFrom !== from || coversTo === null || rows !== coversTo - from + 1) return from;
    return later ?? coversTo + 1;
  }
}

function prepareStatements(db: Database) {
  const select = (level: TimelineLevel) =>
    db.prepare(
      `SELECT from_position AS "from", to_position AS "to", ${level} AS bytes FROM timeline ` +
        'WHERE session = ? AND to_position >= ? AND from_position <= ? ORDER BY from_position',
    );
  return {
    fine: select('fine'),
    coarse: select('coarse'),
    cover: db.prepare(
      'SELECT min(from_position) AS coversFrom, max(to_position) AS coversTo, ' +
        'sum(to_position - from_position + 1) AS rows, ' +
        'min(CASE WHEN max_time_ns > @timeNs THEN from_position END) AS later FROM timeline ' +
        'WHERE session = @owner AND from_position >= @from AND to_position <= @to',
    ),
  };
}
