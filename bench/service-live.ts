// The live feed: catch-up of one reader in both encodings, 100 readers of one session together, a reader who stalls. The
// readers are this process, the server is another; both share the cores, so the clients' work is in every figure.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { RootlineClient } from '../src/client/index.js';
import { DEFAULT_LIVE_LIMITS } from '../src/live/live.limits.js';
import { COMPACT_HEADER_BYTES } from '../src/store/feed-frames.js';
import { type Figure, median } from './figures.js';
import { type Served, serve } from './served.js';
import { runIntoStore } from './store.js';

const EVENTS = 1_500_000;
const RUNS = 3;
const READERS = 100;
/** Events that each of the readers gets. */
const EACH = 60_000;
const STALL_MS = 5_000;
const { highWaterBytes, frameEvents } = DEFAULT_LIVE_LIMITS;

const TARGETS = { compact: 500_000, objects: 150_000 } as const;
type Encoding = keyof typeof TARGETS;
const ENCODINGS: readonly Encoding[] = ['compact', 'objects'];

export async function measureLive(folder: string, scale: number): Promise<Figure[]> {
  const dataDir = join(folder, 'service-live');
  const { sessionId, events } = await runIntoStore(dataDir, EVENTS * scale);
  const figures: Figure[] = [];
  for (const encoding of ENCODINGS) figures.push(await catchUp(dataDir, sessionId, events, encoding));
  for (const encoding of ENCODINGS) {
    figures.push(await served(dataDir, (server) => together(server, sessionId, events, encoding)));
  }
  const ms = Math.max(1_000, STALL_MS * scale);
  figures.push(...(await served(dataDir, (server) => stalled(server, sessionId, ms))));
  return figures;
}

/** With a server of its own, so that no message is there from before. */
async function served<T>(dataDir: string, use: (server: Served) => Promise<T>): Promise<T> {
  const server = await serve(dataDir, ['--rate', '1000000']);
  try {
    return await use(server);
  } finally {
    await server.stop();
  }
}

function figure(f: Omit<Figure, 'section' | 'aim'>): Figure {
  return { section: 'service', aim: null, ...f };
}

async function catchUp(dataDir: string, id: string, events: number, encoding: Encoding): Promise<Figure> {
  const rates: number[] = [];
  for (let k = 0; k < RUNS; k++) {
    const seconds = await served(dataDir, (server) => readOnce(server, id, events, encoding));
    rates.push(events / seconds);
  }
  return figure({
    name: `catch-up of one reader, ${encoding}`,
    value: median(rates),
    unit: 'events/s',
    target: { atLeast: TARGETS[encoding] },
    note: `${events} events, rootline/client; median of ${RUNS}`,
  });
}

async function readOnce(server: Served, id: string, events: number, encoding: Encoding): Promise<number> {
  const client = new RootlineClient({ url: server.url });
  const beganMs = performance.now();
  let count = 0;
  for await (const batch of client.live(id, { encoding })) {
    if (batch.from !== count + 1) throw new Error(`${batch.from} came behind ${count}`);
    count += batch.length;
  }
  if (count !== events) throw new Error(`${count} of ${events} events came`);
  return (performance.now() - beganMs) / 1_000;
}

/** Messages are counted and not taken apart: what is measured is the server's sending. */
async function together(server: Served, id: string, events: number, encoding: Encoding): Promise<Figure> {
  const each = Math.min(EACH, events);
  const readBefore = await metric(server, 'live_messages_read_total');
  const beganMs = performance.now();
  const from = events - each + 1;
  await Promise.all(Array.from({ length: READERS }, () => readAll(server, { id, from, events, encoding })));
  const seconds = (performance.now() - beganMs) / 1_000;
  const read = (await metric(server, 'live_messages_read_total')) - readBefore;
  return figure({
    name: `${READERS} readers together, ${encoding}`,
    value: (READERS * each) / seconds,
    unit: 'events/s',
    target: { atLeast: 150_000 },
    note: `${each} events to each; ${read} messages made, ${Math.ceil(each / frameEvents)} needed`,
  });
}

