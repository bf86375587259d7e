// The TypeScript client of Rootline, exported as `rootline/client`: REST calls and live feeds, in Node and in browsers.
//
//   const rootline = new RootlineClient({ url: 'http://127.0.0.1:3000' });
//   const { id } = await rootline.createSession({ scenario: 'smi', protocol: 'v5.18' });
//   for await (const batch of rootline.live(id)) for (const event of batch.events) console.log(event.type);
import { type FollowOptions, followJob } from './follow.js';
import { type BatchOf, type Encoding, followSession, type LiveOptions } from './live.js';
import type { LiveTarget } from './reconnecting.js';
import { queryText, Rest } from './rest.js';
import { platformSocket, type SocketConstructor } from './socket.js';
import type {
  CommandAnswer,
  CommandList,
  CreateSession,
  EventPage,
  EventQuery,
  JobNews,
  LiveCommandInput,
  ReplayResult,
  RootlineEvent,
  Session,
  SessionChanges,
  SessionPage,
  SessionQuery,
  Until,
} from './types.js';
import { type WatchOptions, watchSessions } from './watch.js';

export { CompactBatch, Names } from './compact.js';
export { LiveError, PositionConflict, RootlineError } from './errors.js';
export type { FollowOptions } from './follow.js';
export type { Batch, ObjectsBatch } from './link.js';
export type { BatchOf, Encoding, LiveOptions } from './live.js';
export type { SocketConstructor, SocketLike } from './socket.js';
export type * from './types.js';
export type { WatchOptions } from './watch.js';

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
  private readonly rest: Rest;
  private readonly feed: LiveTarget;

  constructor(options: ClientOptions) {
    const base = `${options.url.replace(/\/+$/, '')}/api/v1`;
    const token = options.token ?? null;
    const call = options.fetch ?? globalThis.fetch;
    this.rest = new Rest(base, token, (input, init) => call(input, init));
    const { webSocket } = options;
    this.feed = {
      url: `${base.replace(/^http/, 'ws')}/live`,
      token,
      webSocket: webSocket === undefined ? platformSocket : () => Promise.resolve(webSocket),
    };
  }

  createSession(body: CreateSession, idempotencyKey?: string): Promise<Session> {
    return this.rest.ask('POST', '/sessions', { body, ...keyOf(idempotencyKey) });
  }

  session(id: string): Promise<Session> {
    return this.rest.ask('GET', pathOf(id));
  }

  sessions(query: SessionQuery = {}): Promise<SessionPage> {
    return this.rest.ask('GET', `/sessions${queryText({ ...query })}`);
  }

  pauseSession(id: string): Promise<Session> {
    return this.rest.ask('POST', `${pathOf(id)}/pause`);
  }

  resumeSession(id: string): Promise<Session> {
    return this.rest.ask('POST', `${pathOf(id)}/resume`);
  }

  /** Ends the session where it is: it takes nothing more, and keeps what it has. */
  cancelSession(id: string): Promise<Session> {
    return this.rest.ask('POST', `${pathOf(id)}/cancel`);
  }

  replaySession(id: string, by?: readonly ('fold' | 'schedule')[]): Promise<ReplayResult> {
    return this.rest.ask('POST', `${pathOf(id)}/replay`, { body: by === undefined ? {} : { by } });
  }

  async deleteSession(id: string): Promise<void> {
    await this.rest.ask('DELETE', pathOf(id));
  }

  /**
   * Gives a session that waits or is paused a command, and lets it go on.
   * @param at position that the session must be at (`stored`); a PositionConflict says that it has gone on
   */
  command(
    id: string,
    at: number,
    command: LiveCommandInput & Until,
    idempotencyKey?: string,
  ): Promise<CommandAnswer> {
    return this.rest.ask('POST', `${pathOf(id)}/commands`, { body: command, at, ...keyOf(idempotencyKey) });
  }

  /** The commands that the session was given, a page from this number on. */
  commands(id: string, from = 1): Promise<CommandList> {
    return this.rest.ask('GET', `${pathOf(id)}/commands?from=${from}`);
  }

  /** Lets a paused session go on for so many events, or to where it waits for a command. */
  step(id: string, at: number, until: Until = {}, idempotencyKey?: string): Promise<Session> {
    return this.rest.ask('POST', `${pathOf(id)}/step`, { body: until, at, ...keyOf(idempotencyKey) });
  }

  /** One page. */
  eventPage(id: string, query: EventQuery = {}): Promise<EventPage> {
    return this.rest.ask('GET', `${pathOf(id)}/events${queryText({ ...query })}`);
  }

  /** What is stored now, event by event, read as NDJSON at the pace at which it is taken. */
  events(id: string, query: EventQuery = {}, signal?: AbortSignal): AsyncGenerator<RootlineEvent> {
    return this.rest.lines(`${pathOf(id)}/events${queryText({ ...query })}`, signal ?? null);
  }

  /**
   * Batches of events from a position on, then new ones as they are committed; ends with the session. A lost connection
   * is made anew, without loss or repeat.
   */
  live<E extends Encoding = 'objects'>(
    id: string,
    options: LiveOptions & { readonly encoding?: E } = {},
  ): AsyncGenerator<BatchOf<E>> {
    const encoding = options.encoding ?? 'objects';
    return followSession(this.feed, id, encoding, options) as AsyncGenerator<BatchOf<E>>;
  }

  /** How a job stands, whenever there is news, until it has ended; a lost connection is made anew. */
  followJob(id: string, options: FollowOptions = {}): AsyncGenerator<JobNews> {
    return followJob(this.feed, id, options);
  }

  /**
   * Changes of state of all sessions. `overflow` (in the first answer, and whenever something may have been missed):
   * read the list.
   */
  watch(options: WatchOptions = {}): AsyncGenerator<SessionChanges> {
    return watchSessions(this.feed, options);
  }
}

function pathOf(id: string): string {
  return `/sessions/${encodeURIComponent(id)}`;
}

function keyOf(idempotencyKey: string | undefined): { readonly idempotencyKey?: string } {
  return idempotencyKey === undefined ? {} : { idempotencyKey };
}
