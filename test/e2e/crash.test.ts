// kill -9: a server with running sessions is killed at 20 seeded moments and started again. Nothing that was told as
// stored may be missing afterwards, positions stay gapless, and the sessions end with the digest of an uninterrupted run.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import type { SessionView } from '../../src/sessions/session.view.js';
import type { ReadableEvent } from '../../src/store/readable-rows.js';
import { TestFolder } from './server-under-test.js';

const require = createRequire(import.meta.url);
const { createManifest } =
  require('../../dist/src/core/run/manifest.js') as typeof import('../../src/core/run/manifest.js');
const { buildSimulation } =
  require('../../dist/src/sessions/build-simulation.js') as typeof import('../../src/sessions/build-simulation.js');

const MAIN = fileURLToPath(new URL('../../dist/src/main.js', import.meta.url));
const KILLS = 20;
/** Of these, so many while the server is still starting. */
const KILLS_WHILE_STARTING = 4;
const TIMEOUT_MS = 300_000;
const SESSIONS = [
  { scenario: 'smi-heavy', protocol: 'v5.18', parameters: { smis: 400 } },
  { scenario: 'smi-heavy', protocol: 'v5.18', parameters: { smis: 400 }, recording: 'lifecycle' },
];

const folder = new TestFolder();
let child: ChildProcess | null = null;
afterAll(() => {
  child?.kill('SIGKILL');
  folder.remove();
});

/** mulberry32: the moments are the same in every run. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function launch(): ChildProcess {
  const env = {
    ...process.env,
    ROOTLINE_PORT: '0',
    ROOTLINE_DATA: folder.path,
    ROOTLINE_DEMO: 'off',
    ROOTLINE_WORKERS: '2',
  };
  return spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** The API's address, once the server tells it. */
async function address(server: ChildProcess): Promise<string> {
  let text = '';
  let errors = '';
  server.stderr!.on('data', (data: Buffer) => {
    errors += data.toString();
  });
  for await (const data of server.stdout!) {
    text += String(data);
    const found = /^API\s+(\S+)$/m.exec(text)?.[1];
    if (found !== undefined) return found;
  }
  throw new Error(`the server did not start: ${errors}`);
}

async function kill(server: ChildProcess): Promise<void> {
  const gone = once(server, 'exit');
  server.kill('SIGKILL');
  await gone;
}

async function session(api: string, id: string): Promise<SessionView> {
  return (await (await fetch(`${api}/sessions/${id}`)).json()) as SessionView;
}

/** What an execution without any store gives. */
function uninterrupted(request: (typeof SESSIONS)[number]) {
  const simulation = buildSimulation(createManifest(request), { snapshots: false });
  while (simulation.outcome === null) simulation.advance(1_000_000);
  const { digest, fullDigest, ordinal, position } = simulation.progress();
  return {
    state: 'finished',
    outcome: simulation.outcome,
    digest,
    fullDigest,
    events: ordinal,
    stored: position,
  };
}

test(
  `killed ${KILLS} times, sessions lose nothing and end like uninterrupted ones`,
  async () => {
    const random = randomOf(20_230_413);
    const ids: string[] = [];
    const told = new Map<string, { stored: number; digest: string | null }>();
    const create = async (api: string): Promise<void> => {
      const body = JSON.stringify(SESSIONS[ids.length % SESSIONS.length]);
      const answer = await fetch(`${api}/sessions`, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json' },
      });
      expect(answer.status).toBe(201);
      ids.push(((await answer.json()) as SessionView).id);
    };
    for (let n = 0; n < KILLS; n++) {
      child = launch();
      if (n % (KILLS / KILLS_WHILE_STARTING) === 1) {
        await sleep(random() * 600);
        await kill(child);
        continue;
      }
      const api = await address(child);
      // Always two sessions under way.
      const states = await Promise.all(ids.map(async (id) => (await session(api, id)).state));
      for (let open = states.filter((state) => state !== 'finished').length; open < 2; open++)
        await create(api);
      await sleep(random() * 400);
      for (const id of ids) {
        const { stored, digest } = await session(api, id);
        expect(stored).toBeGreaterThanOrEqual(told.get(id)?.stored ?? 0);
        told.set(id, { stored, digest });
      }
      await kill(child);
    }
    child = launch();
    const api = await address(child);
    const expected = SESSIONS.map(uninterrupted);
    for (const [i, id] of ids.entries()) {
      let ended = await session(api, id);
      expect(ended.stored).toBeGreaterThanOrEqual(told.get(id)?.stored ?? 0);
      while (ended.state === 'queued' || ended.state === 'running' || ended.state === 'interrupted') {
        expect(ended.reason).toBeNull();
        await sleep(20);
        ended = await session(api, id);
      }
      expect(ended).toMatchObject(expected[i % expected.length]!);
      const answer = await fetch(`${api}/sessions/${id}/events`, {
        headers: { accept: 'application/x-ndjson' },
      });
      const positions = (await answer.text())
        .split('\n')
        .filter(Boolean)
        .map((line) => (JSON.parse(line) as ReadableEvent).position);
      expect(positions.length).toBe(ended.stored);
      expect(positions.every((position, k) => position === k + 1)).toBe(true);
      const replayed = await fetch(`${api}/sessions/${id}/replay`, { method: 'POST' });
      expect(await replayed.json()).toMatchObject({ verified: true, firstDifference: null });
    }
    expect(told.size).toBeGreaterThanOrEqual(2);
  },
  TIMEOUT_MS,
);

test(
  'SIGTERM ends the server with code 0 within a few seconds, sessions under way become interrupted',
  async () => {
    if (child !== null) await kill(child);
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      child = launch();
      const api = await address(child);
      const body = JSON.stringify({ ...SESSIONS[0], parameters: { smis: 100_000 } });
      await fetch(`${api}/sessions`, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json' },
      });
      await sleep(300);
      const gone = once(child, 'exit');
      child.kill(signal);
      const [code] = (await gone) as [number | null];
      expect(code).toBe(0);
    }
    child = null;
  },
  TIMEOUT_MS,
);
