// What the timeline draws from: figures of the whole session; and of what is seen a scene where its events can be told apart,
// else buckets of the resolution of the screen. A little more than is seen is asked for, so that a pan has something to show;
// what was read is kept for a while, and what covers the window is drawn until something finer has come.
import { useEffect, useRef, useState } from 'react';
import { ask } from '../api/ask.js';
import { useResource } from '../api/resource.js';
import type { Scene, Timeline } from '../api/schema.js';
import { onReconnect } from '../live/watch.js';
import { OVERVIEW_QUERY } from './model/overview.js';
import type { Window } from './model/window.js';

/** Positions up to which every event is drawn; the server's MAX_SCENE_ROWS is above. */
export const MAX_SCENE_SPAN = 4_096;
const SCENE_ROWS = 8_192;
const MAX_BUCKETS = 1_000;
const KEPT_PARTS = 12;
/** Pixels that one bucket may be wide. */
const ENOUGH = 2.2;
const SETTLE_MS = 60;
const LIVE_MS = 700;

export interface TimelineData {
  readonly overview: Timeline | null;
  readonly scene: Scene | null;
  readonly part: Timeline | null;
  /** Nothing covers the window yet. */
  readonly waiting: boolean;
  readonly error: Error | null;
  readonly retry: () => void;
}

type Part =
  | {
      readonly kind: 'scene';
      readonly scene: Scene;
      readonly from: number;
      readonly to: number;
      readonly end: number;
    }
  | {
      readonly kind: 'buckets';
      readonly timeline: Timeline;
      readonly from: number;
      readonly to: number;
      readonly end: number;
    };

/** @param last last stored position; a live session's grows */
export function useTimelineData(id: string, last: number, window: Window, width: number): TimelineData {
  const settled = useSettled(last);
  const overview = useResource(settled === 0 ? null : `${id} ${settled}`, (signal) =>
    ask<'Travel_timeline'>('GET', `/sessions/${id}/timeline`, {
      query: OVERVIEW_QUERY,
      signal,
    }),
  );
  const parts = useRef<Part[]>([]);
  const [, redraw] = useState(0);
  const [error, setError] = useState<Error | null>(null);
  const [turn, setTurn] = useState(0);
  const first = Math.max(1, Math.floor(window.from));
  const end = Math.min(last, Math.ceil(window.to) - 1);
  const fine = end - first < MAX_SCENE_SPAN;
  const best = partFor(parts.current, first, end, fine, width);
  const rough = overview.data;
  // Where nearly all is seen, what was read of the whole is as fine as the screen.
  const enough =
    !fine &&
    (rough === undefined ? overview.loading : rough.rowsPerBucket <= ((end - first + 1) / width) * ENOUGH);
  const wanted =
    best?.good === true || enough || end < first ? null : `${id} ${first} ${end} ${fine} ${turn}`;
  useEffect(() => {
    parts.current = [];
    redraw((n) => n + 1);
    void id;
  }, [id]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `wanted` names all that is asked for
  useEffect(() => {
    if (wanted === null) return;
    const abort = new AbortController();
    const timer = setTimeout(
      () => {
        read(id, first, end, last, fine, width, abort.signal).then(
          (part) => {
            if (abort.signal.aborted) return;
            parts.current = [part, ...parts.current].slice(0, KEPT_PARTS);
            setError(null);
            redraw((n) => n + 1);
          },
          (thrown: unknown) => {
            if (!abort.signal.aborted) setError(thrown instanceof Error ? thrown : new Error(String(thrown)));
          },
        );
      },
      parts.current.length === 0 ? 0 : SETTLE_MS,
    );
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [wanted]);
  const retry = () => setTurn((n) => n + 1);
  useEffect(() => onReconnect(() => setTurn((n) => n + 1)), []);
  const part = best?.part ?? null;
  return {
    overview: overview.data ?? null,
    scene: part?.kind === 'scene' ? part.scene : null,
    part: part?.kind === 'buckets' ? part.timeline : null,
    waiting: part === null && overview.data === undefined,
    error: error ?? (overview.data === undefined ? overview.error : null),
    retry,
  };
}

/** A number that does not change more often than LIVE_MS. */
function useSettled(value: number): number {
  const [settled, setSettled] = useState(value);
  const at = useRef(0);
  useEffect(() => {
    if (value === settled) return;
    const timer = setTimeout(
      () => {
        at.current = performance.now();
        setSettled(value);
      },
      settled === 0 ? 0 : Math.max(0, at.current + LIVE_MS - performance.now()),
    );
    return () => clearTimeout(timer);
  }, [value, settled]);
  return settled;
}

/** The part that shows most of the window; good: nothing finer is to be had. */
function partFor(
  parts: readonly Part[],
  first: number,
  end: number,
  fine: boolean,
  width: number,
): { readonly part: Part; readonly good: boolean } | null {
  const wantedRows = Math.max(1, (end - first + 1) / Math.min(width, MAX_BUCKETS));
  let covering: Part | null = null;
  for (const part of parts) {
    if (part.from > first || part.to < end) continue;
    if (fine && part.kind === 'scene') return { part, good: true };
    if (
      !fine &&
      part.kind === 'buckets' &&
      part.timeline.rowsPerBucket <= Math.max(2_048, wantedRows * ENOUGH)
    ) {
      return { part, good: true };
    }
    // A scene of far more than is drawn one by one would be too much to draw.
    if (part.kind === 'buckets' || end - first <= SCENE_ROWS) covering ??= part;
  }
  return covering === null ? null : { part: covering, good: false };
}

async function read(
  id: string,
  first: number,
  end: number,
  last: number,
  fine: boolean,
  width: number,
  signal: AbortSignal,
): Promise<Part> {
  const span = end - first + 1;
  const room = fine ? Math.floor((SCENE_ROWS - span) / 2) : span;
  const from = Math.max(1, first - Math.min(room, fine ? 2_000 : span));
  const to = Math.min(last, end + Math.min(room, fine ? 2_000 : span));
  if (fine) {
    const scene = await ask<'Travel_scene'>('GET', `/sessions/${id}/scene`, { query: { from, to }, signal });
    return { kind: 'scene', scene, from, to: scene.to, end: last };
  }
  const buckets = Math.max(50, Math.min(MAX_BUCKETS, Math.round((width * (to - from + 1)) / span)));
  const timeline = await ask<'Travel_timeline'>('GET', `/sessions/${id}/timeline`, {
    query: { from, to, width: buckets, lanes: 'threads,locks,roots' },
    signal,
  });
  return { kind: 'buckets', timeline, from: timeline.from, to: timeline.to, end: last };
}
