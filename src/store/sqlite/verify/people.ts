// What people added, in rootline.sqlite, and the answers that are kept for them: notes and labels of sessions, jobs, cells of
// sweeps, kept answers. Each rule is one statement. A note of a session that no file knows is no fault (a lost or restored file): it
// waits for its session; one of a session that was deleted should have gone with it.
import type { Database } from 'better-sqlite3';
import { MAX_KEPT_ANSWERS } from '../../idempotency.port.js';
import { JOB_STATES } from '../../jobs.port.js';
import { NOTE_KINDS } from '../../notes.port.js';
import { DEFAULT_LIMITS } from '../../store.limits.js';
import type { InspectedStore } from './inspected-store.js';
import { MAX_FAULTS_OF_RULE, type TableFault } from './relations.js';

const quoted = (words: readonly string[]): string => words.map((word) => `'${word}'`).join(', ');
const { maxNameChars, maxNoteChars, maxNotesPerSession } = DEFAULT_LIMITS;
/** Not what Date.prototype.toISOString() writes: 2026-11-22T14:50:09.099Z. */
const TIME = 'dddd-dd-ddTdd:dd:dd.dddZ'.replaceAll('d', '[0-9]');
const noTime = (column: string): string => `${column} NOT GLOB '${TIME}'`;
/** An owner at work takes what was said of a deleted session out a moment after the session. */
const LAG_MS = 500;
const LAG_TRIES = 4;

/** Each gives columns `session` and `message`. */
const RULES: readonly { readonly rule: string; readonly sql: string }[] = [
  {
    rule: 'note',
    sql: `SELECT session, 'note ' || id || ' is of kind ' || quote(kind) AS message FROM note WHERE kind NOT IN (${quoted(NOTE_KINDS)})`,
  },
  {
    rule: 'note',
    sql: `SELECT session, 'note ' || id || ' has ' || length(text) || ' characters' AS message FROM note WHERE trim(text) = '' OR length(text) > ${maxNoteChars}`,
  },
  {
    rule: 'note',
    sql: `SELECT session, 'note ' || id || ' was written at ' || quote(created_at) || ', changed at ' || quote(updated_at) AS message FROM note WHERE ${noTime('created_at')} OR ${noTime('updated_at')}`,
  },
  {
    rule: 'note',
    sql: `SELECT session, 'it has ' || count(*) || ' notes' AS message FROM note GROUP BY session HAVING count(*) > ${maxNotesPerSession}`,
  },
  {
    rule: 'note',
    sql: "SELECT max(session) AS session, 'the next note would get a number that is in use' AS message FROM note HAVING max(id) > coalesce((SELECT max(seq) FROM sqlite_sequence WHERE name = 'note'), 0)",
  },
  {
    rule: 'label',
    sql: `SELECT session, 'its name has ' || coalesce(length(name), 0) || ' characters, its note ' || coalesce(length(note), 0) AS message FROM session_label WHERE length(name) > ${maxNameChars} OR length(note) > ${maxNoteChars}`,
  },
  {
    rule: 'job',
    sql: `SELECT NULL AS session, 'job ' || id || ' has an unknown state or a text that is not JSON' AS message FROM job WHERE state NOT IN (${quoted(JOB_STATES)}) OR NOT json_valid(request) OR NOT json_valid(coalesce(progress, 'null')) OR NOT json_valid(coalesce(result, 'null'))`,
  },
  {
    rule: 'sweep',
    sql: "SELECT NULL AS session, 'cell ' || cell || ' of sweep ' || job || ' has a number below 0 or a result that is not JSON' AS message FROM sweep_cell WHERE cell < 0 OR NOT json_valid(result)",
  },
  {
    rule: 'sweep',
    sql: "SELECT NULL AS session, 'there are ' || count(*) || ' cells of sweep ' || job || ', and no such job' AS message FROM sweep_cell WHERE job NOT IN (SELECT id FROM job WHERE kind = 'sweep') GROUP BY job",
  },
  {
    rule: 'answer',
    sql: `SELECT NULL AS session, 'kept answer ' || id || ' has no key, no fingerprint, status ' || status || ', or a body that is not JSON' AS message FROM kept_answer WHERE key = '' OR fingerprint = '' OR status NOT BETWEEN 200 AND 599 OR NOT json_valid(body) OR ${noTime('created_at')}`,
  },
  {
    rule: 'answer',
    sql: `SELECT NULL AS session, count(*) || ' answers are kept, at most ${MAX_KEPT_ANSWERS}' AS message FROM kept_answer HAVING count(*) > ${MAX_KEPT_ANSWERS}`,
  },
];

/** @param live an owner is at work */
export function peopleFaults(
  store: InspectedStore,
  live: boolean,
  pause: (ms: number) => void,
): TableFault[] {
  const { metadata } = store;
  const faults: TableFault[] = [];
  for (const { rule, sql } of RULES) {
    const rows = metadata.prepare(`SELECT * FROM (${sql}) LIMIT ${MAX_FAULTS_OF_RULE}`).all();
    for (const { session, message } of rows as { session: number | null; message: string }[])
      faults.push({ rule, session, message });
  }
  return [...faults, ...strayFaults(store, live, pause)];
}

/** Notes beyond the end of their session, and what is left of deleted ones. */
function strayFaults(store: InspectedStore, live: boolean, pause: (ms: number) => void): TableFault[] {
  const { metadata } = store;
  const isDeleted = store.events
    .prepare('SELECT 1 FROM tombstone WHERE session = ? AND swept IN (0, 1)')
    .pluck();
  const faults: TableFault[] = [];
  let tries = live ? LAG_TRIES : 0;
  for (const { session, first, last, table } of spokenOf(metadata)) {
    if (faults.length >= MAX_FAULTS_OF_RULE) break;
    const found = store.session(session);
    const outside = first < 0 || (found !== undefined && last > found.position);
    if (found !== undefined && outside) {
      const message = `it ends at ${found.position} and has notes from ${first} to ${last}`;
      faults.push({ rule: 'note', session, message });
    }
    if (found !== undefined || isDeleted.get(session) === undefined) continue;
    for (; tries > 0 && isThere(metadata, table, session); tries--) pause(LAG_MS);
    if (isThere(metadata, table, session))
      faults.push({
        rule: 'deleted',
        session,
        message: `it was deleted, and table ${table} still speaks of it`,
      });
  }
  return faults;
}

interface Spoken {
  readonly session: number;
  readonly first: number;
  readonly last: number;
  readonly table: 'note' | 'session_label';
}

function spokenOf(metadata: Database): Spoken[] {
  return metadata
    .prepare(
      'SELECT session, min(position) AS first, max(position) AS last, \'note\' AS "table" FROM note GROUP BY session ' +
        "UNION ALL SELECT session, 0, 0, 'session_label' FROM session_label",
    )
    .all() as Spoken[];
}

function isThere(metadata: Database, table: Spoken['table'], session: number): boolean {
  return metadata.prepare(`SELECT 1 FROM ${table} WHERE session = ? LIMIT 1`).get(session) !== undefined;
}
