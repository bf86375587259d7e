// An inspection as a job. It changes nothing, so one that was cut short by a restart is simply done again.
import type { z } from 'zod';
import type { JobKind } from '../jobs/job-service.js';
import type { Json } from '../store/jobs.port.js';
import type { OrderRequest } from './inspection/orders/index.js';
import type { InspectionService } from './inspection.service.js';

/** @param request what a job of this name was stored with; the order tells its progress besides */
export function inspectionJob<N extends 'check' | 'replay'>(
  name: N,
  request: z.ZodType<OrderRequest<N>>,
  inspections: InspectionService,
): JobKind {
  return {
    name,
    repeatable: true,
    run: async (asked, { signal, progress }) => {
      const result = await inspections.ask(
        name,
        { ...request.parse(asked), progress: true },
        { signal, onPart: (part) => progress(part as Json) },
      );
      return result as unknown as Json;
    },
  };
}
