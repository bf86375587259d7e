// /explorations: a search as a job; its counterexample is a session; stopped, it goes on to the same figures.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RootlineClient } from '../../src/client/index.js';
import { decodeCheckpoint } from '../../src/core/explorer/search/checkpoint.js';
import { readCheckpointFile } from '../../src/explorations/checkpoint-file.js';
import { explorationProgress } from '../../src/explorations/exploration.schemas.js';
import type { ExplorationView } from '../../src/explorations/exploration.service.js';
import type { JobView } from '../../src/jobs/job-service.js';
import type { ReplayResult } from '../../src/sessions/inspection/replay-result.js';
import { findOwner } from '../../src/store/sqlite/owner-lock.js';
import { PROGRAM } from './cli-support.js';
import { LiveSocket } from './live-support.js';
import { TestFolder, TestServer } from './server-under-test.js';

const folder = new TestFolder();
let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start(folder.path);
});
afterAll(async () => {
  await server.stop();
  folder.remove();
});

/** A server as a process of its own, to be killed; writes checkpoints often. */
async function serve(dataDir: string): Promise<{ readonly child: ChildProcess; readonly api: string }> {
  const args = ['serve', '--data', dataDir, '--port', '0', '--demo', 'off', '--checkpoint-interval', '100'];
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: 'ignore' });
  for (;;) {
    const owner = findOwner(dataDir);
    if (owner !== null && owner !== 'unknown' && owner.port !== null)
      return { child, api: `http://127.0.0.1:${owner.port}/api/v1` };
    await sleep(25);
  }
}

const start = (body: object) => server.post<JobView>('/explorations', body);
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function until(id: string, done: (view: ExplorationView) => boolean): Promise<ExplorationView> {
  for (;;) {
    const { body } = await server.get<ExplorationView>(`/explorations/${id}`);
    if (done(body)) return body;
    await sleep(25);
  }
}
const ended = (id: string) => until(id, ({ state }) => state !== 'queued' && state !== 'running');

test('a counterexample: the verdict, the session that replays, the report', async () => {
  const accepted = await start({ litmus: 'v-d', protocol: 'seed-draft', transplant: 'v6.4' });
  expect(accepted.status).toBe(202);
  expect(accepted.headers.get('location')).toBe(`/api/v1/jobs/${accepted.body.id}`);
  const view = await ended(accepted.body.id);
  expect(view).toMatchObject({
    state: 'finished',
    litmus: 'v-d',
    protocol: 'seed-draft',
    result: { verdict: 'violated', invariant: 'I3', sessionId: '1' },
  });
  expect(await server.session('1')).toMatchObject({ kind: 'explored', state: 'finished', scenario: 'v-d' });
  expect((await server.post<ReplayResult>('/sessions/1/replay', {})).body.verified).toBe(true);
  const report = await server.get<{ lines: string[] }>(`/explorations/${view.id}/report`);
  expect(report.body.lines).toContainEqual(expect.stringMatching(/this is B13/));
  expect(report.body.lines.at(-1)).toMatch(/^under v6.4 it stops being possible/);
  const list = await server.get<{ explorations: ExplorationView[] }>('/explorations');
  expect(list.body.explorations[0]).toMatchObject({ id: view.id, result: { counterexample: null } });
});

test('an endless run: what becomes of it under another protocol, and a bookmark where it repeats', async () => {
  const asked = { litmus: 'b17', protocol: '6.12.117', liveness: true, transplant: '7.2.13' };
  const { id, result } = await ended((await start(asked)).body.id);
  expect(result).toMatchObject({ verdict: 'violated', kind: 'livelock', counterexample: { cycleStart: 39 } });
  const { body } = await server.get<{ lines: string[]; report: object }>(`/explorations/${id}/report`);
  expect(body.report).toMatchObject({ cycleStart: 39, transplant: { outcome: 'impossible', step: 45 } });
  expect(body.lines.at(-1)).toMatch(/^under 7.2.13 it stops being possible at step 45/);
  const { notes } = (await server.get<{ notes: object[] }>(`/sessions/${result!.sessionId}/notes`)).body;
  const { cyclePosition } = body.report as { readonly cyclePosition: number };
  expect(notes).toMatchObject([
    { kind: 'bookmark', position: cyclePosition, text: expect.stringMatching(/steps 39 to 45/) as string },
  ]);
});

