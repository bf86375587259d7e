// A counterexample for people: plain data and its text. Loads nothing else, so that a search does not wait for the machine.
import type { ScheduleStep } from '../search/found.js';
import type { FoundSession } from './found-session.js';
import type { Ordering } from './ordering.js';
import type { Recipe } from './recipe.js';
import type { Transplanted } from './transplant.js';

export interface CounterexampleReport {
  /** The smallest parameters with which the same thing is broken; what follows is about them. */
  readonly parameters: { readonly [name: string]: number };
  readonly length: number;
  /** Of an endless run: number of the first step that repeats, from 1, and the position of its first event in the session. */
  readonly cycleStart: number | null;
  readonly cyclePosition: number | null;
  readonly switches: number;
  readonly ordering: Ordering | null;
  /** One line. */
  readonly why: string;
  /** Two columns, 80 characters. */
  readonly drawing: readonly string[];
  readonly recipe: Recipe;
  readonly schedule: readonly ScheduleStep[];
  /** What its session is asked for with. */
  readonly session: FoundSession;
  /** The same schedule under another protocol, where that was asked. */
  readonly transplant?: Transplanted;
}

export function reportText(report: CounterexampleReport): string[] {
  const { recipe } = report;
  const until = (delay: Recipe['delays'][number]): string =>
    delay.until
      .map(
        (at) => `${at.thread} ${at.waits === true ? 'waits at' : 'has passed'} ${at.function} @ ${at.label}`,
      )
      .join(', ');
  return [
    report.why,
    '',
    ...report.drawing,
    '',
    'on a real kernel:',
    ...recipe.calls.flatMap(wrapped),
    ...recipe.delays.flatMap((delay) =>
      wrapped(`delay ${delay.thread} in ${delay.function} before ${delay.label} until ${until(delay)}`),
    ),
    ...wrapped(`expect ${recipe.splat}`),
    ...(recipe.bug === null ? [] : wrapped(`this is ${recipe.bug}`)),
    ...(report.transplant === undefined ? [] : ['', report.transplant.text]),
  ];
}

const LINE_CHARS = 80;

/** Two characters in, and four where it goes on: a mail keeps such lines. */
function wrapped(text: string): string[] {
  const lines: string[] = [];
  let line = ' ';
  for (const word of text.split(' ')) {
    if (line.length + 1 + word.length > LINE_CHARS && line.trim() !== '') {
      lines.push(line);
      line = '   ';
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}
