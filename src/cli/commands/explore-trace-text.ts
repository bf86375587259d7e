// What `explore --trace` prints for people: what of the recording was followed, what was tried near it, the counterexample.
import { type CounterexampleReport, reportText } from '../../core/explorer/report/counterexample-text.js';
import type { TraceCounterexample } from '../../core/explorer/traced/explore-trace.js';
import type { TimedTraceResult } from '../../explorations/explore-trace.js';
import { grouped, type Terminal, table } from '../terminal.js';

/** Steps of a counterexample that is not drawn. */
const STEPS_SHOWN = 40;
/** Calls of its recipe: a recording has hundreds. */
const CALLS_SHOWN = 12;

export interface TraceDocument extends TimedTraceResult {
  /** As it was asked for: a file, or a session. */
  readonly source: string;
  /** Session of the counterexample; null: there is none, or no place for it. */
  readonly sessionId: string | null;
}

export function showTrace(result: TraceDocument, terminal: Terminal): void {
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
  terminal.line();
  for (const line of result.report === null ? stepsOf(counterexample) : reportLines(result.report))
    terminal.line(line);
  terminal.line();
  terminal.line(
    result.sessionId === null
      ? 'not stored: --data DIR makes it a session'
      : `stored as session ${result.sessionId}: rootline show, replay, state, ledger, blame, export take it`,
  );
}

function reportLines(report: CounterexampleReport): string[] {
  const { length, switches, recipe } = report;
  const left = recipe.calls.length - CALLS_SHOWN;
  const calls =
    left > 0 ? [`... ${left} calls before, as recorded`, ...recipe.calls.slice(-CALLS_SHOWN)] : recipe.calls;
  return [
    `${length} steps behind the recorded ones, ${switches} context switches:`,
    ...reportText({ ...report, recipe: { ...recipe, calls } }),
  ];
}

function stepsOf({ steps, length }: TraceCounterexample): string[] {
  const shown = steps.slice(-STEPS_SHOWN);
  return [
    ...(shown.length < length ? [`... ${length - shown.length} steps before`] : []),
    ...shown.map(({ name, function: fn, label }) => `${name.padEnd(10)} ${fn} @ ${label}`),
  ];
}

export const preemptionsText = (n: number): string => `${n} preemption${n === 1 ? '' : 's'}`;

function verdictText(result: TraceDocument): string {
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
