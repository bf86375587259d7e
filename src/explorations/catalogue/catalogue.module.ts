// /api/v1/catalogue: the known answers as a table, and as jobs that answer them. Thin: the service and the core decide.
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
import * as schemas from './catalogue.schemas.js';
import {
  CATALOGUE_JOBS,
  CatalogueJobs,
  type CatalogueRun,
  type CatalogueTable,
  tableOfAnswers,
} from './catalogue-jobs.js';

@ApiTags('catalogue')
@Controller('api/v1/catalogue')
export class CatalogueController {
  constructor(@Inject(CatalogueJobs) private readonly catalogue: CatalogueJobs) {}

  @Get()
  @Route({
    summary: 'The known answers: bugs x protocols, and what is expected',
    answer: { status: 200, description: 'the table', name: 'Catalogue', schema: schemas.catalogueTable },
  })
  table(): CatalogueTable {
    return tableOfAnswers();
  }

  @Post('runs')
  @HttpCode(HttpStatus.ACCEPTED)
  @Idempotent()
  @Route({
    summary: 'Answer the rows of the catalogue, or those of one bug or protocol',
    description:
      'A job (progress and cancel: /api/v1/jobs/{id}), one at a time. The counterexample of each violated row becomes a session.',
    body: { name: 'NewCatalogueRun', schema: schemas.createCatalogueRun, required: false },
    ...acceptedJob('run'),
  })
  async create(
    @Body(new ZodPipe(schemas.createCatalogueRun, 'body')) body: z.output<typeof schemas.createCatalogueRun>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<JobView> {
    return sendJob(reply, await this.catalogue.start(body), false);
  }

  @Get('runs')
  @Route({
    summary: 'Runs of the catalogue, newest first',
    query: schemas.listCatalogueRuns,
    answer: {
      status: 200,
      description: 'a page',
      name: 'CatalogueRunPage',
      schema: schemas.catalogueRunPage,
    },
    headers: { Link: 'first and next page (RFC 8288)' },
  })
  async list(
    @Query(new ZodPipe(schemas.listCatalogueRuns, 'query')) query: z.output<typeof schemas.listCatalogueRuns>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<{ runs: Omit<CatalogueRun, 'rows'>[]; nextCursor: string | null }> {
    const { items: runs, nextCursor } = await jobPage(
      query,
      (limit, before) => this.catalogue.list(limit, before),
      request,
      reply,
    );
    return { runs, nextCursor };
  }

  @Get('runs/:id')
  @Route({
    summary: 'One run of the catalogue: how far it is, or its rows',
    params: { id: 'id of the run' },
    answer: { status: 200, description: 'the run', name: 'CatalogueRun', schema: schemas.catalogueRun },
    problems: [404],
  })
  async get(@Param('id') id: string): Promise<CatalogueRun> {
    const run = await this.catalogue.get(id);
    if (run !== null) return run;
    throw new Problem(404, 'catalogue-run-not-found', `there is no run ${id.slice(0, 20)} of the catalogue`);
  }
}

@Module({})
class CatalogueModule {}

export const catalogueModule: DynamicModule = {
  module: CatalogueModule,
  controllers: [CatalogueController],
  providers: [
    {
      provide: CatalogueJobs,
      useFactory: (jobs: JobService, runner: SessionRunner, protocols: ProtocolFolder) =>
        new CatalogueJobs(CATALOGUE_JOBS, jobs, runner, (id) => protocols.text(id)),
      inject: [JobService, RUNNER, PROTOCOL_FOLDER],
    },
  ],
};
