// What clients may send and what they get, as schemas: checked at run time where data comes in, and the source of the
// OpenAPI document for both directions.
import { z } from 'zod';
import {
  DEFAULT_EVENTS_PAGE,
  DEFAULT_SESSIONS_PAGE,
  MAX_EVENTS_PAGE,
  MAX_NAME_CHARS,
  MAX_SESSIONS_PAGE,
} from '../config/limits.js';
import { PROTOCOL_FAULTS } from '../core/base/errors.js';
import { MAX_SCHEDULE_TURNS } from '../core/run/schedule.js';
import { queryInteger } from '../http/zod.pipe.js';
import { SESSION_KINDS, SESSION_STATES } from '../store/session.js';
import { forkView } from './fork.schemas.js';
import { REPLAY_KINDS } from './inspection/replay-result.js';
import { litmusText } from './litmus.schema.js';

const numbers = z.record(z.string(), z.number());

export const createSession = z.strictObject({
  scenario: z.string().describe('id of a scenario, see /scenarios'),
  protocol: z.string().describe('id of a protocol or profile, see /protocols'),
  seed: z.int().min(0).default(1).describe('seed of every random stream'),
  userLitmus: litmusText
    .optional()
    .describe('instead of the scenario: a litmus of your own, such as a counterexample of it has'),
  parameters: z
    .record(z.string(), z.union([z.number(), z.string(), z.boolean()]))
    .default({})
    .describe("the scenario's parameters that differ from their defaults"),
  scheduler: z.string().default('timed').describe('timed, round-robin, random, or scripted with a schedule'),
  schedule: z
    .array(z.strictObject({ thread: z.int().min(0), steps: z.int().min(1) }))
    .max(MAX_SCHEDULE_TURNS)
    .optional()
    .describe('who runs for how many steps: a session of kind explored, which ends behind it'),
  recording: z.string().default('full').describe('full: every event; lifecycle: ordinary faults are folded'),
  costs: numbers.default({}).describe('costs that differ from the cost model, in its units'),
  limits: numbers.default({}).describe('limits of the run that differ from their defaults'),
  invariants: z.boolean().default(true).describe('evaluate the invariants while it runs'),
  name: z.string().max(MAX_NAME_CHARS).optional().describe('shown in lists'),
});

export const listSessions = z.strictObject({
  limit: queryInteger(1, MAX_SESSIONS_PAGE).default(DEFAULT_SESSIONS_PAGE).describe('sessions on the page'),
  cursor: z
    .string()
    .regex(/^\d{1,15}$/, 'expected the nextCursor of the page before')
    .optional()
    .describe('nextCursor of the page before'),
  state: z
    .string()
    .optional()
    .describe(`one or more of ${SESSION_STATES.join(', ')}, separated by commas`),
  kind: z
    .string()
    .optional()
    .describe(`one or more of ${SESSION_KINDS.join(', ')}, separated by commas`),
  scenario: z.string().optional(),
  protocol: z.string().optional(),
  parent: z
    .string()
    .regex(/^\d{1,15}$/, 'expected the id of a session')
    .optional()
    .describe('forks of this session only; it may be gone'),
});

const MAX_POSITION = Number.MAX_SAFE_INTEGER;
export const readEvents = z.strictObject({
  from: queryInteger(0, MAX_POSITION).default(1).describe('first position'),
  to: queryInteger(0, MAX_POSITION).optional().describe('last position'),
  limit: queryInteger(1, MAX_POSITION)
    .optional()
    .describe(
      `events on the page, at most ${MAX_EVENTS_PAGE}, default ${DEFAULT_EVENTS_PAGE}; NDJSON has no bound`,
    ),
  type: z.string().optional().describe('event types, separated by commas'),
  thread: z.string().optional().describe('name of a thread'),
  subject: z.string().optional().describe('kind:number, such as root:3; or a kind alone'),
  function: z.string().optional().describe('name of a kernel function'),
  words: z
    .enum(['true', 'false'])
    .optional()
    .transform((text) => text === 'true')
    .describe('of a JSON page: each event also as a few words'),
});

export const replaySession = z.strictObject({
  by: z
    .array(z.enum(REPLAY_KINDS))
    .min(1)
    .default([...REPLAY_KINDS])
    .describe('which replays'),
});

const nullable = <T extends z.ZodType>(schema: T) => z.union([schema, z.null()]);

