// What happens to every request before and after its route: an id, the security headers, the checks of access, one line
// of the log, and its duration in the metrics.
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { MAX_URL_CHARS } from '../config/limits.js';
import type { Metrics } from '../metrics/metrics.js';
import type { Access } from './access.js';
import { SECURITY_HEADERS } from './headers.js';
import type { HttpParts } from './http.module.js';
import type { Log } from './log.js';
import { sendProblem } from './problem.filter.js';
import { Problem } from './problem.js';
import { inRequest, requestIdOf, sessionIdOf } from './request-context.js';
import type { Stopping } from './stopping.js';

/** Seconds; the target is 50 ms for 99 in 100 (README). */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

export function addHooks(app: NestFastifyApplication, parts: HttpParts, metrics: Metrics): void {
  const { access, stopping, log } = parts;
  const fastify = app.getHttpAdapter().getInstance();
  const observe = metrics.seconds(
    'http_request_seconds',
    'Requests by route and status, until the answer was sent.',
    ['method', 'route', 'status'],
    BUCKETS,
  );
  fastify.addHook('onRequest', (request, reply, done) => {
    stopping.openRequests++;
    // An answer that is cut off never comes to onResponse.
    reply.raw.once('close', () => {
      stopping.openRequests--;
    });
    const path = pathOf(request);
    const requestId = requestIdOf(request.headers['x-request-id']);
    const sessionId = sessionIdOf(path);
    void reply.headers(SECURITY_HEADERS).header('x-request-id', requestId);
    if (path.startsWith('/api/') || path.startsWith('/health/') || path === '/metrics')
      void reply.header('cache-control', 'no-store');
    inRequest({ requestId, ...(sessionId === undefined ? {} : { sessionId }) }, () => {
      try {
        check(request, path, access, stopping);
      } catch (error) {
        sendProblem(reply, error, log);
        return;
      }
      done();
    });
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    const { method } = request;
    const status = reply.statusCode;
    const route = request.routeOptions.url ?? 'none';
    observe({ method, route, status: String(status) }, reply.elapsedTime / 1_000);
    logAnswer(log, request, reply);
    done();
  });
}

function check(request: FastifyRequest, path: string, access: Access, stopping: Stopping): void {
  const { method, headers } = request;
  stopping.refuseIfUnderWay();
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
    address: request.socket.remoteAddress ?? '',
  });
}

/** Reads that went well are many and of little interest. */
function logAnswer(log: Log, request: FastifyRequest, reply: FastifyReply): void {
  const { method } = request;
  const status = reply.statusCode;
  const path = pathOf(request);
  const fields = {
    method,
    path,
    status,
    ms: Math.round(reply.elapsedTime * 10) / 10,
    requestId: String(reply.getHeader('x-request-id')),
    sessionId: sessionIdOf(path),
  };
  const read = method === 'GET' || method === 'HEAD';
  if (read && status < 400) log.debug('answered', fields);
  else log.info('answered', fields);
}

function pathOf({ url }: FastifyRequest): string {
  return url.split('?', 1)[0]!;
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
