// The curves of a comparison over virtual time, drawn by uPlot: one line a session, level and dotted after its end, milestones
// as marks, the timelines' stretch as a band. A drag chooses the stretch, a click the moment.
import 'uplot/dist/uPlot.min.css';
import { useEffect, useMemo, useRef, useState } from 'react';
import uPlot from 'uplot';
import type { Comparison } from '../api/schema.js';
import { useTheme } from '../app/theme.js';
import type { Window } from '../timeline/model/window.js';
import { count, time } from '../ui/format.js';
import { EmptyState } from '../ui/states.js';
import { watchSize } from '../ui/use-size.js';
import { Letter } from './letter.js';
import { CURVES, type CurveName } from './model/address.js';
import { type Curves, curvesOf, pointAt } from './model/curves.js';

const WORDS: { readonly [N in CurveName]: string } = {
  rootAllocations: 'Root allocations',
  liveRoots: 'Live roots',
  faults: 'Faults',
  lockWaitNs: 'Lock wait',
  milestones: 'Milestones',
};
const MILESTONES: { readonly [name: string]: string } = {
  kernel: 'kernel',
  pid1: 'PID 1',
  console: 'console',
};
const FONT = '11px "Inter", system-ui, sans-serif';
const DASHES: readonly (readonly number[])[] = [
  [],
  [],
  [6, 3],
  [2, 2],
  [8, 3, 2, 3],
  [4, 4],
  [1, 3],
  [10, 4],
];
const CLICK_PX = 4;

export interface ChartProps {
  readonly comparison: Comparison;
  readonly curve: CurveName;
  readonly setCurve: (name: CurveName) => void;
  readonly log: boolean;
  readonly setLog: (log: boolean) => void;
  /** Of virtual time; null: the timelines run on another clock. */
  readonly stretch: Window | null;
  readonly setStretch: (stretch: Window) => void;
  readonly at: number | null;
  readonly setAt: (ns: number) => void;
}

export function ChartPane(props: ChartProps) {
  const { comparison, curve, setCurve, log, setLog } = props;
  const curves = useMemo(() => curvesOf(comparison, curve, log), [comparison, curve, log]);
  const [hover, setHover] = useState<number | null>(null);
  const missing = comparison.sessions.filter((_, i) => curves?.live[i] === null);
  return (
    <section className="pane chart" aria-label="Curves">
      <div className="ph">
        <h2>{WORDS[curve]} over virtual time</h2>
        <span className="t3 cut">{curves?.doc ?? ''}</span>
        <span className="sp" />
        <fieldset className="seg">
          <legend className="hidden">Curve</legend>
          {CURVES.map((name) => (
            <button key={name} type="button" aria-pressed={name === curve} onClick={() => setCurve(name)}>
              {WORDS[name]}
            </button>
          ))}
        </fieldset>
        <fieldset className="seg">
          <legend className="hidden">Scale</legend>
          <button type="button" aria-pressed={log} onClick={() => setLog(true)}>
            log
          </button>
          <button type="button" aria-pressed={!log} onClick={() => setLog(false)}>
            linear
          </button>
        </fieldset>
      </div>
      {curves === null || missing.length === comparison.sessions.length ? (
        <EmptyState title={`No session has recorded ${WORDS[curve].toLowerCase()}`}>
          <p className="t2">A recording of level full keeps every event.</p>
        </EmptyState>
      ) : (
        <>
          <Legend {...{ comparison, curves }} ns={hover ?? props.at} />
          <Plot {...props} curves={curves} setHover={setHover} />
        </>
      )}
    </section>
  );
}

/** Values at the pointer, else at the chosen moment, else at the end. */
function Legend({
  comparison,
  curves,
  ns,
}: {
  readonly comparison: Comparison;
  readonly curves: Curves;
  readonly ns: number | null;
}) {
  const end = curves.timesNs.at(-1) ?? 0;
  const i = pointAt(curves.timesNs, ns ?? end);
  return (
    <p className="legend">
      <span className="t3 moment">{ns === null ? 'at the end' : `at ${time(curves.timesNs[i] ?? 0)}`}</span>
      {comparison.sessions.map(({ id, protocol }, k) => {
        const value = curves.live[k]?.[i] ?? curves.after[k]?.[i];
        const text =
          curves.live[k] === null
            ? 'not recorded'
            : curves.unit === 'ns'
              ? time(value ?? 0)
              : count(value ?? 0);
        return (
          <span key={id}>
            <Letter index={k} /> <span className="m">{protocol}</span>{' '}
            <b className={`side-ink-${k}`}>{text}</b>
          </span>
        );
      })}
    </p>
  );
}

/** Colours of the theme, by name of the token. */
function inks(): (name: string) => string {
  const style = getComputedStyle(document.documentElement);
  return (name) => style.getPropertyValue(`--${name}`).trim();
}

export const SIDE_INKS = ['write', 'sB', 'readT', 'smmT', 'invalT', 'guestT', 'zapT', 'rcuT'] as const;

