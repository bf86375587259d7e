// A trace held against protocols, and what its vCPUs are doing, in one reading.

import { FrameActivity } from '../activity/frame-signals.js';
import type { ActivityReport } from '../activity/report.js';
import type { Frame } from '../frames/frame.js';
import { type CheckOptions, TraceCheck } from './trace-check.js';
import type { CheckReport } from './verdict.js';

export type CheckAnswer = CheckReport & ActivityReport;

export class CheckedTrace {
  private readonly activity = new FrameActivity();
  private readonly check: TraceCheck;

  constructor(options: CheckOptions = {}) {
    this.check = new TraceCheck(options);
  }

  take(frame: Frame): void {
    this.check.take(frame);
    this.activity.take(frame);
  }

  /** The text has so many lines, and ends before its end where it was cut off. */
  ended(lines: number, broken: boolean): void {
    this.check.sawLines(lines);
    if (broken) this.check.cutOff(lines);
  }

  answer(): CheckAnswer {
    return { ...this.check.report(), ...this.activity.report() };
  }
}
