// /api/v1/sessions/{id}/replay: both replays of what is stored, at once where that is quick, else as a job.
import { Body, Controller, Headers, Inject, Param, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { MAX_SYNCHRONOUS_REPLAY_ROWS } from '../config/limits.js';
import { MayBecomeJob, prefersAsync, sendJob } from '../http/async-answer.js';
import { Route } from '../http/openapi.decorators.js';
import { Problem } from '../http/problem.js';
import { ZodPipe } from '../http/zod.pipe.js';
import { job } from '../jobs/job.schemas.js';
import { JobService, type JobView } from '../jobs/job-service.js';
import type { EventStore } from '../store/event-store.port.js';
import { EVENT_STORE } from '../store/store.module.js';
import { REPLAY_KINDS, type ReplayResult } from './inspection/replay-result.js';
import { inspectionJob } from './inspection.job.js';
import type { InspectionService } from './inspection.service.js';
import * as schemas from './session.schemas.js';
import { INSPECTIONS } from './sessions.tokens.js';

const replayRequest = z.object({ sessionId: z.string(), by: z.array(z.enum(REPLAY_KINDS)) });

@ApiTags('sessions')
@Controller('api/v1/sessions')
export class ReplayController {
  constructor(
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(INSPECTIONS) private readonly inspections: InspectionService,
    @Inject(JobService) private readonly jobs: JobService,
  ) {
    jobs.register(inspectionJob('replay', replayRequest, inspections));
  }

  @Post(':id/replay')
  @MayBecomeJob('the session')
  @Route({
    summary: 'Replay what is stored by fold and by schedule, and compare',
    description: `A session of more than ${MAX_SYNCHRONOUS_REPLAY_ROWS} stored events is replayed as a job.`,
    params: { id: 'id of the session' },
    body: { name: 'Replay', schema: schemas.replaySession, required: false },
    answer: {
      status: 200,
      description: 'whether both agree',
      name: 'ReplayResult',
      schema: schemas.replayResult,
    },
    accepted: {
      description: 'the job that replays; its progress is {rows, of}, its result a ReplayResult',
      name: 'Job',
      schema: job,
    },
    problems: [404, 409, 413, 415],
  })
  async replay(
    @Param('id') id: string,
    @Body(new ZodPipe(schemas.replaySession, 'body')) body: z.output<typeof schemas.replaySession>,
    @Headers('prefer') prefer: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ReplayResult | JobView> {
    const { position, state } = await this.store.getSession(id);
    if (position === 0) {
      throw new Problem(409, 'nothing-stored', `session ${id} is ${state} and has no stored events yet`);
    }
    const asked = prefersAsync(prefer);
    if (!asked && position <= MAX_SYNCHRONOUS_REPLAY_ROWS) return await this.inspections.replay(id, body.by);
    return sendJob(reply, await this.jobs.create('replay', { sessionId: id, by: body.by }), asked);
  }
}
