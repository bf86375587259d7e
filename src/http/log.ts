// The server's log: JSON lines on stderr. Standard output belongs to what people asked for.
import type { LoggerService } from '@nestjs/common';
import { pino } from 'pino';
import type { Settings } from '../config/settings.js';

/** Injection token. */
export const LOG = Symbol('Log');

export interface Log {
  info(message: string): void;
  warn(message: string): void;
  error(message: string, error: unknown): void;
}

export function createLog(level: Settings['logLevel']): Log {
  const logger = pino({ name: 'rootline', level }, pino.destination({ dest: 2, sync: true }));
  return {
    info: (message) => logger.info(message),
    warn: (message) => logger.warn(message),
    error: (message, error) => logger.error({ err: error }, message),
  };
}

/** Nest tells its own progress: only what is wrong is worth a line. */
export function nestLogger(log: Log): LoggerService {
  return {
    log: () => undefined,
    debug: () => undefined,
    verbose: () => undefined,
    warn: (message: unknown) => log.warn(String(message)),
    error: (message: unknown, stack: unknown) => log.error(String(message), stack),
    fatal: (message: unknown, stack: unknown) => log.error(String(message), stack),
  };
}
