// Replay by schedule: decisions -> the same events, byte for byte. The machine runs again under the recorded decisions
// and every stored row is compared with the one that is produced now; the first difference is named.
import { EVENT_BY_CODE } from '../events/catalogue.js';
import type { RunChunk, StoredColumns } from './contract.js';
import { ROW_FIELDS, ROW_NUMBERS, type StoredNumbers } from './stored-numbers.js';

export interface Difference {
  readonly position: number;
  readonly ordinal: number;
  readonly thread: string;
  readonly function: string;
  readonly label: string;
  readonly stored: string;
  readonly replayed: string;
}

/** What the comparison needs of a simulation. */
export interface Replayable {
  advance(steps: number): RunChunk[];
  readonly outcome: string | null;
  /** The decisions are through, and the session waits for a command. */
  readonly waiting: boolean;
  /** What was not handed over yet. */
  rest(): RunChunk[];
}

/** Compares pages of stored rows, in order, with what a fresh simulation produces. */
export class ScheduleComparison {
  private produced: StoredColumns | null = null;
  private at = 0;
  private position = 0;
  private readonly queue: RunChunk[] = [];
  difference: Difference | null = null;
  private rested = false;
  private readonly threads = new Map<number, string>();
  private readonly sites = new Map<number, { readonly function: string; readonly label: string }>();

  constructor(
    private readonly simulation: Replayable,
    private readonly stepsAtOnce = 50_000,
  ) {}

  /** Rows that were compared and found equal. */
  get equalRows(): number {
    return this.position;
  }

  private nextChunk(): boolean {
    while (this.queue.length === 0) {
      if (this.simulation.outcome !== null || this.rested) return false;
      this.queue.push(...this.simulation.advance(this.stepsAtOnce));
      if (this.simulation.waiting) {
        this.rested = true;
        this.queue.push(...this.simulation.rest());
      }
    }
    const chunk = this.queue.shift()!;
    for (const d of chunk.dictionary) {
      if (d.kind === 'thread') this.threads.set(d.id, d.name);
      else this.sites.set(d.id, d);
    }
    this.produced = chunk.columns;
    this.at = 0;
    return true;
  }

  /** False after the first difference. */
  compare(stored: StoredNumbers): boolean {
    for (let i = 0; i < stored.length; ) {
      while (this.produced === null || this.at === this.produced.length) {
        if (!this.nextChunk()) {
          this.differ(stored, i, null, 0);
          return false;
        }
      }
      const rows = Math.min(stored.length - i, this.produced.length - this.at);
      const equal = equalRows(stored.numbers, i, this.produced, this.at, rows);
      i += equal;
      this.at += equal;
      this.position += equal;
      if (equal < rows) {
        this.differ(stored, i, this.produced, this.at);
        return false;
      }
    }
    return true;
  }

  /** After the last stored page: nothing more may be produced. */
  finish(): boolean {
    while (this.produced === null || this.at === this.produced.length) {
      if (!this.nextChunk()) return true;
    }
    this.differ(null, 0, this.produced, this.at);
    return false;
  }

  private differ(stored: StoredNumbers | null, i: number, produced: StoredColumns | null, k: number): void {
    const was = stored === null ? null : storedRow(stored, i);
    const is = produced === null ? null : producedRow(produced, k);
    const side = (is ?? was)!;
    const site = this.sites.get(side.site);
    this.difference = {
      position: this.position + 1,
      ordinal: this.position + 1 + side.skipped,
      thread: this.threads.get(side.thread) ?? `thread ${side.thread}`,
      function: site?.function ?? '',
      label: site?.label ?? '',
      stored: was === null ? 'nothing' : text(was),
      replayed: is === null ? 'nothing' : text(is),
    };
  }
}

/**
 * How many of `rows` rows are equal, from the first on. Every column of every row is compared, as the number that is
 * stored: the order here is that of ROW_FIELDS.
 */
export function equalRows(
  numbers: Float64Array,
  i: number,
  p: StoredColumns,
  k: number,
  rows: number,
): number {
  const { thread, type, site, timeNs, skipped, subject, a, b, c } = p;
  const end = k + rows;
  let n = i * ROW_NUMBERS;
  for (let at = k; at < end; at++, n += ROW_NUMBERS) {
    if (
      numbers[n] !== thread[at] ||
      numbers[n + 1] !== type[at] ||
      numbers[n + 2] !== site[at] ||
      numbers[n + 3] !== timeNs[at] ||
      numbers[n + 4] !== skipped[at] ||
      numbers[n + 5] !== subject[at] ||
      numbers[n + 6] !== a[at] ||
      numbers[n + 7] !== b[at] ||
      numbers[n + 8] !== c[at]
    ) {
      return at - k;
    }
  }
  return rows;
}

type Row = { readonly [field in (typeof ROW_FIELDS)[number]]: number };

function storedRow({ numbers }: StoredNumbers, i: number): Row {
  const fields = ROW_FIELDS.map((field, k) => [field, numbers[i * ROW_NUMBERS + k]]);
  return Object.fromEntries(fields) as Row;
}

function producedRow(columns: StoredColumns, i: number): Row {
  return Object.fromEntries(ROW_FIELDS.map((field) => [field, columns[field][i]])) as Row;
}

/** As a row is told, after the name of its type. */
const TOLD = ['thread', 'site', 'subject', 'a', 'b', 'c', 'timeNs', 'skipped'] as const;

function text(row: Row): string {
  const name = EVENT_BY_CODE[row.type]?.name ?? `type ${row.type}`;
  return `${name} ${TOLD.map((field) => `${field}=${row[field]}`).join(' ')}`;
}