const figures = {
  id: z.string(),
  kind: z.enum(SESSION_KINDS),
  state: z.enum(SESSION_STATES),
  name: nullable(z.string()),
  scenario: z.string(),
  protocol: z.string(),
  seed: z.int(),
  scheduler: z.string(),
  recording: z.string(),
  parent: nullable(z.object({ sessionId: z.string(), position: z.int() })),
  outcome: nullable(z.enum(['completed', 'booted', 'no_forward_progress', 'limit_reached', 'failed'])),
  detail: nullable(
    z.object({
      limit: z.string().optional(),
      message: z.string().optional(),
      protocolFault: z
        .object({ kind: z.enum(PROTOCOL_FAULTS), file: z.string(), at: z.string() })
        .optional()
        .describe("the user's protocol was at fault: what it did, in which file, procedure and label"),
      stuckAt: z
        .object({
          phase: z.string(),
          exit: z.string(),
          function: z.string(),
          label: z.string(),
          loop: z.array(z.string()),
        })
        .optional(),
    }),
  ),
  events: z.int().describe('events of the full stream'),
  stored: z.int().describe('rows kept'),
  digest: nullable(z.string()).describe('session digest, the same at both recording levels'),
  fullDigest: nullable(z.string()).describe('digest over every event'),
  steps: z.int(),
  timeNs: z.number().describe('virtual time'),
  rootAllocations: z.int(),
  findings: z.int().describe('breaches of invariants, counted'),
  milestones: numbers.describe('virtual ns'),
  counts: numbers,
  createdAt: z.string(),
  updatedAt: z.string(),
};

export const sessionSummary = z.object(figures);

export const session = z.object({
  ...figures,
  forks: z.array(forkView).describe('fork points in its past, oldest first'),
  reason: nullable(z.string()).describe('why it is in this state'),
  note: nullable(z.string()),
  parameters: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
  costs: numbers,
  limits: numbers,
  invariants: z.boolean(),
  engine: z.string(),
  protocolDigest: z.string(),
  userProtocol: nullable(
    z.object({ file: z.string(), digest: z.string().describe('SHA-256 of the text'), text: z.string() }),
  ).describe('a protocol that a user brought: this text runs, whatever becomes of its file'),
  userLitmus: nullable(z.object({ text: z.string(), digest: z.string() })).describe(
    'a litmus that a user wrote: this text runs, whatever becomes of its file',
  ),
  eventSchema: z.int(),
  storedBytes: z.number(),
  verdicts: nullable(
    z.array(
      z.object({
        invariant: z.string(),
        name: z.string(),
        verdict: z.enum(['holds', 'violated', 'not evaluated', 'does not apply']),
        checks: z.int(),
        violations: z.int(),
        reason: nullable(z.string()),
      }),
    ),
  ).describe('what became of each invariant; null until the run has ended'),
  allowed: z.array(z.string()).describe('commands that the state allows'),
});

export const sessionPage = z.object({ sessions: z.array(sessionSummary), nextCursor: nullable(z.string()) });

export const event = z.object({
  position: z.int(),
  ordinal: z.int(),
  lastOrdinal: z.int().describe('differs from ordinal where events were counted together'),
  timeNs: z.number(),
  thread: nullable(z.string()),
  function: nullable(z.string()),
  label: nullable(z.string()),
  type: z.string(),
  subject: z.object({ kind: z.string(), number: z.int() }),
  values: z.record(z.string(), z.int()),
  line: z.int().optional().describe('line of the trace that made it known, in an imported session'),
  text: z.string().optional().describe('in a few words, with ?words=true'),
});

export const eventPage = z.object({
  events: z.array(event),
  next: nullable(z.int()).describe('`from` of the next page; null at the end'),
  position: z.int().describe('last stored position'),
});

const difference = z.object({
  by: z.enum(REPLAY_KINDS),
  position: z.int(),
  stored: z.string(),
  replayed: z.string(),
  ordinal: z.int().optional(),
  thread: z.string().optional(),
  function: z.string().optional(),
  label: z.string().optional(),
  what: z.string().optional(),
});

export const replayResult = z.object({
  verified: z.boolean(),
  by: z.object({
    fold: nullable(
      z.object({
        verified: z.boolean(),
        outcome: z.enum(['verified', 'differs', 'not_compared']),
        rows: z.int(),
        compared: nullable(z.object({ words: z.int(), position: z.int(), with: z.string() })),
      }),
    ),
    schedule: nullable(
      z.object({
        verified: z.boolean(),
        outcome: z.enum(['verified', 'differs', 'engine_differs']),
        rows: z.int(),
        digest: nullable(z.string()),
        detail: nullable(z.string()),
      }),
    ),
  }),
  firstDifference: nullable(difference),
});
