// The server's log: JSON lines on stderr. Standard output belongs to what people asked for. A line that is written
// while a request is answered carries the request's id, and the session that it is about.
import type { LoggerService } from '@nestjs/common';
import { pino } from 'pino';
import type { Settings } from '../config/settings.js';
import { currentRequest } from './request-context.js';

/** Injection token. */
export const LOG = Symbol('Log');

/** Names as they stand in the line: `sessionId`, `requestId`, `jobId`, figures. Never a token, never a body. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

export interface Log {
  /** For what is only of interest when looked for: answered reads. */
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, error: unknown, fields?: LogFields): void;
}

export function createLog(level: Settings['logLevel'], to: number | string = 2): Log {
  const logger = pino(
    {
      name: 'rootline',
      level,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      mixin: () => ({ ...currentRequest() }),
    },
    pino.destination({ dest: to, sync: true }),
  );
  return {
    debug: (message, fields) => logger.debug({ ...fields }, message),
    info: (message, fields) => logger.info({ ...fields }, message),
    warn: (message, fields) => logger.warn({ ...fields }, message),
    error: (message, error, fields) => logger.error({ err: error, ...fields }, message),
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