test('a cancelled search goes on where it was, to the figures of one that was not stopped', async () => {
  const asked = {
    litmus: 'reference-coarse',
    protocol: 'v5.18',
    reductions: 'none',
    workers: 1,
  };
  const first = (await start(asked)).body.id;
  await until(first, ({ progress }) => (progress?.states ?? 0) > 20_000);
  expect((await server.post(`/jobs/${first}/cancel`, {})).status).toBe(200);
  const stopped = await ended(first);
  expect(stopped).toMatchObject({ state: 'cancelled', allowed: ['continue'] });
  const second = (await start({ ...asked, continues: first })).body.id;
  expect(await ended(second)).toMatchObject({
    result: { verdict: 'holds', states: 1_042_043, transitions: 3_136_552, sessionId: null },
  });
  expect(await ended(first)).toMatchObject({ allowed: [] });
  expect((await start({ ...asked, continues: first })).status).toBe(422);
  const report = await server.get<{ detail: string }>(`/explorations/${second}/report`);
  expect(report).toMatchObject({ status: 404, body: { detail: expect.stringMatching(/holds/) as string } });
}, 120_000);

test('a search that a stop of the server interrupted goes on after the restart', async () => {
  const asked = { litmus: 'reference-coarse', protocol: 'v5.18', reductions: 'none', workers: 1 };
  const { id } = (await start(asked)).body;
  await until(id, ({ progress }) => (progress?.states ?? 0) > 20_000);
  await server.stop();
  server = await TestServer.start(folder.path);
  const { result } = await ended(id);
  expect(result).toMatchObject({ verdict: 'holds', states: 1_042_043, transitions: 3_136_552 });
}, 120_000);

test('killed, the server goes on from the last checkpoint when it is there again', async () => {
  const own = new TestFolder();
  const asked = { litmus: 'reference-coarse', protocol: 'v5.18', reductions: 'none', workers: 2 };
  try {
    const { child, api } = await serve(own.path);
    // A fast machine may be through before a checkpoint that both threads made: then it is asked again.
    let id = '';
    let left = '';
    const ended = async (): Promise<boolean> => {
      const view = (await (await fetch(`${api}/explorations/${id}`)).json()) as ExplorationView;
      states = view.progress?.states ?? 0;
      return view.state !== 'queued' && view.state !== 'running';
    };
    let states = 0;
    for (let through = true; through; ) {
      const post = await fetch(`${api}/explorations`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(asked),
      });
      ({ id } = (await post.json()) as JobView);
      left = join(own.path, 'explorations', `${id}.checkpoint`);
      states = 0;
      through = false;
      while (!through && states < 450_000) {
        await sleep(20);
        through = await ended();
      }
      const begun = Date.now();
      while (!through && (!existsSync(left) || statSync(left, { throwIfNoEntry: false })!.mtimeMs < begun)) {
        await sleep(5);
        through = await ended();
      }
    }
    child.kill('SIGKILL');
    await once(child, 'exit');
    const { what, rests, seconds } = decodeCheckpoint(readCheckpointFile(left)!);
    expect(JSON.parse(what)).toMatchObject({ litmus: 'reference-coarse' });
    expect(rests.length).toBe(2);
    const again = await TestServer.start(own.path);
    let view: ExplorationView;
    do {
      await sleep(50);
      view = (await again.get<ExplorationView>(`/explorations/${id}`)).body;
    } while (view.state === 'queued' || view.state === 'running');
    expect(view.result).toMatchObject({ verdict: 'holds', states: 1_042_043, transitions: 3_136_552 });
    // It did not begin again: the time before counts.
    expect(view.result!.seconds).toBeGreaterThan(seconds);
    expect(existsSync(left)).toBe(false);
    await again.stop();
  } finally {
    own.remove();
  }
}, 180_000);

test('progress on the live feed: how it stands, news of it, its end', async () => {
  const socket = await LiveSocket.open(server);
  const { id } = (await start({ litmus: 'reference-coarse', protocol: 'v5.18', reductions: 'none' })).body;
  socket.say({ kind: 'follow', job: id });
  expect(await socket.frame('following')).toMatchObject({ job: id, type: 'exploration' });
  socket.say({ kind: 'follow', job: id });
  expect(await socket.frame('error')).toMatchObject({ code: 'already-subscribed', about: 'follow' });
  const client = new RootlineClient({ url: server.api.replace('/api/v1', '') });
  const states: string[] = [];
  for await (const { state, progress } of client.followJob(id)) {
    states.push(state);
    if (progress !== null) explorationProgress.parse(progress);
  }
  expect(states.at(-1)).toBe('finished');
  const told = await socket.frame('job', ({ state }) => state === 'finished');
  expect(explorationProgress.parse(told.progress)).toMatchObject({ states: expect.any(Number) as number });
  socket.say({ kind: 'unfollow', job: id });
  expect(await socket.frame('error', ({ about }) => about === 'unfollow')).toMatchObject({
    code: 'not-subscribed',
  });
  socket.say({ kind: 'follow', job: '999999' });
  expect(await socket.frame('error', ({ code }) => code === 'job-not-found')).toBeDefined();
  socket.socket.close();
}, 120_000);

