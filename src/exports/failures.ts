// Errors of an export or import thread on their way to the main thread, with their types kept.
import { BadInput } from '../core/base/errors.js';
import { errorFromWire, errorToWire } from '../store/store.errors.js';
import type { Failure } from './messages.js';

export function failureOf(error: unknown): Failure {
  if (error instanceof BadInput) {
    const { code, message, expected } = error;
    return { badInput: { code, message, expected } };
  }
  return { store: errorToWire(error) };
}

export function errorOf(failure: Failure): Error {
  if ('store' in failure) return errorFromWire(failure.store);
  const { code, message, expected } = failure.badInput;
  return new BadInput(code, message, expected);
}
