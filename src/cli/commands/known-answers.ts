// `catalogue`: the known bugs, each searched for where it was and where it was not.
import { availableParallelism } from 'node:os';
import { type Command, Option } from 'commander';
import { AssertionError } from '../../core/base/assert.js';
import { BadInput } from '../../core/base/errors.js';
import { findBug } from '../../core/bugs/explain.js';
import { COLUMNS } from '../../core/catalogue/answer.js';
import { catalogueCells, isAsked } from '../../core/catalogue/cells.js';
import type { RunRequest } from '../../core/run/manifest.js';
import type { CatalogueOptions, CatalogueResult } from '../../explorations/catalogue/catalogue.js';
import type { CatalogueRow } from '../../explorations/catalogue/row.js';
import { MAX_EXPLORE_WORKERS } from '../../explorations/exploration.js';
import { ownSession } from '../../explorations/own-session.js';
import { protocolOf } from '../../user-protocols/read-protocol.js';
import type { Backend } from '../backend/backend.js';
import { refuseFileOfServer } from '../backend/refuse-file.js';
import { EXIT_CODE, type ExitCode } from '../exit-codes.js';
import { wholeNumber } from '../settings.js';
import { grouped, ProcessTerminal, type Terminal, table } from '../terminal.js';

interface Options {
  readonly json?: boolean;
  readonly bug?: string;
  readonly protocol?: string;
  readonly workers: string;
  readonly store: boolean;
  readonly data: string;
}

/** @param ended is told the exit code */
export function addCatalogueCommand(
  add: (name: string, description: string) => Command,
  data: () => Option,
  ended: (code: number) => void,
): void {
  add('catalogue', 'the known answers: each real bug searched for where it was and where it was not')
    .option('--bug <id>', 'this bug only, such as B13')
    .option('--protocol <id>', 'this protocol only; or a FILE.mjs of your own')
    .addOption(
      new Option('--workers <n>', 'rows side by side').default(String(availableParallelism()), 'all cores'),
    )
    .option('--no-store', 'counterexamples do not become sessions of the data folder')
    .addOption(data())
    .action(async ({ bug, protocol, workers, store, data: folder, json }: Options) => {
      const n = wholeNumber('--workers', workers);
      if (n < 1 || n > MAX_EXPLORE_WORKERS)
        throw new BadInput(
          'catalogue-workers',
          `--workers is from 1 to ${MAX_EXPLORE_WORKERS}, got ${workers}`,
        );
      const terminal = new ProcessTerminal(json === true);
      ended(await catalogueCommand({ bug, protocol, workers: n, data: store ? folder : null }, terminal));
    });
}

interface Asked {
  readonly bug: string | undefined;
  readonly protocol: string | undefined;
  readonly workers: number;
  /** Where sessions go; null: none are stored. */
  readonly data: string | null;
}

export async function catalogueCommand(asked: Asked, terminal: Terminal): Promise<ExitCode> {
  const { runCatalogue } = await import('../../explorations/catalogue/catalogue.js');
  const begunMs = performance.now();
  const { data, protocol, ...options } = asked;
  const own: Pick<CatalogueOptions, 'protocol' | 'userProtocol'> =
    protocol === undefined ? {} : protocolOf(protocol);
  const isOwn = own.userProtocol !== undefined;
  if (data !== null) await refuseFileOfServer(data, own.userProtocol?.file);
  const asksAny = isOwn || catalogueCells(asked).some(isAsked);
  const backend = data !== null && asksAny ? await backendOf(data, terminal) : null;
  const progress = (done: number, of: number): void => terminal.progress(`${done} of ${of} rows`);
  let result: CatalogueResult;
  try {
    const store =
      backend === null
        ? undefined
        : (session: RunRequest) => storeSession(backend, ownSession(session, own.userProtocol));
    result = await runCatalogue({ ...options, ...own, progress, store });
  } finally {
    await backend?.close();
  }
  const seconds = (performance.now() - begunMs) / 1_000;
  terminal.document({ rows: result.rows, failed: result.failed, seconds });
  for (const line of textOf(result, seconds)) terminal.line(line);
  if (result.failed > 0) return EXIT_CODE.VIOLATED;
  return result.rows.some((row) => row.got === 'bound_reached') ? EXIT_CODE.LIMIT : EXIT_CODE.FINE;
}

