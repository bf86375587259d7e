// A full disk, for each of the two files, at a checkpoint, and while the server starts: typed answers, sessions
// interrupted with the reason, nothing lost, everything goes on by itself when there is room again. The disk is
// test/support/disk-shim.c; the real server runs on it.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import type { ProblemBody } from '../../src/http/problem.js';
import type { SessionView } from '../../src/sessions/session.view.js';
import { compileDiskShim } from '../support/disk-shim.js';
import { nothingReported, type Reported, wrongWith } from './crash/reported.js';
import { ServerProcess } from './crash/server-process.js';
import { TestFolder } from './server-under-test.js';

const tools = new TestFolder();
afterAll(() => tools.remove());
const shim = compileDiskShim(tools.path);
if (shim === null) process.stderr.write('no C compiler: the tests of a full disk are skipped\n');

const LONG = { scenario: 'smi-heavy', protocol: 'v5.18', parameters: { smis: 800 } };
const TIMEOUT_MS = 120_000;
let folder: TestFolder;
let server: ServerProcess | null = null;
let api = '';
let reported: Reported;

beforeEach(() => {
  folder = new TestFolder();
  reported = nothingReported();
});
afterEach(async () => {
  await server?.kill();
  server = null;
  folder.remove();
});

const control = (): string => `${folder.path}.full`;
const fill = (): void => writeFileSync(control(), '');
const makeRoom = (): void => rmSync(control(), { force: true });

/** On a disk that can be full for the files whose names begin so. */
async function start(files: string): Promise<void> {
  const env = {
    LD_PRELOAD: shim!,
    SHIM_DIR: folder.path,
    SHIM_FULL: control(),
    SHIM_FILES: `${files} reserve`,
  };
  server = new ServerProcess(folder.path, env);
  const found = await server.address();
  if (found === null) throw new Error(server.errors);
  api = found;
}

