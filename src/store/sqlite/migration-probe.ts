// Failpoints inside a migration, whichever it is: TypeORM tells its logger every statement before it runs.
import type { Logger } from 'typeorm';
import { type FailpointName, failpoint, failpointsArmed } from '../failpoint.js';

/** Options for a DataSource; none unless a failpoint is set. */
export function migrationProbe(name: FailpointName): { readonly logger?: Logger } {
  if (!failpointsArmed()) return {};
  let statements: number | null = null;
  const nothing = (): void => undefined;
  const logger: Logger = {
    logQuery: (query) => {
      if (query === 'BEGIN TRANSACTION') statements = 0;
      else if (query === 'COMMIT') statements = null;
      else if (statements !== null && statements++ > 0) failpoint(name);
    },
    logQueryError: nothing,
    logQuerySlow: nothing,
    logSchemaBuild: nothing,
    logMigration: nothing,
    log: nothing,
  };
  return { logger };
}
