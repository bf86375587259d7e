// Events into the table, many rows a statement. The cost of an insert from JavaScript is binding values, one call
// into SQLite each; so the session and the first position are bound once a statement, thread, type and site travel
// as one number that SQLite takes apart (measured: 13 % faster), and `skipped` is part of the text where it is 0
// throughout (always at recording level `full`). 128 rows a statement is on the plateau of that curve.
import type { Database, Statement } from 'better-sqlite3';
import type { StoredColumns } from '../../core/run/contract.js';

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
    const width = withSkipped ? 7 : 6;
    const skipped = withSkipped ? 'column8' : '0';
    const row = `,${Array.from({ length: width }, () => '?').join(',')})`;
    const text = Array.from({ length: rows }, (_, k) => `(${k}${row}`).join(',');
    this.statement = db.prepare(
      'INSERT INTO event (session, position, skipped, time_ns, thread, site, type, subject, a, b, c) ' +
        `SELECT @session, @position + column1, ${skipped}, column2, ` +
        'column3 >> 24, column3 & 65535, (column3 >> 16) & 255, column4, column5, column6, column7 ' +
        `FROM (VALUES ${text})`,
    );
    this.values = Array.from({ length: rows * width }, () => 0);
  }

  insert(session: number, position: number, columns: StoredColumns, from: number): void {
    const { values, withSkipped } = this;
    const { skipped, timeNs, thread, site, type, subject, a, b, c } = columns;
    const to = from + this.rows;
    let at = 0;
    for (let i = from; i < to; i++) {
      values[at] = timeNs[i]!;
      values[at + 1] = thread[i]! * 0x1000000 + type[i]! * 0x10000 + site[i]!;
      values[at + 2] = subject[i]!;
      values[at + 3] = a[i]!;
      values[at + 4] = b[i]!;
      values[at + 5] = c[i]!;
      at += 6;
      if (withSkipped) values[at++] = skipped[i]!;
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
      }
    }
  }
}

function anySkipped(columns: StoredColumns): boolean {
  for (let i = 0; i < columns.length; i++) if (columns.skipped[i] !== 0) return true;
  return false;
}
