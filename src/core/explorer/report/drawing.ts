// The counterexample in two columns of 80 characters: CPU0 is the thread in which it breaks, CPU1 everybody else, each named
// where it comes on. Preparation is left out, and so is what a thread only does for itself.
import { E } from '../../events/catalogue.js';
import { textColumns } from '../../projections/text-columns.js';
import type { FoundRun } from './found-session.js';

/** Characters of one column: two and the gap fit a mail. */
const COLUMN_CHARS = 39;
/** Lines in front of the last ones that are drawn; how many were left out is said. */
const MAX_LINES = 150;

/** Marks of an endless run. */
const REPEATS_FROM_HERE = '-------- what repeats for ever begins here '.padEnd(2 * COLUMN_CHARS + 2, '-');
const ENDS_HERE = '-------- and from here it goes on where it began '.padEnd(2 * COLUMN_CHARS + 2, '-');
/** Its steps leave no event that is drawn. */
const NOTHING_SEEN = '-------- what repeats for ever does nothing that others see '.padEnd(
  2 * COLUMN_CHARS + 2,
  '-',
);

/** Read sections and counters that say nothing about a race unless somebody waits for them; ioctls are in the recipe. */
const LEFT_OUT: ReadonlySet<number> = new Set(
  [E.IoctlBegun, E.IoctlEnded, E.ThreadEnded, E.BarrierReached].filter((code) => code !== undefined),
);

export function drawFound(run: FoundRun, first: number): string[] {
  const shown = new Map<number, string>();
  const lines = [
    `${`CPU0 (${run.threads[first]})`.padEnd(COLUMN_CHARS)}  CPU1 (the others)`,
    `${'-'.repeat(COLUMN_CHARS)}  ${'-'.repeat(COLUMN_CHARS)}`,
  ];
  const right = ' '.repeat(COLUMN_CHARS + 2);
  let at = 0;
  let before = -1;
  let marked = -1;
  for (const columns of run.columns) {
    for (let i = 0; i < columns.length; i++, at++) {
      if (at === run.repeatsFrom) {
        marked = lines.length;
        lines.push(REPEATS_FROM_HERE);
        shown.clear();
        before = -1;
      }
      if (at < run.prepared || LEFT_OUT.has(columns.type[i])) continue;
      const thread = columns.thread[i];
      if (thread !== before && thread !== first) {
        lines.push(`${right}[${run.threads[thread]}]`);
        shown.delete(thread);
      }
      // Its own column: CPU0 for the first thread, CPU1 for any other.
      lines.push(
        ...textColumns(columns, i, i + 1, {
          threads: run.threads,
          functionOf: run.functionOf,
          width: COLUMN_CHARS,
          inFunction: shown,
          columns: thread === first ? [thread] : [-1, thread],
        }),
      );
      before = thread;
    }
  }
  if (run.repeatsFrom !== null) lines.push(marked < 0 ? NOTHING_SEEN : ENDS_HERE);
  const head = lines.slice(0, 2);
  const body = lines.slice(2);
  if (body.length <= MAX_LINES) return lines;
  const cut = body.length - MAX_LINES;
  // What repeats may be longer than what is drawn: then its beginning is told where the drawing begins.
  const inside = marked >= 0 && marked - 2 < cut;
  return [
    ...head,
    `... ${cut} lines before${inside ? `, the last ${cut - (marked - 2)} of them are the first that repeat for ever` : ''}`,
    ...body.slice(-MAX_LINES),
  ];
}
