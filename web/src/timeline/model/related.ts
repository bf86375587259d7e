// What belongs to the thing that is pointed at: it lights up, all else is dimmed. Its causes and effects are what arrows join:
// who released before an acquire, who queued before a run. Pure.
import type { Frame, Item, Link } from './primitives.js';

export interface Related {
  readonly items: readonly Item[];
  readonly links: readonly Link[];
}

export function relatedTo({ items, links }: Frame, item: Item): Related {
  const own = items.filter((one) => belongs(one, item));
  if (!item.lane.startsWith('thread:')) return { items: own, links: [] };
  const joined = links.filter(
    ({ from, to, fromLane, toLane }) =>
      (fromLane === item.lane && from >= item.from && from < item.to) ||
      (toLane === item.lane && to >= item.from && to < item.to),
  );
  const ends = joined.flatMap(({ from, to, fromLane, toLane }) => [
    ...innermost(items, fromLane, from),
    ...innermost(items, toLane, to),
  ]);
  return { items: [...new Set([...own, ...ends])], links: joined };
}

/** A root is its whole lane; a lock's holder goes with those who wait for it then; a slice is itself and what it calls. */
function belongs(one: Item, item: Item): boolean {
  if (one.lane !== item.lane) return false;
  if (item.lane.startsWith('root:')) return true;
  const meets = one.from < item.to && one.to > item.from;
  if (item.lane.startsWith('lock:')) return meets;
  return one === item || (meets && one.from >= item.from && one.to <= item.to && one.y > item.y);
}

/** The deepest slice of a lane at a position. */
function innermost(items: readonly Item[], lane: string, at: number): readonly Item[] {
  const there = items.filter((one) => one.lane === lane && one.from <= at && at < one.to);
  const deepest = there.reduce<Item | null>(
    (best, one) => (best === null || one.y > best.y ? one : best),
    null,
  );
  return deepest === null ? [] : [deepest];
}
