// A trace held against protocols, and what its vCPUs are doing, in one reading.

import { FrameActivity } from '../activity/frame-signals.js';
import type { ActivityReport } from '../activity/report.js';
import type { Frame } from '../frames/frame.js';
import { type CheckOptions, type TextEnd, TraceCheck } from './trace-check.js';
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

  ended(end: TextEnd): void {
    this.check.ended(end);
  }

  answer(): CheckAnswer {
    return { ...this.check.report(), ...this.activity.report() };
  }
}
