// kill -9 at every failpoint of the store and at random moments. Nothing that was told as stored may be missing
// afterwards, positions have no gaps, the two files agree, and the sessions end with the digest of an uninterrupted run.
// `npm run soak` runs the same with 500 kills; a failing one is run again by its seed and round.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { KILL_KINDS, type KillKind } from './crash/plan.js';
import { type KillResult, Round } from './crash/round.js';
import { ServerProcess } from './crash/server-process.js';
import { TestFolder } from './server-under-test.js';

const SEED = Number(process.env['ROOTLINE_SOAK_SEED'] ?? 20_230_413);
const KILLS = Number(process.env['ROOTLINE_SOAK_KILLS'] ?? 21);
const ONLY_ROUND = process.env['ROOTLINE_SOAK_ROUND'];
const KILLS_A_ROUND = KILL_KINDS.length - 1;
const ROUND_TIMEOUT_MS = 300_000;

let folder: TestFolder | null = null;
let round: Round | null = null;
afterEach(async () => {
  await round?.dispose();
  folder?.remove();
  round = null;
});

const rounds = Math.ceil(KILLS / KILLS_A_ROUND);
const numbers = ONLY_ROUND === undefined ? Array.from({ length: rounds }, (_, n) => n) : [Number(ONLY_ROUND)];

test(
  `${KILLS} kills lose nothing, and sessions end like uninterrupted ones (seed ${SEED})`,
  async () => {
    const results: KillResult[] = [];
    for (const number of numbers) {
      folder = new TestFolder();
      round = new Round(folder.path, SEED, number);
      await round.run(ONLY_ROUND === undefined ? KILLS - results.length : KILLS_A_ROUND);
      results.push(...round.results);
      folder.remove();
    }
    process.stdout.write(tableOf(results));
    expect(results.length).toBe(ONLY_ROUND === undefined ? KILLS : KILLS_A_ROUND);
    const kinds = new Set(results.map(({ kind }) => kind)).size;
    expect(kinds).toBe(results.length >= 2 * KILLS_A_ROUND ? KILL_KINDS.length : kinds);
  },
  ROUND_TIMEOUT_MS * numbers.length,
);

function tableOf(results: readonly KillResult[]): string {
  const line = (kind: KillKind): string => {
    const of = results.filter((result) => result.kind === kind);
    const mean = of.reduce((sum, { tookMs }) => sum + tookMs, 0) / Math.max(1, of.length);
    return `${kind.padEnd(28)}${String(of.length).padStart(6)}${mean.toFixed(0).padStart(12)}  nothing lost\n`;
  };
  return `seed ${SEED}\n${'killed'.padEnd(28)} times  mean ms\n${KILL_KINDS.map(line).join('')}`;
}

test(
  'SIGTERM ends the server with code 0 within a few seconds, sessions under way become interrupted',
  async () => {
    folder = new TestFolder();
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const server = new ServerProcess(folder.path);
      const api = await server.address();
      const body = JSON.stringify({
        scenario: 'smi-heavy',
        protocol: 'v5.18',
        parameters: { smis: 100_000 },
      });
      await fetch(`${api}/sessions`, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json' },
      });
      await sleep(300);
      expect(await server.stop(signal)).toBe(0);
    }
  },
  ROUND_TIMEOUT_MS,
);
