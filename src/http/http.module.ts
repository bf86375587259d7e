// What the modules need of the HTTP layer: the log, the open streams, the stop, and who may ask.
import { type DynamicModule, Module } from '@nestjs/common';
import { ACCESS, type Access } from './access.js';
import { LOG, type Log } from './log.js';
import { OPEN_STREAMS, OpenStreams } from './open-streams.js';
import { STOPPING, type Stopping } from './stopping.js';

export interface HttpParts {
  readonly log: Log;
  readonly access: Access;
  readonly stopping: Stopping;
  readonly streamStallMs: number;
}

@Module({})
class HttpModule {}

export function httpModule({ log, access, stopping, streamStallMs }: HttpParts): DynamicModule {
  const providers = [
    { provide: LOG, useValue: log },
    { provide: ACCESS, useValue: access },
    { provide: STOPPING, useValue: stopping },
    { provide: OPEN_STREAMS, useValue: new OpenStreams(stopping, streamStallMs) },
  ];
  return { module: HttpModule, global: true, providers, exports: providers.map(({ provide }) => provide) };
}
