// The TypeScript client of Rootline, exported as `rootline/client`: REST calls and live feeds, in Node and in browsers.
//
//   const rootline = new RootlineClient({ url: 'http://127.0.0.1:3000' });
//   const { id } = await rootline.createSession({ scenario: 'smi', protocol: 'v5.18' });
//   for await (const batch of rootline.live(id)) for (const event of batch.events) console.log(event.type);
import { RootlineError } from './errors.js';
import { type BatchOf, type Encoding, followSession, type LiveOptions, type LiveTarget } from './live.js';
import { platformSocket, type SocketConstructor } from './socket.js';
import type {
  CreateSession,
  EventPage,
  EventQuery,
  Problem,
  ReplayResult,
  RootlineEvent,
  Session,
  SessionPage,
  SessionQuery,
} from './types.js';

export { CompactBatch, Names } from './compact.js';
export { LiveError, RootlineError } from './errors.js';
export type { Batch, ObjectsBatch } from './link.js';
export type { BatchOf, Encoding, LiveOptions } from './live.js';
export type { SocketConstructor, SocketLike } from './socket.js';
export type * from './types.js';

export interface ClientOptions {
  /** Where the server is, such as `http://127.0.0.1:3000`; in a page `location.origin`. */
  readonly url: string;
  /** Where the server asks for one. Goes into a header, or into the first frame of a feed; never into an address. */
  readonly token?: string;
  /** Default: the platform's. */
  readonly fetch?: typeof fetch;
  readonly webSocket?: SocketConstructor;
}

export class RootlineClient {
  private readonly base: string;
  private readonly token: string | null;
  private readonly fetch: typeof fetch;
  private readonly webSocket: () => Promise<SocketConstructor>;

  constructor(options: ClientOptions) {
    this.base = `${options.url.replace(/\/+$/, '')}/api/v1`;
    this.token = options.token ?? null;
    const call = options.fetch ?? globalThis.fetch;
    // A browser's fetch refuses to be a method of something else.
    this.fetch = (input, init) => call(input, init);
    const { webSocket } = options;
    this.webSocket = webSocket === undefined ? platformSocket : () => Promise.resolve(webSocket);
  }

  createSession(body: CreateSession, idempotencyKey?: string): Promise<Session> {
    const headers = idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey };
    return this.ask('POST', '/sessions', body, headers);
  }

  session(id: string): Promise<Session> {
    return this.ask('GET', `/sessions/${encodeURIComponent(id)}`);
  }

  sessions(query: SessionQuery = {}): Promise<SessionPage> {
    return this.ask('GET', `/sessions${queryText({ ...query })}`);
  }

  pauseSession(id: string): Promise<Session> {
    return this.ask('POST', `/sessions/${encodeURIComponent(id)}/pause`);
  }

  resumeSession(id: string): Promise<Session> {
    return this.ask('POST', `/sessions/${encodeURIComponent(id)}/resume`);
  }

  replaySession(id: string, by?: readonly ('fold' | 'schedule')[]): Promise<ReplayResult> {
    return this.ask('POST', `/sessions/${encodeURIComponent(id)}/replay`, by === undefined ? {} : { by });
  }

  async deleteSession(id: string): Promise<void> {
    await this.ask('DELETE', `/sessions/${encodeURIComponent(id)}`);
  }

  /** One page. */
  eventPage(id: string, query: EventQuery = {}): Promise<EventPage> {
    return this.ask('GET', `/sessions/${encodeURIComponent(id)}/events${queryText({ ...query })}`);
  }

  /** What is stored, event by event, page by page. */
  async *events(id: string, query: EventQuery = {}): AsyncGenerator<RootlineEvent> {
    let from: number | null = query.from ?? 1;
    while (from !== null) {
      const page: EventPage = await this.eventPage(id, { ...query, from });
      yield* page.events;
      from = page.next;
    }
  }

  /**
   * Batches of events from a position on, then new ones as they are committed; ends with the session. A lost connection
   * is made anew, without loss or repeat.
   */
  live<E extends Encoding = 'objects'>(
    id: string,
    options: LiveOptions & { readonly encoding?: E } = {},
  ): AsyncGenerator<BatchOf<E>> {
    const target: LiveTarget = {
      url: `${this.base.replace(/^http/, 'ws')}/live`,
      token: this.token,
      webSocket: this.webSocket,
    };
    const encoding = options.encoding ?? 'objects';
    return followSession(target, id, encoding, options) as AsyncGenerator<BatchOf<E>>;
  }

  private async ask<T>(
    method: string,
    path: string,
    body?: object,
    headers: { readonly [name: string]: string } = {},
  ): Promise<T> {
    const answer = await this.fetch(`${this.base}${path}`, {
      method,
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(this.token === null ? {} : { authorization: `Bearer ${this.token}` }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    const value: unknown = text === '' ? null : JSON.parse(text);
    if (!answer.ok) throw new RootlineError(value as Problem);
    return value as T;
  }
}

function queryText(query: { readonly [name: string]: string | number | undefined }): string {
  const used = Object.entries(query).filter(([, value]) => value !== undefined);
  if (used.length === 0) return '';
  const texts = used.map(([name, value]): [string, string] => [name, String(value)]);
  return `?${new URLSearchParams(texts).toString()}`;
}
