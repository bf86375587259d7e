// Explorations as clients ask for them and see them.
import { z } from 'zod';
import { DEFAULT_PCT_DEPTH } from '../core/explorer/search/sampled.js';
import { jobPageQuery } from '../jobs/job.schemas.js';
import { JOB_STATES } from '../store/jobs.port.js';
import { DEFAULT_BOUNDS, DEFAULT_SCHEDULES, SEARCHES } from './exploration.js';
import { EXPLORATION_RANGES, SERVER_DEFAULTS } from './exploration-request.js';
import { litmusRef } from './litmus.schemas.js';

const ranged = (name: keyof typeof EXPLORATION_RANGES) => {
  const [least, most] = EXPLORATION_RANGES[name];
  return z.int().min(least).max(most);
};

export const createExploration = z.strictObject({
  litmus: litmusRef,
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
  bytes: ranged('bytes')
    .default(SERVER_DEFAULTS.bytes)
    .describe('ends before visited states and the stack of the search take more'),
  workers: ranged('workers').optional().describe('threads; default: the cores but one'),
  seed: ranged('seed').default(1).describe('of a random or PCT search'),
  schedules: ranged('schedules').default(DEFAULT_SCHEDULES).describe('that a random or PCT search tries'),
  pctDepth: ranged('pctDepth').default(DEFAULT_PCT_DEPTH),
  exact: z.boolean().default(false).describe('whole states instead of 64 bits of each; on one thread'),
  liveness: z.boolean().default(false).describe('look for livelock and starvation too, without reductions'),
  transplant: z
    .string()
    .optional()
    .describe('protocol under which the schedule of a counterexample, an endless run too, is tried as well'),
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

const at = { thread: z.string(), function: z.string(), label: z.string() };
const counterexample = z.looseObject({
  what: z.string().describe('what was broken, and where'),
  ...at,
  length: z.int().describe('steps'),
  shortness: z.string().describe('whether a shorter one may be'),
  cycle: z.int().describe('steps at the end that repeat for ever; 0 where it ends'),
  cycleStart: nullable(z.int())
    .optional()
    .describe('number of the first of them, from 1; null where it ends'),
  steps: z.array(
    z.looseObject({ thread: z.int(), name: z.string(), function: z.string(), label: z.string() }),
  ),
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
  counterexample: nullable(counterexample).describe(
    'as it was found; null in lists, and where there is none',
  ),
  beside: nullable(
    z.array(
      z.object({
        property: z.string().describe('I37, B8, B15'),
        kind: z.enum(['metric', 'budget', 'schedule']),
        value: z.int(),
        limit: nullable(z.int()).describe('what it should not be above; null: none is stated'),
        text: z.string(),
      }),
    ),
  )
    .optional()
    .describe(
      'figures of two runs of the litmus (threads one after the other, and in turn): they never make the verdict violated; null where steps are not those of the machine',
    ),
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
  litmusText: nullable(z.string()).describe("of a litmus of a user's own; null: a shipped one"),
  protocol: z.string(),
  parameters: numbers,
  asked: z
    .object({
      reductions: z.enum(['none', 'all']),
      search: z.enum(SEARCHES),
      preemptions: nullable(z.int()),
      depth: nullable(z.int()),
      states: z.int(),
      seconds: z.int(),
      bytes: z.int(),
      workers: z.int(),
      seed: z.int(),
      schedules: z.int(),
      pctDepth: z.int(),
      exact: z.boolean(),
      liveness: z.boolean(),
      transplant: nullable(z.string()),
      continues: nullable(z.string()),
    })
    .describe('the rest of what was asked: with it another exploration asks the same'),
  progress: nullable(explorationProgress),
  error: nullable(z.string()),
  createdAt: z.string(),
  updatedAt: z.string(),
  allowed: z
    .array(z.string())
    .describe('cancel (see /jobs), or continue: another exploration with `continues`'),
};

export const exploration = z.object({
  ...figures,
  words: nullable(z.array(z.string())).describe(
    'the verdict and what it rests on, in sentences; null until there is one',
  ),
  result: nullable(result),
});
export const explorationPage = z.object({
  explorations: z.array(exploration).describe('without counterexamples'),
  nextCursor: nullable(z.string()),
});
const placed = z.object({ ...at, step: z.int().describe('of the schedule, from 1') });
export const explorationReport = z.object({
  lines: z.array(z.string()).describe('why, the drawing in two columns of 80 characters, the recipe'),
  report: z
    .looseObject({
      parameters: numbers.describe('of the smallest workload that has it: the report is about that one'),
      length: z.int().describe('steps'),
      cycleStart: nullable(z.int()).describe('of an endless run: the first step that repeats, from 1'),
      cyclePosition: nullable(z.int()).describe(
        'position of its first event in the session, where a bookmark is; null: it ends, or leaves no event',
      ),
      switches: z.int(),
      ordering: nullable(z.object({ first: placed, second: placed })),
      why: z.string(),
      drawing: z.array(z.string()),
      recipe: z.object({
        calls: z.array(z.string()),
        delays: z.array(
          z.object({ ...at, until: z.array(z.object({ ...at, waits: z.literal(true).optional() })) }),
        ),
        splat: z.string().describe('what a real kernel prints then, most likely'),
        bug: nullable(z.string()).describe('the known bug that this is'),
      }),
      transplant: z
        .looseObject({
          protocol: z.string(),
          outcome: z.enum(['violates', 'impossible', 'harmless']),
          text: z.string(),
          switches: z.int().describe('context switches made the same way'),
          step: nullable(z.int()).describe('of the schedule, from 1: where it stops being possible'),
          cycle: nullable(z.int()).describe(
            'of an endless run that is one there too: the steps of one round; null: its cycle does not close',
          ),
          rule: nullable(z.string()).describe(
            'that is broken there; livelock or starvation where the cycle closes',
          ),
        })
        .optional()
        .describe('the same schedule, or endless run, under another protocol, where that was asked'),
    })
    .describe('the same as data'),
});
