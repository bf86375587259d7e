// The live feed: WebSocket at /api/v1/live, server-sent events at /api/v1/sessions/{id}/live.
import { Module } from '@nestjs/common';
import { JobService } from '../jobs/job-service.js';
import { METRICS, type Metrics } from '../metrics/metrics.js';
import type { EventStore } from '../store/event-store.port.js';
import { EVENT_STORE } from '../store/store.module.js';
import { FeedHub } from './feed-hub.js';
import { LiveController } from './live.controller.js';
import { DEFAULT_LIVE_LIMITS } from './live.limits.js';
import { LiveServer } from './live-server.js';

@Module({
  controllers: [LiveController],
  providers: [
    {
      provide: FeedHub,
      useFactory: (store: EventStore, metrics: Metrics, jobs: JobService) => {
        const hub = new FeedHub(store, DEFAULT_LIVE_LIMITS, jobs);
        registerFigures(metrics, hub);
        return hub;
      },
      inject: [EVENT_STORE, METRICS, JobService],
    },
    LiveServer,
  ],
  exports: [FeedHub],
})
export class LiveModule {}

function registerFigures(metrics: Metrics, hub: FeedHub): void {
  metrics.gauge('live_clients', 'WebSocket connections and event streams.', () => hub.figures.clients);
  metrics.gauge('live_subscriptions', 'Sessions that they follow.', () => hub.figures.subscriptions);
  metrics.gauge('live_cache_bytes', 'Messages kept for further readers.', () => hub.figures.bytes);
  metrics.total(
    'live_messages_read_total',
    'Messages of events made from the store.',
    () => hub.figures.misses,
  );
  metrics.total(
    'live_messages_shared_total',
    'Messages of events that were made before.',
    () => hub.figures.hits,
  );
}
