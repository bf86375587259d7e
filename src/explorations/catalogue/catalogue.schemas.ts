// The catalogue of known answers as clients ask for it and see it.
import { z } from 'zod';
import { queryInteger } from '../../http/zod.pipe.js';
import { MAX_JOBS_PAGE } from '../../jobs/job.schemas.js';
import { JOB_STATES } from '../../store/jobs.port.js';
import { MAX_EXPLORE_WORKERS } from '../exploration.js';

const nullable = <T extends z.ZodType>(schema: T) => z.union([schema, z.null()]);

const expected = z.enum(['violated', 'holds', 'not_applicable', 'unknown']);
const bug = z.string().describe('number of the bug, such as B13; B0 is B0-on-EPT-violation too');

const tableBug = z.object({
  bug: z.string(),
  title: nullable(z.string()),
  kind: z.string().describe('safety, assertion, crash, liveness, budget, metric, schedule, silent'),
  rules: z.array(z.string()).describe('what the bug breaks'),
  litmus: nullable(z.string()).describe('what is searched; null: one run answers, or nothing does'),
  cells: z.array(
    z.object({
      protocol: z.string(),
      expected,
      why: nullable(z.string()),
      litmus: nullable(z.string()).describe('searched in place of the litmus of the bug'),
    }),
  ),
});

export const catalogueTable = z.object({
  protocols: z.array(z.string()).describe('those that every bug has a cell for, oldest first'),
  bugs: z.array(tableBug),
});

export const createCatalogueRun = z.strictObject({
  bug: bug.optional(),
  protocol: z
    .string()
    .optional()
    .describe(
      "cells of this protocol only; or a protocol of the server's folder: all bugs are looked for in it",
    ),
  store: z.boolean().default(true).describe('counterexamples become sessions'),
  workers: z
    .int()
    .min(1)
    .max(MAX_EXPLORE_WORKERS)
    .optional()
    .describe('rows side by side; default: the cores but one'),
});

export const listCatalogueRuns = z.strictObject({
  limit: queryInteger(1, MAX_JOBS_PAGE).default(20).describe('runs on the page'),
  cursor: z
    .string()
    .regex(/^[1-9]\d{0,14}$/, 'expected the nextCursor of the page before')
    .optional()
    .describe('nextCursor of the page before'),
});

const row = z.object({
  bug: z.string(),
  protocol: z.string(),
  kind: z.string(),
  expected,
  got: z.enum(['violated', 'holds', 'not_applicable', 'unknown', 'bound_reached']),
  ok: z.boolean(),
  invariant: nullable(z.string()).describe('what was broken'),
  states: nullable(z.int()),
  seconds: z.number(),
  sessionId: nullable(z.string()).describe('of the counterexample, or of the run; it replays'),
  how: nullable(z.enum(['exhaustive', 'run'])).describe('every interleaving of the litmus, or one run'),
  litmus: nullable(z.string()),
  steps: nullable(z.int()).describe('of the counterexample'),
  reason: nullable(z.string()),
});

const figures = {
  id: z.string().describe('of the job as well'),
  state: z.enum(JOB_STATES),
  bug: nullable(z.string()),
  protocol: nullable(z.string()),
  progress: nullable(z.object({ done: z.int(), of: z.int().describe('rows that want a search or a run') })),
  failed: nullable(z.int()).describe('rows that did not come out as expected; null until it is finished'),
  seconds: nullable(z.number()),
  error: nullable(z.string()),
  createdAt: z.string(),
  updatedAt: z.string(),
  allowed: z.array(z.string()).describe('cancel (see /jobs)'),
};

export const catalogueRun = z.object({ ...figures, rows: nullable(z.array(row)) });
export const catalogueRunPage = z.object({
  runs: z.array(z.object(figures)).describe('without rows'),
  nextCursor: nullable(z.string()),
});
