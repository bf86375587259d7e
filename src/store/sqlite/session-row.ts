// The session table as rows, and rows as sessions.
import type { Manifest, RunProgress } from '../../core/run/contract.js';
import { SEALED_STATES, type SessionKind, type SessionState, type StoredSession } from '../session.js';
import { sessionNotFound } from '../store.errors.js';

export interface SessionRow {
  readonly session: number;
  readonly kind: string;
  readonly state: string;
  readonly reason: string | null;
  readonly manifest: string;
  readonly parent: number | null;
  readonly parent_position: number | null;
  readonly position: number;
  readonly progress: string | null;
  readonly stored_bytes: number;
  readonly created_at: string;
  readonly updated_at: string;
}

export const SESSION_COLUMNS =
  'session, kind, state, reason, manifest, parent, parent_position, position, progress, stored_bytes, created_at, updated_at';

/** Sessions that are not deleted. */
export const LIVE_SESSION = 'session NOT IN (SELECT session FROM tombstone)';

/** Sessions that are sealed and whose rows no fork shares: deleting one gives back all that it takes. */
export const EXPENDABLE_SESSION =
  `${LIVE_SESSION} AND state IN (${SEALED_STATES.map((state) => `'${state}'`).join(', ')}) ` +
  'AND session NOT IN (SELECT owner FROM session_segment WHERE session <> owner)';

export function sessionOfRow(row: SessionRow): StoredSession {
  return {
    id: String(row.session),
    kind: row.kind as SessionKind,
    state: row.state as SessionState,
    reason: row.reason,
    manifest: JSON.parse(row.manifest) as Manifest,
    parent:
      row.parent === null ? null : { sessionId: String(row.parent), position: row.parent_position ?? 0 },
    position: row.position,
    progress: row.progress === null ? null : (JSON.parse(row.progress) as RunProgress),
    storedBytes: row.stored_bytes,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

/** The number of an id; an id that cannot be one names no session. */
export function sessionNumber(sessionId: string): number {
  if (!/^[1-9][0-9]{0,14}$/.test(sessionId)) throw sessionNotFound(sessionId);
  return Number(sessionId);
}
