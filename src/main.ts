// The server's entry: `npm start`, `node dist/src/main.js`, and `rootline serve`, which imports serve().
import { realpathSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { flagTexts, readSettings } from './config/read-settings.js';
import { DEFAULT_SETTINGS, type Settings } from './config/settings.js';
import { settingsHelp } from './config/show-settings.js';
import { BadInput } from './core/base/errors.js';
import { type RunningServer, startServer } from './http/server.js';
import { StoreError } from './store/store.errors.js';

export { DEFAULT_SETTINGS, type RunningServer, type Settings, startServer };

const EXIT_INTERNAL = 1;
const EXIT_AFTER_MS = 500;
const EXIT_BAD_INPUT = 2;

/** Starts, tells the addresses on stdout, and resolves with the exit code after SIGINT or SIGTERM. */
export async function serve(settings: Settings): Promise<number> {
  let server: RunningServer;
  try {
    server = await startServer(settings);
  } catch (error) {
    const said = explain(error, settings);
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`rootline: ${said ?? stack}\n`);
    return said === null ? EXIT_INTERNAL : EXIT_BAD_INPUT;
  }
  const { url, dataDir } = server;
  const lines = [
    `page           ${url}/`,
    `API            ${url}/api/v1`,
    `documentation  ${url}/docs`,
    `data           ${dataDir}`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  process.on('SIGHUP', () => server.reloadTokens());
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  // Whoever asks again does not want to wait.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(EXIT_INTERNAL));
  process.stderr.write('rootline: stopping\n');
  await server.stop();
  // A handle that somebody forgot must not keep a stopped server alive.
  setTimeout(() => process.exit(0), EXIT_AFTER_MS).unref();
  return 0;
}

/** What is wrong with what the server was started with; null: something else is wrong. */
function explain(error: unknown, { dataDir }: Settings): string | null {
  if (error instanceof BadInput || error instanceof StoreError) return error.message;
  if (!(error instanceof Error) || !('syscall' in error)) return null;
  const files = error.syscall === 'mkdir' || error.syscall === 'open';
  return files
    ? `the data folder ${dataDir} cannot be used: ${error.message}; expected a folder that can be written`
    : error.message;
}

/** Run as a program, directly or by scripts/start.mjs; importing starts nothing. */
function isProgram(): boolean {
  const program = process.argv[1];
  if (program === undefined) return false;
  // The address of a module has its links resolved.
  return realpathSync(program) === fileURLToPath(import.meta.url) || basename(program) === 'start.mjs';
}

if (isProgram()) {
  const args = process.argv.slice(2);
  try {
    if (args.includes('--help')) process.stdout.write(`Starts the server. Settings:\n${settingsHelp()}\n`);
    else process.exitCode = await serve(readSettings(flagTexts(args), process.env).settings);
  } catch (error) {
    if (!(error instanceof BadInput)) throw error;
    process.stderr.write(`rootline: ${error.message}\n`);
    process.exitCode = EXIT_BAD_INPUT;
  }
}
