// `explore`: reads the request, searches, says exactly what was established. Where a counterexample is to be stored and a server
// owns the data folder, the server searches.
import { basename } from 'node:path';
import { CHECKPOINT_MS } from '../../config/limits.js';
import { BadInput } from '../../core/base/errors.js';
import type { LitmusRef } from '../../core/explorer/relax/relax-litmus.js';
import { hasProtocol } from '../../core/protocols/registry.js';
import { bookmarkOf } from '../../explorations/bookmark.js';
import {
  dropCheckpointFile,
  readCheckpointFile,
  writeCheckpointFile,
} from '../../explorations/checkpoint-file.js';
import type {
  Exploration,
  ExplorationProgress,
  ExplorationResult,
  ExplorationVerdict,
  SearchKind,
} from '../../explorations/exploration.js';
import {
  COMMAND_DEFAULTS,
  type ExplorationRequest,
  planExploration,
} from '../../explorations/exploration-request.js';
import { explore } from '../../explorations/explore.js';
import { asRequest, litmusRefOf } from '../../explorations/litmus-ref.js';
import { settingsOf } from '../../explorations/verdict-text.js';
import { isProtocolFile, protocolIdOf, readUserProtocol } from '../../user-protocols/read-protocol.js';
import type { ServerExplorations } from '../backend/exploration-backend.js';
import { refuseFileOfServer } from '../backend/refuse-file.js';
import { EXIT_CODE, type ExitCode } from '../exit-codes.js';
import { ServerRefused } from '../failure.js';
import { readSettings } from '../settings.js';
import type { Terminal } from '../terminal.js';
import { storedAs } from './explore-stored.js';
import { boundsAhead, estimateText, progressText, type Shown, textOf } from './explore-text.js';

export interface ExploreOptions {
  readonly litmus: string;
  readonly protocol: string;
  readonly settings: readonly string[];
  readonly reduced: boolean;
  readonly workers: number | undefined;
  readonly preemptions: number | undefined;
  readonly depth: number | undefined;
  readonly states: number | undefined;
  readonly seconds: number | undefined;
  readonly bytes: number | undefined;
  readonly search: string;
  readonly seed: number | undefined;
  readonly schedules: number | undefined;
  readonly pctDepth: number | undefined;
  readonly exact: boolean;
  readonly liveness: boolean;
  readonly lockMatrix: boolean;
  readonly coverage: boolean;
  readonly checkpoint: string | undefined;
  readonly data: string | undefined;
  readonly transplant: string | undefined;
}

/** What is printed: the result, and where a search that was stopped is gone on with. */
interface ExploreDocument extends ExplorationResult {
  readonly checkpoint: string | null;
  /** The server's exploration; null where this process searched. */
  readonly explorationId: string | null;
}

const EXIT: { readonly [V in ExplorationVerdict]: ExitCode } = {
  holds: EXIT_CODE.FINE,
  violated: EXIT_CODE.VIOLATED,
  bound_reached: EXIT_CODE.LIMIT,
};

export async function exploreCommand(options: ExploreOptions, terminal: Terminal): Promise<ExitCode> {
  const file = isProtocolFile(options.protocol) ? options.protocol : null;
  const request = requestOf(options, await litmusRefOf(options.litmus), file);
  const asked = await planExploration(
    request,
    COMMAND_DEFAULTS,
    file === null && hasProtocol(request.protocol),
  );
  const { spec } = asked;
  terminal.note(
    `${spec.litmus}${settingsOf(spec.parameters)} under ${spec.protocol}, ${asked.search} search${
      asked.search === 'exhaustive' ? '' : `, seed ${asked.seed}`
    }`,
  );
  if (file !== null) {
    if (options.data !== undefined) await refuseFileOfServer(options.data, basename(file));
    return await exploreOwn(asked, file, options, terminal);
  }
  if (options.data !== undefined) {
    const { serverOf } = await import('../backend/open-backend.js');
    const server = await serverOf(options.data);
    if (server !== null) {
      if (options.checkpoint !== undefined)
        throw new BadInput(
          'explore-checkpoint',
          'the server keeps checkpoints of its own: leave --checkpoint out',
        );
      return await exploreThere(request, asked, server.explorations, options, terminal);
    }
  }
  return await exploreHere(asked, options, terminal);
}

async function exploreHere(
  asked: Exploration,
  options: ExploreOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const { checkpoint } = options;
  const resume = checkpoint === undefined ? null : readCheckpointFile(checkpoint);
  let cancelled = false;
  const at: { rested: string | null } = { rested: null };
  // A second Ctrl-C ends the process as ever.
  process.once('SIGINT', () => {
    cancelled = true;
  });
  const left = checkpoint ?? `rootline-${asked.spec.litmus}-${asked.spec.protocol}.checkpoint`;
  const resumable = asked.search === 'exhaustive' && asked.bounds.depth === null && !asked.exact;
  const verdict = await explore(asked, {
    beside: true,
    cancelled: () => cancelled,
    ...(resume === null ? {} : { resume }),
    ...(resumable
      ? {
          rest: (words, stopped) => {
            // One that met a bound leaves a file where it was asked to, one that was stopped in any case.
            if (checkpoint === undefined && !cancelled) return;
            writeCheckpointFile(left, words);
            if (stopped) at.rested = left;
          },
        }
      : {}),
    ...(checkpoint === undefined ? {} : { checkpointMs: CHECKPOINT_MS }),
    progress: told(asked, terminal, resumable ? `--checkpoint ${checkpoint ?? 'FILE'} lets it go on` : null),
  });
  const { rested } = at;
  if (rested !== null) terminal.note(`stopped; with --checkpoint ${rested} it goes on from there`);
  else if (checkpoint !== undefined) dropCheckpointFile(checkpoint);
  const result = await withReport(asked, verdict, options, terminal, () => cancelled);
  return print({ ...result, checkpoint: rested, explorationId: null }, options, terminal);
}

