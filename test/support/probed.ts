// A simulated run as the text that the probe set of its kernel would have printed. A run that its own protocol refuses is a mistake of
// the check or of the model.
import { findProtocol } from '../../src/core/protocols/registry.js';
import type { RunRequest } from '../../src/core/run/manifest.js';
import { probedRun as run } from '../../src/core/run/own-behaviour.js';
import type { FrameEvent } from '../../src/core/traces/frames/frame.js';

/** @returns what the probes would have printed, and how the run ended */
export function probedRun({ protocol, ...request }: RunRequest): {
  readonly lines: readonly FrameEvent[];
  readonly outcome: string | null;
} {
  const lines: FrameEvent[] = [];
  const outcome = run(findProtocol(protocol), request, (line) => lines.push(line));
  return { lines, outcome };
}
