// `sweep`: a scenario over protocols x seeds x parameters, and the table of what came out.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command, Option } from 'commander';
import { Option as CommandOption } from 'commander';
import { DEFAULT_SWEEP_SEEDS } from '../../config/limits.js';
import { readSetting } from '../../config/read-settings.js';
import { BadInput } from '../../core/base/errors.js';
import { resolveCosts } from '../../core/machine/costs.js';
import { hasProtocol } from '../../core/protocols/registry.js';
import { ENGINE_VERSION, RUN_LIMITS } from '../../core/run/manifest.js';
import { findScenario } from '../../core/scenarios/library.js';
import { planOfManifest, planSweep, type SweepPlan, type SweepRequest } from '../../core/sweeps/plan.js';
import { shortTable } from '../../core/sweeps/table-text.js';
import { readManifest } from '../../sweeps/manifest.schema.js';
import { RECORDINGS, type SweepRecording, type SweepView } from '../../sweeps/sweep.types.js';
import type { SweepDocument } from '../../sweeps/sweep-files.js';
import { protocolOf } from '../../user-protocols/read-protocol.js';
import type { Backend } from '../backend/backend.js';
import { EXIT_CODE, type ExitCode } from '../exit-codes.js';
import { ServerRefused } from '../failure.js';
import { wholeNumber } from '../settings.js';
import { grouped, type Terminal, table } from '../terminal.js';
import { writeFile } from './export.js';
import { using } from './sessions.js';

export interface SweepOptions {
  readonly protocols?: string;
  readonly seeds?: string;
  readonly set: readonly string[];
  readonly scheduler?: string;
  readonly invariants: boolean;
  readonly metrics?: string;
  readonly record: string;
  readonly manifest?: string;
  readonly saveManifest?: string;
  readonly job?: string;
  readonly csv?: string;
  readonly parquet?: string;
  readonly json?: boolean;
  readonly data: string;
}

const FIRST_POLL_MS = 25;
const LONGEST_POLL_MS = 500;
const ENDED = new Set(['finished', 'failed', 'cancelled', 'interrupted']);

export function addSweepCommand(parts: {
  add(name: string, description: string): Command;
  data(): Option;
  settings(): Option;
  ended(code: number): void;
  open(options: SweepOptions): { readonly terminal: Terminal; readonly opener: () => Promise<Backend> };
}): void {
  parts
    .add('sweep', 'run a scenario over protocols x seeds x parameters; n, mean and spread of what came out')
    .argument('[scenario]', 'see `rootline scenarios`')
    .option('--protocols <a,b>', 'ids of protocols or profiles, FILE.mjs of your own')
    .option('--seeds <list>', `such as 1..20,33 (default: ${DEFAULT_SWEEP_SEEDS})`)
    .addOption(parts.settings())
    .option('--scheduler <name>', 'timed, round-robin or random')
    .option('--no-invariants', 'do not watch the invariants')
    .option('--metrics <a,b>', 'figures of the table (default: those that occur)')
    .addOption(
      new CommandOption('--record <what>', 'store each run as a session')
        .choices([...RECORDINGS])
        .default('none'),
    )
    .option('--csv <file>', 'write the table as CSV')
    .option('--parquet <file>', 'write the table as Parquet')
    .option('--save-manifest <file>', 'write what reproduces the table')
    .option('--manifest <file>', 'run the sweep of such a file again')
    .option('--job <id>', 'the table of an earlier sweep; waits for its end where it is under way')
    .addOption(parts.data())
    .action(async (scenario: string | undefined, options: SweepOptions) => {
      const { terminal, opener } = parts.open(options);
      parts.ended(await sweep(scenario, options, opener, terminal));
    });
}

