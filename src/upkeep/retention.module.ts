// Retention of sessions by age and bytes as a NestJS module. The server starts it once everything that was under way goes on.
import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  Inject,
  Injectable,
  Module,
} from '@nestjs/common';
import { LOG, type Log } from '../http/log.js';
import { METRICS, type Metrics } from '../metrics/metrics.js';
import { SqliteEventStore } from '../store/sqlite/sqlite-event-store.js';
import { RetentionService } from './retention.service.js';
import { RETENTION_REASONS, type RetentionReason, type RetentionRules } from './retention-plan.js';

@Injectable()
class StopRetention implements BeforeApplicationShutdown {
  constructor(@Inject(RetentionService) private readonly retention: RetentionService) {}

  async beforeApplicationShutdown(): Promise<void> {
    await this.retention.stop();
  }
}

@Module({})
class RetentionModule {}

function retentionOf(
  rules: RetentionRules,
  store: SqliteEventStore,
  log: Log,
  metrics: Metrics,
): RetentionService {
  const deleted: Record<RetentionReason, number> = { age: 0, bytes: 0 };
  for (const reason of RETENTION_REASONS) {
    const help = `Sessions deleted by ROOTLINE_RETAIN_${reason === 'age' ? 'DAYS' : 'BYTES'}.`;
    metrics.total(`retention_${reason}_deleted_total`, help, () => deleted[reason]);
  }
  const onDeleted = (reason: RetentionReason): void => void deleted[reason]++;
  const service = new RetentionService({ store, jobs: store.jobs, rules, log, onDeleted, nowMs: Date.now });
  const help = 'Bytes beyond ROOTLINE_RETAIN_BYTES in sessions that may not be deleted.';
  metrics.gauge('retention_over_bytes', help, () => service.overBytes);
  return service;
}

export function retentionModule(rules: RetentionRules): DynamicModule {
  return {
    module: RetentionModule,
    providers: [
      {
        provide: RetentionService,
        useFactory: (store: SqliteEventStore, log: Log, metrics: Metrics) =>
          retentionOf(rules, store, log, metrics),
        inject: [SqliteEventStore, LOG, METRICS],
      },
      StopRetention,
    ],
  };
}
