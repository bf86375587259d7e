// The plain form of task-line.ts, `TASK-PID [CPU] FLAGS TIME: EVENT: BODY`, read from the bytes of a larger text where it stands: no
// string is made for the line, its task or its event's name. Whatever is not plain is null, and task-line.ts says what it is.
import { type FrameEvent, LINE_CHARS_MAX, NS_PER_SECOND } from './frame.js';
import type { Heads } from './heads.js';
import { CPU_DIGITS_MAX, PID_DIGITS_MAX, PREFIX_MAX } from './task-line.js';

const TAB = 9;
const SPACE = 32;
const MINUS = 45;
const DOT = 46;
const ZERO = 48;
const COLON = 58;
const OPEN = 91;
const CLOSE = 93;
const TILDE = 126;
/** The fraction of a second is microseconds or nanoseconds. */
const FRACTION_MAX = 9;
/** More would leave the safe integers. */
const SECOND_DIGITS_MAX = 7;
const NS_OF_DIGIT = [1e9, 1e8, 1e7, 1e6, 1e5, 1e4, 1e3, 1e2, 1e1, 1];

/** 1: part of a name; 2: a digit as well. */
const LETTERS = new Uint8Array(256);
for (let c = 0; c < 256; c++) {
  const letter = (c >= 97 && c <= 122) || (c >= 65 && c <= 90) || c === 95;
  LETTERS[c] = c >= 48 && c <= 57 ? 2 : letter ? 1 : 0;
}

/** Powers of two. */
const NAME_SLOTS = 1_024;
const CPU_SLOTS = 64;
/** Lines of each name that show what its lines look like. */
export const SHOWN_LINES = 4;

interface Known {
  readonly bytes: Uint8Array;
  readonly text: string;
  /** Lines of it so far, as many as are shown. */
  lines: number;
}
interface KnownTask {
  /** From the beginning of the line to the bracket of the CPU. */
  readonly prefix: Uint8Array;
  readonly task: string;
  readonly pid: number;
}

export class PlainLines {
  /** Names of events, one string for each: what is the same is the same object, and its hash is known. */
  readonly #names: (Known | undefined)[] = Array.from({ length: NAME_SLOTS });
  /** The last task of each CPU. */
  readonly #tasks: (KnownTask | undefined)[] = Array.from({ length: CPU_SLOTS });

  /** @param onShown the first lines of each event's name */
  constructor(
    private readonly onShown: (frame: FrameEvent) => void,
    private readonly heads: Heads,
  ) {}

  /**
   * @param text the same as `bytes`, which are ASCII
   * @param end of the line, where its newline stands
   */
  frame(text: string, bytes: Uint8Array, from: number, end: number, lineNumber: number): FrameEvent | null {
    if (end - from > LINE_CHARS_MAX) return null;
    const last = Math.min(end, from + PREFIX_MAX);
    let open = from + 1;
    while (open < last && bytes[open] !== OPEN) open++;
    if (open >= last || bytes[open - 1] !== SPACE) return null;
    let at = open + 1;
    let cpu = 0;
    for (let c = bytes[at]!; LETTERS[c] === 2; c = bytes[++at]!) cpu = cpu * 10 + c - ZERO;
    const digits = at - open - 1;
    if (digits === 0 || digits > CPU_DIGITS_MAX || bytes[at] !== CLOSE) return null;
    at++;

    let task = this.#tasks[cpu & (CPU_SLOTS - 1)];
    if (task === undefined || !isSame(task.prefix, bytes, from, open)) {
      const read = taskIn(text, bytes, from, open, this.heads);
      if (read === null) return null;
      task = read;
      this.#tasks[cpu & (CPU_SLOTS - 1)] = read;
    }

    // Flags, where there are any; then the time, which ends with a colon.
    while (bytes[at] === SPACE) at++;
    let stop = at;
    while (stop < end && bytes[stop]! > SPACE) stop++;
    if (bytes[stop - 1] !== COLON) {
      at = stop;
      while (bytes[at] === SPACE) at++;
      stop = at;
      while (stop < end && bytes[stop]! > SPACE) stop++;
      if (stop === at || bytes[stop - 1] !== COLON) return null;
    }
    const time = secondsIn(bytes, at, stop - 1);
    if (time < 0) return null;

    at = stop;
    while (bytes[at] === SPACE) at++;
    let eventFrom = at;
    let hash = 0;
    for (let c = bytes[at]!; LETTERS[c] !== 0; c = bytes[++at]!) hash = (Math.imul(hash, 31) + c) | 0;
    if (at === eventFrom || at >= end || bytes[at] !== COLON) return null;
    if (LETTERS[bytes[at + 1]!] !== 0) {
      // system:event:
      eventFrom = ++at;
      hash = 0;
      for (let c = bytes[at]!; LETTERS[c] !== 0; c = bytes[++at]!) hash = (Math.imul(hash, 31) + c) | 0;
      if (bytes[at] !== COLON) return null;
    }
    const known = this.#name(text, bytes, eventFrom, at, hash);
    // What trace-cmd prints for a line that somebody wrote.
    if (known.text === 'print') return null;

    at++;
    while (at < end && (bytes[at] === SPACE || bytes[at] === TAB)) at++;
    let bodyEnd = end;
    while (bodyEnd > at && (bytes[bodyEnd - 1] === SPACE || bytes[bodyEnd - 1] === TAB)) bodyEnd--;
    // A carriage return belongs to the end of the line.
    if (bytes[bodyEnd - 1]! < SPACE || bytes[bodyEnd - 1]! > TILDE) return null;
    const frame: FrameEvent = {
      kind: 'event',
      lineNumber,
      task: task.task,
      pid: task.pid,
      tgid: null,
      cpu,
      clock: 'ns',
      time,
      event: known.text,
      body: text.slice(at, bodyEnd),
    };
    if (known.lines < SHOWN_LINES) {
      known.lines++;
      this.onShown(frame);
    }
    return frame;
  }

