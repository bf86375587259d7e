// Imports of traces; the service stops before the store closes.
import { join } from 'node:path';
import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  Inject,
  Injectable,
  Module,
} from '@nestjs/common';
import { SPOOL_FOLDER } from '../exports/upload.js';
import type { EventStore } from '../store/event-store.port.js';
import { EVENT_STORE } from '../store/store.module.js';
import { TRACES, TraceService } from './trace.service.js';
import { TracesController } from './traces.controller.js';

@Injectable()
class StopTraces implements BeforeApplicationShutdown {
  constructor(@Inject(TRACES) private readonly traces: TraceService) {}

  async beforeApplicationShutdown(): Promise<void> {
    await this.traces.stop();
  }
}

@Module({ controllers: [TracesController] })
class TracesModule {}

export function tracesModule(dataDir: string): DynamicModule {
  return {
    module: TracesModule,
    providers: [
      {
        provide: TRACES,
        useFactory: (store: EventStore) => new TraceService(store, join(dataDir, SPOOL_FOLDER)),
        inject: [EVENT_STORE],
      },
      StopTraces,
    ],
    exports: [TRACES],
  };
}
