// The JSON documents of the command line. Field names are promises: tests hold them to the letter.
import type { InvariantVerdict, Outcome, OutcomeDetail } from '../core/run/contract.js';
import type { ReplayResult } from '../sessions/inspection/replay-result.js';

/** One session, at any moment: what `show --json` prints. */
export interface SessionDocument {
  readonly id: string;
  readonly state: string;
  /** Why it is in that state, where the state needs a word. */
  readonly reason: string | null;
  readonly scenario: string;
  readonly protocol: string;
  readonly seed: number;
  readonly scheduler: string;
  readonly recording: string;
  readonly invariants: boolean;
  readonly parameters: { readonly [name: string]: number | string | boolean };
  readonly costs: { readonly [name: string]: number };
  readonly limits: { readonly [name: string]: number };
  readonly engine: string;
  readonly outcome: Outcome | null;
  readonly detail: OutcomeDetail | null;
  readonly rootAllocations: number;
  /** Length of the full stream. */
  readonly events: number;
  /** Stored rows: what `events_readable` holds of the session. */
  readonly stored: number;
  /** Session digest, lower-case hex: the same at both recording levels. */
  readonly digest: string | null;
  /** Digest over every event, lower-case hex. */
  readonly fullDigest: string | null;
  readonly steps: number;
  readonly timeNs: number;
  /** Virtual time of each, ns. */
  readonly milestones: { readonly [name: string]: number };
  readonly findingCount: number;
  /** What each invariant came to; null while the session runs and where invariants were switched off. */
  readonly verdicts: readonly InvariantVerdict[] | null;
  readonly counts: { readonly [name: string]: number };
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface FindingDocument {
  /** `I1` ... */
  readonly invariant: string;
  readonly position: number;
  readonly ordinal: number;
  readonly timeNs: number;
  readonly thread: string | null;
  readonly function: string | null;
  readonly label: string | null;
  readonly detail: number;
  readonly seen: number;
}

/** `run --json`. */
export interface RunDocument extends Omit<SessionDocument, 'id' | 'state' | 'reason' | 'findingCount'> {
  readonly sessionId: string;
  readonly findings: readonly FindingDocument[];
}

export function runDocument(session: SessionDocument, findings: readonly FindingDocument[]): RunDocument {
  const { id, state: _state, reason: _reason, findingCount: _count, ...rest } = session;
  const { protocol, scenario, seed, outcome, rootAllocations, events, stored, digest, milestones, counts } =
    rest;
  return {
    sessionId: id,
    ...{
      protocol,
      scenario,
      seed,
      outcome,
      rootAllocations,
      events,
      stored,
      digest,
      milestones,
      findings,
      counts,
    },
    ...rest,
  };
}

/** `replay --json`. */
export type ReplayDocument = ReplayResult;
