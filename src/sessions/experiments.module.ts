// /api/v1/experiments/forced-reset: the founding experiment's table as far as it is, for the page.
import { Controller, Get, Inject, Module } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Route } from '../http/openapi.decorators.js';
import type { EventStore } from '../store/event-store.port.js';
import { SESSION_STATES } from '../store/session.js';
import { EVENT_STORE } from '../store/store.module.js';
import { type ExperimentStatus, experimentStatus } from './founding-experiment.js';

const nullableNumber = z.union([z.number(), z.null()]);
const status = z.object({
  rows: z.array(
    z.object({
      protocol: z.string(),
      resetPolicy: z.string(),
      mail: z.object({
        outcome: z.string(),
        pid1Seconds: nullableNumber,
        consoleSeconds: nullableNumber,
        rootAllocations: nullableNumber,
        words: z.string(),
      }),
      session: z.union([
        z.object({
          id: z.string(),
          state: z.enum(SESSION_STATES),
          outcome: z.union([z.string(), z.null()]),
          events: z.int(),
          timeNs: z.number(),
          pid1Seconds: nullableNumber,
          consoleSeconds: nullableNumber,
          rootAllocations: z.int(),
          eptViolations: z.int(),
          resets: z.int(),
          stuckAt: z.union([z.record(z.string(), z.unknown()), z.null()]),
        }),
        z.null(),
      ]),
    }),
  ),
  document: z
    .union([z.record(z.string(), z.unknown()), z.null()])
    .describe('what `rootline experiment forced-reset --json` prints, once all eight have ended'),
});

@ApiTags('experiments')
@Controller('api/v1/experiments')
export class ExperimentsController {
  constructor(@Inject(EVENT_STORE) private readonly store: EventStore) {}

  @Get('forced-reset')
  @Route({
    summary: "The founding experiment's table: the newest eight sessions beside the mail's figures",
    answer: { status: 200, description: 'as far as it is', name: 'Experiment', schema: status },
  })
  async forcedReset(): Promise<ExperimentStatus> {
    return await experimentStatus(this.store);
  }
}

@Module({ controllers: [ExperimentsController] })
export class ExperimentsModule {}