async function sweep(
  scenario: string | undefined,
  options: SweepOptions,
  open: () => Promise<Backend>,
  terminal: Terminal,
): Promise<ExitCode> {
  const { job, record } = options;
  if (job !== undefined) {
    if (scenario !== undefined || options.manifest !== undefined)
      throw new BadInput('sweep-job', '--job shows an earlier sweep; expected no scenario and no --manifest');
    wholeNumber('--job', job);
  }
  // Every bad input is refused before a folder is opened.
  const plan = job === undefined ? await planned(scenario, options) : null;
  if (plan !== null) {
    const { manifest, cells, groups, seeds } = plan;
    const protocols = manifest.protocols.map(({ id }) => id).join(', ');
    terminal.note(
      `seeds ${manifest.seeds}, protocols ${protocols}, scenario ${manifest.scenario}, engine ${ENGINE_VERSION}: ` +
        `${grouped(groups.length)} groups x ${grouped(seeds.length)} seeds = ${grouped(cells)} cells`,
    );
  }
  return await using(open, async (backend) => {
    const id =
      plan === null
        ? String(job)
        : await backend.sweeps.start({ sweep: plan.manifest, record: record as SweepRecording });
    const view = await ended(backend, id, terminal);
    const text = new TextDecoder().decode(await backend.sweeps.table(id, 'json'));
    const document = JSON.parse(text) as SweepDocument;
    const { manifest } = document;
    const files = [
      [options.csv, () => backend.sweeps.table(id, 'csv')],
      [options.parquet, () => backend.sweeps.table(id, 'parquet')],
      [
        options.saveManifest,
        () => Promise.resolve(new TextEncoder().encode(`${JSON.stringify(manifest, null, 2)}\n`)),
      ],
    ] as const;
    for (const [file, bytes] of files) {
      if (file === undefined) continue;
      const written = await writeFile(file, once(await bytes()));
      terminal.note(`${file}: ${grouped(written)} bytes`);
    }
    terminal.document(document);
    print(document, terminal);
    terminal.note(again(document));
    return exitCodeOf(view, terminal);
  });
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}

