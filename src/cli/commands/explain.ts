// `explain`: kernel reports in a log (lockdep, WARN, KASAN, refcount_t, soft lockups), and which known bugs print them; or one known
// bug by its number, and what is seen of it.
import { closeSync, existsSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { BadInput } from '../../core/base/errors.js';
import { HEADLINE_TEXT, type Splat } from '../../core/bugs/bug.js';
import { BUGS, type ExplainedReport, type Explanation, explain, findBug } from '../../core/bugs/explain.js';
import { litmusOf } from '../../core/catalogue/cells.js';
import { EXIT_CODE, type ExitCode } from '../exit-codes.js';
import type { Terminal } from '../terminal.js';

/** A log of reports is small; a whole journal is not what this reads. */
const EXPLAIN_BYTES_MAX = 64 * 1024 * 1024;
/** Functions of the stack that the text shows. */
const STACK_SHOWN = 8;

/** @param what a path, - for standard input, or the number of a bug */
export function explainCommand(what: string, terminal: Terminal): ExitCode {
  if (/^B\d+\w*$/i.test(what) && !existsSync(what)) return explainBug(what, terminal);
  return explainLog(what, terminal);
}

/** What is known of a bug, and how it shows itself. */
function explainBug(id: string, terminal: Terminal): ExitCode {
  const bug = findBug(id);
  if (bug === undefined) {
    const known = BUGS.map((one) => one.id);
    throw new BadInput(
      'unknown-bug',
      `no bug "${id}", and no such file; expected a file with kernel messages, or one of: ${known.join(', ')}`,
      known,
    );
  }
  const shownBy = litmusOf(bug.id);
  const { splats, seen } = bug;
  terminal.document({ ...bug, seen: seen ?? null, shownBy });
  terminal.line(`${bug.id}: ${bug.title} (${bug.kind})`);
  terminal.line(`  kernels  ${bug.affected}`);
  for (const fix of bug.fixes) terminal.line(`  fix      ${fix.commit} "${fix.title}"`);
  terminal.line(`  needs    ${bug.configuration}`);
  terminal.line(`  order    ${bug.order}`);
  if (bug.breaks.length > 0) terminal.line(`  breaks   ${bug.breaks.join(', ')}`);
  for (const splat of splats) {
    terminal.line(`  prints   ${HEADLINE_TEXT[splat.headline[0]]}${places(splat)}`);
    terminal.line(`           ${splat.because}`);
  }
  if (seen !== undefined) terminal.line(`  seen     ${seen}`);
  if (shownBy !== null)
    terminal.line(`  litmus   npx rootline explore ${shownBy.litmus} --protocol ${shownBy.protocol}`);
  terminal.line(`  see it   npx rootline catalogue --bug ${bug.id}`);
  return EXIT_CODE.FINE;
}

/** In which function, and who is on the stack. */
function places({ in: functions, stack }: Splat): string {
  const at = functions.length === 0 ? '' : ` in ${functions.join(' or ')}`;
  const callers = stack.map((group) => group.join(' or '));
  return `${at}${callers.length === 0 ? '' : `, called by ${callers.join(', and by ')}`}`;
}

/** @param file a path, or - for standard input */
function explainLog(file: string, terminal: Terminal): ExitCode {
  const reports = explain(readLog(file));
  terminal.document({
    reports: reports.map(({ report, explanations }) => ({
      line: report.line,
      headline: report.headline,
      text: report.text,
      function: report.in,
      kernel: report.kernel,
      stack: report.stack.filter((entry) => !entry.doubtful).map((entry) => entry.function),
      matches: explanations.map(matchOf),
    })),
  });
  if (reports.length === 0)
    terminal.line('none: there is no kernel report in it that is known by its headline');
  for (const [k, explained] of reports.entries()) {
    if (k > 0) terminal.line();
    show(explained, terminal);
  }
  return EXIT_CODE.FINE;
}

function matchOf({ bug, because, kernelHasIt }: Explanation): object {
  const { id, title, kind, affected, fixes, order, configuration, breaks } = bug;
  return {
    bug: id,
    title,
    kind,
    because,
    kernelHasIt,
    affected,
    fixes,
    order,
    configuration,
    breaks,
    shownBy: litmusOf(id),
  };
}

function show({ report, explanations }: ExplainedReport, terminal: Terminal): void {
  terminal.line(`line ${report.line}: ${report.text}`);
  const stack = report.stack.filter((entry) => !entry.doubtful).map((entry) => entry.function);
  if (report.kernel !== null) terminal.line(`  kernel   ${report.kernel}`);
  if (stack.length > 0) {
    const more = stack.length > STACK_SHOWN ? ` (${stack.length - STACK_SHOWN} more)` : '';
    terminal.line(`  stack    ${stack.slice(0, STACK_SHOWN).join(' < ')}${more}`);
  }
  if (explanations.length === 0)
    terminal.line(
      report.headline === 'lockdep'
        ? '  none: a lockdep report, of no known bug'
        : '  none: no bug of the catalogue prints this',
    );
  for (const { bug, because, kernelHasIt } of explanations) {
    terminal.line(`  ${bug.id}: ${bug.title}`);
    terminal.line(`    why      ${because}`);
    terminal.line(`    kernels  ${bug.affected}${WORDS[kernelHasIt]}`);
    for (const fix of bug.fixes) terminal.line(`    fix      ${fix.commit} "${fix.title}"`);
    terminal.line(`    order    ${bug.order}`);
    const shown = litmusOf(bug.id);
    if (shown !== null)
      terminal.line(`    litmus   npx rootline explore ${shown.litmus} --protocol ${shown.protocol}`);
    terminal.line(`    see it   npx rootline catalogue --bug ${bug.id}`);
  }
}

const WORDS: Readonly<Record<Explanation['kernelHasIt'], string>> = {
  yes: '; the report is from one of them',
  no: '; the report is from none of them: a backport, or another bug that looks the same',
  unknown: '',
};

function readLog(file: string): string {
  const fd = file === '-' ? 0 : open(file);
  try {
    const stat = fstatSync(fd);
    if (stat.isDirectory())
      throw new BadInput('explain-file', `${file} is a folder; expected a file with kernel messages`);
    if (stat.size > EXPLAIN_BYTES_MAX) throw tooLarge(file);
    const bytes = readFileSync(fd);
    if (bytes.length > EXPLAIN_BYTES_MAX) throw tooLarge(file);
    if (bytes.includes(0))
      throw new BadInput('explain-file', `${file} is binary; expected text of kernel messages`);
    return bytes.toString('utf8');
  } finally {
    if (fd !== 0) closeSync(fd);
  }
}

function open(file: string): number {
  try {
    return openSync(file, 'r');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    throw new BadInput(
      'explain-file',
      `cannot read ${file} (${code}); expected a file, or - for standard input`,
    );
  }
}

function tooLarge(file: string): BadInput {
  return new BadInput(
    'explain-size',
    `${file} is larger than ${EXPLAIN_BYTES_MAX} bytes; expected the kernel messages around a report`,
  );
}
