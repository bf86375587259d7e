// How an error ends a run: a limit of the model as that limit. In a run of a user's protocol whatever a step throws is the protocol's fault, named with procedure and label: nobody has
// compiled or tried that code. Of a shipped protocol it is a bug of ours and goes on up.
import { errorText, LimitReached, ProtocolFault } from '../base/errors.js';
import type { Machine } from '../machine/machine.js';
import type { Outcome, OutcomeDetail } from './contract.js';

/** Null: neither a limit nor a protocol's fault.  @param running the thread that was taking steps, or -1 */
export function endingOf(
  error: unknown,
  file: string | undefined,
  machine: Machine,
  running: number,
): { readonly outcome: Outcome; readonly detail: OutcomeDetail } | null {
  if (error instanceof LimitReached)
    return { outcome: 'limit_reached', detail: { limit: error.limit, message: error.message } };
  if (file === undefined || running < 0) return null;
  const { kind, at, message } = faultOf(error, file, machine, running);
  return { outcome: 'failed', detail: { message, protocolFault: { kind, file, at } } };
}

function faultOf(error: unknown, file: string, machine: Machine, running: number): ProtocolFault {
  // Events of the op that failed half-way are no facts.
  if (machine.openAt >= 0) machine.batch.length = machine.openAt;
  if (error instanceof ProtocolFault) return error;
  const [at] = machine.where(running);
  return new ProtocolFault('threw', file, `${at.function} @ ${at.label}`, errorText(error));
}
