// Events into the table, many rows a statement. The cost of an insert from JavaScript is binding values, one call
// into SQLite each; so the session and the first position are bound once a statement, and `skipped` is part of the
// text where it is 0 throughout (always at recording level `full`). Measured: 16 rows a statement are 15 % slower, from
// 64 to 1,024 it makes no difference; packing several values into one number gains nothing either.
import type { Database, Statement } from 'better-sqlite3';
import type { StoredColumns } from '../../core/run/contract.js';
import { failpoint } from '../failpoint.js';

const ROWS_BIG = 128;
const ROWS_SMALL = 16;

interface Named {
  session: number;
  position: number;
}

/** Inserts exactly `rows` rows at a time. */
class BlockInserter {
  private readonly statement: Statement;
  private readonly values: number[];
  private readonly named: Named = { session: 0, position: 0 };

  constructor(
    db: Database,
    private readonly rows: number,
    private readonly withSkipped: boolean,
  ) {
    const values = Array.from({ length: withSkipped ? 9 : 8 }, () => '?').join(',');
    const text = Array.from({ length: rows }, (_, k) => {
      return `(@session,@position+${k},${withSkipped ? '' : '0,'}${values})`;
    });
    this.statement = db.prepare(
      `INSERT INTO event (session, position, skipped, time_ns, thread, site, type, subject, a, b, c) VALUES ${text.join(',')}`,
    );
    this.values = Array.from({ length: rows * (withSkipped ? 9 : 8) }, () => 0);
  }

  insert(session: number, position: number, columns: StoredColumns, from: number): void {
    const { values, withSkipped } = this;
    const { skipped, timeNs, thread, site, type, subject, a, b, c } = columns;
    const to = from + this.rows;
    let at = 0;
    for (let i = from; i < to; i++) {
      if (withSkipped) values[at++] = skipped[i]!;
      values[at] = timeNs[i]!;
      values[at + 1] = thread[i]!;
      values[at + 2] = site[i]!;
      values[at + 3] = type[i]!;
      values[at + 4] = subject[i]!;
      values[at + 5] = a[i]!;
      values[at + 6] = b[i]!;
      values[at + 7] = c[i]!;
      at += 8;
    }
    this.named.session = session;
    this.named.position = position;
    this.statement.run(values, this.named);
  }
}

export class EventInserter {
  /** By rows a statement, biggest first. */
  private readonly plain: readonly (readonly [number, BlockInserter])[];
  private readonly withSkipped: readonly (readonly [number, BlockInserter])[];

  constructor(db: Database) {
    const blocks = (withSkipped: boolean) =>
      [ROWS_BIG, ROWS_SMALL, 1].map((rows) => [rows, new BlockInserter(db, rows, withSkipped)] as const);
    this.plain = blocks(false);
    this.withSkipped = blocks(true);
  }

  /** Row i goes to `firstPosition + i`. Call it inside a transaction. */
  insert(session: number, firstPosition: number, columns: StoredColumns): void {
    const blocks = anySkipped(columns) ? this.withSkipped : this.plain;
    let done = 0;
    for (const [rows, block] of blocks) {
      for (; done + rows <= columns.length; done += rows) {
        block.insert(session, firstPosition + done, columns, done);
        failpoint('mid-batch');
      }
    }
  }
}

function anySkipped(columns: StoredColumns): boolean {
  for (let i = 0; i < columns.length; i++) if (columns.skipped[i] !== 0) return true;
  return false;
}
