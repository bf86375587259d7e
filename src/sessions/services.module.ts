// The runner and the inspection service for all modules; stops them before the store closes.
import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  Inject,
  Injectable,
  Module,
} from '@nestjs/common';
import { LOG, type Log } from '../http/log.js';
import type { EventStore } from '../store/event-store.port.js';
import { EVENT_STORE } from '../store/store.module.js';
import { ProtocolFolder } from '../user-protocols/protocol-folder.js';
import { InspectionService } from './inspection.service.js';
import { SessionRunner } from './runner/session-runner.js';
import { INSPECTIONS, PROTOCOL_FOLDER, RUNNER } from './sessions.tokens.js';

const STOP_GRACE = Symbol('StopGrace');

@Injectable()
class StopServices implements BeforeApplicationShutdown {
  constructor(
    @Inject(STOP_GRACE) private readonly graceMs: number,
    @Inject(RUNNER) private readonly runner: SessionRunner,
    @Inject(INSPECTIONS) private readonly inspections: InspectionService,
  ) {}

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all([this.runner.stop(this.graceMs), this.inspections.stop()]);
  }
}

@Module({})
class ServicesModule {}

export function servicesModule(
  workers: number,
  stopGraceMs: number,
  protocolsDir: string | null,
): DynamicModule {
  const folder = new ProtocolFolder(protocolsDir);
  return {
    module: ServicesModule,
    global: true,
    providers: [
      { provide: STOP_GRACE, useValue: stopGraceMs },
      {
        provide: RUNNER,
        useFactory: (store: EventStore, log: Log) =>
          new SessionRunner(store, {
            workers,
            yielding: true,
            log: (message) => log.warn(message),
            userProtocol: (id) => folder.text(id),
          }),
        inject: [EVENT_STORE, LOG],
      },
      {
        provide: INSPECTIONS,
        useFactory: (store: EventStore) => new InspectionService(store),
        inject: [EVENT_STORE],
      },
      { provide: PROTOCOL_FOLDER, useValue: folder },
      StopServices,
    ],
    exports: [RUNNER, INSPECTIONS, PROTOCOL_FOLDER],
  };
}
