// Sweeps as clients ask for them and see them.
import { z } from 'zod';
import { DEFAULT_SWEEP_SEEDS } from '../config/limits.js';
import { MAX_SWEEP_CELLS } from '../core/sweeps/limits.js';
import { jobPageQuery } from '../jobs/job.schemas.js';
import { JOB_STATES } from '../store/jobs.port.js';
import { manifest } from './manifest.schema.js';
import { RECORDINGS } from './sweep.types.js';
import { TABLE_FORMATS } from './sweep-files.js';

const value = z.union([z.number(), z.string(), z.boolean()]);
const numbers = z.record(z.string(), z.number());
const record = z
  .enum(RECORDINGS)
  .default('none')
  .describe('none: of its runs only figures and digests are kept; else each is a stored session');

export const createSweep = z.strictObject({
  scenario: z.string().optional().describe('id of a scenario, see /scenarios'),
  protocols: z.array(z.string()).max(MAX_SWEEP_CELLS).optional().describe('ids of protocols or profiles'),
  seeds: z
    .union([z.string(), z.array(z.number()).max(MAX_SWEEP_CELLS)])
    .optional()
    .describe(`1..20,33, or a list; default ${DEFAULT_SWEEP_SEEDS}`),
  parameters: z
    .record(z.string(), z.union([value, z.array(value)]))
    .optional()
    .describe('parameters that differ from their defaults; a list is swept over'),
  costs: z
    .record(z.string(), z.union([z.number(), z.array(z.number())]))
    .optional()
    .describe('costs that differ from the cost model; a list is swept over'),
  limits: numbers.optional().describe('limits of each run'),
  scheduler: z.string().optional().describe('timed (default), round-robin or random'),
  invariants: z.boolean().optional().describe('evaluate the invariants; default true'),
  metrics: z.array(z.string()).optional().describe('figures of the table; default: those that occur'),
  manifest: manifest.optional().describe('of an earlier sweep, instead of everything above'),
  record,
});

export const listSweeps = jobPageQuery;

export const tableQuery = z.strictObject({
  format: z
    .string()
    .optional()
    .describe(`${TABLE_FORMATS.join(', ')}; without it the Accept header decides, and then json`),
});

const outcomes = z.record(z.string(), z.int()).describe('how many cells ended how');

export const sweep = z.object({
  id: z.string().describe('of the job as well'),
  state: z.enum(JOB_STATES),
  manifest,
  record: z.enum(RECORDINGS),
  groups: z.int().describe('protocols x combinations of parameters and costs'),
  cells: z.int().describe('groups x seeds'),
  progress: z.union([
    z.object({
      cells: z.int(),
      done: z.int().describe('finished, those of before a restart included'),
      resumed: z.int().describe('of these, found in the store when the job began again'),
      events: z.number(),
      elapsedMs: z.number(),
      remainingMs: z.union([z.number(), z.null()]).describe('an estimate from the cells that have finished'),
    }),
    z.null(),
  ]),
  result: z.union([z.object({ cells: z.int(), groups: z.int(), outcomes }), z.null()]),
  error: z.union([z.string(), z.null()]),
  createdAt: z.string(),
  updatedAt: z.string(),
  allowed: z.array(z.string()),
});

export const sweepPage = z.object({ sweeps: z.array(sweep), nextCursor: z.union([z.string(), z.null()]) });

const figure = z.union([z.number(), z.null()]);
const table = z.object({
  scenario: z.string(),
  axes: z.array(z.string()).describe('what differs between groups besides the protocol'),
  seeds: z.string(),
  complete: z.boolean().describe('the same manifest gives these very bytes again'),
  cells: z.int(),
  finished: z.int(),
  groups: z.array(
    z.object({
      group: z.int(),
      protocol: z.string(),
      settings: z.record(z.string(), z.union([z.string(), z.number()])).describe('the value of each axis'),
      cells: z.int(),
      finished: z.int(),
      outcomes,
      digest: z
        .union([z.string(), z.null()])
        .describe('over the digests of its cells; null until all have finished'),
      metrics: z.array(
        z.object({
          metric: z.string(),
          unit: z.string(),
          n: z.int().describe('cells that have such a figure'),
          sum: figure,
          mean: figure,
          min: figure,
          max: figure,
          stddev: figure.describe('of the sample (n - 1)'),
        }),
      ),
    }),
  ),
});

export const sweepDocument = z.object({ manifest, table });
