// One WebSocket client: its frames are checked and answered, and its subscriptions are pulled, in turn, whenever its
// socket has room. What it does not read is not even fetched from the store.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { WebSocket } from 'ws';
import { ENGINE_VERSION } from '../core/run/manifest.js';
import type { Log } from '../http/log.js';
import { Problem, problemOf } from '../http/problem.js';
import { RateLimit } from '../http/rate-limit.js';
import { isStoreError } from '../store/store.errors.js';
import { readClientFrame } from './client-frames.js';
import type { FeedHub } from './feed-hub.js';
import { JobFollows } from './job-follows.js';
import {
  CLOSE,
  type ClientFrame,
  LIVE_PROTOCOL,
  type ServerFrame,
  type SubscribeFrame,
} from './live.schemas.js';
import { type Message, messageOf, type Pulled } from './message.js';
import type { SessionWatch } from './session-watch.js';
import type { Subscription } from './subscription.js';

/** What the handshake said of the token, and whether a token may read now. */
export interface LiveAccess {
  readonly token: 'accepted' | 'not-needed' | 'needed';
  /** The token of the header. */
  readonly given: string | null;
  readonly mayRead: (token: string) => boolean;
}

export class LiveClient {
  private readonly subscriptions = new Map<string, Subscription>();
  /** Subscriptions that are being opened: they count, and may be closed before they are there. */
  private readonly opening = new Set<string>();
  private watch: SessionWatch | null = null;
  private readonly follows: JobFollows;
  /** What is pulled, whose turn it is first. */
  private readonly turns: Pulled[] = [];
  private readonly sentOnce = new Set<Message>();
  private readonly rate: RateLimit;
  private pulling = false;
  private closing = false;
  private written = 0;
  private token: LiveAccess['token'];
  /** A token that ends, or is taken back, ends the connection. */
  private given: string | null;
  /** Last sign that the client takes what it is sent. */
  private lastSign = Date.now();
  private tokenTimer: NodeJS.Timeout | null = null;

  constructor(
    private readonly socket: WebSocket,
    private readonly hub: FeedHub,
    private readonly log: Log,
    private readonly access: LiveAccess,
    private readonly onGone: () => void,
  ) {
    const { limits } = hub;
    const { token } = access;
    this.token = token;
    this.given = access.given;
    this.follows = new JobFollows(hub, {
      subscribed: () => this.subscriptions.size + this.opening.size + this.follows.size,
      gone: () => this.closing,
      send: (frame) => this.send(frame),
      add: (pulled) => this.turns.push(pulled),
      drop: (pulled) => this.drop(pulled),
      wake: () => this.pull(),
    });
    this.rate = new RateLimit('messagesPerSecond', limits.messagesPerSecond);
    socket.on('message', (data: Buffer, isBinary) => this.receive(data, isBinary));
    socket.on('ping', (data: Buffer) => this.answerPing(data));
    socket.on('pong', () => this.alive());
    // ws closes the socket itself: an oversized message, a frame that is none.
    socket.on('error', () => undefined);
    socket.on('close', () => this.end());
    const { heartbeatMs, tokenMs } = limits;
    this.send({
      kind: 'hello',
      protocol: LIVE_PROTOCOL,
      engine: ENGINE_VERSION,
      token,
      heartbeatMs,
      limits: { ...limits },
    });
    if (token === 'needed') {
      this.tokenTimer = setTimeout(
        () => this.leave(CLOSE.token, `no token came within ${tokenMs} ms (tokenMs)`),
        tokenMs,
      );
    }
  }

  /** Bytes that the socket has not taken yet. */
  get bufferedBytes(): number {
    return this.socket.bufferedAmount;
  }

  /** Every heartbeatMs: tells where the client stands, asks for a sign, and ends a client that gives none. */
  beat(): void {
    const { silenceMs, highWaterBytes } = this.hub.limits;
    if (Date.now() - this.lastSign > silenceMs) {
      this.leave(CLOSE.notReading, `nothing was read for ${silenceMs} ms (silenceMs)`);
      return;
    }
    if (this.given !== null && !this.access.mayRead(this.given)) {
      this.leave(CLOSE.token, 'the token has ended');
      return;
    }
    if (this.socket.bufferedAmount < highWaterBytes) {
      this.send({ kind: 'heartbeat', positions: this.positions() });
      this.socket.ping();
    }
    this.pull();
  }

