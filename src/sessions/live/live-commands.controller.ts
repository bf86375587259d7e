// /api/v1/sessions/{id}/commands, /step, /cancel: what a session that rests can be told. Thin: the core checks and plans a
// command, the runner runs it, and its events are stored with it.
import {
  Body,
  Controller,
  Get,
  Headers,
  HttpCode,
  HttpStatus,
  Inject,
  Param,
  Post,
  Query,
  Res,
} from '@nestjs/common';
import { ApiHeader, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { MAX_COMMANDS_PAGE } from '../../config/limits.js';
import { Idempotent } from '../../http/idempotency.js';
import { Route } from '../../http/openapi.decorators.js';
import { ZodPipe } from '../../http/zod.pipe.js';
import type { EventStore } from '../../store/event-store.port.js';
import { EVENT_STORE } from '../../store/store.module.js';
import type { SessionRunner } from '../runner/session-runner.js';
import { session as sessionSchema } from '../session.schemas.js';
import { type SessionView, sessionView } from '../session.view.js';
import { RUNNER } from '../sessions.tokens.js';
import { whatIsAllowed } from '../state-conflict.js';
import * as schemas from './command.schemas.js';
import { COMMAND_ROUTE, IF_MATCH, RUNS_ON } from './command-route.js';
import { type CommandAnswer, checkEvents, LiveCommands, storedCommands } from './live-commands.service.js';
import { expectedPosition } from './precondition.js';

const ID = { id: 'id of the session' };
const SESSION = { name: 'Session', schema: sessionSchema };
@ApiTags('live sessions')
@Controller('api/v1/sessions/:id')
export class LiveCommandsController {
  constructor(
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(RUNNER) private readonly runner: SessionRunner,
    @Inject(LiveCommands) private readonly commands: LiveCommands,
  ) {}

  @Post('commands')
  @Idempotent()
  @ApiHeader(IF_MATCH)
  @Route({
    summary: 'Give a session that waits or is paused a command, and let it go on to where it waits again',
    params: ID,
    body: { name: 'LiveCommand', schema: schemas.liveCommand, required: true },
    ...COMMAND_ROUTE,
  })
  async command(
    @Param('id') id: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandAnswer> {
    return await this.commands.give(id, ifMatch, body, reply);
  }

  @Get('commands')
  @Route({
    summary: 'The commands that the session was given, in order',
    params: ID,
    query: schemas.listCommands,
    answer: { status: 200, description: 'a page', name: 'CommandList', schema: schemas.commandList },
    problems: [404],
  })
  async list(
    @Param('id') id: string,
    @Query(new ZodPipe(schemas.listCommands, 'query')) query: z.output<typeof schemas.listCommands>,
  ): Promise<z.output<typeof schemas.commandList>> {
    const from = Number(query.from ?? 1);
    const all = (await storedCommands(this.store, id)).filter(({ number }) => number >= from);
    const commands = all.slice(0, MAX_COMMANDS_PAGE);
    const next = all.length > commands.length ? from + commands.length : null;
    return { commands: commands.map((c) => ({ ...c, command: { ...c.command } })), next };
  }

  @Post('step')
  @HttpCode(HttpStatus.OK)
  @Idempotent()
  @ApiHeader(IF_MATCH)
  @Route({
    summary: 'Let a paused session go on for so many events, or to the next command point',
    params: ID,
    body: { name: 'StepSession', schema: schemas.stepSession, required: false },
    answer: { status: 200, description: 'the session where it rests', ...SESSION },
    runsOn: RUNS_ON,
    headers: { ETag: 'the position of the session' },
    problems: [404, 409, 412, 413, 415, 422, 428, 507],
  })
  async step(
    @Param('id') id: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Body(new ZodPipe(schemas.stepSession, 'body')) body: z.output<typeof schemas.stepSession>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SessionView> {
    const position = expectedPosition(ifMatch, id);
    const session = await whatIsAllowed(this.store, id, 'step', () =>
      this.runner.step(id, position, checkEvents(body.events)),
    );
    this.commands.tell(reply, session);
    return sessionView(session);
  }

  @Post('cancel')
  @HttpCode(HttpStatus.OK)
  @Route({
    summary: 'End the session where it is: it takes nothing more, and keeps what it has',
    params: ID,
    answer: { status: 200, description: 'the cancelled session', ...SESSION },
    problems: [404, 409],
  })
  async cancel(@Param('id') id: string): Promise<SessionView> {
    return sessionView(await whatIsAllowed(this.store, id, 'cancel', () => this.runner.cancel(id)));
  }
}
