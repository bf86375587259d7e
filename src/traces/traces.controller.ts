// POST /api/v1/traces and GET /api/v1/traces/{id}. Thin: the service decides.
import { Readable } from 'node:stream';
import { Controller, Get, HttpCode, HttpStatus, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { MAX_SHOWN_TRACE_LINES, MAX_TRACE_BYTES } from '../config/limits.js';
import { BadInput } from '../core/base/errors.js';
import { Route } from '../http/openapi.decorators.js';
import { Problem } from '../http/problem.js';
import { queryInteger, ZodPipe } from '../http/zod.pipe.js';
import type { InspectionService } from '../sessions/inspection.service.js';
import { INSPECTIONS } from '../sessions/sessions.tokens.js';
import * as schemas from './trace.schemas.js';
import { type ImportedTrace, TRACES, type TraceService } from './trace.service.js';

export const TRACE_MEDIA_TYPE = 'application/octet-stream';

const MAX_NAME_CHARS = 200;
const MAX_PROFILE_CHARS = 3_000;
const importQuery = z.strictObject({
  kernel: z.string().max(MAX_NAME_CHARS).optional().describe('version of the kernel, where it is known'),
  name: z.string().max(MAX_NAME_CHARS).optional().describe('what the file is called'),
  kprobeProfile: z
    .string()
    .max(MAX_PROFILE_CHARS)
    .optional()
    .describe('text of tracefs kprobe_profile: lines of event, hits, missed'),
});

const linesQuery = z.strictObject({
  around: queryInteger(1, Number.MAX_SAFE_INTEGER).describe('number of a line, from 1'),
  limit: queryInteger(1, MAX_SHOWN_TRACE_LINES).default(21).describe('lines; half of them before it'),
});

@ApiTags('traces')
@Controller('api/v1/traces')
export class TracesController {
  constructor(
    @Inject(TRACES) private readonly traces: TraceService,
    @Inject(INSPECTIONS) private readonly inspections: InspectionService,
  ) {}

  @Post()
  @HttpCode(HttpStatus.CREATED)
  @ApiBody({
    required: true,
    description: `a trace, plain, gzip or zstd, at most MAX_TRACE_BYTES = ${MAX_TRACE_BYTES}`,
    schema: { type: 'string', format: 'binary' },
  })
  @Route({
    summary: 'Take in a trace of a real kernel as a session',
    description: `The body is the file, as ${TRACE_MEDIA_TYPE}: text of tracefs, trace-cmd report or perf script, or a trace.dat. The form is recognised.`,
    query: importQuery,
    answer: {
      status: 201,
      description: 'what came of it',
      name: 'ImportedTrace',
      schema: schemas.importedTrace,
    },
    headers: { Location: 'address of the session' },
    problems: [400, 413, 415, 422, 429],
  })
  async import(
    @Req() request: FastifyRequest,
    @Query(new ZodPipe(importQuery, 'query')) query: z.output<typeof importQuery>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ImportedTrace> {
    const { body } = request;
    if (!(body instanceof Readable))
      throw new Problem(415, 'unsupported-media-type', `expected a body of type ${TRACE_MEDIA_TYPE}`, [
        TRACE_MEDIA_TYPE,
      ]);
    const trace = await this.traces.importStream(body, query).catch((error: unknown) => {
      if (error instanceof BadInput && error.code === 'upload-too-large')
        throw new Problem(413, error.code, error.message);
      throw error;
    });
    void reply.header('Location', `/api/v1/sessions/${trace.sessionId}`);
    return trace;
  }

  @Get(':id')
  @Route({
    summary: 'What the import of a trace came to',
    params: { id: 'id of the session' },
    answer: { status: 200, description: 'the report', name: 'ImportedTrace', schema: schemas.importedTrace },
    problems: [404, 422],
  })
  async document(@Param('id') id: string): Promise<ImportedTrace> {
    return await this.traces.document(id);
  }

  @Get(':id/lines')
  @Route({
    summary: 'What lines of an imported trace said, around one of them',
    description: 'Lines that say nothing about KVM were not kept.',
    params: { id: 'id of the session' },
    query: linesQuery,
    answer: { status: 200, description: 'in order', name: 'TraceLines', schema: schemas.traceLines },
    problems: [404, 422, 429],
  })
  async lines(
    @Param('id') id: string,
    @Query(new ZodPipe(linesQuery, 'query')) query: z.output<typeof linesQuery>,
  ) {
    return await this.inspections.ask('lines', { sessionId: id, ...query });
  }
}
