// One recording from its texts to its figures: the only thing that `rootline validate` has to call.
import { missedFrees, readKprobeProfile } from './kprobe-profile.js';
import { lifecycleRulesOf, RECORDED_KERNELS } from './lifecycle-rules.js';
import type { Lifecycle } from './recorded-event.js';
import { type RecordedFigures, recordedFigures } from './recorded-figures.js';
import { readLifecycle } from './root-lifecycle.js';
import { type MalformedReason, readTrace, type TraceText } from './tracefs-reader.js';

export interface Recording {
  /** The recording's directory name. */
  readonly kernel: string;
  readonly trace: TraceText;
  readonly lifecycle: Lifecycle;
  readonly figures: RecordedFigures;
  /** Frees of table pages that the kprobe missed: `figures.rootFrees` may be short by up to this. */
  readonly missedFrees: number;
}

export type RecordingOutcome =
  | { readonly kind: 'recording'; readonly recording: Recording }
  | { readonly kind: 'unknownKernel'; readonly kernel: string; readonly expected: readonly string[] }
  /** Not one line of the text is an event of the tracefs layout: why, and how often. */
  | { readonly kind: 'notATrace'; readonly reasons: ReadonlyMap<MalformedReason, number> };

/** `kprobeProfile` is the text of the recording's `kprobe-misses` file; empty if no kprobe was on. */
export function readRecording(kernel: string, traceText: string, kprobeProfile: string): RecordingOutcome {
  const rules = lifecycleRulesOf(kernel);
  if (rules === null) return { kind: 'unknownKernel', kernel, expected: RECORDED_KERNELS };
  const trace = readTrace(traceText);
  if (trace.events.length === 0) return { kind: 'notATrace', reasons: reasonsOf(trace) };
  const lifecycle = readLifecycle(trace, rules);
  return {
    kind: 'recording',
    recording: {
      kernel,
      trace,
      lifecycle,
      figures: recordedFigures(lifecycle),
      missedFrees: missedFrees(readKprobeProfile(kprobeProfile)),
    },
  };
}

function reasonsOf(trace: TraceText): ReadonlyMap<MalformedReason, number> {
  const reasons = new Map<MalformedReason, number>();
  for (const { reason } of trace.malformed) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  return reasons;
}
