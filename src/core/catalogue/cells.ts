// The cells of the catalogue in order, and which of them somebody asks for.
import { BadInput } from '../base/errors.js';
import type { Answer, Cell } from './answer.js';
import { ROOT_ANSWERS } from './answers-roots.js';
import { TABLE_ANSWERS } from './answers-tables.js';

/** By number of the bug, then as the table has them. */
export const ANSWERS: readonly Answer[] = [...ROOT_ANSWERS, ...TABLE_ANSWERS].sort(
  (a, b) => numberOf(a) - numberOf(b),
);

export interface CatalogueCell extends Cell {
  readonly answer: Answer;
  /** Nothing is expected, and it is answered all the same. */
  readonly asked?: boolean;
}

/** Whether a search or a run answers it; else the table does. */
export function isAsked({ expected, asked }: CatalogueCell): boolean {
  return expected === 'violated' || expected === 'holds' || asked === true;
}

export interface CatalogueFilter {
  readonly bug?: string | undefined;
  readonly protocol?: string | undefined;
}

/** `B13`, and with `B0` also `B0-on-EPT-violation`. Throws BadInput for what is not in the table. */
export function catalogueCells({ bug, protocol }: CatalogueFilter = {}): readonly CatalogueCell[] {
  const answers = bug === undefined ? ANSWERS : ANSWERS.filter((one) => isOf(one.bug, bug));
  if (answers.length === 0) {
    const known = ANSWERS.map((one) => one.bug);
    throw new BadInput('unknown-bug', `unknown bug "${bug}"; expected one of: ${known.join(', ')}`, known);
  }
  const cells = answers.flatMap((answer) => answer.cells.map((cell) => ({ ...cell, answer })));
  if (protocol === undefined) return cells;
  const chosen = cells.filter((cell) => cell.protocol === protocol);
  if (chosen.length > 0) return chosen;
  const known = [...new Set(cells.map((cell) => cell.protocol))];
  throw new BadInput(
    'unknown-protocol',
    `the catalogue says nothing about "${protocol}"${bug === undefined ? '' : ` and ${bug}`}; expected one of: ${known.join(', ')}`,
    known,
  );
}

/** Why nothing is expected of a protocol that a user brought. */
const inherited = (base: string): string => `nothing is expected: ${base}, which it extends, has it`;

/**
 * A cell of each answer for a protocol that a user brought. It should have no bug that what it extends does not have; of the others
 * nothing is expected. @param bases what it extends, the nearest first
 */
export function cellsOfOwn(
  protocol: string,
  bases: readonly string[],
  bug?: string,
): readonly CatalogueCell[] {
  const wanted = new Set(catalogueCells({ bug }).map(({ answer }) => answer));
  return [...wanted].map((answer) => {
    for (const base of bases) {
      const cell = answer.cells.find((one) => one.protocol === base);
      if (cell === undefined) continue;
      const { expected, why } = cell;
      if (expected === 'holds') return { protocol, answer, expected, why: null };
      if (answer.question === null) return { protocol, answer, expected, why };
      const reason = expected === 'violated' ? inherited(base) : `${expected} for ${base}: ${why}`;
      return { protocol, answer, expected: 'unknown', why: reason, asked: true };
    }
    const why = 'the table says nothing about what it extends';
    return { protocol, answer, expected: 'unknown', why, asked: answer.question !== null };
  });
}

export interface ShownBy {
  readonly litmus: string;
  /** The oldest protocol that has the bug. */
  readonly protocol: string;
}

/** The litmus whose search finds this bug; null where none does. */
export function litmusOf(bug: string): ShownBy | null {
  const answer = ANSWERS.find((one) => one.bug === bug);
  const violated = answer?.cells.find(({ expected }) => expected === 'violated');
  if (answer?.question?.by !== 'search' || violated === undefined) return null;
  return { litmus: answer.question.litmus, protocol: violated.protocol };
}

function isOf(bug: string, asked: string): boolean {
  const [name, wanted] = [bug.toLowerCase(), asked.toLowerCase()];
  return name === wanted || name.startsWith(`${wanted}-`);
}

function numberOf({ bug }: Answer): number {
  return Number.parseInt(bug.slice(1), 10);
}