/** By the server that owns the data folder: it stores the counterexample. */
async function exploreThere(
  request: ExplorationRequest,
  asked: Exploration,
  server: ServerExplorations,
  options: ExploreOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const id = await server.start(request);
  terminal.note(`exploration ${id} of the server that owns ${options.data}`);
  let cancelling = false;
  process.once('SIGINT', () => {
    cancelling = true;
  });
  const tell = told(asked, terminal, `"continues": "${id}" lets another exploration go on`);
  const view = await server.ended(id, tell, () => cancelling);
  if (view.result === null)
    throw new ServerRefused(500, `exploration ${id} is ${view.state}: ${view.error ?? 'no reason given'}`);
  if (view.allowed.includes('continue'))
    terminal.note(`stopped; another exploration goes on from there with "continues": "${id}"`);
  return print({ ...view.result, checkpoint: null, explorationId: id }, options, terminal);
}

/** Tells how far it is; the first estimate on a line that stays. */
function told(
  asked: Exploration,
  terminal: Terminal,
  goOn: string | null,
): (now: ExplorationProgress) => void {
  let estimated: string | null = null;
  return (now) => {
    const { estimate } = now;
    if (estimate !== null) {
      const what = `${estimate.method} ${estimate.high === null}`;
      // On the way it changes all the time: that is the progress line's.
      if (estimated === null || (estimate.method !== 'recapture' && estimated !== what))
        terminal.note(`estimate: ${estimateText(estimate)}; ${boundsAhead(now, asked.bounds, goOn)}`);
      estimated = what;
    }
    terminal.progress(progressText(now));
  };
}

function print(result: ExploreDocument, options: ExploreOptions, terminal: Terminal): ExitCode {
  // What was not everything is told with what was seen of it.
  const shown: Shown = {
    locks: options.lockMatrix,
    coverage: options.coverage || result.verdict === 'bound_reached',
  };
  const { locks, coverage } = result;
  terminal.document({
    ...result,
    locks: shown.locks ? locks : null,
    coverage: shown.coverage ? coverage : null,
  });
  for (const line of textOf(result, shown)) terminal.line(line);
  return EXIT[result.verdict];
}

/** Under a protocol of the user's, in a process of its own. */
async function exploreOwn(
  asked: Exploration,
  file: string,
  options: ExploreOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const { checkpoint, data, transplant } = options;
  const { searchedAlone, searchInSandbox } = await import('../../user-protocols/sandboxed-search.js');
  const text = readUserProtocol(file);
  const resume = checkpoint === undefined ? null : readCheckpointFile(checkpoint);
  const question = { asked: searchedAlone(asked, text), resume, transplant: transplant ?? null };
  const { result, rest } = await searchInSandbox(text, question, {
    onOpen: (stop) => process.once('SIGINT', stop),
    progress: told(asked, terminal, `--checkpoint ${checkpoint ?? 'FILE'} lets it go on`),
  });
  const rested = checkpoint !== undefined && rest !== null ? checkpoint : null;
  if (rested !== null) {
    writeCheckpointFile(rested, rest!);
    terminal.note(`stopped; with --checkpoint ${rested} it goes on from there`);
  } else if (checkpoint !== undefined) dropCheckpointFile(checkpoint);
  const { report } = result;
  const sessionId =
    report == null || data === undefined
      ? null
      : await storedAs({ ...report.session, userProtocol: text }, bookmarkOf(report), data, terminal);
  return print({ ...result, sessionId, checkpoint: rested, explorationId: null }, options, terminal);
}

/** The counterexample for people; stored as a session where there is a place for it. */
async function withReport(
  asked: Exploration,
  result: ExplorationResult,
  { data, transplant }: ExploreOptions,
  terminal: Terminal,
  cancelled: () => boolean,
): Promise<ExplorationResult> {
  if (result.counterexample === null) return result;
  const { present } = await import('../../explorations/present.js');
  const report = await present(asked, result, { cancelled, transplant });
  if (report === null || data === undefined) return { ...result, report };
  return { ...result, report, sessionId: await storedAs(report.session, bookmarkOf(report), data, terminal) };
}

function requestOf(options: ExploreOptions, ref: LitmusRef, file: string | null): ExplorationRequest {
  const { workers, preemptions, depth, states, seconds, bytes, seed, schedules, pctDepth } = options;
  const parameters = Object.entries(readSettings(options.settings).parameters).map(
    ([name, text]) => [name, numberOf(name, text)] as const,
  );
  return {
    ...asRequest(ref),
    protocol: file === null ? options.protocol : protocolIdOf(basename(file)),
    parameters: Object.fromEntries(parameters),
    reductions: options.reduced ? 'all' : 'none',
    search: options.search as SearchKind,
    workers,
    preemptions,
    depth,
    states,
    seconds,
    bytes,
    seed,
    schedules,
    pctDepth,
    exact: options.exact,
    liveness: options.liveness,
    goesOn: options.checkpoint !== undefined,
    transplant: options.transplant,
  };
}

function numberOf(name: string, text: string): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(value)) {
    throw new BadInput('litmus-parameter', `--set ${name} takes a whole number, got "${text}"`);
  }
  return value;
}
