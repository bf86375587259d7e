// One WebSocket to the live feed: hello, token, and the watch over a connection that has gone silent. What the frames
// mean is its user's: a link (events of one session) or a watch (states of all).
import { LiveError } from './errors.js';
import type { SocketConstructor, SocketLike } from './socket.js';
import type { ServerFrame } from './types.js';

export interface ConnectionOptions {
  readonly url: string;
  readonly token: string | null;
}

export interface ConnectionUser {
  /** The server has answered, and has the token where it wants one. */
  opened(): void;
  frame(frame: ServerFrame): void;
  binary(message: ArrayBuffer): void;
  /** Something has come, or nothing will: see `failure`. */
  wake(): void;
}

/** The connection was lost: the feed goes on with another one. */
export class Dropped extends Error {
  override readonly name = 'Dropped';
}

/** Heartbeats that may stay out before the connection counts as lost. */
const MISSED_HEARTBEATS = 2.5;
/** Until the server has said how often its heart beats. */
const FIRST_FRAME_MS = 10_000;
/** The server wants something else than we have: coming again does not help. */
const FINAL_CODES: { readonly [code: number]: string } = { 1008: 'protocol', 4401: 'token', 4429: 'rate' };

export class Connection {
  private readonly socket: SocketLike;
  private heartbeatMs = FIRST_FRAME_MS / MISSED_HEARTBEATS;
  private watchdog: ReturnType<typeof setTimeout> | null = null;
  private over = false;
  failure: Error | null = null;
  /** The server has answered on this connection. */
  opened = false;

  constructor(
    WebSocket: SocketConstructor,
    private readonly options: ConnectionOptions,
    private readonly user: ConnectionUser,
  ) {
    this.socket = new WebSocket(options.url);
    this.socket.binaryType = 'arraybuffer';
    this.socket.onmessage = ({ data }) => this.receive(data);
    this.socket.onclose = ({ code, reason }) => this.closed(code, reason);
    this.socket.onerror = () => this.fail(new Dropped('the connection failed'));
    this.listen();
  }

  say(frame: object): void {
    this.socket.send(JSON.stringify(frame));
  }

  fail(error: Error): void {
    this.failure ??= error;
    this.user.wake();
  }

  close(): void {
    this.over = true;
    if (this.watchdog !== null) clearTimeout(this.watchdog);
    this.socket.onmessage = null;
    this.socket.onclose = null;
    this.socket.onerror = () => undefined;
    this.fail(new Dropped('closed by us'));
    this.socket.close();
  }

  private receive(data: unknown): void {
    this.listen();
    try {
      if (typeof data === 'string') this.handle(JSON.parse(data) as ServerFrame);
      else this.user.binary(data as ArrayBuffer);
    } catch (error) {
      this.fail(error instanceof Error ? error : new LiveError('protocol', String(error)));
    }
    this.user.wake();
  }

  private handle(frame: ServerFrame): void {
    if (frame.kind !== 'hello') {
      this.user.frame(frame);
      return;
    }
    const { token } = this.options;
    this.heartbeatMs = frame.heartbeatMs;
    this.opened = true;
    if (frame.token === 'needed') {
      if (token === null) throw new LiveError('token', 'the server asks for a token');
      this.say({ kind: 'token', token });
    }
    this.user.opened();
  }

  private closed(code: number, reason: string): void {
    const final = FINAL_CODES[code];
    this.fail(final === undefined ? new Dropped(reason) : new LiveError(final, reason));
  }

  /** A connection that says nothing for long is lost, whatever the platform thinks of it. */
  private listen(): void {
    if (this.watchdog !== null) clearTimeout(this.watchdog);
    if (this.over) return;
    this.watchdog = setTimeout(
      () => this.fail(new Dropped('nothing was heard')),
      this.heartbeatMs * MISSED_HEARTBEATS,
    );
  }
}
