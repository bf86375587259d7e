// What must hold between the rows of different tables, each rule as one statement: SQLite then looks at one moment of the
// store, so that an owner that goes on writing raises no false alarm.
import type { Database } from 'better-sqlite3';
import { CATALOGUE } from '../../../core/events/catalogue.js';
import { type EventDef, SUBJECTS } from '../../../core/events/define.js';
import { OPEN_END } from '../../segments.js';
import { SESSION_KINDS, SESSION_STATES } from '../../session.js';

export interface TableFault {
  readonly rule: string;
  /** Session concerned, where it is about one. */
  readonly session: number | null;
  readonly message: string;
}

/** Faults of one rule that are told one by one. */
export const MAX_FAULTS_OF_RULE = 20;

interface Rule {
  readonly rule: string;
  /** Gives columns `session` and `message`. */
  readonly sql: string;
}

const LIVE = 'session NOT IN (SELECT session FROM tombstone)';
const quoted = (words: readonly string[]): string => words.map((word) => `'${word}'`).join(', ');

/** Sessions that have rows in a table, without looking at every row. */
const owners = (table: string): string =>
  `WITH RECURSIVE o(session) AS (SELECT min(session) FROM ${table} UNION ALL ` +
  `SELECT (SELECT min(session) FROM ${table} WHERE session > o.session) FROM o WHERE o.session IS NOT NULL) ` +
  'SELECT session FROM o WHERE session IS NOT NULL';

const OWNED_TABLES = ['event', 'chunk', 'snapshot', 'thread_name', 'site', 'outside_input', 'timeline'];

const RULES: readonly Rule[] = [
  ...OWNED_TABLES.map((table) => ({
    rule: 'orphan',
    sql: `SELECT session, 'table ${table} has rows of this session, table session has not' AS message FROM (${owners(table)}) WHERE session NOT IN (SELECT session FROM session)`,
  })),
  {
    rule: 'session',
    sql: `SELECT session, 'its state is ' || quote(state) || ', its kind ' || quote(kind) AS message FROM session WHERE state NOT IN (${quoted(SESSION_STATES)}) OR kind NOT IN (${quoted(SESSION_KINDS)})`,
  },
  {
    rule: 'session',
    sql: "SELECT max(session) AS session, 'the next session would get a number that is in use' AS message FROM session HAVING max(session) > coalesce((SELECT max(seq) FROM sqlite_sequence WHERE name = 'session'), 0)",
  },
  {
    rule: 'parent',
    sql: `SELECT session, 'its parent ' || parent || ' never existed' AS message FROM session s WHERE parent IS NOT NULL AND parent NOT IN (SELECT session FROM session) AND parent NOT IN (SELECT session FROM tombstone)`,
  },
  {
    rule: 'parent',
    sql: `SELECT c.session, 'it forks session ' || c.parent || ' at ' || c.parent_position || ', which ends at ' || p.position AS message FROM session c JOIN session p ON p.session = c.parent WHERE c.parent_position > p.position`,
  },
  {
    rule: 'parent',
    sql: "SELECT session, 'it has a parent without position, or a position without parent' AS message FROM session WHERE (parent IS NULL) <> (parent_position IS NULL)",
  },
  {
    rule: 'segment',
    sql: `SELECT session, 'it is live and has no segments' AS message FROM session WHERE ${LIVE} AND session NOT IN (SELECT session FROM session_segment)`,
  },
  {
    rule: 'segment',
    sql: `SELECT session, 'segments are left of a session that is gone' AS message FROM session_segment WHERE session NOT IN (SELECT session FROM session WHERE ${LIVE}) GROUP BY session`,
  },
  {
    rule: 'segment',
    sql: "SELECT session, 'a segment belongs to session ' || owner || ', which is gone' AS message FROM session_segment WHERE owner NOT IN (SELECT session FROM session)",
  },
  {
    rule: 'segment',
    sql: `SELECT session, 'the segment from ' || from_position || ' follows one that ends at ' || before AS message FROM (SELECT session, from_position, lag(to_position, 1, 0) OVER (PARTITION BY session ORDER BY from_position) AS before FROM session_segment) WHERE from_position <> before + 1`,
  },
  {
    rule: 'segment',
    sql: `SELECT s.session, 'its own segment is not from ' || (coalesce(s.parent_position, 0) + 1) || ' on' AS message FROM session s WHERE ${LIVE} AND NOT EXISTS (SELECT 1 FROM session_segment g WHERE g.session = s.session AND g.owner = s.session AND g.from_position = coalesce(s.parent_position, 0) + 1 AND g.to_position = ${OPEN_END})`,
  },
  {
    rule: 'surplus',
    sql: `SELECT session, 'it ends at ' || position || ' and has a row at ' || last AS message FROM (SELECT s.session, s.position, (SELECT max(position) FROM event e WHERE e.session = s.session) AS last FROM session s WHERE ${LIVE}) WHERE last > position`,
  },
  {
    rule: 'surplus',
    sql: `SELECT session, 'its own rows begin at ' || own || ' and it has one at ' || first AS message FROM (SELECT s.session, coalesce(s.parent_position, 0) + 1 AS own, (SELECT min(position) FROM event e WHERE e.session = s.session) AS first FROM session s) WHERE first < own`,
  },
  {
    rule: 'surplus',
    sql: `SELECT session, 'it has ' || chunks || ' chunks and one with number ' || last AS message FROM (SELECT s.session, s.chunks, (SELECT max(number) FROM chunk c WHERE c.session = s.session) AS last FROM session s WHERE ${LIVE}) WHERE last > chunks`,
  },
  {
    rule: 'surplus',
    sql: `SELECT session, 'it ends at ' || position || ' and has a snapshot of ' || last AS message FROM (SELECT s.session, s.position, (SELECT max(position) FROM snapshot n WHERE n.session = s.session) AS last FROM session s WHERE ${LIVE}) WHERE last > position`,
  },
  {
    rule: 'session',
    sql: `SELECT session, 'it books ' || stored_bytes || ' bytes, its decisions and snapshots alone take ' || taken AS message FROM (SELECT s.session, s.stored_bytes, (SELECT coalesce(sum(length(decisions)), 0) FROM chunk c WHERE c.session = s.session) + (SELECT coalesce(sum(length(deflated)), 0) FROM snapshot n WHERE n.session = s.session) AS taken FROM session s WHERE ${LIVE}) WHERE taken > stored_bytes`,
  },
  {
    rule: 'idempotency',
    sql: `SELECT session, 'key ' || quote(key) || ' stands for a session that is gone' AS message FROM idempotency_key WHERE session NOT IN (SELECT session FROM session WHERE ${LIVE})`,
  },
  {
    rule: 'tombstone',
    sql: "SELECT session, 'it is deleted, swept and shared by nobody, and its session row is still there' AS message FROM tombstone WHERE swept = 1 AND session IN (SELECT session FROM session) AND session NOT IN (SELECT owner FROM session_segment)",
  },
  {
    rule: 'tombstone',
    sql: "SELECT session, 'it is deleted, and its swept is ' || swept AS message FROM tombstone WHERE swept NOT IN (0, 1, 2)",
  },
  {
    rule: 'tombstone',
    sql: `SELECT session, 'it is swept, forks share it up to ' || shared || ', and it has a row at ' || last AS message FROM (SELECT t.session, (SELECT max(to_position) FROM session_segment g WHERE g.owner = t.session) AS shared, (SELECT max(position) FROM event e WHERE e.session = t.session) AS last FROM tombstone t WHERE t.swept = 1) WHERE last > coalesce(shared, 0)`,
  },
  {
    rule: 'input',
    sql: `SELECT session, 'outside input ' || number || ' follows ' || before AS message FROM (SELECT session, number, lag(number, 1, 0) OVER (PARTITION BY session ORDER BY number) AS before FROM outside_input) WHERE number <> before + 1`,
  },
  {
    rule: 'input',
    sql: `SELECT c.session, 'outside input ' || c.number || ' was given after position ' || c.after_position || ', the session ends at ' || s.position AS message FROM outside_input c JOIN session s ON s.session = c.session WHERE c.after_position > s.position OR c.after_position < 0`,
  },
  {
    rule: 'input',
    sql: "SELECT session, 'the body or the plan of outside input ' || number || ' is not JSON' AS message FROM outside_input WHERE NOT json_valid(coalesce(body, 'null')) OR NOT json_valid(coalesce(plan, 'null'))",
  },
];

