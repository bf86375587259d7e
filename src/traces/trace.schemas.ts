// What an imported trace is, in the API.
import { z } from 'zod';
import { activity } from '../http/activity.schemas.js';

const count = z.int().min(0);
const line = z.int().min(0).describe('number of the line, from 1; 0: none');

export const importedTrace = z.object({
  sessionId: z.string(),
  digest: z.string().describe('of the session'),
  stored: count.describe('events of the session'),
  format: z
    .string()
    .describe('tracefs, trace_pipe, latency, function_graph, trace-cmd report, perf script, trace.dat v7'),
  packing: z.enum(['none', 'gzip', 'zstd']),
  kernel: z.string().nullable().describe('recorded kernel whose layout it has; null: not recognised'),
  layout: z.enum(['recognised', 'given', 'unverified layout', 'not recognised']),
  kernelGiven: z.string().nullable(),
  uname: z.string().nullable(),
  broken: z.string().nullable().describe('why the file ended before its end; null: it did not'),
  missing: count.describe('entries that the header says and that are not in the text'),
  clock: z.enum(['ns', 'ticks', 'relative', 'none']),
  beginning: z
    .number()
    .describe("time of the first event in the trace's clock; times of the session count from it"),
  lines: count,
  bytes: count.describe('unpacked'),
  events: count.describe('lines with an event about KVM'),
  calls: count.describe('lines of the function tracers'),
  joined: count,
  quoted: count,
  stackLines: count,
  malformed: z.record(z.string(), count).describe('lines that no layout reads, by reason'),
  malformedShown: z.array(z.object({ line, reason: z.string(), text: z.string() })),
  gaps: count,
  gapList: z.array(
    z.object({
      line,
      kind: z
        .enum(['lost', 'overrun', 'kprobe misses', 'damaged'])
        .describe('damaged: a line that cannot be read, which may have been an event'),
      lost: count.nullable().describe('null: unknown how many'),
      cpu: z.int().describe('-1: on whichever'),
      probe: z.string().nullable(),
    }),
  ),
  lostEvents: count,
  unknown: count.describe('lines of events never heard of'),
  unknownEvents: z.record(z.string(), count),
  firstUnknownLine: line,
  undecodable: count.describe('lines of known events that lack a field'),
  firstUndecodable: z.object({ line, event: z.string(), field: z.string() }).nullable(),
  rootAllocations: count,
  vms: count,
  vcpus: count,
  tasks: count,
  openWalks: count,
  timesBackwards: count,
  firstBackwardsLine: line,
  otherClockLine: line,
  leftOut: z.object({ tasks: count, vms: count, vcpus: count, roots: count, tables: count }),
  roots: z.object({
    putsCompared: count,
    putsDisagree: count,
    firstDisagreeLine: line,
    putsUnexplained: count,
    rootsFound: count,
    freesWhileReferenced: count,
  }),
  ...activity,
  warnings: z.array(z.string()).describe('what could not be used, in sentences with line numbers'),
});

export const traceLines = z.object({
  lines: z.array(
    z.object({
      line: z.int().min(1),
      kind: z.enum(['event', 'call', 'lost', 'malformed']),
      cpu: z.int().nullable(),
      pid: z.int().nullable(),
      task: z.string().nullable(),
      time: z.number().nullable().describe("on the trace's own clock"),
      name: z.string().describe('event, or function of a call'),
      text: z.string().describe('the rest of the line'),
      position: z.int().nullable().describe('first event of the session that it made; null: none'),
    }),
  ),
});
