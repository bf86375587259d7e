// Experiments against published figures on a server: the newest session of each run that an experiment names, and the
// document of `rootline experiment NAME --json` once all have ended. What agrees is the core's (core/scenarios/experiments).
import { MAX_ROOT_PRESSURES_KEPT } from '../config/limits.js';
import { resolveCosts } from '../core/machine/costs.js';
import { PROTOCOLS } from '../core/protocols/registry.js';
import type { Manifest } from '../core/run/contract.js';
import { createManifest, type RunRequest } from '../core/run/manifest.js';
import {
  type Experiment,
  type ExperimentSession,
  type PublishedDocument,
  publishedDocument,
  type SessionResult,
  shippedSessions,
} from '../core/scenarios/experiments/experiment.js';
import type { EventStore } from '../store/event-store.port.js';
import { isSealed, type SessionRecord, type SessionState } from '../store/session.js';
import { rootPressureOf } from './root-pressure.js';
import type { SessionRunner } from './runner/session-runner.js';
import { type SessionView, sessionView } from './session.view.js';

/** How far back the list is searched for one run. */
const SEARCHED = 200;

export const SHIPPED: readonly string[] = PROTOCOLS.map((p) => p.id);

export interface ExperimentProgress {
  readonly experiment: string;
  readonly title: string;
  readonly source: string;
  readonly sessions: readonly (ExperimentSession & {
    /** False: this build has no such protocol. */
    readonly shipped: boolean;
    /** The newest session of this run; null: there is none. */
    readonly session: {
      readonly id: string;
      readonly state: SessionState;
      readonly outcome: string | null;
      readonly events: number;
      readonly timeNs: number;
    } | null;
  })[];
  readonly document: PublishedDocument | null;
}

/** One run as a request; everything else is the default. Lifecycle keeps all that figures are made from. */
export function requestOf(s: ExperimentSession): RunRequest {
  const { scenario, protocol, parameters, costs } = s;
  return {
    scenario,
    protocol,
    parameters,
    recording: 'lifecycle',
    ...(costs === undefined ? {} : { costs }),
  };
}

/** What a finished session hands to its experiment. */
export function sessionResult(s: SessionView, pressure: SessionResult['pressure']): SessionResult {
  return {
    sessionId: s.id,
    // A session that the store sealed without an outcome has failed.
    outcome: s.outcome ?? s.state,
    timeNs: s.timeNs,
    rootAllocations: s.rootAllocations,
    milestones: s.milestones,
    counts: s.counts,
    events: s.events,
    digest: s.digest ?? '',
    pressure,
  };
}

/** Starts every run of the experiment that this build can make; their ids. */
export async function startPublished(e: Experiment, runner: SessionRunner): Promise<string[]> {
  const ids: string[] = [];
  for (const session of shippedSessions(e, SHIPPED)) {
    const { id } = await runner.create(requestOf(session), { name: `${e.name}: ${session.key}` });
    ids.push(id);
  }
  return ids;
}

/** What two sessions must have in common to be the same run: the seed plays no part under the scheduler `timed`. */
function sameRun({ scenario, protocol, scheduler, parameters, costs, limits }: Manifest): string {
  // A session that is older than a cost ran as its default has it.
  return JSON.stringify([
    scenario,
    protocol,
    scheduler,
    parameters,
    { ...resolveCosts({}), ...costs },
    limits,
  ]);
}

export class PublishedExperiments {
  private readonly pressures = new Map<string, SessionResult['pressure']>();

  constructor(private readonly store: EventStore) {}

  async progress(e: Experiment): Promise<ExperimentProgress> {
    const found = await this.newest(e);
    const ended = shippedSessions(e, SHIPPED).every(({ key }) => {
      const session = found.get(key);
      return session !== undefined && isSealed(session.state);
    });
    return {
      experiment: e.name,
      title: e.title,
      source: e.source,
      sessions: e.sessions.map((s) => {
        const session = found.get(s.key);
        return {
          ...s,
          shipped: SHIPPED.includes(s.protocol),
          session: session === undefined ? null : brief(sessionView(session)),
        };
      }),
      document: ended ? await this.document(e, found) : null,
    };
  }

  private async document(
    e: Experiment,
    found: ReadonlyMap<string, SessionRecord>,
  ): Promise<PublishedDocument> {
    const results = new Map<string, SessionResult>();
    for (const [key, session] of found) {
      const pressure = e.needsPressure ? await this.pressure(session.id) : null;
      results.set(key, sessionResult(sessionView(session), pressure));
    }
    return publishedDocument(e, results, SHIPPED);
  }

  /** A sealed session never changes, so neither do its figures. */
  private async pressure(id: string): Promise<SessionResult['pressure']> {
    const known = this.pressures.get(id);
    if (known !== undefined) return known;
    const figures = { ...(await rootPressureOf(this.store, id)) };
    const oldest = this.pressures.keys().next();
    if (this.pressures.size >= MAX_ROOT_PRESSURES_KEPT && oldest.done !== true) {
      this.pressures.delete(oldest.value);
    }
    this.pressures.set(id, figures);
    return figures;
  }

  private async newest(e: Experiment): Promise<Map<string, SessionRecord>> {
    const wanted = new Map(
      shippedSessions(e, SHIPPED).map((s) => [sameRun(createManifest(requestOf(s))), s.key]),
    );
    const found = new Map<string, SessionRecord>();
    for (const scenario of new Set(e.sessions.map((s) => s.scenario))) {
      const { sessions } = await this.store.listSessions({
        limit: SEARCHED,
        scenario,
        kinds: ['simulated'],
      });
      for (const { id } of sessions) {
        if (found.size === wanted.size) return found;
        const session = await this.store.getSession(id);
        const key = wanted.get(sameRun(session.manifest));
        if (key !== undefined && !found.has(key)) found.set(key, session);
      }
    }
    return found;
  }
}

function brief({ id, state, outcome, events, timeNs }: SessionView) {
  return { id, state, outcome, events, timeNs };
}
