// One session's lanes on a clock that it shares with another: its positions stand where the clock says. What is asked from the
// server follows from the stretch that is seen; what has been read says better where the stretch's positions are.
import { type PointerEvent, useEffect, useMemo, useRef, useState } from 'react';
import type { Comparison, Timeline } from '../api/schema.js';
import { Link } from '../app/link.js';
import { useTheme } from '../app/theme.js';
import { HoverCard, type Hovered } from '../timeline/hover-card.js';
import { LaneLabels } from '../timeline/lane-labels.js';
import { Clock } from '../timeline/model/clock.js';
import { type Depths, type LaneChoice, laneList } from '../timeline/model/lanes.js';
import { layout, MAX_PRIMITIVES } from '../timeline/model/layout.js';
import type { Window } from '../timeline/model/window.js';
import { Paints, paint } from '../timeline/paint.js';
import { useTimelineData } from '../timeline/timeline-data.js';
import { timeAt, Waiting } from '../timeline/timeline-pane.js';
import { useGaps } from '../timeline/use-gaps.js';
import { count, time } from '../ui/format.js';
import { ErrorState } from '../ui/states.js';
import { useSize } from '../ui/use-size.js';
import { Letter } from './letter.js';
import type { ClockName } from './model/address.js';
import { moved, zoomedAt } from './model/stretch.js';

const FIRST_SIZE = { width: 800, height: 160 };
const HOVER_MS = 80;
const DRAG_FROM_PX = 4;
const WHEEL_ZOOM = 1.0016;
const MAX_LISTED_ITEMS = 100;

export interface ClockLanesProps {
  readonly session: Comparison['sessions'][number];
  readonly index: number;
  readonly clock: ClockName;
  readonly seen: Window;
  readonly setSeen: (seen: Window) => void;
  /** Of the clock, where the longer session ends. */
  readonly end: number;
  readonly at: number | null;
  readonly setAt: (at: number) => void;
  /** Position of the first divergence. */
  readonly parted: number | null;
  /** Null: nobody has chosen yet. */
  readonly choice: LaneChoice | null;
  readonly toggle: (now: LaneChoice, set: keyof LaneChoice, lane: string) => void;
  readonly onWidth: (width: number) => void;
}

/** Positions that the stretch holds. */
function positionsOf(clock: Clock, name: ClockName, seen: Window, last: number): Window {
  if (name === 'time') return clock.positions(seen);
  return { from: Math.max(1, Math.min(last, seen.from)), to: Math.max(2, Math.min(last + 1, seen.to)) };
}

/** The busiest vCPU folded above the roots: its modes, and the slices that move a root. */
function firstChoice(overview: Timeline | null): LaneChoice {
  const threads = (overview?.lanes ?? []).filter(({ kind, events }) => kind === 'thread' && events > 0);
  const vcpus = threads.filter(({ name }) => name.startsWith('vcpu'));
  const busiest = [...(vcpus.length > 0 ? vcpus : threads)].sort((p, q) => q.events - p.events)[0];
  const lanes = new Set(busiest === undefined ? [] : [`thread:${busiest.number}`]);
  return { folded: lanes, hidden: new Set(), pinned: lanes };
}

