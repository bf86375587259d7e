// /api/v1/comparisons: sessions side by side. A question, so GET answers it, up to a length; POST answers the same and makes a
// job of what takes longer.
import { Body, Controller, Get, Headers, Inject, Module, Post, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { MAX_SYNCHRONOUS_COMPARISON_ROWS } from '../config/limits.js';
import { BadInput } from '../core/base/errors.js';
import type { Comparison } from '../core/compare/comparison.js';
import { MayBecomeJob, prefersAsync, sendJob } from '../http/async-answer.js';
import { Route } from '../http/openapi.decorators.js';
import { ZodPipe } from '../http/zod.pipe.js';
import { job } from '../jobs/job.schemas.js';
import { type JobKind, JobService, type JobView } from '../jobs/job-service.js';
import type { InspectionService } from '../sessions/inspection.service.js';
import { INSPECTIONS } from '../sessions/sessions.tokens.js';
import type { EventStore } from '../store/event-store.port.js';
import type { Json } from '../store/jobs.port.js';
import { EVENT_STORE } from '../store/store.module.js';
import * as schemas from './comparison.schemas.js';
import { ComparisonService } from './comparison.service.js';

const COMPARISONS = Symbol('Comparisons');
const PROBLEMS = [404, 409, 422];
const LONG = `more than ${MAX_SYNCHRONOUS_COMPARISON_ROWS} stored events`;

@ApiTags('comparisons')
@Controller('api/v1/comparisons')
export class ComparisonsController {
  constructor(
    @Inject(COMPARISONS) private readonly comparisons: ComparisonService,
    @Inject(JobService) private readonly jobs: JobService,
  ) {
    jobs.register(comparisonJob(comparisons));
  }

  @Get()
  @Route({
    summary: 'Two or more sessions side by side: parameters, figures, curves, and where they part',
    description:
      'Only what differs, unless all=true. Sessions are aligned by happens-before: steps that merely commute are equal, and ' +
      `the first real divergence is named with its cause. Sessions of ${LONG} together: POST.`,
    query: schemas.comparisonQuery,
    answer: { status: 200, description: 'the comparison', name: 'Comparison', schema: schemas.comparison },
    problems: PROBLEMS,
  })
  async get(
    @Query(new ZodPipe(schemas.comparisonQuery, 'query')) query: z.output<typeof schemas.comparisonQuery>,
  ): Promise<Comparison> {
    const rows = await this.rowsOf(query.sessions);
    if (rows > MAX_SYNCHRONOUS_COMPARISON_ROWS) {
      throw new BadInput(
        'comparison-too-long',
        `the comparison reads ${rows} events, more than MAX_SYNCHRONOUS_COMPARISON_ROWS = ${MAX_SYNCHRONOUS_COMPARISON_ROWS}; expected POST /api/v1/comparisons, which makes a job of it`,
        ['POST /api/v1/comparisons'],
      );
    }
    return await this.comparisons.compare(query);
  }

  @Post()
  @MayBecomeJob('the sessions')
  @Route({
    summary: 'The same comparison; as a job where it takes long',
    description: `Sessions of ${LONG} together are compared as a job.`,
    body: { name: 'Compare', schema: schemas.comparisonBody, required: true },
    answer: { status: 200, description: 'the comparison', name: 'Comparison', schema: schemas.comparison },
    accepted: {
      description: 'the job that compares; its progress is {rows, of}, its result a Comparison',
      name: 'Job',
      schema: job,
    },
    problems: [...PROBLEMS, 413, 415],
  })
  async post(
    @Body(new ZodPipe(schemas.comparisonBody, 'body')) body: z.output<typeof schemas.comparisonBody>,
    @Headers('prefer') prefer: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Comparison | JobView> {
    const rows = await this.rowsOf(body.sessions);
    const asked = prefersAsync(prefer);
    if (!asked && rows <= MAX_SYNCHRONOUS_COMPARISON_ROWS) return await this.comparisons.compare(body);
    return sendJob(reply, await this.jobs.create('comparison', body), asked);
  }

  private async rowsOf(ids: readonly string[]): Promise<number> {
    return this.comparisons.rowsOf(await this.comparisons.check(ids));
  }
}

/** It changes nothing, so one that was cut short by a restart is simply done again. */
function comparisonJob(comparisons: ComparisonService): JobKind {
  const request = z.object({ sessions: z.array(z.string()), all: z.boolean(), points: z.number() });
  return {
    name: 'comparison',
    repeatable: true,
    run: async (asked, { signal, progress }) => {
      const onPart = (part: unknown): void => progress(part as Json);
      return (await comparisons.compare(request.parse(asked), { signal, onPart })) as unknown as Json;
    },
  };
}

@Module({
  controllers: [ComparisonsController],
  providers: [
    {
      provide: COMPARISONS,
      useFactory: (store: EventStore, inspections: InspectionService) =>
        new ComparisonService(store, inspections),
      inject: [EVENT_STORE, INSPECTIONS],
    },
  ],
})
export class ComparisonsModule {}
