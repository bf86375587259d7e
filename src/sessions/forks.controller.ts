// /api/v1/sessions/{id}/forks and /tree. Thin: an inspection finds the fork point, the runner starts the fork.
import { Body, Controller, Get, Headers, Inject, Param, Post, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { checkKey, fingerprintOf } from '../http/idempotency.js';
import { Route } from '../http/openapi.decorators.js';
import { ZodPipe } from '../http/zod.pipe.js';
import * as schemas from './fork.schemas.js';
import { Forks, type SessionTree } from './forks.js';
import { session as sessionSchema } from './session.schemas.js';
import { type SessionView, sessionView } from './session.view.js';

const ID = { id: 'id of the session' };

@ApiTags('forks')
@Controller('api/v1/sessions/:id')
export class ForksController {
  constructor(@Inject(Forks) private readonly forks: Forks) {}

  @Post('forks')
  @ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description: 'the same key gives the same session again',
  })
  @Route({
    summary: 'Fork the session: share its history up to a position, and go on differently; it starts at once',
    description:
      'A session that runs is forked at what it has committed. The fork point is the end of the step that the position lies in. ' +
      'Nothing is made where the decisions cannot be taken there or the command is refused.',
    params: ID,
    body: { name: 'CreateFork', schema: schemas.createFork, required: true },
    answer: { status: 201, description: 'the fork', name: 'Session', schema: sessionSchema },
    headers: { Location: 'address of the fork' },
    problems: [404, 409, 413, 415, 422, 429, 503, 507],
  })
  async create(
    @Param('id') id: string,
    @Body(new ZodPipe(schemas.createFork, 'body')) body: z.output<typeof schemas.createFork>,
    @Headers('idempotency-key') key: string | undefined,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SessionView> {
    const { name, at, changes } = body;
    const session = await this.forks.create(
      id,
      { at, changes },
      {
        ...(name === undefined ? {} : { name }),
        ...(key === undefined
          ? {}
          : { idempotency: { key: checkKey(key), fingerprint: fingerprintOf(request, body) } }),
      },
    );
    void reply.header('Location', `/api/v1/sessions/${session.id}`);
    return sessionView(session);
  }

  @Get('tree')
  @Route({
    summary: 'The tree of forks that the session is part of, with the difference on every edge',
    params: ID,
    answer: { status: 200, description: 'the tree', name: 'SessionTree', schema: schemas.sessionTree },
    problems: [404],
  })
  async tree(@Param('id') id: string): Promise<SessionTree> {
    return await this.forks.tree(id);
  }
}
