// All tests run with the C locale and UTC; e2e tests start servers and browsers, so their files run one at a time,
// after the others. `.test-results/vitest.json` is what scripts/ci-summary.mjs counts.

import { defineConfig } from 'vitest/config';

const env = { LC_ALL: 'C', TZ: 'UTC' };
Object.assign(process.env, env);

const common = {
  env,
  environment: 'node' as const,
  pool: 'forks' as const,
  testTimeout: 60_000,
  hookTimeout: 60_000,
};

export default defineConfig({
  test: {
    reporters: ['default', ['json', { outputFile: '.test-results/vitest.json' }]],
    projects: [
      {
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
        test: {
          ...common,
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
