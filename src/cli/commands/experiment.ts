// `experiment forced-reset`: the founding experiment, eight sessions side by side; and, with --async-smi, boots under
// an asynchronous source of SMIs. What is expected and how it is printed is the core's (scenarios/experiment.ts).
import { BadInput } from '../../core/base/errors.js';
import type { UserProtocolText } from '../../core/protocols/user-api.js';
import { ENGINE_VERSION, type RunRequest } from '../../core/run/manifest.js';
import {
  asyncSmiSessions,
  type ExperimentResult,
  type ExperimentSession,
  experimentDocument,
  experimentSessions,
  experimentTable,
  startOrder,
} from '../../core/scenarios/experiment.js';
import type { Backend } from '../backend/backend.js';
import type { SessionDocument } from '../documents.js';
import { EXIT_CODE, type ExitCode } from '../exit-codes.js';
import type { Settings } from '../settings.js';
import { grouped, type Terminal, table } from '../terminal.js';
import { checkRequest } from './run.js';

export const DR_HANDLING = ['emulate-first-exit'] as const;

export interface ExperimentOptions {
  readonly recording: string;
  readonly seed: number;
  readonly settings: Settings;
  /** KVM emulates and skips the first MOV-DR exit. */
  readonly emulateFirstDrExit: boolean;
  /** Periods in virtual microseconds; empty: the forced resets. */
  readonly asyncSmiPeriodsUs: readonly number[];
  readonly invariants: boolean;
  /** Runs where the patch of the mail does: a protocol by id, or (with its text) a user's own. */
  readonly patch: PatchUnderTest | null;
}

export interface PatchUnderTest {
  readonly protocol: string;
  readonly userProtocol?: UserProtocolText;
}

/** The protocol that the mail calls patched. */
const PATCHED = 'seed-draft';

/** The command line again, for its last line. */
export type Again = string;

export async function experiment(
  options: ExperimentOptions,
  openBackend: () => Promise<Backend>,
  again: Again,
  terminal: Terminal,
): Promise<ExitCode> {
  const parameters: Record<string, number | string> = { ...options.settings.parameters };
  if (options.emulateFirstDrExit) parameters.drEmulateFirstExit = 1;
  const asynchronous = options.asyncSmiPeriodsUs.length > 0;
  if (parameters.resetPolicy !== undefined || (asynchronous && parameters.asyncSmiPeriodUs !== undefined)) {
    throw new BadInput(
      'experiment-parameter',
      'the experiment itself sets resetPolicy and asyncSmiPeriodUs; expected other parameters',
    );
  }
  const sessions = asynchronous
    ? asyncSmiSessions([0, ...options.asyncSmiPeriodsUs], parameters)
    : experimentSessions(parameters);
  const requests = sessions.map((session) => requestOf(session, options));
  for (const request of requests) await checkRequest(request);

  terminal.note(
    `seed ${options.seed}, protocols ${[...new Set(requests.map((r) => r.protocol))].join(' and ')}, ` +
      `scenario boot x ${sessions.length}, engine ${ENGINE_VERSION}`,
  );
  const order = startOrder(sessions);
  const ended = await runAll(
    order.map((i) => requests[i]),
    openBackend,
    terminal,
  );
  const results = sessions.map((session, i) => resultOf(session, ended[order.indexOf(i)]));
  terminal.note('');
  const code = asynchronous
    ? reportAsyncSmi(results, terminal)
    : reportForcedResets(results, options, terminal);
  terminal.note(again);
  return code;
}

function requestOf(session: ExperimentSession, options: ExperimentOptions): RunRequest {
  const { scenario, protocol, parameters } = session;
  const { seed, recording, invariants, settings, patch } = options;
  return {
    scenario,
    ...(protocol === PATCHED && patch !== null ? patch : { protocol }),
    parameters,
    seed,
    recording,
    invariants,
    costs: settings.costs,
    limits: settings.limits,
  };
}

