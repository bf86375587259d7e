// Every frame of the live feed as a schema: what clients send is checked against it, what the server sends is typed by
// it, and the AsyncAPI document is made from it. Frames are JSON texts; only `compact` events are binary.
import { z } from 'zod';
import { event } from '../sessions/session.schemas.js';
import { FEED_ENCODINGS } from '../store/event-store.port.js';
import { JOB_STATES } from '../store/jobs.port.js';
import { SESSION_STATES } from '../store/session.js';

export const LIVE_PROTOCOL = 1;

const MAX_TEXT = 2_000;
const jobId = z.string().regex(/^[1-9]\d{0,14}$/, 'expected the id of a job');
const sessionId = z.string().min(1).max(20).describe('id of a session');
const position = z.int().min(0);
const text = z.string().max(MAX_TEXT);

export const feedFilter = z.strictObject({
  type: text.optional().describe('event types, separated by commas'),
  thread: text.optional().describe('name of a thread'),
  subject: text.optional().describe('kind:number, such as root:3; or a kind alone'),
  function: text.optional().describe('name of a kernel function'),
});

// ---- from the client

export const CLIENT_FRAMES = {
  token: z
    .strictObject({ kind: z.literal('token'), token: z.string().max(500) })
    .describe('the first message where a token is needed and the handshake had no Authorization header'),
  subscribe: z
    .strictObject({
      kind: z.literal('subscribe'),
      session: sessionId,
      from: z
        .union([z.int().min(1).max(Number.MAX_SAFE_INTEGER), z.literal('end')])
        .default(1)
        .describe(
          'first position wanted: 1 + the last one a client has; `end`: only what is stored from now on',
        ),
      encoding: z.enum(FEED_ENCODINGS).default('objects'),
      filter: feedFilter.default({}),
    })
    .describe('one subscription a session and connection'),
  unsubscribe: z.strictObject({ kind: z.literal('unsubscribe'), session: sessionId }),
  watch: z
    .strictObject({ kind: z.literal('watch') })
    .describe('changes of state of all sessions, without events'),
  unwatch: z.strictObject({ kind: z.literal('unwatch') }),
  follow: z
    .strictObject({ kind: z.literal('follow'), job: jobId })
    .describe('state and progress of a job, such as an exploration; counts as a subscription'),
  unfollow: z.strictObject({ kind: z.literal('unfollow'), job: jobId }),
  ping: z.strictObject({ kind: z.literal('ping'), data: z.string().max(100).optional() }),
} as const;

export const clientFrame = z.discriminatedUnion('kind', [
  CLIENT_FRAMES.token,
  CLIENT_FRAMES.subscribe,
  CLIENT_FRAMES.unsubscribe,
  CLIENT_FRAMES.watch,
  CLIENT_FRAMES.unwatch,
  CLIENT_FRAMES.follow,
  CLIENT_FRAMES.unfollow,
  CLIENT_FRAMES.ping,
]);

// ---- from the server

const progress = z.object({
  events: z.int().describe('events of the full stream'),
  steps: z.int(),
  timeNs: z.number().describe('virtual time'),
  rootAllocations: z.int(),
  findings: z.int(),
  outcome: z.union([z.string(), z.null()]),
});

const change = {
  session: sessionId,
  state: z.enum(SESSION_STATES),
  position: position.describe('last stored position'),
  progress: z.union([progress, z.null()]),
};

const jobChange = {
  job: jobId,
  type: z.string().describe('kind of the job: exploration, sweep, replay ...'),
  state: z.enum(JOB_STATES),
  progress: z
    .unknown()
    .describe(
      'in the form of its kind, null before there is news; of an exploration: states, transitions, depth, waiting (the frontier), seconds, statesPerSecond, estimate, checkpointed',
    ),
  error: z.union([z.string(), z.null()]).describe('why it failed'),
};

