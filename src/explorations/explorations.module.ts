// /api/v1/explorations: searches of all interleavings of a litmus, as jobs. Thin: the service and the explorer decide.
import { join } from 'node:path';
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
import { type CounterexampleReport, reportText } from '../core/explorer/report/counterexample-text.js';
import { sendJob } from '../http/async-answer.js';
import { Idempotent } from '../http/idempotency.js';
import { Route } from '../http/openapi.decorators.js';
import { Problem } from '../http/problem.js';
import { ZodPipe } from '../http/zod.pipe.js';
import { acceptedJob } from '../jobs/job.schemas.js';
import { jobPage } from '../jobs/job-pages.js';
import { JobService, type JobView } from '../jobs/job-service.js';
import type { SessionRunner } from '../sessions/runner/session-runner.js';
import { SessionNotes } from '../sessions/session-notes.js';
import { PROTOCOL_FOLDER, RUNNER } from '../sessions/sessions.tokens.js';
import type { EventStore } from '../store/event-store.port.js';
import type { NoteStore } from '../store/notes.port.js';
import { EVENT_STORE, NOTE_STORE } from '../store/store.module.js';
import type { ProtocolFolder } from '../user-protocols/protocol-folder.js';
import * as schemas from './exploration.schemas.js';
import { ExplorationService, type ExplorationView } from './exploration.service.js';
import { TraceExplorationService } from './trace-exploration.service.js';
import { TraceExplorationsController } from './trace-explorations.controller.js';

const ID = { id: 'id of the exploration' };

@ApiTags('explorations')
@Controller('api/v1/explorations')
export class ExplorationsController {
  constructor(@Inject(ExplorationService) private readonly explorations: ExplorationService) {}

  @Post()
  @HttpCode(HttpStatus.ACCEPTED)
  @Idempotent()
  @Route({
    summary: 'Search the interleavings of a litmus',
    description:
      'A job (progress and cancel: /api/v1/jobs/{id}; live: `follow` at /api/v1/live), one at a time. It writes down what it needs to go on, now and then and when it is stopped: it goes on after a restart of the server, also behind a kill, and a cancelled one with `continues`.',
    body: { name: 'NewExploration', schema: schemas.createExploration, required: true },
    ...acceptedJob('exploration'),
  })
  async create(
    @Body(new ZodPipe(schemas.createExploration, 'body')) body: z.output<typeof schemas.createExploration>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<JobView> {
    return sendJob(reply, await this.explorations.start(body), false);
  }

  @Get()
  @Route({
    summary: 'Explorations, newest first',
    query: schemas.listExplorations,
    answer: { status: 200, description: 'a page', name: 'ExplorationPage', schema: schemas.explorationPage },
    headers: { Link: 'first and next page (RFC 8288)' },
  })
  async list(
    @Query(new ZodPipe(schemas.listExplorations, 'query')) query: z.output<typeof schemas.listExplorations>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<{ explorations: ExplorationView[]; nextCursor: string | null }> {
    const { items: explorations, nextCursor } = await jobPage(
      query,
      (limit, before) => this.explorations.list(limit, before),
      request,
      reply,
    );
    return { explorations, nextCursor };
  }

  @Get(':id')
  @Route({
    summary: 'One exploration: how far it is, or what was established',
    params: ID,
    answer: { status: 200, description: 'the exploration', name: 'Exploration', schema: schemas.exploration },
    problems: [404],
  })
  async get(@Param('id') id: string): Promise<ExplorationView> {
    return (await this.explorations.get(id)) ?? notFound(id);
  }

  @Get(':id/report')
  @Route({
    summary:
      'Its counterexample for people: which two steps had to be ordered, a drawing, a recipe for a real kernel',
    params: ID,
    answer: {
      status: 200,
      description: 'the report',
      name: 'ExplorationReport',
      schema: schemas.explorationReport,
    },
    problems: [404],
  })
  async report(
    @Param('id') id: string,
  ): Promise<{ readonly lines: readonly string[]; readonly report: CounterexampleReport }> {
    const { result, state } = (await this.explorations.get(id)) ?? notFound(id);
    const report = result?.report;
    if (report == null) {
      const why =
        result === null
          ? state === 'failed' || state === 'cancelled'
            ? `it has ${state === 'failed' ? 'failed' : 'been cancelled'}, without a verdict`
            : 'it has not ended'
          : result.counterexample === null
            ? `its verdict is ${result.verdict}`
            : `the steps of ${result.litmus} are not those of the machine`;
      throw new Problem(404, 'no-counterexample', `exploration ${id} has no counterexample to draw: ${why}`);
    }
    return { lines: reportText(report), report };
  }
}

function notFound(id: string): never {
  throw new Problem(404, 'exploration-not-found', `there is no exploration ${id.slice(0, 20)}`);
}

@Module({})
class ExplorationsModule {}

export function explorationsModule(dataDir: string, checkpointMs: number): DynamicModule {
  return {
    module: ExplorationsModule,
    controllers: [TraceExplorationsController, ExplorationsController],
    providers: [
      {
        provide: ExplorationService,
        useFactory: (
          jobs: JobService,
          runner: SessionRunner,
          protocols: ProtocolFolder,
          store: EventStore,
          notes: NoteStore,
        ) =>
          new ExplorationService({
            jobs,
            runner,
            notes: new SessionNotes(store, notes),
            folder: join(dataDir, 'explorations'),
            checkpointMs,
            textOf: (id) => protocols.text(id),
          }),
        inject: [JobService, RUNNER, PROTOCOL_FOLDER, EVENT_STORE, NOTE_STORE],
      },
      {
        provide: TraceExplorationService,
        useFactory: (store: EventStore, jobs: JobService, runner: SessionRunner) =>
          new TraceExplorationService(store, jobs, runner),
        inject: [EVENT_STORE, JobService, RUNNER],
      },
    ],
  };
}
