// `source`: the C functions of a user's own kernel tree beside the labelled steps that model them.
import { BadInput } from '../../core/base/errors.js';
import { findProtocol } from '../../core/protocols/registry.js';
import { type Comparison, type FunctionBeside, LinuxTree } from '../../linux-tree/linux-tree.js';
import { EXIT_CODE, type ExitCode } from '../exit-codes.js';
import type { Terminal } from '../terminal.js';

/** Columns of C text in front of the labels. */
const C_COLUMNS = 84;
const TAB = '        ';

export interface SourceOptions {
  readonly linux: string;
}

/** @param names C names; none: all of the protocol */
export function sourceCommand(
  protocolId: string,
  names: readonly string[],
  { linux }: SourceOptions,
  terminal: Terminal,
): ExitCode {
  const { id, procedures: all } = findProtocol(protocolId);
  // User space has no C in the kernel's tree.
  const procedures = all.filter(({ head }) => /\.[ch]$/.test(head.file));
  for (const name of names) {
    if (procedures.some((procedure) => procedure.name === name)) continue;
    const near = procedures.map((p) => p.name).filter((known) => known.includes(name));
    throw new BadInput(
      'function',
      `protocol ${id} has no function ${name}; expected one of ${near.length > 0 ? near.join(', ') : `its ${procedures.length} (rootline source ${id} --linux DIR lists them)`}`,
    );
  }
  const tree = new LinuxTree(linux);
  const shown = procedures.filter(({ name }) => names.length === 0 || names.includes(name));
  const found = shown.map((procedure) => tree.beside(procedure, id));
  terminal.document({ protocol: id, tree: { release: tree.release }, functions: found.map(documentOf) });
  terminal.line(`protocol ${id}; the tree is Linux ${tree.release ?? '(its Makefile names no version)'}`);
  for (const one of found) {
    if (names.length > 0) showWhole(one, terminal);
    else terminal.line(summaryOf(one));
  }
  const differ = found.filter(({ comparison }) => comparison.verdict === 'differs').length;
  const missing = found.filter((one) => one.found === null).length;
  terminal.line();
  terminal.line(
    `${found.length} functions: ${differ} differ from the release that their steps were written for, ${missing} are not in the tree`,
  );
  return EXIT_CODE.FINE;
}

function documentOf({ procedure, found, steps, comparison }: FunctionBeside): object {
  const { name, head } = procedure;
  return {
    function: name,
    since: head.since,
    leftOut: head.leftOut,
    file: found?.file ?? null,
    firstLine: found?.firstLine ?? null,
    lines: found?.lines ?? [],
    steps: steps.map(({ label, line }) => ({
      label,
      line: line === null || found === null ? null : found.firstLine + line,
    })),
    comparison,
  };
}

function summaryOf({ procedure, found, comparison }: FunctionBeside): string {
  const where = found === null ? 'not in the tree' : `${found.file}:${found.firstLine}`;
  return `${procedure.name.padEnd(44)} ${where.padEnd(46)} ${wordsOf(comparison)}`;
}

function wordsOf(comparison: Comparison): string {
  switch (comparison.verdict) {
    case 'same':
      return `as in ${comparison.release}`;
    case 'differs':
      return `WARNING: differs from ${comparison.release} in ${comparison.changedLines} lines`;
    case 'unknown':
      return comparison.why;
  }
}

function showWhole({ procedure, found, steps, comparison }: FunctionBeside, terminal: Terminal): void {
  const { name, head } = procedure;
  terminal.line();
  terminal.line(`${name}, steps as of ${head.since}: ${wordsOf(comparison)}`);
  terminal.line(`Left out: ${head.leftOut}`);
  if (found === null) {
    for (const label of Object.keys(procedure.steps)) terminal.line(`${' '.repeat(C_COLUMNS)}| ${label}`);
    return;
  }
  terminal.line(`${found.file}:${found.firstLine}`);
  const nowhere = steps.filter(({ line }) => line === null).map(({ label }) => label);
  for (const [k, text] of found.lines.entries()) {
    const labels = steps.filter(({ line }) => line === k).map(({ label }) => label);
    const c = text.replaceAll('\t', TAB);
    const cut = c.length > C_COLUMNS ? `${c.slice(0, C_COLUMNS - 1)}…` : c.padEnd(C_COLUMNS);
    terminal.line(`${cut}| ${labels.join(', ')}`.trimEnd());
  }
  if (nowhere.length > 0) terminal.line(`steps of no line by name: ${nowhere.join(', ')}`);
}
