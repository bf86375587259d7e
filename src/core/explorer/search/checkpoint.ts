// A stopped depth-first search as words that can lie in a file: what it searches, which states it has seen, and what each
// worker has left. Any number of workers may go on with it.
import { BadInput } from '../../base/errors.js';
import type { SurveyCounts } from '../survey/survey-counts.js';
import { hash64, lanes, rehash, slotsFor } from './visited.js';

export interface Checkpoint {
  /** JSON of what is searched: a search goes on only with the same. */
  readonly what: string;
  readonly table: Int32Array;
  readonly rests: readonly Int32Array[];
  /** That the search took so far. */
  readonly seconds: number;
  /** What it saw so far. */
  readonly counts: SurveyCounts | null;
}

/** "RLXC", and the version of the form. */
const MAGIC = 0x43584c52;
const VERSION = 3;
/** Magic, version, characters of `what`, states, rests, milliseconds, then numbers of each part of the counts (-1: none). */
const HEAD_WORDS = 9;
const NUMBER_WORDS = 2;
const SUM_WORDS = 2;

export function encodeCheckpoint({ what, table, rests, seconds, counts }: Checkpoint): Int32Array {
  let states = 0;
  for (let k = 0; k < table.length; k += 2) if (table[k] !== 0) states++;
  const restWords = rests.reduce((sum, rest) => sum + 1 + rest.length, 0);
  const parts = counts === null ? [] : [counts.rows, counts.pairs, counts.touches];
  const countWords = parts.reduce((sum, part) => sum + part.length * NUMBER_WORDS, 0);
  const lengths = counts === null ? [-1, 0, 0] : parts.map(({ length }) => length);
  const words = new Int32Array(HEAD_WORDS + what.length + states * 2 + restWords + countWords + SUM_WORDS);
  words.set([MAGIC, VERSION, what.length, states, rests.length, Math.round(seconds * 1_000), ...lengths]);
  let at = HEAD_WORDS;
  for (let k = 0; k < what.length; k++) words[at++] = what.charCodeAt(k);
  for (let k = 0; k < table.length; k += 2) {
    if (table[k] === 0) continue;
    words[at++] = table[k];
    words[at++] = table[k + 1];
  }
  for (const rest of rests) {
    words[at++] = rest.length;
    words.set(rest, at);
    at += rest.length;
  }
  for (const part of parts) {
    words.set(new Int32Array(part.buffer, part.byteOffset, part.length * NUMBER_WORDS), at);
    at += part.length * NUMBER_WORDS;
  }
  hash64(words, at);
  words[at] = lanes[0];
  words[at + 1] = lanes[1];
  return words;
}

const damaged = (why: string): BadInput =>
  new BadInput('checkpoint-damaged', `this is no checkpoint of a search that can be gone on with: ${why}`);

/** Throws BadInput for words that are none, or are not whole. */
export function decodeCheckpoint(words: Int32Array): Checkpoint {
  if (words.length < HEAD_WORDS + SUM_WORDS || words[0] !== MAGIC)
    throw damaged('it does not begin like one');
  if (words[1] !== VERSION) throw damaged(`it has form ${words[1]}, expected ${VERSION}`);
  const end = words.length - SUM_WORDS;
  hash64(words, end);
  if (words[end] !== lanes[0] || words[end + 1] !== lanes[1]) throw damaged('its sum does not match');
  const [, , characters, states, count, milliseconds, ...lengths] = words.subarray(0, HEAD_WORDS);
  let at = HEAD_WORDS;
  let what = '';
  for (let k = 0; k < characters; k++) what += String.fromCharCode(words[at++]);
  const table = new Int32Array(slotsFor(states) * 2);
  // The entries stand close together: each pair is a slot of its own.
  rehash(words.subarray(at, at + states * 2), table);
  at += states * 2;
  const rests: Int32Array[] = [];
  for (let k = 0; k < count; k++) {
    const length = words[at++];
    rests.push(words.slice(at, at + length));
    at += length;
  }
  const [rows, pairs, touches] = lengths.map((length) => {
    const part = new Float64Array(Math.max(0, length));
    new Int32Array(part.buffer).set(words.subarray(at, at + part.length * NUMBER_WORDS));
    at += part.length * NUMBER_WORDS;
    return part;
  });
  const counts = lengths[0] < 0 ? null : { rows, pairs, touches };
  return { what, table, rests, seconds: milliseconds / 1_000, counts };
}
