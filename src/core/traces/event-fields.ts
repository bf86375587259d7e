// Reads `name=value` pairs and `name value` words out of an event's text. A field that is absent or has another form marks
// the reader as failed instead of throwing: the caller turns that into a typed outcome. Scanned by hand, without an object
// for each field: millions of events pass through here.

/**
 * A kernel address by its low 48 bits, which name it uniquely and fit a safe integer. Physical addresses are below
 * that anyway. SPTEs too: the bits above say nothing about present, frozen or pfn.
 */
export type Address = number;

const ADDRESS_DIGITS = 12;
/** Digits of a number of 64 bits. */
const HEX_DIGITS_MAX = 16;
const DECIMAL_DIGITS_MAX = 15;
const SPACE = 32;
const EQUALS = 61;
const MINUS = 45;
const ZERO = 48;

/** -1: not a hex digit. Kernels and tools print lower case. */
const hexDigit = (c: number): number =>
  c >= 48 && c <= 57 ? c - 48 : c >= 97 && c <= 102 ? c - 87 : c >= 65 && c <= 70 ? c - 55 : -1;
const isWord = (c: number): boolean =>
  (c >= 97 && c <= 122) || (c >= 48 && c <= 57) || c === 95 || (c >= 65 && c <= 90);

export class FieldReader {
  body = '';
  /** Fields are asked for in the order in which they are printed, as a rule: the search goes on from here. */
  #from = 0;
  #missing: string | null = null;

  constructor(body = '') {
    this.body = body;
  }

  /** The same reader for the next event. */
  reset(body: string): this {
    this.body = body;
    this.#from = 0;
    this.#missing = null;
    return this;
  }

  /** The first field that was asked for and could not be read, or null. */
  get missing(): string | null {
    return this.#missing;
  }

  has(name: string): boolean {
    return this.#valueAt(name, EQUALS) >= 0;
  }

  /** An address; 0 stays 0. */
  address(name: string): Address {
    return this.#hexAt(name, this.#valueAt(name, EQUALS));
  }

  /** As `address`; null where the text does not have the field. */
  optionalAddress(name: string): Address | null {
    const at = this.#valueAt(name, EQUALS);
    return at < 0 ? null : this.#hexAt(name, at);
  }

  /** An address, or null for the all-ones INVALID_PAGE. */
  addressOrInvalid(name: string): Address | null {
    const at = this.#valueAt(name, EQUALS);
    return at >= 0 && this.body.startsWith('0xffffffffffffffff', at) ? null : this.#hexAt(name, at);
  }

  /** An unsigned word printed in hex: roles, error codes, gfns. */
  word(name: string): number {
    return this.#hexAt(name, this.#valueAt(name, EQUALS));
  }

  /** A number that a tool prints in decimal, or in hex behind 0x. */
  number(name: string): number {
    const at = this.#valueAt(name, EQUALS);
    if (at >= 0 && this.body.charCodeAt(at) === ZERO && this.body.charCodeAt(at + 1) === 120)
      return this.#hexAt(name, at);
    return this.#decimalAt(name, at);
  }

  /** A signed decimal. */
  integer(name: string): number {
    return this.#decimalAt(name, this.#valueAt(name, EQUALS));
  }

  /** `name 12`: a decimal behind a word. A comma or colon may follow it. */
  integerAfter(name: string): number {
    return this.#decimalAt(name, this.#valueAt(name, SPACE), true);
  }

  /** `name 1f`: a hex number behind a word. */
  hexAfter(name: string): number {
    return this.#hexAt(name, this.#valueAt(name, SPACE));
  }

  /** `name word` */
  wordAfter(name: string): string {
    const at = this.#valueAt(name, SPACE);
    if (at < 0) return this.#failText(name);
    const end = this.body.indexOf(' ', at);
    return this.body.slice(at, end < 0 ? undefined : end);
  }

  hasAfter(name: string): boolean {
    return this.#valueAt(name, SPACE) >= 0;
  }

  /** Text matched anywhere, by the pattern's first group. */
  matchedText(name: string, pattern: RegExp): string {
    return pattern.exec(this.body)?.[1] ?? this.#failText(name);
  }

  /** Offset of the value behind `name=` or `name `, or -1. */
  #valueAt(name: string, separator: number): number {
    const found = this.#search(name, separator, this.#from);
    return found >= 0 || this.#from === 0 ? found : this.#search(name, separator, 0);
  }

  #search(name: string, separator: number, begin: number): number {
    const { body } = this;
    for (let at = body.indexOf(name, begin); at >= 0; at = body.indexOf(name, at + 1)) {
      const end = at + name.length;
      if (body.charCodeAt(end) !== separator || (at > 0 && isWord(body.charCodeAt(at - 1)))) continue;
      this.#from = end;
      return end + 1;
    }
    return -1;
  }

  #hexAt(name: string, begin: number): number {
    if (begin < 0) return this.#fail(name);
    const { body } = this;
    let at = begin;
    if (body.charCodeAt(at) === ZERO && body.charCodeAt(at + 1) === 120) at += 2;
    const first = at;
    let end = at;
    while (hexDigit(body.charCodeAt(end)) >= 0) end++;
    if (end === first || end - first > HEX_DIGITS_MAX || isWord(body.charCodeAt(end)))
      return this.#fail(name);
    if (end - first > ADDRESS_DIGITS) at = end - ADDRESS_DIGITS;
    let n = 0;
    for (; at < end; at++) n = n * 16 + hexDigit(body.charCodeAt(at));
    return n;
  }

  /** @param loose punctuation may follow */
  #decimalAt(name: string, begin: number, loose = false): number {
    if (begin < 0) return this.#fail(name);
    const { body } = this;
    const negative = body.charCodeAt(begin) === MINUS;
    const first = negative ? begin + 1 : begin;
    let n = 0;
    let at = first;
    for (let c = body.charCodeAt(at); c >= 48 && c <= 57; c = body.charCodeAt(++at)) n = n * 10 + c - ZERO;
    if (at === first || at - first > DECIMAL_DIGITS_MAX) return this.#fail(name);
    if (isWord(body.charCodeAt(at)) || (!loose && at < body.length && body.charCodeAt(at) !== SPACE))
      return this.#fail(name);
    return negative ? -n : n;
  }

  #fail(name: string): number {
    this.#missing ??= name;
    return 0;
  }

  #failText(name: string): string {
    this.#missing ??= name;
    return '';
  }
}
