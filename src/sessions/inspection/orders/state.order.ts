// The state at a position: the committed end where none is named.
import { BadInput } from '../../../core/base/errors.js';
import { order } from '../order.js';
import { sessionPast } from '../session-past.js';
import { type StateView, stateView } from '../state-view.js';

export interface StateRequest {
  readonly sessionId: string;
  readonly at?: number;
}

export const stateOrder = order({ long: false }, ({ sessionId, at }: StateRequest, context): StateView => {
  const travel = sessionPast(sessionId, context);
  const position = at ?? travel.session.position;
  if (position > travel.session.position) {
    const expected = `0 to ${travel.session.position}`;
    throw new BadInput(
      'position-outside',
      `session ${sessionId} has no position ${position}; expected ${expected}`,
      [expected],
    );
  }
  travel.moveTo(position, () => context.checkCancelled());
  return stateView(travel.past);
});