test('the locks held and the orders seen are in the answer', async () => {
  const { id } = (await start({ litmus: 'v-m', protocol: 'v6.4' })).body;
  const { result } = await ended(id);
  expect(result!.locks!.differing).toBe(0);
  expect(result!.locks!.rows).toContainEqual(
    expect.objectContaining({
      operation: 'set_invalid',
      held: ['mmu_lock:W', 'slots_lock', 'rcu'],
      agrees: true,
    }),
  );
  expect(result!.coverage!.bothOrders).toBeGreaterThan(0);
});

test('a command beside the server that owns the folder is searched by it', async () => {
  const run = promisify(execFile);
  const args = [PROGRAM, 'explore', 'v-d', '--protocol', 'seed-draft', '--data', folder.path, '--json'];
  // A violation: exit code 3.
  const failed = await run(process.execPath, args).catch(
    (error: unknown) => error as { code: number; stdout: string },
  );
  expect(failed).toMatchObject({ code: 3 });
  const told = JSON.parse(failed.stdout) as { sessionId: string; explorationId: string };
  expect(told).toMatchObject({
    verdict: 'violated',
    invariant: 'I3',
    explorationId: expect.any(String) as string,
  });
  expect((await server.get<ExplorationView>(`/explorations/${told.explorationId}`)).body).toMatchObject({
    state: 'finished',
    result: { sessionId: told.sessionId },
  });
  expect(await server.session(told.sessionId)).toMatchObject({ kind: 'explored' });
});

test('a litmus of my own goes to the server with its text, from a command as well', async () => {
  const file = 'examples/two-vcpus-unmap.litmus';
  const text = readFileSync(file, 'utf8');
  const { id } = (await start({ litmus: { text }, protocol: 'v5.15' })).body;
  const view = await ended(id);
  expect(view).toMatchObject({
    litmus: 'own.two-vcpus-unmap',
    litmusText: text,
    result: { verdict: 'violated', invariant: 'I28' },
  });
  const sessionId = view.result!.sessionId!;
  // Of the text it has the threads and calls that the counterexample needs.
  const stored = await server.session(sessionId);
  expect(stored).toMatchObject({
    scenario: 'own.two-vcpus-unmap',
    userLitmus: { text: expect.stringContaining('madvise_dontneed 0..8') as string },
  });
  expect(stored).not.toMatchObject({ userLitmus: { text } });
  expect((await server.post<ReplayResult>(`/sessions/${sessionId}/replay`, {})).body.verified).toBe(true);
  const args = [PROGRAM, 'explore', file, '--protocol', 'v6.4', '--data', folder.path, '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  expect(JSON.parse(stdout)).toMatchObject({ verdict: 'holds', explorationId: expect.any(String) as string });
  const wrong = { litmus: { text: text.replace('0..8', '8..0') }, protocol: 'v6.4' };
  const refused = await server.post<{ type: string; detail: string }>('/explorations', wrong);
  expect(refused).toMatchObject({
    status: 422,
    body: { type: expect.stringMatching(/litmus-text$/) as string },
  });
  expect(refused.body.detail).toMatch(/^litmus, line 8, column main: /);
});

test('bad input is refused before a job is made', async () => {
  const refused = async (body: object) => {
    const { status, body: problem } = await server.post<{ type: string }>('/explorations', body);
    return [status, problem.type.split(':').at(-1)];
  };
  expect(await refused({ litmus: 'nothing', protocol: 'v6.4' })).toEqual([422, 'unknown-litmus']);
  expect(await refused({ litmus: 'v-d', protocol: 'v0' })).toEqual([422, 'unknown-protocol']);
  expect(await refused({ litmus: 'v-d', protocol: 'v6.4', parameters: { vcpus: 9 } })).toEqual([
    422,
    'litmus-parameter',
  ]);
  expect(await refused({ litmus: 'v-d', protocol: 'v6.4', liveness: true, depth: 5 })).toEqual([
    422,
    'explore-liveness',
  ]);
  expect(await refused({ litmus: 'reference-coarse', protocol: 'v6.4', transplant: 'v5.18' })).toEqual([
    422,
    'explore-transplant',
  ]);
  expect((await server.get('/explorations/99')).status).toBe(404);
});
