// Continue and reverse-continue: from a position to the next, or the last before it, whose event meets a breakpoint. Bounded
// per call: who is told `next` goes on from there.
import type { Value } from '../projections/state-paths.js';
import type { Breakpoint } from './breakpoint.js';
import { recorded } from './predicate.js';
import type { Direction, Sought, Traveller } from './traveller.js';

/** Events between two looks whether anybody still waits. */
const LOOK_EVERY = 1_024;

export function seek(
  t: Traveller,
  breakpoint: Breakpoint,
  direction: Direction,
  from: number,
  limit: number,
): Sought {
  return direction === 'forward'
    ? seekForward(t, breakpoint, from, limit)
    : seekBackward(t, breakpoint, from, limit);
}

function seekForward(t: Traveller, breakpoint: Breakpoint, from: number, limit: number): Sought {
  const last = Math.min(t.end, from + limit);
  const watch = new Watch(t, breakpoint);
  watch.start(from);
  for (let p = from + 1; p <= last; p++) {
    if (watch.takes(p)) return { position: p, looked: p - from, next: null };
  }
  return { position: null, looked: last - from, next: last < t.end ? last : null };
}

/** From snapshot to snapshot backwards: each stretch is taken forwards, its last hit is the answer. */
function seekBackward(t: Traveller, breakpoint: Breakpoint, from: number, limit: number): Sought {
  let high = from - 1;
  let looked = 0;
  while (high >= 1) {
    if (looked >= limit) return { position: null, looked, next: high + 1 };
    const low = t.startBefore(high);
    const watch = new Watch(t, breakpoint);
    watch.start(low);
    let found: number | null = null;
    for (let p = low + 1; p <= high; p++) if (watch.takes(p)) found = p;
    looked += high - low;
    if (found !== null) return { position: found, looked, next: null };
    high = low;
  }
  return { position: null, looked, next: null };
}

/** Looks at one event after the other. The state is only asked where the rest of the breakpoint holds. */
class Watch {
  private readonly stateful: boolean;
  /** What was seen right after the event before, if that was looked at. */
  private before: { readonly position: number; readonly field: Value; readonly held: boolean } | null = null;
  private window: ReturnType<Traveller['windowAt']> | null = null;

  constructor(
    private readonly t: Traveller,
    private readonly breakpoint: Breakpoint,
  ) {
    this.stateful = breakpoint.change !== null || breakpoint.when !== null;
  }

  start(position: number): void {
    if (this.stateful) this.t.moveTo(position);
  }

  /** Whether the event at the position, the next one, meets the breakpoint. */
  takes(position: number): boolean {
    const { t, breakpoint } = this;
    if (position % LOOK_EVERY === 0) t.checkCancelled();
    if (this.window === null || position > this.window.to)
      this.window = t.windowAt(position, position + LOOK_EVERY);
    const { rows, from } = this.window;
    const matches = breakpoint.matches(rows, position - from);
    if (!this.stateful) return matches;
    if (!matches) {
      t.takeNext();
      return false;
    }
    const before = this.before?.position === position - 1 ? this.before : this.look();
    t.takeNext();
    const after = this.look();
    this.before = after;
    const changed = breakpoint.change === null || !same(before.field, after.field);
    return changed && (breakpoint.when === null || (!before.held && after.held));
  }

  private look(): NonNullable<Watch['before']> {
    const { moment } = this.t;
    const { change, when } = this.breakpoint;
    return {
      position: moment.position,
      field: change === null ? null : recorded(change, moment),
      held: when?.(moment) ?? false,
    };
  }
}

function same(x: Value, y: Value): boolean {
  if (x === y) return true;
  return typeof x === 'object' && typeof y === 'object' && JSON.stringify(x) === JSON.stringify(y);
}
