// Keys of lanes: one lane is chosen, by the pointer, by the focus or by keys; it can be pinned, hidden and folded.
import { useState } from 'react';
import { useKeys } from '../app/keys.js';
import type { Lane, LaneChoice, LaneList } from './model/lanes.js';

export interface LaneKeys {
  /** Id of the chosen lane; null: none. */
  readonly current: string | null;
  readonly choose: (lane: string | null) => void;
}

export function useLaneKeys({
  list,
  height,
  toggle,
  showHidden,
  show,
}: {
  readonly list: LaneList;
  /** Of what is seen of the lanes. */
  readonly height: number;
  readonly toggle: (set: keyof LaneChoice, lane: string) => void;
  readonly showHidden: (() => void) | undefined;
  /** Scrolls so that the lane is seen. */
  readonly show: (lane: Lane) => void;
}): LaneKeys {
  const [current, choose] = useState<string | null>(null);
  const { lanes } = list;
  const index = lanes.findIndex(({ id }) => id === current);
  const step = (by: number): void => {
    const next = lanes[index < 0 ? 0 : Math.max(0, Math.min(lanes.length - 1, index + by))];
    if (next === undefined) return;
    choose(next.id);
    show(next);
  };
  const act = (set: keyof LaneChoice): void => {
    if (index < 0) return;
    // The one below takes the place of what is hidden.
    if (set === 'hidden') choose(lanes[index + 1]?.id ?? lanes[index - 1]?.id ?? null);
    toggle(set, lanes[index].id);
  };
  const group = 'Lanes';
  const page = Math.max(1, Math.floor(height / 60));
  useKeys([
    { key: 'Shift+ArrowDown', label: 'the lane below', group, run: () => step(1) },
    { key: 'Shift+ArrowUp', label: 'the lane above', group, run: () => step(-1) },
    { key: 'Shift+PageDown', label: 'lanes further down', group, run: () => step(page) },
    { key: 'Shift+PageUp', label: 'lanes further up', group, run: () => step(-page) },
    { key: 'v', label: 'pin the lane to the top, or not', group, run: () => act('pinned') },
    { key: 'h', label: 'hide the lane', group, run: () => act('hidden') },
    { key: 'z', label: 'fold the lane, or open it', group, run: () => act('folded') },
    { key: 'u', label: 'show hidden lanes', group, run: () => showHidden?.() },
    { key: 'Shift+r', label: 'all roots, or the busiest', group, run: () => toggle('folded', 'root') },
  ]);
  return { current: index < 0 ? null : current, choose };
}
