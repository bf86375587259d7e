// /api/v1/sweeps: a scenario over protocols x seeds x parameters, as a job, and its table. Thin: the service decides.
import {
  Body,
  Controller,
  Get,
  Headers,
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
import { ApiHeader, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { DEFAULT_SWEEP_SEEDS } from '../config/limits.js';
import { MAX_SWEEP_CELLS, MAX_SWEEP_SESSIONS } from '../core/sweeps/limits.js';
import { sendJob } from '../http/async-answer.js';
import { Idempotent } from '../http/idempotency.js';
import { Route } from '../http/openapi.decorators.js';
import { Problem } from '../http/problem.js';
import { ZodPipe } from '../http/zod.pipe.js';
import { acceptedJob } from '../jobs/job.schemas.js';
import { jobPage } from '../jobs/job-pages.js';
import { JobService, type JobView } from '../jobs/job-service.js';
import type { SessionRunner } from '../sessions/runner/session-runner.js';
import { PROTOCOL_FOLDER, RUNNER } from '../sessions/sessions.tokens.js';
import { SWEEP_STORE } from '../store/store.module.js';
import type { SweepStore } from '../store/sweeps.port.js';
import type { ProtocolFolder } from '../user-protocols/protocol-folder.js';
import * as schemas from './sweep.schemas.js';
import { SweepService } from './sweep.service.js';
import type { SweepView } from './sweep.types.js';
import { TABLE_FORMATS, TABLE_TYPES, type TableFormat, tableBytes, tableFormat } from './sweep-files.js';

const ID = { id: 'id of the sweep' };

@ApiTags('sweeps')
@Controller('api/v1/sweeps')
export class SweepsController {
  constructor(@Inject(SweepService) private readonly sweeps: SweepService) {}

  @Post()
  @HttpCode(HttpStatus.ACCEPTED)
  @Idempotent()
  @Route({
    summary: 'Run a scenario over protocols x seeds x parameters',
    description: `A job (progress and cancel: /api/v1/jobs/{id}) of at most ${MAX_SWEEP_CELLS} runs, ${MAX_SWEEP_SESSIONS} where they are recorded. Finished cells are stored: after a restart of the server it goes on where it was.`,
    body: { name: 'NewSweep', schema: schemas.createSweep, required: true },
    ...acceptedJob('sweep'),
  })
  async create(
    @Body(new ZodPipe(schemas.createSweep, 'body')) body: z.output<typeof schemas.createSweep>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<JobView> {
    const { record, manifest, scenario, protocols, seeds, ...rest } = body;
    const given = [scenario, protocols, seeds, ...Object.values(rest)].some((field) => field !== undefined);
    if (manifest !== undefined && !given)
      return sendJob(reply, await this.sweeps.start({ sweep: manifest, record }), false);
    if (manifest !== undefined || scenario === undefined || protocols === undefined) {
      throw new Problem(
        422,
        'sweep-manifest',
        'expected scenario and protocols, or manifest and nothing but record',
        ['scenario', 'protocols', 'manifest'],
      );
    }
    const set = Object.entries(rest).filter(([, value]) => value !== undefined);
    const request = { scenario, protocols, seeds: seeds ?? DEFAULT_SWEEP_SEEDS, ...Object.fromEntries(set) };
    return sendJob(reply, await this.sweeps.start({ sweep: request, record }), false);
  }

  @Get()
  @Route({
    summary: 'Sweeps, newest first',
    query: schemas.listSweeps,
    answer: { status: 200, description: 'a page', name: 'SweepPage', schema: schemas.sweepPage },
    headers: { Link: 'first and next page (RFC 8288)' },
  })
  async list(
    @Query(new ZodPipe(schemas.listSweeps, 'query')) query: z.output<typeof schemas.listSweeps>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<{ sweeps: SweepView[]; nextCursor: string | null }> {
    const { items: sweeps, nextCursor } = await jobPage(
      query,
      (limit, before) => this.sweeps.list(limit, before),
      request,
      reply,
    );
    return { sweeps, nextCursor };
  }

  @Get(':id')
  @Route({
    summary: 'One sweep: its manifest, how far it is',
    params: ID,
    answer: { status: 200, description: 'the sweep', name: 'Sweep', schema: schemas.sweep },
    problems: [404],
  })
  async get(@Param('id') id: string): Promise<SweepView> {
    return (await this.sweeps.get(id)) ?? notFound(id);
  }

  @Get(':id/table')
  @ApiHeader({
    name: 'Accept',
    required: false,
    description: `one of ${TABLE_FORMATS.map((format) => plainType(format)).join(', ')}`,
    schema: { type: 'string' },
  })
  @Route({
    summary: 'What came out, group by group: n, sum, mean, min, max and standard deviation of each metric',
    description: 'Of a sweep that is under way or was cancelled: of the cells that have finished.',
    params: ID,
    query: schemas.tableQuery,
    answer: {
      status: 200,
      description: 'the table, with the manifest that reproduces it',
      name: 'SweepDocument',
      schema: schemas.sweepDocument,
      text: plainType('csv'),
    },
    binary: plainType('parquet'),
    problems: [404, 406, 409, 422],
  })
  async table(
    @Param('id') id: string,
    @Query(new ZodPipe(schemas.tableQuery, 'query')) query: z.output<typeof schemas.tableQuery>,
    @Headers('accept') accept: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const format = query.format === undefined ? acceptedFormat(accept) : tableFormat(query.format);
    const view = (await this.sweeps.get(id)) ?? notFound(id);
    const bytes = tableBytes({ manifest: view.manifest, table: await this.sweeps.table(view) }, format);
    void reply.type(TABLE_TYPES[format]).header('vary', 'accept');
    if (format !== 'json')
      void reply.header('content-disposition', `attachment; filename="sweep-${view.id}.${format}"`);
    void reply.send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }
}

function plainType(format: TableFormat): string {
  return TABLE_TYPES[format].split(';', 1)[0]!;
}

/** The first type of the list that there is: clients that ask for a table name one, or any. */
function acceptedFormat(accept: string | undefined): TableFormat {
  const wanted = (accept ?? '*/*').split(',').map((range) => range.split(';', 1)[0]!.trim().toLowerCase());
  for (const range of wanted) {
    if (range === '*/*' || range === 'application/*') return 'json';
    if (range === 'text/*') return 'csv';
    const found = TABLE_FORMATS.find((format) => plainType(format) === range);
    if (found !== undefined) return found;
  }
  const types = TABLE_FORMATS.map((format) => plainType(format));
  throw new Problem(406, 'bad-request', `expected an Accept of ${types.join(', ')}`, types);
}

function notFound(id: string): never {
  throw new Problem(404, 'sweep-not-found', `there is no sweep ${id.slice(0, 20)}`);
}

@Module({
  controllers: [SweepsController],
  providers: [
    {
      provide: SweepService,
      useFactory: (jobs: JobService, store: SweepStore, runner: SessionRunner, folder: ProtocolFolder) =>
        new SweepService({
          jobs,
          store,
          runner,
          yielding: true,
          takesTexts: false,
          textOf: (id) => folder.text(id),
        }),
      inject: [JobService, SWEEP_STORE, RUNNER, PROTOCOL_FOLDER],
    },
  ],
})
export class SweepsModule {}
