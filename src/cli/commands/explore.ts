// `explore`: reads the request, searches, says exactly what was established.
import { basename } from 'node:path';
import { BadInput } from '../../core/base/errors.js';
import { modelSpec } from '../../core/explorer/litmus/litmus.js';
import { type CounterexampleReport, reportText } from '../../core/explorer/report/counterexample-text.js';
import type { Bound } from '../../core/explorer/search/found.js';
import { DEFAULT_PCT_DEPTH, MAX_PCT_DEPTH } from '../../core/explorer/search/sampled.js';
import {
  dropCheckpointFile,
  readCheckpointFile,
  writeCheckpointFile,
} from '../../explorations/checkpoint-file.js';
import {
  DEFAULT_BOUNDS,
  DEFAULT_SCHEDULES,
  type Exploration,
  type ExplorationResult,
  type ExplorationVerdict,
  MAX_EXPLORE_WORKERS,
  type SearchKind,
} from '../../explorations/exploration.js';
import { explore } from '../../explorations/explore.js';
import { findLitmus } from '../../explorations/find-litmus.js';
import { isProtocolFile, protocolIdOf, readUserProtocol } from '../../user-protocols/read-protocol.js';
import { EXIT_CODE, type ExitCode } from '../exit-codes.js';
import { readSettings } from '../settings.js';
import { grouped, type Terminal, table } from '../terminal.js';

export interface ExploreOptions {
  readonly litmus: string;
  readonly protocol: string;
  readonly settings: readonly string[];
  readonly reduced: boolean;
  readonly workers: number;
  readonly preemptions: number | undefined;
  readonly depth: number | undefined;
  readonly states: number | undefined;
  readonly seconds: number | undefined;
  readonly bytes: number | undefined;
  readonly search: string;
  readonly seed: number;
  readonly schedules: number | undefined;
  readonly pctDepth: number | undefined;
  readonly exact: boolean;
  readonly liveness: boolean;
  readonly checkpoint: string | undefined;
  readonly data: string | undefined;
  readonly transplant: string | undefined;
}

const EXIT: { readonly [V in ExplorationVerdict]: ExitCode } = {
  holds: EXIT_CODE.FINE,
  violated: EXIT_CODE.VIOLATED,
  bound_reached: EXIT_CODE.LIMIT,
};

export async function exploreCommand(options: ExploreOptions, terminal: Terminal): Promise<ExitCode> {
  const file = isProtocolFile(options.protocol) ? options.protocol : null;
  const asked = await explorationOf(options);
  const { spec } = asked;
  if (options.transplant !== undefined) {
    const { checkTransplant } = await import('../../explorations/present.js');
    checkTransplant(await findLitmus(spec.litmus), spec, options.transplant);
  }
  terminal.note(
    `${spec.litmus}${settingsOf(spec.parameters)} under ${spec.protocol}, ${asked.search} search${
      asked.search === 'exhaustive' ? '' : `, seed ${asked.seed}`
    }`,
  );
  if (file !== null) return await exploreOwn(asked, file, options, terminal);
  const { checkpoint } = options;
  const resume = checkpoint === undefined ? null : readCheckpointFile(checkpoint);
  let cancelled = false;
  let rested = false;
  // A second Ctrl-C ends the process as ever.
  process.once('SIGINT', () => {
    cancelled = true;
  });
  const verdict = await explore(asked, {
    cancelled: () => cancelled,
    ...(resume === null ? {} : { resume }),
    ...(checkpoint === undefined
      ? {}
      : {
          rest: (words) => {
            writeCheckpointFile(checkpoint, words);
            rested = true;
          },
        }),
    progress: ({ states, transitions, seconds }) =>
      terminal.progress(
        `${grouped(states)} states, ${grouped(transitions)} transitions, ${seconds.toFixed(0)} s`,
      ),
  });
  if (rested) terminal.note(`stopped; with the same --checkpoint it goes on from ${checkpoint}`);
  else if (checkpoint !== undefined) dropCheckpointFile(checkpoint);
  const result = await withReport(asked, verdict, options, terminal, () => cancelled);
  terminal.document(result);
  for (const line of textOf(result)) terminal.line(line);
  return EXIT[result.verdict];
}

