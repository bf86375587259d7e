// The first block of a session file, and the names: JSON, checked field by field when it comes from outside. Fields that
// a later build added to the manifest or the progress are kept as they are.
import { z } from 'zod';
import { BadInput } from '../../core/base/errors.js';
import { EVENT_SCHEMA_VERSION } from '../../core/events/catalogue.js';
import { SITES_MAX } from '../../core/machine/sites.js';
import type { Manifest, RunProgress } from '../../core/run/contract.js';
import { MAX_FOLLOWED_DECISIONS, MAX_FORCED_DECISIONS } from '../../core/run/fork.js';
import { MAX_SCHEDULE_TURNS } from '../../core/run/schedule.js';
import { SCHEDULERS } from '../../core/scheduler/scheduler.js';
import type { StoredMark } from '../../store/event-store.port.js';
import type { ImportedSession, NameSince } from '../../store/imports.port.js';
import { SESSION_KINDS, type SessionLabel } from '../../store/session.js';
import { damagedFile } from './frames.js';

export interface SessionHead extends SessionLabel {
  readonly session: ImportedSession;
  readonly position: number;
  readonly progress: RunProgress | null;
  /** Where it left its parent, for people: the rows are all here. */
  readonly forkedFrom: { readonly sessionId: string; readonly position: number } | null;
}

const MAX_WORD = 200;
/** Fork points in the past of one session. */
const MAX_FORKS = 1_000;
const MAX_TEXT = 20_000;
const word = z.string().max(MAX_WORD);
const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const digest = z.string().regex(/^[0-9a-f]{16}$/);
const numbers = z.record(word, z.number());

const scheduler = z.enum(SCHEDULERS);
const difference = z.looseObject({
  decisions: z
    .array(z.looseObject({ thread: count.max(255), steps: count.min(1), name: word }))
    .max(MAX_FORCED_DECISIONS)
    .optional(),
});
/** Where it left its parents. What it did differently there is only shown, but for the decisions that it was given. */
const forkOrigin = z.looseObject({
  session: word,
  at: count,
  position: count,
  ordinal: count,
  steps: count,
  digest,
  fullDigest: digest,
  seed: count,
  scheduler,
  costs: numbers,
  difference,
});

const manifest = z.looseObject({
  scenario: word,
  protocol: word,
  seed: z.number(),
  scheduler: word,
  recording: z.enum(['full', 'lifecycle']),
  invariants: z.boolean(),
  parameters: z.record(word, z.union([z.number(), z.string().max(MAX_TEXT), z.boolean()])),
  costs: numbers,
  limits: numbers,
  engine: word,
  protocolDigest: word,
  eventSchema: count,
  schedule: z
    .array(z.looseObject({ thread: count.max(255), steps: count.min(1) }))
    .max(MAX_SCHEDULE_TURNS)
    .optional(),
  forks: z.array(forkOrigin).max(MAX_FORKS).optional(),
  follows: z
    .looseObject({
      session: word,
      at: count,
      of: count,
      followed: count,
      stopped: z.string().max(MAX_TEXT).nullable(),
      decisions: z.array(count).max(2 * MAX_FOLLOWED_DECISIONS),
      commands: z.array(z.looseObject({ command: word })),
      difference,
    })
    .optional(),
});

const verdict = z.looseObject({
  invariant: word,
  name: word,
  verdict: word,
  checks: z.number(),
  violations: z.number(),
  reason: z.string().max(MAX_TEXT).nullable(),
});

const progress = z.looseObject({
  ordinal: count,
  position: count,
  steps: count,
  timeNs: count,
  digest,
  fullDigest: digest,
  rootAllocations: count,
  findings: count,
  counts: numbers,
  milestones: numbers,
  outcome: z.enum(['completed', 'booted', 'no_forward_progress', 'limit_reached', 'failed']).nullable(),
  detail: z.looseObject({}).nullable(),
  verdicts: z.array(verdict).max(1_000).nullable(),
});

const head = z.object({
  session: z.strictObject({
    kind: z.enum(SESSION_KINDS),
    state: z.enum(['paused', 'finished', 'failed', 'cancelled']),
    reason: z.string().max(MAX_TEXT).nullable(),
    manifest,
    createdAt: z.iso.datetime(),
  }),
  position: count,
  progress: progress.nullable(),
  forkedFrom: z.object({ sessionId: word, position: count }).nullable(),
  name: z.string().max(MAX_TEXT).nullable(),
  note: z.string().max(MAX_TEXT).nullable(),
});

const name = z.object({
  since: count,
  entry: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('thread'), id: count.max(255), name: word }),
    z.strictObject({
      kind: z.literal('site'),
      id: count.min(1).max(SITES_MAX),
      function: word,
      label: word,
      parent: count.max(SITES_MAX),
    }),
  ]),
});

/** The last block: what a whole file consists of. */
const end = z.strictObject({ blocks: count, rows: count, sha256: z.string().regex(/^[0-9a-f]{64}$/) });

export function jsonBytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

export function readHead(body: Uint8Array): SessionHead {
  const read = parse('the session', head, body);
  const { eventSchema } = read.session.manifest;
  if (eventSchema > EVENT_SCHEMA_VERSION) {
    throw new BadInput(
      'event-schema-newer',
      `the session was written with event schema ${eventSchema}; this Rootline reads up to ${EVENT_SCHEMA_VERSION}`,
    );
  }
  const positionOfProgress = read.progress?.position ?? 0;
  if (positionOfProgress !== read.position)
    throw damagedFile(`it has ${read.position} events, its progress says ${positionOfProgress}`);
  const ended = read.progress !== null && read.progress.outcome !== null;
  if (ended && read.session.state === 'paused') throw damagedFile('a run that has ended cannot be paused');
  // What zod cannot say of fields it was told to keep.
  return {
    ...read,
    session: { ...read.session, manifest: read.session.manifest as Manifest },
    progress: read.progress as RunProgress | null,
  };
}

export function readNames(body: Uint8Array): NameSince[] {
  return parse('the names', z.array(name), body);
}

/** Commands and rests of a live session, in order. Whether a command makes sense, the replay says. */
const mark = z.strictObject({
  number: count.min(1),
  step: count,
  position: count,
  input: z
    .strictObject({ number: count.min(1), command: z.looseObject({}), plan: z.looseObject({}) })
    .nullable(),
  issuedAt: z.iso.datetime(),
});

export function readMarks(body: Uint8Array): StoredMark[] {
  return parse('the outside inputs', z.array(mark), body) as unknown as StoredMark[];
}

export function readEnd(body: Uint8Array): z.output<typeof end> {
  return parse('the end', end, body);
}

function parse<T extends z.ZodType>(what: string, schema: T, body: Uint8Array): z.output<T> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw damagedFile(`${what} is no JSON`);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw damagedFile(`${what}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not as expected'}`);
}