export function ClockLanes(props: ClockLanesProps) {
  const { session, index, clock: name, seen, setSeen, end, at, setAt, onWidth } = props;
  const { id, events: last, protocol } = session;
  const box = useRef<HTMLDivElement>(null);
  const size = useSize(box, FIRST_SIZE, ({ width }) => onWidth(width));
  const [scroll, setScroll] = useState(0);
  const [clock] = useState(() => new Clock(last));
  const positions = positionsOf(clock, name, seen, last);
  const data = useTimelineData(id, last, positions, size.width);
  const { overview, part, scene } = data;
  clock.learn(overview);
  clock.learn(part);
  clock.learn(scene);
  // What was read may say that the stretch holds other positions: then those are asked for.
  const better = positionsOf(clock, name, seen, last);
  const [, again] = useState(0);
  const settled = better.from === positions.from && better.to === positions.to;
  useEffect(() => {
    if (!settled) again((n) => n + 1);
  }, [settled]);

  const canvas = useRef<HTMLCanvasElement>(null);
  const choice = props.choice ?? firstChoice(overview);
  const gaps = useGaps(id, session.kind === 'imported');
  const depths = useRef<Depths>(new Map());
  const lanes = laneList(overview, scene, part, choice, depths.current, better);
  const top = Math.max(0, Math.min(scroll, lanes.height - size.height));
  const position = at === null ? null : name === 'time' ? clock.positionAt(at) : Math.round(at);
  const here = position === null ? null : Math.max(1, Math.min(last, position));
  const frame = layout({
    window: seen,
    ...size,
    scroll: top,
    lanes,
    scene,
    timeline: part ?? (scene === null ? overview : null),
    at: null,
    findings: [],
    notes: [],
    gaps,
    range: null,
    most: MAX_PRIMITIVES / 2,
    ...(name === 'time' && { place: clock.place }),
  });
  const theme = useTheme();
  const paints = useMemo(() => {
    void theme;
    return new Paints();
  }, [theme]);
  const drawn = useRef(0);
  useEffect(() => {
    cancelAnimationFrame(drawn.current);
    drawn.current = requestAnimationFrame(() => {
      if (canvas.current !== null) paint(canvas.current, frame, paints, size.width, size.height);
    });
  });

  const latest = useRef({ seen, setSeen, end, top });
  latest.current = { seen, setSeen, end, top };
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const wheel = (event: WheelEvent) => {
      event.preventDefault();
      const now = latest.current;
      const { left, width } = element.getBoundingClientRect();
      const span = now.seen.to - now.seen.from;
      const sideways = event.shiftKey ? event.deltaY : event.deltaX;
      if (Math.abs(sideways) > Math.abs(event.shiftKey ? 0 : event.deltaY)) {
        now.setSeen(moved(now.seen, (sideways / width) * span, now.end));
      } else if (event.altKey) {
        setScroll(Math.max(0, now.top + event.deltaY));
      } else {
        const pointer = now.seen.from + ((event.clientX - left) / width) * span;
        now.setSeen(zoomedAt(now.seen, WHEEL_ZOOM ** event.deltaY, pointer, now.end));
      }
    };
    element.addEventListener('wheel', wheel, { passive: false });
    return () => element.removeEventListener('wheel', wheel);
  }, []);

  const [hover, setHover] = useState<Hovered | null>(null);
  const positionAt = (px: number): number => {
    const value = seen.from + (px / size.width) * (seen.to - seen.from);
    return name === 'time' ? clock.positionAt(value) : Math.floor(value);
  };
  const drag = useRef<{ x: number; y: number; seen: Window; top: number; moved: boolean } | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const offset = (event: PointerEvent): { x: number; y: number } => {
    const rect = box.current?.getBoundingClientRect();
    return { x: event.clientX - (rect?.left ?? 0), y: event.clientY - (rect?.top ?? 0) };
  };
  const move = (event: PointerEvent) => {
    const { x, y } = offset(event);
    const from = drag.current;
    if (from === null) {
      clearTimeout(timer.current);
      const item =
        frame.items.findLast((i) => x >= i.x - 1 && x <= i.x + i.w + 1 && y >= i.y && y <= i.y + i.h) ?? null;
      if (item === null) setHover(null);
      else timer.current = setTimeout(() => setHover({ item, x, y, at: positionAt(x) }), HOVER_MS);
      return;
    }
    from.moved ||= Math.abs(x - from.x) + Math.abs(y - from.y) > DRAG_FROM_PX;
    if (!from.moved) return;
    setHover(null);
    setSeen(moved(from.seen, ((from.x - x) / size.width) * (from.seen.to - from.seen.from), end));
    setScroll(Math.max(0, Math.min(lanes.height - size.height, from.top + from.y - y)));
  };
  const up = (event: PointerEvent) => {
    const from = drag.current;
    drag.current = null;
    if (from === null || from.moved) return;
    setAt(seen.from + (offset(event).x / size.width) * (seen.to - seen.from));
  };
  const x = (value: number): number => ((value - seen.from) / (seen.to - seen.from)) * size.width;
  const line = at === null ? null : x(at);
  const { parted } = props;
  const flag = parted === null ? null : x(name === 'time' ? clock.place(parted) : parted);
  const over = x(name === 'time' ? clock.endNs : last + 1);
  return (
    <div className="clock-lanes">
      <div className="side-head">
        <Letter index={index} /> <b className="m">{protocol}</b>{' '}
        <span className="t3 cut">
          session {id}, {count(last)} events
        </span>
        <span className="sp" />
        {here !== null && (
          <>
            <span className="t2">
              position {count(here)}
              {momentText(timeAt(data, here))}
            </span>
            <Link className="btn s" to={`/sessions/${id}?at=${here}`}>
              Open at {count(here)}
            </Link>
          </>
        )}
        {here === null && (
          <Link className="btn g s" to={`/sessions/${id}`}>
            Open session {id}
          </Link>
        )}
      </div>
      <div className="lanes">
        <LaneLabels
          list={lanes}
          top={top}
          height={size.height}
          choice={choice}
          toggle={(set, lane) => props.toggle(choice, set, lane)}
          onScroll={(by) => setScroll(Math.max(0, top + by))}
        />
        <div
          className="canvas-box"
          ref={box}
          role="img"
          aria-label={`Lanes of session ${id}, positions ${count(Math.floor(better.from))} to ${count(Math.ceil(better.to) - 1)}`}
          onPointerDown={(event) => {
            if (event.button !== 0) return;
            event.currentTarget.setPointerCapture(event.pointerId);
            drag.current = { ...offset(event), seen, top, moved: false };
          }}
          onPointerMove={move}
          onPointerUp={up}
          onPointerLeave={() => {
            clearTimeout(timer.current);
            setHover(null);
          }}
        >
          {data.waiting && data.error === null && <Waiting />}
          <canvas ref={canvas} style={{ width: size.width, height: size.height }} />
          {!clock.blank && over < size.width && (
            <span
              className="ended"
              style={{ left: Math.max(0, over), width: size.width - Math.max(0, over) }}
            >
              {size.width - over > 120 ? `session ${id} has ended` : ''}
            </span>
          )}
          {!clock.blank && flag !== null && flag >= 0 && flag <= size.width && (
            <span className="parted-line" style={{ left: flag }} />
          )}
          {line !== null && line >= 0 && line <= size.width && (
            <span className="moment-line" style={{ left: line }} />
          )}
          {hover !== null && (
            <HoverCard
              session={id}
              hovered={hover}
              size={size}
              timeOf={(p) => timeAt(data, p)}
              lanes={lanes.lanes}
            />
          )}
        </div>
        <ul className="hidden" aria-label={`What the timeline of session ${id} shows`}>
          {frame.items.slice(0, MAX_LISTED_ITEMS).map((item, i) => (
            <li key={`${item.lane} ${item.from} ${i}`}>
              {item.lane}: {item.name}, {count(Math.max(1, item.from))} to {count(item.to - 1)}
            </li>
          ))}
        </ul>
      </div>
      {data.error !== null && <ErrorState error={data.error} retry={data.retry} />}
    </div>
  );
}

function momentText(ns: number | null): string {
  return ns === null ? '' : ` · ${time(ns)}`;
}
