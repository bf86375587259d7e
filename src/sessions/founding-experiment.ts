// The founding experiment on a server: starts its eight sessions, and tells how far the newest ones are, beside the
// mail's figures. What the experiment is, and what counts as agreement, is the core's (core/scenarios/experiment.ts).

import { resolveCosts } from '../core/machine/costs.js';
import type { Manifest } from '../core/run/contract.js';
import { createManifest } from '../core/run/manifest.js';
import {
  type ExperimentDocument,
  type ExperimentResult,
  type ExperimentSession,
  experimentDocument,
  experimentSessions,
  MAIL,
  type MailFigures,
  startOrder,
} from '../core/scenarios/experiment.js';
import { RESET_POLICIES } from '../core/scenarios/reset-policy.js';
import type { EventStore } from '../store/event-store.port.js';
import { isSealed, type SessionRecord, type SessionState } from '../store/session.js';
import type { SessionRunner } from './runner/session-runner.js';
import { sessionView } from './session.view.js';

const NAME = 'forced reset';
/** How far back the list is searched for the experiment's sessions. */
const SEARCHED = 200;

export interface ExperimentRow {
  readonly protocol: string;
  readonly resetPolicy: string;
  readonly mail: MailFigures;
  /** Null: it was not run here yet. */
  readonly session: {
    readonly id: string;
    readonly state: SessionState;
    readonly outcome: string | null;
    readonly events: number;
    readonly timeNs: number;
    readonly pid1Seconds: number | null;
    readonly consoleSeconds: number | null;
    readonly rootAllocations: number;
    readonly eptViolations: number;
    readonly resets: number;
    readonly stuckAt: ExperimentResult['stuckAt'];
  } | null;
}

export interface ExperimentStatus {
  readonly rows: readonly ExperimentRow[];
  /** Once all eight have ended: agreement with the mail, microseconds per reset. */
  readonly document: ExperimentDocument | null;
}

/** Starts all eight sessions side by side; returns their ids. */
export async function startExperiment(runner: SessionRunner): Promise<string[]> {
  const ids: string[] = [];
  const sessions = experimentSessions();
  for (const i of startOrder(sessions)) {
    const { scenario, protocol, parameters, resetPolicy } = sessions[i];
    const name = `${NAME}: ${protocol}, ${resetPolicy}`;
    const { id } = await runner.create({ scenario, protocol, parameters, recording: 'lifecycle' }, { name });
    ids.push(id);
  }
  return ids;
}

export async function experimentStatus(store: EventStore): Promise<ExperimentStatus> {
  const sessions = await newest(store);
  const pairs = experimentSessions().map((wanted) => ({
    wanted,
    found: sessions.get(keyOf(wanted)) ?? null,
  }));
  const results = pairs.flatMap(({ wanted, found }) =>
    found !== null && isSealed(found.state) ? [resultOf(wanted, found)] : [],
  );
  return {
    rows: pairs.map(({ wanted, found }) => rowOf(wanted, found)),
    document: results.length === pairs.length ? experimentDocument(results) : null,
  };
}

const keyOf = (s: { readonly protocol: string; readonly resetPolicy: string }): string =>
  `${s.protocol} ${s.resetPolicy}`;

/** What the experiment leaves as it is, in words that can be compared. */
function unchanged({ parameters, costs, limits }: Manifest): string {
  // A session that is older than a cost ran as its default has it.
  const all = { ...resolveCosts({}), ...costs };
  return JSON.stringify([{ ...parameters, resetPolicy: null }, all, limits]);
}

let defaults: string | null = null;

/** The newest boot of each protocol and reset policy that differs from the defaults in nothing else. */
async function newest(store: EventStore): Promise<Map<string, SessionRecord>> {
  const found = new Map<string, SessionRecord>();
  defaults ??= unchanged(createManifest({ scenario: 'boot', protocol: 'v5.18' }));
  const { sessions } = await store.listSessions({
    limit: SEARCHED,
    scenario: 'boot',
    kinds: ['simulated'],
  });
  for (const { id } of sessions) {
    const session = await store.getSession(id);
    if (unchanged(session.manifest) !== defaults) continue;
    const policy = session.manifest.parameters.resetPolicy;
    const resetPolicy = typeof policy === 'number' ? RESET_POLICIES[policy] : String(policy);
    const key = keyOf({ protocol: session.manifest.protocol, resetPolicy });
    if (!found.has(key)) found.set(key, session);
  }
  return found;
}

function seconds(ns: number | undefined): number | null {
  return ns === undefined ? null : Math.round(ns / 1e6) / 1e3;
}

function rowOf({ protocol, resetPolicy }: ExperimentSession, found: SessionRecord | null): ExperimentRow {
  const mail = MAIL[protocol][resetPolicy];
  if (found === null) return { protocol, resetPolicy, mail, session: null };
  const { id, state, outcome, events, timeNs, milestones, rootAllocations, counts, detail } =
    sessionView(found);
  return {
    protocol,
    resetPolicy,
    mail,
    session: {
      id,
      state,
      outcome,
      events,
      timeNs,
      rootAllocations,
      pid1Seconds: seconds(milestones.pid1),
      consoleSeconds: seconds(milestones.console),
      eptViolations: counts.eptViolations ?? 0,
      resets: counts.resets ?? 0,
      stuckAt: detail?.stuckAt ?? null,
    },
  };
}

function resultOf(session: ExperimentSession, record: SessionRecord): ExperimentResult {
  const { id, state, outcome, milestones, counts, rootAllocations, events, digest, detail, costs } =
    sessionView(record);
  return {
    session,
    sessionId: id,
    outcome: outcome ?? state,
    milestones,
    counts,
    rootAllocations,
    events,
    costs,
    digest: digest ?? '',
    stuckAt: detail?.stuckAt ?? null,
  };
}
