// Schemas of /api/v1/experiments and of a session's root-pressure.
import { z } from 'zod';
import { SESSION_STATES } from '../store/session.js';

const nullableNumber = z.union([z.number(), z.null()]);
const settings = z.record(z.string(), z.union([z.number(), z.string()]));

export const list = z.object({
  experiments: z.array(z.object({ name: z.string(), title: z.string(), source: z.string() })),
});

export const started = z.object({ sessions: z.array(z.string()) });

export const founding = z.object({
  rows: z.array(
    z.object({
      protocol: z.string(),
      resetPolicy: z.string(),
      mail: z.object({
        outcome: z.string(),
        pid1Seconds: nullableNumber,
        consoleSeconds: nullableNumber,
        rootAllocations: nullableNumber,
        words: z.string(),
      }),
      session: z.union([
        z.object({
          id: z.string(),
          state: z.enum(SESSION_STATES),
          outcome: z.union([z.string(), z.null()]),
          events: z.int(),
          timeNs: z.number(),
          pid1Seconds: nullableNumber,
          consoleSeconds: nullableNumber,
          rootAllocations: z.int(),
          eptViolations: z.int(),
          resets: z.int(),
          stuckAt: z.union([z.record(z.string(), z.unknown()), z.null()]),
        }),
        z.null(),
      ]),
    }),
  ),
  document: z
    .union([z.record(z.string(), z.unknown()), z.null()])
    .describe('what `rootline experiment forced-reset --json` prints, once all eight have ended'),
});

export const progress = z.object({
  experiment: z.string(),
  title: z.string(),
  source: z.string(),
  sessions: z.array(
    z.object({
      key: z.string(),
      scenario: z.string(),
      protocol: z.string(),
      parameters: settings,
      costs: z.record(z.string(), z.number()).optional(),
      shipped: z.boolean().describe('false: this build has no such protocol yet'),
      session: z.union([
        z.object({
          id: z.string(),
          state: z.enum(SESSION_STATES),
          outcome: z.union([z.string(), z.null()]),
          events: z.int(),
          timeNs: z.number(),
        }),
        z.null(),
      ]),
    }),
  ),
  document: z
    .union([z.record(z.string(), z.unknown()), z.null()])
    .describe('what `rootline experiment NAME --json` prints, once all sessions have ended'),
});

export const pressure = z.object({
  peakValidRoots: z.int(),
  rootLoads: z.int(),
  rootLoadsThatWaited: z.int(),
  worstRootLoadNs: z.number(),
  zaps: z.int(),
  longestZapNs: z.number(),
  zapsAtOnce: z.union([z.int(), z.null()]).describe('null: too many zaps to tell'),
  zapsAtOnceNs: nullableNumber,
});
