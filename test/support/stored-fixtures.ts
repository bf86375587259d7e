// The stored fixtures of every format that Rootline ever wrote (test/fixtures/formats), unpacked into throw-away folders.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync } from 'node:zlib';
import type { StoredCell } from '../../src/store/sweeps.port.js';

const FORMATS = fileURLToPath(new URL('../fixtures/formats', import.meta.url));
const FILES = ['events.sqlite', 'rootline.sqlite'];

export interface ExpectedSession {
  readonly id: string;
  readonly kind: string;
  readonly state: string;
  readonly position: number;
  readonly name: string | null;
  readonly note: string | null;
  readonly ordinal: number | null;
  readonly digest: string | null;
  readonly fullDigest: string | null;
  /** Of every number of every row, as 64-bit floats. */
  readonly numbersSha256: string;
  readonly decisionsSha256: string;
}

export interface ExpectedStore {
  readonly sessions: readonly ExpectedSession[];
  readonly deleted: readonly string[];
  readonly dictionary: number;
  readonly jobs: number;
  /** Since rootline.sqlite has cells of sweeps. */
  readonly sweep?: { readonly job: string; readonly cells: readonly StoredCell[] };
}

/** `e1-m1` and so on, oldest first. */
export function formatNames(): string[] {
  return readdirSync(FORMATS).toSorted((x, y) => x.localeCompare(y, 'en', { numeric: true }));
}

export function expectedOf(format: string): ExpectedStore {
  return JSON.parse(readFileSync(join(FORMATS, format, 'expected.json'), 'utf8')) as ExpectedStore;
}

/** Writes the fixture's two files into `dataDir`, which is made. */
export function unpackFormat(format: string, dataDir: string): void {
  mkdirSync(dataDir, { recursive: true });
  for (const name of FILES) {
    const packed = readFileSync(join(FORMATS, format, `${name}.br`));
    writeFileSync(join(dataDir, name), brotliDecompressSync(packed));
  }
}

export function freshFolder(): string {
  return mkdtempSync(join(tmpdir(), 'rootline-format-'));
}
