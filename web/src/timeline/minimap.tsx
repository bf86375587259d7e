// The whole session in one line: births, deaths and zaps of roots, milestones, findings, and where the window is. A click moves
// the window there, a drag draws a new one.
import { type PointerEvent, useMemo, useRef, useState } from 'react';
import type { Timeline } from '../api/schema.js';
import { count, roughCount } from '../ui/format.js';
import { clamped, type Window } from './model/window.js';

const BARS = 300;
const HEIGHT = 30;
const NAME_PERCENT = 8;

/** Root and zap events by bar, of at most BARS. */
export function minimapBars({ buckets, lanes }: Pick<Timeline, 'buckets' | 'lanes'>): readonly number[] {
  const each = Math.max(1, Math.ceil(buckets.length / BARS));
  const bars = Array.from({ length: Math.ceil(buckets.length / each) }, () => 0);
  for (const { kind, cells } of lanes) {
    if (kind !== 'thread') continue;
    for (const { bucket, counts } of cells)
      bars[Math.floor(bucket / each)] += (counts.root ?? 0) + (counts.zap ?? 0);
  }
  return bars;
}

function barsPath(bars: readonly number[]): string {
  const most = Math.max(1, ...bars);
  return bars
    .map((n, i) =>
      n === 0
        ? ''
        : `M${i} ${HEIGHT}V${HEIGHT - Math.max(1, (Math.log2(1 + n) / Math.log2(1 + most)) * (HEIGHT - 8))}`,
    )
    .join('');
}

export function Minimap({
  overview,
  last,
  window: seen,
  setWindow,
  findings,
  milestones,
  at,
}: {
  readonly overview: Timeline | null;
  readonly last: number;
  readonly window: Window;
  readonly setWindow: (window: Window) => void;
  readonly findings: readonly number[];
  readonly milestones: readonly { readonly position: number; readonly name: string }[];
  readonly at: number;
}) {
  const box = useRef<HTMLDivElement>(null);
  const [from, setFrom] = useState<number | null>(null);
  const positionAt = (event: PointerEvent): number => {
    const rect = box.current?.getBoundingClientRect();
    if (rect === undefined) return 1;
    return 1 + ((event.clientX - rect.left) / rect.width) * last;
  };
  const percent = (position: number): number =>
    Math.max(0, Math.min(100, ((position - 1) / Math.max(1, last)) * 100));
  const bars = useMemo(() => (overview === null ? [] : minimapBars(overview)), [overview]);
  const d = useMemo(() => barsPath(bars), [bars]);
  return (
    <div className="minimap">
      <div className="label">
        Whole
        <small className="t3">{roughCount(last)} events, churn</small>
      </div>
      <div
        className="map"
        ref={box}
        role="img"
        aria-label={`The whole session; seen are positions ${count(Math.floor(seen.from))} to ${count(Math.ceil(seen.to) - 1)}`}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          setFrom(positionAt(event));
        }}
        onPointerMove={(event) => {
          const to = positionAt(event);
          if (from !== null && Math.abs(to - from) > last / 200)
            setWindow({ from: Math.min(from, to), to: Math.max(from, to) });
        }}
        onPointerUp={(event) => {
          const to = positionAt(event);
          const span = seen.to - seen.from;
          if (from !== null && Math.abs(to - from) <= last / 200)
            setWindow(clamped({ from: to - span / 2, to: to + span / 2 }, last));
          setFrom(null);
        }}
      >
        <svg
          viewBox={`0 0 ${Math.max(1, bars.length)} ${HEIGHT}`}
          preserveAspectRatio="none"
          aria-hidden="true"
        >
          <path d={d} stroke="var(--valid)" strokeWidth={0.7} />
        </svg>
        {milestones.map(({ position, name }, i) => (
          <span key={position} className="milestone" style={{ left: `${percent(position)}%` }}>
            {/* A name that would lie under the next one is left out. */}
            {i + 1 < milestones.length &&
            percent(milestones[i + 1].position) - percent(position) < NAME_PERCENT
              ? ''
              : name}
          </span>
        ))}
        {findings.slice(0, 100).map((position) => (
          <span key={position} className="finding" style={{ left: `${percent(position)}%` }} />
        ))}
        <span className="playhead" style={{ left: `${percent(at)}%` }} />
        <span
          className="brush"
          style={{
            left: `${percent(seen.from)}%`,
            width: `max(3px, ${percent(seen.to) - percent(seen.from)}%)`,
          }}
        />
      </div>
    </div>
  );
}
