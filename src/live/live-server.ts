// WebSocket connections on the HTTP server: the handshake with everything that may be wrong with it, the heartbeat, and
// the stop. The frames themselves are live-client.ts.
import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type BeforeApplicationShutdown, Inject, Injectable } from '@nestjs/common';
import { WebSocketServer } from 'ws';
import { MAX_URL_CHARS } from '../config/limits.js';
import { ACCESS, type Access, bearerOf } from '../http/access.js';
import { SECURITY_HEADERS } from '../http/headers.js';
import { LOG, type Log } from '../http/log.js';
import { PROBLEM_TYPE } from '../http/problem.filter.js';
import { Problem, problemBody, problemOf } from '../http/problem.js';
import { STOPPING, type Stopping } from '../http/stopping.js';
import { METRICS, type Metrics } from '../metrics/metrics.js';
import { FeedHub } from './feed-hub.js';
import { CLOSE } from './live.schemas.js';
import { type LiveAccess, LiveClient } from './live-client.js';

export const LIVE_PATH = '/api/v1/live';

@Injectable()
export class LiveServer implements BeforeApplicationShutdown {
  private readonly sockets: WebSocketServer;
  private readonly clients = new Set<LiveClient>();
  private readonly heartbeat: NodeJS.Timeout;
  private allGone: () => void = () => undefined;

  constructor(
    @Inject(FeedHub) private readonly hub: FeedHub,
    @Inject(LOG) private readonly log: Log,
    @Inject(ACCESS) private readonly access: Access,
    @Inject(STOPPING) private readonly stopping: Stopping,
    @Inject(METRICS) metrics: Metrics,
  ) {
    metrics.gauge('live_buffered_bytes', 'Bytes that wait for WebSocket clients to take them.', () => {
      let bytes = 0;
      for (const client of this.clients) bytes += client.bufferedBytes;
      return bytes;
    });
    this.sockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: hub.limits.maxMessageBytes,
      // Compressing costs more than it saves between machines that are near, and memory for every client.
      perMessageDeflate: false,
      // Pings are answered by hand, within the limits.
      autoPong: false,
    });
    this.heartbeat = setInterval(() => {
      for (const client of this.clients) client.beat();
    }, hub.limits.heartbeatMs);
    this.heartbeat.unref();
    // Every client is told where it stands; those that come now are refused.
    stopping.onStop(() => {
      for (const client of this.clients) client.leave(CLOSE.stopping, 'the server is stopping');
    });
  }

  listen(server: Server): void {
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      // Until there is a WebSocket, nobody else hears that the connection broke.
      const ignore = (): void => undefined;
      socket.on('error', ignore);
      try {
        const { token, leave } = this.admit(request);
        socket.once('close', leave);
        this.sockets.handleUpgrade(request, socket, head, (webSocket) => {
          socket.off('error', ignore);
          const access: LiveAccess = {
            token,
            given: bearerOf(request.headers.authorization),
            mayRead: (given) => this.access.mayRead(given),
          };
          const client: LiveClient = new LiveClient(webSocket, this.hub, this.log, access, () =>
            this.gone(client),
          );
          this.clients.add(client);
        });
      } catch (error) {
        refuse(socket, problemOf(error));
      }
    });
  }

  /** Sockets that do not answer the close frame are ended after closeMs. */
  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.heartbeat);
    for (const client of this.clients) client.leave(CLOSE.stopping, 'the server is stopping');
    if (this.clients.size > 0) {
      await new Promise<void>((resolve) => {
        this.allGone = resolve;
      });
    }
    this.hub.end();
  }

  private gone(client: LiveClient): void {
    this.clients.delete(client);
    if (this.clients.size === 0) this.allGone();
  }

  private admit(request: IncomingMessage): {
    readonly token: LiveAccess['token'];
    readonly leave: () => void;
  } {
    const { method = 'GET', url = '/', headers } = request;
    const path = url.split('?', 1)[0]!;
    this.stopping.refuseIfUnderWay();
    const token = this.access.checkUpgrade({
      method,
      path,
      host: headers.host,
      origin: headers.origin,
      fetchSite: undefined,
      authorization: headers.authorization,
      address: request.socket.remoteAddress ?? '',
    });
    if (path !== LIVE_PATH || url.length > MAX_URL_CHARS)
      throw new Problem(404, 'not-found', `there is no WebSocket at ${path.slice(0, 100)}`, [LIVE_PATH]);
    return { token, leave: this.hub.enter() };
  }
}

/** A refused handshake is an ordinary answer, with the same problem as of any request. */
function refuse(socket: Duplex, problem: Problem): void {
  const body = JSON.stringify(problemBody(problem));
  const headers = {
    ...SECURITY_HEADERS,
    ...problem.headers,
    'content-type': PROBLEM_TYPE,
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}\r\n${lines.join('')}\r\n${body}`,
  );
  // Who does not read the answer does not keep the connection.
  socket.once('finish', () => socket.destroy());
}
