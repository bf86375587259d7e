// Which bugs of the table print a report like this one. A match needs the headline, the function it names and the callers
// that the sheet asks for; where the report says its kernel, the answer says whether that kernel has the bug.

import { isBefore, parseRelease } from '../base/release.js';
import type { Bug, Splat } from './bug.js';
import { ROOT_BUGS } from './bugs-roots.js';
import { TABLE_BUGS } from './bugs-tables.js';
import { type Report, readSplats } from './splat.js';

/** B0 ... B28, in order. */
export const BUGS: readonly Bug[] = [...ROOT_BUGS, ...TABLE_BUGS].sort(
  (a, b) => Number.parseInt(a.id.slice(1), 10) - Number.parseInt(b.id.slice(1), 10),
);

export function findBug(id: string): Bug | undefined {
  return BUGS.find((bug) => bug.id.toLowerCase() === id.toLowerCase());
}

export interface Explanation {
  readonly bug: Bug;
  readonly because: string;
  /**
   * Is the report's kernel one that has the bug: `yes`; `no`: another release, so a backport or another bug that looks the
   * same; `unknown`: the report names no kernel, or the bug was never in a release.
   */
  readonly kernelHasIt: 'yes' | 'no' | 'unknown';
}

export interface ExplainedReport {
  readonly report: Report;
  /** Most likely first; empty: nothing in the table prints this. */
  readonly explanations: readonly Explanation[];
}

export function explain(text: string): ExplainedReport[] {
  return readSplats(text).map((report) => ({ report, explanations: explanationsOf(report) }));
}

const ORDER = { yes: 0, unknown: 1, no: 2 } as const;

export function explanationsOf(report: Report): Explanation[] {
  const out: Explanation[] = [];
  for (const bug of BUGS) {
    const splat = bug.splats.find((candidate) => matches(report, candidate));
    if (splat !== undefined) out.push({ bug, because: splat.because, kernelHasIt: kernelHasIt(bug, report) });
  }
  return out.sort((a, b) => ORDER[a.kernelHasIt] - ORDER[b.kernelHasIt]);
}

function matches(report: Report, splat: Splat): boolean {
  if (!splat.headline.includes(report.headline)) return false;
  const names = new Set(report.stack.map((entry) => entry.function));
  if (report.in !== null) names.add(report.in);
  // refcount_warn_saturate and dump helpers stand above the function in question: a name on the stack will do there.
  const named =
    report.headline === 'refcount' ? splat.in.some((name) => names.has(name)) : namesIt(report, splat);
  if (splat.in.length > 0 && !named) return false;
  if (splat.without?.some((name) => names.has(name)) === true) return false;
  return splat.stack.every((group) => group.some((name) => names.has(name)));
}

function namesIt(report: Report, splat: Splat): boolean {
  const first = report.in ?? report.stack.find((entry) => !entry.doubtful)?.function;
  return first !== undefined && splat.in.includes(first);
}

function kernelHasIt(bug: Bug, report: Report): Explanation['kernelHasIt'] {
  if (report.release === null || (bug.since === null && bug.fixedIn === null)) return 'unknown';
  const since = bug.since === null ? null : parseRelease(bug.since);
  const fixedIn = bug.fixedIn === null ? null : parseRelease(bug.fixedIn);
  if (since !== null && isBefore(report.release, since)) return 'no';
  if (fixedIn !== null && !isBefore(report.release, fixedIn)) return 'no';
  return 'yes';
}
