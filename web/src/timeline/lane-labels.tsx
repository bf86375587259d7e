// The names of the lanes beside the canvas: fold, pin and hide each. They stand where the canvas draws the lane.
import { useEffect, useRef } from 'react';
import type { LaneChoice, LaneList } from './model/lanes.js';

export function LaneLabels({
  list,
  top,
  height,
  choice,
  toggle,
  showHidden,
  current = null,
  choose,
  onScroll,
}: {
  readonly list: LaneList;
  readonly top: number;
  readonly height: number;
  readonly choice: LaneChoice;
  readonly toggle: (set: keyof LaneChoice, lane: string) => void;
  readonly showHidden?: (() => void) | undefined;
  /** The lane that keys are about. */
  readonly current?: string | null;
  readonly choose?: (lane: string) => void;
  readonly onScroll: (by: number) => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const scroll = useRef(onScroll);
  scroll.current = onScroll;
  const chosen = useRef(choose);
  chosen.current = choose;
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const wheel = (event: WheelEvent) => {
      event.preventDefault();
      scroll.current(event.deltaY);
    };
    // The lane whose name is pointed at or has the focus is the one that keys are about.
    const point = (event: Event) => {
      const lane = (event.target as Element).closest<HTMLElement>('[data-lane]')?.dataset['lane'];
      if (lane !== undefined) chosen.current?.(lane);
    };
    element.addEventListener('wheel', wheel, { passive: false });
    element.addEventListener('pointerover', point);
    element.addEventListener('focusin', point);
    return () => {
      element.removeEventListener('wheel', wheel);
      element.removeEventListener('pointerover', point);
      element.removeEventListener('focusin', point);
    };
  }, []);
  const seen = (y: number, h: number): boolean => y + h > top && y < top + height;
  return (
    <div className="labels" ref={box}>
      {list.groups
        .filter(({ y }) => seen(y, 18))
        .map((group) => (
          <button
            key={group.kind}
            type="button"
            className="lane-group"
            style={{ top: group.y - top }}
            aria-expanded={!group.folded}
            onClick={() => toggle('folded', group.kind)}
          >
            <span aria-hidden="true">{group.folded ? '▸' : '▾'}</span> {group.title}{' '}
            <span className="t3">{group.note}</span>
          </button>
        ))}
      {list.lanes
        .filter(({ y, height: h }) => seen(y, h))
        .map((lane) => (
          <div
            key={lane.id}
            className={lane.id === current ? 'lane-label on' : 'lane-label'}
            style={{ top: lane.y - top, height: lane.height }}
            data-lane={lane.id}
          >
            <button
              type="button"
              className="m cut"
              title={lane.note === '' ? lane.name : `${lane.name}, ${lane.note}`}
              aria-expanded={!lane.folded}
              onClick={() => toggle('folded', lane.id)}
            >
              {lane.name}
            </button>
            <span className="tools">
              <button
                type="button"
                aria-label={`Pin ${lane.name}`}
                title="pin to the top: V"
                aria-pressed={choice.pinned.has(lane.id)}
                onClick={() => toggle('pinned', lane.id)}
              >
                ⌃
              </button>
              <button
                type="button"
                aria-label={`Hide ${lane.name}`}
                title="hide: H"
                onClick={() => toggle('hidden', lane.id)}
              >
                ×
              </button>
            </span>
            {!lane.folded && lane.note !== '' && <small className="cut t3">{lane.note}</small>}
          </div>
        ))}
      {choice.hidden.size > 0 && showHidden !== undefined && (
        <button type="button" className="btn s show-hidden" onClick={showHidden}>
          Show {choice.hidden.size} hidden <kbd>U</kbd>
        </button>
      )}
    </div>
  );
}
