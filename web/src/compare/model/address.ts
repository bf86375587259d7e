// What of a comparison stands in its address: which sessions, which of them beside the first, what is shown, and the stretch of
// the clock that is seen.

export const MAX_SESSIONS = 8;
export const CURVES = ['rootAllocations', 'liveRoots', 'faults', 'lockWaitNs', 'milestones'] as const;
export type CurveName = (typeof CURVES)[number];
export type ClockName = 'time' | 'events';

const ID = /^[1-9]\d{0,15}$/;

/** `sessions=1,2,3`, or `a=1&b=2` as other views link. What is no id, or named twice, is left out. */
export function sessionsOf(query: URLSearchParams): string[] {
  const named = (query.get('sessions') ?? '').split(',');
  const pair = ['a', 'b'].map((name) => query.get(name) ?? '');
  const ids = [...named, ...pair].filter((id) => ID.test(id));
  return [...new Set(ids)].slice(0, MAX_SESSIONS);
}

/** Index of the session that stands beside the first; at least 1. */
export function otherOf(query: URLSearchParams, ids: readonly string[]): number {
  return Math.max(1, ids.indexOf(query.get('beside') ?? ''));
}

export function curveOf(query: URLSearchParams): CurveName {
  return CURVES.find((name) => name === query.get('curve')) ?? 'rootAllocations';
}

export function clockOf(query: URLSearchParams): ClockName {
  return query.get('clock') === 'events' ? 'events' : 'time';
}

/** `from-to`, whole units of the clock. */
export function stretchOf(text: string | null): { readonly from: number; readonly to: number } | null {
  const [, from, to] = /^(\d{1,15})-(\d{1,15})$/.exec(text ?? '') ?? [];
  if (from === undefined || Number(to) <= Number(from)) return null;
  return { from: Number(from), to: Number(to) };
}

export function momentOf(text: string | null): number | null {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null;
}