async function ask<T>(method: string, path: string, body?: object): Promise<{ status: number; body: T }> {
  const answer = await fetch(api + path, {
    method,
    // A connection of its own: one that was kept may be closed by the server just now.
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    headers: { connection: 'close', ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
  });
  const text = await answer.text();
  return { status: answer.status, body: (text === '' ? null : JSON.parse(text)) as T };
}

async function session(id: string): Promise<SessionView> {
  const { body } = await ask<SessionView>('GET', `/sessions/${id}`);
  expect(body.stored).toBeGreaterThanOrEqual(reported.stored.get(id) ?? 0);
  reported.stored.set(id, body.stored);
  return body;
}

async function until(id: string, reached: (view: SessionView) => boolean): Promise<SessionView> {
  for (;;) {
    const view = await session(id);
    if (reached(view)) return view;
    await sleep(20);
  }
}

async function create(request: object = LONG): Promise<string> {
  const { status, body } = await ask<SessionView>('POST', '/sessions', request);
  expect([status, body]).toEqual([201, body]);
  return body.id;
}

/** A finished session, as a measure for those that meet the full disk. */
async function finishedDigest(): Promise<string | null> {
  return (await until(await create(), ({ state }) => state === 'finished')).digest;
}

async function finished(id: string, digest: string | null): Promise<void> {
  expect(await until(id, ({ state }) => state === 'finished')).toMatchObject({
    digest,
    outcome: 'completed',
  });
  const { body } = await ask<object>('POST', `/sessions/${id}/replay`);
  expect(body).toMatchObject({ verified: true });
}

/** Small transactions may still fit into what a file's log has: they are used up first. */
async function refusedForRoom(request: object): Promise<void> {
  let answer = await ask<ProblemBody>('POST', '/sessions', request);
  for (let n = 0; n < 100 && answer.status === 201; n++)
    answer = await ask<ProblemBody>('POST', '/sessions', request);
  expect([answer.status, answer.body.type]).toEqual([507, 'urn:rootline:problem:disk-full']);
}

async function stopped(): Promise<void> {
  expect(await server!.stop()).toBe(0);
  expect(wrongWith(folder.path, reported, true)).toEqual([]);
}

test.skipIf(shim === null)(
  'events.sqlite: interrupted with the reason, 507, then it goes on by itself',
  async () => {
    await start('events.sqlite');
    const digest = await finishedDigest();
    const id = await create();
    await until(id, ({ stored }) => stored > 0);
    fill();
    const met = await until(id, ({ state }) => state === 'interrupted' || state === 'finished');
    expect(met).toMatchObject({ state: 'interrupted', reason: expect.stringContaining('the disk is full') });
    await refusedForRoom(LONG);
    expect((await ask('GET', `/sessions/${id}/events?limit=10`)).status).toBe(200);
    makeRoom();
    await finished(id, digest);
    await stopped();
  },
  TIMEOUT_MS,
);

test.skipIf(shim === null)(
  'a deletion, a restart and a kill on a full disk: the store opens, and goes on',
  async () => {
    await start('events.sqlite rootline.sqlite owner');
    const digest = await finishedDigest();
    const [first, second] = [await create(), await create()];
    await until(second, ({ stored }) => stored > 0);
    fill();
    await until(second, ({ state }) => state === 'interrupted');
    expect((await ask('DELETE', `/sessions/${first}`)).status).toBe(204);
    reported.deleting.add(first);
    reported.deleted.add(first);
    for (const how of ['kill', 'stop'] as const) {
      await server![how]();
      expect(wrongWith(folder.path, reported, false)).toEqual([]);
      await start('events.sqlite rootline.sqlite owner');
      expect((await ask('GET', `/sessions/${first}`)).status).toBe(404);
      expect((await session(second)).state).not.toBe('finished');
    }
    await refusedForRoom(LONG);
    makeRoom();
    await finished(second, digest);
    await finished(await create(), digest);
    // What the deletion left behind is removed by itself, too.
    await sleep(6_000);
    await stopped();
  },
  TIMEOUT_MS,
);

test.skipIf(shim === null)(
  'rootline.sqlite: sessions run on; a name that cannot be kept makes no session',
  async () => {
    await start('rootline.sqlite');
    const digest = await finishedDigest();
    const id = await create();
    fill();
    const name = 'x'.repeat(200);
    await refusedForRoom({ ...LONG, scenario: 'smi', parameters: {}, name });
    await finished(id, digest);
    makeRoom();
    const named = await ask<SessionView>('POST', '/sessions', { ...LONG, name });
    expect(named.status).toBe(201);
    reported.names.set(named.body.id, name);
    await finished(named.body.id, digest);
    const { body } = await ask<{ sessions: { id: string; state: string }[] }>('GET', '/sessions?limit=200');
    expect(body.sessions.find((one) => one.id === id)).toMatchObject({ state: 'finished' });
    await until(body.sessions[1]!.id, ({ state }) => state === 'finished');
    await stopped();
  },
  TIMEOUT_MS,
);

test.skipIf(shim === null)(
  'at a checkpoint: the log keeps everything, also through a stop',
  async () => {
    await start('events.sqlite-none');
    const digest = await finishedDigest();
    const id = await create();
    await until(id, ({ stored }) => stored > 0);
    await server!.stop();
    // From here on only the main file cannot grow: every checkpoint fails, also the one at the end.
    const env = {
      LD_PRELOAD: shim!,
      SHIM_DIR: folder.path,
      SHIM_FULL: control(),
      SHIM_FILES: 'events.sqlite',
    };
    fill();
    server = new ServerProcess(folder.path, { ...env, SHIM_EXACT: '1' });
    api = (await server.address())!;
    await finished(id, digest);
    expect(await server.stop()).toBe(0);
    expect(wrongWith(folder.path, reported, true)).toEqual([]);
    makeRoom();
    await start('events.sqlite-none');
    await finished(id, digest);
    await stopped();
  },
  TIMEOUT_MS,
);

test.skipIf(shim === null)(
  'a folder that was never opened, on a full disk: refused by its name',
  async () => {
    fill();
    const env = {
      LD_PRELOAD: shim!,
      SHIM_DIR: folder.path,
      SHIM_FULL: control(),
      SHIM_FILES: 'events rootline owner',
    };
    server = new ServerProcess(folder.path, env);
    expect(await server.address()).toBeNull();
    expect(server.errors).toContain(`${join(folder.path, 'events.sqlite')}: the disk is full`);
    makeRoom();
    await start('events');
    await finishedDigest();
    await stopped();
  },
  TIMEOUT_MS,
);
