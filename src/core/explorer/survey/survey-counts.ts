// What a survey counted, as numbers that cross threads, lie in checkpoints and add up.

/** Sums that cross threads: tuples of numbers. */
export interface SurveyCounts {
  /** Step number * MAX_ROLES + role, operation, set of locks, times. */
  readonly rows: Float64Array;
  /** Operation of the one that went first, of the other, times; each role * OPERATIONS + operation. */
  readonly pairs: Float64Array;
  /** Operation (with its role), kind of object that it touches, 1 where it changes it. */
  readonly touches: Float64Array;
}
/** More than any role's number. */
export const MAX_ROLES = 32;

export const ROW_NUMBERS = 4;
export const PAIR_NUMBERS = 3;
export const TOUCH_NUMBERS = 3;

export const stepOf = (key: number): number => Math.floor(key / MAX_ROLES);
export const roleNumberOf = (key: number): number => key % MAX_ROLES;

/** Several workers' counts, or those before and after a stop, as one. */
export function addCounts(all: readonly SurveyCounts[]): SurveyCounts {
  if (all.length === 1) return all[0];
  return {
    rows: sums(
      all.map(({ rows }) => rows),
      ROW_NUMBERS,
      true,
    ),
    pairs: sums(
      all.map(({ pairs }) => pairs),
      PAIR_NUMBERS,
      true,
    ),
    touches: sums(
      all.map(({ touches }) => touches),
      TOUCH_NUMBERS,
      false,
    ),
  };
}

/** Tuples by all but their last number; those are added, or the largest is kept. */
function sums(all: readonly Float64Array[], numbers: number, add: boolean): Float64Array {
  const by = new Map<string, number>();
  for (const from of all) {
    for (let k = 0; k < from.length; k += numbers) {
      const key = from.subarray(k, k + numbers - 1).join();
      const last = from[k + numbers - 1];
      const before = by.get(key) ?? 0;
      by.set(key, add ? before + last : Math.max(before, last));
    }
  }
  return Float64Array.from([...by].flatMap(([key, n]) => [...key.split(',').map(Number), n]));
}
