// /api/v1/sessions/{id}/state, /changes, /seek: time travel over HTTP. Thin: inspection threads and the core answer.
import { Controller, Get, Inject, Param, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { Route } from '../http/openapi.decorators.js';
import { ZodPipe } from '../http/zod.pipe.js';
import type { InspectionService } from './inspection.service.js';
import { INSPECTIONS } from './sessions.tokens.js';
import * as stateSchemas from './state.schemas.js';
import * as schemas from './travel.schemas.js';

const ID = { id: 'id of the session' };
const PROBLEMS = [404, 422, 429];

@ApiTags('time travel')
@Controller('api/v1/sessions/:id')
export class TravelController {
  constructor(@Inject(INSPECTIONS) private readonly inspections: InspectionService) {}

  @Get('state')
  @Route({
    summary: 'The whole state at a position or a virtual time',
    description: 'What the recording level did not keep is `notRecorded`.',
    params: ID,
    query: stateSchemas.when,
    answer: { status: 200, description: 'the state', name: 'State', schema: stateSchemas.state },
    problems: PROBLEMS,
  })
  async state(
    @Param('id') id: string,
    @Query(new ZodPipe(stateSchemas.when, 'query')) when: z.output<typeof stateSchemas.when>,
  ) {
    return await this.inspections.state(id, when);
  }

  @Get('changes')
  @Route({
    summary: 'What differs between two positions, per aggregate and field',
    params: ID,
    query: schemas.changesQuery,
    answer: { status: 200, description: 'changed paths', name: 'Changes', schema: schemas.changesReply },
    problems: PROBLEMS,
  })
  async changes(
    @Param('id') id: string,
    @Query(new ZodPipe(schemas.changesQuery, 'query')) query: z.output<typeof schemas.changesQuery>,
  ) {
    return await this.inspections.ask('changes', { sessionId: id, ...query });
  }

  @Get('seek')
  @Route({
    summary: 'Step, or go on to a breakpoint, forwards or backwards',
    description:
      'Everything that is named must hold of one event. Nothing is executed. A bounded number of events is looked at: ' +
      '`next` says where to go on.',
    params: ID,
    query: schemas.seekQuery,
    answer: { status: 200, description: 'where it stopped', name: 'Sought', schema: schemas.seekReply },
    problems: PROBLEMS,
  })
  async seek(
    @Param('id') id: string,
    @Query(new ZodPipe(schemas.seekQuery, 'query')) query: z.output<typeof schemas.seekQuery>,
  ) {
    const { from, direction, step, limit, ...until } = query;
    return await this.inspections.ask('seek', { sessionId: id, from, direction, step, until, limit });
  }

  @Get('timeline')
  @Route({
    summary: 'Events per lane and kind in buckets of the resolution asked for',
    params: ID,
    query: schemas.timelineQuery,
    answer: { status: 200, description: 'buckets and lanes', name: 'Timeline', schema: schemas.timeline },
    problems: PROBLEMS,
  })
  async timeline(
    @Param('id') id: string,
    @Query(new ZodPipe(schemas.timelineQuery, 'query')) query: z.output<typeof schemas.timelineQuery>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    sendText(reply, await this.inspections.askJson('timeline', { sessionId: id, ...query }));
  }

  @Get('scene')
  @Route({
    summary: 'A short stretch as it is drawn: slices, lives of roots, holders of locks, arrows',
    params: ID,
    query: schemas.sceneQuery,
    answer: { status: 200, description: 'lanes and arrows', name: 'Scene', schema: schemas.scene },
    problems: PROBLEMS,
  })
  async scene(
    @Param('id') id: string,
    @Query(new ZodPipe(schemas.sceneQuery, 'query')) query: z.output<typeof schemas.sceneQuery>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    sendText(reply, await this.inspections.askJson('scene', { sessionId: id, ...query }));
  }
}

function sendText(reply: FastifyReply, text: Uint8Array): void {
  void reply
    .type('application/json; charset=utf-8')
    .send(Buffer.from(text.buffer, text.byteOffset, text.byteLength));
}
