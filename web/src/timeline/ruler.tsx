// The ruler: positions and, below them, the virtual time there. A drag in it selects a range, a click goes there; findings are
// flags in it.
import { type PointerEvent, useRef } from 'react';
import type { Scene, Timeline } from '../api/schema.js';
import { count, time } from '../ui/format.js';
import { tickTimes } from './model/tick-times.js';
import { tickStep, type Window } from './model/window.js';

const TICK_PX = 110;
const DRAG_FROM_PX = 4;
/** Of one kind. */
const MAX_FLAGS = 200;

export function Ruler({
  window: seen,
  width,
  scene,
  timeline,
  at,
  findings,
  notes,
  range,
  setRange,
  goTo,
  last,
}: {
  readonly window: Window;
  readonly width: number;
  readonly scene: Scene | null;
  readonly timeline: Timeline | null;
  readonly at: number;
  readonly findings: readonly number[];
  readonly notes: readonly number[];
  readonly range: Window | null;
  readonly setRange: (range: Window | null) => void;
  readonly goTo: (position: number) => void;
  readonly last: number;
}) {
  const box = useRef<HTMLDivElement>(null);
  const start = useRef<{ x: number; position: number; moved: boolean } | null>(null);
  const span = seen.to - seen.from;
  const step = tickStep(span, width / TICK_PX);
  const first = Math.ceil(seen.from / step) * step;
  const ticks = Array.from(
    { length: Math.max(0, Math.floor((seen.to - first) / step) + 1) },
    (_, i) => first + i * step,
  );
  const x = (position: number): number => ((position + 0.5 - seen.from) / span) * width;
  const timeOf = (position: number): number | null => {
    if (scene !== null && position >= scene.from && position <= scene.to)
      return scene.timeNs[position - scene.from];
    return timeline?.buckets.find(({ from, to }) => from <= position && position <= to)?.fromTimeNs ?? null;
  };
  const positionAt = (event: PointerEvent): number => {
    const left = box.current?.getBoundingClientRect().left ?? 0;
    return Math.max(1, Math.min(last, Math.floor(seen.from + ((event.clientX - left) / width) * span)));
  };
  const seenOf = (positions: readonly number[]): readonly number[] =>
    positions.filter((position) => position >= seen.from && position < seen.to).slice(0, MAX_FLAGS);
  const times = tickTimes(ticks.map(timeOf));
  const here = x(at);
  return (
    <div className="ruler">
      <div className="label">
        Position
        <small className="t3">virtual time</small>
      </div>
      <div
        className="ticks"
        ref={box}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          start.current = { x: event.clientX, position: positionAt(event), moved: false };
        }}
        onPointerMove={(event) => {
          const from = start.current;
          if (from === null) return;
          from.moved ||= Math.abs(event.clientX - from.x) > DRAG_FROM_PX;
          const to = positionAt(event);
          if (from.moved)
            setRange({ from: Math.min(from.position, to), to: Math.max(from.position, to) + 1 });
        }}
        onPointerUp={(event) => {
          if (start.current?.moved === false) {
            if (range === null) goTo(positionAt(event));
            else setRange(null);
          }
          start.current = null;
        }}
      >
        {ticks.map((tick, i) => {
          const ns = timeOf(tick);
          return (
            <span key={tick} className="tick" style={{ left: x(tick) }} title={ns === null ? '' : time(ns)}>
              {count(tick)}
              <small>{times[i]}</small>
            </span>
          );
        })}
        {seenOf(notes).map((position) => (
          <button
            key={`note ${position}`}
            type="button"
            className="flag note"
            style={{ left: x(position) }}
            aria-label={`Note at ${count(position)}`}
            title={`Note at ${count(position)}`}
            onClick={() => goTo(position)}
          >
            ✎
          </button>
        ))}
        {seenOf(findings).map((position) => (
          <button
            key={position}
            type="button"
            className="flag"
            style={{ left: x(position) }}
            aria-label={`Finding at ${count(position)}`}
            title={`Finding at ${count(position)}`}
            onClick={() => goTo(position)}
          >
            ✕
          </button>
        ))}
        {range !== null && (
          <span
            className="chosen"
            style={{ left: x(range.from - 0.5), width: ((range.to - range.from) / span) * width }}
          />
        )}
        {here >= 0 && here <= width && (
          <span className="here m" style={{ left: Math.max(24, Math.min(width - 24, here)) }}>
            {count(at)}
          </span>
        )}
      </div>
    </div>
  );
}
