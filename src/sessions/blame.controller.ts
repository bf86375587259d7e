// /api/v1/sessions/{id}/blame, /waits, /critical-path: who did it, why it waited, why it took so long. Thin: inspection
// threads and the core answer.
import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { Route } from '../http/openapi.decorators.js';
import { ZodPipe } from '../http/zod.pipe.js';
import * as schemas from './blame.schemas.js';
import type { InspectionService } from './inspection.service.js';
import { INSPECTIONS } from './sessions.tokens.js';

const ID = { id: 'id of the session' };
const PROBLEMS = [404, 422, 429];

@ApiTags('blame')
@Controller('api/v1/sessions/:id')
export class BlameController {
  constructor(@Inject(INSPECTIONS) private readonly inspections: InspectionService) {}

  @Get('blame')
  @Route({
    summary: 'The last event, or every event, that changed a field of the state',
    description:
      'Paths are those of the state, and tdp-mmus.VM.roots.ROOT.spte.GFN for the entry that decides about a gfn.',
    params: ID,
    query: schemas.blameQuery,
    answer: { status: 200, description: 'changes, latest first', name: 'Blame', schema: schemas.blame },
    problems: PROBLEMS,
  })
  async blame(
    @Param('id') id: string,
    @Query(new ZodPipe(schemas.blameQuery, 'query')) query: z.output<typeof schemas.blameQuery>,
  ) {
    const { path, all, limit, ...when } = query;
    return await this.inspections.ask('blame', { sessionId: id, path, all, limit, when });
  }

  @Get('waits')
  @Route({
    summary: 'Why a thread waited: its last wait, who held what, who let it go on',
    params: ID,
    query: schemas.waitQuery,
    answer: { status: 200, description: 'the wait', name: 'Wait', schema: schemas.wait },
    problems: PROBLEMS,
  })
  async waits(
    @Param('id') id: string,
    @Query(new ZodPipe(schemas.waitQuery, 'query')) query: z.output<typeof schemas.waitQuery>,
  ) {
    const { thread, ...when } = query;
    return await this.inspections.ask('wait', { sessionId: id, thread, when });
  }

  @Get('critical-path')
  @Route({
    summary: 'The chain of events that decided how long it took from one position to another',
    params: ID,
    query: schemas.criticalPathQuery,
    answer: {
      status: 200,
      description: 'links in order of time, and sums by cause, thread and function',
      name: 'CriticalPath',
      schema: schemas.criticalPath,
    },
    problems: PROBLEMS,
  })
  async criticalPath(
    @Param('id') id: string,
    @Query(new ZodPipe(schemas.criticalPathQuery, 'query')) query: z.output<typeof schemas.criticalPathQuery>,
  ) {
    return await this.inspections.ask('criticalPath', { sessionId: id, ...query });
  }
}
