// GET /api/v1/sessions/{id}/exports/{format} and POST /api/v1/sessions/import. Thin: the services decide.
import { Readable } from 'node:stream';
import { Controller, Get, HttpCode, HttpStatus, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { MAX_IMPORT_BYTES } from '../config/limits.js';
import { BadInput } from '../core/base/errors.js';
import { Route } from '../http/openapi.decorators.js';
import { Problem } from '../http/problem.js';
import { queryInteger, ZodPipe } from '../http/zod.pipe.js';
import * as schemas from '../sessions/session.schemas.js';
import { type SessionView, sessionView } from '../sessions/session.view.js';
import type { ExportService } from './export.service.js';
import { EXPORT_FORMATS, exportFormat, FORMATS } from './formats.js';
import type { ImportService } from './import.service.js';

export const EXPORTS = Symbol('ExportService');
export const IMPORTS = Symbol('ImportService');

const MAX_POSITION = Number.MAX_SAFE_INTEGER;
const exportQuery = z.strictObject({
  from: queryInteger(1, MAX_POSITION).optional().describe('first position; not for a session file'),
  to: queryInteger(1, MAX_POSITION).optional().describe('last position; not for a session file'),
  snapshots: z.enum(['true', 'false']).optional().describe('a session file with its snapshots'),
  threads: z
    .string()
    .optional()
    .describe('of the format columns: names of two threads, with a comma between'),
  beside: z
    .string()
    .regex(/^[1-9]\d{0,15}(,[1-9]\d{0,15})*$/, 'expected ids of sessions with commas between them')
    .optional()
    .describe(
      'of perfetto and chrome: further sessions in the same file, on one clock (the first root allocation of each is one moment)',
    ),
});

const FORMAT_TEXT = EXPORT_FORMATS.map((format) => `${format}: ${FORMATS[format].what}`).join('; ');

@ApiTags('exports')
@Controller('api/v1/sessions')
export class ExportsController {
  constructor(
    @Inject(EXPORTS) private readonly exports: ExportService,
    @Inject(IMPORTS) private readonly imports: ImportService,
  ) {}

  @Get(':id/exports/:format')
  @Route({
    summary: 'A session in another form, as a stream',
    description: `Formats: ${FORMAT_TEXT}.`,
    params: { id: 'id of the session', format: EXPORT_FORMATS.join(', ') },
    query: exportQuery,
    answer: { status: 200, description: 'the file; its media type follows from the format' },
    problems: [404, 422, 429],
  })
  async export(
    @Param('id') id: string,
    @Param('format') format: string,
    @Query(new ZodPipe(exportQuery, 'query')) query: z.output<typeof exportQuery>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { from, to, snapshots, threads, beside } = query;
    const { mediaType, fileName, blocks } = await this.exports.start(id, {
      format: exportFormat(format),
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
      ...(snapshots === undefined ? {} : { snapshots: snapshots === 'true' }),
      ...(threads === undefined ? {} : { threads: threads.split(',') }),
      ...(beside === undefined ? {} : { beside: beside.split(',') }),
    });
    // Pulled by the client: what it does not read is not made.
    const stream = Readable.from(blocks, { objectMode: false, highWaterMark: 1 });
    void reply
      .type(mediaType)
      .header('content-disposition', `attachment; filename="${fileName}"`)
      .send(stream);
  }

  @Post('import')
  @HttpCode(HttpStatus.CREATED)
  @ApiBody({
    required: true,
    description: `a session file, at most MAX_IMPORT_BYTES = ${MAX_IMPORT_BYTES}`,
    schema: { type: 'string', format: 'binary' },
  })
  @Route({
    summary: 'Take in a session file that another Rootline wrote',
    description: `The body is the file, as ${FORMATS.session.mediaType}. All or nothing: the session appears when every check has passed.`,
    answer: { status: 201, description: 'the session', name: 'Session', schema: schemas.session },
    headers: { Location: 'address of the session' },
    problems: [413, 415, 422, 429],
  })
  async import(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SessionView> {
    const { body } = request;
    if (!(body instanceof Readable)) {
      const { mediaType } = FORMATS.session;
      throw new Problem(415, 'unsupported-media-type', `expected a body of type ${mediaType}`, [mediaType]);
    }
    const limits = { name: 'MAX_IMPORT_BYTES', maxBytes: MAX_IMPORT_BYTES };
    const session = await this.imports.importStream(body, limits).catch((error: unknown) => {
      if (error instanceof BadInput && error.code === 'upload-too-large')
        throw new Problem(413, error.code, error.message);
      throw error;
    });
    void reply.header('Location', `/api/v1/sessions/${session.id}`);
    return sessionView(session);
  }
}
