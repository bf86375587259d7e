// A procedure as people read it: where the C function is, its labelled steps in the order of the C text, what each asks for,
// where each may go on, and what is left out. Read off the table's own functions: nothing is kept beside it that could go stale.
import type { Procedure } from '../machine/procedure.js';

export interface StepView {
  readonly label: string;
  /** The op that it asks for, as it stands in the table; empty: a place that a call returns to. */
  readonly asks: string;
  /** Labels that it may go on at; `return` and `call NAME` beside them. */
  readonly next: readonly string[];
}

export interface ProcedureView {
  readonly function: string;
  readonly file: string;
  /** Kernel version or commit that has this form first. */
  readonly since: string;
  readonly leftOut: string;
  readonly steps: readonly StepView[];
}

export function procedureView({ name, head, steps }: Procedure): ProcedureView {
  const labels = new Set(Object.keys(steps));
  return {
    function: name,
    file: head.file,
    since: head.since,
    leftOut: head.leftOut,
    steps: Object.entries(steps).map(([label, [ask, then]]) => ({
      label,
      asks: ask === null ? '' : asksText(ask.toString()),
      next: nextOf(then.toString(), labels),
    })),
  };
}

/** `(l) => op.refcount_dec_and_test(l.root, l.holder)` -> `refcount_dec_and_test(root, holder)`. */
export function asksText(source: string): string {
  const body = source.slice(source.indexOf('=>') + 2).trim();
  return body
    .replace(/^\{|\}$/g, '')
    .replace(/\bl\.w\.lockId\(l\.vm, LOCK_KIND\.(\w+)\)/g, '$1')
    .replace(/\b(op|l\.env\.constants|l\.env|l\.w|l)\./g, '')
    .replace(/\s+/g, ' ')
    .replace(/;\s*$/, '')
    .trim();
}

function nextOf(source: string, labels: ReadonlySet<string>): string[] {
  const found = new Set<string>();
  for (const [, quoted] of source.matchAll(/['"]([\w.]+)['"]/g)) if (labels.has(quoted)) found.add(quoted);
  for (const [, callee] of source.matchAll(/\bfn\.(\w+)/g)) found.add(`call ${callee}`);
  if (/\bret\(/.test(source)) found.add('return');
  return [...found];
}
