// Coverage: of every two operations of two threads that conflict, which orders a search saw. An order is seen where one is taken
// while the other is its thread's next step: of two that can race, both orders come by. Pairs that touch the same kind of object
// and never stood side by side are told with the lock that keeps them apart, where one does.
import { LOCK_KIND, LOCK_NAMES } from '../../aggregates/layout.js';
import { LOCK_MODE } from '../../events/lock.events.js';
import { OP } from '../../machine/op.js';
import { MEMORY, OBJECTS } from './accesses.js';
import { modeHeld } from './held.js';
import { kindOf, OPERATIONS, operationName } from './operation.js';
import {
  PAIR_NUMBERS,
  ROW_NUMBERS,
  roleNumberOf,
  type SurveyCounts,
  TOUCH_NUMBERS,
} from './survey-counts.js';
import type { Surveyed } from './surveyed.js';

export interface Conflicting {
  /** What both touch. */
  readonly object: string;
  readonly a: { readonly role: string; readonly operation: string };
  readonly b: { readonly role: string; readonly operation: string };
}

export interface OrderedPair extends Conflicting {
  /** Times that a was taken with b as the other thread's next step, and b with a. */
  readonly aFirst: number;
  readonly bFirst: number;
  readonly orders: 'both' | 'one';
}

export interface ApartPair extends Conflicting {
  /** The lock that both hold whenever they are there, one of them exclusively; null: none does. */
  readonly keptApartBy: string | null;
}

export interface Coverage {
  /** Pairs that stood side by side. */
  readonly pairs: readonly OrderedPair[];
  readonly bothOrders: number;
  readonly oneOrder: number;
  /** Pairs of the same kind of object that never did. */
  readonly apart: readonly ApartPair[];
}

interface Operation {
  readonly large: number;
  readonly object: number;
  readonly writes: boolean;
  /** Sets of locks under which it was taken. */
  readonly sets: readonly number[];
}

export function coverage(counts: SurveyCounts, { roles, threads }: Surveyed): Coverage {
  const operations = operationsOf(counts);
  const times = new Map<number, Map<number, number>>();
  const { pairs } = counts;
  for (let k = 0; k < pairs.length; k += PAIR_NUMBERS) {
    const [a, b, n] = pairs.subarray(k, k + PAIR_NUMBERS);
    const row = times.get(a);
    if (row === undefined) times.set(a, new Map([[b, n]]));
    else row.set(b, n);
  }
  const seen = (a: Operation, b: Operation): number => times.get(a.large)?.get(b.large) ?? 0;
  const told = ({ large }: Operation) => ({
    role: roles[Math.floor(large / OPERATIONS)],
    operation: operationName(large % OPERATIONS),
  });
  const ordered: OrderedPair[] = [];
  const apart: ApartPair[] = [];
  operations.forEach((a, k) => {
    for (const b of operations.slice(k)) {
      const aFirst = seen(a, b);
      const bFirst = seen(b, a);
      const memory = a.object === MEMORY || b.object === MEMORY;
      const pair = { object: OBJECTS[memory ? MEMORY : a.object], a: told(a), b: told(b) };
      if (aFirst + bFirst > 0) {
        // Of two that are alike, one order is the other.
        const both = a === b || (aFirst > 0 && bFirst > 0);
        ordered.push({ ...pair, aFirst, bFirst, orders: both ? 'both' : 'one' });
      } else if (a.object === b.object && (a.writes || b.writes) && ofTwoThreads(a, b, threads)) {
        apart.push({ ...pair, keptApartBy: keeper(a, b) });
      }
    }
  });
  const words = ({ object, a, b }: Conflicting): string =>
    [object, a.role, a.operation, b.role, b.operation].join('\0');
  const byWords = (x: Conflicting, y: Conflicting): number => (words(x) < words(y) ? -1 : 1);
  ordered.sort(byWords);
  apart.sort(byWords);
  const bothOrders = ordered.filter(({ orders }) => orders === 'both').length;
  return { pairs: ordered, bothOrders, oneOrder: ordered.length - bothOrders, apart };
}

/** Two threads of one role, or of two. */
function ofTwoThreads(a: Operation, b: Operation, threads: readonly number[]): boolean {
  const role = Math.floor(a.large / OPERATIONS);
  return role !== Math.floor(b.large / OPERATIONS) || threads[role] > 1;
}

function operationsOf({ rows, touches }: SurveyCounts): Operation[] {
  const sets = new Map<number, Set<number>>();
  for (let k = 0; k < rows.length; k += ROW_NUMBERS) {
    const [key, operation, set] = rows.subarray(k, k + ROW_NUMBERS);
    const large = roleNumberOf(key) * OPERATIONS + operation;
    const known = sets.get(large);
    if (known === undefined) sets.set(large, new Set([set]));
    else known.add(set);
  }
  const out: Operation[] = [];
  for (let k = 0; k < touches.length; k += TOUCH_NUMBERS) {
    const [large, object, writes] = touches.subarray(k, k + TOUCH_NUMBERS);
    // Who wants a lock is kept apart by it from nobody.
    if (kindOf(large % OPERATIONS) === OP.LOCK && writes === 0) continue;
    out.push({ large, object, writes: writes === 1, sets: [...(sets.get(large) ?? [])] });
  }
  return out.sort((x, y) => x.large - y.large);
}

function keeper(a: Operation, b: Operation): string | null {
  const kind = Object.values(LOCK_KIND).find((k) =>
    a.sets.every((x) =>
      b.sets.every((y) => {
        const p = modeHeld(x, k);
        const q = modeHeld(y, k);
        return p !== 0 && q !== 0 && (p === LOCK_MODE.write || q === LOCK_MODE.write);
      }),
    ),
  );
  return kind === undefined ? null : LOCK_NAMES[kind];
}
