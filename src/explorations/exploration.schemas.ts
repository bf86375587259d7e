// Explorations as clients ask for them and see them.
import { z } from 'zod';
import { DEFAULT_PCT_DEPTH } from '../core/explorer/search/sampled.js';
import { jobPageQuery } from '../jobs/job.schemas.js';
import { JOB_STATES } from '../store/jobs.port.js';
import { DEFAULT_BOUNDS, DEFAULT_SCHEDULES, SEARCHES } from './exploration.js';
import { EXPLORATION_RANGES, SERVER_DEFAULTS } from './exploration-request.js';

const ranged = (name: keyof typeof EXPLORATION_RANGES) => {
  const [least, most] = EXPLORATION_RANGES[name];
  return z.int().min(least).max(most);
};

export const createExploration = z.strictObject({
  litmus: z.string().describe('a scenario small enough to search: v-d, reference, reference-coarse ...'),
  protocol: z.string().describe('id of a protocol or profile, see /protocols'),
  parameters: z
    .record(z.string(), z.int())
    .default({})
    .describe('parameters of the litmus that differ from their defaults'),
  reductions: z.enum(['none', 'all']).default('all').describe('partial order and symmetry'),
  search: z.enum(SEARCHES).default('exhaustive').describe('every schedule, or samples'),
  preemptions: ranged('preemptions')
    .optional()
    .describe('only schedules that leave a thread which could go on so many times'),
  depth: ranged('depth').optional().describe('only schedules of so many steps'),
  states: ranged('states').default(DEFAULT_BOUNDS.states).describe('ends at so many distinct states'),
  seconds: ranged('seconds').default(SERVER_DEFAULTS.seconds),
  bytes: ranged('bytes').default(SERVER_DEFAULTS.bytes),
  workers: ranged('workers').optional().describe('threads; default: the cores but one'),
  seed: ranged('seed').default(1).describe('of a random or PCT search'),
  schedules: ranged('schedules').default(DEFAULT_SCHEDULES).describe('that a random or PCT search tries'),
  pctDepth: ranged('pctDepth').default(DEFAULT_PCT_DEPTH),
  exact: z.boolean().default(false).describe('whole states instead of 64 bits of each; on one thread'),
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

export const listExplorations = jobPageQuery;

const nullable = <T extends z.ZodType>(schema: T) => z.union([schema, z.null()]);
const numbers = z.record(z.string(), z.number());

const estimate = z.object({
  states: z.int().describe('that the search would store'),
  low: z.int(),
  high: nullable(z.int()).describe('null: nothing can be said'),
  done: nullable(z.number()).describe('share of what was sampled that is stored; null before the search'),
  method: z.enum(['counted', 'sampled levels', 'recapture']),
  uncertainty: z.string(),
});

export const explorationProgress = z.object({
  states: z.int(),
  transitions: z.int(),
  depth: z.int().describe('steps of the longest schedule so far'),
  waiting: z.int().describe('states that wait to be searched from'),
  seconds: z.number().describe('in all, also before it was stopped and went on'),
  statesPerSecond: z.int(),
  estimate: nullable(estimate).describe('how far it will go; null: it is not known yet'),
  checkpointed: z.boolean().describe('a checkpoint was written since it began or went on'),
});

const lockMatrix = z.object({
  rows: z.array(
    z.object({
      function: z.string(),
      operation: z.string(),
      roles: z.array(z.string()),
      held: z.array(z.string()),
      times: z.int(),
      declared: nullable(z.string()),
      source: nullable(z.string()),
      agrees: nullable(z.boolean()).describe(
        'false: something else was held than is declared; null: nothing is',
      ),
    }),
  ),
  differing: z.int(),
  steps: z.int(),
});

const place = z.object({ role: z.string(), operation: z.string() });
const coverage = z.object({
  pairs: z
    .array(
      z.object({
        object: z.string(),
        a: place,
        b: place,
        aFirst: z.int(),
        bFirst: z.int(),
        orders: z.enum(['both', 'one']),
      }),
    )
    .describe('conflicting operations of two threads that were both next'),
  bothOrders: z.int(),
  oneOrder: z.int(),
  apart: z
    .array(z.object({ object: z.string(), a: place, b: place, keptApartBy: nullable(z.string()) }))
    .describe('those that never were both next, and the lock that keeps them apart'),
});

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
  locks: nullable(lockMatrix).describe(
    'locks held at each operation; null in lists, and where steps name none',
  ),
  coverage: nullable(coverage).describe('orders of conflicting operations that were seen; null as locks'),
  reductions: z.array(z.string()).describe('what was left out or merged; the verdict does not depend on it'),
});

const figures = {
  id: z.string().describe('of the job as well'),
  state: z.enum(JOB_STATES),
  litmus: z.string(),
  protocol: z.string(),
  parameters: numbers,
  progress: nullable(explorationProgress),
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
