// Every error that leaves a controller becomes problem+json here; unexpected ones are logged, never shown.
import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Log } from './log.js';
import { problemBody, problemOf } from './problem.js';

export const PROBLEM_TYPE = 'application/problem+json';

@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly log: Log) {}

  catch(error: unknown, host: ArgumentsHost): void {
    sendProblem(host.switchToHttp().getResponse<FastifyReply>(), error, this.log);
  }
}

export function sendProblem(reply: FastifyReply, error: unknown, log: Log): void {
  const problem = problemOf(error);
  if (problem.status >= 500) log.error('a request failed', error);
  if (reply.sent) return;
  // Whoever meets a limit may ask again; how soon is known only where the limit is one of time.
  const headers = problem.status === 429 ? { 'retry-after': '1', ...problem.headers } : problem.headers;
  void reply.status(problem.status).headers(headers).type(PROBLEM_TYPE).send(problemBody(problem));
}
