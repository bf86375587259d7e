// How an error ends a run: a limit of the model as that limit. In a run of a user's protocol whatever a step throws is the
// protocol's fault, named with procedure and label, and so is a step that tells more events than one may: nobody has compiled
// or tried that code. Of a shipped protocol it is a bug of ours and goes on up.
import { errorText, LimitReached, ProtocolFault } from '../base/errors.js';
import type { Machine } from '../machine/machine.js';
import type { Outcome, OutcomeDetail } from './contract.js';

/** Limits that only the steps of a protocol decide about; others are those of the scenario or the run. */
const OF_THE_STEPS: ReadonlySet<string> = new Set(['stepEvents', 'topology.stackWords', 'sites']);

/** Null: neither a limit nor a protocol's fault.  @param running the thread that was taking steps, or -1 */
export function endingOf(
  error: unknown,
  file: string | undefined,
  machine: Machine,
  running: number,
): { readonly outcome: Outcome; readonly detail: OutcomeDetail } | null {
  const own = file !== undefined && running >= 0;
  if (error instanceof LimitReached && !(own && OF_THE_STEPS.has(error.limit)))
    return { outcome: 'limit_reached', detail: { limit: error.limit, message: error.message } };
  if (!own) return null;
  // Events of the op that failed half-way are no facts.
  if (machine.openAt >= 0) machine.batch.length = machine.openAt;
  const { kind, at, message } = asProtocolFault(error, file, machine.where(running)[0]);
  return { outcome: 'failed', detail: { message, protocolFault: { kind, file, at } } };
}

/** What was thrown while a step of the protocol in `file` ran, as its fault. @param at where the thread stood */
export function asProtocolFault(
  error: unknown,
  file: string,
  at: { readonly function: string; readonly label: string } | undefined,
): ProtocolFault {
  if (error instanceof ProtocolFault) return error;
  const where = at === undefined ? '' : `${at.function} @ ${at.label}`;
  if (!(error instanceof LimitReached)) return new ProtocolFault('threw', file, where, errorText(error));
  const { limit, value } = error;
  const what = limit === 'stepEvents' ? `it tells more than ${limit} = ${value} events` : error.message;
  return new ProtocolFault('step', file, where, what);
}
