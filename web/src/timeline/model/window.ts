// The stretch of positions that is seen. Position p takes [p, p + 1); a window is [from, to), in fractions while it moves.

export interface Window {
  readonly from: number;
  readonly to: number;
}

/** Fewer positions than this are never stretched over the whole width. */
export const MIN_SPAN = 8;

export function whole(last: number): Window {
  return { from: 1, to: Math.max(1 + MIN_SPAN, last + 1) };
}

/** Within the session, not narrower than MIN_SPAN. */
export function clamped({ from, to }: Window, last: number): Window {
  const all = whole(last);
  const span = Math.min(Math.max(MIN_SPAN, to - from), all.to - all.from);
  const start = Math.min(Math.max(all.from, from), all.to - span);
  return { from: start, to: start + span };
}

/** @param at position that stays where it is on the screen */
export function zoomed(window: Window, factor: number, at: number, last: number): Window {
  const from = at - (at - window.from) * factor;
  return clamped({ from, to: from + Math.max(MIN_SPAN, (window.to - window.from) * factor) }, last);
}

export function panned({ from, to }: Window, by: number, last: number): Window {
  return clamped({ from: from + by, to: to + by }, last);
}

/** The same span, moved only as far as is needed to see `at` with some room around it. */
export function showing(window: Window, at: number, last: number): Window {
  const span = window.to - window.from;
  if (at >= window.from + span * 0.05 && at + 1 <= window.to - span * 0.05) return window;
  return clamped({ from: at - span / 2, to: at + span / 2 }, last);
}

/** Around a position, wide enough to read what happens there. */
export function around(at: number, last: number, span = 160): Window {
  return clamped({ from: at - span / 2, to: at + span / 2 }, last);
}

/** Steps of 1, 2 or 5 times a power of ten, so that about `wanted` of them fit. */
export function tickStep(span: number, wanted: number): number {
  const rough = span / Math.max(1, wanted);
  const power = 10 ** Math.floor(Math.log10(Math.max(1, rough)));
  const step = [1, 2, 5, 10].find((m) => m * power >= rough) ?? 10;
  return Math.max(1, step * power);
}
