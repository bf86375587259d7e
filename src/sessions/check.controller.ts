// /api/v1/sessions/{id}/check: is the session a behaviour of a protocol? At once where that is quick, else as a job.
import { Body, Controller, Headers, Inject, Param, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { MAX_CHECKED_EVENTS, MAX_SYNCHRONOUS_CHECK_EVENTS } from '../config/limits.js';
import type { CheckAnswer } from '../core/traces/check/checked-trace.js';
import { MayBecomeJob, prefersAsync, sendJob } from '../http/async-answer.js';
import { Route } from '../http/openapi.decorators.js';
import { ZodPipe } from '../http/zod.pipe.js';
import { job } from '../jobs/job.schemas.js';
import { JobService, type JobView } from '../jobs/job-service.js';
import type { EventStore } from '../store/event-store.port.js';
import type { Json } from '../store/jobs.port.js';
import { EVENT_STORE } from '../store/store.module.js';
import type { ProtocolFolder } from '../user-protocols/protocol-folder.js';
import * as schemas from './check.schemas.js';
import { inspectionJob } from './inspection.job.js';
import type { InspectionService } from './inspection.service.js';
import { INSPECTIONS, PROTOCOL_FOLDER } from './sessions.tokens.js';

const checkRequest = z.object({
  sessionId: z.string(),
  protocol: z.string().nullable(),
  userProtocol: z.object({ file: z.string(), digest: z.string(), text: z.string() }).optional(),
});

@ApiTags('sessions')
@Controller('api/v1/sessions')
export class CheckController {
  constructor(
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(INSPECTIONS) private readonly inspections: InspectionService,
    @Inject(JobService) private readonly jobs: JobService,
    @Inject(PROTOCOL_FOLDER) private readonly folder: ProtocolFolder,
  ) {
    jobs.register(inspectionJob('check', checkRequest, inspections));
  }

  @Post(':id/check')
  @MayBecomeJob('the session')
  @Route({
    summary: 'Is the session a behaviour of a protocol? Without `protocol`: of which of the eight eras',
    description: `For imported traces; a simulated session runs once more and prints what the probes of its kernel would show. A session of more than ${MAX_SYNCHRONOUS_CHECK_EVENTS} events is checked as a job, one of more than MAX_CHECKED_EVENTS = ${MAX_CHECKED_EVENTS} not at all.`,
    params: { id: 'id of the session' },
    body: { name: 'Check', schema: schemas.checkSession, required: false },
    answer: {
      status: 200,
      description: 'a verdict for each protocol that was asked for',
      name: 'CheckReport',
      schema: schemas.checkReport,
    },
    accepted: {
      description: 'the job that checks; its progress is {rows, of}, its result a CheckReport',
      name: 'Job',
      schema: job,
    },
    problems: [404, 413, 415, 422],
  })
  async check(
    @Param('id') id: string,
    @Body(new ZodPipe(schemas.checkSession, 'body')) body: z.output<typeof schemas.checkSession>,
    @Headers('prefer') prefer: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CheckAnswer | JobView> {
    const { position, progress } = await this.store.getSession(id);
    const asked = prefersAsync(prefer);
    const text = body.protocol === undefined ? null : this.folder.text(body.protocol);
    const request = {
      sessionId: id,
      protocol: body.protocol ?? null,
      ...(text === null ? {} : { userProtocol: text }),
    };
    const events = progress?.ordinal ?? position;
    if (!asked && events <= MAX_SYNCHRONOUS_CHECK_EVENTS) return await this.inspections.ask('check', request);
    return sendJob(reply, await this.jobs.create('check', request as unknown as Json), asked);
  }
}
