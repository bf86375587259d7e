// What a page request means in positions: clipped to what is stored, bounded in work, and where the next page begins.

import type { RowFilters, RowQuery } from './event-store.port.js';
import { queryRefused } from './store.errors.js';
import { checkPageLimit, type StoreLimits } from './store.limits.js';

export interface PagePlan {
  /** The positions that this page looks at; empty when low > high. */
  readonly low: number;
  readonly high: number;
  readonly limit: number;
  readonly backward: boolean;
  /** Null when every row of the window is wanted. */
  readonly filters: RowFilters | null;
  /** The whole range asked for, clipped to what is stored. */
  readonly rangeLow: number;
  readonly rangeHigh: number;
}

export function planPage(query: RowQuery, storedPosition: number, limits: StoreLimits): PagePlan {
  checkPageLimit(query.limit, limits);
  checkPosition(query.from, 'from');
  checkPosition(query.to, 'to');
  const filters = usedFilters(query.filters);
  const rangeLow = Math.max(1, query.from ?? 1);
  const rangeHigh = Math.min(storedPosition, query.to ?? storedPosition);
  const backward = query.direction === 'backward';
  const window = filters === null ? query.limit : limits.maxScanRows;
  return {
    low: backward ? Math.max(rangeLow, rangeHigh - window + 1) : rangeLow,
    high: backward ? rangeHigh : Math.min(rangeHigh, rangeLow + window - 1),
    limit: query.limit,
    backward,
    filters,
    rangeLow,
    rangeHigh,
  };
}

/** Where the next page begins after `found` rows, the last of them at `lastPosition`; null when there is none. */
export function nextOf(plan: PagePlan, found: number, lastPosition: number): number | null {
  const full = found === plan.limit;
  if (plan.backward) {
    const next = full ? lastPosition - 1 : plan.low - 1;
    return next >= plan.rangeLow ? next : null;
  }
  const next = full ? lastPosition + 1 : plan.high + 1;
  return next <= plan.rangeHigh ? next : null;
}

function usedFilters(filters: RowFilters | undefined): RowFilters | null {
  if (filters === undefined) return null;
  const { types, thread, subject } = filters;
  for (const type of types ?? []) checkWhole(type, 0, 255, 'an event code');
  if (thread !== undefined) checkWhole(thread, 0, 255, 'a thread number');
  if (subject !== undefined) checkWhole(subject, -(2 ** 31), 2 ** 31 - 1, 'a subject (number * 16 + kind)');
  const used = types ?? thread ?? subject ?? filters.function;
  return used === undefined ? null : filters;
}

function checkPosition(position: number | undefined, name: string): void {
  if (position !== undefined) checkWhole(position, 0, Number.MAX_SAFE_INTEGER, `a position as ${name}`);
}

function checkWhole(value: number, low: number, high: number, what: string): void {
  if (Number.isInteger(value) && value >= low && value <= high) return;
  throw queryRefused(String(value), `${what}: a whole number from ${low} to ${high}`);
}
