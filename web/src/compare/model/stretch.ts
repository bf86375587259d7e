// A stretch of a clock: of nanoseconds, or of positions. Zoomed and moved like the window of a session, within [0, end].
import type { Window } from '../../timeline/model/window.js';

/** Shorter stretches are not spread over the screen: events have whole nanoseconds and positions. */
const LEAST = 8;

export function within({ from, to }: Window, end: number): Window {
  const span = Math.min(Math.max(LEAST, to - from), Math.max(LEAST, end));
  const start = Math.min(Math.max(0, from), Math.max(0, end - span));
  return { from: start, to: start + span };
}

/** @param at what stays where it is on the screen */
export function zoomedAt(window: Window, factor: number, at: number, end: number): Window {
  const span = Math.max(LEAST, (window.to - window.from) * factor);
  const from = at - (at - window.from) * (span / (window.to - window.from));
  return within({ from, to: from + span }, end);
}

export function moved({ from, to }: Window, by: number, end: number): Window {
  return within({ from: from + by, to: to + by }, end);
}

export function wholeOf(end: number): Window {
  return { from: 0, to: Math.max(LEAST, end) };
}
