// A WebSocket client that keeps every frame, for tests of the protocol itself; every JSON frame is checked against the
// schema that the server's types and the AsyncAPI document come from.
import { type ClientOptions as SocketOptions, WebSocket } from 'ws';
import { CompactBatch, Names } from '../../src/client/compact.js';
import { type ClientFrameInput, type ServerFrame, serverFrame } from '../../src/live/live.schemas.js';
import type { ReadableEvent } from '../../src/store/readable-rows.js';
import type { TestServer } from './server-under-test.js';

type FrameOf<K extends ServerFrame['kind']> = Extract<ServerFrame, { kind: K }>;

export class LiveSocket {
  readonly frames: ServerFrame[] = [];
  /** Events of both encodings, in the order in which they came, by session. */
  readonly events = new Map<string, ReadableEvent[]>();
  /** Last position covered, by session. */
  readonly positions = new Map<string, number>();
  readonly names = new Names();
  closed: { readonly code: number; readonly reason: string } | null = null;
  private waiting: (() => void)[] = [];

  private constructor(readonly socket: WebSocket) {
    socket.on('message', (data: Buffer, isBinary) => {
      this.take(data, isBinary);
      this.wake();
    });
    socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() };
      this.wake();
    });
    socket.on('error', () => undefined);
  }

  static async open(server: TestServer, options: SocketOptions = {}): Promise<LiveSocket> {
    const socket = new LiveSocket(new WebSocket(`${server.api.replace('http', 'ws')}/live`, options));
    await socket.frame('hello');
    return socket;
  }

  say(frame: ClientFrameInput): void {
    this.socket.send(JSON.stringify(frame));
  }

  /** The first frame of that kind that fits, now or later. */
  async frame<K extends ServerFrame['kind']>(
    kind: K,
    fits: (frame: FrameOf<K>) => boolean = () => true,
  ): Promise<FrameOf<K>> {
    return await this.until(() =>
      this.frames.find((frame): frame is FrameOf<K> => frame.kind === kind && fits(frame as FrameOf<K>)),
    );
  }

  async until<T>(find: () => T | undefined | false | null): Promise<T> {
    for (;;) {
      const found = find();
      if (found !== undefined && found !== false && found !== null) return found;
      if (this.closed !== null) throw new Error(`closed: ${JSON.stringify(this.closed)}`);
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  async untilClosed(): Promise<{ readonly code: number; readonly reason: string }> {
    while (this.closed === null) await new Promise<void>((resolve) => this.waiting.push(resolve));
    return this.closed;
  }

  close(): void {
    this.socket.terminate();
  }

  private wake(): void {
    for (const wake of this.waiting.splice(0)) wake();
  }

  private take(data: Buffer, isBinary: boolean): void {
    if (isBinary) {
      const batch = new CompactBatch(new Uint8Array(data).buffer, this.names);
      this.add(batch.session, batch.from, batch.to, batch.events as ReadableEvent[]);
      return;
    }
    const value = JSON.parse(data.toString('utf8')) as ServerFrame;
    if (value.kind === 'events') {
      serverFrame.parse({ ...value, events: value.events.slice(0, 3) });
      this.add(value.session, value.from, value.to, value.events as ReadableEvent[]);
      return;
    }
    const frame = serverFrame.parse(value);
    if (frame.kind === 'catalogue' || frame.kind === 'names') this.names.add(frame);
    this.frames.push(frame);
  }

  private add(session: string, from: number, to: number, events: readonly ReadableEvent[]): void {
    const before = this.positions.get(session);
    if (before !== undefined && from !== before + 1) throw new Error(`${from} after ${before}`);
    this.positions.set(session, to);
    const all = this.events.get(session) ?? [];
    for (const event of events) all.push(event);
    this.events.set(session, all);
  }
}

/** What is stored, read over REST. */
export async function storedEvents(server: TestServer, id: string, query = ''): Promise<ReadableEvent[]> {
  const answer = await fetch(`${server.api}/sessions/${id}/events?${query}`, {
    headers: { accept: 'application/x-ndjson' },
  });
  const lines = (await answer.text()).split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as ReadableEvent);
}
