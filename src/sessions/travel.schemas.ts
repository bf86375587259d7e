// Moving through a session, as the API describes it: steps and continues, and what differs between two positions.
import { z } from 'zod';
import {
  DEFAULT_SEEK_EVENTS,
  DEFAULT_TIMELINE_WIDTH,
  MAX_SEEK_EVENTS,
  MAX_TIMELINE_WIDTH,
} from '../config/limits.js';
import { MEMSLOT_UPDATES } from '../core/projections/memslot-updates.js';
import { ROOT_STATES } from '../core/projections/root-span.js';
import { TIME_SHARES } from '../core/projections/thread-time.js';
import { LANE_KINDS, TIMELINE_KINDS } from '../core/projections/timeline.js';
import { MAX_SCENE_ROWS } from '../core/scene/scene.js';
import { SCENE_MODES } from '../core/scene/thread-lane.js';
import { STEP_KINDS } from '../core/travel/step.js';
import { queryInteger } from '../http/zod.pipe.js';
import { event } from './session.schemas.js';

const MAX_POSITION = Number.MAX_SAFE_INTEGER;
const nullable = <T extends z.ZodType>(schema: T) => z.union([schema, z.null()]);

export const seekQuery = z.strictObject({
  from: queryInteger(0, MAX_POSITION).describe('position where it begins; 0: before the first event'),
  direction: z.enum(['forward', 'backward']).default('forward'),
  step: z
    .enum(STEP_KINDS)
    .optional()
    .describe("one event, one step (a thread's events at one site), or to another function of the thread"),
  type: z.string().optional().describe('stop at these event types, separated by commas'),
  thread: z.string().optional().describe('name of a thread'),
  function: z.string().optional().describe('an event in this function'),
  label: z.string().optional(),
  subject: z.string().optional().describe('KIND:NUMBER, such as root:3'),
  finding: z.string().optional().describe('any, or an invariant such as I3'),
  change: z.string().optional().describe('a path of the state whose value the event changes'),
  when: z.string().optional().describe('a predicate on the state that becomes true with the event'),
  limit: queryInteger(1, MAX_SEEK_EVENTS)
    .default(DEFAULT_SEEK_EVENTS)
    .describe('events that are looked at before `next` says where to go on'),
});

export const seekReply = z.object({
  found: z.boolean(),
  position: nullable(z.int()).describe('where it stopped: the state right after this event'),
  looked: z.int().describe('events that were looked at'),
  next: nullable(z.int()).describe('`from` of a call that goes on; null: everything was looked at'),
  event: nullable(event),
});

const path = z.string().max(200);
export const changesQuery = z.strictObject({
  from: queryInteger(0, MAX_POSITION).describe('position before'),
  to: queryInteger(0, MAX_POSITION).describe('position after'),
  under: path.optional().describe('only paths below this one'),
});

const where = z.object({
  position: z.int(),
  ordinal: z.int(),
  timeNs: z.number(),
  recording: z.enum(['full', 'lifecycle']),
});
const value = z.unknown().describe('JSON; null: there was no such thing');
export const changesReply = z.object({
  from: where,
  to: where,
  changes: z.array(z.object({ path: z.string(), before: value, after: value })),
});

const STATES = ROOT_STATES.map((state, i) => `${i} ${state}`).join(', ');
const memslotUpdate = z.object({
  position: z.int(),
  what: z.enum(MEMSLOT_UPDATES),
  vm: z.int(),
  asId: z.int().describe('address space: 1 in SMM'),
  slot: z.int(),
  thread: z.string(),
  function: nullable(z.string()),
});

const flat = (what: string) => z.array(z.int()).describe(`${what}, one after the other`);

export const timelineQuery = z.strictObject({
  from: queryInteger(1, MAX_POSITION).optional().describe('first position; default: the first'),
  to: queryInteger(1, MAX_POSITION).optional().describe('last position; default: the committed end'),
  width: queryInteger(1, MAX_TIMELINE_WIDTH).default(DEFAULT_TIMELINE_WIDTH).describe('buckets at the most'),
  lanes: z
    .string()
    .max(1_000)
    .default('threads,locks')
    .describe('threads, roots, locks, or single ones such as root:17; separated by commas'),
});

