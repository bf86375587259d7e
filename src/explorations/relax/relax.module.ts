// /api/v1/relaxations: which rules a protocol needs, as jobs. Thin: the service and the core decide.
import {
  Body,
  Controller,
  type DynamicModule,
  Get,
  HttpCode,
  HttpStatus,
  Inject,
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
import { sendJob } from '../../http/async-answer.js';
import { Idempotent } from '../../http/idempotency.js';
import { Route } from '../../http/openapi.decorators.js';
import { Problem } from '../../http/problem.js';
import { ZodPipe } from '../../http/zod.pipe.js';
import { acceptedJob } from '../../jobs/job.schemas.js';
import { jobPage } from '../../jobs/job-pages.js';
import { JobService, type JobView } from '../../jobs/job-service.js';
import type { SessionRunner } from '../../sessions/runner/session-runner.js';
import { PROTOCOL_FOLDER, RUNNER } from '../../sessions/sessions.tokens.js';
import type { ProtocolFolder } from '../../user-protocols/protocol-folder.js';
import * as schemas from './relax.schemas.js';
import { RELAX_JOBS, type Relaxation, RelaxJobs } from './relax-jobs.js';

@ApiTags('relaxations')
@Controller('api/v1/relaxations')
export class RelaxController {
  constructor(@Inject(RelaxJobs) private readonly relaxations: RelaxJobs) {}

  @Post()
  @HttpCode(HttpStatus.ACCEPTED)
  @Idempotent()
  @Route({
    summary: 'Find out which rules a protocol needs: drop one at a time and search the litmus',
    description:
      'A job (progress and cancel: /api/v1/jobs/{id}), one at a time. The counterexample of each rule that is needed becomes a session.',
    body: { name: 'NewRelaxation', schema: schemas.createRelaxation, required: true },
    ...acceptedJob('relaxation'),
  })
  async create(
    @Body(new ZodPipe(schemas.createRelaxation, 'body')) body: z.output<typeof schemas.createRelaxation>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<JobView> {
    return sendJob(reply, await this.relaxations.start(body), false);
  }

  @Get()
  @Route({
    summary: 'Relaxations, newest first',
    query: schemas.listRelaxations,
    answer: { status: 200, description: 'a page', name: 'RelaxationPage', schema: schemas.relaxationPage },
    headers: { Link: 'first and next page (RFC 8288)' },
  })
  async list(
    @Query(new ZodPipe(schemas.listRelaxations, 'query')) query: z.output<typeof schemas.listRelaxations>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<{ relaxations: Omit<Relaxation, 'rows' | 'litmus'>[]; nextCursor: string | null }> {
    const { items: relaxations, nextCursor } = await jobPage(
      query,
      (limit, before) => this.relaxations.list(limit, before),
      request,
      reply,
    );
    return { relaxations, nextCursor };
  }

  @Get(':id')
  @Route({
    summary: 'One relaxation: how far it is, or which rules the protocol needs',
    params: { id: 'id of the relaxation' },
    answer: { status: 200, description: 'the relaxation', name: 'Relaxation', schema: schemas.relaxation },
    problems: [404],
  })
  async get(@Param('id') id: string): Promise<Relaxation> {
    const found = await this.relaxations.get(id);
    if (found !== null) return found;
    throw new Problem(404, 'relaxation-not-found', `there is no relaxation ${id.slice(0, 20)}`);
  }
}

@Module({})
class RelaxModule {}

export const relaxModule: DynamicModule = {
  module: RelaxModule,
  controllers: [RelaxController],
  providers: [
    {
      provide: RelaxJobs,
      useFactory: (jobs: JobService, runner: SessionRunner, protocols: ProtocolFolder) =>
        new RelaxJobs(RELAX_JOBS, jobs, runner, (id) => protocols.text(id)),
      inject: [JobService, RUNNER, PROTOCOL_FOLDER],
    },
  ],
};
