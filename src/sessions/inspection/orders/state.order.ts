// The state at a position or a virtual time; or, for who asks, the entries of one root's tables or of one vCPU's caches.
import { BadInput } from '../../../core/base/errors.js';
import { rootAddress, rootView } from '../../../core/projections/roots.js';
import { type StateView, stateView, type Where, whereOf } from '../../../core/projections/state.js';
import { type EntryView, tableEntries } from '../../../core/projections/tables.js';
import { type TlbEntryView, tlbEntries } from '../../../core/projections/tlbs.js';
import { type Kept, NOT_RECORDED } from '../../../core/projections/words.js';
import { type OrderContext, order } from '../order.js';
import { type SessionPast, sessionPast } from '../session-past.js';
import { positionOf, type When } from '../when.js';

export interface StateRequest {
  readonly sessionId: string;
  readonly when: When;
}

export interface EntriesRequest extends StateRequest {
  readonly of: { readonly vm: number; readonly root: number } | { readonly vcpu: number };
  /** Entries that the page leaves out, and how many it has at most. */
  readonly skip: number;
  readonly limit: number;
}

export interface EntriesReply extends Where {
  readonly entries: Kept<readonly (EntryView | TlbEntryView)[]>;
  readonly next: number | null;
}

/** The session, moved to when it was asked for. */
export function pastAt({ sessionId, when }: StateRequest, context: OrderContext): SessionPast {
  const past = sessionPast(sessionId, context);
  past.moveTo(positionOf(when, past.session, context.reader));
  return past;
}

export const stateOrder = order(
  { long: false },
  (request: StateRequest, context): StateView => stateView(pastAt(request, context).moment),
);

export const entriesOrder = order({ long: false }, (request: EntriesRequest, context): EntriesReply => {
  const { moment } = pastAt(request, context);
  const { of, skip, limit } = request;
  const where = whereOf(moment);
  const { world } = moment;
  if ('vcpu' in of) {
    if (of.vcpu >= world.vcpus) throw missing(`vCPU ${of.vcpu}`, where);
    if (!moment.full) return { ...where, entries: NOT_RECORDED, next: null };
    const all = tlbEntries(world, of.vcpu);
    const entries = all.slice(skip, skip + limit);
    return { ...where, entries, next: skip + entries.length < all.length ? skip + entries.length : null };
  }
  const address = rootAddress(world, of.root);
  if (address < 0 || rootView(moment, address).vm !== of.vm)
    throw missing(`root ${of.root} of VM ${of.vm}`, where);
  if (!moment.full) return { ...where, entries: NOT_RECORDED, next: null };
  return { ...where, ...tableEntries(world, address, skip, limit) };
});

function missing(what: string, { position }: Where): BadInput {
  return new BadInput('not-at-position', `there is no ${what} at position ${position}`);
}
