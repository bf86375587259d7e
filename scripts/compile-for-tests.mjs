// Before any test: dist/ is as new as the sources, because the tests run the compiled code (vitest.config.ts). A type error
// is said and does not stop the tests: tsc writes its output all the same, and `npm run typecheck` is the judge of types.

import { buildIfNeeded, serverIsStale } from './build-if-needed.mjs';

export default function setup() {
  if (serverIsStale() && buildIfNeeded() !== 0)
    process.stderr.write('rootline: the tests run what could be compiled\n');
}
