// Where the compiled entry of a worker thread is: Node 20 starts worker threads from JavaScript only. Compiled code finds
// its neighbour; source that vitest runs (.ts) takes the same file from dist/, which `pretest` has built.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** @param from `import.meta.url` of the caller  @param name path of the entry relative to it, without extension */
export function compiledEntry(from: string, name: string): URL {
  const at = from.lastIndexOf('/src/');
  const compiled = from.endsWith('.js') ? from : `${from.slice(0, at)}/dist${from.slice(at)}`;
  const entry = new URL(`${name}.js`, compiled);
  if (!existsSync(fileURLToPath(entry))) {
    throw new Error(`${fileURLToPath(entry)} does not exist: run \`npm run build\` first`);
  }
  return entry;
}
