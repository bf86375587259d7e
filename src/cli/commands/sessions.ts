// `sessions`, `show`, `replay`: what is stored, and whether it can be had again.
import { BadInput } from '../../core/base/errors.js';
import { SESSION_KINDS } from '../../store/session.js';
import type { Backend } from '../backend/backend.js';
import { EXIT_CODE, type ExitCode } from '../exit-codes.js';
import { grouped, type Terminal, table } from '../terminal.js';
import { printSession } from './run.js';
import { treeLines } from './session-tree.js';

export type Open = () => Promise<Backend>;

export async function using<T>(open: Open, use: (backend: Backend) => Promise<T>): Promise<T> {
  const backend = await open();
  try {
    return await use(backend);
  } finally {
    await backend.close();
  }
}

export interface ListOptions {
  readonly tree?: boolean;
  readonly kind?: string;
  readonly parent?: string;
}

export async function sessions(
  { tree, kind, parent }: ListOptions,
  open: Open,
  terminal: Terminal,
): Promise<ExitCode> {
  if (kind !== undefined && !SESSION_KINDS.some((known) => known === kind)) {
    const expected = `expected one of: ${SESSION_KINDS.join(', ')}`;
    throw new BadInput('unknown-kind', `unknown kind "${kind}"; ${expected}`, SESSION_KINDS);
  }
  if (parent !== undefined) checkId(parent);
  const all = (await using(open, (backend) => backend.sessions())).filter(
    (session) =>
      (kind === undefined || session.kind === kind) &&
      (parent === undefined || session.parent?.sessionId === parent),
  );
  terminal.document({ sessions: all });
  if (tree === true) {
    for (const line of treeLines(all)) terminal.line(line);
    return EXIT_CODE.FINE;
  }
  terminal.line(
    table(
      [
        'id',
        'state',
        'outcome',
        'scenario',
        'protocol',
        'seed',
        'recording',
        'events',
        'roots',
        'findings',
        'digest',
      ],
      all.map((s) => [
        s.id,
        s.state,
        s.outcome,
        s.scenario,
        s.protocol,
        s.seed,
        s.recording,
        grouped(s.events),
        s.rootAllocations,
        s.findings,
        s.digest,
      ]),
    ),
  );
  return EXIT_CODE.FINE;
}

export async function show(id: string, open: Open, terminal: Terminal): Promise<ExitCode> {
  checkId(id);
  const [session, findings, assertions] = await using(open, async (backend) => [
    await backend.session(id),
    await backend.findings(id),
    await backend.assertions(id),
  ]);
  terminal.document({ ...session, findings, assertions });
  printSession(session, findings, assertions, terminal);
  return EXIT_CODE.FINE;
}

export async function replay(id: string, open: Open, terminal: Terminal): Promise<ExitCode> {
  checkId(id);
  const result = await using(open, (backend) => backend.replay(id));
  terminal.document(result);
  const { fold, schedule } = result.by;
  terminal.line(result.verified ? 'verified' : 'not verified');
  if (schedule !== null)
    terminal.line(
      `  by schedule  ${schedule.outcome}, ${grouped(schedule.rows)} rows${note(schedule.detail)}`,
    );
  if (fold !== null) {
    const against =
      fold.compared === null
        ? ''
        : `, ${grouped(fold.compared.words)} words compared with the ${fold.compared.with}`;
    terminal.line(`  by fold      ${fold.outcome}, ${grouped(fold.rows)} rows${against}`);
  }
  if (result.firstDifference !== null) {
    terminal.line(`  first difference: ${JSON.stringify(result.firstDifference)}`);
  }
  return result.verified ? EXIT_CODE.FINE : EXIT_CODE.VIOLATED;
}

function note(detail: string | null): string {
  return detail === null ? '' : ` (${detail})`;
}

export function checkId(id: string): void {
  if (!/^[1-9]\d{0,15}$/.test(id)) {
    throw new BadInput(
      'session-id',
      `a session's id is a whole number from 1 (see \`rootline sessions\`), got "${id}"`,
    );
  }
}
