// Explorations as clients ask for them and see them.
import { z } from 'zod';
import { DEFAULT_PCT_DEPTH, MAX_PCT_DEPTH } from '../core/explorer/search/sampled.js';
import { queryInteger } from '../http/zod.pipe.js';
import { MAX_JOBS_PAGE } from '../jobs/job.schemas.js';
import { JOB_STATES } from '../store/jobs.port.js';
import { DEFAULT_BOUNDS, DEFAULT_SCHEDULES, MAX_EXPLORE_WORKERS, SEARCHES } from './exploration.js';

/** Of one exploration on the server; what it may take where it is not told. */
export const MAX_EXPLORATION_BYTES = DEFAULT_BOUNDS.bytes;
export const DEFAULT_EXPLORATION_BYTES = 1024 ** 3;
export const MAX_EXPLORATION_SECONDS = DEFAULT_BOUNDS.seconds;
export const DEFAULT_EXPLORATION_SECONDS = 3_600;
const MAX_SCHEDULES = 100_000_000;

const bound = (most: number) => z.int().min(1).max(most);

export const createExploration = z.strictObject({
  litmus: z.string().describe('a scenario small enough to search: v-d, reference, reference-coarse ...'),
  protocol: z.string().describe('id of a protocol or profile, see /protocols'),
  parameters: z
    .record(z.string(), z.int())
    .default({})
    .describe('parameters of the litmus that differ from their defaults'),
  reductions: z.enum(['none', 'all']).default('all').describe('partial order and symmetry'),
  search: z.enum(SEARCHES).default('exhaustive').describe('every schedule, or samples'),
  preemptions: z
    .int()
    .min(0)
    .max(1_000)
    .optional()
    .describe('only schedules that leave a thread which could go on so many times'),
  depth: bound(1_000_000).optional().describe('only schedules of so many steps'),
  states: bound(DEFAULT_BOUNDS.states)
    .default(DEFAULT_BOUNDS.states)
    .describe('ends at so many distinct states'),
  seconds: bound(MAX_EXPLORATION_SECONDS).default(DEFAULT_EXPLORATION_SECONDS),
  bytes: bound(MAX_EXPLORATION_BYTES).default(DEFAULT_EXPLORATION_BYTES),
  workers: bound(MAX_EXPLORE_WORKERS).optional().describe('threads; default: the cores but one'),
  seed: z.int().min(0).default(1).describe('of a random or PCT search'),
  schedules: bound(MAX_SCHEDULES).default(DEFAULT_SCHEDULES).describe('that a random or PCT search tries'),
  pctDepth: bound(MAX_PCT_DEPTH).default(DEFAULT_PCT_DEPTH),
  liveness: z.boolean().default(false).describe('look for livelock and starvation too, without reductions'),
  transplant: z
    .string()
    .optional()
    .describe('protocol under which the schedule of a counterexample is tried as well'),
  continues: z
    .string()
    .regex(/^[1-9]\d{0,14}$/, 'expected the id of an exploration')
    .optional()
    .describe('goes on where this one, cancelled or interrupted, was stopped; all else must be equal'),
});

export const listExplorations = z.strictObject({
  limit: queryInteger(1, MAX_JOBS_PAGE).default(50).describe('explorations on the page'),
  cursor: z
    .string()
    .regex(/^[1-9]\d{0,14}$/, 'expected the nextCursor of the page before')
    .optional()
    .describe('nextCursor of the page before'),
});

const nullable = <T extends z.ZodType>(schema: T) => z.union([schema, z.null()]);
const numbers = z.record(z.string(), z.number());

const result = z.looseObject({
  verdict: z.enum(['holds', 'violated', 'bound_reached']),
  states: z.int().describe('distinct states stored, the initial one included'),
  transitions: z.int(),
  depth: z.int().describe('steps of the longest schedule that was followed'),
  seconds: z.number(),
  invariant: nullable(z.string()).describe('the rule that is broken'),
  kind: nullable(z.string()),
  sessionId: nullable(z.string()).describe(
    'of the counterexample; null where steps are not those of the machine',
  ),
  boundsReached: z.array(z.string()),
  reductions: z.array(z.string()).describe('what was left out or merged; the verdict does not depend on it'),
});

const figures = {
  id: z.string().describe('of the job as well'),
  state: z.enum(JOB_STATES),
  litmus: z.string(),
  protocol: z.string(),
  parameters: numbers,
  progress: nullable(z.object({ states: z.int(), transitions: z.int(), seconds: z.number() })),
  error: nullable(z.string()),
  createdAt: z.string(),
  updatedAt: z.string(),
  allowed: z
    .array(z.string())
    .describe('cancel (see /jobs), or continue: another exploration with `continues`'),
};

export const exploration = z.object({ ...figures, result: nullable(result) });
export const explorationPage = z.object({
  explorations: z.array(exploration).describe('without counterexamples'),
  nextCursor: nullable(z.string()),
});
export const explorationReport = z.object({
  lines: z.array(z.string()).describe('why, the drawing in two columns of 80 characters, the recipe'),
  report: z.looseObject({}).describe('the same as data'),
});
