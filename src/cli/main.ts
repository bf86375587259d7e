#!/usr/bin/env node
// The program `rootline`: one command, its exit code, and a reader of stdout that goes away.
import { EXIT_CODE } from './exit-codes.js';
import { runCommand } from './run-command.js';

// `rootline export 1 | head`: the reader has gone, which is not an error of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT_CODE.FINE);
  throw error;
});

process.exitCode = await runCommand(process.argv.slice(2));
