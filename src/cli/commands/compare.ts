// `rootline compare A B [...]`: sessions side by side, and where they part.

import { BadInput } from '../../core/base/errors.js';
import type { Comparison } from '../../core/compare/comparison.js';
import { comparisonText } from '../../core/compare/comparison-text.js';
import { SERIES_POINTS_MAX } from '../../core/compare/series.js';
import type { Backend } from '../backend/backend.js';
import { EXIT_CODE, type ExitCode } from '../exit-codes.js';
import { wholeNumber } from '../settings.js';
import { grouped, type Terminal } from '../terminal.js';
import { checkId, using } from './sessions.js';

export interface CompareOptions {
  readonly all?: boolean;
  readonly points?: string;
}

export async function compare(
  ids: readonly string[],
  options: CompareOptions,
  open: () => Promise<Backend>,
  terminal: Terminal,
): Promise<ExitCode> {
  for (const id of ids) checkId(id);
  const points = options.points === undefined ? 0 : wholeNumber('--points', options.points);
  if (points > SERIES_POINTS_MAX) {
    throw new BadInput('points', `--points takes 0 to ${SERIES_POINTS_MAX} points, got ${points}`);
  }
  const question = { sessions: ids, all: options.all === true, points };
  const comparison = await using(open, (backend) =>
    backend.compare(question, ({ rows, of }) =>
      terminal.progress(`${grouped(rows)} of ${grouped(of)} events`),
    ),
  );
  terminal.document(comparison);
  for (const line of comparisonText(comparison)) terminal.line(line);
  return exitCodeFor(comparison);
}

function exitCodeFor({ alignments }: Comparison): ExitCode {
  if (alignments.some(({ outcome }) => outcome === 'diverges' || outcome === 'notAligned')) {
    return EXIT_CODE.VIOLATED;
  }
  return alignments.some(({ outcome }) => outcome === 'gaveUp') ? EXIT_CODE.LIMIT : EXIT_CODE.FINE;
}
