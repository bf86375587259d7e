// What clients send to and get from /api/v1/store.
import { z } from 'zod';
import { JOB_STATES } from '../store/jobs.port.js';

const nullable = <T extends z.ZodType>(schema: T) => z.union([schema, z.null()]);

export const createVerification = z.strictObject({
  deep: z
    .boolean()
    .default(false)
    .describe('hold every snapshot against the fold, not only the last of each session'),
});

const fault = z.object({
  rule: z.string().describe('stable word for what is broken'),
  file: z.enum(['events.sqlite', 'rootline.sqlite']),
  session: nullable(z.string()),
  position: nullable(z.int()),
  message: z.string(),
});

const result = z.object({
  verified: z.boolean().describe('no fault was found'),
  deep: z.boolean(),
  sessions: z.int(),
  rows: z.int(),
  snapshots: z.object({
    checked: z.int(),
    folded: z.int().describe('compared with the fold, word by word'),
    otherEngine: z.int().describe('of an engine or layout that this build cannot read'),
  }),
  faultCount: z.int(),
  faults: z.array(fault).describe('the first ones'),
});

export const verification = z.object({
  id: z.string(),
  state: z.enum(JOB_STATES),
  deep: z.boolean(),
  progress: nullable(
    z.object({
      phase: z.enum(['files', 'relations', 'sessions', 'list']),
      sessions: z.int(),
      sessionsTotal: z.int(),
      rows: z.int(),
      rowsTotal: z.int(),
    }),
  ).describe('while it runs'),
  result: nullable(result).describe('null until it has come to its end'),
  error: nullable(z.string()).describe('why it failed'),
  createdAt: z.string(),
  updatedAt: z.string(),
});

export const verifications = z.object({ verifications: z.array(verification) });
