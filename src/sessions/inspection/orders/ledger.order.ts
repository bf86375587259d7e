// The ledger of one root.
import { ledgerOf, type RootLedger } from '../../../core/projections/ledger/ledger.js';
import { order } from '../order.js';
import { sessionHistory } from '../session-history.js';
import { positionOf, type When } from '../when.js';

export interface LedgerOrderRequest {
  readonly sessionId: string;
  readonly vm: number;
  readonly root: number;
  readonly when: When;
  readonly limit?: number | undefined;
  readonly events?: number | undefined;
}

export const ledgerOrder = order({ long: false }, (request: LedgerOrderRequest, context): RootLedger => {
  const { sessionId, vm, root, when, limit, events } = request;
  const history = sessionHistory(sessionId, context);
  const at = positionOf(when, history.past.session, context.reader);
  return ledgerOf(history, {
    vm,
    root,
    at,
    ...(limit !== undefined && { limit }),
    ...(events !== undefined && { events }),
  });
});
