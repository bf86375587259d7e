// One recording from its texts to its figures: the only thing that `rootline validate` has to call.
import { BadInput } from '../base/errors.js';
import { missedFrees, readKprobeProfile } from './kprobe-profile.js';
import { lifecycleRulesOf, RECORDED_KERNELS } from './lifecycle-rules.js';
import type { Lifecycle } from './recorded-event.js';
import { type RecordedFigures, recordedFigures } from './recorded-figures.js';
import { readLifecycle } from './root-lifecycle.js';
import { readTrace, type TraceText } from './trace-text.js';

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
  /** No line of the text is one of a trace, or none is an event. */
  | { readonly kind: 'notATrace'; readonly why: string };

/** `kprobeProfile` is the text of the recording's `kprobe-misses` file; empty if no kprobe was on. */
export function readRecording(kernel: string, traceText: string, kprobeProfile: string): RecordingOutcome {
  const rules = lifecycleRulesOf(kernel);
  if (rules === null) return { kind: 'unknownKernel', kernel, expected: RECORDED_KERNELS };
  let trace: TraceText;
  try {
    trace = readTrace(traceText);
  } catch (error) {
    if (error instanceof BadInput) return { kind: 'notATrace', why: error.message };
    throw error;
  }
  if (trace.events.length === 0) return { kind: 'notATrace', why: 'not one line is an event' };
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
