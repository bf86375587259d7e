// The timeline: minimap, ruler, lanes. The canvas shows what model/layout makes of the data; labels are ordinary elements, so
// that they can be reached and read; and what the canvas shows stands beside it as a list.
import './timeline.css';
import { memo, type PointerEvent, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useTheme } from '../app/theme.js';
import { count } from '../ui/format.js';
import { ErrorState, Loading } from '../ui/states.js';
import { useSize } from '../ui/use-size.js';
import { HoverCard, type Hovered } from './hover-card.js';
import { LaneLabels } from './lane-labels.js';
import { Minimap } from './minimap.js';
import { type Depths, type LaneChoice, laneList } from './model/lanes.js';
import { type Gap, layout } from './model/layout.js';
import type { Frame, Item } from './model/primitives.js';
import { relatedTo } from './model/related.js';
import { clamped, panned, type Window, zoomed } from './model/window.js';
import { Paints, paint } from './paint.js';
import { Ruler } from './ruler.js';
import type { TimelineData } from './timeline-data.js';
import { useLaneKeys } from './use-lane-keys.js';
import { useScroll } from './use-scroll.js';

export const LABELS_PX = 146;
const FIRST_SIZE = { width: 800, height: 300 };
const HOVER_MS = 80;
const MAX_LISTED_ITEMS = 200;
const LISTED_MS = 250;
const DRAG_FROM_PX = 4;
const WHEEL_ZOOM = 1.0016;
const DRAWN_MARK = 'rootline:timeline';

export interface TimelineProps {
  /** Id of the session. */
  readonly id: string;
  readonly data: TimelineData;
  readonly window: Window;
  readonly setWindow: (window: Window) => void;
  readonly last: number;
  readonly at: number;
  readonly goTo: (position: number) => void;
  readonly range: Window | null;
  readonly setRange: (range: Window | null) => void;
  readonly findings: readonly number[];
  readonly milestones: readonly { readonly position: number; readonly name: string }[];
  readonly notes: readonly number[];
  readonly gaps: readonly Gap[];
  readonly choice: LaneChoice;
  readonly toggle: (set: keyof LaneChoice, lane: string) => void;
  readonly showHidden?: () => void;
  /** How far down the lanes are scrolled, as the address says it. */
  readonly top: string | null;
  readonly onWidth: (width: number) => void;
}

