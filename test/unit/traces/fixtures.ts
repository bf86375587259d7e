// Reads the recordings of fixtures/traces for the tests beside this file.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { type Recording, readRecording } from '../../../src/core/traces/recording.js';

const FOLDER = fileURLToPath(new URL('../../../fixtures/traces/', import.meta.url));

export const KERNELS = ['5.10.262', '6.1.192-nofix', '6.1.192', '6.12.117', '7.2.13'] as const;

export function scenariosOf(kernel: string): string[] {
  return readdirSync(`${FOLDER}${kernel}`)
    .filter((name) => name.endsWith('.trace.txt.gz'))
    .map((name) => name.slice(0, -'.trace.txt.gz'.length))
    .sort();
}

export function traceText(kernel: string, scenario: string): string {
  return gunzipSync(readFileSync(`${FOLDER}${kernel}/${scenario}.trace.txt.gz`)).toString('utf8');
}

export function recordingOf(kernel: string, scenario: string): Recording {
  const misses = readFileSync(`${FOLDER}${kernel}/kprobe-misses/${scenario}.txt`, 'utf8');
  const outcome = readRecording(kernel, traceText(kernel, scenario), misses);
  if (outcome.kind !== 'recording') throw new Error(`${kernel}/${scenario}: ${outcome.kind}`);
  return outcome.recording;
}

/** One row of COUNTS.md by its column titles. */
export type CountsRow = Readonly<Record<string, string>>;

/** The table of COUNTS.md, by scenario. */
export function countsOf(kernel: string): ReadonlyMap<string, CountsRow> {
  const rows = readFileSync(`${FOLDER}${kernel}/COUNTS.md`, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  const [titles = [], , ...data] = rows;
  return new Map(
    data.map((cells) => [
      cells[0] ?? '',
      Object.fromEntries(titles.map((title, i) => [title, cells[i] ?? ''])),
    ]),
  );
}

export function logLinesOf(kernel: string, scenario: string): string[] {
  return readFileSync(`${FOLDER}${kernel}/${scenario}.log`, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
}
