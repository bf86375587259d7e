// A run in memory as a history: what the projections over stored sessions are tested on.
import type { Layout } from '../../src/core/aggregates/layout.js';
import type { World } from '../../src/core/aggregates/world.js';
import type { Frame, History, HistoryQuery, HistoryRows } from '../../src/core/projections/history.js';
import type { Moment } from '../../src/core/projections/moment.js';
import type { DictionaryEntry, StoredColumns } from '../../src/core/run/contract.js';
import { createManifest } from '../../src/core/run/manifest.js';
import { Past } from '../../src/core/run/past.js';
import { Simulation } from '../../src/core/run/simulation.js';
import { concatColumns, runToEnd } from './harness.js';

const COLUMNS = ['skipped', 'timeNs', 'thread', 'site', 'type', 'subject', 'a', 'b', 'c'] as const;

/** Events that a test wrote by hand. */
export interface Written {
  readonly columns: StoredColumns;
  readonly layout: Layout;
  readonly threads: readonly string[];
}

export class MemoryHistory implements History {
  readonly level: 'full' | 'lifecycle';
  readonly end: number;
  readonly threads: string[] = [];
  readonly vcpus: number;
  readonly columns: StoredColumns;
  private readonly sites = new Map<number, Extract<DictionaryEntry, { kind: 'site' }>>();
  private readonly layout: Layout;
  private readonly past: Past;
  /** By subject: rows, in order. */
  private readonly bySubject = new Map<number, number[]>();

  constructor(run: Simulation | Written) {
    if (run instanceof Simulation) {
      const chunks = runToEnd(run);
      this.columns = concatColumns(chunks);
      this.level = run.manifest.recording;
      this.layout = run.machine.w.layout;
      for (const entry of chunks.flatMap((chunk) => chunk.dictionary)) {
        if (entry.kind === 'thread') this.threads[entry.id] = entry.name;
        else this.sites.set(entry.id, entry);
      }
    } else {
      this.columns = run.columns;
      this.level = 'full';
      this.layout = run.layout;
      this.threads.push(...run.threads);
    }
    this.end = this.columns.length;
    this.vcpus = this.layout.topology.vcpus;
    const manifest =
      run instanceof Simulation ? run.manifest : createManifest({ scenario: 'smi', protocol: 'v5.18' });
    this.past = new Past(this.layout, manifest);
    for (let i = 0; i < this.end; i++) {
      const rows = this.bySubject.get(this.columns.subject[i]);
      if (rows === undefined) this.bySubject.set(this.columns.subject[i], [i]);
      else rows.push(i);
    }
  }

  rows(query: HistoryQuery): HistoryRows {
    const { from, to, limit, backward, types, subject, thread } = query;
    const { columns } = this;
    const found: number[] = [];
    const [first, last] = [Math.max(1, from) - 1, Math.min(this.end, to) - 1];
    const some = subject === undefined ? undefined : (this.bySubject.get(subject) ?? []);
    const fits = (i: number): boolean =>
      i >= first &&
      i <= last &&
      (types === undefined || types.includes(columns.type[i])) &&
      (thread === undefined || columns.thread[i] === thread);
    const [low, high] = some === undefined ? [first, last] : [0, some.length - 1];
    for (let k = low; k <= high && found.length < limit; k++) {
      const at = backward === true ? high - (k - low) : k;
      const i = some === undefined ? at : some[at];
      if (fits(i)) found.push(i);
    }
    const picked = Object.fromEntries(COLUMNS.map((name) => [name, found.map((i) => columns[name][i])]));
    return { length: found.length, position: found.map((i) => i + 1), ...picked } as unknown as HistoryRows;
  }

  worldAt(position: number): World {
    return this.momentAt(position).world;
  }

  momentAt(position: number): Moment {
    const { past } = this;
    if (position < past.position) past.reset();
    past.take(this.columns, past.position, position);
    return {
      world: past.world,
      full: this.level === 'full',
      position: past.position,
      ordinal: past.ordinal,
      timeNs: past.timeNs,
      lastSeen: past.lastSeen,
      accounts: past.accounts,
      threadNames: this.threads,
      site: (id) => this.sites.get(id),
    };
  }

  stack(site: number): Frame[] {
    const out: Frame[] = [];
    for (let at = this.sites.get(site); at !== undefined; at = this.sites.get(at.parent)) {
      out.push({ function: at.function, label: at.label });
    }
    return out;
  }
}
