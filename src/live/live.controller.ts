// GET /api/v1/sessions/{id}/live: the live feed for whatever reads lines, such as curl and EventSource.
import { Readable } from 'node:stream';
import { Controller, Get, Headers, Inject, Param, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Route } from '../http/openapi.decorators.js';
import { Problem } from '../http/problem.js';
import { STOPPING, type Stopping } from '../http/stopping.js';
import { queryInteger, ZodPipe } from '../http/zod.pipe.js';
import { isSealed } from '../store/session.js';
import { type EventStream, openEventStream } from './event-stream.js';
import { FeedHub } from './feed-hub.js';
import { feedFilter, type SubscribeFrame } from './live.schemas.js';

export const EVENT_STREAM_TYPE = 'text/event-stream';

const followSession = feedFilter.extend({
  from: queryInteger(1, Number.MAX_SAFE_INTEGER)
    .optional()
    .describe('first position; default 1, or the one after Last-Event-ID'),
});
type Follow = z.output<typeof followSession>;

@ApiTags('events')
@Controller('api/v1/sessions/:id')
export class LiveController {
  private readonly streams = new Set<EventStream>();

  constructor(
    @Inject(FeedHub) private readonly hub: FeedHub,
    @Inject(STOPPING) stopping: Stopping,
  ) {
    stopping.onStop(() => {
      for (const stream of this.streams) stream.close();
    });
  }

  @Get('live')
  @Route({
    summary: 'Stored events, then new ones as they are committed',
    description:
      'Server-sent events: `events` (id: last position covered; data: {from, to, events}), `caught-up`, `state`, ' +
      '`removed`, and comments as heartbeat. `Last-Event-ID` goes on behind that position; 204 when the session has ' +
      'ended and nothing is left. The frames are those of /api/v1/live, see /api/v1/asyncapi.json.',
    params: { id: 'id of the session' },
    query: followSession,
    answer: { status: 200, description: 'a stream that ends with the session' },
    nothingLeft: 'the session has ended at the position of Last-Event-ID: do not come again',
    eventStream: true,
    problems: [404, 409, 429],
  })
  async follow(
    @Param('id') session: string,
    @Query(new ZodPipe(followSession, 'query')) query: Follow,
    @Headers('last-event-id') lastId: string | undefined,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { from: first, ...filter } = query;
    const resumed = lastId === undefined ? null : resumePosition(lastId);
    const from = resumed ?? first ?? 1;
    const asked: SubscribeFrame = { kind: 'subscribe', session, from, encoding: 'objects', filter };
    const leave = this.hub.enter();
    let stream: EventStream;
    try {
      stream = await openEventStream(this.hub, asked);
    } catch (error) {
      leave();
      throw error;
    }
    const { state, position } = stream.opened;
    const over = resumed !== null && from > position && isSealed(state);
    if (over || request.method === 'HEAD') {
      stream.close();
      leave();
      // 204 keeps EventSource from coming again and again.
      void reply
        .status(over ? 204 : 200)
        .type(EVENT_STREAM_TYPE)
        .send();
      return;
    }
    this.streams.add(stream);
    const body = Readable.from(stream.chunks, { objectMode: false, highWaterMark: 1 });
    const end = (): void => {
      this.streams.delete(stream);
      stream.close();
      leave();
    };
    body.once('close', end);
    // The body learns of a lost client only when it writes; the socket tells at once.
    reply.raw.once('close', () => {
      end();
      body.destroy();
    });
    void reply.type(EVENT_STREAM_TYPE).header('x-accel-buffering', 'no').send(body);
  }
}

function resumePosition(lastId: string): number {
  if (/^\d{1,16}$/.test(lastId) && Number(lastId) < Number.MAX_SAFE_INTEGER) return Number(lastId) + 1;
  throw new Problem(400, 'bad-header', `Last-Event-ID is "${lastId.slice(0, 60)}"`, ['a position']);
}
