// Which line of the C function each labelled step of its procedure stands for. A label has the name of what is called there
// or of the op that it asks for; the labels stand in the order of the C text. A guess for the reader's eye: of a step whose
// names are in no line (it belongs to a function that the compiler would inline) the line is null.
import type { Procedure } from '../machine/procedure.js';
import type { CFunction } from './c-function.js';

export interface StepBeside {
  readonly label: string;
  /** From 0, into the function's lines; null: no line has a name of this step. */
  readonly line: number | null;
}

export function stepsBeside(procedure: Procedure, { lines }: CFunction): StepBeside[] {
  // The head's line names the function and its arguments, not steps.
  const body = Math.max(
    0,
    lines.findIndex((line) => line.includes('{')),
  );
  let from = body;
  return Object.entries(procedure.steps).map(([label, step]) => {
    const names = namesOf(label, step);
    const line = lineWith(names, lines, from, lines.length) ?? lineWith(names, lines, body, from);
    if (line !== null) from = Math.max(from, line);
    return { label, line };
  });
}

const ASKED = /\b(?:op|fn)\.(\w+)/g;

/** Most telling first: the label, what is asked for, and both without what was put behind a kernel name. */
function namesOf(label: string, [ask, then]: Procedure['steps'][string]): string[] {
  const asked = [...`${String(ask)} ${String(then)}`.matchAll(ASKED)].map((found) => found[1]!);
  const bare = label.replace(/_?\d+$/, '');
  return [
    ...new Set([label, bare, ...asked, ...asked.map((name) => name.replace(/_held.*$|_and_test$/, ''))]),
  ];
}

function lineWith(
  names: readonly string[],
  lines: readonly string[],
  from: number,
  to: number,
): number | null {
  for (const name of names) {
    const word = new RegExp(`\\b_*${name}\\b`);
    for (let k = from; k < to; k++) if (word.test(lines[k]!)) return k;
  }
  return null;
}
