// /api/v1/sessions/{id}/events and /findings: stored rows in words, as pages or as a stream of lines.
import { Readable } from 'node:stream';
import { Controller, Get, Headers, Inject, Param, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { DEFAULT_EVENTS_PAGE, MAX_EVENTS_PAGE } from '../config/limits.js';
import { decodeEvent, EVENT_BY_CODE } from '../core/events/catalogue.js';
import { INVARIANTS } from '../core/invariants/catalogue.js';
import { eventText } from '../core/projections/event-text.js';
import { linkPages } from '../http/links.js';
import { OPEN_STREAMS, type OpenStreams } from '../http/open-streams.js';
import { Route } from '../http/openapi.decorators.js';
import { Problem } from '../http/problem.js';
import { ZodPipe } from '../http/zod.pipe.js';
import type { EventRows } from '../store/event-rows.js';
import type { EventStore, RowQuery } from '../store/event-store.port.js';
import { NameTable, ndjsonOf, type ReadableEvent, readableEvent } from '../store/readable-rows.js';
import { EVENT_STORE } from '../store/store.module.js';
import { EventLines } from '../traces/event-lines.js';
import { rowFilters } from './event-filters.js';
import { type KernelReport, kernelReports } from './kernel-reports.js';
import * as schemas from './session.schemas.js';
import { takeLines } from './take-lines.js';

export const NDJSON_TYPE = 'application/x-ndjson';
type Query_ = z.output<typeof schemas.readEvents>;

const finding = schemas.event.extend({
  invariant: z.string().describe('I1 ...'),
  name: z.string(),
  statement: z.string(),
});

const assertion = schemas.event.extend({
  assertion: z.string().describe('LOCKDEP_HELD_WRITE, REFCOUNT_UNDERFLOW ...'),
});

@ApiTags('events')
@Controller('api/v1/sessions/:id')
export class EventsController {
  constructor(
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(OPEN_STREAMS) private readonly streams: OpenStreams,
  ) {}

  @Get('events')
  @Route({
    summary: 'Stored events',
    description: `A JSON page, or with \`Accept: ${NDJSON_TYPE}\` one event a line without bound.`,
    params: { id: 'id of the session' },
    query: schemas.readEvents,
    answer: {
      status: 200,
      description: 'events in order of position',
      name: 'EventPage',
      schema: schemas.eventPage,
    },
    headers: { Link: 'first, next and, without filters, previous page (RFC 8288)' },
    ndjson: 'Event',
    problems: [404, 429],
  })
  async events(
    @Param('id') id: string,
    @Query(new ZodPipe(schemas.readEvents, 'query')) query: Query_,
    @Headers('accept') accept: string | undefined,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { position, kind } = await this.store.getSession(id);
    const lines = kind === 'imported' ? this.linesOf(id) : null;
    const filters = rowFilters(query, await this.store.dictionary(id));
    const range: Omit<RowQuery, 'limit'> = {
      from: query.from,
      ...(query.to === undefined ? {} : { to: query.to }),
      ...(filters === undefined ? {} : { filters }),
    };
    if (accept?.includes(NDJSON_TYPE) === true) {
      this.stream(reply, id, range, query.limit, lines);
      return;
    }
    const limit = query.limit ?? DEFAULT_EVENTS_PAGE;
    if (limit > MAX_EVENTS_PAGE) {
      const expected = `expected 1 to ${MAX_EVENTS_PAGE}, or Accept: ${NDJSON_TYPE}`;
      throw new Problem(400, 'page-limit', `limit ${limit} is more than MAX_EVENTS_PAGE; ${expected}`, [
        expected,
      ]);
    }
    const { rows, next } = await this.store.readRows(id, { ...range, limit });
    // Names after the rows: every name that a committed row uses is there.
    const names = new NameTable(await this.store.dictionary(id));
    const events = await withLines(inWords(rows, names), rows, lines);
    const before = { from: Math.max(1, query.from - limit), limit };
    linkPages(request, reply, {
      first: { from: null },
      // With filters nobody knows where the page before begins.
      prev: filters === undefined && query.from > 1 ? before : null,
      next: next === null ? null : { from: next },
    });
    void reply.send({
      events: query.words ? withTexts(rows, events) : events,
      next,
      position,
    });
  }

  @Get('findings')
  @Route({
    summary: 'Breaches of invariants; apart from them, what the kernel itself reported',
    params: { id: 'id of the session' },
    answer: {
      status: 200,
      description:
        'the Finding events, each with the statement that it breaks; the AssertionFired events (lockdep, WARN_ON, KVM_BUG_ON, refcount_t)',
      name: 'Findings',
      schema: z.object({ findings: z.array(finding), assertions: z.array(assertion) }),
    },
    problems: [404],
  })
  async findings(@Param('id') id: string): Promise<{ findings: object[]; assertions: KernelReport[] }> {
    const rows = await this.store.findings(id);
    const names = new NameTable(await this.store.dictionary(id));
    return {
      findings: inWords(rows, names).map((e) => {
        const broken = INVARIANTS.find((i) => i.number === e.values.invariant);
        return {
          invariant: `I${e.values.invariant}`,
          name: broken?.name ?? 'unknown',
          statement: broken?.statement ?? 'not in the catalogue of this build',
          ...e,
        };
      }),
      assertions: await kernelReports(this.store, id),
    };
  }

  /** Pulled by the client: what it does not read is not produced. */
  private stream(
    reply: FastifyReply,
    id: string,
    range: Omit<RowQuery, 'limit'>,
    limit: number | undefined,
    lines: EventLines | null,
  ): void {
    const stream = this.streams.open(() => {
      const text =
        lines === null ? this.store.streamNdjson(id, range) : this.importedNdjson(id, range, lines);
      const taken = limit === undefined ? text : takeLines(text, limit);
      return Readable.from(taken, { objectMode: false, highWaterMark: 1 });
    });
    void reply.type(NDJSON_TYPE).send(stream);
  }

  private linesOf(id: string): EventLines {
    return new EventLines((from, limit) => this.store.traceLines(id, from, limit));
  }

  /** The same lines of text with the trace's line in each. */
  private async *importedNdjson(
    id: string,
    range: Omit<RowQuery, 'limit'>,
    lines: EventLines,
  ): AsyncGenerator<Uint8Array> {
    const names = new NameTable(await this.store.dictionary(id));
    const encoder = new TextEncoder();
    for (let from: number | null = range.from ?? 1; from !== null; ) {
      const page = await this.store.readRows(id, { ...range, from, limit: MAX_EVENTS_PAGE });
      const numbers = await lines.of(page.rows.position);
      yield encoder.encode(ndjsonOf(page.rows, names, numbers));
      from = page.next;
    }
  }
}

function inWords(rows: EventRows, names: NameTable): ReadableEvent[] {
  return Array.from({ length: rows.length }, (_, i) => readableEvent(rows, i, names));
}

/** In an imported session each event says which line of the trace it came from. */
async function withLines(
  events: readonly ReadableEvent[],
  rows: EventRows,
  lines: EventLines | null,
): Promise<readonly ReadableEvent[]> {
  if (lines === null) return events;
  const numbers = await lines.of(rows.position);
  return events.map((event, i) => (numbers[i] === 0 ? event : { ...event, line: numbers[i] }));
}

/** What a row of an older catalogue says is not known any more: then the type alone. */
function withTexts(rows: EventRows, events: readonly ReadableEvent[]): object[] {
  return events.map((event, i) => ({
    ...event,
    text: EVENT_BY_CODE[rows.type[i]] === undefined ? event.type : eventText(decodeEvent(rows, i)),
  }));
}