async function planned(scenario: string | undefined, options: SweepOptions): Promise<SweepPlan> {
  const { manifest, protocols, seeds, scheduler, metrics, invariants } = options;
  if (manifest !== undefined) {
    const given = [scenario, protocols, seeds, scheduler, metrics].some((option) => option !== undefined);
    if (given || options.set.length > 0 || !invariants)
      throw new BadInput(
        'sweep-manifest',
        '--manifest says what is run; expected no scenario, --protocols, --seeds, --set, --scheduler, --metrics, --no-invariants',
      );
    return planOfManifest(readManifest(readText(manifest), manifest));
  }
  if (scenario === undefined || protocols === undefined)
    throw new BadInput('sweep-scenario', 'expected a scenario and --protocols, or --manifest, or --job');
  const own = words('--protocols', protocols).map(protocolOf);
  const request: SweepRequest = {
    scenario,
    protocols: own.map(({ protocol }) => protocol),
    seeds: seeds ?? DEFAULT_SWEEP_SEEDS,
    ...lists(options.set),
    invariants,
    ...(scheduler === undefined ? {} : { scheduler }),
    ...(metrics === undefined ? {} : { metrics: words('--metrics', metrics) }),
  };
  if (own.every(({ userProtocol, protocol }) => userProtocol === undefined && hasProtocol(protocol)))
    return planSweep(request);
  const { withUsers } = await import('../../user-protocols/sandboxed-cells.js');
  const { ProtocolFolder } = await import('../../user-protocols/protocol-folder.js');
  const folder = new ProtocolFolder(readSetting('protocolsDir', {}, process.env));
  const files = new Map(own.map(({ protocol, userProtocol }) => [protocol, userProtocol]));
  return planSweep(await withUsers(request, (id) => files.get(id) ?? folder.text(id)));
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new BadInput(
      'no-file',
      `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function words(what: string, text: string): string[] {
  const found = text.split(',').map((word) => word.trim());
  if (found.includes(''))
    throw new BadInput('sweep-empty', `${what} takes names with commas between, got "${text}"`);
  return found;
}

/** `--set NAME=V,V`: lists of values; of a limit one value. */
function lists(texts: readonly string[]): Required<Pick<SweepRequest, 'parameters' | 'costs' | 'limits'>> {
  const parameters: Record<string, string[]> = {};
  const costs: Record<string, number[]> = {};
  const limits: Record<string, number> = {};
  const seen = new Set<string>();
  for (const text of texts) {
    const [, name, list] = /^([A-Za-z][\w.]*)=(.*)$/s.exec(text) ?? [];
    if (name === undefined || list === undefined)
      throw new BadInput(
        'setting',
        `--set takes name=value[,value...], cost.NAME=ns or limit.NAME=n, got "${text}"`,
      );
    if (seen.has(name)) throw new BadInput('setting-twice', `--set ${name} is given twice; expected once`);
    seen.add(name);
    const values = words(`--set ${name}`, list);
    if (name.startsWith('cost.')) costs[name.slice(5)] = values.map((value) => wholeNumber(name, value));
    else if (!name.startsWith('limit.')) parameters[name] = values;
    else if (values.length === 1) limits[name.slice(6)] = wholeNumber(name, list);
    else throw new BadInput('sweep-limit', `${name} holds for every run; expected one value, got "${list}"`);
  }
  return { parameters, costs, limits };
}

/** Asks at growing intervals until the sweep has ended. */
async function ended(backend: Backend, id: string, terminal: Terminal): Promise<SweepView> {
  let waitMs = FIRST_POLL_MS;
  for (;;) {
    const view = await backend.sweeps.get(id);
    if (ENDED.has(view.state) || view.allowed.length === 0) return view;
    terminal.progress(progressText(view));
    await sleep(waitMs);
    waitMs = Math.min(LONGEST_POLL_MS, waitMs * 2);
  }
}

function progressText({ id, state, progress, cells }: SweepView): string {
  const { done = 0, events = 0, remainingMs = null } = progress ?? {};
  const left = remainingMs === null ? '' : `, about ${Math.ceil(remainingMs / 1_000)} s left`;
  return `sweep ${id} ${state}: ${grouped(done)} of ${grouped(cells)} cells, ${grouped(events)} events${left}`;
}

function print({ table: result, manifest }: SweepDocument, terminal: Terminal): void {
  const { titles, rows } = shortTable(result, manifest.metrics);
  terminal.line(
    `${result.scenario}, seeds ${result.seeds}: mean (min..max, sd = standard deviation of the sample)`,
  );
  terminal.line(table(titles, rows));
  if (!result.complete)
    terminal.line(`${grouped(result.finished)} of ${grouped(result.cells)} cells have finished`);
}

/** The command that gives the same table again: everything that differs from a default is in it. */
function again({ manifest }: SweepDocument): string {
  const { scenario: id, protocols, seeds, scheduler, invariants, metrics } = manifest;
  const scenario = findScenario(id);
  const given = ['npx', 'rootline', 'sweep', id, '--protocols', protocols.map((p) => p.id).join(',')];
  given.push('--seeds', seeds);
  for (const [name, values] of Object.entries(manifest.parameters)) {
    const p = scenario.parameters[name]!;
    const texts = values.map((value) => p.words?.[value - p.min] ?? String(value));
    if (values.length > 1 || values[0] !== p.default) given.push('--set', `${name}=${texts.join(',')}`);
  }
  const costs: Readonly<Record<string, number>> = { ...resolveCosts({}), ...scenario.costs };
  for (const [name, values] of Object.entries(manifest.costs))
    if (values.length > 1 || values[0] !== costs[name])
      given.push('--set', `cost.${name}=${values.join(',')}`);
  for (const [name, limit] of Object.entries(RUN_LIMITS))
    if (manifest.limits[name] !== limit.default)
      given.push('--set', `limit.${name}=${manifest.limits[name]}`);
  if (scheduler !== 'timed') given.push('--scheduler', scheduler);
  if (!invariants) given.push('--no-invariants');
  if (metrics !== null) given.push('--metrics', metrics.join(','));
  return given.join(' ');
}

function exitCodeOf({ id, state, error, result }: SweepView, terminal: Terminal): ExitCode {
  if (state === 'finished')
    return (result?.outcomes['failed'] ?? 0) > 0 ? EXIT_CODE.VIOLATED : EXIT_CODE.FINE;
  if (state === 'failed') throw new ServerRefused(500, `sweep ${id} failed: ${error ?? 'no reason given'}`);
  terminal.note(`sweep ${id} is ${state}; one that was interrupted goes on under \`rootline serve\``);
  return EXIT_CODE.LIMIT;
}
