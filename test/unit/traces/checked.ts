// A trace's text held against protocols, for the tests beside this file.
import { TraceCheck } from '../../../src/core/traces/check/trace-check.js';
import type { CheckReport } from '../../../src/core/traces/check/verdict.js';
import { FrameReader } from '../../../src/core/traces/frames/frame-reader.js';

export function checked(text: string, protocols?: readonly string[]): CheckReport {
  const check = new TraceCheck(protocols === undefined ? {} : { protocols });
  const reader = new FrameReader((frame) => check.take(frame));
  reader.push(text);
  reader.end();
  return check.report();
}
