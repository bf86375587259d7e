// Exports and imports of sessions; both services stop before the store closes.
import { join } from 'node:path';
import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  Inject,
  Injectable,
  Module,
} from '@nestjs/common';
import type { EventStore } from '../store/event-store.port.js';
import { EVENT_STORE } from '../store/store.module.js';
import { ExportService } from './export.service.js';
import { EXPORTS, ExportsController, IMPORTS } from './exports.controller.js';
import { ImportService } from './import.service.js';
import { clearUploads, SPOOL_FOLDER } from './upload.js';

@Injectable()
class StopExports implements BeforeApplicationShutdown {
  constructor(
    @Inject(EXPORTS) private readonly exports: ExportService,
    @Inject(IMPORTS) private readonly imports: ImportService,
  ) {}

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all([this.exports.stop(), this.imports.stop()]);
  }
}

@Module({ controllers: [ExportsController] })
class ExportsModule {}

export function exportsModule(dataDir: string): DynamicModule {
  const spool = join(dataDir, SPOOL_FOLDER);
  return {
    module: ExportsModule,
    providers: [
      {
        provide: EXPORTS,
        useFactory: (store: EventStore) => new ExportService(store),
        inject: [EVENT_STORE],
      },
      {
        provide: IMPORTS,
        // The store is open: the folder is ours, and nothing in it is under way.
        useFactory: async (store: EventStore) => {
          await clearUploads(spool);
          return new ImportService(store, spool);
        },
        inject: [EVENT_STORE],
      },
      StopExports,
    ],
  };
}
