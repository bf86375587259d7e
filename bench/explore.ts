// (g) The explorer on the coarse anchor: the gate (exactly Spin's states), rates and memory of one core, two threads against one,
// and the whole process to the verdict beside `pan` on the same protocol.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { ExplorationResult } from '../src/explorations/exploration.js';
import { measureMachineSearches } from './explore-machine.js';
import { type Figure, median } from './figures.js';
import { PACKAGE_ROOT } from './package-root.js';
import { runSpin, type SpinCase, type SpinResult } from './spin.js';

const PROGRAM = join(PACKAGE_ROOT, 'dist', 'src', 'cli', 'main.js');
const MAX_OUTPUT_BYTES = 64 * 1024 ** 2;
const RUNS = 3;

interface Case {
  readonly protocol: 'v5.18' | 'v6.4';
  readonly resets: number;
  readonly reduced: boolean;
  readonly workers?: number;
  readonly runs?: number;
}

interface Ours extends ExplorationResult {
  /** Whole process, from outside. */
  readonly processSeconds: number;
}

function rootline({ protocol, resets, reduced, workers, runs = 1 }: Case): Ours {
  const args = ['explore', 'reference-coarse', '--protocol', protocol, '--set', `resets=${resets}`, '--json'];
  args.push('--reductions', reduced ? 'all' : 'none');
  if (workers !== undefined) args.push('--workers', String(workers));
  const results = Array.from({ length: runs }, () => {
    const begun = performance.now();
    const run = spawnSync(process.execPath, [PROGRAM, ...args], {
      encoding: 'utf8',
      maxBuffer: MAX_OUTPUT_BYTES,
    });
    const processSeconds = (performance.now() - begun) / 1_000;
    if (run.status !== 0)
      throw new Error(`rootline ${args.join(' ')} ended with ${run.status}: ${run.stderr}`);
    return { ...(JSON.parse(run.stdout) as ExplorationResult), processSeconds };
  });
  const middle = median(results.map((one) => one.processSeconds));
  return results.find((one) => one.processSeconds === middle) ?? results[0];
}

type Row = readonly string[];

const whole = (n: number): string => String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, ',');

function oursRow(what: string, run: Ours): Row {
  const seconds = `${run.processSeconds.toFixed(2)} (${run.seconds.toFixed(2)} of search)`;
  return [what, 'rootline', run.verdict, whole(run.states), whole(run.transitions), seconds];
}

function spinRow(what: string, run: SpinResult): Row {
  if (run.kind === 'unavailable') return [what, 'Spin', run.why, '-', '-', '-'];
  const verdict = run.errors === 0 ? 'holds' : 'violated';
  return [what, 'Spin', verdict, whole(run.states), whole(run.transitions), run.seconds.toFixed(2)];
}

function tableOf(rows: readonly Row[]): string {
  const all = [['case', 'checker', 'verdict', 'states', 'transitions', 'seconds'], ...rows];
  const width = all[0].map((_, k) => Math.max(...all.map((row) => row[k].length)));
  return all
    .map((row) =>
      row
        .map((cell, k) => cell.padEnd(width[k]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

const ONLY_ONE_HAS = `Steps that only one of them has:
  reference-coarse and root-lifetime-labels.pml: none; a step of one is a step of the other (hence equal counts).
  root-lifetime.pml only: steps of a thread on its own variables (loop heads, i++, k++, tests of z, was and root, assert and
    skip as steps of their own), the start of the processes by init, and locals that nobody will read.
  rootline only: none.
  Neither: RCU, list links, requests, the entry gate, page tables (the litmus of the real machine have them).`;

export function measureExplore(folder: string, scale: number): Figure[] {
  const figures: Figure[] = [];
  const rows: Row[] = [];
  const add = (
    name: string,
    value: number | null,
    unit: string,
    target: Figure['target'],
    aim: number | null,
    note: string,
  ): void => {
    figures.push({ section: 'explore', name, value, unit, target, aim, note });
  };
  const spin = (what: string, asked: SpinCase): SpinResult => {
    const run = runSpin(folder, asked);
    rows.push(spinRow(what, run));
    return run;
  };
  const ours = (what: string, asked: Case): Ours => {
    const run = rootline(asked);
    rows.push(oursRow(what, run));
    return run;
  };

  for (const [protocol, states] of [
    ['v5.18', 1_042_043],
    ['v6.4', 107_891],
  ] as const) {
    const patched = protocol === 'v6.4';
    const what = `${protocol} K=2, labelled steps, nothing reduced`;
    const run = ours(what, { protocol, resets: 2, reduced: false, workers: 1, runs: RUNS });
    const other = spin(what, {
      model: 'root-lifetime-labels',
      patched,
      resets: 2,
      reduced: false,
      runs: RUNS,
    });
    const off = Math.abs(run.states - states);
    const theirs = other.kind === 'measured' ? `, Spin ${whole(other.states)}` : '';
    add(`gate: states off, ${protocol}`, off, 'states', { atMost: 0 }, null, `${whole(run.states)}${theirs}`);
    if (patched) continue;
    const note = `${whole(run.states)} states, nothing reduced; median of ${RUNS}`;
    add('one core', run.states / run.seconds, 'states/s', { atLeast: 250_000 }, 600_000, note);
    add('visited set', run.bytesPerState, 'bytes/state', { atMost: 32 }, 16, note);
    if (other.kind === 'measured') {
      const ratio = run.processSeconds / other.seconds;
      add('equal steps: process / pan', ratio, 'ratio', null, 1.2, `${other.seconds.toFixed(2)} s of pan`);
    }
  }

  for (const { resets, most, aim, runs } of [
    { resets: 2, most: 1.0, aim: 0.3, runs: RUNS },
    { resets: 3, most: 0.3, aim: 0.05, runs: 1 },
  ]) {
    if (resets > 2 && scale < 1) continue;
    const what = `v5.18 K=${resets}, to the verdict`;
    const run = ours(what, { protocol: 'v5.18', resets, reduced: true, runs: RUNS });
    const other = spin(what, { model: 'root-lifetime', patched: false, resets, reduced: true, runs });
    const value = other.kind === 'measured' ? run.processSeconds / other.seconds : null;
    const note =
      other.kind === 'measured'
        ? `${run.processSeconds.toFixed(2)} s, pan on root-lifetime.pml ${other.seconds.toFixed(2)} s`
        : other.why;
    add(`K=${resets}: whole process / pan`, value, 'ratio', { atMost: most }, aim, note);
  }

  if (scale >= 1) {
    const wide = { protocol: 'v5.18', resets: 3, reduced: false } as const;
    const one = ours('v5.18 K=3, nothing reduced, 1 thread', { ...wide, workers: 1 });
    const two = ours('v5.18 K=3, nothing reduced, 2 threads', { ...wide, workers: 2 });
    const same = one.states === two.states && one.transitions === two.transitions;
    const note = `${whole(one.states)} states${same ? '' : ' (DIFFER)'}: ${one.seconds.toFixed(1)} s, ${two.seconds.toFixed(1)} s`;
    add('two threads / one', one.seconds / two.seconds, 'times', { atLeast: 1.5 }, 1.8, note);
    figures.push(...measureMachineSearches());
  }
  process.stdout.write(`${tableOf(rows)}\n\n${ONLY_ONE_HAS}\n\n`);
  return figures;
}
