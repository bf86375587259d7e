// The program with the one command `explore`.
import { Command, Option } from 'commander';
import { addExploreCommand } from './commands/explore-options.js';

export function buildProgram(_argv: readonly string[], ended: (code: number) => void): Command {
  const program = new Command('rootline');
  program.exitOverride().showHelpAfterError('(rootline --help, rootline COMMAND --help)');
  const add = (name: string, description: string): Command =>
    program
      .command(name)
      .description(description)
      .addOption(new Option('--json', 'exactly one JSON document on stdout'));
  addExploreCommand(add, ended);
  return program;
}
