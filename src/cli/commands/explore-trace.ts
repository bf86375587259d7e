// `explore --trace`: a recording as a partial schedule. Its order is followed on a protocol, what it does not show is filled in, and
// the orders near it are searched.
import { stat } from 'node:fs/promises';
import { BadInput } from '../../core/base/errors.js';
import type { ExploreTraceResult } from '../../core/explorer/traced/explore-trace.js';
import type { TracedLine } from '../../core/imports/event-codec.js';
import { exploreTrace, planTrace, type TimedTraceResult } from '../../explorations/explore-trace.js';
import { openEventReader } from '../../store/index.js';
import { TRACE_LIMITS } from '../../traces/trace-bytes.js';
import { linesOfFile, linesOfSession } from '../../traces/trace-lines.js';
import { EXIT_CODE, type ExitCode } from '../exit-codes.js';
import { grouped, type Terminal, table } from '../terminal.js';
import { storedAs } from './explore-stored.js';

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

const SESSION = /^\d{1,15}$/;
const DEFAULT_DATA = './data';
/** Steps of a counterexample that are printed. */
const STEPS_SHOWN = 40;

const EXIT: { readonly [V in ExploreTraceResult['verdict']]: ExitCode } = {
  holds: EXIT_CODE.FINE,
  violated: EXIT_CODE.VIOLATED,
  bound_reached: EXIT_CODE.LIMIT,
};

interface Document extends TimedTraceResult {
  readonly source: string;
  /** Session of the counterexample; null: there is none, or no place for it. */
  readonly sessionId: string | null;
}

export async function exploreTraceCommand(
  options: ExploreTraceOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const asked = planTrace(options);
  if (options.data !== undefined) await refuseServer(options.data);
  const lines = await linesOf(options, asked.window.to);
  let cancelled = false;
  process.once('SIGINT', () => {
    cancelled = true;
  });
  terminal.note(
    `${options.trace} under ${asked.protocol}, ${preemptionsText(asked.preemptions)} around the recorded order`,
  );
  const { result, session } = await exploreTrace(asked, lines, {
    cancelled: () => cancelled,
    progress: (transitions, seconds) =>
      terminal.progress(`${grouped(transitions)} steps, ${seconds.toFixed(0)} s`),
  });
  const sessionId =
    session === null || options.data === undefined ? null : await storedAs(session, options.data, terminal);
  const document: Document = { ...result, source: options.trace, sessionId };
  terminal.document(document);
  show(document, terminal);
  return EXIT[result.verdict];
}

/** Better said before the search than behind it. */
async function refuseServer(data: string): Promise<void> {
  const { serverOf } = await import('../backend/open-backend.js');
  const server = await serverOf(data);
  if (server === null) return;
  throw new BadInput(
    'explore-trace-server',
    `${server.place} owns the data folder: import the trace and ask it (POST /api/v1/explorations/traces), or leave --data out to store nothing`,
  );
}

async function linesOf({ trace, data }: ExploreTraceOptions, to: number): Promise<TracedLine[]> {
  const found = await stat(trace).catch(() => null);
  if (found?.isFile() === true) return await linesOfFile(trace, null, to, TRACE_LIMITS);
  if (!SESSION.test(trace))
    throw new BadInput(
      'no-file',
      `${trace} is no file that can be read; expected a trace, or the id of an imported session`,
    );
  const reader = openEventReader(data ?? DEFAULT_DATA);
  try {
    return linesOfSession(reader, trace, to);
  } finally {
    reader.close();
  }
}

function show(result: Document, terminal: Terminal): void {
  const { trace, counterexample } = result;
  const { notFollowed, workload } = trace;
  terminal.line(
    `lines ${trace.window.from} to ${trace.window.to}: ${workload.vcpus} vCPUs; calls: ${workload.threads
      .map(({ name, calls }) => `${name} ${calls}`)
      .join(', ')}${workload.closes ? '; the VM is closed' : ''}`,
  );
  terminal.line(
    `followed: ${trace.met} of ${trace.observed} recorded steps, ${grouped(trace.filled)} filled in${
      trace.early === 0 ? '' : `, ${trace.early} met before their place in the text`
    }${trace.callbacksNotMet === 0 ? '' : `, ${trace.callbacksNotMet} RCU callbacks not met`}`,
  );
  if (notFollowed !== null)
    terminal.line(
      `not followed from line ${notFollowed.line} (${notFollowed.event}) on: ${notFollowed.why}; there tasks go on in the order of their calls`,
    );
  for (const [why, times] of Object.entries(trace.leftOut)) terminal.line(`left out: ${why} (${times})`);
  terminal.line();
  if (result.tried.length > 0)
    terminal.line(
      table(
        ['preemptions', 'orders', 'of the window'],
        result.tried.map(({ preemptions, runs, complete }) => [
          String(preemptions),
          grouped(runs),
          complete ? 'all' : counterexample === null ? 'not all' : 'up to the violation',
        ]),
      ),
    );
  terminal.line(verdictText(result));
  if (counterexample === null) return;
  for (const one of counterexample.interruptions)
    terminal.line(
      `  behind step ${one.at}${one.line === null ? '' : ` (line ${one.line})`}: ${one.thread} stops before ${one.function} @ ${one.label}, ${one.instead} goes first; ${one.thread} rests ${one.rests}`,
    );
  const shown = counterexample.steps.slice(-STEPS_SHOWN);
  if (shown.length < counterexample.length)
    terminal.line(`  ... ${counterexample.length - shown.length} steps before`);
  for (const { name, function: fn, label } of shown) terminal.line(`  ${name.padEnd(10)} ${fn} @ ${label}`);
  if (result.sessionId !== null) terminal.line(`stored as session ${result.sessionId}`);
}

const preemptionsText = (n: number): string => `${n} preemption${n === 1 ? '' : 's'}`;

function verdictText(result: Document): string {
  const { counterexample, invariant, preemptions } = result;
  const took = `${grouped(result.transitions)} steps, ${result.seconds.toFixed(2)} s`;
  if (counterexample !== null) {
    const where =
      counterexample.interruptions.length === 0
        ? 'in the recorded order itself'
        : `${preemptionsText(counterexample.interruptions.length)} from the recorded order`;
    return `violated: ${invariant}, ${where} (${took})\n  ${counterexample.what}; ${counterexample.thread} in ${counterexample.function} @ ${counterexample.label}`;
  }
  if (result.verdict === 'holds')
    return `holds: nothing is violated within ${preemptionsText(preemptions)} of the recorded order (${took})`;
  return `bound reached (${result.boundsReached.join(', ')}): nothing is violated so far (${took})`;
}