function Plot({
  comparison,
  curves,
  log,
  stretch,
  setStretch,
  at,
  setAt,
  setHover,
}: ChartProps & { readonly curves: Curves; readonly setHover: (ns: number | null) => void }) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const theme = useTheme();
  const latest = useRef({ stretch, at, setStretch, setAt, setHover });
  latest.current = { stretch, at, setStretch, setAt, setHover };
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    void theme;
    const made = new uPlot(
      optionsOf(comparison, curves, log, element.clientWidth, element.clientHeight, latest),
      dataOf(curves),
      element,
    );
    plot.current = made;
    const unwatch = watchSize(element, (size) => {
      if (size.width > 0 && size.height > 0) made.setSize(size);
    });
    return () => {
      unwatch();
      made.destroy();
      plot.current = null;
    };
  }, [comparison, curves, log, theme]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the hooks draw these from `latest`
  useEffect(() => plot.current?.redraw(false), [stretch, at]);
  return <div className="plot" ref={box} role="img" aria-label={spoken(comparison, curves)} />;
}

function spoken({ sessions }: Comparison, { live, after }: Curves): string {
  const ends = sessions.map(({ id, protocol }, i) => {
    const value = after[i]?.findLast((v) => v !== null) ?? live[i]?.findLast((v) => v !== null);
    return `session ${id} under ${protocol} ends at ${value ?? 'nothing'}`;
  });
  return `Curves: ${ends.join('; ')}`;
}

function dataOf({ timesNs, live, after }: Curves): uPlot.AlignedData {
  const columns = live.flatMap((column, i) => [column ?? [], after[i] ?? []]);
  return [[...timesNs], ...columns.map((column) => [...column])];
}

interface Latest {
  readonly current: Pick<ChartProps, 'stretch' | 'at' | 'setStretch' | 'setAt'> & {
    readonly setHover: (ns: number | null) => void;
  };
}

