// Rows out of the event table. What costs time here is crossing from SQLite to JavaScript, one call a cell and an
// array a row; so SQLite writes a whole page as one text of numbers, and a loop over its bytes reads it back
// (measured: 1.5 to 2 times the rate of row arrays; concat_ws is a quarter quicker than a chain of ||).
import type { Database, Statement } from 'better-sqlite3';
import { INDEXED_CODES } from '../../core/events/define.js';
import { ROW_FIELDS, ROW_NUMBERS, type StoredNumbers } from '../../core/run/stored-numbers.js';
import { allocateFoldRows, allocateRows, type EventRows, type FoldRows } from '../event-rows.js';
import type { RowFilters } from '../event-store.port.js';
import { damaged } from './sqlite-errors.js';

const HEAD = '((thread << 24) | (type << 16) | site)';
const ROW = `concat_ws(',', ${HEAD}, position, time_ns, skipped, subject, a, b, c)`;
const ROW_FIGURES = 8;
const FOLD_ROW = "concat_ws(',', (subject << 16) | (thread << 8) | type, a, b, c)";
const FOLD_FIGURES = 4;
const COLUMN_OF: { readonly [field: string]: string } = { timeNs: 'time_ns' };
const NUMBERS_ROW = `concat_ws(',', ${ROW_FIELDS.map((field) => COLUMN_OF[field] ?? field).join(', ')})`;

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
  private readonly numbersPage: Statement;
  private scratch = new Float64Array(0);

  constructor(
    private readonly db: Database,
    private readonly file: string,
  ) {
    this.foldPage = this.page(FOLD_ROW, 'event', null, false);
    this.numbersPage = this.page(NUMBERS_ROW, 'event', null, false);
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
    const n = this.parse(text, limit * ROW_FIGURES) / ROW_FIGURES;
    if (condition === null) this.expectRows(owner, from, to, limit, n);
    const rows = allocateRows(n);
    const { scratch } = this;
    for (let i = 0, k = 0; i < n; i++, k += ROW_FIGURES) {
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
    const n = this.parse(text, wanted * FOLD_FIGURES) / FOLD_FIGURES;
    this.expectRows(owner, from, to, wanted, n);
    const rows = allocateFoldRows(from, n);
    const { scratch } = this;
    for (let i = 0, k = 0; i < n; i++, k += FOLD_FIGURES) {
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

  /** Every number as it is stored, each for itself: nothing is packed, so nothing that does not fit can hide. */
  numbers(owner: number, from: number, to: number): StoredNumbers {
    const wanted = to - from + 1;
    const text = this.numbersPage.get(owner, from, to, wanted) as Uint8Array | null;
    const numbers = new Float64Array(wanted * ROW_NUMBERS);
    const n = text === null ? 0 : parseNumbers(text, numbers) / ROW_NUMBERS;
    // As many rows as positions, and no position twice: the rows are those from `from` to `to`, in order.
    this.expectRows(owner, from, to, wanted, n);
    return { length: wanted, numbers };
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

  /**
   * The sub-select gives the rows' texts in order, and the aggregate takes them as they come; its LIMIT keeps SQLite
   * from dropping its ORDER BY. (Whole rows out of the sub-select and the text outside cost a sixth more.)
   */
  private page(row: string, table: string, condition: string | null, backward: boolean): Statement {
    const where = `session = ? AND position BETWEEN ? AND ?${condition === null ? '' : ` AND ${condition}`}`;
    const order = `ORDER BY position${backward ? ' DESC' : ''} LIMIT ?`;
    return this.db
      .prepare(
        `SELECT CAST(group_concat(row) AS BLOB) FROM (SELECT ${row} AS row FROM ${table} WHERE ${where} ${order})`,
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
    return parseNumbers(text, this.scratch);
  }
}

/** Digits that surely fit 31 bits; longer numbers go on as doubles. */
const SHORT_DIGITS = 9;

/** Decimal whole numbers with commas between them. Returns how many there are; those beyond the array are dropped. */
export function parseNumbers(text: Uint8Array, into: Float64Array): number {
  const { length } = text;
  let count = 0;
  for (let i = 0; i < length; i++) {
    const negative = text[i] === 0x2d;
    if (negative) i++;
    const stop = Math.min(length, i + SHORT_DIGITS);
    let short = 0;
    for (; i < stop && text[i] !== 0x2c; i++) short = (Math.imul(short, 10) + text[i]! - 0x30) | 0;
    let value = short;
    for (; i < length && text[i] !== 0x2c; i++) value = value * 10 + (text[i]! - 0x30);
    into[count++] = negative ? -value : value;
  }
  return count;
}
