// `fork`: another course from a position of a stored session.
import type { Command } from 'commander';
import { Option } from 'commander';
import { BadInput } from '../../core/base/errors.js';
import type { ForkChanges } from '../../core/run/fork.js';
import { protocolOf } from '../../user-protocols/read-protocol.js';
import type { ForkDocument } from '../backend/backend.js';
import { type ExitCode, exitCodeOf } from '../exit-codes.js';
import { readSettings, wholeNumber } from '../settings.js';
import type { Terminal } from '../terminal.js';
import { readCommand } from './live.js';
import { printSession } from './run.js';
import { checkId, type Open, using } from './sessions.js';

export interface ForkOptions {
  readonly at: string;
  readonly protocol?: string;
  readonly scheduler?: string;
  readonly seed?: string;
  readonly set: readonly string[];
  readonly decision: readonly string[];
  readonly command?: string;
  readonly name?: string;
}

const collect = (value: string, before: readonly string[]): string[] => [...before, value];

export function addForkOptions(command: Command): Command {
  return command
    .argument('<id>')
    .requiredOption(
      '--at <position>',
      'the history up to here is shared, with the rest of the step that it lies in',
    )
    .addOption(
      new Option(
        '--protocol <id>',
        'another protocol, or a FILE.mjs of your own: the history is shared where it is the same under both, else the fork runs again from the start',
      ),
    )
    .addOption(new Option('--scheduler <name>', 'timed, round-robin or random from there on'))
    .addOption(new Option('--seed <n>', 'every random stream begins anew there'))
    .addOption(
      new Option('--set <name=value>', 'cost.NAME=ns from there on, or limit.NAME=n; may be repeated')
        .argParser(collect)
        .default([], 'none'),
    )
    .addOption(
      new Option('--decision <thread:steps>', 'who takes the next steps; may be repeated')
        .argParser(collect)
        .default([], 'none'),
    )
    .addOption(new Option('--command <text>', "a live command: 'touch vcpu=0 gfn=4'"))
    .addOption(new Option('--name <text>', 'shown in lists'));
}

export async function fork(
  id: string,
  options: ForkOptions,
  open: Open,
  terminal: Terminal,
): Promise<ExitCode> {
  checkId(id);
  const at = wholeNumber('--at', options.at);
  const { name } = options;
  const request = { at, changes: changesOf(options), ...(name === undefined ? {} : { name }) };
  const [session, findings, assertions] = await using(open, async (backend) => {
    const forked: ForkDocument = await backend.fork(id, request);
    return [forked, await backend.findings(forked.id), await backend.assertions(forked.id)] as const;
  });
  terminal.document({ ...session, findings, assertions });
  printSession(session, findings, assertions, terminal);
  // A live session has no outcome yet; what it was told so far may have broken something.
  const outcome = session.state === 'waiting' ? 'completed' : session.outcome;
  return exitCodeOf(outcome, session.findings);
}

function changesOf(options: ForkOptions): ForkChanges {
  const { protocol, scheduler, seed } = options;
  const { parameters, costs, limits } = readSettings(options.set);
  const [parameter] = Object.keys(parameters);
  if (parameter !== undefined) {
    throw new BadInput(
      'fork-parameter',
      `a fork keeps the parameters of its scenario, got --set ${parameter}; expected cost.NAME or limit.NAME`,
    );
  }
  return {
    ...(protocol === undefined ? {} : protocolOf(protocol)),
    ...(scheduler === undefined ? {} : { scheduler }),
    ...(seed === undefined ? {} : { seed: wholeNumber('--seed', seed) }),
    ...(Object.keys(costs).length === 0 ? {} : { costs }),
    ...(Object.keys(limits).length === 0 ? {} : { limits }),
    ...(options.decision.length === 0 ? {} : { decisions: options.decision.map(readDecision) }),
    ...(options.command === undefined ? {} : { command: commandOf(options.command) }),
  };
}

function readDecision(text: string): { readonly thread: string; readonly steps: number } {
  const [, thread, steps] = /^([^:]+)(?::(\d+))?$/.exec(text) ?? [];
  if (thread === undefined)
    throw new BadInput('decisions', `--decision takes THREAD or THREAD:STEPS, got "${text}"`);
  return { thread, steps: steps === undefined ? 1 : wholeNumber('--decision', steps) };
}

function commandOf(text: string): object {
  const [name = '', ...fields] = text.trim().split(/\s+/);
  return readCommand(name, fields);
}
