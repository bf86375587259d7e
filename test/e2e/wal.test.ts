// A log that was cut or overwritten: copies of a killed store whose events.sqlite-wal ends in the middle, in zeros or in
// garbage, or whose -shm is missing. Each must open at some state that was committed once, with its list put right, and
// the session must go on to the digest of an uninterrupted run. What cannot be made whole is refused by name.
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  cpSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SqliteEventStore } from '../../src/store/index.js';
import { PROGRAM } from './cli-support.js';
import { randomOf } from './crash/plan.js';
import { TestFolder } from './server-under-test.js';

const require = createRequire(import.meta.url);
const { openEventStore } =
  require('../../dist/src/store/index.js') as typeof import('../../src/store/index.js');
const { SessionRunner } =
  require('../../dist/src/sessions/runner/session-runner.js') as typeof import('../../src/sessions/runner/session-runner.js');

const RUN = ['run', 'smi-heavy', '--protocol', 'v5.18', '--set', 'smis=200'];
/** Of about 11 chunks. */
const KILL_AT_CHUNK = 7;
const FIRST_LIFE_CHUNKS = 3;
/** Three chunks. */
const SECOND_LIFE_ROWS = 21_000;
const WAL_HEADER_BYTES = 32;
const FRAME_BYTES = 24 + 4096;
const CUTS = 12;

const folder = new TestFolder();
afterAll(() => folder.remove());

/** Rows of the whole session, by position, as text; and the positions at which a commit ended. */
let rows: string[] = [];
let digest = '';
/** `log`: everything in the log. `both`: a checkpoint, then a log. `mixed`: copied while a checkpoint had been made. */
const sources = ['log', 'both', 'mixed'] as const;
type Source = (typeof sources)[number];
const commits = new Map<Source, number[]>();

function rootline(data: string, env: Readonly<Record<string, string>> = {}) {
  return spawnSync(process.execPath, [PROGRAM, '--data', data, '--json', ...RUN], {
    env: { ...process.env, ROOTLINE_DEMO: 'off', ...env },
    encoding: 'utf8',
  });
}

const path = (source: string, name = ''): string => join(folder.path, source, name);

function rowsOf(file: string): string[] {
  const db = new Database(file, { readonly: true });
  const found = db
    .prepare(
      "SELECT concat_ws(' ', position, skipped, time_ns, thread, site, type, subject, a, b, c) FROM event ORDER BY session, position",
    )
    .pluck()
    .all() as string[];
  db.close();
  return found;
}

function readCommits(source: Source): void {
  cpSync(path(source), path('look'), { recursive: true });
  const db = new Database(path('look', 'events.sqlite'), { readonly: true });
  commits.set(source, db.prepare('SELECT to_position FROM chunk ORDER BY number').pluck().all() as number[]);
  db.close();
  rmSync(path('look'), { recursive: true });
}

beforeAll(async () => {
  const whole = JSON.parse(rootline(path('whole')).stdout) as {
    digest?: string;
    session?: { digest: string };
  };
  digest = whole.digest ?? whole.session!.digest;
  if (!/^[0-9a-f]{16}$/.test(digest)) throw new Error(`no digest: ${digest}`);
  rows = rowsOf(path('whole', 'events.sqlite'));

  const killed = (data: string, chunk: number): void => {
    const { signal } = rootline(data, { ROOTLINE_FAILPOINT: `after-commit-before-notice@${chunk}=kill` });
    expect(signal).toBe('SIGKILL');
  };
  killed(path('log'), KILL_AT_CHUNK);
  readCommits('log');

  // A store of two lives: the first one's log went into the file when it was opened again.
  killed(path('both'), FIRST_LIFE_CHUNKS);
  const store = await openEventStore(path('both'));
  const [session] = (await store.listSessions({ limit: 1 })).sessions;
  const next = new SessionRunner(store, { workers: 1 });
  const position = session!.position;
  let reached: () => void = () => undefined;
  const farther = new Promise<void>((resolve) => {
    reached = resolve;
  });
  next.positions$.subscribe(({ toPosition }) => {
    if (toPosition >= position + SECOND_LIFE_ROWS) reached();
  });
  await next.resume(session!.id);
  await farther;
  // The files as a kill would leave them, the log whole.
  cpSync(path('both'), path('both-killed'), { recursive: true });
  await next.stop();
  await store.close();
  rmSync(path('both'), { recursive: true });
  cpSync(path('both-killed'), path('both'), { recursive: true });
  readCommits('both');

  cpSync(path('log'), path('mixed'), { recursive: true });
  const db = new Database(path('mixed', 'events.sqlite'));
  db.pragma('wal_checkpoint(PASSIVE)');
  cpSync(path('mixed'), path('mixed-copy'), { recursive: true });
  db.close();
  rmSync(path('mixed'), { recursive: true });
  cpSync(path('mixed-copy'), path('mixed'), { recursive: true });
  readCommits('mixed');
}, 120_000);

interface Damage {
  readonly what: string;
  readonly at: number;
}