  /** A last frame with where the client stands, then a close frame. A socket that does not answer is ended. */
  leave(code: number, reason: string): void {
    if (this.closing) return;
    const positions = this.positions();
    if (this.socket.bufferedAmount < this.hub.limits.highWaterBytes) {
      this.send({ kind: 'closing', code, reason, positions });
    }
    this.closing = true;
    this.dropAll();
    this.socket.close(code, closeReason(code, reason, positions));
    setTimeout(() => this.socket.terminate(), this.hub.limits.closeMs).unref();
  }

  private positions(): { [sessionId: string]: number } {
    return Object.fromEntries([...this.subscriptions].map(([id, { position }]) => [id, position]));
  }

  private alive(): void {
    this.lastSign = Date.now();
  }

  private end(): void {
    this.closing = true;
    if (this.tokenTimer !== null) clearTimeout(this.tokenTimer);
    this.dropAll();
    this.onGone();
  }

  private dropAll(): void {
    for (const pulled of this.turns.splice(0)) pulled.close();
    this.subscriptions.clear();
    this.watch = null;
  }

  // ---- frames from the client

  private receive(data: Buffer, isBinary: boolean): void {
    if (this.closing) return;
    if (!this.withinRate()) {
      const { messagesPerSecond } = this.hub.limits;
      this.leave(CLOSE.rate, `more than ${messagesPerSecond} messages a second (messagesPerSecond)`);
      return;
    }
    let frame: ClientFrame | null = null;
    try {
      frame = readClientFrame(data, isBinary);
      if (this.token === 'needed' && frame.kind !== 'token') {
        throw new Problem(401, 'token', 'a token is needed before anything else', ['a token frame']);
      }
      this.handle(frame);
    } catch (error) {
      this.tellError(error, frame);
    }
  }

  private handle(frame: ClientFrame): void {
    switch (frame.kind) {
      case 'token':
        this.takeToken(frame.token);
        break;
      case 'subscribe':
        void this.subscribe(frame);
        break;
      case 'unsubscribe':
        this.unsubscribe(frame.session);
        break;
      case 'watch':
        if (this.watch === null) {
          this.watch = this.hub.watch(() => this.pull());
          this.turns.push(this.watch);
        }
        this.send({ kind: 'watching' });
        break;
      case 'unwatch':
        if (this.watch !== null) this.drop(this.watch);
        this.watch = null;
        this.send({ kind: 'unwatched' });
        break;
      case 'follow':
        this.follows.follow(frame).catch((error: unknown) => this.tellError(error, frame));
        break;
      case 'unfollow':
        this.follows.unfollow(frame.job);
        break;
      case 'ping':
        this.send({ kind: 'pong', ...(frame.data === undefined ? {} : { data: frame.data }) });
        break;
    }
  }

  private takeToken(token: string): void {
    if (this.token === 'not-needed') return;
    if (!this.access.mayRead(token)) {
      this.leave(CLOSE.token, 'the token is not one that this server accepts');
      return;
    }
    this.token = 'accepted';
    this.given = token;
    if (this.tokenTimer !== null) clearTimeout(this.tokenTimer);
  }

  private async subscribe(frame: SubscribeFrame): Promise<void> {
    const { session, encoding } = frame;
    const { subscriptions, opening } = this;
    const { maxSubscriptions } = this.hub.limits;
    let mine = false;
    try {
      if (subscriptions.has(session) || opening.has(session)) {
        throw new Problem(
          409,
          'already-subscribed',
          `session ${session} is subscribed to on this connection`,
          ['unsubscribe first', 'another connection'],
        );
      }
      if (subscriptions.size + opening.size + this.follows.size >= maxSubscriptions) {
        const detail = `a connection has at most ${maxSubscriptions} subscriptions (maxSubscriptions)`;
        throw new Problem(429, 'subscriptions', detail);
      }
      opening.add(session);
      mine = true;
      const opened = await this.hub.open(frame, () => this.pull());
      const { subscription, from, position, state } = opened;
      if (this.closing || !opening.delete(session)) {
        subscription.close();
        return;
      }
      subscriptions.set(session, subscription);
      this.turns.push(subscription);
      const answer = from > position ? 'nothing-missed' : 'replay';
      this.send({ kind: 'subscribed', session, from, answer, position, state, encoding });
      this.pull();
    } catch (error) {
      if (mine) opening.delete(session);
      this.tellError(error, frame);
    }
  }

