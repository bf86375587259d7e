// The commands and their options, as commander sees them. What a command does is in commands/; an option's value is
// checked there or by the core, so that the API and the command line refuse the same things.
import { Argument, Command, Option } from 'commander';
import { readSetting } from '../config/read-settings.js';
import { BadInput } from '../core/base/errors.js';
import { ENGINE_VERSION, type RunRequest } from '../core/run/manifest.js';
import { EXPERIMENT_NAMES, findExperiment } from '../core/scenarios/experiments/index.js';
import { isProtocolFile, protocolOf, readUserProtocol } from '../user-protocols/read-protocol.js';
import { type Backend, CONTROLS } from './backend/backend.js';
import { type BlameOptions, blame, criticalPath, ledger, type PathOptions } from './commands/blame.js';
import { invariants, protocols, protocolsDiff, scenarios } from './commands/catalogue.js';
import { addCheckCommand } from './commands/check.js';
import { type CompareOptions, compare } from './commands/compare.js';
import { listSettings, printSettings } from './commands/config.js';
import { DR_HANDLING, experiment } from './commands/experiment.js';
import { explainCommand } from './commands/explain.js';
import { addExploreCommand } from './commands/explore-options.js';
import { type ExportOptions, exportSession, importSession } from './commands/export.js';
import { addForkOptions, type ForkOptions, fork } from './commands/fork.js';
import { addImportCommand } from './commands/import-trace.js';
import { addCatalogueCommand } from './commands/known-answers.js';
import { addLitmusCommand } from './commands/litmus.js';
import { command, commands, control, type HowFar, readCommand, step } from './commands/live.js';
import { type LockTimesOptions, lockTimes } from './commands/lock-times.js';
import { listExperiments, publishedExperiment } from './commands/published-experiment.js';
import { addRelaxCommand } from './commands/relax.js';
import { run } from './commands/run.js';
import { addSettingOptions, serve, settingFlags } from './commands/serve.js';
import { type ListOptions, replay, sessions, show } from './commands/sessions.js';
import { sourceCommand } from './commands/source.js';
import { addSweepCommand } from './commands/sweep.js';
import { addTravelCommands } from './commands/travel-options.js';
import { addUpkeepCommands } from './commands/upkeep.js';
import { validateCommand } from './commands/validate.js';
import { readSettings, wholeNumber } from './settings.js';
import { ProcessTerminal, type Terminal } from './terminal.js';

/** `--data` over ROOTLINE_DATA over the default. */
const DEFAULT_DATA = readSetting('dataDir', {}, process.env);

interface CommonOptions {
  readonly json?: boolean;
  readonly data: string;
}

interface HowFarOptions {
  readonly events?: string;
  readonly at?: string;
}

interface RunOptions extends CommonOptions {
  readonly protocol: string;
  readonly seed: string;
  readonly scheduler: string;
  readonly recording: string;
  readonly set: readonly string[];
  readonly invariants: boolean;
}

interface ExperimentCommandOptions extends CommonOptions {
  readonly list?: boolean;
  readonly dr?: string;
  readonly protocol?: string;
  readonly asyncSmi: readonly string[];
  readonly recording: string;
  readonly seed: string;
  readonly set: readonly string[];
  readonly invariants: boolean;
}

const collect = (value: string, before: readonly string[]): string[] => [...before, value];

