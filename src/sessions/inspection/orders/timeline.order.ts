// A timeline of the resolution that was asked for: stored buckets summed up; rows where the range is small, and where no
// buckets are stored.

import { BadInput } from '../../../core/base/errors.js';
import {
  readBuckets,
  TIMELINE_UNITS,
  type TimelineLevel,
  timelineBuckets,
  visitBuckets,
} from '../../../core/projections/timeline.js';
import {
  LaneChoice,
  planTimeline,
  TimelineSum,
  type TimelineView,
} from '../../../core/projections/timeline-view.js';
import { limitExceeded } from '../../../store/store.errors.js';
import { type OrderContext, order } from '../order.js';
import { type SessionPast, sessionPast } from '../session-past.js';
import { checkPosition } from '../when.js';

export interface TimelineRequest {
  readonly sessionId: string;
  /** Positions; the whole session by default. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** Buckets at the most. */
  readonly width: number;
  readonly lanes: string;
}

const READ_ROWS = 16_384;
/** Rows without stored buckets that one answer reads. */
const MAX_ROWS_READ = 4_000_000;

export const timelineOrder = order({ long: false }, (request: TimelineRequest, context): TimelineView => {
  const past = sessionPast(request.sessionId, context);
  const from = checkPosition(request.from ?? 1, past.session);
  const to = checkPosition(request.to ?? past.end, past.session);
  if (from > to && past.end > 0) {
    throw new BadInput('empty-range', `from ${from} lies behind to ${to}; expected from <= to`, [
      'from <= to',
    ]);
  }
  const choice = new LaneChoice(request.lanes);
  const plan = planTimeline(Math.max(1, from), to, request.width, past.end);
  const sum = new TimelineSum(plan, choice);
  const { source } = plan;
  if (source === 'rows') addRows(sum, past, plan.from, plan.to, plan.rowsPerBucket, context);
  else addStored(sum, past, plan.from, plan.to, source, context);
  return sum.view(past.moment.threadNames);
});

function addStored(
  sum: TimelineSum,
  past: SessionPast,
  from: number,
  to: number,
  level: TimelineLevel,
  context: OrderContext,
): void {
  const { reader } = context;
  const unit = TIMELINE_UNITS[level];
  let at = from;
  let read = 0;
  const addGap = (end: number): void => {
    if (at > end) return;
    read += end - at + 1;
    if (read > MAX_ROWS_READ)
      throw limitExceeded(
        'MAX_ROWS_READ',
        MAX_ROWS_READ,
        read,
        'rows without a stored timeline; ask for less',
      );
    addRows(sum, past, at, end, unit, context);
  };
  for (const stored of reader.timeline(past.session.id, level, from, to)) {
    addGap(stored.from - 1);
    readBuckets(stored.bytes, stored.from, sum);
    at = Math.max(at, stored.to + 1);
  }
  addGap(to);
}

function addRows(
  sum: TimelineSum,
  past: SessionPast,
  from: number,
  to: number,
  unit: number,
  context: OrderContext,
): void {
  for (let at = from; at <= to; ) {
    context.checkCancelled();
    const { rows } = context.reader.rows(past.session.id, { from: at, to, limit: READ_ROWS });
    visitBuckets(timelineBuckets(rows, 0, rows.length, at, unit), sum);
    at += rows.length;
  }
}
