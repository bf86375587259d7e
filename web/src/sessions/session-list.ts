// The sessions that the list shows: read in pages, then kept up with the feed. A pure reducer over what the server said, and
// the hook that feeds it.
import { useCallback, useEffect, useRef, useState } from 'react';
import { ask, Offline } from '../api/ask.js';
import type { SessionPage } from '../api/schema.js';
import { type Change, type Changed, onChanges, onReconnect } from '../live/watch.js';

export type Summary = SessionPage['sessions'][number];

/** The list is read up to here; older sessions are found by filters on the server. */
export const MAX_LISTED_SESSIONS = 1_000;
const PAGE = 200;
const SEALED = new Set(['finished', 'failed', 'cancelled']);

/** A state and progress that the feed told, put into the summary that was read before. */
export function withChange(summary: Summary, { state, position, progress }: Change): Summary {
  if (progress === null) return { ...summary, state, stored: position };
  const { events, steps, timeNs, rootAllocations, findings } = progress;
  return { ...summary, state, stored: position, events, steps, timeNs, rootAllocations, findings };
}

/** Ids that the feed named and the list lacks, and those that came to an end: their milestones and outcome are to be read. */
export function idsToRead(known: readonly Summary[], changes: readonly Change[]): string[] {
  const byId = new Map(known.map((summary) => [summary.id, summary]));
  return changes
    .filter(({ session, state }) => {
      const before = byId.get(session);
      return before === undefined || (SEALED.has(state) && !SEALED.has(before.state));
    })
    .map(({ session }) => session);
}

export function merged(known: readonly Summary[], read: readonly Summary[]): Summary[] {
  const byId = new Map(known.map((summary) => [summary.id, summary]));
  for (const summary of read) byId.set(summary.id, summary);
  return [...byId.values()].sort((a, b) => Number(b.id) - Number(a.id));
}

export interface SessionList {
  readonly sessions: readonly Summary[] | undefined;
  readonly error: Error | null;
  readonly reload: () => void;
}

export function useSessionList(): SessionList {
  const [sessions, setSessions] = useState<readonly Summary[]>();
  const [error, setError] = useState<Error | null>(null);
  const known = useRef<readonly Summary[]>([]);
  const put = useCallback((next: readonly Summary[]) => {
    known.current = next;
    setSessions(next);
  }, []);
  const reload = useCallback(() => {
    readAll().then(
      (all) => {
        setError(null);
        put(all);
      },
      (thrown: unknown) => setError(thrown instanceof Error ? thrown : new Error(String(thrown))),
    );
  }, [put]);
  useEffect(() => {
    reload();
    const feed = onChanges((changed) => {
      if (changed.overflow) reload();
      else void apply(changed, known.current, put);
    });
    return feed;
  }, [reload, put]);
  const offline = error instanceof Offline;
  useEffect(() => (offline ? onReconnect(reload) : undefined), [offline, reload]);
  return { sessions, error, reload };
}

async function apply(
  { changes, removed }: Changed,
  known: readonly Summary[],
  put: (next: readonly Summary[]) => void,
): Promise<void> {
  const byId = new Map(changes.map((change) => [change.session, change]));
  const gone = new Set(removed);
  const next = known
    .filter(({ id }) => !gone.has(id))
    .map((summary) => {
      const change = byId.get(summary.id);
      return change === undefined ? summary : withChange(summary, change);
    });
  put(next);
  const ids = idsToRead(known, changes);
  if (ids.length === 0) return;
  const read = await Promise.allSettled(ids.map((id) => ask<'Sessions_get'>('GET', `/sessions/${id}`)));
  const found = read.flatMap((one) => (one.status === 'fulfilled' ? [one.value as Summary] : []));
  put(merged(next, found));
}

async function readAll(): Promise<Summary[]> {
  const all: Summary[] = [];
  let cursor: string | null = null;
  do {
    const page: SessionPage = await ask<'Sessions_list'>('GET', '/sessions', {
      query: { limit: PAGE, cursor },
    });
    all.push(...page.sessions);
    cursor = page.nextCursor;
  } while (cursor !== null && all.length < MAX_LISTED_SESSIONS);
  return all;
}
