// Positions at which a path may have changed, from the latest backwards. What the index answers is asked first: it bounds
// how far back the rest has to be looked for.
import type { History, HistoryRows } from '../history.js';
import { isIndexed } from '../history.js';
import type { ChangerQuery, RowTest } from './changers.js';

/** Rows of the first reads, and of all further ones: mostly the last change is all that is wanted. */
const READS = [1, 8, 64, 512];

/** One query on its way back. */
class Head {
  private rows: HistoryRows | null = null;
  private i = 0;
  private reads = 0;
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
    for (;;) {
      const { rows } = this;
      while (rows !== null && this.i < rows.length && !this.counts(rows, this.i)) this.i++;
      if (rows !== null && this.i < rows.length) return rows.position[this.i];
      if (this.to < from) return 0;
      this.read(from);
    }
  }

  private read(from: number): void {
    const { where: _, ...query } = this.query;
    const limit = READS[Math.min(this.reads++, READS.length - 1)];
    const rows = this.history.rows({ ...query, from, to: this.to, limit, backward: true });
    this.rows = rows;
    this.i = 0;
    this.to = rows.length < limit ? from - 1 : rows.position[rows.length - 1] - 1;
  }

  private counts(rows: HistoryRows, i: number): boolean {
    return this.query.where?.[rows.type[i]]?.(rows, i) ?? true;
  }

  pass(position: number): void {
    if (this.rows !== null && this.i < this.rows.length && this.rows.position[this.i] === position) this.i++;
  }
}

export class Candidates {
  private readonly heads: readonly Head[];

  /** @param to the last position that counts */
  constructor(history: History, queries: readonly ChangerQuery[], to: number) {
    const heads = merged(queries).map((query) => new Head(history, query, to));
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

/** One query for each subject and thread: asked alone, a type that is rare there is looked for among all the others. */
function merged(queries: readonly ChangerQuery[]): ChangerQuery[] {
  const byKey = new Map<string, ChangerQuery>();
  for (const query of queries) {
    const key = `${query.subject ?? '*'} ${query.thread ?? '*'} ${query.types === undefined}`;
    const known = byKey.get(key);
    byKey.set(key, known === undefined ? query : union(known, query));
  }
  return [...byKey.values()];
}

function union(x: ChangerQuery, y: ChangerQuery): ChangerQuery {
  if (x.types === undefined || y.types === undefined) return x;
  const types = [...new Set([...x.types, ...y.types])];
  const where: { [type: number]: RowTest } = {};
  for (const type of types) {
    // A row counts where one of the two wants it.
    const wanted = [x, y].filter((query) => query.types?.includes(type)).map((query) => query.where?.[type]);
    if (!wanted.includes(undefined)) where[type] = (rows, i) => wanted.some((test) => test?.(rows, i));
  }
  return { ...x, types, where };
}
