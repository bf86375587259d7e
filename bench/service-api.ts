// How long small requests take while two sessions run at full speed: the 99th of 100, over connections that are kept.
// The clock runs in this process, the server in another, on the same cores: what the simulations leave is what is measured.
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { type Figure } from './figures.js';
import { type Served, serve } from './served.js';

const REQUESTS = 3_000;
/** Clients that ask one thing after the other, with a pause as a page has. */
const CLIENTS = 4;
const PAUSE_MS = 10;
const TARGET_MS = 50;

export async function measureApi(folder: string, scale: number): Promise<Figure[]> {
  const server = await serve(join(folder, 'service-api'), ['--workers', '2']);
  try {
    const ids = [await create(server), await create(server)];
    await Promise.all(ids.map((id) => untilRunning(server, id)));
    const paths = [
      '/health/ready',
      '/api/v1/sessions',
      `/api/v1/sessions/${ids[0]}`,
      `/api/v1/sessions/${ids[1]}/events?limit=100`,
      '/api/v1/protocols',
      `/api/v1/sessions/${ids[0]}/findings`,
    ];
    const before = await storedOf(server, ids);
    const beganMs = performance.now();
    const times = await ask(server, paths, Math.max(60, Math.round(REQUESTS * scale)));
    const seconds = (performance.now() - beganMs) / 1_000;
    const rows = (await storedOf(server, ids)) - before;
    times.sort((a, b) => a - b);
    const at = (share: number): number =>
      times[Math.min(times.length - 1, Math.floor(times.length * share))]!;
    const note = `${times.length} GETs, ${CLIENTS} clients; meanwhile ${Math.round(rows / seconds / 1_000)} k events/s stored`;
    const figure = (name: string, value: number, atMost: number | null): Figure => ({
      section: 'service',
      name,
      value,
      unit: 'ms',
      target: atMost === null ? null : { atMost },
      aim: null,
      note,
    });
    return [
      figure('API p99, two sessions at full speed', at(0.99), TARGET_MS),
      figure('API p50, two sessions at full speed', at(0.5), null),
      figure('API longest', at(1), null),
    ];
  } finally {
    await server.stop();
  }
}

async function create({ url }: Served): Promise<string> {
  const body = {
    scenario: 'smi-heavy',
    protocol: 'v5.18',
    parameters: { smis: 100_000, pages: 64, vcpus: 1 },
  };
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${url}/api/v1/sessions`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  });
  if (answer.status !== 201) throw new Error(await answer.text());
  return ((await answer.json()) as { readonly id: string }).id;
}

async function sessionOf(
  { url }: Served,
  id: string,
): Promise<{ readonly stored: number; readonly state: string }> {
  return (await (await fetch(`${url}/api/v1/sessions/${id}`)).json()) as { stored: number; state: string };
}

async function untilRunning(server: Served, id: string): Promise<void> {
  while ((await sessionOf(server, id)).stored < 100_000)
    await new Promise((resolve) => setTimeout(resolve, 50));
}

async function storedOf(server: Served, ids: readonly string[]): Promise<number> {
  const sessions = await Promise.all(ids.map((id) => sessionOf(server, id)));
  const ended = sessions.find(({ state }) => state !== 'running');
  if (ended !== undefined) throw new Error(`a session was ${ended.state} before the measurement ended`);
  return sessions.reduce((sum, { stored }) => sum + stored, 0);
}

async function ask({ url }: Served, paths: readonly string[], requests: number): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
  const times: number[] = [];
  let next = 0;
  const client = async (): Promise<void> => {
    while (next < requests) {
      const path = paths[next++ % paths.length]!;
      times.push(await timed(agent, url + path));
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  agent.destroy();
  return times;
}

function timed(agent: Agent, url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const beganMs = performance.now();
    const sent = request(url, { agent }, (answer) => {
      answer.resume();
      answer.once('end', () => {
        if (answer.statusCode === 200) resolve(performance.now() - beganMs);
        else reject(new Error(`${url}: ${answer.statusCode}`));
      });
    });
    sent.once('error', reject);
    sent.end();
  });
}
