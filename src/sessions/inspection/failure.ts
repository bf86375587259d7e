// Errors of an order on their way between threads: the core's and the store's arrive as what they were.
import { BadInput, CommandRefused, ProtocolFault } from '../../core/base/errors.js';
import { errorFromWire, errorToWire, StoreError, type WireError } from '../../store/store.errors.js';

export type WireFailure =
  | { readonly kind: 'store'; readonly error: WireError }
  | { readonly kind: 'refused'; readonly message: string; readonly allowed: readonly string[] }
  | {
      readonly kind: 'fault';
      readonly fault: Pick<ProtocolFault, 'kind' | 'file' | 'at' | 'what'>;
    }
  | {
      readonly kind: 'badInput';
      readonly code: string;
      readonly message: string;
      readonly expected: readonly string[];
    };

export function failureToWire(error: unknown): WireFailure {
  if (error instanceof BadInput) {
    const { code, message, expected } = error;
    return { kind: 'badInput', code, message, expected };
  }
  if (error instanceof CommandRefused)
    return { kind: 'refused', message: error.message, allowed: error.allowed };
  if (error instanceof ProtocolFault) {
    const { kind, file, at, what } = error;
    return { kind: 'fault', fault: { kind, file, at, what } };
  }
  return { kind: 'store', error: errorToWire(error) };
}

export function failureFromWire(
  failure: WireFailure,
): BadInput | CommandRefused | ProtocolFault | StoreError {
  if (failure.kind === 'fault') {
    const { kind, file, at, what } = failure.fault;
    return new ProtocolFault(kind, file, at, what);
  }
  if (failure.kind === 'store') return errorFromWire(failure.error);
  if (failure.kind === 'refused') return new CommandRefused(failure.message, failure.allowed);
  return new BadInput(failure.code, failure.message, failure.expected);
}

/** The asker went away, or the service stops. */
export function cancelledError(): StoreError {
  const what = 'the inspection was cancelled';
  return new StoreError('inspection_cancelled', what, { what });
}
