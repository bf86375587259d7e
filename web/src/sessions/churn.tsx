// The small churn chart of a session: births and deaths of roots along its positions, from the stored timeline. Asked for
// when the row is seen, a few at a time, and again while the session runs.
import { useEffect, useState } from 'react';
import { ask } from '../api/ask.js';
import type { Timeline } from '../api/schema.js';
import { inTurn } from './in-turn.js';

const BARS = 34;
const AGAIN_MS = 2_000;
const MAX_KEPT = 500;

/** Root events of each bucket, over all threads. */
export function churnOf(timeline: Pick<Timeline, 'buckets' | 'lanes'>): number[] {
  const bars = timeline.buckets.map(() => 0);
  for (const lane of timeline.lanes) {
    if (lane.kind !== 'thread') continue;
    for (const cell of lane.cells) bars[cell.bucket] += cell.counts.root ?? 0;
  }
  return bars;
}

const kept = new Map<
  string,
  { readonly stored: number; readonly bars: readonly number[]; readonly atMs: number }
>();

export function useChurn(id: string, stored: number): readonly number[] | null {
  const [bars, setBars] = useState<readonly number[] | null>(() => kept.get(id)?.bars ?? null);
  useEffect(() => {
    const known = kept.get(id);
    if (stored === 0 || known?.stored === stored) return;
    let live = true;
    const job = async (): Promise<void> => {
      if (!live) return;
      const query = { width: BARS, lanes: 'threads' };
      const read = await ask<'Travel_timeline'>('GET', `/sessions/${id}/timeline`, { query }).catch(
        () => null,
      );
      if (read === null) return;
      if (kept.size >= MAX_KEPT) kept.clear();
      const found = churnOf(read);
      kept.set(id, { stored, bars: found, atMs: performance.now() });
      if (live) setBars(found);
    };
    const delay = known === undefined ? 0 : Math.max(0, known.atMs + AGAIN_MS - performance.now());
    const timer = setTimeout(() => {
      inTurn(job);
    }, delay);
    return () => {
      live = false;
      clearTimeout(timer);
    };
  }, [id, stored]);
  return bars;
}

const WIDTH = 106;
const HEIGHT = 22;

export function Churn({ id, stored }: { readonly id: string; readonly stored: number }) {
  const bars = useChurn(id, stored);
  const top = Math.max(1, ...(bars ?? []));
  const step = WIDTH / BARS;
  const d = (bars ?? [])
    .map((n, i) => {
      const height = n === 0 ? 0 : Math.max(1, (n / top) * (HEIGHT - 2));
      return `M${(i * step).toFixed(1)} ${HEIGHT - height}h2.1v${height}h-2.1z`;
    })
    .join('');
  return (
    <svg width={WIDTH} height={HEIGHT + 1} className="churn" aria-hidden="true">
      <path d={d} fill="var(--valid)" />
      <path d={`M0 ${HEIGHT + 0.5}H${WIDTH}`} stroke="var(--line2)" />
    </svg>
  );
}
