// `relax`: which rules a protocol needs. Drops one at a time and searches the litmus for what breaks.
import { availableParallelism } from 'node:os';
import { type Command, Option } from 'commander';
import { AssertionError } from '../../core/base/assert.js';
import { BadInput } from '../../core/base/errors.js';
import type { LitmusRef } from '../../core/explorer/relax/relax-litmus.js';
import { type RelaxAnswer, type RelaxRow, relaxLine } from '../../core/explorer/relax/relaxation.js';
import type { RunRequest } from '../../core/run/manifest.js';
import { MAX_EXPLORE_WORKERS } from '../../explorations/exploration.js';
import { isLitmusFile, litmusRefOf } from '../../explorations/litmus-ref.js';
import { ownSession } from '../../explorations/own-session.js';
import type { RelaxRequest, RelaxResult } from '../../explorations/relax/relax.js';
import { protocolOf } from '../../user-protocols/read-protocol.js';
import type { Backend } from '../backend/backend.js';
import { refuseFileOfServer } from '../backend/refuse-file.js';
import { EXIT_CODE, type ExitCode } from '../exit-codes.js';
import { wholeNumber } from '../settings.js';
import { ProcessTerminal, type Terminal, table } from '../terminal.js';

interface Options {
  readonly json?: boolean;
  readonly protocol?: string;
  readonly litmus?: string;
  readonly rule?: string;
  readonly workers: string;
  readonly store: boolean;
  readonly data: string;
}

/** @param ended is told the exit code */
export function addRelaxCommand(
  add: (name: string, description: string) => Command,
  data: () => Option,
  ended: (code: number) => void,
): void {
  add('relax', 'which rules a protocol needs: one is dropped at a time, and what breaks is looked for')
    .argument(
      '[protocol]',
      'id of a protocol or profile; or a FILE.mjs of your own; or a FILE.litmus to search, with --protocol',
    )
    .option('--protocol <id>', 'the same')
    .option(
      '--litmus <names>',
      'these litmus, with commas, also FILE.litmus of your own; default: all that are small enough',
    )
    .option('--rule <id>', 'this rule only')
    .addOption(
      new Option('--workers <n>', 'rules side by side').default(String(availableParallelism()), 'all cores'),
    )
    .option('--no-store', 'counterexamples do not become sessions of the data folder')
    .addOption(data())
    .action(async (argument: string | undefined, options: Options) => {
      const { litmus, rule, workers, store, data: folder, json } = options;
      // One of your own may come first: relax my.litmus --protocol v6.4.
      const first = argument !== undefined && isLitmusFile(argument) ? argument : undefined;
      const named = first === undefined ? argument : undefined;
      const protocol = named ?? options.protocol;
      if (protocol === undefined || (named !== undefined && options.protocol !== undefined))
        throw new BadInput(
          'relax-protocol-missing',
          'expected one protocol: relax v6.4, or relax --protocol FILE.mjs',
        );
      const n = wholeNumber('--workers', workers);
      if (n < 1 || n > MAX_EXPLORE_WORKERS)
        throw new BadInput('relax-workers', `--workers is from 1 to ${MAX_EXPLORE_WORKERS}, got ${workers}`);
      const asked = {
        protocol,
        rule,
        litmus: await refsOf([first, litmus]),
        workers: n,
        data: store ? folder : null,
      };
      ended(await relaxCommand(asked, new ProcessTerminal(json === true)));
    });
}

async function refsOf(given: readonly (string | undefined)[]): Promise<readonly LitmusRef[] | undefined> {
  const names = given.flatMap((one) => one?.split(',') ?? []);
  return names.length === 0 ? undefined : await Promise.all(names.map(litmusRefOf));
}

interface Asked extends RelaxRequest {
  readonly workers: number;
  /** Where sessions go; null: none are stored. */
  readonly data: string | null;
}

export async function relaxCommand({ data, ...given }: Asked, terminal: Terminal): Promise<ExitCode> {
  const { checkRelax, runRelax } = await import('../../explorations/relax/relax.js');
  const asked = { ...given, ...protocolOf(given.protocol) };
  checkRelax(asked);
  if (data !== null) await refuseFileOfServer(data, asked.userProtocol?.file);
  const begunMs = performance.now();
  const backend = data === null ? null : await backendOf(data, terminal);
  let result: RelaxResult;
  try {
    const store =
      backend === null
        ? undefined
        : (session: RunRequest) => storeSession(backend, ownSession(session, asked.userProtocol));
    const progress = (done: number, of: number): void => terminal.progress(`${done} of ${of}`);
    result = await runRelax({ ...asked, progress, store });
  } finally {
    await backend?.close();
  }
  const seconds = (performance.now() - begunMs) / 1_000;
  terminal.document({ ...result, seconds });
  for (const line of textOf(result, seconds)) terminal.line(line);
  return result.counts.bound_reached === 0 ? EXIT_CODE.FINE : EXIT_CODE.LIMIT;
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

const WORDS: { readonly [A in RelaxAnswer]: string } = {
  needed: 'needed',
  not_needed_in: 'holds',
  bound_reached: 'bound reached',
  not_applicable: '-',
};

function textOf({ protocol, rows, litmus, counts }: RelaxResult, seconds: number): string[] {
  const anyway = litmus.filter((base) => base.brokenAnyway.length > 0);
  const leftOut = litmus.filter((base) => base.leftOut !== null);
  return [
    table(
      ['rule', 'kind', 'answer', 'by', 'steps', 'litmus', 'session', 'bug'],
      rows.map((row) => [
        row.rule,
        row.kind,
        WORDS[row.answer],
        row.invariant,
        row.steps,
        row.litmus,
        row.sessionId,
        row.bugs.join(', '),
      ]),
    ),
    '',
    ...rows.flatMap((row) => [`${row.rule}: ${row.statement}`, `  ${lineOf(row)}`]),
    '',
    ...anyway.map(
      (base) =>
        `${base.litmus}: ${protocol} breaks ${base.brokenAnyway.join(', ')} with all its rules: not asked there`,
    ),
    ...leftOut.map((base) => `${base.litmus}: not searched: ${base.leftOut}`),
    `${protocol}: ${rows.length} ${rows.length === 1 ? 'rule' : 'rules'} in ${seconds.toFixed(1)} s: ${counts.needed} needed, ${counts.not_needed_in} without which nothing breaks in the litmus searched, ${counts.bound_reached} undecided, ${counts.not_applicable} that it does not have`,
  ];
}

function lineOf(row: RelaxRow): string {
  return row.answer === 'not_applicable' ? `not applicable: ${relaxLine(row)}` : relaxLine(row);
}
