// The two columns of a counterexample, taken apart into cells, and who ran when. The text itself is the server's and stays as it
// is: what is copied into a mail are its lines. Pure.

/** Width of the left column, and where the right one begins (core/explorer/report/draw.ts). */
const LEFT = 39;
const RIGHT = 41;

export type CellKind = 'function' | 'thread' | 'step' | 'broken' | 'elided' | 'empty';

export interface DrawnCell {
  readonly kind: CellKind;
  readonly text: string;
}

export interface DrawnRow {
  readonly line: number;
  readonly left: DrawnCell;
  readonly right: DrawnCell;
}

export interface Drawing {
  readonly heads: readonly [left: string, right: string];
  readonly rows: readonly DrawnRow[];
}

const BROKEN = /^\s*(\*\*\*|USE AFTER FREE)/;

export function drawingOf(lines: readonly string[]): Drawing {
  const rule = lines.findIndex((line) => /^-+ +-+$/.test(line));
  const head = rule < 1 ? '' : lines[rule - 1];
  const rows = lines.slice(rule + 1).map((line, k) => ({
    line: rule + 1 + k,
    left: cellOf(line.slice(0, line.length > LEFT && line[LEFT] === ' ' ? LEFT : undefined).trimEnd()),
    right: cellOf(line.length > LEFT && line[LEFT] === ' ' ? line.slice(RIGHT).trimEnd() : ''),
  }));
  return { heads: [head.slice(0, LEFT).trim(), head.slice(RIGHT).trim()], rows };
}

function cellOf(text: string): DrawnCell {
  if (text === '') return { kind: 'empty', text };
  if (BROKEN.test(text)) return { kind: 'broken', text };
  if (/^\[.+\]$/.test(text)) return { kind: 'thread', text: text.slice(1, -1) };
  if (text.startsWith('... ')) return { kind: 'elided', text };
  return { kind: text.startsWith(' ') ? 'step' : 'function', text };
}

export interface Turn {
  readonly thread: string;
  /** Of its first step, from 1. */
  readonly from: number;
  readonly steps: number;
  readonly function: string;
}

/** Who ran for how many steps, one after the other. */
export function turnsOf(
  steps: readonly { readonly name: string; readonly function: string }[],
): readonly Turn[] {
  const turns: { thread: string; from: number; steps: number; function: string }[] = [];
  for (const [k, step] of steps.entries()) {
    const last = turns.at(-1);
    if (last?.thread === step.name) {
      last.steps++;
      last.function = step.function;
    } else turns.push({ thread: step.name, from: k + 1, steps: 1, function: step.function });
  }
  return turns;
}
