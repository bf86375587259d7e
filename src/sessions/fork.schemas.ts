// Forks and trees of sessions: what clients may send and what they get.
import { z } from 'zod';
import { MAX_NAME_CHARS } from '../config/limits.js';
import { MAX_FORCED_DECISIONS, MAX_FORCED_STEPS } from '../core/run/fork.js';
import { SESSION_KINDS, SESSION_STATES } from '../store/session.js';

const numbers = z.record(z.string(), z.number());
const nullable = <T extends z.ZodType>(schema: T) => z.union([schema, z.null()]);

export const forkChanges = z.strictObject({
  protocol: z
    .string()
    .optional()
    .describe(
      'another protocol; the history is shared where it is the same under both, else the fork runs again from the start',
    ),
  scheduler: z.string().optional().describe('timed, round-robin or random'),
  seed: z.int().min(0).optional().describe('every random stream begins anew with it'),
  costs: numbers.optional().describe('costs that differ from there on; the shared history keeps its own'),
  limits: numbers
    .optional()
    .describe('limits of the run that differ, so that one may go on where its parent met one'),
  decisions: z
    .array(
      z.strictObject({
        thread: z.string().describe('name of a thread that can run there'),
        steps: z.int().min(1).max(MAX_FORCED_STEPS).default(1),
      }),
    )
    .max(MAX_FORCED_DECISIONS)
    .optional()
    .describe('who takes the next steps, before the scheduler chooses'),
  command: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('of a live session: a command as POST .../commands takes it, without `events`'),
});

export const createFork = z.strictObject({
  at: z
    .int()
    .min(0)
    .describe(
      'position up to which the history is shared, and the rest of the step that it lies in; 0: nothing',
    ),
  changes: forkChanges
    .default({})
    .describe('what is different from there on; what is left out stays as it was'),
  name: z.string().max(MAX_NAME_CHARS).optional().describe('shown in lists'),
});

export const forkView = z.object({
  sessionId: z.string().describe('the session that was forked; it may be gone'),
  at: z.int().describe('as it was asked for'),
  position: z.int().describe('last position that is shared'),
  steps: z.int().describe('steps of the run before the fork point'),
  difference: z.string().describe('in words'),
  again: z
    .union([
      z.object({
        followed: z.int().describe('steps that were taken as in the parent'),
        of: z.int().describe('steps of the parent up to its fork point'),
        stopped: z.union([z.string(), z.null()]).describe('why no more were; null: all were'),
      }),
      z.null(),
    ])
    .describe('set where the fork runs again from the start, under another protocol: it shares no row'),
  changes: z.record(z.string(), z.unknown()).describe('only what differs, resolved'),
});

export const treeNode = z.object({
  id: z.string(),
  depth: z.int().describe('0: the root'),
  parent: nullable(z.string()),
  deleted: z.boolean().describe('the session is gone; forks of it are there'),
  fork: nullable(forkView).describe('the edge to its parent'),
  kind: nullable(z.enum(SESSION_KINDS)),
  state: nullable(z.enum(SESSION_STATES)),
  name: nullable(z.string()),
  protocol: nullable(z.string()),
  outcome: nullable(z.string()),
  events: nullable(z.int()),
  findings: nullable(z.int()),
  digest: nullable(z.string()),
});

export const sessionTree = z.object({
  root: z.string(),
  nodes: z.array(treeNode).describe('each behind its parent, forks of one session from its oldest'),
  complete: z.boolean().describe('false: the tree has more sessions than MAX_TREE_SESSIONS'),
});
