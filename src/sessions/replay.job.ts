// A replay as a job. It changes nothing, so one that was cut short by a restart is simply done again.
import { z } from 'zod';
import type { JobKind } from '../jobs/job-service.js';
import type { Json } from '../store/jobs.port.js';
import { REPLAY_KINDS } from './inspection/replay-result.js';
import type { InspectionService } from './inspection.service.js';

const request = z.object({ sessionId: z.string(), by: z.array(z.enum(REPLAY_KINDS)) });

export function replayJob(inspections: InspectionService): JobKind {
  return {
    name: 'replay',
    repeatable: true,
    run: async (asked, { signal, progress }) => {
      const { sessionId, by } = request.parse(asked);
      const result = await inspections.ask(
        'replay',
        { sessionId, by, progress: true },
        { signal, onPart: (part) => progress(part as Json) },
      );
      return result as unknown as Json;
    },
  };
}
