// A timeline of the resolution that was asked for: stored buckets summed up; rows where the range is small, and where no
// buckets are stored.

import { BadInput } from '../../../core/base/errors.js';
import {
  type BucketVisitor,
  readBuckets,
  TIMELINE_UNITS,
  type TimelineLevel,
  timelineBuckets,
  visitBuckets,
} from '../../../core/projections/timeline.js';
import {
  LaneChoice,
  LaneTotals,
  planTimeline,
  type TimelinePlan,
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

const FORM = { long: false, json: true };

export const timelineOrder = order(FORM, (request: TimelineRequest, context): TimelineView => {
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
  const parts = plan.source === 'rows' ? ofRows(past, plan, context) : ofStored(past, plan, context);
  const tell = (visitor: BucketVisitor): void => {
    for (const part of parts) part(visitor);
  };
  const totals = new LaneTotals(plan, choice);
  if (choice.mayBeMany) tell(totals);
  const { lanes, omitted } = totals.busiest();
  const sum = new TimelineSum(plan, choice.mayBeMany ? lanes : choice, omitted);
  tell(sum);
  return sum.view(past.moment.threadNames);
});

/** Tells its buckets, as often as it is asked to. */
type Part = (visitor: BucketVisitor) => void;

function ofRows(past: SessionPast, { from, to, rowsPerBucket }: TimelinePlan, context: OrderContext): Part[] {
  return readRows(past, from, to, rowsPerBucket, context);
}

function ofStored(past: SessionPast, { from, to, source }: TimelinePlan, context: OrderContext): Part[] {
  const level = source as TimelineLevel;
  const parts: Part[] = [];
  let at = from;
  let read = 0;
  const readGap = (end: number): void => {
    if (at > end) return;
    read += end - at + 1;
    if (read > MAX_ROWS_READ)
      throw limitExceeded(
        'MAX_ROWS_READ',
        MAX_ROWS_READ,
        read,
        'rows without a stored timeline; ask for a shorter range',
      );
    parts.push(...readRows(past, at, end, TIMELINE_UNITS[level], context));
  };
  for (const stored of context.reader.timeline(past.session.id, level, from, to)) {
    readGap(stored.from - 1);
    parts.push((visitor) => readBuckets(stored.bytes, stored.from, visitor));
    at = Math.max(at, stored.to + 1);
  }
  readGap(to);
  return parts;
}

function readRows(past: SessionPast, from: number, to: number, unit: number, context: OrderContext): Part[] {
  const parts: Part[] = [];
  for (let at = from; at <= to; ) {
    context.checkCancelled();
    const { rows } = context.reader.rows(past.session.id, { from: at, to, limit: READ_ROWS });
    const buckets = timelineBuckets(rows, 0, rows.length, at, unit);
    parts.push((visitor) => visitBuckets(buckets, visitor));
    at += rows.length;
  }
  return parts;
}
