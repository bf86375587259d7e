// A timeline of the resolution that was asked for: stored buckets summed up; rows where the range is small, and where no
// buckets are stored.

import { BadInput } from '../../../core/base/errors.js';
import { rootViews } from '../../../core/projections/roots.js';
import {
  type BucketVisitor,
  LANE_KINDS,
  readableBuckets,
  readBuckets,
  TIMELINE_UNITS,
  type TimelineLevel,
  timelineBuckets,
  visitBuckets,
} from '../../../core/projections/timeline.js';
import { standingOf } from '../../../core/projections/timeline-root.js';
import {
  LaneChoice,
  LaneTotals,
  planTimeline,
  type TimelineBefore,
  type TimelinePlan,
  TimelineSum,
  type TimelineView,
} from '../../../core/projections/timeline-view.js';
import { ARROW_KINDS, FarArrowsOf } from '../../../core/scene/far-arrows.js';
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
  // How things stood before the first bucket: from there on buckets say what became of it.
  past.moveTo(plan.from - 1);
  const arrows =
    plan.source === 'rows' ? new FarArrowsOf(past.moment.world, plan.from, leastArrow(plan)) : null;
  const parts = arrows === null ? ofStored(past, plan, context) : ofRows(past, plan, context, arrows);
  const tell = (visitor: BucketVisitor): void => {
    for (const part of parts) part(visitor);
  };
  const totals = new LaneTotals(plan, choice);
  if (choice.mayBeMany) tell(totals);
  const { lanes, omitted } = totals.busiest();
  const sum = new TimelineSum(plan, choice.mayBeMany ? lanes : choice, omitted);
  tell(sum);
  return { ...sum.view(beforeOf(past, choice, totals)), ...(arrows?.view() ?? NO_ARROWS) };
});

const NO_ARROWS = { arrowKinds: ARROW_KINDS, arrows: [] };
/** An arrow over fewer buckets cannot be told from others. */
const ARROW_BUCKETS = 5;

function leastArrow({ rowsPerBucket }: TimelinePlan): number {
  return ARROW_BUCKETS * rowsPerBucket;
}

function beforeOf(past: SessionPast, choice: LaneChoice, totals: LaneTotals): TimelineBefore {
  const { moment, session } = past;
  const views = rootViews(moment);
  const quiet = views.filter(
    ({ root, waitsForRcu }) =>
      !waitsForRcu && choice.has(LANE_KINDS.indexOf('root'), root) && totals.isQuiet('root', root),
  );
  return {
    names: moment,
    roots: new Map(views.map((view) => [view.root, standingOf(view)])),
    quiet: quiet.map(({ root }) => root),
    timed: session.manifest.recording === 'full',
  };
}

/** Tells its buckets, as often as it is asked to. */
type Part = (visitor: BucketVisitor) => void;

function ofRows(
  past: SessionPast,
  { from, to, rowsPerBucket }: TimelinePlan,
  context: OrderContext,
  arrows: FarArrowsOf,
): Part[] {
  return readRows(past, from, to, rowsPerBucket, context, arrows);
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
    // Written by a newer build, in a form of its own: the rows say the same.
    if (!readableBuckets(stored.bytes)) continue;
    readGap(stored.from - 1);
    parts.push((visitor) => readBuckets(stored.bytes, stored.from, visitor));
    at = Math.max(at, stored.to + 1);
  }
  readGap(to);
  return parts;
}

function readRows(
  past: SessionPast,
  from: number,
  to: number,
  unit: number,
  context: OrderContext,
  arrows: FarArrowsOf | null = null,
): Part[] {
  const parts: Part[] = [];
  for (let at = from; at <= to; ) {
    context.checkCancelled();
    const { rows } = context.reader.rows(past.session.id, { from: at, to, limit: READ_ROWS });
    const buckets = timelineBuckets(rows, 0, rows.length, at, unit);
    arrows?.take(rows, rows.length);
    parts.push((visitor) => visitBuckets(buckets, visitor));
    at += rows.length;
  }
  return parts;
}
