// The few error classes of the core. Every text says what was expected and what came.

/** What the caller handed in cannot be used: exit code 2, HTTP 400/422. */
export class BadInput extends Error {
  override readonly name = 'BadInput';
  constructor(
    readonly code: string,
    message: string,
    /** The accepted alternatives, when they can be listed. */
    readonly expected: readonly string[] = [],
  ) {
    super(message);
  }
}

/** A command that the state of a live session forbids: HTTP 409. Nothing has changed. */
export class CommandRefused extends Error {
  override readonly name = 'CommandRefused';
  constructor(
    message: string,
    /** Commands that are possible instead. */
    readonly allowed: readonly string[],
  ) {
    super(message);
  }
}

/** A named limit of the model was reached; the run ends with outcome `limit_reached`. */
export class LimitReached extends Error {
  override readonly name = 'LimitReached';
  constructor(
    readonly limit: string,
    readonly value: number,
  ) {
    super(`limit reached: ${limit} = ${value}`);
  }
}
