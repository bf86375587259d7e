// What a session's view knows of its session: what it is, how far it is stored now, its findings, milestones and notes.
import { useEffect } from 'react';
import { ask } from '../api/ask.js';
import { eventsOf } from '../api/events.js';
import { type Resource, useResource } from '../api/resource.js';
import type { Notes, Session } from '../api/schema.js';
import { onReconnect, useChange } from '../live/watch.js';
import type { Gap } from '../timeline/model/layout.js';
import { useGaps } from '../timeline/use-gaps.js';

const MILESTONE_NAMES = ['', 'firmware', 'bootLoader', 'decompression', 'kernel', 'pid1', 'console'];
const SEALED = new Set(['finished', 'failed', 'cancelled']);

export interface SessionData {
  readonly session: Session | null;
  readonly error: Error | null;
  readonly reload: () => void;
  readonly state: Session['state'] | null;
  /** Last stored position. */
  readonly last: number;
  readonly sealed: boolean;
  readonly findings: readonly Finding[];
  /** Whether `findings` says all there is; false: they are being read. */
  readonly findingsKnown: boolean;
  readonly milestones: readonly { readonly position: number; readonly name: string }[];
  readonly notes: Resource<Notes>;
  /** Of an imported trace: where events are missing. */
  readonly gaps: readonly Gap[];
}

export interface Finding {
  readonly position: number;
  readonly invariant: string;
  readonly name: string;
  readonly statement: string;
}

export function useSessionData(id: string): SessionData {
  const { data, error, reload } = useResource(id, (signal) =>
    ask<'Sessions_get'>('GET', `/sessions/${id}`, { signal }),
  );
  // What happened to it while nobody told this page.
  useEffect(() => onReconnect(reload), [reload]);
  const session = data?.id === id ? data : null;
  const change = useChange(id);
  const state = change?.state ?? session?.state ?? null;
  const last = Math.max(change?.position ?? 0, session?.stored ?? 0);
  const sealed = state !== null && SEALED.has(state);
  // What may be done with it, and what became of it, follow from the state.
  useEffect(() => {
    if (state !== null && session !== null && session.state !== state) reload();
  }, [state, session, reload]);
  const found = change?.progress?.findings ?? session?.findings ?? 0;
  const findings = useResource(session === null || found === 0 ? null : `${id} ${found}`, (signal) =>
    ask<'Events_findings'>('GET', `/sessions/${id}/findings`, { signal }),
  );
  const reached = session === null ? null : `${id} ${sealed} ${Object.keys(session.milestones).length}`;
  const milestones = useResource(reached, (signal) => eventsOf(id, 'Milestone', signal));
  const gaps = useGaps(id, session?.kind === 'imported');
  const notes = useResource(session === null ? null : id, (signal) =>
    ask<'Notes_list'>('GET', `/sessions/${id}/notes`, { signal }),
  );
  return {
    session,
    error: session === null ? error : null,
    reload,
    state,
    last,
    sealed,
    findings: findings.data?.findings ?? [],
    findingsKnown: found === 0 || findings.data !== undefined || findings.error !== null,
    milestones: (milestones.data?.events ?? []).map(({ position, values }) => ({
      position,
      name: MILESTONE_NAMES[values['milestone'] ?? 0] ?? 'milestone',
    })),
    notes,
    gaps,
  };
}
