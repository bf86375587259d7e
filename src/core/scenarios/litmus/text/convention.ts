// What every litmus has besides its calls, so that nobody writes it: barriers around what is prepared, the arrival at GO, the wait
// for it, and the arrival at DONE. The text shows one line between what is prepared and what is searched instead.
//
// main:    ..., arrive MADE, [await PREPARED], ..., arrive GO | ...
// others:  [await MADE, ..., arrive PREPARED], await GO       | ..., arrive DONE
import { CONTROL, INSTRUCTION_WORDS } from '../../../userspace/script.js';
import { DONE, GO, MADE, PREPARED } from '../litmus.js';

/** Instructions of a script, as words. */
export type Calls = readonly (readonly number[])[];

const call = (...words: readonly number[]): readonly number[] => [
  ...words,
  ...Array.from({ length: INSTRUCTION_WORDS - words.length }, () => 0),
];
const ARRIVE_MADE = call(CONTROL.ARRIVE, MADE);
const AWAIT_MADE = call(CONTROL.AWAIT, MADE, 1);
const ARRIVE_PREPARED = call(CONTROL.ARRIVE, PREPARED);
const ARRIVE_GO = call(CONTROL.ARRIVE, GO);
const AWAIT_GO = call(CONTROL.AWAIT, GO, 1);
const ARRIVE_DONE = call(CONTROL.ARRIVE, DONE);
const END = call(CONTROL.END);

/** What a text shows of a thread. */
export interface Parts {
  readonly prepares: Calls;
  readonly does: Calls;
}

/** Of main: where among what it prepares the others have their turn; null: nowhere. */
export interface MainParts extends Parts {
  readonly turn: number | null;
}

const same = (a: readonly number[] | undefined, b: readonly number[]): boolean => a?.join() === b.join();

export function callsOf(script: Int32Array): Calls {
  const out: number[][] = [];
  for (let at = 0; at < script.length && script[at] !== CONTROL.END; at += INSTRUCTION_WORDS)
    out.push([...script.subarray(at, at + INSTRUCTION_WORDS)]);
  return out;
}

function scriptOf(before: Calls, does: Calls, after: Calls): Int32Array {
  // Where a repeated stretch begins is said in words of the whole script.
  const shift = before.length * INSTRUCTION_WORDS;
  const moved = does.map((words) =>
    words[0] === CONTROL.JUMP_UNTIL ? words.with(3, (words[3] ?? 0) + shift) : words,
  );
  return Int32Array.from([...before, ...moved, ...after, END].flat());
}

function unshifted(does: Calls, before: number): Calls {
  return does.map((words) =>
    words[0] === CONTROL.JUMP_UNTIL ? words.with(3, (words[3] ?? 0) - before * INSTRUCTION_WORDS) : words,
  );
}

/** @param preparing threads besides main that prepare something */
export function mainScript({ prepares, does, turn }: MainParts, preparing: number): Int32Array {
  const waits = preparing > 0 ? [call(CONTROL.AWAIT, PREPARED, preparing)] : [];
  const before =
    turn === null
      ? [...prepares, ARRIVE_GO]
      : [...prepares.slice(0, turn), ARRIVE_MADE, ...waits, ...prepares.slice(turn), ARRIVE_GO];
  return scriptOf(before, does, []);
}

export function otherScript({ prepares, does }: Parts): Int32Array {
  const before = prepares.length === 0 ? [AWAIT_GO] : [AWAIT_MADE, ...prepares, ARRIVE_PREPARED, AWAIT_GO];
  return scriptOf(before, does, [ARRIVE_DONE]);
}

/** Null: it is not made as `mainScript` makes one. */
export function partsOfMain(script: Int32Array, preparing: number): MainParts | null {
  const calls = callsOf(script);
  const go = calls.findIndex((words) => same(words, ARRIVE_GO));
  if (go < 0) return null;
  const before = calls.slice(0, go);
  const does = unshifted(calls.slice(go + 1), go + 1);
  const turn = before.findIndex((words) => same(words, ARRIVE_MADE));
  if (turn < 0) return preparing === 0 ? { prepares: before, does, turn: null } : null;
  const waits = same(before[turn + 1], call(CONTROL.AWAIT, PREPARED, preparing)) ? 1 : 0;
  if (waits === 0 && preparing > 0) return null;
  return { prepares: [...before.slice(0, turn), ...before.slice(turn + 1 + waits)], does, turn };
}

/** Null: it is not made as `otherScript` makes one. */
export function partsOfOther(script: Int32Array): Parts | null {
  const calls = callsOf(script);
  const go = calls.findIndex((words) => same(words, AWAIT_GO));
  if (go < 0 || !same(calls.at(-1), ARRIVE_DONE)) return null;
  const does = unshifted(calls.slice(go + 1, -1), go + 1);
  if (go === 0) return { prepares: [], does };
  if (!same(calls[0], AWAIT_MADE) || !same(calls[go - 1], ARRIVE_PREPARED)) return null;
  return { prepares: calls.slice(1, go - 1), does };
}
