// /api/v1/sessions: create, list, look at, delete, pause, resume. Thin: the runner and the store decide.
import {
  Body,
  Controller,
  Delete,
  Get,
  Headers,
  HttpCode,
  HttpStatus,
  Inject,
  Param,
  Post,
  Query,
  Req,
  Res,
} from '@nestjs/common';
import { ApiHeader, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { checkKey, fingerprintOf } from '../http/idempotency.js';
import { linkPages } from '../http/links.js';
import { Route } from '../http/openapi.decorators.js';
import { Problem } from '../http/problem.js';
import { ZodPipe } from '../http/zod.pipe.js';
import type { EventStore } from '../store/event-store.port.js';
import { SESSION_KINDS, SESSION_STATES } from '../store/session.js';
import { EVENT_STORE } from '../store/store.module.js';
import { etagOf } from './live/precondition.js';
import type { SessionRunner } from './runner/session-runner.js';
import * as schemas from './session.schemas.js';
import { type SessionFigures, type SessionView, sessionView, summaryView } from './session.view.js';
import { RUNNER } from './sessions.tokens.js';
import { whatIsAllowed } from './state-conflict.js';

const ID = { id: 'id of the session' };
const NAMED = { name: 'Session', schema: schemas.session };

@ApiTags('sessions')
@Controller('api/v1/sessions')
export class SessionsController {
  constructor(
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(RUNNER) private readonly runner: SessionRunner,
  ) {}

  @Post()
  @ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description: 'the same key gives the same session again',
  })
  @Route({
    summary: 'Create a session; it starts at once',
    body: { name: 'CreateSession', schema: schemas.createSession, required: true },
    answer: { status: 201, description: 'the session', ...NAMED },
    headers: { Location: 'address of the session' },
    problems: [409, 413, 415, 422, 429, 503],
  })
  async create(
    @Body(new ZodPipe(schemas.createSession, 'body')) body: z.output<typeof schemas.createSession>,
    @Headers('idempotency-key') key: string | undefined,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SessionView> {
    const { name, ...run } = body;
    const session = await this.runner.create(run, {
      ...(name === undefined ? {} : { name }),
      ...(key === undefined
        ? {}
        : { idempotency: { key: checkKey(key), fingerprint: fingerprintOf(request, body) } }),
    });
    void reply.header('Location', `/api/v1/sessions/${session.id}`);
    return sessionView(session);
  }

  @Get()
  @Route({
    summary: 'List sessions, newest first',
    query: schemas.listSessions,
    answer: { status: 200, description: 'a page', name: 'SessionPage', schema: schemas.sessionPage },
    headers: { Link: 'first and next page (RFC 8288)' },
  })
  async list(
    @Query(new ZodPipe(schemas.listSessions, 'query')) query: z.output<typeof schemas.listSessions>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<{ sessions: SessionFigures[]; nextCursor: string | null }> {
    const { limit, cursor, state, kind, scenario, protocol, parent } = query;
    const page = await this.store.listSessions({
      limit,
      ...(cursor === undefined ? {} : { cursor }),
      ...(state === undefined ? {} : { states: words('state', state, SESSION_STATES) }),
      ...(kind === undefined ? {} : { kinds: words('kind', kind, SESSION_KINDS) }),
      ...(scenario === undefined ? {} : { scenario }),
      ...(protocol === undefined ? {} : { protocol }),
      ...(parent === undefined ? {} : { parent }),
    });
    const { nextCursor } = page;
    const next = nextCursor === null ? null : { cursor: nextCursor };
    linkPages(request, reply, { first: { cursor: null }, next });
    return { sessions: page.sessions.map(summaryView), nextCursor };
  }

  @Get(':id')
  @Route({
    summary: 'One session: manifest, state, outcome, figures',
    params: ID,
    answer: { status: 200, description: 'the session', ...NAMED },
    headers: { ETag: 'the position of the session, for If-Match' },
    problems: [404],
  })
  async get(@Param('id') id: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<SessionView> {
    const session = await this.store.getSession(id);
    void reply.header('ETag', etagOf(session.position));
    return sessionView(session);
  }

  @Delete(':id')
  @HttpCode(HttpStatus.NO_CONTENT)
  @Route({
    summary: 'Stop the session if it runs, and delete it',
    params: ID,
    answer: { status: 204, description: 'it is gone; its rows are removed in the background' },
    problems: [404],
  })
  async delete(@Param('id') id: string): Promise<void> {
    await this.runner.delete(id);
  }

  @Post(':id/pause')
  @HttpCode(HttpStatus.OK)
  @Route({
    summary: 'Pause at the next chunk boundary',
    params: ID,
    answer: { status: 200, description: 'the paused session', ...NAMED },
    problems: [404, 409],
  })
  async pause(@Param('id') id: string): Promise<SessionView> {
    return sessionView(await whatIsAllowed(this.store, id, 'pause', () => this.runner.pause(id)));
  }

  @Post(':id/resume')
  @HttpCode(HttpStatus.OK)
  @Route({
    summary: 'Go on from where the session was paused or interrupted',
    params: ID,
    answer: { status: 200, description: 'the session, queued or running', ...NAMED },
    problems: [404, 409],
  })
  async resume(@Param('id') id: string): Promise<SessionView> {
    return sessionView(await whatIsAllowed(this.store, id, 'resume', () => this.runner.resume(id)));
  }
}

function words<T extends string>(what: string, text: string, known: readonly T[]): T[] {
  return text.split(',').map((word) => {
    const found = known.find((k) => k === word.trim());
    if (found !== undefined) return found;
    throw new Problem(
      400,
      `unknown-${what}`,
      `unknown ${what} "${word}"; expected one or more of: ${known.join(', ')}`,
      known,
    );
  });
}