/** Loaded here only: without sessions the store's packages are not wanted. */
async function backendOf(data: string, terminal: Terminal): Promise<Backend> {
  const { openBackend } = await import('../backend/open-backend.js');
  return await openBackend(data, { create: true, note: (text) => terminal.note(text) });
}

async function storeSession(backend: Backend, request: RunRequest): Promise<string> {
  const [session] = await backend.run([request], () => undefined);
  if (session === undefined) throw new AssertionError(`no session of ${request.scenario} came back`);
  return session.id;
}

const SIGN: { readonly [G in CatalogueRow['got']]: string } = {
  violated: 'V',
  holds: '.',
  not_applicable: '-',
  unknown: '?',
  bound_reached: 'B',
};

function textOf({ rows, failed }: CatalogueResult, seconds: number): string[] {
  const asked = rows.filter((row) => row.how !== null).length;
  return [
    ...(rows.length > COLUMNS.length ? [matrix(rows), ''] : []),
    ...found(rows),
    ...notes(rows),
    `${rows.length} rows, ${asked} of them searched or run in ${seconds.toFixed(1)} s: ${
      failed === 0 ? 'all as expected' : `${failed} not as expected`
    }`,
  ];
}

/** Bugs down, protocols across; what is not as expected has a `!`. */
function matrix(rows: readonly CatalogueRow[]): string {
  const bugs = [...new Set(rows.map((row) => row.bug))];
  const cell = (bug: string, protocol: string): string => {
    const row = rows.find((one) => one.bug === bug && one.protocol === protocol);
    return row === undefined ? '' : `${SIGN[row.got]}${row.ok ? '' : '!'}`;
  };
  const columns = COLUMNS.filter((protocol) => rows.some((row) => row.protocol === protocol));
  const others = (bug: string): string =>
    rows
      .filter((row) => row.bug === bug && !COLUMNS.includes(row.protocol))
      .map((row) => `${row.protocol} ${SIGN[row.got]}${row.ok ? '' : '!'}`)
      .join(', ');
  return [
    table(
      ['', 'kind', ...columns, 'others'],
      bugs.map((bug) => [
        bug,
        rows.find((row) => row.bug === bug)?.kind ?? '',
        ...columns.map((protocol) => cell(bug, protocol)),
        others(bug),
      ]),
    ),
    'V violated   . holds   - not applicable   ? unknown   ! not as expected',
  ].join('\n');
}

function found(rows: readonly CatalogueRow[]): string[] {
  const shown = rows.filter(
    (row) => row.how !== null && (row.got !== 'holds' || !row.ok || rows.length <= 40),
  );
  if (shown.length === 0) return [];
  return [
    table(
      ['bug', 'protocol', 'got', 'by', 'states', 'steps', 's', 'litmus', 'how', 'session'],
      shown.map((row) => [
        row.bug,
        row.protocol,
        row.ok ? row.got : `${row.got}, expected ${row.expected}`,
        row.invariant,
        row.states === null ? null : grouped(row.states),
        row.steps,
        row.seconds.toFixed(2),
        row.litmus,
        row.how,
        row.sessionId,
      ]),
    ),
    '',
  ];
}

/** What a row says besides: of a single bug all of it, else why there is no answer. */
function notes(rows: readonly CatalogueRow[]): string[] {
  const bugs = [...new Set(rows.map((row) => row.bug))];
  const lines: string[] = [];
  for (const bug of bugs) {
    const sheet = bugs.length > 3 ? undefined : findBug(bug.split('-')[0] ?? bug);
    if (sheet !== undefined) lines.push(`${bug}: ${sheet.title}. ${sheet.order}.`);
    const own = rows.filter((row) => row.bug === bug && row.reason !== null);
    const told = own.filter((row) => bugs.length <= 3 || row.how === null || !row.ok);
    for (const reason of new Set(told.map((row) => row.reason))) {
      const where = told.filter((row) => row.reason === reason).map((row) => row.protocol);
      lines.push(`${bug} ${where.join(', ')}: ${reason}`);
    }
  }
  return lines.length === 0 ? [] : [...lines, ''];
}