/** Under a protocol of the user's, in a process of its own. */
async function exploreOwn(
  asked: Exploration,
  file: string,
  options: ExploreOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const { searchedAlone, searchInSandbox } = await import('../../user-protocols/sandboxed-search.js');
  if (options.data !== undefined)
    throw new BadInput(
      'user-protocol',
      'a counterexample under a protocol of yours is not stored: leave --data out',
    );
  const alone = searchedAlone(asked, options.checkpoint !== undefined);
  const result = await searchInSandbox(readUserProtocol(file), alone, (stop) => process.once('SIGINT', stop));
  terminal.document(result);
  for (const line of textOf(result)) terminal.line(line);
  return EXIT[result.verdict];
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
  const { openBackend } = await import('../backend/open-backend.js');
  const backend = await openBackend(data, { create: true, note: (text) => terminal.note(text) });
  try {
    const [session] = await backend.run([report.session], () => undefined);
    return { ...result, report, sessionId: session.id };
  } finally {
    await backend.close();
  }
}

async function explorationOf(options: ExploreOptions): Promise<Exploration> {
  const litmus = await findLitmus(options.litmus);
  const { preemptions, depth, states, seconds, bytes } = options;
  atLeast('workers', options.workers, 1, MAX_EXPLORE_WORKERS);
  atLeast('pct-depth', options.pctDepth ?? DEFAULT_PCT_DEPTH, 1, MAX_PCT_DEPTH);
  const search = options.search as SearchKind;
  if (options.liveness && (search !== 'exhaustive' || preemptions !== undefined || depth !== undefined)) {
    throw new BadInput(
      'explore-liveness',
      '--liveness takes an exhaustive search without bounds on preemptions and depth',
    );
  }
  if (options.checkpoint !== undefined && (search !== 'exhaustive' || depth !== undefined || options.exact)) {
    throw new BadInput(
      'explore-checkpoint',
      '--checkpoint takes an exhaustive search without --depth and --exact',
    );
  }
  const parameters = Object.entries(readSettings(options.settings).parameters).map(
    ([name, text]) => [name, numberOf(name, text)] as const,
  );
  return {
    spec: modelSpec(litmus, {
      protocol: isProtocolFile(options.protocol)
        ? protocolIdOf(basename(options.protocol))
        : options.protocol,
      parameters: Object.fromEntries(parameters),
      reductions: { persistent: options.reduced, symmetry: options.reduced },
    }),
    search,
    bounds: {
      preemptions: preemptions ?? null,
      depth: depth ?? null,
      states: states ?? DEFAULT_BOUNDS.states,
      seconds: seconds ?? DEFAULT_BOUNDS.seconds,
      bytes: bytes ?? DEFAULT_BOUNDS.bytes,
    },
    workers: options.workers,
    seed: options.seed,
    schedules: options.schedules ?? DEFAULT_SCHEDULES,
    pctDepth: options.pctDepth ?? DEFAULT_PCT_DEPTH,
    exact: options.exact,
    liveness: options.liveness,
  };
}

function atLeast(name: string, value: number, min: number, max: number): void {
  if (value >= min && value <= max) return;
  throw new BadInput('explore-option', `--${name} is a whole number from ${min} to ${max}, got ${value}`);
}

function numberOf(name: string, text: string): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(value)) {
    throw new BadInput('litmus-parameter', `--set ${name} takes a whole number, got "${text}"`);
  }
  return value;
}

function settingsOf(parameters: { readonly [name: string]: number }): string {
  const words = Object.entries(parameters).map(([name, value]) => `${name}=${value}`);
  return words.length === 0 ? '' : ` (${words.join(', ')})`;
}

