// /health/live: the process answers. /health/ready: the store is open, migrated and works; sessions that go on after a
// restart are not waited for.
import { Controller, Get, Inject, Module } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Route } from '../http/openapi.decorators.js';
import { Problem } from '../http/problem.js';
import { SqliteEventStore } from '../store/sqlite/sqlite-event-store.js';

const health = z.object({ status: z.literal('ok') });

@ApiTags('health')
@Controller('health')
export class HealthController {
  constructor(@Inject(SqliteEventStore) private readonly store: SqliteEventStore) {}

  @Get('live')
  @Route({
    summary: 'The process answers',
    answer: { status: 200, description: 'ok', name: 'Health', schema: health },
  })
  live() {
    return { status: 'ok' };
  }

  @Get('ready')
  @Route({
    summary: 'The store is open and migrated',
    answer: { status: 200, description: 'ok', name: 'Health', schema: health },
    problems: [503],
  })
  ready() {
    const { failure } = this.store;
    if (failure !== null) throw new Problem(503, 'not-ready', `the store does not work: ${failure.message}`);
    return { status: 'ok' };
  }
}

@Module({ controllers: [HealthController] })
export class HealthModule {}
