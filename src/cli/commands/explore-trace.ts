// `explore --trace`: a recording as a partial schedule. Its order is followed on a protocol, what it does not show is filled in, and
// the orders near it are searched. Where a server owns the data folder, the recording goes there and the server searches.
import { stat } from 'node:fs/promises';
import { BadInput } from '../../core/base/errors.js';
import type { ExploreTraceResult } from '../../core/explorer/traced/explore-trace.js';
import type { TracedLine } from '../../core/imports/event-codec.js';
import { exploreTrace, planTrace, type TraceAsked } from '../../explorations/explore-trace.js';
import { openEventReader } from '../../store/index.js';
import { TRACE_LIMITS } from '../../traces/trace-bytes.js';
import { linesOfFile, linesOfSession } from '../../traces/trace-lines.js';
import type { ServerBackend } from '../backend/server-backend.js';
import { EXIT_CODE, type ExitCode } from '../exit-codes.js';
import { grouped, type Terminal } from '../terminal.js';
import { storedAs } from './explore-stored.js';
import { preemptionsText, showTrace, type TraceDocument } from './explore-trace-text.js';

export interface ExploreTraceOptions {
  /** A file, or the id of an imported session. */
  readonly trace: string;
  readonly protocol: string;
  readonly window: string | undefined;
  readonly preemptions: number | undefined;
  readonly transitions: number | undefined;
  readonly seconds: number | undefined;
  readonly data: string | undefined;
}

const SESSION = /^[1-9]\d{0,14}$/;
const DEFAULT_DATA = './data';

const EXIT: { readonly [V in ExploreTraceResult['verdict']]: ExitCode } = {
  holds: EXIT_CODE.FINE,
  violated: EXIT_CODE.VIOLATED,
  bound_reached: EXIT_CODE.LIMIT,
};

interface Hooks {
  readonly cancelled: () => boolean;
  readonly progress: (transitions: number, seconds: number) => void;
}

export async function exploreTraceCommand(
  options: ExploreTraceOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const asked = planTrace(options);
  const isFile = await isFileOrSession(options.trace);
  terminal.note(
    `${options.trace} under ${asked.protocol}, ${preemptionsText(asked.preemptions)} around the recorded order`,
  );
  let cancelled = false;
  process.once('SIGINT', () => {
    cancelled = true;
  });
  const hooks: Hooks = {
    cancelled: () => cancelled,
    progress: (transitions, seconds) =>
      terminal.progress(`${grouped(transitions)} steps, ${seconds.toFixed(0)} s`),
  };
  const server = options.data === undefined ? null : await ownerOf(options.data);
  const document =
    server === null
      ? await exploreHere(options, asked, isFile, hooks, terminal)
      : await exploreThere(options, server, isFile, hooks, terminal);
  terminal.document(document);
  showTrace(document, terminal);
  return EXIT[document.verdict];
}

async function isFileOrSession(trace: string): Promise<boolean> {
  const found = await stat(trace).catch(() => null);
  if (found?.isFile() === true) return true;
  if (SESSION.test(trace)) return false;
  throw new BadInput(
    'no-file',
    `${trace} is no file that can be read; expected a trace, or the id of an imported session`,
  );
}

async function ownerOf(data: string): Promise<ServerBackend | null> {
  const { serverOf } = await import('../backend/open-backend.js');
  return await serverOf(data);
}

async function exploreHere(
  { trace, data }: ExploreTraceOptions,
  asked: TraceAsked,
  isFile: boolean,
  hooks: Hooks,
  terminal: Terminal,
): Promise<TraceDocument> {
  const { to } = asked.window;
  const lines = isFile ? await linesOfFile(trace, null, to, TRACE_LIMITS) : await linesOf(trace, data, to);
  const { result, session } = await exploreTrace(asked, lines, hooks);
  const sessionId =
    session === null || data === undefined ? null : await storedAs(session, null, data, terminal);
  return { ...result, source: trace, sessionId };
}

async function linesOf(session: string, data = DEFAULT_DATA, to: number): Promise<TracedLine[]> {
  const { expectStore } = await import('../backend/open-backend.js');
  expectStore(data);
  const reader = openEventReader(data);
  try {
    return linesOfSession(reader, session, to);
  } finally {
    reader.close();
  }
}

/** By the server that owns the data folder: it keeps the trace as a session, and the counterexample. */
async function exploreThere(
  { trace, data, protocol, window, preemptions, transitions, seconds }: ExploreTraceOptions,
  server: ServerBackend,
  isFile: boolean,
  { cancelled, progress }: Hooks,
  terminal: Terminal,
): Promise<TraceDocument> {
  let session = trace;
  if (isFile) {
    ({ sessionId: session } = await server.importTrace(trace, {}));
    terminal.note(`imported as session ${session} of the server that owns ${data}`);
  }
  const id = await server.traceExplorations.start({
    trace: { session, window },
    protocol,
    preemptions,
    states: transitions,
    seconds,
  });
  terminal.note(`job ${id} of the server that owns ${data}`);
  const result = await server.traceExplorations.ended(
    id,
    (now) => progress(now.transitions, now.seconds),
    cancelled,
  );
  return { ...result, source: trace };
}
