// The JSON documents of the command line. Field names are promises: tests hold them to the letter. A session is what
// the API shows of it.
import type { ReplayResult } from '../sessions/inspection/replay-result.js';
import type { KernelReport } from '../sessions/kernel-reports.js';
import type { SessionView } from '../sessions/session.view.js';
import type { ReadableEvent } from '../store/readable-rows.js';

/** A row of `sessions --json`, and with its findings in place of their number `show --json`. */
export type SessionDocument = SessionView;

/** A Finding event, and the invariant that it is about. */
export interface FindingDocument extends ReadableEvent {
  /** `I1` ... */
  readonly invariant: string;
  readonly name: string;
  readonly statement: string;
}

/** `run --json`. */
export interface RunDocument extends Omit<SessionDocument, 'id' | 'findings'> {
  readonly sessionId: string;
  readonly findings: readonly FindingDocument[];
  /** What the kernel itself reported. */
  readonly assertions: readonly KernelReport[];
}

export function runDocument(
  session: SessionDocument,
  findings: readonly FindingDocument[],
  assertions: readonly KernelReport[],
): RunDocument {
  const { id, protocol, scenario, seed, outcome, rootAllocations, events, stored, ...more } = session;
  const { digest, milestones, counts, findings: _count, ...rest } = more;
  const identity = { sessionId: id, protocol, scenario, seed, outcome };
  const figures = { rootAllocations, events, stored, digest, milestones, findings, counts, assertions };
  return { ...identity, ...figures, ...rest };
}

/** `replay --json`. */
export type ReplayDocument = ReplayResult;
