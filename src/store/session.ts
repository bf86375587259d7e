// What a stored session is, to everybody above the store. Plain data: it crosses threads.
import type { Manifest, RunProgress } from '../core/run/contract.js';

export const SESSION_KINDS = ['simulated', 'forked', 'explored', 'imported'] as const;
export type SessionKind = (typeof SESSION_KINDS)[number];

export const SESSION_STATES = [
  'queued',
  'running',
  'paused',
  'waiting',
  'interrupted',
  'finished',
  'failed',
  'cancelled',
] as const;
export type SessionState = (typeof SESSION_STATES)[number];

/** A session in one of these is sealed: it takes no chunk and no other state. */
export const SEALED_STATES = ['finished', 'failed', 'cancelled'] as const satisfies readonly SessionState[];
const SEALED: ReadonlySet<SessionState> = new Set(SEALED_STATES);

export function isSealed(state: SessionState): boolean {
  return SEALED.has(state);
}

/** Where a forked session left its parent: it shares the rows up to and including `position`. */
export interface ForkPoint {
  readonly sessionId: string;
  readonly position: number;
}

/** What the store knows about a session by itself: everything but what people added. */
export interface StoredSession {
  /** Decimal number, never used again after a delete. */
  readonly id: string;
  readonly kind: SessionKind;
  readonly state: SessionState;
  /** Why it is in that state, where the state needs a word. */
  readonly reason: string | null;
  readonly manifest: Manifest;
  readonly parent: ForkPoint | null;
  /** Position of the last stored event; 0 when there is none. */
  readonly position: number;
  /** As of the last committed chunk; null before the first. */
  readonly progress: RunProgress | null;
  /** Upper bound of the bytes that the session's own rows, decisions and snapshots take. */
  readonly storedBytes: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** What people add to a session. Never derived, never dropped by a repair. */
export interface SessionLabel {
  readonly name: string | null;
  readonly note: string | null;
}

export interface SessionRecord extends StoredSession, SessionLabel {}

/** A line of the sessions list: no manifest, no parameters. */
export interface SessionSummary extends SessionLabel {
  readonly id: string;
  readonly kind: SessionKind;
  readonly state: SessionState;
  readonly scenario: string;
  readonly protocol: string;
  readonly seed: number;
  readonly scheduler: string;
  readonly recording: string;
  readonly parent: ForkPoint | null;
  readonly position: number;
  readonly progress: RunProgress | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export function summaryOf(session: StoredSession, label: SessionLabel): SessionSummary {
  const { id, kind, state, parent, position, progress, createdAt, updatedAt, manifest } = session;
  const { scenario, protocol, seed, scheduler, recording } = manifest;
  return {
    id,
    kind,
    state,
    scenario,
    protocol,
    seed,
    scheduler,
    recording,
    parent,
    position,
    progress,
    createdAt,
    updatedAt,
    name: label.name,
    note: label.note,
  };
}
