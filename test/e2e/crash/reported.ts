// What a client was told, and the check of a data folder's files against it. The files are copied first: looking at a
// database may repair it, and that is the server's business.
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';

export interface Reported {
  /** Sessions that an answer named, and the highest position that an answer said was stored. */
  readonly stored: Map<string, number>;
  /** Names that an answer confirmed. */
  readonly names: Map<string, string>;
  /** A deletion was asked for; the answer may not have come. */
  readonly deleting: Set<string>;
  readonly deleted: Set<string>;
}

export function nothingReported(): Reported {
  return { stored: new Map(), names: new Map(), deleting: new Set(), deleted: new Set() };
}

interface SessionLine {
  readonly session: number;
  readonly state: string;
  readonly position: number;
  readonly chunks: number;
  readonly progress: string | null;
  readonly updated_at: string;
}

/** Everything that is wrong, in words; nothing when all is well. `atRest`: nobody runs, so both files must agree. */
export function wrongWith(dataDir: string, reported: Reported, atRest: boolean): string[] {
  if (!existsSync(join(dataDir, 'events.sqlite')))
    return reported.stored.size === 0 ? [] : ['no events.sqlite'];
  const copy = mkdtempSync(join(tmpdir(), 'rootline-check-'));
  try {
    cpSync(dataDir, copy, { recursive: true });
    const events = new Database(join(copy, 'events.sqlite'));
    try {
      const wrong = wrongEvents(events, reported);
      if (atRest) wrong.push(...wrongList(events, join(copy, 'rootline.sqlite'), reported));
      return wrong;
    } finally {
      events.close();
    }
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

function liveSessions(events: Database.Database): SessionLine[] {
  return events
    .prepare('SELECT * FROM session WHERE session NOT IN (SELECT session FROM tombstone) ORDER BY session')
    .all() as SessionLine[];
}

function wrongEvents(events: Database.Database, reported: Reported): string[] {
  const made = events.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'session'").get() !== undefined;
  if (!made) return reported.stored.size === 0 ? [] : ['no tables'];
  const wrong: string[] = [];
  const check = events.pragma('quick_check', { simple: true }) as string;
  if (check !== 'ok') wrong.push(`events.sqlite: ${check}`);
  const live = liveSessions(events);
  const byId = new Map(live.map((line) => [String(line.session), line]));
  for (const [id, stored] of reported.stored) {
    if (reported.deleting.has(id)) continue;
    const found = byId.get(id)?.position ?? -1;
    if (found < stored) wrong.push(`session ${id}: told ${stored} events, stored ${found}`);
  }
  for (const id of reported.deleted) if (byId.has(id)) wrong.push(`session ${id} was deleted and is there`);
  for (const { session, position, chunks, progress } of live) {
    const rows = events
      .prepare(
        'SELECT count(*) AS n, min(position) AS low, max(position) AS high FROM event WHERE session = ?',
      )
      .get(session) as { n: number; low: number | null; high: number | null };
    if (rows.n !== position || (rows.n > 0 && (rows.low !== 1 || rows.high !== position)))
      wrong.push(`session ${session}: ends at ${position}, has ${rows.n} rows, ${rows.low} to ${rows.high}`);
    const told = progress === null ? 0 : (JSON.parse(progress) as { position: number }).position;
    if (told !== position) wrong.push(`session ${session}: ends at ${position}, progress says ${told}`);
    const steps = events
      .prepare(
        'SELECT from_position AS low, to_position AS high FROM chunk WHERE session = ? ORDER BY number',
      )
      .all(session) as { low: number; high: number }[];
    const end = steps.reduce((at, { low, high }) => (low === at ? high : Number.NaN), 0);
    if (end !== position || steps.length !== chunks)
      wrong.push(
        `session ${session}: ends at ${position} with ${chunks} chunks, its ${steps.length} at ${end}`,
      );
    const late = events
      .prepare('SELECT count(*) FROM snapshot WHERE session = ? AND position > ?')
      .pluck()
      .get(session, position);
    if (late !== 0) wrong.push(`session ${session}: a snapshot lies beyond its end`);
  }
  return wrong;
}

function wrongList(events: Database.Database, file: string, reported: Reported): string[] {
  const wrong: string[] = [];
  const list = new Database(file);
  try {
    const columns = 'state, position, updated_at AS updatedAt';
    const lines = list.prepare(`SELECT id, ${columns} FROM session ORDER BY id`).all();
    const sessions = liveSessions(events).map(({ session, state, position, updated_at }) => {
      return { id: session, state, position, updatedAt: updated_at };
    });
    if (JSON.stringify(lines) !== JSON.stringify(sessions))
      wrong.push(`the list says ${JSON.stringify(lines)}; expected ${JSON.stringify(sessions)}`);
    for (const [id, name] of reported.names) {
      if (reported.deleting.has(id)) continue;
      const found = list.prepare('SELECT name FROM session_label WHERE session = ?').pluck().get(Number(id));
      if (found !== name) wrong.push(`session ${id}: told the name ${name}, found ${String(found)}`);
    }
    const unswept = events.prepare('SELECT count(*) FROM tombstone WHERE swept = 0').pluck().get();
    const orphans = events
      .prepare('SELECT count(*) FROM event WHERE session IN (SELECT session FROM tombstone)')
      .pluck()
      .get();
    if (unswept !== 0 || orphans !== 0)
      wrong.push(`${String(unswept)} removals unfinished, ${String(orphans)} rows left over`);
    const labels = list.prepare('SELECT session FROM session_label').pluck().all() as number[];
    const dead = new Set(events.prepare('SELECT session FROM tombstone').pluck().all() as number[]);
    if (labels.some((id) => dead.has(id))) wrong.push('a deleted session kept its label');
  } finally {
    list.close();
  }
  return wrong;
}
