// A line between two panes that can be dragged, or moved with arrow keys; what was chosen is remembered in this browser.
import {
  type CSSProperties,
  type KeyboardEvent,
  type PointerEvent,
  useCallback,
  useRef,
  useState,
} from 'react';

export interface SplitSpec {
  /** CSS variable of the grid that has the size. */
  readonly variable: `--${string}`;
  readonly label: string;
  /** x: the pane's width, at the right of the line. y: its height, below it. */
  readonly axis: 'x' | 'y';
  readonly min: number;
  readonly max: number;
}

type Sizes = { readonly [variable: string]: number };
const STEP_PX = 16;

/** Sizes of one view's panes; what is not there is as the style sheet says. */
export function useSplits(view: string): {
  readonly style: CSSProperties;
  readonly sizes: Sizes;
  readonly resize: (variable: string, size: number | null) => void;
} {
  const key = `rootline.sizes.${view}`;
  const [sizes, setSizes] = useState<Sizes>(() => stored(key));
  const resize = useCallback(
    (variable: string, size: number | null) =>
      setSizes((before) => {
        const { [variable]: _, ...rest } = before;
        const next = size === null ? rest : { ...rest, [variable]: Math.round(size) };
        localStorage.setItem(key, JSON.stringify(next));
        return next;
      }),
    [key],
  );
  const style = Object.fromEntries(Object.entries(sizes).map(([name, px]) => [name, `${px}px`]));
  return { style: style as CSSProperties, sizes, resize };
}

function stored(key: string): Sizes {
  try {
    const read: unknown = JSON.parse(localStorage.getItem(key) ?? '{}');
    if (typeof read !== 'object' || read === null) return {};
    const numbers = Object.entries(read).filter(
      (entry): entry is [string, number] => entry[0].startsWith('--') && Number.isFinite(entry[1]),
    );
    return Object.fromEntries(numbers);
  } catch {
    return {};
  }
}

export function Splitter({
  spec: { variable, label, axis, min, max },
  size,
  resize,
}: {
  readonly spec: SplitSpec;
  readonly size: number | undefined;
  readonly resize: (variable: string, size: number | null) => void;
}) {
  const line = useRef<HTMLDivElement>(null);
  const drag = useRef<{ readonly at: number; readonly size: number; readonly zoom: number } | null>(null);
  const within = (px: number): number => Math.max(min, Math.min(max, px));
  /** The pane that the line is the edge of stands before it, in the same place of the grid. */
  const measured = (): { size: number; zoom: number } => {
    const pane = line.current?.previousElementSibling;
    if (!(pane instanceof HTMLElement)) return { size: size ?? min, zoom: 1 };
    const rect = pane.getBoundingClientRect();
    const own = axis === 'x' ? pane.offsetWidth : pane.offsetHeight;
    return { size: own, zoom: own === 0 ? 1 : (axis === 'x' ? rect.width : rect.height) / own };
  };
  const place = (event: PointerEvent): number => (axis === 'x' ? event.clientX : event.clientY);
  const down = (event: PointerEvent) => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    drag.current = { at: place(event), ...measured() };
  };
  const move = (event: PointerEvent) => {
    const from = drag.current;
    if (from !== null) resize(variable, within(from.size + (from.at - place(event)) / from.zoom));
  };
  const keys = (event: KeyboardEvent) => {
    const [more, less] = axis === 'x' ? ['ArrowLeft', 'ArrowRight'] : ['ArrowUp', 'ArrowDown'];
    const by = event.key === more ? STEP_PX : event.key === less ? -STEP_PX : 0;
    if (by === 0 && event.key !== 'Home') return;
    event.preventDefault();
    event.stopPropagation();
    resize(variable, event.key === 'Home' ? null : within(measured().size + by));
  };
  return (
    <div
      ref={line}
      className={`splitter ${axis} ${variable.slice(2)}`}
      role="separator"
      tabIndex={0}
      aria-label={label}
      aria-orientation={axis === 'x' ? 'vertical' : 'horizontal'}
      aria-valuemin={min}
      aria-valuemax={max}
      aria-valuenow={size ?? min}
      title={`${label}: drag, or arrow keys; Home as it was`}
      onPointerDown={down}
      onPointerMove={move}
      onPointerUp={() => {
        drag.current = null;
      }}
      onDoubleClick={() => resize(variable, null)}
      onKeyDown={keys}
    />
  );
}
