// Comparisons as the API describes them; see core/compare for the meaning.
import { z } from 'zod';
import { DEFAULT_COMPARISON_POINTS } from '../config/limits.js';
import { MAX_COMPARED_SESSIONS } from '../core/compare/comparison.js';
import { DIVERGENCE_KINDS, type DivergenceKind } from '../core/compare/divergence.js';
import { CLOCK_ORIGINS } from '../core/compare/one-clock.js';
import { SERIES, SERIES_POINTS_MAX, type SeriesName } from '../core/compare/series.js';
import { queryInteger } from '../http/zod.pipe.js';

const nullable = <T extends z.ZodType>(schema: T) => z.union([schema, z.null()]);
const nullableText = z.union([z.string(), z.null()]);
const pair = <T extends z.ZodType>(schema: T) => z.array(schema).length(2);

const sessionId = z.string().regex(/^[1-9]\d{0,15}$/, 'expected ids of sessions');
const ALL = 'also what is the same in all sessions';
const POINTS = 'points of each curve over virtual time; 0: no curves';

export const comparisonQuery = z.strictObject({
  sessions: z
    .string()
    .regex(/^[1-9]\d{0,15}(,[1-9]\d{0,15})*$/, 'expected ids of sessions with commas between them')
    .describe(
      `2 to ${MAX_COMPARED_SESSIONS} ids with commas between them; the first is compared with each other one`,
    )
    .transform((text) => text.split(',')),
  all: z
    .enum(['true', 'false'])
    .default('false')
    .describe(ALL)
    .transform((text) => text === 'true'),
  points: queryInteger(0, SERIES_POINTS_MAX).default(DEFAULT_COMPARISON_POINTS).describe(POINTS),
});

export const comparisonBody = z.strictObject({
  sessions: z.array(sessionId).describe(`2 to ${MAX_COMPARED_SESSIONS} ids`),
  all: z.boolean().default(false).describe(ALL),
  points: z.int().min(0).max(SERIES_POINTS_MAX).default(DEFAULT_COMPARISON_POINTS).describe(POINTS),
});

const cell = z.union([z.number(), z.string(), z.boolean(), z.null()]);
const table = z.object({
  rows: z.array(
    z.object({
      group: z.string(),
      name: z.string(),
      unit: z.string(),
      values: z
        .array(cell)
        .describe('one a session; null: it has no such value, or its recording did not keep it'),
    }),
  ),
  same: z.int().describe('rows left out because every session has the same'),
});

const step = z.object({
  position: z.int(),
  ordinal: z.int(),
  timeNs: z.number(),
  thread: z.string(),
  function: nullableText,
  label: nullableText,
  callers: z.array(z.object({ function: z.string(), label: z.string() })).describe('innermost first'),
  event: z.string().describe('in words, with the numbers that this session gives to roots and pages'),
});
const steps = pair(nullable(step)).describe(
  'in the first and in the other session; null: it does not come there',
);
const kinds = Object.keys(DIVERGENCE_KINDS) as [DivergenceKind, ...DivergenceKind[]];
const divergence = z.object({
  kind: z.enum(kinds).describe(kinds.map((kind) => `${kind}: ${DIVERGENCE_KINDS[kind]}`).join('; ')),
  text: z.string(),
  thread: z.string(),
  steps: steps,
  onlyIn: nullable(z.int()).describe('index of the session that has the step'),
  object: nullableText.describe('what the two steps are about'),
  other: nullable(z.object({ steps, firstIn: z.int() })).describe(
    'the step of another thread that came first in the session with index firstIn only',
  ),
  lastCommon: nullable(steps).describe('the last step that it depends on; both have it with the same past'),
});

const onlyIn = pair(z.array(z.object({ type: z.string(), steps: z.int() })));
const alignment = z.object({
  sessions: pair(z.string()),
  outcome: z.enum(['equal', 'diverges', 'notAligned', 'gaveUp']),
  reason: nullable(z.object({ code: z.string(), text: z.string() })).describe('why they are not aligned'),
  by: nullable(z.enum(['steps', 'operations', 'recorded'])).describe(
    'steps: the same procedures, everything but time counts; operations: thread, operation, object, occurrence; recorded: one is a recording; operation, object and occurrence, among what it observed',
  ),
  level: nullable(z.enum(['full', 'lifecycle'])).describe('the events that both recordings keep'),
  sameOrder: z.boolean().describe('equal down to the order of steps that commute'),
  steps: nullable(pair(z.int())),
  divergence: nullable(divergence),
  occurrences: nullable(z.object({ matched: z.int(), onlyIn })).describe(
    'steps by thread, operation, object and occurrence, wherever they stand; null: too many different ones',
  ),
  recorded: z
    .object({
      compared: z.array(z.string()).describe('types of events that the recording observed'),
      steps: pair(z.int()),
      matched: z.int(),
      onlyIn,
      matches: z.array(
        z.object({
          type: z.string(),
          object: z.string(),
          occurrence: z.int().describe('from 1'),
          positions: pair(z.int()),
          timesNs: pair(z.number()).describe('on the clock of the comparison'),
        }),
      ),
      matchesLeftOut: z.int(),
    })
    .optional()
    .describe('present where one of the sessions is a recording'),
});

const names = Object.keys(SERIES) as [SeriesName, ...SeriesName[]];
const series = z.object({
  timesNs: z.array(z.number()),
  curves: z.array(
    z.object({
      name: z.enum(names),
      doc: z.string(),
      unit: z.string(),
      values: z.array(nullable(z.array(z.number()))).describe('one list a session; null: not recorded'),
    }),
  ),
  milestones: z.array(z.array(z.object({ milestone: z.string(), timeNs: z.number() }))),
});

export const comparison = z.object({
  sessions: z.array(
    z.object({
      id: z.string(),
      kind: z.string(),
      state: z.string(),
      scenario: z.string(),
      protocol: z.string(),
      seed: z.number(),
      recording: z.enum(['full', 'lifecycle']),
      events: z.int().describe('position up to which it was compared'),
    }),
  ),
  all: z.boolean(),
  parameters: table,
  metrics: table,
  series: nullable(series),
  clock: nullable(
    z.object({
      origin: nullable(z.enum(CLOCK_ORIGINS)).describe(
        'the first event of this type is zero in each session',
      ),
      unit: z.enum(['ns']),
      zeroNs: z.array(z.number()).describe('by session: its own time of zero'),
      scale: z.literal(1).describe('times are shifted, never stretched: nothing is fitted'),
    }),
  ).describe('present where a session is a recording: the clock of curves and matched steps'),
  alignments: z.array(alignment),
});
