// What a client of Rootline may be told: a refused request, or a feed that cannot go on.
import type { Problem } from './types.js';

/** The server answered with a problem. */
export class RootlineError extends Error {
  override readonly name = 'RootlineError';
  /** Stable: the last part of the problem's type. */
  readonly code: string;

  constructor(readonly problem: Problem) {
    super(problem.detail);
    this.code = problem.type.split(':').at(-1) ?? 'unknown';
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
