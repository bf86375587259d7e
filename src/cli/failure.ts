// What a failed command says and with which code it ends: what the caller can put right is bad input (2), everything
// else is internal (1).
import { CommanderError } from 'commander';
import { BadInput, CommandRefused, ProtocolFault } from '../core/base/errors.js';
import { StoreError, type StoreErrorCode } from '../store/store.errors.js';
import { EXIT_CODE, type ExitCode } from './exit-codes.js';

/** A server's answer that is not a success. */
export class ServerRefused extends Error {
  override readonly name = 'ServerRefused';
  constructor(
    readonly status: number,
    message: string,
    /** Name of the problem type. */
    readonly problem: string | null = null,
  ) {
    super(message);
  }
}

export interface Failure {
  readonly code: ExitCode;
  /** null: it was said already. */
  readonly text: string | null;
}

const CALLERS_BUSINESS: ReadonlySet<StoreErrorCode> = new Set<StoreErrorCode>([
  'session_not_found',
  'session_sealed',
  'state_conflict',
  'position_conflict',
  'cannot_go_on',
  'query_refused',
  'limit_exceeded',
  'idempotency_mismatch',
  'disk_full',
  'database_newer',
  'database_older',
  'database_foreign',
  'database_damaged',
  'data_folder_owned',
]);

export function failureOf(error: unknown): Failure {
  if (error instanceof CommanderError) {
    // commander has written its message (or the help that was asked for) already.
    return { code: error.exitCode === 0 ? EXIT_CODE.FINE : EXIT_CODE.BAD_INPUT, text: null };
  }
  if (error instanceof CommandRefused) {
    return { code: EXIT_CODE.BAD_INPUT, text: `${error.message}\nallowed now: ${error.allowed.join(', ')}` };
  }
  if (error instanceof ProtocolFault) return { code: EXIT_CODE.BAD_INPUT, text: error.message };
  if (error instanceof BadInput) return { code: EXIT_CODE.BAD_INPUT, text: error.message };
  if (error instanceof StoreError) {
    const code = CALLERS_BUSINESS.has(error.code) ? EXIT_CODE.BAD_INPUT : EXIT_CODE.INTERNAL;
    return { code, text: error.message };
  }
  if (error instanceof ServerRefused) {
    const code = error.status >= 400 && error.status < 500 ? EXIT_CODE.BAD_INPUT : EXIT_CODE.INTERNAL;
    return { code, text: error.message };
  }
  return {
    code: EXIT_CODE.INTERNAL,
    text: error instanceof Error ? (error.stack ?? error.message) : String(error),
  };
}
