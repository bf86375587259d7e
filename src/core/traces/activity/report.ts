// The report of an activity: churn, one sentence about it, and whether the guests get on.
import type { Activity } from './activity.js';
import { type ChurnReport, churnReport } from './churn-report.js';
import { diagnose } from './diagnosis.js';
import { type Progress, progressOf } from './progress.js';

export interface ActivityReport {
  readonly churn: ChurnReport;
  readonly diagnosis: string;
  readonly progress: Progress;
}

export function reportOf(activity: Activity): ActivityReport {
  const churn = churnReport(activity);
  return { churn, diagnosis: diagnose(churn), progress: progressOf(activity, churn) };
}
