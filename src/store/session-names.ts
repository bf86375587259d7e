// The names of the sessions that are being read, kept between pages: a feed reads a session page by page, and its
// dictionary does not change but for new entries. Ids of deleted sessions never come back, so nothing goes stale.
import type { DictionaryEntry } from '../core/run/contract.js';
import type { EventRows } from './event-rows.js';
import { NameTable } from './readable-rows.js';

/** Tables kept; the one that was not used for longest goes first. */
const MAX_TABLES = 16;

export class SessionNames {
  private readonly tables = new Map<string, NameTable>();

  constructor(private readonly read: (sessionId: string) => readonly DictionaryEntry[]) {}

  /** A table that names everything the rows use. The rows were committed together with their names. */
  of(sessionId: string, rows: EventRows): NameTable {
    const kept = this.tables.get(sessionId);
    const table = kept !== undefined && covers(kept, rows) ? kept : new NameTable(this.read(sessionId));
    this.tables.delete(sessionId);
    this.tables.set(sessionId, table);
    if (this.tables.size > MAX_TABLES) this.tables.delete(this.tables.keys().next().value!);
    return table;
  }
}

function covers(names: NameTable, { length, site, thread }: EventRows): boolean {
  for (let i = 0; i < length; i++) {
    if (site[i] !== 0 && !names.hasSite(site[i]!)) return false;
    if (!names.hasThread(thread[i]!)) return false;
  }
  return true;
}