/** Cuts at frames, inside frames, inside the header, and anywhere; and tails of zeros and of garbage. */
function damages(size: number, random: () => number): Damage[] {
  const frames = Math.floor((size - WAL_HEADER_BYTES) / FRAME_BYTES);
  const frame = (n: number): number => WAL_HEADER_BYTES + n * FRAME_BYTES;
  const somewhere = (): number => Math.floor(random() * size);
  const fixed = [
    0,
    7,
    WAL_HEADER_BYTES,
    frame(1) - 1,
    frame(Math.floor(frames / 2)),
    frame(frames - 1),
    size - 1,
  ];
  const cuts = [...fixed, ...Array.from({ length: CUTS - fixed.length }, somewhere)];
  return [
    ...cuts.map((at) => ({ what: 'cut', at })),
    ...['zeros', 'garbage', 'one bit'].flatMap((what) =>
      [somewhere(), somewhere()].map((at) => ({ what, at })),
    ),
    { what: 'no -shm', at: size },
  ];
}

function damage(data: string, { what, at }: Damage, random: () => number): void {
  const wal = join(data, 'events.sqlite-wal');
  if (what === 'no -shm') rmSync(join(data, 'events.sqlite-shm'));
  else if (what === 'cut') truncateSync(wal, at);
  else overwrite(wal, what, at, random);
}

function overwrite(wal: string, what: string, at: number, random: () => number): void {
  const length = what === 'one bit' ? 1 : statSync(wal).size - at;
  const old = readFileSync(wal)[at]!;
  const bytes = Uint8Array.from({ length }, () => (what === 'zeros' ? 0 : Math.floor(random() * 256)));
  if (what === 'one bit') bytes[0] = old ^ 4;
  const handle = openSync(wal, 'r+');
  writeSync(handle, bytes, 0, length, at);
  closeSync(handle);
}

async function finishes(store: SqliteEventStore, id: string, data: string): Promise<void> {
  const runner = new SessionRunner(store, { workers: 1 });
  await runner.recover();
  expect(await runner.done(id)).toMatchObject({ state: 'finished', progress: { digest } });
  await runner.stop();
  expect(rowsOf(join(data, 'events.sqlite'))).toEqual(rows);
}

/** Why it was refused; nothing else may go wrong. */
function refusalOf(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error)) throw error;
  const { details } = error as unknown as { details: { file: string } };
  return `${String(error.code)} ${basename(details.file)}`;
}

/** Opens the copy, and holds what it finds against the whole session. Returns the position at which it ends. */
async function openedAt(data: string, source: Source, goOn: boolean): Promise<number> {
  const store = await openEventStore(data);
  try {
    const { sessions } = await store.listSessions({ limit: 10 });
    if (sessions.length === 0) return 0;
    const { id, position } = sessions[0]!;
    expect(sessions.length).toBe(1);
    expect([0, ...commits.get(source)!]).toContain(position);
    expect(await store.getSession(id)).toMatchObject({ position, state: sessions[0]!.state });
    expect(rowsOf(join(data, 'events.sqlite'))).toEqual(rows.slice(0, position));
    if (goOn) await finishes(store, id, data);
    return position;
  } finally {
    await store.close();
  }
}

for (const source of sources) {
  test(`a damaged log (${source}) opens at a committed state, or is refused by name`, async () => {
    const random = randomOf(source.length * 31);
    const size = statSync(path(source, 'events.sqlite-wal')).size;
    expect(size).toBeGreaterThan(100 * FRAME_BYTES);
    const ends = new Set<number>();
    const refusals: string[] = [];
    for (const [n, how] of damages(size, random).entries()) {
      const data = path('damaged');
      cpSync(path(source), data, { recursive: true });
      damage(data, how, random);
      try {
        ends.add(await openedAt(data, source, n % 7 === 3));
      } catch (error) {
        refusals.push(refusalOf(error));
      }
      rmSync(data, { recursive: true });
    }
    // Refused only where the log had gone into the file already: no power cut does that, a bad copy may.
    const allowed = source === 'mixed' ? ['database_damaged events.sqlite'] : [];
    expect([...new Set(refusals)]).toEqual(allowed);
    expect(Math.max(...ends)).toBe(commits.get(source)!.at(-1));
    // Cuts in different places end in different states.
    expect(ends.size + refusals.length).toBeGreaterThan(3);
  }, 240_000);
}

test('a damaged main file is refused, whichever file it is, and left as it is', async () => {
  const random = randomOf(5);
  for (const name of ['events.sqlite', 'rootline.sqlite']) {
    for (const how of ['header', 'page', 'empty', 'cut'] as const) {
      const data = path('damaged');
      cpSync(path('whole'), data, { recursive: true });
      const file = join(data, name);
      const bytes = readFileSync(file);
      if (how === 'header') bytes.fill(0x20, 0, 100);
      // The root of a table: the page after the schema's.
      if (how === 'page') for (let i = 4096; i < 8192; i++) bytes[i] = Math.floor(random() * 256);
      const left = how === 'empty' ? 0 : how === 'cut' ? bytes.length - 6_000 : bytes.length;
      writeFileSync(file, bytes.subarray(0, left));
      if (how === 'empty') writeFileSync(`${file}-wal`, bytes.subarray(0, 5_000));
      const before = readFileSync(file);
      await expect(openEventStore(data), `${name} ${how}`).rejects.toMatchObject({
        code: 'database_damaged',
        message: expect.stringContaining(name),
        details: { file },
      });
      expect(readFileSync(file).equals(before)).toBe(true);
      rmSync(data, { recursive: true });
    }
  }
  mkdirSync(path('damaged'), { recursive: true });
});
