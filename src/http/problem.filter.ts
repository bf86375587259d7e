// Every error that leaves a controller becomes problem+json here; unexpected ones are logged, never shown. Who comes with a browser
// to an address that nobody has gets the page, which says so and where to go on.
import { type ArgumentsHost, Catch, type ExceptionFilter, NotFoundException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Log } from './log.js';
import { problemBody, problemOf } from './problem.js';

export const PROBLEM_TYPE = 'application/problem+json';
/** Addresses that are no view of the page, whatever follows: programs ask there. */
const NOT_OF_THE_PAGE = /^\/(api|docs|health|metrics|assets)(\/|$)/;

@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly log: Log,
    /** The page; null: it is not built. */
    private readonly page: string | null = null,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const reply = http.getResponse<FastifyReply>();
    if (this.page !== null && error instanceof NotFoundException && isVisit(http.getRequest())) {
      const headers = { vary: 'accept', 'cache-control': 'no-cache' };
      void reply.status(404).headers(headers).type('text/html; charset=utf-8').send(this.page);
      return;
    }
    sendProblem(reply, error, this.log);
  }
}

/** Somebody has come here with a browser. */
function isVisit({ method, url, headers }: FastifyRequest): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false;
  return (headers.accept ?? '').includes('text/html') && !NOT_OF_THE_PAGE.test(url.split('?')[0]);
}

export function sendProblem(reply: FastifyReply, error: unknown, log: Log): void {
  const problem = problemOf(error);
  if (problem.status >= 500) log.error('a request failed', error);
  if (reply.sent) return;
  // Whoever meets a limit may ask again; how soon is known only where the limit is one of time.
  const headers = problem.status === 429 ? { 'retry-after': '1', ...problem.headers } : problem.headers;
  void reply.status(problem.status).headers(headers).type(PROBLEM_TYPE).send(problemBody(problem));
}