/** @param ended is told the exit code of the command that ran */
export function buildProgram(argv: readonly string[], ended: (code: number) => void): Command {
  const program = new Command('rootline');
  program
    .description('A laboratory for how KVM keeps, shares, invalidates and frees the roots of its TDP MMU')
    .version(ENGINE_VERSION)
    .exitOverride()
    .showSuggestionAfterError()
    .showHelpAfterError('(rootline --help, rootline COMMAND --help)');

  const data = (): Option => new Option('--data <dir>', 'the data folder').default(DEFAULT_DATA);
  const json = (): Option => new Option('--json', 'exactly one JSON document on stdout');
  const settings = (): Option =>
    new Option(
      '--set <name=value>',
      'a parameter of the scenario, cost.NAME=ns or limit.NAME=n; may be repeated',
    )
      .argParser(collect)
      .default([], 'none');
  const recording = (level: string): Option =>
    new Option('--recording <level>', 'full or lifecycle').default(level);
  const seed = (): Option => new Option('--seed <n>', 'seed of every random stream').default('1');
  const unwatched = (): Option => new Option('--no-invariants', 'do not watch the invariants');

  const add = (name: string, description: string): Command =>
    program.command(name).description(description).addOption(json());
  const terminalOf = (options: CommonOptions): ProcessTerminal => new ProcessTerminal(options.json === true);
  const opener =
    (options: CommonOptions, terminal: Terminal, create: boolean) => async (): Promise<Backend> => {
      // Loaded here only: what needs no data folder does not load the store's packages.
      const { openBackend } = await import('./backend/open-backend.js');
      return await openBackend(options.data, { create, note: (text) => terminal.note(text) });
    };

  addSettingOptions(
    program.command('serve').description('serve the page, the API and what the data folder holds'),
  ).action(async (options: Readonly<Record<string, unknown>>) => {
    ended(await serve(settingFlags(options)));
  });
  addSettingOptions(add('config', 'the settings; with --print what they are here and where each comes from'))
    .addOption(
      new Option('--print', 'the values that `serve` would use with these flags and this environment'),
    )
    .action((options: Readonly<Record<string, unknown>>) => {
      const terminal = new ProcessTerminal(options.json === true);
      ended(options.print === true ? printSettings(settingFlags(options), terminal) : listSettings(terminal));
    });

  add('experiment', 'published figures beside simulated ones; forced-reset is the founding experiment')
    .addArgument(new Argument('[name]', 'which experiment').choices(EXPERIMENT_NAMES).default('forced-reset'))
    .option('--list', 'the experiments that this build knows')
    .addOption(
      new Option('--dr <how>', 'forced-reset: how KVM handles the first MOV-DR exit').choices(DR_HANDLING),
    )
    .addOption(
      new Option(
        '--protocol <id>',
        'forced-reset: runs in the place of the patch; or a FILE.mjs of your own',
      ),
    )
    .addOption(
      new Option(
        '--async-smi <period>',
        'forced-reset: boots with an SMI every so many virtual us; may be repeated',
      )
        .argParser(collect)
        .default([], 'none'),
    )
    .addOption(recording('lifecycle'))
    .addOption(seed())
    .addOption(settings())
    .addOption(unwatched())
    .addOption(data())
    .action(async (name: string, options: ExperimentCommandOptions) => {
      const terminal = terminalOf(options);
      if (options.list === true) return ended(listExperiments(terminal));
      const periods = options.asyncSmi.map((text) => wholeNumber('--async-smi', text));
      if (periods.some((us) => us === 0)) {
        throw new BadInput(
          'async-smi',
          '--async-smi takes a period of at least 1 virtual microsecond, got 0',
        );
      }
      const common = {
        recording: options.recording,
        seed: wholeNumber('--seed', options.seed),
        settings: readSettings(options.set),
        invariants: options.invariants,
      };
      const again = ['npx', 'rootline', ...argv].join(' ');
      const published = findExperiment(name);
      if (published !== undefined) {
        if (options.dr !== undefined || options.protocol !== undefined || periods.length > 0) {
          throw new BadInput(
            'experiment-option',
            `--dr, --protocol and --async-smi are options of forced-reset, got experiment ${name}`,
          );
        }
        const open = opener(options, terminal, true);
        return ended(await publishedExperiment(published, common, open, again, terminal));
      }
      const asked = {
        ...common,
        patch: options.protocol === undefined ? null : protocolOf(options.protocol),
        emulateFirstDrExit: options.dr !== undefined,
        asyncSmiPeriodsUs: periods,
      };
      ended(await experiment(asked, opener(options, terminal, true), again, terminal));
    });

  add('run', 'run one scenario to its end')
    .argument('<scenario>', 'see `rootline scenarios`')
    .requiredOption('--protocol <id>', 'see `rootline protocols`; or a FILE.mjs of your own')
    .addOption(seed())
    .addOption(new Option('--scheduler <name>', 'timed, round-robin or random').default('timed'))
    .addOption(recording('full'))
    .addOption(settings())
    .addOption(unwatched())
    .addOption(data())
    .action(async (scenario: string, options: RunOptions) => {
      const terminal = terminalOf(options);
      const file = isProtocolFile(options.protocol) ? options.protocol : null;
      const request: RunRequest = {
        scenario,
        protocol: options.protocol,
        ...(file === null ? {} : { userProtocol: readUserProtocol(file) }),
        seed: wholeNumber('--seed', options.seed),
        scheduler: options.scheduler,
        recording: options.recording,
        invariants: options.invariants,
        ...readSettings(options.set),
      };
      const folder = { folder: options.data, usual: options.data === DEFAULT_DATA };
      ended(await run(request, opener(options, terminal, true), folder, terminal, file));
    });

  addForkOptions(add('fork', 'go on differently from a position of a stored session'))
    .addOption(data())
    .action(async (id: string, options: CommonOptions & ForkOptions) => {
      const terminal = terminalOf(options);
      ended(await fork(id, options, opener(options, terminal, false), terminal));
    });
  add('sessions', 'list the stored sessions, newest first')
    .option('--tree', 'each under the session that it was forked from, with what is different')
    .option('--kind <kind>', 'simulated, forked, explored or imported')
    .option('--parent <id>', 'forks of this session only')
    .addOption(data())
    .action(async (options: CommonOptions & ListOptions) => {
      const terminal = terminalOf(options);
      ended(await sessions(options, opener(options, terminal, false), terminal));
    });
  add('show', 'one stored session')
    .argument('<id>')
    .addOption(data())
    .action(async (id: string, options: CommonOptions) => {
      const terminal = terminalOf(options);
      ended(await show(id, opener(options, terminal, false), terminal));
    });
  add('replay', 'replay a stored session by fold and by schedule')
    .argument('<id>')
    .addOption(data())
    .action(async (id: string, options: CommonOptions) => {
      const terminal = terminalOf(options);
      ended(await replay(id, opener(options, terminal, false), terminal));
    });
  const howFar = (c: Command): Command =>
    c
      .addOption(new Option('--events <n>', 'go on for so many events instead of to the next command point'))
      .addOption(new Option('--at <position>', 'only if the session is there'))
      .addOption(data());
  const readHowFar = (options: HowFarOptions): HowFar => ({
    events: options.events === undefined ? null : wholeNumber('--events', options.events),
    at: options.at === undefined ? null : wholeNumber('--at', options.at),
  });
  howFar(add('command', 'give a live session a command (`rootline commands` lists them)'))
    .argument('<id>')
    .argument('<command>')
    .argument('[fields...]', 'NAME=VALUE')
    .action(async (id: string, name: string, fields: string[], options: CommonOptions & HowFarOptions) => {
      const terminal = terminalOf(options);
      const what = readCommand(name, fields);
      ended(await command(id, what, readHowFar(options), opener(options, terminal, false), terminal));
    });
  add('lock-times', 'which function held a lock, and waited for it, how long (a session recorded in full)')
    .argument('<id>')
    .addOption(new Option('--lock <name>', 'one lock, or all').default('mmu_lock'))
    .addOption(data())
    .action(async (id: string, options: CommonOptions & LockTimesOptions) => {
      const terminal = terminalOf(options);
      ended(await lockTimes(id, options, opener(options, terminal, false), terminal));
    });
  howFar(add('step', 'let a paused session go on for some events, or to its next command point'))
    .argument('<id>')
    .action(async (id: string, options: CommonOptions & HowFarOptions) => {
      const terminal = terminalOf(options);
      ended(await step(id, readHowFar(options), opener(options, terminal, false), terminal));
    });
  add('commands', 'what a session was commanded; without one: the commands that there are')
    .argument('[id]')
    .addOption(data())
    .action(async (id: string | undefined, options: CommonOptions) => {
      const terminal = terminalOf(options);
      ended(await commands(id, opener(options, terminal, false), terminal));
    });
  for (const what of CONTROLS) {
    add(what, `${what} a session`)
      .argument('<id>')
      .addOption(data())
      .action(async (id: string, options: CommonOptions) => {
        const terminal = terminalOf(options);
        ended(await control(id, what, opener(options, terminal, false), terminal));
      });
  }
  program
    .command('export')
    .description('write a stored session, or several on one clock, to stdout or a file')
    .argument('<ids...>', 'several: perfetto and chrome; the first root allocation of each is one moment')
    .addOption(
      new Option(
        '--format <format>',
        'perfetto, chrome, ftrace, columns, ndjson, csv, parquet or session',
      ).default('ndjson'),
    )
    .option('--from <position>', 'first event; not for a session file')
    .option('--to <position>', 'last event')
    .option('-o, --out <file>', 'write this file instead of stdout')
    .option('--snapshots', 'a session file with its snapshots')
    .option('--threads <a,b>', 'the two threads of the format columns')
    .addOption(data())
    .action(async (ids: string[], options: CommonOptions & ExportOptions) => {
      const terminal = terminalOf(options);
      ended(await exportSession(ids, options, opener(options, terminal, false), terminal));
    });
  add('import-session', 'take in a session file that `export --format session` wrote')
    .argument('<file>')
    .addOption(data())
    .action(async (file: string, options: CommonOptions) => {
      const terminal = terminalOf(options);
      ended(await importSession(file, opener(options, terminal, true), terminal));
    });

  addImportCommand({
    add,
    data,
    ended,
    terminalOf,
    opener: (options, terminal) => opener(options, terminal, true),
  });
  addCheckCommand({
    add,
    data,
    ended,
    terminalOf,
    opener: (options, terminal) => opener(options, terminal, false),
  });
  addUpkeepCommands(add, data, ended);
  addSweepCommand({
    add,
    data,
    settings: () =>
      new Option(
        '--set <name=a,b>',
        'values of a parameter or of cost.NAME, or limit.NAME=n; may be repeated',
      )
        .argParser(collect)
        .default([], 'none'),
    ended,
    open: (options) => {
      const terminal = terminalOf(options);
      return { terminal, opener: opener(options, terminal, options.job === undefined) };
    },
  });
  addTravelCommands({ add, data, ended, opener: (options, terminal) => opener(options, terminal, false) });

  add('compare', 'two or more sessions side by side: what differs, and where they really part')
    .argument('<ids...>', 'the first is aligned with each of the others')
    .addOption(new Option('--all', 'also what is the same in all of them'))
    .addOption(new Option('--points <n>', 'curves over virtual time of so many points, with --json'))
    .addOption(data())
    .action(async (ids: string[], options: CommonOptions & CompareOptions) => {
      const terminal = terminalOf(options);
      ended(await compare(ids, options, opener(options, terminal, false), terminal));
    });

  const at = (): Option =>
    new Option('--at <position>', 'right after the event at this position (default: the end)');
  add('ledger', 'every reference to a root: who took it, why, and who gave it back; leaks and surplus puts')
    .argument('<id>')
    .argument('<path>', 'tdp-mmus.VM.roots.ROOT')
    .addOption(at())
    .addOption(new Option('--limit <n>', 'references given back to list (default: the last 100)'))
    .addOption(data())
    .action(async (id: string, path: string, options: CommonOptions & BlameOptions) => {
      const terminal = terminalOf(options);
      ended(await ledger(id, path, options, opener(options, terminal, false), terminal));
    });
  add('blame', 'the event that changed a field of the state last; or why a thread waited')
    .argument('<id>')
    .argument('[path]', 'such as tdp-mmus.1.roots.3.refcount, vcpus.0.mode or tdp-mmus.0.roots.1.spte.0x100')
    .addOption(at())
    .addOption(new Option('--all', 'every change, latest first'))
    .addOption(new Option('--limit <n>', 'changes to list with --all'))
    .addOption(
      new Option('--wait <thread>', "the thread's last wait: who held what it waited for, since where"),
    )
    .addOption(data())
    .action(async (id: string, path: string | undefined, options: CommonOptions & BlameOptions) => {
      const terminal = terminalOf(options);
      ended(await blame(id, path, options, opener(options, terminal, false), terminal));
    });
  add('critical-path', 'the chain of events that decided how long it took from one position to another')
    .argument('<id>')
    .requiredOption('--from <position>', 'first event')
    .requiredOption('--to <position>', 'last event')
    .addOption(new Option('--limit <n>', 'links to list; the sums are over all'))
    .addOption(data())
    .action(async (id: string, options: CommonOptions & PathOptions) => {
      const terminal = terminalOf(options);
      ended(await criticalPath(id, options, opener(options, terminal, false), terminal));
    });

  // What needs no data folder takes --data all the same: a script may pass it to every command.
  const unused = (): Option => new Option('--data <dir>', 'not needed here').default(DEFAULT_DATA);
  add('explain', 'which known bugs print the kernel reports (WARN, KASAN, lockups) of a log; or one bug')
    .argument(
      '<what>',
      'dmesg or journal text, a quoted mail too; - for standard input; or a bug, such as B13',
    )
    .action((what: string, options: CommonOptions) => {
      ended(explainCommand(what, terminalOf(options)));
    });

  add('validate', 'hold simulated runs against recordings of real kernels')
    .addOption(unused())
    .addOption(
      new Option('--protocol <file>', 'a FILE.mjs of your own, held against the recordings of its base'),
    )
    .action(async (options: CommonOptions & { readonly protocol?: string }) => {
      ended(await validateCommand(terminalOf(options), options.protocol ?? null));
    });
  add('source', 'C functions of your own kernel tree beside the labelled steps that model them')
    .argument('<protocol>', 'see `rootline protocols`')
    .argument('[functions...]', 'C names; none: one line for each of the protocol')
    .requiredOption('--linux <dir>', 'the tree; it is read where it lies, nothing of it is kept')
    .action((protocol: string, names: string[], options: CommonOptions & { readonly linux: string }) => {
      ended(sourceCommand(protocol, names, options, terminalOf(options)));
    });
  const protocolsCommand = add('protocols', 'the protocols that this build knows').addOption(unused());
  protocolsCommand.action((options: CommonOptions) => {
    ended(protocols(terminalOf(options)));
  });
  addExploreCommand(add, ended);
  addCatalogueCommand(add, data, ended);
  addRelaxCommand(add, data, ended);
  addLitmusCommand(add, ended);
  protocolsCommand
    .command('diff')
    .description('functions and rules replaced between two protocols')
    .argument('<from>')
    .argument('<to>')
    .addOption(json())
    .action(async (from: string, to: string, _options: CommonOptions, command: Command) => {
      ended(await protocolsDiff(from, to, terminalOf(command.optsWithGlobals<CommonOptions>())));
    });
  const catalogues = { scenarios, invariants };
  for (const [name, show] of Object.entries(catalogues)) {
    add(name, `the ${name} that this build knows`)
      .addOption(unused())
      .action((options: CommonOptions) => {
        ended(show(terminalOf(options)));
      });
  }
  return program;
}
