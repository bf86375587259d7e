// Which sessions leave a store that is to stay within an age and a size. Pure: what is there and the time come from outside.
import type { Json } from '../store/jobs.port.js';
import type { ExpendableSession, StoreSurvey } from '../store/retention.port.js';

/** 0: no limit. */
export interface RetentionRules {
  readonly days: number;
  readonly bytes: number;
}

export const RETENTION_REASONS = ['age', 'bytes'] as const;
export type RetentionReason = (typeof RETENTION_REASONS)[number];

export interface LeavingSession extends ExpendableSession {
  readonly reason: RetentionReason;
}

export interface RetentionPlan {
  /** Oldest first, at most as many as asked for. */
  readonly leaving: readonly LeavingSession[];
  /** Others would leave too: it has to be looked again. */
  readonly more: boolean;
  /** Bytes beyond the limit once they have left. With `more` false: what is left may not be deleted. */
  readonly overBytes: number;
}

const DAY_MS = 86_400_000;

/**
 * The oldest leave first: those beyond the age, then as many more as it takes to get down to the size.
 * @param kept sessions that stay whatever the rules say: people spoke of them, or a job is at work on them
 */
export function planRetention(
  { storedBytes, expendable }: StoreSurvey,
  kept: ReadonlySet<string>,
  { days, bytes }: RetentionRules,
  nowMs: number,
  maxLeaving: number,
): RetentionPlan {
  const sealedBeforeMs = days === 0 ? Number.NEGATIVE_INFINITY : nowMs - days * DAY_MS;
  const mayTake = bytes === 0 ? Number.POSITIVE_INFINITY : bytes;
  const leaving: LeavingSession[] = [];
  let left = storedBytes;
  let more = false;
  for (const session of expendable) {
    if (kept.has(session.id)) continue;
    const aged = session.sealedAtMs < sealedBeforeMs;
    // They are in order of age: those that follow are younger.
    if (!aged && left <= mayTake) break;
    // One that takes nothing gives nothing back.
    if (!aged && session.storedBytes === 0) continue;
    if (leaving.length === maxLeaving) {
      more = true;
      break;
    }
    leaving.push({ ...session, reason: aged ? 'age' : 'bytes' });
    left -= session.storedBytes;
  }
  return { leaving, more, overBytes: Math.max(0, left - mayTake) };
}

/** Ids of sessions that a job's request names: texts, alone or in lists, under a name with "session" in it. */
export function sessionsNamedIn(request: Json): string[] {
  if (request === null || typeof request !== 'object') return [];
  if (Array.isArray(request)) return (request as readonly Json[]).flatMap(sessionsNamedIn);
  return Object.entries(request).flatMap(([name, value]) => {
    const texts = (Array.isArray(value) ? (value as readonly Json[]) : [value as Json]).filter(
      (text) => typeof text === 'string',
    );
    return /session/i.test(name) && texts.length > 0 ? texts : sessionsNamedIn(value as Json);
  });
}
