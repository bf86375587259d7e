// A stopped depth-first search as words that can lie in a file: what it searches, which states it has seen, and what each
// worker has left. Any number of workers may go on with it.
import { BadInput } from '../../base/errors.js';
import { hash64, lanes, rehash, slotsFor } from './visited.js';

export interface Checkpoint {
  /** JSON of what is searched: a search goes on only with the same. */
  readonly what: string;
  readonly table: Int32Array;
  readonly rests: readonly Int32Array[];
}

/** "RLXC", and the version of the form. */
const MAGIC = 0x43584c52;
const VERSION = 2;
/** Magic, version, characters of `what`, states, rests. */
const HEAD_WORDS = 5;
const SUM_WORDS = 2;

export function encodeCheckpoint({ what, table, rests }: Checkpoint): Int32Array {
  let states = 0;
  for (let k = 0; k < table.length; k += 2) if (table[k] !== 0) states++;
  const restWords = rests.reduce((sum, rest) => sum + 1 + rest.length, 0);
  const words = new Int32Array(HEAD_WORDS + what.length + states * 2 + restWords + SUM_WORDS);
  words.set([MAGIC, VERSION, what.length, states, rests.length]);
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
  const [, , characters, states, count] = words;
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
  return { what, table, rests };
}
