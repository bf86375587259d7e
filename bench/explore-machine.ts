// (g) The explorer on the real machine: litmus `reference` to its end for every era, its rate on one thread with all invariants on,
// and the whole catalogue with what it takes of memory.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { ExplorationResult } from '../src/explorations/exploration.js';
import type { Figure } from './figures.js';
import { PACKAGE_ROOT } from './package-root.js';

const PROGRAM = join(PACKAGE_ROOT, 'dist', 'src', 'cli', 'main.js');
const MAX_OUTPUT_BYTES = 256 * 1024 ** 2;
const ERAS = ['v5.10', 'v5.15', 'v5.18', 'seed-draft', 'v6.4', 'v6.6', 'v6.9', 'v6.14'];
/** So many of them show the rate. */
const STATES = 2_000_000;
/** Not held: `v5.15` by its own bugs (B9 first), `seed-draft` in its destruction walk (B13). */
const VIOLATED = ['v5.15', 'seed-draft'];
/** How many lines with the peak, one of each thread that ends, are looked at: the process's own is the largest. */
const PEAK = /^peak kilobytes (\d+)$/gm;
const TELL_PEAK =
  'data:text/javascript,process.on("exit",()=>process.stderr.write("\\npeak kilobytes "+process.resourceUsage().maxRSS+"\\n"))';

interface Ran<T> {
  readonly document: T;
  readonly seconds: number;
  readonly bytes: number;
}

function rootline<T>(args: readonly string[]): Ran<T> {
  const begun = performance.now();
  const run = spawnSync(process.execPath, ['--import', TELL_PEAK, PROGRAM, ...args, '--json'], {
    encoding: 'utf8',
    maxBuffer: MAX_OUTPUT_BYTES,
  });
  const seconds = (performance.now() - begun) / 1_000;
  if (run.stdout === '')
    throw new Error(`rootline ${args.join(' ')} ended with ${run.status}: ${run.stderr}`);
  const bytes = Math.max(...[...run.stderr.matchAll(PEAK)].map(([, kilobytes]) => Number(kilobytes))) * 1_024;
  return { document: JSON.parse(run.stdout) as T, seconds, bytes };
}

const whole = (n: number): string => String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, ',');

export function measureMachineSearches(): Figure[] {
  const figures: Figure[] = [];
  const slowest = { seconds: 0, protocol: '', wrong: [] as string[] };
  for (const protocol of ERAS) {
    const { document, seconds } = rootline<ExplorationResult>([
      'explore',
      'reference',
      '--protocol',
      protocol,
    ]);
    const expected = VIOLATED.includes(protocol) ? 'violated' : 'holds';
    if (document.verdict !== expected) slowest.wrong.push(`${protocol} ${document.verdict}`);
    if (seconds > slowest.seconds) Object.assign(slowest, { seconds, protocol });
  }
  figures.push({
    section: 'explore',
    name: 'reference, every era, the slowest',
    value: slowest.seconds,
    unit: 's',
    target: { atMost: 120 },
    aim: null,
    note: `${slowest.protocol}, all cores, whole process${slowest.wrong.length === 0 ? '' : `; NOT AS EXPECTED: ${slowest.wrong.join(', ')}`}`,
  });
  // Every stored state counts: with reductions most steps are run without storing what is between.
  const wide = ['--reductions', 'none', '--workers', '1', '--states', String(STATES)];
  const one = rootline<ExplorationResult>(['explore', 'reference', '--protocol', 'v5.18', ...wide]);
  const { states, seconds } = one.document;
  figures.push({
    section: 'explore',
    name: 'reference, one thread',
    value: states / seconds,
    unit: 'states/s',
    target: { atLeast: 100_000 },
    aim: null,
    note: `v5.18, invariants on, nothing reduced: the first ${whole(states)} states`,
  });
  const all = rootline<{ readonly rows: readonly unknown[]; readonly failed: number }>([
    'catalogue',
    '--no-store',
  ]);
  const note = `${all.document.rows.length} rows, ${all.document.failed} not as expected, all cores`;
  figures.push(
    {
      section: 'explore',
      name: 'catalogue',
      value: all.seconds,
      unit: 's',
      target: { atMost: 120 },
      aim: null,
      note,
    },
    {
      section: 'explore',
      name: 'catalogue, peak memory',
      value: all.bytes / 1024 ** 3,
      unit: 'GiB',
      target: { atMost: 2 },
      aim: null,
      note,
    },
  );
  return figures;
}
