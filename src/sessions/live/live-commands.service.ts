// Commands of live sessions: checked by the core, run by the runner, read back from the store.

import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { MAX_STEP_EVENTS } from '../../config/limits.js';
import { BadInput } from '../../core/base/errors.js';
import { resolveCommand } from '../../core/scenarios/live/resolve.js';
import type { EventStore, StoredMark } from '../../store/event-store.port.js';
import type { SessionRecord } from '../../store/session.js';
import { EVENT_STORE } from '../../store/store.module.js';
import type { SessionRunner } from '../runner/session-runner.js';
import { type SessionView, sessionView } from '../session.view.js';
import { RUNNER } from '../sessions.tokens.js';
import { whatIsAllowed } from '../state-conflict.js';
import { etagOf, expectedPosition } from './precondition.js';

export interface StoredCommand {
  readonly number: number;
  readonly command: object;
  readonly afterPosition: number;
  readonly atStep: number;
  readonly issuedAt: string;
}

export async function storedCommands(store: EventStore, sessionId: string): Promise<StoredCommand[]> {
  return (await store.marks(sessionId)).flatMap((mark) => commandOf(mark) ?? []);
}

function commandOf({ input, position, step, issuedAt }: StoredMark): StoredCommand | null {
  if (input === null) return null;
  return { number: input.number, command: input.command, afterPosition: position, atStep: step, issuedAt };
}

export interface CommandAnswer {
  readonly command: StoredCommand;
  readonly session: SessionView;
}

/** Gives commands for the controllers: precondition, answer headers, and what is allowed where the state forbids it. */
@Injectable()
export class LiveCommands {
  constructor(
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(RUNNER) private readonly runner: SessionRunner,
  ) {}

  async give(
    id: string,
    ifMatch: string | undefined,
    body: unknown,
    reply: FastifyReply,
  ): Promise<CommandAnswer> {
    const position = expectedPosition(ifMatch, id);
    const { command, session } = await whatIsAllowed(this.store, id, 'command', () =>
      giveCommand(this.store, this.runner, id, position, body),
    );
    this.tell(reply, session);
    return { command, session: sessionView(session) };
  }

  /** ETag, and 202 where the session has not come to rest yet. */
  tell(reply: FastifyReply, session: SessionRecord): void {
    void reply.header('ETag', etagOf(session.position));
    if (session.state === 'running') void reply.status(202);
  }
}

/** @param body a command's fields and `events`, unchecked */
export async function giveCommand(
  store: EventStore,
  runner: SessionRunner,
  sessionId: string,
  position: number,
  body: unknown,
): Promise<{ readonly command: StoredCommand; readonly session: SessionRecord }> {
  const { events = null, ...given } = (typeof body === 'object' && body !== null ? body : {}) as {
    readonly events?: unknown;
  };
  const command = resolveCommand(given);
  const session = await runner.command(sessionId, position, command, checkEvents(events));
  const last = (await storedCommands(store, sessionId)).at(-1);
  if (last === undefined) throw new Error(`session ${sessionId} has no command after one`);
  return { command: last, session };
}

/** null: to the next command point. */
export function checkEvents(events: unknown): number | null {
  if (events === null || events === undefined) return null;
  if (typeof events === 'number' && Number.isInteger(events) && events >= 0 && events <= MAX_STEP_EVENTS)
    return events;
  throw new BadInput(
    'events',
    `events must be a whole number from 0 to ${MAX_STEP_EVENTS} (MAX_STEP_EVENTS), or null; got ${JSON.stringify(events)?.slice(0, 40)}`,
  );
}
