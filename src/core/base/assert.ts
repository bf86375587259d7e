// Assertions that stay on in production: a broken model must stop, not produce a plausible number.

/** Thrown when the model itself is inconsistent. Never used for bad input (see `BadInput`). */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

export function assert(condition: boolean, what: string): asserts condition {
  if (!condition) throw new AssertionError(`assertion failed: ${what}`);
}

/** The value, or an AssertionError that names what was missing. */
export function ensure<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new AssertionError(`missing: ${what}`);
  return value;
}
