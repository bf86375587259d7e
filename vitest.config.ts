// All tests run with the C locale and UTC. What they import of src is what is compiled in dist (made anew where it is old):
// searches and simulations take less than half the time of code that vitest has transformed, and the digest of a protocol,
// which is that of its procedures' text, is the one of worker threads and of the shipped program. e2e tests start servers and
// browsers: two files at a time, behind the others. Those of `alone` have the machine for themselves.
// `.test-results/vitest.json` is what scripts/ci-summary.mjs counts.

import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const ROOT = dirname(fileURLToPath(import.meta.url));
const COMPILED = ['src', 'migrations', 'bench'].map((folder) => join(ROOT, folder) + sep);

const env = { LC_ALL: 'C', TZ: 'UTC' };
Object.assign(process.env, env);

/** `../../src/core/x.js`, imported by a test, is `dist/src/core/x.js`, loaded by Node itself. */
const compiled = {
  name: 'compiled',
  enforce: 'pre' as const,
  resolveId(source: string, importer: string | undefined): string | null {
    if (importer === undefined || !importer.startsWith(join(ROOT, 'test') + sep)) return null;
    const path = join(dirname(importer), source);
    return COMPILED.some((folder) => path.startsWith(folder))
      ? join(ROOT, 'dist', path.slice(ROOT.length))
      : null;
  },
};

const common = {
  env,
  environment: 'node' as const,
  pool: 'forks' as const,
  testTimeout: 120_000,
  hookTimeout: 120_000,
  server: { deps: { external: [/\/dist\//] } },
};

/** Tests of what a loaded machine changes: bytes that wait for a slow reader, clients that are given up, frames of the page. */
const ALONE = ['page*', 'live', 'live-client', 'bad-clients'].map((name) => `test/e2e/${name}.test.ts`);

export default defineConfig({
  test: {
    reporters: ['default', ['json', { outputFile: '.test-results/vitest.json' }]],
    globalSetup: 'scripts/compile-for-tests.mjs',
    projects: [
      {
        plugins: [compiled],
        test: {
          ...common,
          name: 'fast',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**'],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        plugins: [compiled],
        test: {
          ...common,
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          exclude: ALONE,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        plugins: [compiled],
        test: { ...common, name: 'alone', include: ALONE, maxWorkers: 1, sequence: { groupOrder: 2 } },
      },
    ],
  },
});
