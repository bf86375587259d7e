// A trace's text held against protocols, for the tests beside this file.
import { CheckedTrace } from '../../../src/core/traces/check/checked-trace.js';
import type { CheckOptions } from '../../../src/core/traces/check/trace-check.js';
import type { CheckReport } from '../../../src/core/traces/check/verdict.js';
import { FrameReader } from '../../../src/core/traces/frames/frame-reader.js';

export function checked(
  text: string,
  protocols?: readonly string[],
  kprobeMisses: CheckOptions['kprobeMisses'] = new Map(),
): CheckReport {
  const check = new CheckedTrace(protocols === undefined ? { kprobeMisses } : { protocols, kprobeMisses });
  const reader = new FrameReader((frame) => check.take(frame));
  reader.push(text);
  const { lines, cut, missing } = reader.end();
  check.ended({ lines, cut, missing });
  return check.answer();
}
