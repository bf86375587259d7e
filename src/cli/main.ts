#!/usr/bin/env node
// The command line. Parses, runs one command, turns its verdict or its failure into an exit code.
import { optionsBehindCommand } from './argv.js';
import { EXIT_CODE } from './exit-codes.js';
import { failureOf } from './failure.js';

async function main(argv: readonly string[]): Promise<number> {
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

// `rootline export 1 | head`: the reader has gone, which is not an error of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT_CODE.FINE);
  throw error;
});

process.exitCode = await main(optionsBehindCommand(process.argv.slice(2)));