  #name(text: string, bytes: Uint8Array, from: number, to: number, hash: number): Known {
    const slot = (hash ^ (hash >>> 10)) & (NAME_SLOTS - 1);
    const known = this.#names[slot];
    if (known !== undefined && isSame(known.bytes, bytes, from, to)) return known;
    const name = ownString(text, from, to);
    const made: Known = { bytes: bytes.slice(from, to), text: name, lines: 0 };
    this.#names[slot] = made;
    return made;
  }
}

function isSame(known: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean {
  const { length } = known;
  if (length !== to - from) return false;
  for (let k = 0; k < length; k++) if (known[k] !== bytes[from + k]) return false;
  return true;
}

/** A property's name is a string of its own: a slice would keep the larger text. */
function ownString(text: string, from: number, to: number): string {
  return Object.keys({ [text.slice(from, to)]: 0 })[0]!;
}

/** `  NAME-PID ` in front of the bracket; with anything else there it is not plain. */
function taskIn(text: string, bytes: Uint8Array, from: number, open: number, heads: Heads): KnownTask | null {
  let nameFrom = from;
  while (bytes[nameFrom] === SPACE) nameFrom++;
  // A letter, a digit or a bracket: comments, quotes and what a mail program put in front begin otherwise.
  const first = bytes[nameFrom]!;
  if (LETTERS[first] === 0 && first !== 60 && first !== 40) return null;
  let pidEnd = open;
  while (pidEnd > nameFrom && bytes[pidEnd - 1] === SPACE) pidEnd--;
  let pidFrom = pidEnd;
  let pid = 0;
  let scale = 1;
  for (let c = bytes[pidFrom - 1]!; pidFrom > nameFrom && LETTERS[c] === 2; c = bytes[--pidFrom - 1]!) {
    pid += (c - ZERO) * scale;
    scale *= 10;
  }
  if (pidFrom === pidEnd || pidEnd - pidFrom > PID_DIGITS_MAX) return null;
  let nameEnd = pidFrom - 1;
  if (nameEnd <= nameFrom || (bytes[nameEnd] !== MINUS && bytes[nameEnd] !== SPACE)) return null;
  while (bytes[nameEnd - 1] === SPACE) nameEnd--;
  for (let k = nameFrom; k < nameEnd; k++) if (bytes[k]! < SPACE || bytes[k]! > TILDE) return null;
  if (!heads.isPlain(nameEnd - from, nameEnd - nameFrom)) return null;
  return { prefix: bytes.slice(from, open), task: ownString(text, nameFrom, nameEnd), pid };
}

/** `seconds.fraction` as ns; -1 where it is not that. */
function secondsIn(bytes: Uint8Array, from: number, to: number): number {
  let seconds = 0;
  let at = from;
  for (let c = bytes[at]!; at < to && LETTERS[c] === 2; c = bytes[++at]!) seconds = seconds * 10 + c - ZERO;
  if (at === from || at - from > SECOND_DIGITS_MAX || at >= to || bytes[at] !== DOT) return -1;
  const begin = ++at;
  let fraction = 0;
  for (let c = bytes[at]!; at < to && LETTERS[c] === 2; c = bytes[++at]!) fraction = fraction * 10 + c - ZERO;
  const digits = at - begin;
  if (at !== to || digits === 0 || digits > FRACTION_MAX) return -1;
  return seconds * NS_PER_SECOND + fraction * NS_OF_DIGIT[digits]!;
}
