// Where a run stands, as it is stored with each chunk.
import { E } from '../events/catalogue.js';
import type { Machine } from '../machine/machine.js';
import type { InvariantVerdict, Outcome, OutcomeDetail, RunProgress } from './contract.js';
import { countsOf } from './counts.js';
import type { Recorder } from './recorder.js';

export interface RunEnd {
  readonly outcome: Outcome | null;
  readonly detail: OutcomeDetail | null;
  readonly verdicts: readonly InvariantVerdict[] | null;
}

export function progressOf(r: Recorder, m: Machine, steps: number, timeNs: number, end: RunEnd): RunProgress {
  return {
    ordinal: r.ordinal,
    position: r.position,
    steps,
    timeNs,
    digest: r.digestHex,
    fullDigest: r.fullDigestHex,
    rootAllocations: r.countByType[E.RootAllocated]!,
    findings: r.countByType[E.Finding]!,
    counts: countsOf(r, m.accounts),
    milestones: Object.fromEntries(r.milestones),
    outcome: end.outcome,
    detail: end.detail,
    verdicts: end.verdicts,
  };
}

/** The time that the threads of the VMM have come to: daemons may sleep beyond the end. */
export function latestClock(
  threads: readonly { readonly kind: 'vmm' | 'daemon' }[],
  clocks: Float64Array,
): number {
  let max = 0;
  for (let t = 0; t < clocks.length; t++)
    if (threads[t]!.kind === 'vmm' && clocks[t]! > max) max = clocks[t]!;
  return max;
}
