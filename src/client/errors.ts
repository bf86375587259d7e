// What a client of Rootline may be told: a refused request, or a feed that cannot go on.
import type { Problem } from './types.js';

/** The server answered with a problem. */
export class RootlineError extends Error {
  override readonly name: string = 'RootlineError';
  /** Stable: the last part of the problem's type. */
  readonly code: string;

  constructor(readonly problem: Problem) {
    super(problem.detail);
    this.code = problem.type.split(':').at(-1) ?? 'unknown';
  }
}

/** 412: the session is not at the position that the command was meant for. Nothing was done; look at it again. */
export class PositionConflict extends RootlineError {
  override readonly name = 'PositionConflict';
}

/** What a refused request is told with; also where something on the way answered instead of the server. */
export function refusal(status: number, text: string): RootlineError {
  const problem = problemIn(text) ?? {
    type: 'about:blank:http',
    title: 'The answer is not one of Rootline',
    status,
    detail: `status ${status}: ${text.slice(0, 200)}`,
    expected: [],
  };
  return status === 412 ? new PositionConflict(problem) : new RootlineError(problem);
}

function problemIn(text: string): Problem | null {
  try {
    const value = JSON.parse(text) as Partial<Problem> | null;
    return typeof value?.type === 'string' && typeof value.detail === 'string' ? (value as Problem) : null;
  } catch {
    return null;
  }
}

/** A live feed ended for good. What only interrupts it is not told: the feed goes on where it was. */
export class LiveError extends Error {
  override readonly name = 'LiveError';

  constructor(
    /** `session-removed`, `position-beyond-end`, `token`, `unreachable`, `unknown-thread` ... */
    readonly code: string,
    message: string,
    readonly expected: readonly string[] = [],
  ) {
    super(message);
  }
}
