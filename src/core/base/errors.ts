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
    /** Where, when the step that met it is to be named. */
    where = '',
  ) {
    super(`limit reached: ${limit} = ${value}${where === '' ? '' : ` in ${where}`}`);
  }
}

/**
 * `form`: what the module gives is no protocol; `threw`: its code threw; `forbidden`: it reached for what a protocol must
 * not have; `step`: a step asked for nothing, or went where no label is; `time`, `memory`: it met that limit.
 */
export const PROTOCOL_FAULTS = ['form', 'threw', 'forbidden', 'step', 'time', 'memory'] as const;
export type ProtocolFaultKind = (typeof PROTOCOL_FAULTS)[number];

/** A protocol that a user brought is at fault: exit code 2, HTTP 422. Names file, procedure and label. */
export class ProtocolFault extends Error {
  override readonly name = 'ProtocolFault';
  constructor(
    readonly kind: ProtocolFaultKind,
    readonly file: string,
    /** `procedure @ label`, or the procedure alone; empty: outside of any procedure. */
    readonly at: string,
    readonly what: string,
  ) {
    super(`protocol-fault (${kind}) ${file}${at === '' ? '' : `, ${at}`}: ${what}`);
  }
}

/** An error in words, also one that came from another realm. */
export function errorText(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error);
  const { name, message } = error as { readonly name?: unknown; readonly message?: unknown };
  return typeof message === 'string'
    ? `${typeof name === 'string' ? name : 'Error'}: ${message}`
    : 'an object';
}
