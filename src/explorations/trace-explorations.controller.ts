// POST /api/v1/explorations/traces: a recording as a schedule, and the orders near it. Thin: the service decides.
import { Body, Controller, HttpCode, HttpStatus, Inject, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { MAX_NEIGHBOUR_PREEMPTIONS } from '../core/explorer/traced/neighbourhood.js';
import { sendJob } from '../http/async-answer.js';
import { Idempotent } from '../http/idempotency.js';
import { Route } from '../http/openapi.decorators.js';
import { ZodPipe } from '../http/zod.pipe.js';
import { acceptedJob } from '../jobs/job.schemas.js';
import type { JobView } from '../jobs/job-service.js';
import { DEFAULT_BOUNDS } from './exploration.js';
import { MAX_TRACE_TRANSITIONS } from './explore-trace.js';
import { TraceExplorationService } from './trace-exploration.service.js';

const createTraceExploration = z.strictObject({
  trace: z.strictObject({
    session: z.string().regex(/^[1-9]\d{0,15}$/, 'expected the id of an imported session'),
    window: z
      .string()
      .optional()
      .describe('FROM..TO in lines of the trace: where its order is left; all of it where nothing is said'),
  }),
  protocol: z.string().describe('id of a protocol or profile, see /protocols'),
  preemptions: z
    .int()
    .min(0)
    .max(MAX_NEIGHBOUR_PREEMPTIONS)
    .optional()
    .describe(
      'places at which a thread is interrupted where the recorded order did not; 1 where nothing is said',
    ),
  states: z
    .int()
    .min(1)
    .max(MAX_TRACE_TRANSITIONS)
    .optional()
    .describe('steps that all orders take together'),
  seconds: z.int().min(1).max(DEFAULT_BOUNDS.seconds).optional(),
});

@ApiTags('explorations')
@Controller('api/v1/explorations/traces')
export class TraceExplorationsController {
  constructor(@Inject(TraceExplorationService) private readonly explorations: TraceExplorationService) {}

  @Post()
  @HttpCode(HttpStatus.ACCEPTED)
  @Idempotent()
  @Route({
    summary: 'Follow an imported trace on a protocol, and search the orders near it',
    description:
      'A job (progress, result and cancel: /api/v1/jobs/{id}). Its result has the verdict, what of the trace was met and filled in, the first line that could not be followed, and the session of a counterexample.',
    body: { name: 'NewTraceExploration', schema: createTraceExploration, required: true },
    ...acceptedJob('search'),
  })
  async create(
    @Body(new ZodPipe(createTraceExploration, 'body')) body: z.output<typeof createTraceExploration>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<JobView> {
    return sendJob(reply, await this.explorations.start(body), false);
  }
}
