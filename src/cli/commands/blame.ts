// `ledger`, `blame`, `critical-path`: who holds a root, who changed a field, why a thread waited, why it took so long.

import { BadInput } from '../../core/base/errors.js';
import { criticalPathText, waitText } from '../../core/causality/causality-text.js';
import { blameText } from '../../core/projections/blame/blame-text.js';
import { ledgerText } from '../../core/projections/ledger/ledger-text.js';
import type { Backend } from '../backend/backend.js';
import { EXIT_CODE, type ExitCode } from '../exit-codes.js';
import { wholeNumber } from '../settings.js';
import type { Terminal } from '../terminal.js';
import { checkId, using } from './sessions.js';

type Open = () => Promise<Backend>;

export interface AtOptions {
  readonly at?: string;
  readonly limit?: string;
}

/** `?at=5&limit=3`, without what is not given. */
function query(values: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  const text = new URLSearchParams(
    given.map(([name, value]): [string, string] => [name, String(value)]),
  ).toString();
  return text === '' ? '' : `?${text}`;
}

function numbers({ at, limit }: AtOptions): { at?: number; limit?: number } {
  return {
    ...(at === undefined ? {} : { at: wholeNumber('--at', at) }),
    ...(limit === undefined ? {} : { limit: wholeNumber('--limit', limit) }),
  };
}

export async function ledger(
  id: string,
  path: string,
  options: AtOptions,
  open: Open,
  terminal: Terminal,
): Promise<ExitCode> {
  checkId(id);
  const parts = /^tdp-mmus\.(\d{1,9})\.roots\.(\d{1,9})$/.exec(path);
  if (parts === null) {
    throw new BadInput('ledger-path', `a ledger is that of a root: tdp-mmus.VM.roots.ROOT, got "${path}"`, [
      'tdp-mmus.VM.roots.ROOT',
    ]);
  }
  const [vm, root] = [Number(parts[1]), Number(parts[2])];
  const { at, limit } = numbers(options);
  const request = { sessionId: id, vm, root, when: at === undefined ? {} : { at }, limit };
  const address = `/sessions/${id}/tdp-mmus/${vm}/roots/${root}/ledger${query({ at, limit })}`;
  const found = await using(open, (backend) => backend.inspect('ledger', request, address));
  terminal.document(found);
  for (const line of ledgerText(found)) terminal.line(line);
  return found.faultsSeen === 0 ? EXIT_CODE.FINE : EXIT_CODE.VIOLATED;
}

export interface BlameOptions extends AtOptions {
  readonly all?: boolean;
  readonly wait?: string;
}

export async function blame(
  id: string,
  path: string | undefined,
  options: BlameOptions,
  open: Open,
  terminal: Terminal,
): Promise<ExitCode> {
  checkId(id);
  const { at, limit } = numbers(options);
  const when = at === undefined ? {} : { at };
  const { wait: thread, all = false } = options;
  if ((path === undefined) === (thread === undefined)) {
    throw new BadInput(
      'blame-what',
      'blame takes a path of the state, such as tdp-mmus.1.roots.3.refcount, or --wait THREAD',
    );
  }
  if (thread !== undefined) {
    const address = `/sessions/${id}/waits${query({ thread, at })}`;
    const wait = await using(open, (backend) =>
      backend.inspect('wait', { sessionId: id, thread, when }, address),
    );
    terminal.document(wait);
    for (const line of waitText(wait)) terminal.line(line);
    return EXIT_CODE.FINE;
  }
  const request = { sessionId: id, path: path!, when, all, limit };
  const address = `/sessions/${id}/blame${query({ path, at, all: all ? true : undefined, limit })}`;
  const found = await using(open, (backend) => backend.inspect('blame', request, address));
  terminal.document(found);
  for (const line of blameText(found)) terminal.line(line);
  return found.outcome === 'more' ? EXIT_CODE.LIMIT : EXIT_CODE.FINE;
}

export interface PathOptions {
  readonly from: string;
  readonly to: string;
  readonly limit?: string;
}

export async function criticalPath(
  id: string,
  options: PathOptions,
  open: Open,
  terminal: Terminal,
): Promise<ExitCode> {
  checkId(id);
  const [from, to] = [wholeNumber('--from', options.from), wholeNumber('--to', options.to)];
  const { limit } = numbers(options);
  const address = `/sessions/${id}/critical-path${query({ from, to, limit })}`;
  const path = await using(open, (backend) =>
    backend.inspect('criticalPath', { sessionId: id, from, to, limit }, address),
  );
  terminal.document(path);
  for (const line of criticalPathText(path)) terminal.line(line);
  return EXIT_CODE.FINE;
}
