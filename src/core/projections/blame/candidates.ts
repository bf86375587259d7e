// Positions at which a path may have changed, from the latest backwards. What the index answers is asked first: it bounds
// how far back the rest has to be looked for.
import type { History, HistoryRows } from '../history.js';
import { isIndexed } from '../history.js';
import type { ChangerQuery } from './changers.js';

/** Rows of one read. */
const READ_ROWS = 64;

/** One query on its way back. */
class Head {
  private rows: HistoryRows | null = null;
  private i = 0;
  /** Everything above this position has been handed out, or is known not to be there. */
  private to: number;

  constructor(
    private readonly history: History,
    private readonly query: ChangerQuery,
    to: number,
  ) {
    this.to = to;
  }

  get indexed(): boolean {
    return this.query.subject !== undefined && this.query.types !== undefined && isIndexed(this.query.types);
  }

  /** The highest position at or above `from` that has not been handed out, or 0. */
  peek(from: number): number {
    if (this.rows !== null && this.i < this.rows.length) return this.rows.position[this.i];
    if (this.to < from) return 0;
    this.rows = this.history.rows({ ...this.query, from, to: this.to, limit: READ_ROWS, backward: true });
    this.i = 0;
    const { length } = this.rows;
    this.to = length < READ_ROWS ? from - 1 : this.rows.position[length - 1] - 1;
    return length === 0 ? 0 : this.rows.position[0];
  }

  pass(position: number): void {
    if (this.rows !== null && this.i < this.rows.length && this.rows.position[this.i] === position) this.i++;
  }
}

export class Candidates {
  private readonly heads: readonly Head[];

  /** @param to the last position that counts */
  constructor(history: History, queries: readonly ChangerQuery[], to: number) {
    const heads = queries.map((query) => new Head(history, query, to));
    this.heads = [...heads.filter((head) => head.indexed), ...heads.filter((head) => !head.indexed)];
  }

  /** The next one, or 0 when there is none any more. */
  next(): number {
    let best = 0;
    for (const head of this.heads) best = Math.max(best, head.peek(best + 1));
    if (best > 0) for (const head of this.heads) head.pass(best);
    return best;
  }
}