interface Wanted {
  readonly id: string;
  readonly from: number;
  readonly events: number;
  readonly encoding: Encoding;
}

function readAll(server: Served, { id, from, events, encoding }: Wanted): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = open(server);
    let next = from;
    socket.on('open', () => say(socket, { kind: 'subscribe', session: id, from, encoding }));
    socket.on('error', reject);
    socket.on('message', (data: Buffer, isBinary) => {
      const range = rangeOf(data, isBinary);
      if (range === null) return;
      if (range.from !== next) reject(new Error(`${range.from} came, ${next} was expected`));
      next = range.to + 1;
      if (next <= events) return;
      socket.terminate();
      resolve();
    });
  });
}

const EVENTS_HEAD = /^\{"kind":"events","session":"\d+","from":(\d+),"to":(\d+),/;

function rangeOf(data: Buffer, isBinary: boolean): { readonly from: number; readonly to: number } | null {
  if (isBinary) return { from: data.readDoubleLE(16), to: data.readDoubleLE(COMPACT_HEADER_BYTES - 8) };
  const match = EVENTS_HEAD.exec(data.toString('latin1', 0, 120));
  return match === null ? null : { from: Number(match[1]), to: Number(match[2]) };
}

async function stalled(server: Served, id: string, ms: number): Promise<Figure[]> {
  // The same without and with: what the server takes for the reader who reads is no growth.
  const without = await watched(server, id, ms);
  const socket = open(server);
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  say(socket, { kind: 'subscribe', session: id });
  socket.pause();
  const { waiting, resident } = await watched(server, id, ms);
  socket.terminate();
  const note = `${Math.round(ms / 1_000)} s, while another reader reads everything`;
  return [
    figure({
      name: 'bytes that wait for clients, one stalled',
      value: waiting,
      unit: 'B',
      // For each of the two: up to the mark, and the message that crossed it.
      target: { atMost: 4 * highWaterBytes },
      note,
    }),
    figure({
      name: 'memory of the server grows by, one stalled',
      value: (resident - without.resident) / 1024 ** 2,
      unit: 'MiB',
      target: { atMost: 64 },
      note: `${note}; ${Math.round(without.resident / 1024 ** 2)} MiB without the stalled one`,
    }),
  ];
}

/** Most bytes, while somebody reads everything again and again: the stalled reader must not be served with that. */
async function watched(
  server: Served,
  id: string,
  ms: number,
): Promise<{ readonly waiting: number; readonly resident: number }> {
  const ended = new AbortController();
  const { signal } = ended;
  const other = (async () => {
    while (!signal.aborted) {
      const batches = new RootlineClient({ url: server.url }).live(id, { encoding: 'compact', signal });
      for await (const { from, to } of batches) if (to < from) throw new Error('a batch without positions');
    }
  })();
  let waiting = 0;
  let resident = 0;
  for (const endMs = performance.now() + ms; performance.now() < endMs; await sleep(100)) {
    waiting = Math.max(waiting, await metric(server, 'live_buffered_bytes'));
    resident = Math.max(resident, await metric(server, 'process_resident_memory_bytes', ''));
  }
  ended.abort();
  await other;
  return { waiting, resident };
}

function open({ url }: Served): WebSocket {
  return new WebSocket(`${url.replace('http', 'ws')}/api/v1/live`, { perMessageDeflate: false });
}

function say(socket: WebSocket, frame: object): void {
  socket.send(JSON.stringify(frame));
}

async function metric({ url }: Served, name: string, prefix = 'rootline_'): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const value = new RegExp(`^${prefix}${name} (\\S+)`, 'm').exec(text)?.[1];
  if (value === undefined) throw new Error(`/metrics has no ${prefix}${name}`);
  return Number(value);
}
