// Jobs as clients see them.
import { z } from 'zod';
import { queryInteger } from '../http/zod.pipe.js';
import { JOB_STATES } from '../store/jobs.port.js';

export const MAX_JOBS_PAGE = 100;

/** What a list of things that are jobs takes. */
export const jobPageQuery = z.strictObject({
  limit: queryInteger(1, MAX_JOBS_PAGE).default(50).describe('how many on the page'),
  cursor: z
    .string()
    .regex(/^[1-9]\d{0,14}$/, 'expected the nextCursor of the page before')
    .optional()
    .describe('nextCursor of the page before'),
});

export const listJobs = jobPageQuery.extend({
  kind: z
    .string()
    .regex(/^[a-z][a-z-]{0,40}$/, 'expected a kind of job, such as replay')
    .optional(),
  state: z.enum(JOB_STATES).optional(),
});

export const job = z.object({
  id: z.string(),
  kind: z.string().describe('what is done: replay, verification, ...'),
  state: z.enum(JOB_STATES),
  request: z.unknown().describe('what was asked'),
  progress: z.unknown().describe('how far it is, in the form of its kind; null before there is news'),
  result: z.unknown().describe('what came out, in the form of its kind; null until it is finished'),
  error: z.union([z.string(), z.null()]).describe('why it failed'),
  createdAt: z.string(),
  updatedAt: z.string(),
  allowed: z.array(z.string()).describe('commands that the state allows'),
});

export const jobPage = z.object({ jobs: z.array(job), nextCursor: z.union([z.string(), z.null()]) });

/** How a route that makes a job of this kind answers. */
export const acceptedJob = (kind: string) => ({
  answer: { status: 202, description: `the job; its id is that of the ${kind}`, name: 'Job', schema: job },
  headers: { Location: 'address of the job' },
  problems: [404, 409, 413, 415, 422],
});
