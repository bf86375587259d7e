// /api/v1/jobs: longer work that clients asked for. A module with such work registers its kind with the JobService and
// answers 202 with the job (see sendJob in http/async-answer.ts).
import {
  type BeforeApplicationShutdown,
  Controller,
  Get,
  HttpCode,
  HttpStatus,
  Inject,
  Injectable,
  Module,
  Param,
  Post,
  Query,
  Req,
  Res,
} from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { LOG, type Log } from '../http/log.js';
import { Route } from '../http/openapi.decorators.js';
import { Problem } from '../http/problem.js';
import { ZodPipe } from '../http/zod.pipe.js';
import type { JobStore } from '../store/jobs.port.js';
import { JOB_STORE } from '../store/store.module.js';
import * as schemas from './job.schemas.js';
import { jobPage } from './job-pages.js';
import { JobService, type JobView } from './job-service.js';

const ID = { id: 'id of the job' };
const NAMED = { name: 'Job', schema: schemas.job };

@ApiTags('jobs')
@Controller('api/v1/jobs')
export class JobsController {
  constructor(@Inject(JobService) private readonly jobs: JobService) {}

  @Get()
  @Route({
    summary: 'Jobs, newest first',
    query: schemas.listJobs,
    answer: { status: 200, description: 'a page', name: 'JobPage', schema: schemas.jobPage },
    headers: { Link: 'first and next page (RFC 8288)' },
  })
  async list(
    @Query(new ZodPipe(schemas.listJobs, 'query')) query: z.output<typeof schemas.listJobs>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<{ jobs: JobView[]; nextCursor: string | null }> {
    const { kind, state } = query;
    const { items: jobs, nextCursor } = await jobPage(
      query,
      (limit, before) =>
        this.jobs.list({
          limit,
          ...(before === undefined ? {} : { before }),
          ...(kind === undefined ? {} : { kind }),
          ...(state === undefined ? {} : { states: [state] }),
        }),
      request,
      reply,
    );
    return { jobs, nextCursor };
  }

  @Get(':id')
  @Route({
    summary: 'One job: how far it is, or what came out',
    params: ID,
    answer: { status: 200, description: 'the job', ...NAMED },
    problems: [404],
  })
  async get(@Param('id') id: string): Promise<JobView> {
    return (await this.jobs.get(id)) ?? notFound(id);
  }

  @Post(':id/cancel')
  @HttpCode(HttpStatus.OK)
  @Route({
    summary: 'Stop a job that waits or runs; the answer comes when it has stopped',
    params: ID,
    answer: { status: 200, description: 'the cancelled job', ...NAMED },
    problems: [404, 409],
  })
  async cancel(@Param('id') id: string): Promise<JobView> {
    return (await this.jobs.cancel(id)) ?? notFound(id);
  }
}

function notFound(id: string): never {
  throw new Problem(404, 'job-not-found', `there is no job ${id.slice(0, 20)}`);
}

/** Before the store closes. */
@Injectable()
class StopJobs implements BeforeApplicationShutdown {
  constructor(@Inject(JobService) private readonly jobs: JobService) {}

  async beforeApplicationShutdown(): Promise<void> {
    await this.jobs.stop();
  }
}

@Module({})
export class JobsModule {}

export const jobsModule = {
  module: JobsModule,
  global: true,
  controllers: [JobsController],
  providers: [
    {
      provide: JobService,
      useFactory: (jobs: JobStore, log: Log) =>
        new JobService(jobs, (message, error) => log.error(message, error)),
      inject: [JOB_STORE, LOG],
    },
    StopJobs,
  ],
  exports: [JobService],
};
