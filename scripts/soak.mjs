// `npm run soak`: 500 kills of the real server at the store's failpoints and at random moments (test/e2e/crash.test.ts
// runs about 20 of the same). Prints a table; a failing kill prints the seed and round that run it again:
//   npm run soak -- --kills 500 --seed 20230413
//   npm run soak -- --seed 20230413 --round 17
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '500' },
    seed: { type: 'string', default: '20230413' },
    round: { type: 'string' },
  },
});
for (const [name, value] of Object.entries(values)) {
  if (/^\d{1,9}$/.test(value)) continue;
  process.stderr.write(`soak: --${name} must be a whole number, got "${value}"\n`);
  process.exit(2);
}
const env = { ...process.env, ROOTLINE_SOAK_KILLS: values.kills, ROOTLINE_SOAK_SEED: values.seed };
if (values.round !== undefined) env.ROOTLINE_SOAK_ROUND = values.round;
const args = ['node_modules/vitest/vitest.mjs', 'run', 'test/e2e/crash.test.ts', '-t', 'kills lose nothing'];
const { status } = spawnSync(process.execPath, args, { env, stdio: 'inherit' });
process.exit(status ?? 1);
