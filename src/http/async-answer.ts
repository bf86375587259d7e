// 202 with a job instead of an answer that takes long: when the client asked for it (`Prefer: respond-async`, RFC 7240),
// or when the work is known to be long.
import { applyDecorators, HttpCode, HttpStatus } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { JobView } from '../jobs/job-service.js';
import { Idempotent } from './idempotency.js';

/** A POST that answers at once, or becomes a job. @param long of what: 'the session' */
export function MayBecomeJob(long: string): MethodDecorator {
  return applyDecorators(
    HttpCode(HttpStatus.OK),
    Idempotent(),
    ApiHeader({
      name: 'Prefer',
      required: false,
      description: `\`respond-async\`: a job, whatever the length of ${long}`,
      schema: { type: 'string' },
    }),
  );
}

export function prefersAsync(prefer: string | undefined): boolean {
  return (prefer ?? '').split(',').some((word) => /^\s*respond-async\s*(;|$)/i.test(word));
}

/** @param asked by the client, which is told that it was heard */
export function sendJob(reply: FastifyReply, job: JobView, asked: boolean): JobView {
  void reply.status(202).header('location', `/api/v1/jobs/${job.id}`);
  if (asked) void reply.header('preference-applied', 'respond-async');
  return job;
}
