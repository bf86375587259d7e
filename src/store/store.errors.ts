// Every way in which the store says no. One class, a code, and details whose type follows from the code, so that an
// error survives the way between threads and a caller can answer each one in its own words (HTTP status, exit code).

/** Who holds a data folder, as far as it wrote that down. */
export interface OwnerInfo {
  readonly pid: number;
  /** Null until the server listens, and for a command that serves nothing. */
  readonly host: string | null;
  readonly port: number | null;
  readonly startedAt: string;
}

export interface StoreErrorDetails {
  /** A chunk does not continue the session where it ends. */
  position_conflict: { sessionId: string; expected: number; actual: number };
  session_not_found: { sessionId: string };
  /** The session is finished, failed or cancelled and takes nothing more. */
  session_sealed: { sessionId: string; state: string };
  /** The session is not in one of the states that the caller asked for. */
  state_conflict: { sessionId: string; state: string; allowed: readonly string[] };
  /** A command or a step came to nothing: another build made the session, or its thread failed. Nothing has changed. */
  cannot_go_on: { sessionId: string; why: string };
  /** A chunk contradicts itself or what is stored. */
  chunk_refused: { sessionId: string; why: string };
  /** A query or an argument cannot be served as it stands. */
  query_refused: { what: string; expected: string };
  limit_exceeded: { limit: string; value: number; wanted: number };
  /** The idempotency key was used for another request. */
  idempotency_mismatch: { key: string };
  /** One of its kind runs at a time. */
  job_under_way: { kind: string; id: string | null };
  disk_full: { file: string };
  /** A newer Rootline wrote the file. */
  database_newer: { file: string; found: number; supported: number };
  /** The file has to be migrated before this can be done with it. */
  database_older: { file: string; found: number; expected: number };
  /** The file is a database, but not Rootline's. */
  database_foreign: { file: string; found: number; expected: number };
  database_damaged: { file: string; what: string };
  data_folder_owned: { dataDir: string; owner: OwnerInfo | null };
  store_closed: { what: string };
  /** Nobody waited for the answer any more, or the server stops. */
  inspection_cancelled: { what: string };
  /** Anything else: a bug, a lost thread, an I/O error. */
  store_failed: { what: string };
}
export type StoreErrorCode = keyof StoreErrorDetails;

export class StoreError<C extends StoreErrorCode = StoreErrorCode> extends Error {
  override readonly name = 'StoreError';
  constructor(
    readonly code: C,
    message: string,
    readonly details: StoreErrorDetails[C],
  ) {
    super(message);
  }
}

/** The error, narrowed to its code. */
export function isStoreError<C extends StoreErrorCode>(error: unknown, code: C): error is StoreError<C> {
  return error instanceof StoreError && error.code === code;
}

/** The form in which an error crosses a thread. */
export interface WireError {
  readonly code: StoreErrorCode;
  readonly message: string;
  readonly details: StoreErrorDetails[StoreErrorCode];
}

export function errorToWire(error: unknown): WireError {
  if (error instanceof StoreError)
    return { code: error.code, message: error.message, details: error.details };
  const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: 'store_failed', message: `the store failed: ${firstLine(what)}`, details: { what } };
}

export function errorFromWire(wire: WireError): StoreError {
  return new StoreError(wire.code, wire.message, wire.details);
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]!;
}

// The errors that more than one file raises.

export function positionConflict(sessionId: string, expected: number, actual: number): StoreError {
  return new StoreError(
    'position_conflict',
    `session ${sessionId} ends at position ${actual}; expected was ${expected}`,
    { sessionId, expected, actual },
  );
}

export function stateConflict(sessionId: string, state: string, allowed: readonly string[]): StoreError {
  return new StoreError(
    'state_conflict',
    `session ${sessionId} is ${state}; expected ${allowed.join(' or ')}`,
    { sessionId, state, allowed },
  );
}

export function cannotGoOn(sessionId: string, why: string): StoreError {
  return new StoreError('cannot_go_on', `session ${sessionId} cannot go on: ${why}`, { sessionId, why });
}

/** @param was its number has been given out: it was deleted, or an import that did not come to its end */
export function sessionNotFound(sessionId: string, was = false): StoreError {
  const text = was ? `session ${sessionId} is not there any more` : `there is no session ${sessionId}`;
  return new StoreError('session_not_found', text, { sessionId });
}

export function sessionSealed(sessionId: string, state: string): StoreError {
  return new StoreError('session_sealed', `session ${sessionId} is ${state}: it takes nothing more`, {
    sessionId,
    state,
  });
}

export function limitExceeded(limit: string, value: number, wanted: number, what: string): StoreError {
  return new StoreError('limit_exceeded', `${what}: ${wanted} is more than ${limit} = ${value}`, {
    limit,
    value,
    wanted,
  });
}

export function queryRefused(what: string, expected: string): StoreError {
  return new StoreError('query_refused', `${what}; expected ${expected}`, { what, expected });
}

export function diskFull(file: string): StoreError {
  return new StoreError('disk_full', `${file}: the disk is full; nothing of this was stored`, { file });
}

export function storeClosed(what: string): StoreError {
  return new StoreError('store_closed', `the store is closed: ${what}`, { what });
}

export function storeFailed(what: string): StoreError {
  return new StoreError('store_failed', `the store failed: ${what}`, { what });
}