export function TimelinePane(props: TimelineProps) {
  const { data, window: seen, setWindow, last, at, goTo, range, setRange, choice, toggle, onWidth } = props;
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = useTheme();
  const size = useSize(box, FIRST_SIZE, ({ width }) => onWidth(width));
  const [scroll, setScroll] = useScroll(props.top);
  const depths = useRef<Depths>(new Map());
  const [hover, setHover] = useState<Hovered | null>(null);

  const lanes = laneList(data.overview, data.scene, data.part, choice, depths.current, seen);
  const top = Math.max(0, Math.min(scroll, lanes.height - size.height));
  const keys = useLaneKeys({
    list: lanes,
    height: size.height,
    toggle,
    showHidden: props.showHidden,
    show: ({ y, height }) => {
      if (y < top) setScroll(y);
      else if (y + height > top + size.height) setScroll(Math.max(0, y + height - size.height));
    },
  });
  const input = {
    window: seen,
    ...size,
    scroll: top,
    lanes,
    scene: data.scene,
    timeline: data.part ?? (data.scene === null ? data.overview : null),
    at,
    findings: props.findings,
    notes: props.notes,
    gaps: props.gaps,
    range,
  };
  const frame: Frame = layout(input);
  // For those who read it: a list that is made anew in every frame of a pan costs more than the drawing.
  const [listed, setListed] = useState<readonly Item[]>([]);
  const drawnItems = useRef(frame.items);
  drawnItems.current = frame.items;
  const lanesText = lanes.lanes.map(({ id, y, folded }) => `${id} ${y} ${folded}`).join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: what the frame is made of
  useEffect(() => {
    const rest = setTimeout(() => setListed(acrossFirst(drawnItems.current)), LISTED_MS);
    return () => clearTimeout(rest);
  }, [seen, data.scene, data.part, data.overview, size, top, lanesText]);
  const paints = useMemo(() => {
    void theme;
    return new Paints();
  }, [theme]);
  const [, again] = useState(0);
  const drawn = useRef(0);
  const marked = useRef(false);
  useEffect(() => {
    cancelAnimationFrame(drawn.current);
    drawn.current = requestAnimationFrame(() => {
      if (canvas.current === null) return;
      const lit = hover === null ? null : relatedTo(frame, sameItem(frame, hover.item));
      paint(canvas.current, frame, paints, size.width, size.height, lit);
      // `npm run bench -- page` measures up to here.
      if (frame.items.length > 0 && !marked.current) performance.mark(DRAWN_MARK);
      marked.current ||= frame.items.length > 0;
    });
  });
  useEffect(() => {
    // The first frame may have been drawn before the font was there.
    void document.fonts.ready.then(() => again((n) => n + 1));
  }, []);

  const positionAt = useCallback(
    (x: number): number => seen.from + (x / size.width) * (seen.to - seen.from),
    [seen, size.width],
  );
  const latest = useRef({ seen, last, positionAt, top, setWindow, lanesHeight: lanes.height });
  latest.current = { seen, last, positionAt, top, setWindow, lanesHeight: lanes.height };

  // React listens to wheels passively: only an own listener may keep the page from scrolling.
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const wheel = (event: WheelEvent) => {
      event.preventDefault();
      const now = latest.current;
      const { left, width } = element.getBoundingClientRect();
      const sideways = event.shiftKey ? event.deltaY : event.deltaX;
      if (Math.abs(sideways) > Math.abs(event.shiftKey ? 0 : event.deltaY)) {
        now.setWindow(panned(now.seen, (sideways / width) * (now.seen.to - now.seen.from), now.last));
      } else if (event.altKey) {
        setScroll(Math.max(0, now.top + event.deltaY));
      } else {
        now.setWindow(
          zoomed(now.seen, WHEEL_ZOOM ** event.deltaY, now.positionAt(event.clientX - left), now.last),
        );
      }
    };
    element.addEventListener('wheel', wheel, { passive: false });
    return () => element.removeEventListener('wheel', wheel);
  }, [setScroll]);

  const drag = useRef<{ x: number; y: number; window: Window; top: number; moved: boolean } | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const offset = (event: PointerEvent): { x: number; y: number } => {
    const rect = box.current?.getBoundingClientRect();
    return { x: event.clientX - (rect?.left ?? 0), y: event.clientY - (rect?.top ?? 0) };
  };
  const itemAt = (x: number, y: number): Item | null =>
    frame.items.findLast((i) => x >= i.x - 1 && x <= i.x + i.w + 1 && y >= i.y && y <= i.y + i.h) ?? null;
  const down = (event: PointerEvent) => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    drag.current = { ...offset(event), window: seen, top, moved: false };
  };
  const move = (event: PointerEvent) => {
    const { x, y } = offset(event);
    const from = drag.current;
    if (from === null) {
      clearTimeout(timer.current);
      const lane = lanes.lanes.find((one) => one.y <= y + top && y + top < one.y + one.height);
      if (lane !== undefined && lane.id !== keys.current) keys.choose(lane.id);
      const item = itemAt(x, y);
      if (item === null) setHover(null);
      else
        timer.current = setTimeout(() => setHover({ item, x, y, at: Math.floor(positionAt(x)) }), HOVER_MS);
      return;
    }
    from.moved ||= Math.abs(x - from.x) + Math.abs(y - from.y) > DRAG_FROM_PX;
    if (!from.moved) return;
    setHover(null);
    const by = ((from.x - x) / size.width) * (from.window.to - from.window.from);
    setWindow(panned(from.window, by, last));
    setScroll(Math.max(0, Math.min(lanes.height - size.height, from.top + from.y - y)));
  };
  const up = (event: PointerEvent) => {
    const from = drag.current;
    drag.current = null;
    if (from === null || from.moved) return;
    const { x, y } = offset(event);
    const item = itemAt(x, y);
    const position = Math.floor(positionAt(x));
    // A thing narrower than the pointer means itself, a wide one the place in it.
    goTo(Math.max(1, Math.min(last, item !== null && item.w < 6 ? item.from : position)));
  };

  return (
    <section className="pane timeline" aria-label="Timeline">
      <Minimap
        overview={data.overview}
        last={last}
        window={seen}
        setWindow={(next) => setWindow(clamped(next, last))}
        findings={props.findings}
        milestones={props.milestones}
        at={at}
      />
      <Ruler
        window={seen}
        width={size.width}
        scene={data.scene}
        timeline={data.part ?? data.overview}
        at={at}
        findings={props.findings}
        notes={props.notes}
        range={range}
        setRange={setRange}
        goTo={goTo}
        last={last}
      />
      <div className="lanes">
        <LaneLabels
          list={lanes}
          top={top}
          height={size.height}
          choice={choice}
          toggle={toggle}
          showHidden={props.showHidden}
          current={keys.current}
          choose={keys.choose}
          onScroll={(by) => setScroll(Math.max(0, top + by))}
        />
        <div
          className="canvas-box"
          ref={box}
          role="img"
          aria-label={`Lanes from position ${count(Math.floor(seen.from))} to ${count(Math.ceil(seen.to) - 1)}; the list after it tells what is drawn`}
          onPointerDown={down}
          onPointerMove={move}
          onPointerUp={up}
          onPointerLeave={() => {
            clearTimeout(timer.current);
            setHover(null);
          }}
        >
          {data.waiting && data.error === null && <Waiting />}
          <canvas ref={canvas} style={{ width: size.width, height: size.height }} />
          {hover !== null && (
            <HoverCard
              session={props.id}
              hovered={hover}
              size={size}
              timeOf={(p) => timeAt(data, p)}
              lanes={lanes.lanes}
            />
          )}
        </div>
        <ItemList items={listed} />
      </div>
      {data.error !== null && <ErrorState error={data.error} retry={data.retry} />}
    </section>
  );
}

