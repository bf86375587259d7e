// A session as the API and the command line show it.
import type { UserProtocolText } from '../core/protocols/user-api.js';
import type {
  Following,
  ForkDifference,
  ForkOrigin,
  InvariantVerdict,
  Manifest,
  OutcomeDetail,
  RunProgress,
} from '../core/run/contract.js';
import { differenceText } from '../core/run/fork.js';
import type { ForkPoint, SessionRecord, SessionState, SessionSummary } from '../store/session.js';
import { allowedCommands } from './runner/allowed-commands.js';

export interface SessionFigures {
  readonly id: string;
  readonly kind: string;
  readonly state: SessionState;
  readonly name: string | null;
  readonly scenario: string;
  readonly protocol: string;
  readonly seed: number;
  readonly scheduler: string;
  readonly recording: string;
  readonly parent: ForkPoint | null;
  /** completed, booted, no_forward_progress, limit_reached, failed; null while it may still go on. */
  readonly outcome: string | null;
  readonly detail: OutcomeDetail | null;
  /** Events of the full stream. */
  readonly events: number;
  /** Rows kept: the position of the last one. */
  readonly stored: number;
  /** Session digest; null before the first commit. */
  readonly digest: string | null;
  readonly fullDigest: string | null;
  readonly steps: number;
  readonly timeNs: number;
  readonly rootAllocations: number;
  /** Breaches of invariants, counted; GET .../findings lists them. */
  readonly findings: number;
  /** Virtual time of each milestone, ns. */
  readonly milestones: { readonly [name: string]: number };
  readonly counts: { readonly [name: string]: number };
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** Where a session left a parent, and what it does differently from there on. */
export interface ForkView {
  readonly sessionId: string;
  readonly at: number;
  readonly position: number;
  readonly steps: number;
  /** In words; `nothing` where it goes on as its parent did. */
  readonly difference: string;
  /** Set where the fork runs again from the start. */
  readonly again: Pick<Following, 'followed' | 'of' | 'stopped'> | null;
  readonly changes: ForkDifference;
}

export interface SessionView extends SessionFigures {
  /** Fork points in its past, oldest first. */
  readonly forks: readonly ForkView[];
  readonly reason: string | null;
  readonly note: string | null;
  readonly parameters: Manifest['parameters'];
  readonly costs: Manifest['costs'];
  readonly limits: Manifest['limits'];
  readonly invariants: boolean;
  readonly engine: string;
  readonly protocolDigest: string;
  /** A protocol that a user brought: what runs. */
  readonly userProtocol: UserProtocolText | null;
  /** A litmus that a user wrote: what runs. */
  readonly userLitmus: { readonly text: string; readonly digest: string } | null;
  readonly eventSchema: number;
  readonly storedBytes: number;
  /** What became of each invariant; null until the run has ended, and without invariants. */
  readonly verdicts: readonly InvariantVerdict[] | null;
  /** Commands that the present state allows. */
  readonly allowed: readonly string[];
}

type Figures = Pick<
  SessionFigures,
  | 'outcome'
  | 'detail'
  | 'events'
  | 'digest'
  | 'fullDigest'
  | 'steps'
  | 'timeNs'
  | 'rootAllocations'
  | 'findings'
  | 'milestones'
  | 'counts'
>;

/** @param forks of a session that has nothing of its own yet: what it shares is where it stands */
function figures(
  state: SessionState,
  progress: RunProgress | null,
  forks: readonly ForkOrigin[] = [],
): Figures {
  const at = progress ?? forks.at(-1);
  return {
    // A session whose thread died has no outcome of its own.
    outcome: progress?.outcome ?? (state === 'failed' ? 'failed' : null),
    detail: progress?.detail ?? null,
    events: at?.ordinal ?? 0,
    digest: at?.digest ?? null,
    fullDigest: at?.fullDigest ?? null,
    steps: at?.steps ?? 0,
    timeNs: progress?.timeNs ?? 0,
    rootAllocations: progress?.rootAllocations ?? 0,
    findings: progress?.findings ?? 0,
    milestones: progress?.milestones ?? {},
    counts: progress?.counts ?? {},
  };
}

export function summaryView(s: SessionSummary): SessionFigures {
  const {
    id,
    kind,
    state,
    name,
    scenario,
    protocol,
    seed,
    scheduler,
    recording,
    parent,
    createdAt,
    updatedAt,
  } = s;
  return {
    id,
    kind,
    state,
    name,
    scenario,
    protocol,
    seed,
    scheduler,
    recording,
    parent,
    ...figures(state, s.progress),
    stored: s.position,
    createdAt,
    updatedAt,
  };
}

export function sessionView(session: SessionRecord): SessionView {
  const {
    id,
    kind,
    state,
    reason,
    name,
    note,
    manifest,
    parent,
    progress,
    storedBytes,
    createdAt,
    updatedAt,
  } = session;
  const { scenario, protocol, seed, scheduler, recording, parameters, costs, limits, invariants } = manifest;
  const { engine, protocolDigest, eventSchema } = manifest;
  return {
    id,
    kind,
    state,
    reason,
    name,
    note,
    scenario,
    protocol,
    seed,
    scheduler,
    recording,
    parent,
    ...figures(state, progress, manifest.forks),
    forks: forkViews(manifest),
    stored: session.position,
    storedBytes,
    parameters,
    costs,
    limits,
    invariants,
    engine,
    protocolDigest,
    userProtocol: manifest.userProtocol ?? null,
    userLitmus: manifest.userLitmus ?? null,
    eventSchema,
    createdAt,
    updatedAt,
    verdicts: progress?.verdicts ?? null,
    allowed: allowedCommands(state),
  };
}

export function forkViews({ forks = [], follows }: Manifest): ForkView[] {
  const shared = forks.map(({ session, at, position, steps, difference }) => ({
    sessionId: session,
    at,
    position,
    steps,
    difference: differenceText(difference),
    again: null,
    changes: difference,
  }));
  if (follows === undefined) return shared;
  const { session, at, followed, of, stopped, difference } = follows;
  const again = {
    sessionId: session,
    at,
    position: 0,
    steps: followed,
    difference: differenceText(difference),
    again: { followed, of, stopped },
    changes: difference,
  };
  return [again, ...shared];
}
