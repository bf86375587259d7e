// Names of threads and sites. Ids never change within a session; a fork begins with the names of what it shares.
import type { Database, Statement } from 'better-sqlite3';
import type { DictionaryEntry } from '../../core/run/contract.js';
import { chunkRefused } from '../chunk-check.js';
import type { Segment } from '../segments.js';

type SiteEntry = Extract<DictionaryEntry, { kind: 'site' }>;
interface Since {
  readonly since: number;
}

export class DictionaryWriter {
  private readonly findThread: Statement;
  private readonly putThread: Statement;
  private readonly findSite: Statement;
  private readonly putSite: Statement;

  constructor(private readonly db: Database) {
    this.findThread = db.prepare('SELECT name, since FROM thread_name WHERE session = ? AND id = ?');
    this.putThread = db.prepare(
      'INSERT OR REPLACE INTO thread_name (session, id, name, since) VALUES (?,?,?,?)',
    );
    this.findSite = db.prepare(
      'SELECT function, label, parent, since FROM site WHERE session = ? AND id = ?',
    );
    this.putSite = db.prepare(
      'INSERT OR REPLACE INTO site (session, id, function, label, parent, since) VALUES (?,?,?,?,?,?)',
    );
  }

  /** Entries of a chunk that begins after `position`. One that is there already must say the same. */
  write(sessionId: string, session: number, position: number, entries: readonly DictionaryEntry[]): void {
    for (const entry of entries) {
      const { kind, id } = entry;
      const highest = kind === 'thread' ? 255 : 65_535;
      if (!Number.isInteger(id) || id < 0 || id > highest) {
        throw chunkRefused(sessionId, `${kind} ${id} is not a number from 0 to ${highest}`);
      }
      const old = (kind === 'thread' ? this.findThread : this.findSite).get(session, id) as
        | (Since & (SiteEntry | { readonly name: string }))
        | undefined;
      if (old !== undefined) {
        if (says(entry, old)) continue;
        if (old.since < position) throw chunkRefused(sessionId, `${kind} ${id} changes its meaning`);
      }
      if (kind === 'thread') this.putThread.run(session, id, entry.name, position);
      else this.putSite.run(session, id, entry.function, entry.label, entry.parent, position);
    }
  }

  /**
   * Names for a fork at `position`, from the session that owns the row there. A chunk that the fork point cuts may have
   * brought names that only its later rows use; the fork may give those ids another meaning, so they count as new.
   */
  inherit(session: number, parentSegments: readonly Segment[], position: number): void {
    const owner = parentSegments.find((segment) => segment.from <= position && position <= segment.to)!.owner;
    const cut = this.db
      .prepare('SELECT from_position FROM chunk WHERE session = ? AND from_position < ? AND to_position > ?')
      .pluck()
      .get(owner, position, position) as number | undefined;
    const newFrom = cut ?? position;
    const since = 'iif(since >= ?, ?, since)';
    const from = 'WHERE session = ? AND since < ?';
    this.db
      .prepare(`INSERT INTO thread_name SELECT ?, id, name, ${since} FROM thread_name ${from}`)
      .run(session, newFrom, position, owner, position);
    this.db
      .prepare(`INSERT INTO site SELECT ?, id, function, label, parent, ${since} FROM site ${from}`)
      .run(session, newFrom, position, owner, position);
  }
}

function says(entry: DictionaryEntry, old: SiteEntry | { readonly name: string }): boolean {
  if (entry.kind === 'thread') return (old as { readonly name: string }).name === entry.name;
  const site = old as SiteEntry;
  return site.function === entry.function && site.label === entry.label && site.parent === entry.parent;
}