export const SERVER_FRAMES = {
  hello: z
    .object({
      kind: z.literal('hello'),
      protocol: z.literal(LIVE_PROTOCOL),
      engine: z.string(),
      token: z.enum(['accepted', 'not-needed', 'needed']).describe('`needed`: send a token frame first'),
      heartbeatMs: z.int(),
      limits: z.record(z.string(), z.int()),
    })
    .describe('the first frame'),
  subscribed: z
    .object({
      kind: z.literal('subscribed'),
      session: sessionId,
      from: z.int().min(1).describe('first position that will be sent'),
      answer: z
        .enum(['nothing-missed', 'replay'])
        .describe('nothing-missed: nothing is stored from `from` on; replay: events from `from` on follow'),
      position: position.describe('last stored position'),
      state: z.enum(SESSION_STATES),
      encoding: z.enum(FEED_ENCODINGS),
    })
    .describe('where it cannot be replayed, an error frame comes instead'),
  events: z
    .object({
      kind: z.literal('events'),
      session: sessionId,
      from: z.int().min(1).describe('first position that this frame covers: the one after the frame before'),
      to: z.int().min(1).describe('last position that it covers; go on from to + 1'),
      events: z.array(event),
    })
    .describe('with a filter, `events` may be empty: nothing in the range was asked for'),
  catalogue: z
    .object({
      kind: z.literal('catalogue'),
      types: z
        .record(z.string(), z.object({ name: z.string(), values: z.array(z.string()) }))
        .describe('by code: the name of the type and of its values a, b, c'),
      subjects: z.array(z.string()).describe('kinds of subjects by code'),
      counted: z.int().describe('code of the type that stands for `a` events'),
    })
    .describe('once a connection, before the first compact events'),
  names: z
    .object({
      kind: z.literal('names'),
      session: sessionId,
      threads: z.array(z.object({ id: z.int(), name: z.string() })),
      sites: z.array(
        z.object({
          id: z.int(),
          function: z.string(),
          label: z.string(),
          parent: z.int().describe('site of the caller; 0: none'),
        }),
      ),
    })
    .describe('compact only: names that the following events may use; each is sent once'),
  caughtUp: z
    .object({ kind: z.literal('caught-up'), session: sessionId, position })
    .describe('everything stored was sent; what follows is live'),
  state: z
    .object({ kind: z.literal('state'), ...change })
    .describe(
      'a sealed state (finished, failed, cancelled) comes after the last event and ends the subscription',
    ),
  removed: z
    .object({ kind: z.literal('removed'), session: sessionId, position: position.describe('last one sent') })
    .describe('the session was deleted; the subscription is over'),
  unsubscribed: z.object({
    kind: z.literal('unsubscribed'),
    session: sessionId,
    position: position.describe('last one sent'),
  }),
  watching: z.object({ kind: z.literal('watching') }),
  unwatched: z.object({ kind: z.literal('unwatched') }),
  sessions: z
    .object({
      kind: z.literal('sessions'),
      changes: z.array(z.object(change)),
      removed: z.array(sessionId),
      overflow: z.boolean().describe('more had changed than is kept: read the list of sessions'),
    })
    .describe('the last state of each session that changed, a created one included'),
  following: z
    .object({ kind: z.literal('following'), ...jobChange })
    .describe('how the job stands; news of it follow, unless it has ended'),
  job: z
    .object({ kind: z.literal('job'), ...jobChange })
    .describe(
      'the latest news, at most every progressMs; a state that is neither queued nor running is the last',
    ),
  unfollowed: z.object({ kind: z.literal('unfollowed'), job: jobId }),
  heartbeat: z.object({
    kind: z.literal('heartbeat'),
    positions: z.record(z.string(), position).describe('session -> last position sent'),
  }),
  pong: z.object({ kind: z.literal('pong'), data: z.string().optional() }),
  error: z
    .object({
      kind: z.literal('error'),
      code: z.string().describe('stable; the same names as of problem types'),
      detail: z.string(),
      expected: z.array(z.string()).describe('what would have been accepted, where it can be listed'),
      about: z.union([z.string(), z.null()]).describe('kind of the frame that it answers'),
      session: z.union([z.string(), z.null()]),
    })
    .describe('the connection stays open unless a close frame follows'),
  closing: z
    .object({
      kind: z.literal('closing'),
      code: z.int(),
      reason: z.string(),
      positions: z.record(z.string(), position),
    })
    .describe('the last frame; resume elsewhere or later from position + 1'),
} as const;

export const serverFrame = z.discriminatedUnion('kind', [
  SERVER_FRAMES.hello,
  SERVER_FRAMES.subscribed,
  SERVER_FRAMES.events,
  SERVER_FRAMES.catalogue,
  SERVER_FRAMES.names,
  SERVER_FRAMES.caughtUp,
  SERVER_FRAMES.state,
  SERVER_FRAMES.removed,
  SERVER_FRAMES.unsubscribed,
  SERVER_FRAMES.watching,
  SERVER_FRAMES.unwatched,
  SERVER_FRAMES.sessions,
  SERVER_FRAMES.following,
  SERVER_FRAMES.job,
  SERVER_FRAMES.unfollowed,
  SERVER_FRAMES.heartbeat,
  SERVER_FRAMES.pong,
  SERVER_FRAMES.error,
  SERVER_FRAMES.closing,
]);

export type ClientFrame = z.output<typeof clientFrame>;
export type ClientFrameInput = z.input<typeof clientFrame>;
export type ServerFrame = z.output<typeof serverFrame>;
export type FollowFrame = z.output<(typeof CLIENT_FRAMES)['follow']>;
export type SubscribeFrame = z.output<(typeof CLIENT_FRAMES)['subscribe']>;
export type FeedFilter = z.output<typeof feedFilter>;
export type SessionChange = Omit<Extract<ServerFrame, { kind: 'state' }>, 'kind'>;

/** Why a connection was closed. */
export const CLOSE = {
  stopping: 1001,
  protocol: 1008,
  failed: 1011,
  token: 4401,
  notReading: 4408,
  rate: 4429,
} as const;
