// `explore` as commander sees it. Apart from program.ts because this command is also run without the others: a search of a
// second does not wait for what they import.
import { type Command, Option } from 'commander';
import { BadInput } from '../../core/base/errors.js';
import { wholeNumber } from '../settings.js';
import { ProcessTerminal } from '../terminal.js';
import type { ExploreOptions } from './explore.js';

const SEARCHES = ['exhaustive', 'random', 'pct'];

interface Options {
  readonly json?: boolean;
  readonly protocol: string;
  readonly set: readonly string[];
  readonly reductions: string;
  readonly workers?: string;
  readonly preemptions?: string;
  readonly depth?: string;
  readonly states?: string;
  readonly seconds?: string;
  readonly bytes?: string;
  readonly search: string;
  readonly seed?: string;
  readonly schedules?: string;
  readonly pctDepth?: string;
  readonly exact?: boolean;
  readonly liveness?: boolean;
  readonly lockMatrix?: boolean;
  readonly coverage?: boolean;
  readonly checkpoint?: string;
  readonly data?: string;
  readonly transplant?: string;
  readonly trace?: string;
  readonly window?: string;
}

const collect = (value: string, before: readonly string[]): string[] => [...before, value];

/** @param ended is told the exit code */
export function addExploreCommand(
  add: (name: string, description: string) => Command,
  ended: (code: number) => void,
): void {
  add('explore', 'search the interleavings of a litmus; exhaustive unless told otherwise')
    .argument(
      '[litmus]',
      'a small scenario such as reference-coarse (rootline litmus lists them), or a FILE.litmus of your own',
    )
    .requiredOption('--protocol <id>', 'whose rules; or a FILE.mjs of your own, on one thread')
    .addOption(
      new Option('--set <name=value>', 'a parameter of the litmus; may be repeated')
        .argParser(collect)
        .default([], 'none'),
    )
    .addOption(
      new Option('--reductions <which>', 'partial order and symmetry')
        .choices(['none', 'all'])
        .default('all'),
    )
    .option('--workers <n>', 'threads of an exhaustive search (default: all cores)')
    .option('--preemptions <n>', 'only schedules that leave a thread which could go on so many times')
    .option('--depth <n>', 'only schedules of so many steps')
    .option('--states <n>', 'stop after so many distinct states')
    .option('--seconds <n>', 'stop after so many seconds')
    .option('--bytes <n>', 'stop before the search takes more memory: visited states and its stack')
    .addOption(
      new Option('--search <how>', 'every schedule, or samples').choices(SEARCHES).default('exhaustive'),
    )
    .option('--seed <n>', 'of a random or PCT search (default: 1)')
    .option('--schedules <n>', 'schedules that a random or PCT search tries')
    .option('--pct-depth <n>', 'ordering constraints of the bugs that a PCT search aims at')
    .option('--exact', 'keep whole states instead of 64 bits of each; on one thread')
    .option(
      '--checkpoint <file>',
      'where a search leaves what it needs to go on, now and then and when it stops, and goes on from',
    )
    .option('--lock-matrix', 'tell the locks held at each operation, and what is declared of it')
    .option(
      '--coverage',
      'tell which orders of conflicting operations were seen; where a bound is reached always',
    )
    .option('--liveness', 'look for livelock and starvation too, without reductions')
    .option(
      '--transplant <protocol>',
      'a counterexample, an endless run too, under another protocol: does it still violate, or where does it stop being possible?',
    )
    .option(
      '--trace <session|file>',
      'instead of a litmus: follow a recording, an imported session or a file, and search the orders near it (1 preemption)',
    )
    .option('--window <from..to>', 'of a trace: the lines between which its order is left')
    .option('--data <dir>', 'where a counterexample is stored as a session; a server that owns it searches')
    .action(async (litmus: string | undefined, options: Options) => {
      if (options.trace !== undefined) {
        ended(await exploreTrace(litmus, options));
        return;
      }
      if (litmus === undefined) throw new BadInput('no-litmus', 'no litmus; expected its name, or --trace');
      const { exploreCommand } = await import('./explore.js');
      ended(await exploreCommand(read(litmus, options), new ProcessTerminal(options.json === true)));
    });
}

/** What a search of a recording's neighbourhood has no use for. */
const LITMUS_ONLY = [
  'depth',
  'workers',
  'bytes',
  'seed',
  'schedules',
  'pctDepth',
  'checkpoint',
  'transplant',
] as const;

async function exploreTrace(litmus: string | undefined, options: Options): Promise<number> {
  const { trace = '', protocol, window, data } = options;
  const other = LITMUS_ONLY.find((name) => options[name] !== undefined);
  if (litmus !== undefined || other !== undefined || options.exact === true || options.liveness === true)
    throw new BadInput(
      'explore-trace',
      `--trace goes with --protocol, --window, --preemptions, --states (steps), --seconds and --data, not with ${litmus ?? other ?? '--exact or --liveness'}`,
    );
  const { exploreTraceCommand } = await import('./explore-trace.js');
  const number = (name: string, text: string | undefined): number | undefined =>
    text === undefined ? undefined : wholeNumber(`--${name}`, text);
  const asked = {
    trace,
    protocol,
    window,
    data,
    preemptions: number('preemptions', options.preemptions),
    transitions: number('states', options.states),
    seconds: number('seconds', options.seconds),
  };
  return await exploreTraceCommand(asked, new ProcessTerminal(options.json === true));
}

function read(litmus: string, options: Options): ExploreOptions {
  const number = (name: string, text: string | undefined): number | undefined =>
    text === undefined ? undefined : wholeNumber(`--${name}`, text);
  return {
    litmus,
    protocol: options.protocol,
    settings: options.set,
    reduced: options.reductions === 'all',
    workers: number('workers', options.workers),
    preemptions: number('preemptions', options.preemptions),
    depth: number('depth', options.depth),
    states: number('states', options.states),
    seconds: number('seconds', options.seconds),
    bytes: number('bytes', options.bytes),
    search: options.search,
    seed: number('seed', options.seed),
    schedules: number('schedules', options.schedules),
    pctDepth: number('pct-depth', options.pctDepth),
    exact: options.exact === true,
    liveness: options.liveness === true,
    lockMatrix: options.lockMatrix === true,
    coverage: options.coverage === true,
    checkpoint: options.checkpoint,
    data: options.data,
    transplant: options.transplant,
  };
}