async function runAll(
  requests: readonly RunRequest[],
  openBackend: () => Promise<Backend>,
  terminal: Terminal,
): Promise<SessionDocument[]> {
  const backend = await openBackend();
  try {
    const events = new Map<string, number>();
    return await backend.run(requests, (id, _state, n) => {
      events.set(id, n);
      const all = [...events.values()].reduce((sum, x) => sum + x, 0);
      terminal.progress(`${events.size} of ${requests.length} sessions begun, ${grouped(all)} events`);
    });
  } finally {
    await backend.close();
  }
}

function resultOf(session: ExperimentSession, s: SessionDocument): ExperimentResult {
  return {
    session,
    sessionId: s.id,
    // A session that the store sealed without an outcome has failed.
    outcome: s.outcome ?? s.state,
    milestones: s.milestones,
    counts: s.counts,
    rootAllocations: s.rootAllocations,
    events: s.events,
    digest: s.digest ?? '',
    stuckAt: stuckAt(s),
    costs: s.costs,
  };
}

function stuckAt({ detail }: SessionDocument): ExperimentResult['stuckAt'] {
  if (detail?.stuckAt === undefined) return null;
  const { phase, exit, function: name, label } = detail.stuckAt;
  return { phase, exit, function: name, label };
}

function reportForcedResets(
  results: readonly ExperimentResult[],
  { settings, emulateFirstDrExit, patch }: ExperimentOptions,
  terminal: Terminal,
): ExitCode {
  const own = [settings.parameters, settings.costs].some((given) => Object.keys(given).length > 0);
  const told = experimentDocument(results, !own && !emulateFirstDrExit);
  // The mail's figures of the patch stand beside those of the protocol that ran in its place.
  const nameOf = (protocol: string): string =>
    protocol === PATCHED && patch !== null ? patch.protocol : protocol;
  const document = { ...told, runs: told.runs.map((r) => ({ ...r, protocol: nameOf(r.protocol) })) };
  terminal.document(document);
  terminal.line(experimentTable(document));
  return document.asExpected ? EXIT_CODE.FINE : EXIT_CODE.VIOLATED;
}

interface AsyncSmiRun {
  readonly protocol: string;
  readonly periodUs: number;
  readonly outcome: string;
  readonly pid1Seconds: number | null;
  readonly consoleSeconds: number | null;
  readonly smis: number;
  readonly rootAllocations: number;
  readonly eptViolations: number;
  readonly resets: number;
  readonly stuckAt: ExperimentResult['stuckAt'];
  readonly sessionId: string;
  readonly events: number;
  readonly digest: string;
}

/** Nothing is published to compare with: every boot, and every livelock that an SMI storm makes, is a result. */
function reportAsyncSmi(results: readonly ExperimentResult[], terminal: Terminal): ExitCode {
  const runs = results.map((r): AsyncSmiRun => {
    const seconds = (ns: number | undefined): number | null =>
      ns === undefined ? null : Math.round(ns / 1e6) / 1e3;
    return {
      protocol: r.session.protocol,
      periodUs: Number(r.session.parameters.asyncSmiPeriodUs),
      outcome: r.outcome,
      pid1Seconds: seconds(r.milestones.pid1),
      consoleSeconds: seconds(r.milestones.console),
      smis: r.counts.smis ?? 0,
      rootAllocations: r.rootAllocations,
      eptViolations: r.counts.eptViolations ?? 0,
      resets: r.counts.resets ?? 0,
      stuckAt: r.stuckAt,
      sessionId: r.sessionId,
      events: r.events,
      digest: r.digest,
    };
  });
  terminal.document({ experiment: 'async-smi', runs });
  terminal.line(
    table(
      [
        'protocol',
        'SMI every us',
        'outcome',
        'PID 1 s',
        'console s',
        'SMIs',
        'roots',
        'EPT violations',
        'session',
      ],
      runs.map((r) => [
        r.protocol,
        r.periodUs === 0 ? 'never' : String(r.periodUs),
        r.outcome,
        r.pid1Seconds,
        r.consoleSeconds,
        r.smis,
        r.rootAllocations,
        r.eptViolations,
        r.sessionId,
      ]),
    ),
  );
  const results_ = new Set(['booted', 'no_forward_progress']);
  return runs.every((r) => results_.has(r.outcome)) ? EXIT_CODE.FINE : EXIT_CODE.VIOLATED;
}
