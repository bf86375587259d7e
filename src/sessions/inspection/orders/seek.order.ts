// Steps and continues, forwards and backwards, to a position; nothing is executed.
import { BadInput } from '../../../core/base/errors.js';
import {
  BREAKPOINT_FIELDS,
  type Breakpoint,
  type BreakpointText,
  parseBreakpoint,
} from '../../../core/travel/breakpoint.js';
import { seek } from '../../../core/travel/seek.js';
import { type StepKind, step } from '../../../core/travel/step.js';
import type { Direction, Sought } from '../../../core/travel/traveller.js';
import { type ReadableEvent, readableEvent } from '../../../store/readable-rows.js';
import { type OrderContext, order } from '../order.js';
import { type SessionPast, sessionPast } from '../session-past.js';
import { checkPosition } from '../when.js';

export interface SeekRequest {
  readonly sessionId: string;
  readonly from: number;
  readonly direction: Direction;
  /** A step of this kind; else on to the breakpoint. */
  readonly step?: StepKind | undefined;
  readonly until: BreakpointText;
  /** Events that are looked at. */
  readonly limit: number;
}

export interface SeekReply extends Sought {
  readonly found: boolean;
  /** The event that it stopped at; null before the first event, and when nothing was found. */
  readonly event: ReadableEvent | null;
}

const PAGE_ROWS = 256;

export const seekOrder = order({ long: false }, (request: SeekRequest, context): SeekReply => {
  const past = sessionPast(request.sessionId, context);
  const from = checkPosition(request.from, past.session);
  const sought =
    request.step === undefined
      ? untilBreakpoint(past, from, request, context)
      : oneStep(past, from, request.step, request);
  const { position } = sought;
  const event = position === null || position === 0 ? null : eventAt(past, position);
  return { found: position !== null, ...sought, event };
});

function oneStep(past: SessionPast, from: number, kind: StepKind, request: SeekRequest): Sought {
  const named = BREAKPOINT_FIELDS.filter((field) => field !== 'thread' && request.until[field] !== undefined);
  if (named.length > 0) {
    throw new BadInput('step-or-until', `a step has no breakpoint: leave out ${named.join(', ')}`, [
      'step',
      'until',
    ]);
  }
  const { thread } = request.until;
  const { threadNames } = past.moment;
  const number = thread === undefined ? undefined : threadNames.indexOf(thread);
  if (number === -1)
    throw new BadInput('unknown-thread', `the session has no thread "${thread}"`, threadNames);
  return step(past, kind, request.direction, from, request.limit, number);
}

function untilBreakpoint(
  past: SessionPast,
  from: number,
  { until, direction, limit }: SeekRequest,
  context: OrderContext,
): Sought {
  if (BREAKPOINT_FIELDS.every((field) => until[field] === undefined)) {
    throw new BadInput('no-breakpoint', 'a seek needs a step or something to stop at', [
      'step',
      ...BREAKPOINT_FIELDS,
    ]);
  }
  const breakpoint = parseBreakpoint(until, past.moment, past.names.sites);
  const { filters, change, when } = breakpoint;
  if (filters !== null && change === null && when === null)
    return byRows(past, breakpoint, direction, from, context);
  return seek(past, breakpoint, direction, from, limit);
}

/** No state is needed: the store looks, with its index where that helps, a bounded number of rows at a time. */
function byRows(
  past: SessionPast,
  { filters, matches }: Breakpoint,
  direction: Direction,
  from: number,
  context: OrderContext,
): Sought {
  const forward = direction === 'forward';
  let at: number | null = forward ? from + 1 : from - 1;
  if (at < 1 || at > past.end) return { position: null, looked: 0, next: null };
  let pages = 0;
  while (at !== null) {
    context.checkCancelled();
    if (pages++ === MAX_PAGES) {
      const next = forward ? at - 1 : at + 1;
      return { position: null, looked: Math.abs(next - from), next };
    }
    const { rows, next } = context.reader.rows(past.session.id, {
      [forward ? 'from' : 'to']: at,
      direction,
      limit: PAGE_ROWS,
      filters: filters!,
    });
    for (let i = 0; i < rows.length; i++) {
      if (!matches(rows, i)) continue;
      const position = rows.position[i]!;
      return { position, looked: Math.abs(position - from), next: null };
    }
    at = next;
  }
  return { position: null, looked: forward ? past.end - from : from - 1, next: null };
}

/** Pages of one call. */
const MAX_PAGES = 8;

function eventAt(past: SessionPast, position: number): ReadableEvent {
  const { rows, from } = past.windowAt(position);
  return readableEvent(rows, position - from, past.names.table);
}
