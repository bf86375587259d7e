// Churn of roots and progress of vCPUs, as the API describes them: the same in a check's answer and in an import's.
import { z } from 'zod';
import { CAUSES } from '../core/traces/activity/causes.js';
import { CHURN_LISTED } from '../core/traces/activity/churn-report.js';
import { PROGRESS_VCPUS_LISTED } from '../core/traces/activity/progress.js';
import { SERIES_POINTS_MAX } from '../core/traces/activity/series.js';

const count = z.int().min(0);
const perSecond = z.number().nullable().describe("null: the trace's clock has no seconds");
const line = z.int().min(0).describe('line of the trace; of a simulated session the position');
const cause = z.enum(CAUSES);
const verdict = z.enum(['progress', 'livelock', 'thrash', 'idle', 'unknown']);

const series = z
  .object({
    from: z.number().describe("time of the first event in the trace's clock"),
    step: z.number().describe('length of a point: ns, or ticks'),
    points: z
      .array(
        z.object({
          at: z.number().describe('begin of the point, behind `from`'),
          allocations: count,
          causes: z
            .partialRecord(cause, count)
            .describe('allocations by cause; those with none are left out'),
          faults: count,
          exits: count,
        }),
      )
      .describe(`at most ${SERIES_POINTS_MAX}, without gaps`),
  })
  .describe('for a chart');

export const churn = z.object({
  allocations: count.nullable().describe('roots; null: nothing in the trace shows their births'),
  perSecond,
  seconds: perSecond,
  shownBy: z
    .enum(['probe', 'kvm_mmu_get_page', 'first table', 'session'])
    .nullable()
    .describe('`first table`: v5.10 without probes, where only the first table below a root is announced'),
  causes: z.array(
    z.object({
      cause,
      text: z.string(),
      allocations: count,
      perSecond,
      occasions: count
        .nullable()
        .describe('SMIs, register writes, ioctls, memslot updates; null: not counted'),
    }),
  ),
  smis: count,
  refault: z
    .object({
      faults: count,
      perAllocation: z.number().nullable(),
      ns: z.number().nullable().describe('from those exits to the next entries'),
      share: z.number().nullable().describe('of all page faults'),
    })
    .describe('page faults at pages that had been mapped, on roots that had to be given again'),
  exits: count,
  faults: count,
  vcpus: z
    .array(
      z.object({
        vm: count,
        vcpu: count,
        pid: count,
        task: z.string(),
        allocations: count,
        faults: count,
        exits: count,
      }),
    )
    .describe(`with most allocations first, at most ${CHURN_LISTED}`),
  exitReasons: z
    .array(z.object({ reason: z.string(), allocations: count }))
    .describe("the vCPU's last exit before it was given a root"),
  series,
});

const extent = {
  verdict,
  why: z.string(),
  from: line,
  to: line,
};

export const progress = z.object({
  ...extent,
  fromNs: z.number().nullable().describe('behind the first event'),
  toNs: z.number().nullable(),
  vcpus: z
    .array(z.object({ vm: count, vcpu: count, ...extent }))
    .describe(`at most ${PROGRESS_VCPUS_LISTED}`),
});

/** Fields of both answers. */
export const activity = {
  churn,
  diagnosis: z.string().describe('one sentence'),
  progress: progress.describe(
    'livelock: one instruction faults without an end, or a walk yields without getting on; thrash: most faults map again what a dropped root had mapped; idle: HLT',
  ),
};