/** Faults between tables of events.sqlite. */
export function relationFaults(events: Database): TableFault[] {
  const faults: TableFault[] = [];
  for (const { rule, sql } of RULES) {
    const rows = events.prepare(`SELECT * FROM (${sql}) LIMIT ${MAX_FAULTS_OF_RULE}`).all();
    for (const { session, message } of rows as { session: number | null; message: string }[])
      faults.push({ rule, session, message });
  }
  return [...faults, ...catalogueFaults(events)];
}

/** The words of events_readable: an owner writes them at every start, for readers without Rootline. */
function catalogueFaults(events: Database): TableFault[] {
  const faults: TableFault[] = [];
  const read = events
    .prepare('SELECT name, subject_kind, a_name, b_name, c_name, level FROM event_type WHERE code = ?')
    .raw();
  const definitions: readonly EventDef[] = CATALOGUE;
  for (const { code, name, subject, values, level } of definitions) {
    const stored = JSON.stringify(read.get(code) ?? null);
    const expected = JSON.stringify([
      name,
      subject,
      values[0] ?? null,
      values[1] ?? null,
      values[2] ?? null,
      level,
    ]);
    if (stored === expected) continue;
    faults.push({
      rule: 'catalogue',
      session: null,
      message: `event type ${code} is stored as ${stored}, expected ${expected}`,
    });
  }
  const kind = events.prepare('SELECT name FROM subject_kind WHERE code = ?').pluck();
  for (const [code, name] of SUBJECTS.entries()) {
    const stored = kind.get(code) as string | undefined;
    if (stored === name) continue;
    faults.push({
      rule: 'catalogue',
      session: null,
      message: `subject kind ${code} is stored as ${stored}, expected ${name}`,
    });
  }
  return faults.slice(0, MAX_FAULTS_OF_RULE);
}
