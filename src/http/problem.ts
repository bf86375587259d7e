// Errors as application/problem+json (RFC 9457): a stable type, one sentence of detail, and what was expected. What an
// error of the core or the store is in HTTP is decided here and nowhere else.
import { HttpException } from '@nestjs/common';
import { BadInput, CommandRefused, ProtocolFault } from '../core/base/errors.js';
import { FORMATS } from '../exports/formats.js';
import { StoreError, type StoreErrorCode } from '../store/store.errors.js';
import { problemTypeUri } from './problem-types.js';

export interface ProblemBody {
  /** `urn:rootline:problem:NAME`; names are stable. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** What would have been accepted, where it can be listed. */
  readonly expected: readonly string[];
}

export class Problem extends Error {
  override readonly name = 'Problem';
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    readonly expected: readonly string[] = [],
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail);
  }
}

const TITLES: { readonly [status: number]: string } = {
  400: 'The request cannot be used',
  401: 'A token is needed',
  403: 'Refused',
  404: 'There is no such thing',
  405: 'The method does not apply',
  406: 'No such form',
  408: 'The request took too long',
  409: 'The present state forbids it',
  412: 'The session has moved on',
  413: 'Too large',
  414: 'The address is too long',
  415: 'The content type is not understood',
  421: 'This server does not answer for that host',
  422: 'A value is not accepted',
  428: 'A condition is missing',
  429: 'Too much at once',
  431: 'The head of the request is too large',
  500: 'The server failed',
  503: 'Not available now',
  507: 'No space left',
};

export function problemBody({ status, code, message, expected }: Problem): ProblemBody {
  return {
    type: problemTypeUri(code),
    title: TITLES[status] ?? 'Error',
    status,
    detail: message,
    expected,
  };
}

/** HTTP status of each error of the store. */
export const STORE_STATUS: { readonly [C in StoreErrorCode]: number } = {
  position_conflict: 412,
  session_not_found: 404,
  session_sealed: 409,
  state_conflict: 409,
  cannot_go_on: 409,
  chunk_refused: 409,
  query_refused: 400,
  limit_exceeded: 429,
  idempotency_mismatch: 409,
  job_under_way: 409,
  disk_full: 507,
  database_newer: 500,
  database_older: 500,
  database_foreign: 500,
  database_damaged: 500,
  data_folder_owned: 500,
  store_closed: 503,
  inspection_cancelled: 503,
  store_failed: 500,
};

/** Codes of HTTP errors that the framework raises by itself. */
const HTTP_CODES: { readonly [status: number]: string } = {
  400: 'bad-request',
  404: 'not-found',
  405: 'method-not-allowed',
  413: 'body-too-large',
  414: 'address-too-long',
  415: 'unsupported-media-type',
};

/** Codes of a bad input that names something that does not exist. */
const NOT_THERE: ReadonlySet<string> = new Set([
  'note-not-found',
  'not-at-position',
  'sweep-not-found',
  'sweep-forgotten',
]);

export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof BadInput)
    return new Problem(
      NOT_THERE.has(error.code) ? 404 : 422,
      error.code.replaceAll('_', '-'),
      error.message,
      error.expected,
    );
  if (error instanceof ProtocolFault) return new Problem(422, 'protocol-fault', error.message);
  if (error instanceof CommandRefused)
    return new Problem(409, 'command-refused', error.message, error.allowed);
  if (error instanceof StoreError) return ofStore(error);
  const status = statusOf(error);
  if (status !== undefined && status >= 400 && status < 500) {
    if (status === 415) return unsupportedMediaType();
    const message = error instanceof Error ? error.message : String(error);
    return new Problem(status, HTTP_CODES[status] ?? 'bad-request', message);
  }
  return new Problem(500, 'internal', 'the server failed to answer; its log says why');
}

/** The framework's own text does not say what is taken. */
function unsupportedMediaType(): Problem {
  const json = 'application/json';
  const { mediaType } = FORMATS.session;
  const detail = `expected a body of type ${json}; where a session file is taken in, ${mediaType}`;
  return new Problem(415, 'unsupported-media-type', detail, [json, mediaType]);
}

function ofStore(error: StoreError): Problem {
  const { code, details } = error;
  const expected =
    'allowed' in details ? details.allowed : 'expected' in details ? [String(details.expected)] : [];
  return new Problem(STORE_STATUS[code], code.replaceAll('_', '-'), error.message, expected);
}

function statusOf(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  if (error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number')
    return error.statusCode;
  return undefined;
}

/** What names a thing in a path: an unknown name is a 404, not a value that is not accepted. */
export function notFoundInstead<T>(find: () => T): T {
  try {
    return find();
  } catch (error) {
    const problem = problemOf(error);
    throw problem.status === 422 ? new Problem(404, problem.code, problem.message, problem.expected) : error;
  }
}
