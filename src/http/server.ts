// Starts and stops the server: settings checked, store opened and migrated, sessions that were under way resumed, the
// addresses told. Everything that leaves this process goes through the hooks that are set here.
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { appModule } from '../app.module.js';
import {
  KEEP_ALIVE_TIMEOUT_MS,
  MAX_BODY_BYTES,
  MAX_CONNECTIONS,
  MAX_URL_CHARS,
  REQUEST_TIMEOUT_MS,
} from '../config/limits.js';
import { checkSettings, type Settings } from '../config/settings.js';
import type { SessionRunner } from '../sessions/runner/session-runner.js';
import { RUNNER } from '../sessions/sessions.tokens.js';
import { SqliteEventStore } from '../store/sqlite/sqlite-event-store.js';
import { Access } from './access.js';
import { demoIfEmpty } from './demo.js';
import { SECURITY_HEADERS } from './headers.js';
import { createLog, type Log, nestLogger } from './log.js';
import { openApiDocument } from './openapi.js';
import { addPlainRoutes } from './plain-routes.js';
import { ProblemFilter, sendProblem } from './problem.filter.js';
import { Problem } from './problem.js';

export interface RunningServer {
  readonly host: string;
  /** The real one where any was asked for. */
  readonly port: number;
  readonly url: string;
  readonly dataDir: string;
  /** Refuses new requests, interrupts running sessions at a chunk boundary, closes the store. Safe to call twice. */
  stop(): Promise<void>;
}

/** Resolves when the server answers. Rejects with a typed error when it cannot start; then nothing is left open. */
export async function startServer(
  settings: Settings,
  log: Log = createLog(settings.logLevel),
): Promise<RunningServer> {
  checkSettings(settings);
  const app = await NestFactory.create<NestFastifyApplication>(appModule(settings, log), adapter(log), {
    // What goes wrong while starting is thrown, and told once.
    logger: false,
    // Bodies are JSON and nothing else; see addJsonBodies.
    bodyParser: false,
    // Errors come to the caller instead of ending the process.
    abortOnError: false,
  });
  app.useLogger(nestLogger(log));
  try {
    app.useGlobalFilters(new ProblemFilter(log));
    addHooks(app, new Access(settings), log);
    addJsonBodies(app);
    await addPlainRoutes(app, openApiDocument(app, settings.token !== null));
    await app.init();
    const server = app.getHttpServer() as Server;
    server.maxConnections = MAX_CONNECTIONS;
    await app.listen({ host: settings.host, port: settings.port });
    return await running(app, server, settings, log);
  } catch (error) {
    await app.close();
    throw error;
  }
}

function adapter(log: Log): FastifyAdapter {
  return new FastifyAdapter({
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    // Streams that nobody ends must not hold up a stop.
    forceCloseConnections: true,
    // Requests that no route is looked up for: an address that cannot be decoded.
    frameworkErrors: (error: Error, _request: FastifyRequest, reply: FastifyReply) =>
      sendProblem(reply, error, log),
    routerOptions: { maxParamLength: 200, ignoreTrailingSlash: true },
  });
}

/** An empty body is none at all, whatever its type says; keys that would reach prototypes are errors. */
function addJsonBodies(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined);
    else void parse(request, String(body), done);
  });
}

function addHooks(app: NestFastifyApplication, access: Access, log: Log): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.headers(SECURITY_HEADERS);
    const { method, headers } = request;
    const path = request.url.split('?', 1)[0]!;
    if (path.startsWith('/api/') || path.startsWith('/health/'))
      void reply.header('cache-control', 'no-store');
    try {
      if (request.url.length > MAX_URL_CHARS) {
        throw new Problem(
          414,
          'address-too-long',
          `an address has at most ${MAX_URL_CHARS} characters (MAX_URL_CHARS)`,
        );
      }
      access.check({
        method,
        path,
        host: headers.host,
        origin: headers.origin,
        fetchSite: single(headers['sec-fetch-site']),
        authorization: headers.authorization,
      });
    } catch (error) {
      sendProblem(reply, error, log);
      return;
    }
    done();
  });
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}

async function running(
  app: NestFastifyApplication,
  server: Server,
  settings: Settings,
  log: Log,
): Promise<RunningServer> {
  const { port } = server.address() as AddressInfo;
  const { host } = settings;
  app.get(SqliteEventStore).announce(host, port);
  const runner = app.get<SessionRunner>(RUNNER);
  const background = resumeAndDemo(app, runner, settings, log);
  let stopped: Promise<void> | null = null;
  const stop = async (): Promise<void> => {
    await background;
    await app.close();
  };
  return {
    host,
    port,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    dataDir: resolve(settings.dataDir),
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}

/** Requests are answered already; trouble here is told, and does not stop the server. */
async function resumeAndDemo(
  app: NestFastifyApplication,
  runner: SessionRunner,
  settings: Settings,
  log: Log,
): Promise<void> {
  try {
    const resumed = await runner.recover();
    if (resumed > 0) log.info(`${resumed} sessions go on`);
    if (settings.demo) await demoIfEmpty(app.get(SqliteEventStore), runner, log);
  } catch (error) {
    log.error('sessions could not be resumed or started', error);
  }
}
