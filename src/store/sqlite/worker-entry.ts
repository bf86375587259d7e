// Where the compiled entry of a worker thread is. Node 20 starts worker threads from JavaScript only. Compiled code
// finds its neighbour; source code that vitest runs (.ts) takes the same file from dist/, which `pretest` has built.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { storeFailed } from '../store.errors.js';

/** Flags of the main program (`--input-type`, loaders) are not for the store's threads. */
export const PLAIN_THREAD = { execArgv: [] };

export function workerEntry(name: 'writer.worker' | 'reader.worker'): URL {
  const here = import.meta.url;
  const compiled = here.endsWith('.js') ? here : here.replace('/src/store/', '/dist/src/store/');
  const entry = new URL(`./${name}.js`, compiled);
  if (!existsSync(fileURLToPath(entry))) {
    throw storeFailed(`${fileURLToPath(entry)} does not exist: run \`npm run build\` first`);
  }
  return entry;
}
