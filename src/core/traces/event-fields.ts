// Reads `name=value` pairs out of an event's text, and the few numbers that matter. A field that is absent or has
// another form marks the reader as failed instead of throwing: the caller turns that into a typed outcome.

/**
 * A kernel address by its low 48 bits, which name it uniquely and fit a safe integer. Physical addresses are below
 * that anyway.
 */
export type Address = number;

const ADDRESS_DIGITS = 12;
const PAIR = /(\w+)=(\S+)/g;
const HEX = /^(?:0x)?([0-9a-f]{1,16})$/;
const DECIMAL = /^-?\d{1,15}$/;
const ALL_ONES = 'ffffffffffffffff';

export class FieldReader {
  readonly #pairs = new Map<string, string>();
  #missing: string | null = null;

  constructor(readonly body: string) {
    for (const pair of body.matchAll(PAIR)) {
      const name = pair[1] ?? '';
      if (!this.#pairs.has(name)) this.#pairs.set(name, pair[2] ?? '');
    }
  }

  /** The first field that was asked for and could not be read, or null. */
  get missing(): string | null {
    return this.#missing;
  }

  has(name: string): boolean {
    return this.#pairs.has(name);
  }

  /** An address; 0 stays 0. */
  address(name: string): Address {
    return this.#hex(name, this.#pairs.get(name));
  }

  /** An address, or null for the all-ones INVALID_PAGE. */
  addressOrInvalid(name: string): Address | null {
    return this.#pairs.get(name) === `0x${ALL_ONES}` ? null : this.address(name);
  }

  /** An unsigned word printed in hex that fits a safe integer: roles, error codes. */
  word(name: string): number {
    return this.#hex(name, this.#pairs.get(name));
  }

  /** A signed decimal. */
  integer(name: string): number {
    const text = this.#pairs.get(name);
    return text !== undefined && DECIMAL.test(text) ? Number(text) : this.#fail(name);
  }

  /** A decimal matched anywhere in the text, by the pattern's first group. */
  matchedInteger(name: string, pattern: RegExp): number {
    const text = pattern.exec(this.body)?.[1];
    return text !== undefined && DECIMAL.test(text) ? Number(text) : this.#fail(name);
  }

  /** A hex number matched anywhere in the text, by the pattern's first group. */
  matchedHex(name: string, pattern: RegExp): number {
    return this.#hex(name, pattern.exec(this.body)?.[1]);
  }

  /** Text matched anywhere, by the pattern's first group. */
  matchedText(name: string, pattern: RegExp): string {
    const text = pattern.exec(this.body)?.[1];
    if (text === undefined) this.#fail(name);
    return text ?? '';
  }

  #hex(name: string, text: string | undefined): number {
    const digits = text === undefined ? undefined : HEX.exec(text)?.[1];
    return digits === undefined ? this.#fail(name) : Number.parseInt(digits.slice(-ADDRESS_DIGITS), 16);
  }

  #fail(name: string): number {
    this.#missing ??= name;
    return 0;
  }
}
