// Rows out of the event table. What costs time here is crossing from SQLite to JavaScript, one call a cell and an
// array a row; so SQLite writes a whole page as one text of numbers, and a loop over its bytes reads it back
// (measured: 1.5 to 2 times the rate of row arrays).
import type { Database, Statement } from 'better-sqlite3';
import { INDEXED_CODES } from '../../core/events/define.js';
import { allocateFoldRows, allocateRows, type EventRows, type FoldRows } from '../event-rows.js';
import type { RowFilters } from '../event-store.port.js';
import { damaged } from './sqlite-errors.js';

const HEAD = '((thread << 24) | (type << 16) | site)';
const REST = "time_ns || ',' || skipped || ',' || subject || ',' || a || ',' || b || ',' || c";
const ROW = `${HEAD} || ',' || position || ',' || ${REST}`;
const ROW_NUMBERS = 8;
const FOLD_ROW = "((subject << 16) | (thread << 8) | type) || ',' || a || ',' || b || ',' || c";
const FOLD_NUMBERS = 4;

/** A condition on rows, as SQL. Every number in it was checked to be one. */
export interface RowCondition {
  readonly sql: string;
  /** The partial index answers it: a subject, and only types that the index covers. */
  readonly indexed: boolean;
}

export function conditionOf(filters: RowFilters, sites: readonly number[] | null): RowCondition {
  const { types, thread, subject } = filters;
  const parts: string[] = [];
  const indexed = subject !== undefined && types?.every((type) => type < INDEXED_CODES) === true;
  if (subject !== undefined) parts.push(`subject = ${subject}`);
  // The text of the index's own condition: without it SQLite does not see that the index will do.
  if (indexed) parts.push(`type < ${INDEXED_CODES}`);
  if (types !== undefined) parts.push(`type IN (${types.join(',')})`);
  if (thread !== undefined) parts.push(`thread = ${thread}`);
  if (sites !== null) parts.push(`site IN (${sites.join(',')})`);
  return { sql: parts.join(' AND '), indexed };
}

export class RowReader {
  private readonly plain = new Map<boolean, Statement>();
  private readonly foldPage: Statement;
  private scratch = new Float64Array(0);

  constructor(
    private readonly db: Database,
    private readonly file: string,
  ) {
    this.foldPage = this.page(FOLD_ROW, 'event', null, false);
  }

  /** At most `limit` rows that `owner` holds in [from, to], in order, or in the opposite order. */
  rows(
    owner: number,
    from: number,
    to: number,
    limit: number,
    backward: boolean,
    condition: RowCondition | null,
  ): EventRows {
    const text = this.statement(condition, backward).get(owner, from, to, limit) as Uint8Array | null;
    const n = this.parse(text, limit * ROW_NUMBERS) / ROW_NUMBERS;
    if (condition === null) this.expectRows(owner, from, to, limit, n);
    const rows = allocateRows(n);
    const { scratch } = this;
    for (let i = 0, k = 0; i < n; i++, k += ROW_NUMBERS) {
      const head = scratch[k]!;
      rows.thread[i] = head >>> 24;
      rows.type[i] = head >>> 16;
      rows.site[i] = head;
      rows.position[i] = scratch[k + 1]!;
      rows.timeNs[i] = scratch[k + 2]!;
      rows.skipped[i] = scratch[k + 3]!;
      rows.subject[i] = scratch[k + 4]!;
      rows.a[i] = scratch[k + 5]!;
      rows.b[i] = scratch[k + 6]!;
      rows.c[i] = scratch[k + 7]!;
    }
    return rows;
  }

  fold(owner: number, from: number, to: number): FoldRows {
    const wanted = to - from + 1;
    const text = this.foldPage.get(owner, from, to, wanted) as Uint8Array | null;
    const n = this.parse(text, wanted * FOLD_NUMBERS) / FOLD_NUMBERS;
    this.expectRows(owner, from, to, wanted, n);
    const rows = allocateFoldRows(from, n);
    const { scratch } = this;
    for (let i = 0, k = 0; i < n; i++, k += FOLD_NUMBERS) {
      const head = scratch[k]!;
      const subject = Math.floor(head / 0x10000);
      const low = head - subject * 0x10000;
      rows.subject[i] = subject;
      rows.thread[i] = low >>> 8;
      rows.type[i] = low;
      rows.a[i] = scratch[k + 1]!;
      rows.b[i] = scratch[k + 2]!;
      rows.c[i] = scratch[k + 3]!;
    }
    return rows;
  }

  private statement(condition: RowCondition | null, backward: boolean): Statement {
    // Filters differ from call to call, and preparing costs less than a page.
    if (condition !== null) {
      return this.page(
        ROW,
        condition.indexed ? 'event INDEXED BY event_subject' : 'event',
        condition.sql,
        backward,
      );
    }
    let statement = this.plain.get(backward);
    if (statement === undefined) {
      statement = this.page(ROW, 'event', null, backward);
      this.plain.set(backward, statement);
    }
    return statement;
  }

  /** The LIMIT also keeps SQLite from dropping the inner ORDER BY. */
  private page(row: string, table: string, condition: string | null, backward: boolean): Statement {
    const where = `session = ? AND position BETWEEN ? AND ?${condition === null ? '' : ` AND ${condition}`}`;
    const order = `ORDER BY position${backward ? ' DESC' : ''} LIMIT ?`;
    return this.db
      .prepare(
        `SELECT CAST(group_concat(${row}) AS BLOB) FROM (SELECT * FROM ${table} WHERE ${where} ${order})`,
      )
      .pluck();
  }

  private expectRows(owner: number, from: number, to: number, limit: number, found: number): void {
    const expected = Math.min(to - from + 1, limit);
    if (found === expected) return;
    throw damaged(this.file, `session ${owner} has ${found} of the ${expected} events from position ${from}`);
  }

  /** Decimal numbers with commas between them -> scratch. Returns how many. */
  private parse(text: Uint8Array | null, atMost: number): number {
    if (text === null) return 0;
    if (this.scratch.length < atMost) this.scratch = new Float64Array(atMost);
    const { scratch } = this;
    const length = text.length;
    let count = 0;
    let value = 0;
    let negative = false;
    for (let i = 0; i < length; i++) {
      const byte = text[i]!;
      if (byte === 0x2c) {
        scratch[count++] = negative ? -value : value;
        value = 0;
        negative = false;
      } else if (byte === 0x2d) negative = true;
      else value = value * 10 + (byte - 0x30);
    }
    scratch[count++] = negative ? -value : value;
    return count;
  }
}
