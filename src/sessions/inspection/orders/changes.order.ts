// What differs between the states at two positions.
import { type Change, changesBetween } from '../../../core/projections/changes.js';
import { stateView, type Where } from '../../../core/projections/state.js';
import { limitExceeded } from '../../../store/store.errors.js';
import { order } from '../order.js';
import { sessionPast } from '../session-past.js';
import { checkPosition } from '../when.js';

export interface ChangesRequest {
  readonly sessionId: string;
  readonly from: number;
  readonly to: number;
  /** Only paths that begin with this. */
  readonly under?: string | undefined;
}

export interface ChangesReply {
  readonly from: Where;
  readonly to: Where;
  readonly changes: readonly Change[];
}

/** Differences of one answer; more means that two states have little in common. */
const MAX_CHANGES = 20_000;

export const changesOrder = order({ long: false }, (request: ChangesRequest, context): ChangesReply => {
  const past = sessionPast(request.sessionId, context);
  const [from, to] = [request.from, request.to].map((position) => checkPosition(position, past.session));
  past.moveTo(from);
  const before = stateView(past.moment);
  past.moveTo(to);
  const after = stateView(past.moment);
  const { under } = request;
  const changes = changesBetween(before, after).filter(
    ({ path }) => under === undefined || path === under || path.startsWith(`${under}.`),
  );
  if (changes.length > MAX_CHANGES)
    throw limitExceeded('MAX_CHANGES', MAX_CHANGES, changes.length, 'changes in one answer; name a path');
  return { from: where(before), to: where(after), changes };
});

function where({ position, ordinal, timeNs, recording }: Where): Where {
  return { position, ordinal, timeNs, recording };
}
