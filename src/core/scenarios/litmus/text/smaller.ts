// Texts with less in them than a user's litmus: a counterexample of the smallest one is easier to read. A cell is emptied where it
// stands, so the lines of what is left keep their numbers.
import { LITMUS_LIMITS } from './limits.js';

/** A cell behind the line of dashes. */
interface Place {
  readonly line: number;
  readonly column: number;
}

const DASHES = /^[-+ ]*-{3}[-+ ]*$/;

/** Groups of cells that may be left out, the largest first: all that a thread does, then call by call, the last one first. */
export function leavable(text: string): readonly (readonly Place[])[] {
  const lines = text.split(/\r?\n/);
  const from = lines.findIndex((line) => DASHES.test(line));
  const calls: Place[] = [];
  for (let line = from + 1; from >= 0 && line < lines.length; line++) {
    const cells = (lines[line] ?? '').split('|');
    if (/^\s*#/.test(lines[line] ?? '')) continue;
    for (const [column, cell] of cells.entries())
      if (cell.trim() !== '' && !/^\s*\(.*\)\s*$/.test(cell)) calls.push({ line, column });
  }
  const columns = Array.from({ length: LITMUS_LIMITS.threads }, (_, column) =>
    calls.filter((place) => place.column === column),
  );
  return [...columns.filter((group) => group.length > 1), ...calls.toReversed().map((place) => [place])];
}

export function without(text: string, places: readonly Place[]): string {
  const lines = text.split('\n');
  for (const { line, column } of places)
    lines[line] = (lines[line] ?? '')
      .split('|')
      .map((cell, k) => (k === column ? ' '.repeat(cell.length) : cell))
      .join('|')
      .trimEnd();
  return lines.join('\n');
}

/** Whether something else already left one of these out. */
export function isLeft(text: string, places: readonly Place[]): boolean {
  const lines = text.split('\n');
  return places.some(({ line, column }) => (lines[line]?.split('|')[column] ?? '').trim() !== '');
}
