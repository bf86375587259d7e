// `explain`: kernel reports in a log (lockdep, WARN, KASAN, refcount_t, soft lockups), and which known bugs print them.
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { BadInput } from '../../core/base/errors.js';
import { type ExplainedReport, type Explanation, explain } from '../../core/bugs/explain.js';
import { litmusOf } from '../../core/catalogue/cells.js';
import { EXIT_CODE, type ExitCode } from '../exit-codes.js';
import type { Terminal } from '../terminal.js';

/** A log of reports is small; a whole journal is not what this reads. */
const EXPLAIN_BYTES_MAX = 64 * 1024 * 1024;
/** Functions of the stack that the text shows. */
const STACK_SHOWN = 8;

/** @param file a path, or - for standard input */
export function explainCommand(file: string, terminal: Terminal): ExitCode {
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
  if (explanations.length === 0) terminal.line('  none: no bug of the catalogue prints this');
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
