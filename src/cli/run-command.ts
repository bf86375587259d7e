// One command of the command line: parses, runs, turns its verdict or its failure into an exit code.
import { optionsBehindCommand } from './argv.js';
import { EXIT_CODE } from './exit-codes.js';
import { failureOf } from './failure.js';

/** @returns the exit code; what there is to say has been written to the two streams */
export async function runCommand(words: readonly string[]): Promise<number> {
  const argv = optionsBehindCommand(words);
  let code: number = EXIT_CODE.FINE;
  // A search is over in less time than it takes to load what the other commands need.
  const { buildProgram } =
    argv[0] === 'explore' ? await import('./explore-program.js') : await import('./program.js');
  const program = buildProgram(argv, (verdict) => {
    code = verdict;
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    const failure = failureOf(error);
    if (failure.text !== null) process.stderr.write(`rootline: ${failure.text}\n`);
    return failure.code;
  }
}
