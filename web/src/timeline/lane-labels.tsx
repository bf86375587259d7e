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
  onScroll,
}: {
  readonly list: LaneList;
  readonly top: number;
  readonly height: number;
  readonly choice: LaneChoice;
  readonly toggle: (set: keyof LaneChoice, lane: string) => void;
  readonly showHidden?: (() => void) | undefined;
  readonly onScroll: (by: number) => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const scroll = useRef(onScroll);
  scroll.current = onScroll;
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const wheel = (event: WheelEvent) => {
      event.preventDefault();
      scroll.current(event.deltaY);
    };
    element.addEventListener('wheel', wheel, { passive: false });
    return () => element.removeEventListener('wheel', wheel);
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
          <div key={lane.id} className="lane-label" style={{ top: lane.y - top, height: lane.height }}>
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
                aria-pressed={choice.pinned.has(lane.id)}
                onClick={() => toggle('pinned', lane.id)}
              >
                ⌃
              </button>
              <button
                type="button"
                aria-label={`Hide ${lane.name}`}
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
          Show {choice.hidden.size} hidden
        </button>
      )}
    </div>
  );
}
