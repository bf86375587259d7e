// `experiment NAME` for every experiment but the founding one, and `experiment --list`. What is expected and how it is
// printed is the core's (scenarios/experiments).
import { BadInput } from '../../core/base/errors.js';
import { ENGINE_VERSION, type RunRequest } from '../../core/run/manifest.js';
import {
  type Experiment,
  type ExperimentSession,
  publishedDocument,
  publishedTable,
  type SessionResult,
  shippedSessions,
} from '../../core/scenarios/experiments/experiment.js';
import { EXPERIMENTS, FOUNDING_EXPERIMENT } from '../../core/scenarios/experiments/index.js';
import { requestOf, SHIPPED, sessionResult } from '../../sessions/published-experiments.js';
import type { Backend } from '../backend/backend.js';
import type { SessionDocument } from '../documents.js';
import { EXIT_CODE, type ExitCode } from '../exit-codes.js';
import type { Settings } from '../settings.js';
import { grouped, type Terminal, table } from '../terminal.js';
import { checkRequest } from './run.js';

export interface PublishedOptions {
  readonly recording: string;
  readonly seed: number;
  readonly settings: Settings;
  readonly invariants: boolean;
}

export function listExperiments(terminal: Terminal): ExitCode {
  const all = [FOUNDING_EXPERIMENT, ...EXPERIMENTS].map(({ name, title, source }) => ({
    name,
    title,
    source,
  }));
  terminal.document(all);
  terminal.line(
    table(
      ['experiment', 'what it holds against', 'source'],
      all.map((e) => [e.name, e.title, e.source]),
    ),
  );
  return EXIT_CODE.FINE;
}

export async function publishedExperiment(
  e: Experiment,
  options: PublishedOptions,
  openBackend: () => Promise<Backend>,
  again: string,
  terminal: Terminal,
): Promise<ExitCode> {
  const sessions = shippedSessions(e, SHIPPED);
  const requests = sessions.map((s) => withOptions(e, s, options));
  for (const request of requests) await checkRequest(request);
  terminal.note(
    `seed ${options.seed}, protocols ${[...new Set(sessions.map((s) => s.protocol))].join(', ')}, ` +
      `scenario ${[...new Set(sessions.map((s) => s.scenario))].join(', ')} x ${sessions.length}, ` +
      `engine ${ENGINE_VERSION}`,
  );
  const results = new Map<string, SessionResult>();
  const backend = await openBackend();
  try {
    const ended = await runAll(backend, requests, terminal);
    for (const [i, document] of ended.entries()) {
      const pressure = e.needsPressure ? { ...(await backend.rootPressure(document.id)) } : null;
      results.set(sessions[i]!.key, sessionResult(document, pressure));
    }
  } finally {
    await backend.close();
  }
  const { parameters, costs } = options.settings;
  const own = [parameters, costs].some((given) => Object.keys(given).length > 0);
  const document = publishedDocument(e, results, SHIPPED, !own);
  terminal.note('');
  terminal.document(document);
  terminal.line(publishedTable(document));
  terminal.note(again);
  return document.asExpected ? EXIT_CODE.FINE : EXIT_CODE.VIOLATED;
}

function withOptions(e: Experiment, s: ExperimentSession, options: PublishedOptions): RunRequest {
  const { settings, seed, recording, invariants } = options;
  const taken = Object.keys(settings.parameters).find((name) => Object.hasOwn(s.parameters, name));
  if (taken !== undefined) {
    throw new BadInput(
      'experiment-parameter',
      `experiment ${e.name} itself sets ${taken}; expected other parameters`,
    );
  }
  const request = requestOf(s);
  return {
    ...request,
    parameters: { ...settings.parameters, ...request.parameters },
    costs: { ...settings.costs, ...request.costs },
    limits: settings.limits,
    seed,
    recording,
    invariants,
  };
}

async function runAll(
  backend: Backend,
  requests: readonly RunRequest[],
  terminal: Terminal,
): Promise<SessionDocument[]> {
  const events = new Map<string, number>();
  return await backend.run(requests, (id, _state, n) => {
    events.set(id, n);
    const all = [...events.values()].reduce((sum, x) => sum + x, 0);
    terminal.progress(`${events.size} of ${requests.length} sessions begun, ${grouped(all)} events`);
  });
}
