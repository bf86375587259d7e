// Who owns which positions of a session. A session that was not forked owns all of its own; a fork reads its parent's
// up to the fork point. Segments of one session are sorted, do not overlap and leave no gap.

/** End of the segment that still grows. */
export const OPEN_END = Number.MAX_SAFE_INTEGER;

export interface Segment {
  readonly from: number;
  readonly to: number;
  /** Session number under which the rows are kept. */
  readonly owner: number;
}

/** Segments of a new session `self`: what it shares with `parent` up to `position`, then its own. */
export function segmentsOfNew(self: number, parent: readonly Segment[], position: number): Segment[] {
  return [...clipSegments(parent, 1, position), { from: position + 1, to: OPEN_END, owner: self }];
}

/** The parts of the segments that lie within [from, to]. */
export function clipSegments(segments: readonly Segment[], from: number, to: number): Segment[] {
  return segments
    .filter((segment) => segment.from <= to && segment.to >= from)
    .map((segment) => ({
      from: Math.max(segment.from, from),
      to: Math.min(segment.to, to),
      owner: segment.owner,
    }));
}

/** First position that the session itself owns. */
export function firstOwnPosition(segments: readonly Segment[]): number {
  return segments.at(-1)!.from;
}
