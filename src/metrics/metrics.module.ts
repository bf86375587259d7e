// GET /metrics for Prometheus, protected as the API is, and the figures of the store, the sessions and the streams.
import { Controller, type DynamicModule, Get, Header, Inject, Module } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { OPEN_STREAMS, type OpenStreams } from '../http/open-streams.js';
import { Route } from '../http/openapi.decorators.js';
import { JobService } from '../jobs/job-service.js';
import type { SessionRunner } from '../sessions/runner/session-runner.js';
import { RUNNER } from '../sessions/sessions.tokens.js';
import { SqliteEventStore } from '../store/sqlite/sqlite-event-store.js';
import { METRICS, PrometheusMetrics } from './metrics.js';
import { SimulationFigures } from './simulation-figures.js';

export const PROMETHEUS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

@ApiTags('health')
@Controller('metrics')
class MetricsController {
  constructor(
    @Inject(METRICS) private readonly metrics: PrometheusMetrics,
    @Inject(SqliteEventStore) store: SqliteEventStore,
    @Inject(RUNNER) runner: SessionRunner,
    @Inject(OPEN_STREAMS) streams: OpenStreams,
    @Inject(JobService) jobs: JobService,
  ) {
    registerFigures(metrics, store, runner, streams, jobs);
  }

  @Get()
  @Header('content-type', PROMETHEUS_TYPE)
  @Route({
    summary: 'Figures of the running server, for Prometheus',
    answer: { status: 200, description: 'text exposition format', text: 'text/plain' },
  })
  async get(): Promise<string> {
    return await this.metrics.text();
  }
}

function registerFigures(
  metrics: PrometheusMetrics,
  store: SqliteEventStore,
  runner: SessionRunner,
  streams: OpenStreams,
  jobs: JobService,
): void {
  const simulated = new SimulationFigures(store.committed$);
  const { writerFigures: writer, snapshots } = store;
  metrics.total('steps_total', 'Steps simulated and committed.', () => simulated.steps);
  metrics.total(
    'events_total',
    'Events of the full stream, simulated and committed.',
    () => simulated.events,
  );
  metrics.total('rows_total', 'Rows of events stored.', () => simulated.rows);
  metrics.total('commits_total', 'Transactions of simulated chunks.', () => writer.read('commits'));
  metrics.total('commit_seconds_total', 'Time in those transactions.', () => writer.read('commitSeconds'));
  metrics.total('commit_lag_seconds_total', 'Time from the arrival of a chunk to its commit, summed.', () =>
    writer.read('lagSeconds'),
  );
  metrics.gauge('commit_lag_seconds', 'Time from the arrival of the last chunk to its commit.', () =>
    writer.read('lastLagSeconds'),
  );
  metrics.gauge('writer_queue', 'Chunks that wait for their commit.', () => writer.read('waiting'));
  metrics.gauge('sessions_running', 'Sessions in a simulation thread.', () => runner.running);
  metrics.gauge('sessions_queued', 'Sessions that wait for a thread.', () => runner.queued);
  metrics.gauge('jobs_running', 'Jobs that are being done.', () => jobs.open.running);
  metrics.gauge('jobs_queued', 'Jobs that wait for their turn.', () => jobs.open.waiting);
  metrics.gauge('readers', 'NDJSON answers that are being read.', () => streams.count);
  metrics.total('snapshot_hits_total', 'Reads that could begin at a stored snapshot.', () => snapshots.hits);
  metrics.total('snapshot_misses_total', 'Reads that had to begin at the start.', () => snapshots.misses);
}

@Module({})
class MetricsModule {}

export function metricsModule(metrics: PrometheusMetrics): DynamicModule {
  return {
    module: MetricsModule,
    global: true,
    controllers: [MetricsController],
    providers: [{ provide: METRICS, useValue: metrics }],
    exports: [METRICS],
  };
}
