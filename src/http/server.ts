// Starts and stops the server: settings checked, store opened and migrated, sessions that were under way resumed, the
// addresses told. Everything that leaves this process goes through the hooks that are set here.
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { appModule } from '../app.module.js';
import { KEEP_ALIVE_TIMEOUT_MS, MAX_BODY_BYTES, MAX_CONNECTIONS } from '../config/limits.js';
import { checkSettings, isLoopback, type Settings } from '../config/settings.js';
import { BadInput } from '../core/base/errors.js';
import { FORMATS } from '../exports/formats.js';
import { JobService } from '../jobs/job-service.js';
import { LiveServer } from '../live/live-server.js';
import { PrometheusMetrics } from '../metrics/metrics.js';
import type { SessionRunner } from '../sessions/runner/session-runner.js';
import { RUNNER } from '../sessions/sessions.tokens.js';
import { SqliteEventStore } from '../store/sqlite/sqlite-event-store.js';
import { TRACE_MEDIA_TYPE } from '../traces/traces.controller.js';
import { RetentionService } from '../upkeep/retention.service.js';
import { Access } from './access.js';
import { answerClientError } from './client-errors.js';
import { demoIfEmpty } from './demo.js';
import { pageText } from './files.js';
import { addHooks } from './hooks.js';
import type { HttpParts } from './http.module.js';
import { HttpRequest } from './http-request.js';
import { createLog, type Log, nestLogger } from './log.js';
import { openApiDocument } from './openapi.js';
import { addPlainRoutes } from './plain-routes.js';
import { ProblemFilter, sendProblem } from './problem.filter.js';
import { Stopping } from './stopping.js';
import { Tokens } from './tokens.js';

export interface RunningServer {
  readonly host: string;
  /** The real one where any was asked for. */
  readonly port: number;
  readonly url: string;
  readonly dataDir: string;
  /** Reads the token file again; one that cannot be used changes nothing, and is told on the log. */
  reloadTokens(): void;
  /** Refuses new requests, lets open ones end within the grace, interrupts running sessions at a chunk boundary, closes the store. Safe to call twice. */
  stop(): Promise<void>;
}

/** Resolves when the server answers. Rejects with a typed error when it cannot start; then nothing is left open. */
export async function startServer(
  settings: Settings,
  log: Log = createLog(settings.logLevel),
): Promise<RunningServer> {
  checkSettings(settings);
  const tokens = new Tokens(settings);
  if (tokens.none && !isLoopback(settings.host))
    throw new BadInput('token-file', 'beyond loopback the token file must name at least one token');
  const parts: HttpParts = {
    log,
    access: new Access(settings, tokens),
    stopping: new Stopping(),
    streamStallMs: settings.streamStallMs,
  };
  const metrics = new PrometheusMetrics();
  const module = appModule(settings, parts, metrics);
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter(settings, log), {
    // What goes wrong while starting is thrown, and told once.
    logger: false,
    // Bodies are JSON, or a session file where one is taken in; see addBodies.
    bodyParser: false,
    // Errors come to the caller instead of ending the process.
    abortOnError: false,
  });
  app.useLogger(nestLogger(log));
  try {
    app.useGlobalFilters(new ProblemFilter(log, pageText()));
    addHooks(app, parts, metrics);
    addBodies(app);
    await addPlainRoutes(app, openApiDocument(app, !tokens.none));
    await app.init();
    const server = app.getHttpServer() as Server;
    server.maxConnections = MAX_CONNECTIONS;
    app.get(LiveServer).listen(server);
    await app.listen({ host: settings.host, port: settings.port });
    return await running(app, server, settings, parts);
  } catch (error) {
    await app.close();
    throw error;
  }
}

/** How often slow requests are looked for. */
const LOOK_MS = 1_000;

function adapter({ requestTimeoutMs }: Settings, log: Log): FastifyAdapter {
  return new FastifyAdapter({
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: requestTimeoutMs,
    http: {
      IncomingMessage: HttpRequest,
      headersTimeout: requestTimeoutMs,
      connectionsCheckingInterval: Math.min(requestTimeoutMs, LOOK_MS),
    },
    clientErrorHandler: answerClientError,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    // Streams that nobody ends must not hold up a stop.
    forceCloseConnections: true,
    // Requests that no route is looked up for: an address that cannot be decoded.
    frameworkErrors: (error: Error, _request: FastifyRequest, reply: FastifyReply) =>
      sendProblem(reply, error, log),
    routerOptions: { maxParamLength: 200, ignoreTrailingSlash: true },
  });
}

/**
 * An empty body is none at all, whatever its type says; keys that would reach prototypes are errors. A session file and a
 * trace are handed on as they come: who takes them in bounds them.
 */
function addBodies(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined);
    else void parse(request, String(body), done);
  });
  for (const type of [FORMATS.session.mediaType, TRACE_MEDIA_TYPE])
    fastify.addContentTypeParser(type, (_request, payload, done) => done(null, payload));
}

async function running(
  app: NestFastifyApplication,
  server: Server,
  settings: Settings,
  parts: HttpParts,
): Promise<RunningServer> {
  const { log, access, stopping } = parts;
  const { port } = server.address() as AddressInfo;
  const { host } = settings;
  app.get(SqliteEventStore).announce(host, port);
  const runner = app.get<SessionRunner>(RUNNER);
  const background = resumeAndDemo(app, runner, settings, log);
  let stopped: Promise<void> | null = null;
  const stop = async (): Promise<void> => {
    // The sessions' way to a chunk boundary and the clients' last answers take the same time.
    const drained = stopping.drain(server, settings.stopGraceMs, log);
    await background;
    await Promise.all([drained, runner.stop(settings.stopGraceMs), app.get(JobService).stop()]);
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
    reloadTokens: () => {
      try {
        access.tokens.reload();
        log.info('tokens were read again', { tokens: access.tokens.count });
      } catch (error) {
        log.error('the tokens stay as they were', error);
      }
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
    const again = await app.get(JobService).recover();
    if (again > 0) log.info(`${again} jobs begin again`);
    const resumed = await runner.recover();
    if (resumed > 0) log.info(`${resumed} sessions go on`);
    if (settings.demo) await demoIfEmpty(app.get(SqliteEventStore), runner, log);
  } catch (error) {
    log.error('sessions could not be resumed or started', error);
  }
  // What goes on again is no longer to be mistaken for what has ended.
  app.get(RetentionService).start();
}
