#!/usr/bin/env node
// The command line. Parses, runs one command, turns its verdict or its failure into an exit code.
import { EXIT_CODE } from './exit-codes.js';
import { failureOf } from './failure.js';
import { buildProgram, optionsBehindCommand } from './program.js';

async function main(argv: readonly string[]): Promise<number> {
  let code: number = EXIT_CODE.FINE;
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
