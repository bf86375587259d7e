// Connections that break at random moments, without a close frame: `rootline/client` goes on behind what it has, and in
// the end has every position once.
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { RootlineClient, type SocketConstructor } from '../src/client/index.js';
import { type Figure } from './figures.js';
import { serve } from './served.js';
import { runIntoStore } from './store.js';

const DROPS = 10_000;
const EVENTS = 40_000;
const READERS = 16;
/** A connection breaks after so many messages, and up to as many more: some in the middle of the catch-up. */
const MESSAGES = 4;

export async function measureDrops(folder: string, scale: number): Promise<Figure[]> {
  const dataDir = join(folder, 'service-drops');
  const { sessionId, events } = await runIntoStore(dataDir, EVENTS);
  const server = await serve(dataDir, ['--rate', '1000000']);
  const wanted = Math.ceil(DROPS * scale);
  let drops = 0;
  let passes = 0;
  let wrong = 0;
  const random = sequence();
  const webSocket = breaking(
    () => drops < wanted,
    () => MESSAGES + random(MESSAGES),
  );
  const reader = async (k: number): Promise<void> => {
    const client = new RootlineClient({ url: server.url, webSocket });
    const encoding = k % 2 === 0 ? 'compact' : 'objects';
    while (drops < wanted) {
      const times = new Uint8Array(events + 1);
      const batches = client.live(sessionId, { encoding, onResume: () => void drops++ });
      for await (const batch of batches) {
        for (let i = 0; i < batch.length; i++)
          times[batch.encoding === 'compact' ? batch.position(i) : batch.events[i]!.position]!++;
      }
      for (let position = 1; position <= events; position++) if (times[position] !== 1) wrong++;
      passes++;
    }
  };
  const beganMs = performance.now();
  try {
    await Promise.all(Array.from({ length: READERS }, (_, k) => reader(k)));
  } finally {
    await server.stop();
  }
  const seconds = (performance.now() - beganMs) / 1_000;
  return [
    {
      section: 'service',
      name: 'positions lost or repeated by drops and resumes',
      value: wrong,
      unit: '',
      target: { atMost: 0 },
      aim: null,
      note: `${drops} drops in ${Math.round(seconds)} s, ${READERS} readers, ${passes} passes of ${events} events`,
    },
  ];
}

function breaking(more: () => boolean, messages: () => number): SocketConstructor {
  class Breaking extends WebSocket {
    private left = messages();

    override emit(event: string, ...rest: unknown[]): boolean {
      const heard = super.emit(event, ...rest);
      if (event === 'message' && --this.left === 0 && more()) this.terminate();
      return heard;
    }
  }
  return Breaking as unknown as SocketConstructor;
}

function sequence(): (below: number) => number {
  let state = 0x2545f491;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