/** Nothing has been read yet: a wash, and words where that takes long. */
export function Waiting() {
  return (
    <div className="wash waiting">
      <Loading what="the timeline" />
    </div>
  );
}

/** What lies across all lanes first: gaps, updates of memslots. */
function acrossFirst(items: readonly Item[]): readonly Item[] {
  const across = items.filter(({ lane }) => lane === 'all');
  const own = items.filter(({ lane }) => lane !== 'all');
  return [...across, ...own].slice(0, MAX_LISTED_ITEMS);
}

export function timeAt({ scene, part, overview }: TimelineData, position: number): number | null {
  if (scene !== null && position >= scene.from && position <= scene.to)
    return scene.timeNs[position - scene.from];
  const bucket = (part ?? overview)?.buckets.find(({ from, to }) => from <= position && position <= to);
  return bucket?.fromTimeNs ?? null;
}

const ItemList = memo(function ItemList({ items }: { readonly items: readonly Item[] }) {
  return (
    <ul className="hidden" aria-label="What the timeline shows">
      {items.map((item, i) => (
        <li key={`${item.lane} ${item.from} ${i}`}>
          {item.lane}: {item.name}, {count(Math.max(1, item.from))} to {count(item.to - 1)}
        </li>
      ))}
    </ul>
  );
});

/** The item in this frame: the one that is pointed at may have moved since. */
function sameItem({ items }: Frame, { lane, name, from, to }: Item): Item {
  const found = items.find(
    (one) => one.lane === lane && one.from === from && one.to === to && one.name === name,
  );
  return found ?? { lane, name, from, to, detail: '', x: 0, y: 0, w: 0, h: 0 };
}
