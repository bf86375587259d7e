// Roots that were given over the length of the trace, drawn by uPlot, stacked by cause. Where events are missing the chart is
// torn: nothing is interpolated, and the word stands there.
import 'uplot/dist/uPlot.min.css';
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import { useTheme } from '../app/theme.js';
import { count, time } from '../ui/format.js';
import { watchSize } from '../ui/use-size.js';
import { CAUSE_INKS, type Columns, type GapSpan } from './model/churn.js';

const FONT = '11px "Inter", system-ui, sans-serif';
const TOOTH_PX = 4;
const LEAST_GAP_PX = 8;
const MAX_TICKS = 5;

interface Props {
  readonly columns: Columns;
  readonly gaps: readonly GapSpan[];
  /** False: the trace's clock has no seconds. */
  readonly timed: boolean;
}

export function ChurnChart({ columns, gaps, timed }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const theme = useTheme();
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    void theme;
    const data = [[...columns.at], ...columns.stacks.map(({ heights }) => [...heights])];
    const made = new uPlot(
      optionsOf({ columns, gaps, timed }, element),
      data as unknown as uPlot.AlignedData,
      element,
    );
    const unwatch = watchSize(element, (size) => {
      if (size.width > 0 && size.height > 0) made.setSize(size);
    });
    return () => {
      unwatch();
      made.destroy();
    };
  }, [columns, gaps, timed, theme]);
  const label = `At most ${count(columns.most)} root allocations in one of ${count(columns.at.length)} columns, ${count(gaps.length)} gaps`;
  return <div className="plot" ref={box} role="img" aria-label={label} />;
}

function optionsOf({ columns, gaps, timed }: Props, element: HTMLElement): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const ink = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  const { most } = columns;
  const step = Math.max(1, Math.ceil(most / MAX_TICKS));
  const axis = {
    stroke: ink('t3'),
    font: FONT,
    grid: { stroke: ink('line'), width: 1 },
    ticks: { show: false },
  };
  const words = (ticks: readonly number[]): string[] =>
    ticks.map((at) => (timed ? time(at, (ticks[1] ?? 0) - (ticks[0] ?? 0)) : count(at)));
  return {
    width: element.clientWidth,
    height: element.clientHeight,
    padding: [10, 16, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: false, range: [0, columns.end] }, y: { range: () => [0, most * 1.1] } },
    axes: [
      { ...axis, size: 24, values: (_, ticks) => words(ticks) },
      {
        ...axis,
        size: 48,
        splits: () => Array.from({ length: Math.floor(most / step) + 1 }, (_, i) => i * step),
        values: (_, ticks) => ticks.map((n) => count(n)),
      },
    ],
    series: [
      {},
      ...columns.stacks.map(({ cause }) => ({
        fill: ink(CAUSE_INKS[cause]),
        width: 0,
        points: { show: false },
        paths: (uPlot.paths.bars as NonNullable<typeof uPlot.paths.bars>)({ size: [0.92, 40, 1] }),
      })),
    ],
    hooks: {
      draw: [
        (u) => {
          for (const { fromNs, toNs, lost } of gaps) tear(u, fromNs, toNs, lost, ink);
        },
      ],
    },
  };
}

/** A stretch that nobody has seen: hatched between torn edges. */
function tear(
  u: uPlot,
  fromNs: number,
  toNs: number,
  lost: number | null,
  ink: (name: string) => string,
): void {
  const { ctx, bbox } = u;
  const ratio = devicePixelRatio;
  const from = u.valToPos(fromNs, 'x', true);
  const to = Math.max(from + LEAST_GAP_PX * ratio, u.valToPos(toNs, 'x', true));
  const tooth = TOOTH_PX * ratio;
  const bottom = bbox.top + bbox.height;
  ctx.save();
  ctx.setLineDash([]);
  ctx.beginPath();
  for (let y = bbox.top, k = 0; y <= bottom; y += tooth, k++) ctx.lineTo(from + (k % 2) * tooth, y);
  for (let y = bottom, k = 0; y >= bbox.top; y -= tooth, k++) ctx.lineTo(to - (k % 2) * tooth, y);
  ctx.closePath();
  ctx.fillStyle = ink('bg0');
  ctx.fill();
  ctx.strokeStyle = ink('t3');
  ctx.lineWidth = ratio;
  ctx.stroke();
  ctx.clip();
  ctx.strokeStyle = ink('line2');
  for (let x = from - bbox.height; x < to; x += 6 * ratio) {
    ctx.beginPath();
    ctx.moveTo(x, bottom);
    ctx.lineTo(x + bbox.height, bbox.top);
    ctx.stroke();
  }
  ctx.restore();
  ctx.save();
  ctx.font = `${11 * ratio}px "Inter", system-ui, sans-serif`;
  ctx.textAlign = 'left';
  const text = lost === null ? 'lost' : `${count(lost)} lost`;
  const { width } = ctx.measureText(text);
  const left = Math.min(to + 4 * ratio, bbox.left + bbox.width - width - 4 * ratio);
  ctx.fillStyle = ink('bg1');
  ctx.fillRect(left - 2 * ratio, bbox.top + 2 * ratio, width + 4 * ratio, 14 * ratio);
  ctx.fillStyle = ink('t1');
  ctx.fillText(text, left, bbox.top + 13 * ratio);
  ctx.restore();
}
