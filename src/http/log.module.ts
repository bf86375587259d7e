// The log for everything that is injected.
import { type DynamicModule, Module } from '@nestjs/common';
import { LOG, type Log } from './log.js';

@Module({})
class LogModule {}

export function logModule(log: Log): DynamicModule {
  return { module: LogModule, global: true, providers: [{ provide: LOG, useValue: log }], exports: [LOG] };
}