const BOUND_TEXT: { readonly [B in Bound]: (result: ExplorationResult) => string } = {
  preemptions: (r) => `schedules with more than ${r.bounds.preemptions} preemptions were left out`,
  depth: (r) => `schedules were followed for ${r.bounds.depth ?? 'a limited number of'} steps`,
  states: (r) => `the search ended at ${grouped(r.bounds.states)} states`,
  seconds: (r) => `the search ended after ${r.bounds.seconds} seconds`,
  bytes: (r) => `the search ended before it took more than ${grouped(r.bounds.bytes)} bytes`,
  schedules: (r) => `${grouped(r.schedules ?? 0)} schedules were tried`,
};

function textOf(r: ExplorationResult): string[] {
  const what = `${r.litmus}${settingsOf(r.parameters)} under ${r.protocol}`;
  return [...verdictText(r, what), '', ...figuresText(r), ...counterexampleText(r)];
}

function verdictText(r: ExplorationResult, what: string): string[] {
  const live = r.liveness ? ', and every fair run ends' : '';
  if (r.verdict === 'holds') {
    return [`holds: ${what}: in every interleaving no rule is broken and nobody waits for ever${live}`];
  }
  if (r.verdict === 'violated') return [`violated: ${what}: ${r.invariant} (${r.kind})`];
  const bounds = r.boundsReached.map((bound) => BOUND_TEXT[bound](r));
  return [
    `bound_reached: ${what}: no rule is broken in what was searched, which is not everything: ${
      bounds.length === 0 ? 'it was stopped' : bounds.join('; ')
    }`,
  ];
}

function figuresText(r: ExplorationResult): string[] {
  const reduced = r.reductions.length === 0 ? 'nothing reduced' : `reduced by ${r.reductions.join(', ')}`;
  const reductions = [reduced, ...r.notReduced].join('; ');
  const hashing =
    r.collisionProbability === null
      ? 'whole states kept'
      : `64 bits kept of each: two taken for one with probability ${r.collisionProbability.toExponential(1)}`;
  return [
    `${grouped(r.states)} states (${r.terminalStates} of them ends), ${grouped(r.transitions)} transitions, longest schedule followed ${r.depth} steps`,
    `${r.seconds.toFixed(2)} s, ${grouped(r.statesPerSecond)} states/s, ${r.workers === 1 ? 'one thread' : `${r.workers} threads`}, ${grouped(r.bytes)} bytes (${r.bytesPerState.toFixed(1)} a state)`,
    `${reductions}; ${hashing}`,
  ];
}

/** Steps of a counterexample that are printed; --json has all. */
const MAX_PRINTED_STEPS = 400;

function counterexampleText(r: ExplorationResult): string[] {
  const found = r.counterexample;
  if (found === null) return [];
  const head = `counterexample of ${found.length} steps (${found.shortness})${
    found.cycle === 0 ? '' : `; the last ${found.cycle} steps repeat for ever`
  }`;
  if (r.report != null) return ['', found.what, ...reportLines(r, head, r.report)];
  const rows = found.steps
    .slice(0, MAX_PRINTED_STEPS)
    .map((step, k) => [k + 1, step.name, step.function, step.label]);
  return [
    '',
    `${found.what}`,
    `${head}; it is no session:`,
    table(['step', 'thread', 'function', 'label'], rows),
    ...(found.length > MAX_PRINTED_STEPS
      ? [`... ${found.length - MAX_PRINTED_STEPS} more steps: see --json`]
      : []),
  ];
}

function reportLines(r: ExplorationResult, head: string, report: CounterexampleReport): string[] {
  const drawn =
    settingsOf(report.parameters) === settingsOf(r.parameters)
      ? `drawn with ${report.switches} context switches`
      : `drawn with the smallest workload${settingsOf(report.parameters)}: ${report.length} steps, ${report.switches} context switches`;
  const stored =
    r.sessionId === null
      ? 'not stored: --data DIR makes it a session'
      : `stored as session ${r.sessionId}: rootline show, replay, state, ledger, blame, export take it`;
  return [`${head}; ${drawn}`, ...reportText(report), '', stored];
}
