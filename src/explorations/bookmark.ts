// Where in the session of an endless run what repeats begins: a bookmark that the page and the command line show like any other.
import type { CounterexampleReport } from '../core/explorer/report/counterexample-text.js';
import type { NoteContent } from '../store/notes.port.js';

/** Null: the run ends, or what repeats leaves no event. */
export function bookmarkOf(report: CounterexampleReport): NoteContent | null {
  const { cycleStart, cyclePosition, length } = report;
  if (cycleStart === null || cyclePosition === null) return null;
  const text = `what repeats for ever begins here (steps ${cycleStart} to ${length} of the schedule)`;
  return { kind: 'bookmark', position: cyclePosition, text };
}
