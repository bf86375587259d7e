// What a check asks for and answers, in the API.
import { z } from 'zod';
import { MAX_NAME_CHARS } from '../config/limits.js';
import { RULES, type RuleId } from '../core/traces/check/rules.js';
import { activity } from '../http/activity.schemas.js';

const count = z.int().min(0);
const nullable = <T extends z.ZodType>(schema: T) => z.union([schema, z.null()]);
const rule = z.enum(RULES.map(({ id }) => id) as [RuleId, ...RuleId[]]);

export const checkSession = z
  .strictObject({
    protocol: z
      .string()
      .min(1)
      .max(MAX_NAME_CHARS)
      .optional()
      .describe("one era, one protocol or profile, or a protocol of the server's folder"),
    all: z.boolean().optional().describe('every era; so without `protocol`, too'),
  })
  .refine(({ protocol, all }) => protocol === undefined || all !== true, {
    message: '`all` checks every era; leave `protocol` out, or `all`',
  });

const rejection = z.object({
  line: z.int().min(1).describe('line of the trace; of a simulated session the number of the probe line'),
  event: z.string().describe('name of the event, as printed'),
  rule: rule.describe('the rule that it breaks'),
  why: z.string(),
  statesBefore: z
    .array(z.string())
    .describe('the states that were still possible before it: functions entered, references held, roots'),
});

export const verdict = z.object({
  protocol: z.string(),
  verdict: z.enum(['accepted', 'rejected', 'undecided']),
  profile: z.string().describe('which form of the era accepts, or came furthest: its base, or a profile'),
  acceptedBy: z.array(z.string()).describe('all forms that accept it'),
  firstRejected: nullable(rejection).describe('the first event that no behaviour of the protocol explains'),
  explained: count.describe('events that the protocol produces'),
  unknown: count.describe(
    'steps that no line shows and that were filled in, and lines of events that nobody has heard of',
  ),
  wouldDecide: nullable(z.string()).describe('where undecided'),
});

export const checkReport = z.object({
  verdicts: z.array(verdict).describe('accepted first, then undecided, then rejected'),
  classes: z.array(z.array(z.string())).describe('eras that the trace cannot tell apart'),
  lines: count,
  events: count,
  lost: z
    .object({
      places: count,
      events: nullable(count).describe('null: the trace does not say how many'),
      firstLine: nullable(count),
    })
    .describe('events that are known to be missing'),
  rootProbes: z.boolean().describe('births of roots are probed: the whole probe set is taken as armed'),
  notes: z
    .array(z.string())
    .describe('what a reader has to know of the text: damage, what is missing, events nobody has heard of'),
  ...activity,
});