export const timeline = z.object({
  from: z.int().describe('the range, widened to whole buckets'),
  to: z.int(),
  rowsPerBucket: z.int(),
  source: z.enum(['rows', 'fine', 'coarse']).describe('what it was summed up from'),
  buckets: z.array(
    z.object({
      from: z.int(),
      to: z.int(),
      fromTimeNs: z.number(),
      toTimeNs: z.number(),
      events: z.int(),
      updates: z.int().describe('of memslots'),
    }),
  ),
  lanes: z.array(
    z.object({
      kind: z.enum(LANE_KINDS),
      number: z.int(),
      name: z.string(),
      events: z.int(),
      first: z.int(),
      last: z.int(),
      root: nullable(
        z.object({
          vm: nullable(z.int()).describe('that lists it'),
          role: nullable(z.string()),
          smm: z.boolean(),
          state: z.int().describe(`before the range: ${STATES}`),
          count: z.int().describe('references before the range; -1: unknown'),
          born: nullable(z.int()).describe('position in the range'),
          freed: nullable(z.int()).describe('position in the range'),
        }),
      ).describe('of a root; between two cells it stays as the first of them says'),
      cells: z.array(
        z.object({
          bucket: z.int().describe('index in buckets'),
          events: z.int(),
          first: z.int(),
          last: z.int(),
          counts: z.partialRecord(z.enum(TIMELINE_KINDS), z.int()),
          life: nullable(
            flat('state behind its last event, states in it (bits), fewest, most and last refcount'),
          ).describe('of a root; null: the session was stored by a build that did not keep it'),
          time: nullable(
            flat(`thousandths of the thread's time: ${TIME_SHARES.join(', ')}; the rest: host`),
          ).describe('of a thread; null: not recorded'),
        }),
      ),
    }),
  ),
  omittedLanes: z.int().describe('lanes that are not listed: the less busy ones'),
  updates: nullable(z.array(memslotUpdate)).describe('of memslots; null: too many, the buckets count them'),
  arrowKinds: z.array(z.string()),
  arrows: flat('index in arrowKinds, from, to, thread there, thread here: those that can be told apart'),
});

export const sceneQuery = z.strictObject({
  from: queryInteger(1, MAX_POSITION).describe('first position'),
  to: queryInteger(1, MAX_POSITION).describe(`last position, less than ${MAX_SCENE_ROWS} behind it`),
});

export const scene = z.object({
  from: z.int(),
  to: z.int(),
  timeNs: z.array(z.number()).describe('by position; threads have clocks of their own, so it may go back'),
  functions: z.array(z.string()),
  types: z.array(z.string()),
  threadOf: z.array(z.int()).describe('by position'),
  typeOf: z.array(z.int()).describe('by position: index in types'),
  threads: z.array(
    z.object({
      thread: z.int(),
      name: z.string(),
      slices: flat('function (index in functions), depth, from, to (the first position behind it)'),
      waits: flat('lock, mode (1 read, 2 write), from, to'),
      modes: flat(`${SCENE_MODES.map((mode, i) => `${i} ${mode}`).join(', ')}; from, to`),
    }),
  ),
  roots: z.array(
    z.object({
      root: z.int(),
      address: nullable(z.int()),
      vm: nullable(z.int()).describe('that lists it; null: not known here'),
      role: z.string(),
      smm: z.boolean(),
      events: z.int(),
      states: flat(`${STATES}; from, to`),
      counts: flat('position, refcount from there on (-1: unknown)'),
      born: nullable(z.int()),
      freed: nullable(z.int()),
      touched: z.array(z.int()).describe('positions at which its page was touched after it was freed'),
    }),
  ),
  omittedRoots: z.int().describe('roots that are not listed: those with fewer events'),
  locks: z.array(
    z.object({
      lock: z.int(),
      name: z.string(),
      holds: flat('thread, mode, from, to'),
      waits: flat('thread, mode, from, to'),
    }),
  ),
  inferred: flat('of an imported trace, events that no line shows: position, index in reasons'),
  reasons: z.array(z.string()),
  updates: z.array(memslotUpdate).describe('of memslots'),
  arrowKinds: z.array(z.string()),
  arrows: flat('index in arrowKinds, from, to'),
});
