// The other checker: the anchors of bench/anchors as Spin searches them, compiled and run here and now, so that both sides see
// the same machine and load.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { freemem } from 'node:os';
import { join } from 'node:path';
import { PACKAGE_ROOT } from './package-root.js';

export interface SpinRun {
  readonly kind: 'measured';
  readonly states: number;
  readonly transitions: number;
  readonly errors: number;
  /** Of the process `pan`, from outside. */
  readonly seconds: number;
}

export type SpinResult = SpinRun | { readonly kind: 'unavailable'; readonly why: string };

export interface SpinCase {
  readonly model: 'root-lifetime' | 'root-lifetime-labels';
  readonly patched: boolean;
  readonly resets: number;
  /** Spin's partial-order reduction. */
  readonly reduced: boolean;
  readonly runs: number;
}

/** What pan takes for root-lifetime.pml with three resets. */
const LARGE_BYTES = 9 * 1024 ** 3;
const MAX_DEPTH = 100_000;

const unavailable = (why: string): SpinResult => ({ kind: 'unavailable', why });

export function runSpin(folder: string, asked: SpinCase): SpinResult {
  const { model, patched, resets, reduced, runs } = asked;
  if (resets > 2 && freemem() < LARGE_BYTES) return unavailable('too little free memory for pan');
  const name = `${model}-${patched ? 1 : 0}-${resets}-${reduced ? 'reduced' : 'whole'}`;
  const cwd = join(folder, name);
  mkdirSync(cwd, { recursive: true });
  const source = join(PACKAGE_ROOT, 'bench', 'anchors', `${model}.pml`);
  const spin = spawnSync('spin', ['-a', `-DPATCHED=${patched ? 1 : 0}`, `-DK=${resets}`, source], { cwd });
  if (spin.error !== undefined) return unavailable('no Spin here (apt-get install spin)');
  if (spin.status !== 0) return unavailable(`spin -a failed: ${String(spin.stderr)}`);
  const options = ['-O2', '-w', '-DSAFETY', ...(reduced ? [] : ['-DNOREDUCE']), '-o', 'pan', 'pan.c'];
  const compiled = spawnSync('cc', options, { cwd });
  if (compiled.error !== undefined || compiled.status !== 0) return unavailable('no C compiler here (cc)');
  const seconds: number[] = [];
  let printed = '';
  for (let run = 0; run < runs; run++) {
    const begun = performance.now();
    const pan = spawnSync('./pan', [`-m${MAX_DEPTH}`], { cwd, encoding: 'utf8' });
    seconds.push((performance.now() - begun) / 1_000);
    if (pan.status !== 0) return unavailable(`pan failed: ${pan.stderr}`);
    printed = pan.stdout;
  }
  const figure = (pattern: RegExp): number => Number(pattern.exec(printed)?.[1] ?? Number.NaN);
  return {
    kind: 'measured',
    states: figure(/([\d.e+]+) states, stored/),
    transitions: figure(/([\d.e+]+) transitions/),
    errors: figure(/errors: (\d+)/),
    seconds: seconds.toSorted((a, b) => a - b)[seconds.length >> 1],
  };
}