function optionsOf(
  comparison: Comparison,
  curves: Curves,
  log: boolean,
  width: number,
  height: number,
  latest: Latest,
): uPlot.Options {
  const ink = inks();
  const axis = {
    stroke: ink('t3'),
    font: FONT,
    grid: { stroke: ink('line'), width: 1 },
    ticks: { show: false },
  };
  const series: uPlot.Series[] = comparison.sessions.flatMap((_, i) => {
    const stroke = ink(SIDE_INKS[i] ?? 't2');
    const dash = [...(DASHES[i] ?? [])];
    const common = { stroke, points: { show: false } };
    return [
      { ...common, width: 2, dash, ...(i === 0 && { fill: `${ink('write')}18` }) },
      { ...common, width: 1.5, dash: [2, 4] },
    ];
  });
  const value = (n: number): string => (curves.unit === 'ns' ? time(n) : count(n));
  return {
    width,
    height,
    padding: [14, 16, 0, 0],
    legend: { show: false },
    scales: {
      x: { time: false, range: [0, curves.timesNs.at(-1) ?? 1] },
      y: log
        ? { distr: 3, log: 10, range: () => [1, 10 ** topOf(curves.most)] }
        : { range: () => [0, curves.most * 1.08] },
    },
    axes: [
      { ...axis, size: 26, values: (_, ticks) => ticks.map((ns) => time(ns, tickOf(ticks))) },
      {
        ...axis,
        size: 66,
        values: (_, ticks) => ticks.map((n) => (n === null ? '' : value(n))),
        ...(log && { splits: () => powersTo(curves.most) }),
      },
    ],
    series: [{}, ...series],
    cursor: {
      x: true,
      y: false,
      points: { show: false },
      drag: { x: true, y: false, setScale: false, dist: CLICK_PX },
    },
    hooks: {
      setCursor: [
        (u) => {
          const { left } = u.cursor;
          latest.current.setHover(left === undefined || left < 0 ? null : u.posToVal(left, 'x'));
        },
      ],
      setSelect: [
        (u) => {
          const { left, width: wide } = u.select;
          if (wide < CLICK_PX) return;
          latest.current.setStretch({ from: u.posToVal(left, 'x'), to: u.posToVal(left + wide, 'x') });
          u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
      ready: [
        (u) => {
          u.over.addEventListener('click', () => {
            const { left } = u.cursor;
            if (left !== undefined && left >= 0) latest.current.setAt(u.posToVal(left, 'x'));
          });
        },
      ],
      drawClear: [(u) => drawStretch(u, latest.current, ink)],
      draw: [(u) => drawMarks(u, comparison, curves, latest.current.at, log, ink)],
    },
  };
}

function topOf(most: number): number {
  return Math.max(1, Math.ceil(Math.log10(most * 1.05 + 1)));
}

/** Lines at every power of ten. */
function powersTo(most: number): number[] {
  return Array.from({ length: topOf(most) + 1 }, (_, i) => 10 ** i);
}

function tickOf(ticks: readonly number[]): number {
  return ticks.length > 1 ? ticks[1] - ticks[0] : 0;
}

function drawStretch(u: uPlot, { stretch }: Latest['current'], ink: (name: string) => string): void {
  if (stretch === null) return;
  const { ctx, bbox } = u;
  const x = (ns: number): number =>
    Math.max(bbox.left, Math.min(bbox.left + bbox.width, u.valToPos(ns, 'x', true)));
  const [from, to] = [x(stretch.from), x(stretch.to)];
  if (to - from > bbox.width - 2) return;
  ctx.save();
  ctx.setLineDash([]);
  ctx.fillStyle = ink('accBg');
  ctx.fillRect(from, bbox.top, Math.max(2, to - from), bbox.height);
  ctx.strokeStyle = ink('acc');
  ctx.lineWidth = devicePixelRatio;
  ctx.strokeRect(from, bbox.top, Math.max(2, to - from), bbox.height);
  ctx.restore();
}

/** Milestones of each session on its curve, and the chosen moment. */
function drawMarks(
  u: uPlot,
  { series }: Comparison,
  curves: Curves,
  at: number | null,
  log: boolean,
  ink: (name: string) => string,
): void {
  const { ctx, bbox } = u;
  const ratio = devicePixelRatio;
  const bottom = bbox.top + bbox.height;
  ctx.save();
  ctx.font = `${11 * ratio}px "Inter", system-ui, sans-serif`;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'alphabetic';
  const taken: Box[] = [];
  // The last milestone first: it has the label if there is room for one only.
  series?.milestones.forEach((list, k) => {
    const column = curves.live[k];
    if (column === null || column === undefined) return;
    for (const { milestone, timeNs } of list.toReversed()) {
      const name = MILESTONES[milestone];
      const value = column[pointAt(curves.timesNs, timeNs)] ?? (log ? 1 : 0);
      const x = u.valToPos(timeNs, 'x', true);
      const y = u.valToPos(Math.max(log ? 1 : 0, value), 'y', true);
      if (name === undefined) continue;
      ctx.strokeStyle = ink(SIDE_INKS[k] ?? 't2');
      ctx.fillStyle = ink(SIDE_INKS[k] ?? 't2');
      ctx.lineWidth = ratio;
      ctx.setLineDash([3 * ratio, 3 * ratio]);
      ctx.beginPath();
      ctx.moveTo(x, y);
      ctx.lineTo(x, bottom);
      ctx.stroke();
      ctx.setLineDash([]);
      ctx.lineWidth = 2 * ratio;
      ctx.beginPath();
      if (milestone === 'console') {
        const r = 5 * ratio;
        ctx.moveTo(x, y - r);
        ctx.lineTo(x + r, y);
        ctx.lineTo(x, y + r);
        ctx.lineTo(x - r, y);
        ctx.closePath();
        ctx.fill();
      } else {
        ctx.arc(x, y, 4 * ratio, 0, 2 * Math.PI);
        ctx.save();
        ctx.fillStyle = ink(milestone === 'pid1' ? 'bg1' : (SIDE_INKS[k] ?? 't2'));
        ctx.fill();
        ctx.restore();
        ctx.stroke();
      }
      label(
        ctx,
        `${name} ${time(timeNs, 1e7)}`,
        x,
        y,
        ratio,
        [bbox.left, bbox.left + bbox.width],
        taken,
        ink,
      );
    }
  });
  ctx.setLineDash([]);
  if (at !== null) {
    const x = u.valToPos(at, 'x', true);
    ctx.strokeStyle = ink('ph');
    ctx.lineWidth = 1.5 * ratio;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bottom);
    ctx.stroke();
  }
  ctx.restore();
}

type Box = readonly [left: number, top: number, right: number, bottom: number];

/** Beside a mark, where no other label stands; else left out. */
function label(
  ctx: CanvasRenderingContext2D,
  text: string,
  x: number,
  y: number,
  ratio: number,
  [start, end]: readonly [number, number],
  taken: Box[],
  ink: (name: string) => string,
): void {
  const { width } = ctx.measureText(text);
  const [away, high] = [8 * ratio, 14 * ratio];
  const right = x + away + width <= end;
  for (const top of [y + 5 * ratio, y - high - 7 * ratio]) {
    for (const left of right ? [x + away, x - away - width] : [x - away - width]) {
      const box: Box = [left - 2 * ratio, top, left + width + 2 * ratio, top + high];
      if (
        left < start ||
        taken.some(
          (other) => box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3],
        )
      )
        continue;
      taken.push(box);
      ctx.fillStyle = ink('bg1');
      ctx.globalAlpha = 0.8;
      ctx.fillRect(box[0], top, width + 4 * ratio, high);
      ctx.globalAlpha = 1;
      ctx.fillStyle = ink('t1');
      ctx.fillText(text, left, top + 11 * ratio);
      return;
    }
  }
}