  private unsubscribe(session: string): void {
    const subscription = this.subscriptions.get(session);
    if (subscription === undefined && !this.opening.delete(session)) {
      throw new Problem(409, 'not-subscribed', `session ${session} is not subscribed to on this connection`, [
        ...this.subscriptions.keys(),
      ]);
    }
    if (subscription !== undefined) {
      this.drop(subscription);
      this.subscriptions.delete(session);
    }
    this.send({ kind: 'unsubscribed', session, position: subscription?.position ?? 0 });
  }

  private drop(pulled: Pulled): void {
    pulled.close();
    const at = this.turns.indexOf(pulled);
    if (at >= 0) this.turns.splice(at, 1);
  }

  // ---- messages to the client

  private pull(): void {
    if (!this.pulling && !this.closing) void this.pullWhileThereIsRoom();
  }

  private async pullWhileThereIsRoom(): Promise<void> {
    this.pulling = true;
    try {
      const { highWaterBytes } = this.hub.limits;
      let before = this.written;
      while (!this.closing && this.socket.bufferedAmount < highWaterBytes) {
        if (this.written - before >= highWaterBytes) {
          // Messages out of the cache to a quick reader need no waiting anywhere: others must get their turn.
          await nextTurn();
          before = this.written;
          continue;
        }
        const pulled = this.turns.find((one) => one.ready() || one.ended);
        if (pulled === undefined) return;
        // Whoever was served goes to the end of the row.
        this.turns.splice(this.turns.indexOf(pulled), 1);
        this.turns.push(pulled);
        await this.takeFrom(pulled);
      }
    } finally {
      this.pulling = false;
    }
  }

  private async takeFrom(pulled: Pulled): Promise<void> {
    try {
      const messages = await pulled.take();
      // Unsubscribed meanwhile: nothing follows that answer.
      if (!this.turns.includes(pulled)) return;
      for (const message of messages) this.deliver(message);
    } catch (error) {
      this.tellError(error, null, this.sessionOf(pulled));
      this.forget(pulled);
    }
    if (pulled.ended) this.forget(pulled);
  }

  private forget(pulled: Pulled): void {
    this.drop(pulled);
    const session = this.sessionOf(pulled);
    if (session !== null) this.subscriptions.delete(session);
    this.follows.forget(pulled);
  }

  private sessionOf(pulled: Pulled): string | null {
    return [...this.subscriptions].find(([, subscription]) => subscription === pulled)?.[0] ?? null;
  }

  private deliver(message: Message): void {
    if (message.once === true) {
      if (this.sentOnce.has(message)) return;
      this.sentOnce.add(message);
    }
    this.write(message);
  }

  private send(frame: ServerFrame): void {
    this.write(messageOf(frame));
  }

  private write({ bytes, binary }: Message): void {
    if (this.closing) return;
    this.written += bytes.length;
    const { socket } = this;
    let waited = true;
    socket.send(bytes, { binary }, (error) => {
      if (error !== undefined && error !== null) return;
      // Only bytes that had to wait for room say that somebody reads: what the system's buffer takes at once, it also
      // takes of a client that never reads.
      if (waited) this.alive();
      this.pull();
    });
    waited = socket.bufferedAmount > 0;
  }

  /** Answered by hand: a client that pings and does not read must not fill the memory with answers. */
  private answerPing(data: Buffer): void {
    if (this.withinRate() && this.socket.bufferedAmount < this.hub.limits.highWaterBytes)
      this.socket.pong(data);
  }

  private withinRate(): boolean {
    try {
      this.rate.take('');
      return true;
    } catch {
      return false;
    }
  }

  private tellError(error: unknown, frame: ClientFrame | null, about: string | null = null): void {
    if (isStoreError(error, 'store_closed')) {
      this.leave(CLOSE.stopping, 'the server is stopping');
      return;
    }
    const { status, code, message, expected } = problemOf(error);
    if (status >= 500) this.log.error('a live feed failed', error);
    const session = about ?? (frame !== null && 'session' in frame ? frame.session : null);
    const kind = frame?.kind ?? null;
    this.send({ kind: 'error', code, detail: message, expected: [...expected], about: kind, session });
  }
}

/** Bytes that a close frame has for its reason. */
const MAX_REASON_BYTES = 123;

/** Of a stop, the positions in JSON where they fit: also who reads only the close frame can go on from them. */
function closeReason(code: number, reason: string, positions: { readonly [id: string]: number }): string {
  const text = JSON.stringify(positions);
  if (code === CLOSE.stopping && text !== '{}' && text.length <= MAX_REASON_BYTES) return text;
  return reason.slice(0, MAX_REASON_BYTES);
}
