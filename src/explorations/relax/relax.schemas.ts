// Relaxations (rules of a protocol dropped one at a time) as clients ask for them and see them.
import { z } from 'zod';
import { RULE_KINDS } from '../../core/protocols/relax/rule.js';
import { queryInteger } from '../../http/zod.pipe.js';
import { MAX_JOBS_PAGE } from '../../jobs/job.schemas.js';
import { JOB_STATES } from '../../store/jobs.port.js';
import { MAX_EXPLORE_WORKERS } from '../exploration.js';
import { litmusRef } from '../litmus.schemas.js';

const MAX_LITMUS = 100;

const nullable = <T extends z.ZodType>(schema: T) => z.union([schema, z.null()]);

export const createRelaxation = z.strictObject({
  protocol: z
    .string()
    .describe("id of a protocol or profile, or of one in the server's folder, see /protocols"),
  rule: z.string().optional().describe('this rule only'),
  litmus: z
    .array(litmusRef)
    .min(1)
    .max(MAX_LITMUS)
    .optional()
    .describe('litmus to search; default: all that are small enough'),
  store: z.boolean().default(true).describe('counterexamples become sessions'),
  workers: z
    .int()
    .min(1)
    .max(MAX_EXPLORE_WORKERS)
    .optional()
    .describe('rules side by side; default: the cores but one'),
});

export const listRelaxations = z.strictObject({
  limit: queryInteger(1, MAX_JOBS_PAGE).default(20).describe('relaxations on the page'),
  cursor: z
    .string()
    .regex(/^[1-9]\d{0,14}$/, 'expected the nextCursor of the page before')
    .optional()
    .describe('nextCursor of the page before'),
});

const row = z.object({
  rule: z.string(),
  kind: z.enum(RULE_KINDS),
  statement: z.string(),
  bugs: z.array(z.string()).describe('real bugs that were this rule'),
  places: z
    .array(z.object({ function: z.string(), labels: z.array(z.string()) }))
    .describe('steps that keep it in this protocol'),
  answer: z
    .enum(['needed', 'not_needed_in', 'bound_reached', 'not_applicable'])
    .describe('not_needed_in: nothing breaks in the litmus of heldIn; of others nothing is said'),
  reason: nullable(z.string()).describe('why it is not applicable'),
  litmus: nullable(z.string()).describe('of the counterexample'),
  invariant: nullable(z.string()).describe('what breaks first'),
  what: nullable(z.string()),
  steps: nullable(z.int()).describe('of the counterexample'),
  why: nullable(z.string()).describe('which two steps had to be ordered'),
  sessionId: nullable(z.string()).describe('of the counterexample; it replays'),
  heldIn: z.array(z.object({ litmus: z.string(), states: z.int() })).describe('searched to the end'),
  boundIn: z.array(z.string()).describe('a bound came first'),
  unconfirmedIn: z
    .array(z.string())
    .describe('nothing was found with reductions that rest on the rules; without them it is too large'),
  notTakenIn: z.array(z.string()).describe('no step of the rule is taken there'),
  restates: z.array(z.string()).describe('not asked, because it says no more than the rule'),
  states: z.int(),
  seconds: z.number(),
});

const base = z.object({
  litmus: z.string(),
  leftOut: nullable(z.string()).describe('why no rule is looked for in it'),
  brokenAnyway: z.array(z.string()).describe('what the protocol breaks there with all its rules: not asked'),
});

const figures = {
  id: z.string().describe('of the job as well'),
  state: z.enum(JOB_STATES),
  protocol: z.string(),
  rule: nullable(z.string()),
  progress: nullable(z.object({ done: z.int(), of: z.int().describe('litmus and rules') })),
  counts: nullable(
    z.object({
      needed: z.int(),
      not_needed_in: z.int(),
      bound_reached: z.int(),
      not_applicable: z.int(),
    }),
  ),
  seconds: nullable(z.number()),
  error: nullable(z.string()),
  createdAt: z.string(),
  updatedAt: z.string(),
  allowed: z.array(z.string()).describe('cancel (see /jobs)'),
};

export const relaxation = z.object({
  ...figures,
  rows: nullable(z.array(row)),
  litmus: nullable(z.array(base)),
});
export const relaxationPage = z.object({
  relaxations: z.array(z.object(figures)).describe('without rows'),
  nextCursor: nullable(z.string()),
});
