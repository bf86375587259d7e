// Replay by schedule: decisions -> the same events, byte for byte. The machine runs again under the recorded decisions
// and every stored row is compared with the one that is produced now; the first difference is named.
import { EVENT_BY_CODE } from '../events/catalogue.js';
import type { RunChunk, StoredColumns } from './contract.js';

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
}

const COLUMNS = ['type', 'thread', 'site', 'subject', 'a', 'b', 'c', 'timeNs', 'skipped'] as const;

/** Compares pages of stored rows, in order, with what a fresh simulation produces. */
export class ScheduleComparison {
  private produced: StoredColumns | null = null;
  private at = 0;
  private position = 0;
  private readonly queue: RunChunk[] = [];
  difference: Difference | null = null;
  private readonly threads = new Map<number, string>();
  private readonly sites = new Map<number, { readonly function: string; readonly label: string }>();

  constructor(
    private readonly simulation: Replayable,
    private readonly stepsAtOnce = 200_000,
  ) {}

  private nextChunk(): boolean {
    while (this.queue.length === 0) {
      if (this.simulation.outcome !== null) return false;
      this.queue.push(...this.simulation.advance(this.stepsAtOnce));
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
  compare(stored: StoredColumns): boolean {
    for (let i = 0; i < stored.length; i++) {
      while (this.produced === null || this.at === this.produced.length) {
        if (!this.nextChunk()) {
          this.differ(stored, i, null, 0);
          return false;
        }
      }
      const p = this.produced;
      const k = this.at;
      if (
        stored.type[i] !== p.type[k] ||
        stored.thread[i] !== p.thread[k] ||
        stored.site[i] !== p.site[k] ||
        stored.subject[i] !== p.subject[k] ||
        stored.a[i] !== p.a[k] ||
        stored.b[i] !== p.b[k] ||
        stored.c[i] !== p.c[k] ||
        stored.timeNs[i] !== p.timeNs[k] ||
        stored.skipped[i] !== p.skipped[k]
      ) {
        this.differ(stored, i, p, k);
        return false;
      }
      this.at++;
      this.position++;
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

  private differ(stored: StoredColumns | null, i: number, produced: StoredColumns | null, k: number): void {
    const side = produced ?? stored!;
    const at = produced === null ? i : k;
    const site = this.sites.get(side.site[at]);
    this.difference = {
      position: this.position + 1,
      ordinal: this.position + 1 + side.skipped[at],
      thread: this.threads.get(side.thread[at]) ?? `thread ${side.thread[at]}`,
      function: site?.function ?? '',
      label: site?.label ?? '',
      stored: stored === null ? 'nothing' : text(stored, i),
      replayed: produced === null ? 'nothing' : text(produced, k),
    };
  }
}

function text(rows: StoredColumns, i: number): string {
  const name = EVENT_BY_CODE[rows.type[i]]?.name ?? `type ${rows.type[i]}`;
  return `${name} ${COLUMNS.slice(1)
    .map((c) => `${c}=${rows[c][i]}`)
    .join(' ')}`;
}
