// Is a session a behaviour of a protocol? An imported trace is read as its lines were; a simulated session runs once more, its
// rows compared with the stored ones, and prints what the probe set of its kernel would have shown.
import { MAX_CHECKED_EVENTS } from '../../../config/limits.js';
import { BadInput } from '../../../core/base/errors.js';
import { saidFrames } from '../../../core/imports/said.js';
import { findProtocol } from '../../../core/protocols/registry.js';
import { Simulation } from '../../../core/run/simulation.js';
import { isTrace } from '../../../core/run/trace-session.js';
import { findScenario } from '../../../core/scenarios/library.js';
import { resolveParameters } from '../../../core/scenarios/scenario.js';
import { probedProtocol } from '../../../core/traces/check/probed.js';
import { TraceCheck } from '../../../core/traces/check/trace-check.js';
import type { CheckReport } from '../../../core/traces/check/verdict.js';
import type { FrameEvent } from '../../../core/traces/frames/frame.js';
import type { StoredSession } from '../../../store/session.js';
import { limitExceeded, queryRefused } from '../../../store/store.errors.js';
import { unpackLines } from '../../../traces/line-chunk.js';
import type { TraceDocument } from '../../../traces/trace-messages.js';
import type { buildSimulation } from '../../build-simulation.js';
import { type OrderContext, order } from '../order.js';
import { ScheduleReplay } from '../replay.js';

export interface CheckRequest {
  readonly sessionId: string;
  /** An era, or one protocol or profile; null: all eras. */
  readonly protocol: string | null;
  /** Send how far it is (CheckProgress), now and then. */
  readonly progress?: boolean;
}

export interface CheckProgress {
  readonly rows: number;
  readonly of: number;
}

const PROGRESS_EVENTS = 200_000;
/** Lines between two looks at whether somebody still waits. */
const CANCEL_LINES = 16_384;

export const checkOrder = order(
  { long: true },
  async (request: CheckRequest, context): Promise<CheckReport> => {
    const { sessionId, protocol } = request;
    const session = context.reader.session(sessionId);
    const check = new TraceCheck(protocol === null ? {} : { protocols: [protocol] });
    if (isTrace(session.manifest)) await readTrace(check, session, request, context);
    else await runAgain(check, session, request, context);
    return check.report();
  },
);

async function readTrace(
  check: TraceCheck,
  { id }: StoredSession,
  request: CheckRequest,
  context: OrderContext,
): Promise<void> {
  const { reader } = context;
  const document = JSON.parse(reader.traceSummary(id) ?? '{}') as Partial<TraceDocument>;
  const of = document.lines ?? 0;
  if (of > MAX_CHECKED_EVENTS)
    throw limitExceeded('MAX_CHECKED_EVENTS', MAX_CHECKED_EVENTS, of, 'lines of one check');
  let told = 0;
  for (let number = 1; ; number++) {
    const [chunk] = reader.traceLines(id, number, 1);
    if (chunk === undefined) break;
    const { said } = unpackLines(chunk);
    if (said === null)
      throw queryRefused(
        `session ${id} was imported before the text of lines was kept; expected its trace imported again`,
        'a trace imported by this version',
      );
    let lines = 0;
    for (const frame of saidFrames(said)) {
      check.take(frame);
      if (++lines % CANCEL_LINES === 0) context.checkCancelled();
    }
    context.checkCancelled();
    if (request.progress === true && chunk.toLine - told >= PROGRESS_EVENTS) {
      told = chunk.toLine;
      await context.send({ rows: told, of } satisfies CheckProgress);
    }
  }
  check.sawLines(of);
  if ((document.broken ?? null) !== null) check.lost(of, null);
}

async function runAgain(
  check: TraceCheck,
  session: StoredSession,
  request: CheckRequest,
  context: OrderContext,
): Promise<void> {
  const { id, manifest, position, progress } = session;
  if (position === 0) throw queryRefused(`session ${id} has no stored events`, 'a session that has run');
  if (manifest.userProtocol !== undefined)
    throw new BadInput(
      'check-user-session',
      `session ${id} ran under a protocol of a user's own, which has no probes; expected an imported trace, or a session under a shipped protocol`,
    );
  const of = progress?.ordinal ?? position;
  if (of > MAX_CHECKED_EVENTS)
    throw limitExceeded('MAX_CHECKED_EVENTS', MAX_CHECKED_EVENTS, of, 'events of one check');
  const { reader } = context;
  const stored = { manifest, position, progress, snapshot: null, marks: reader.marks(id) };
  const replay = new ScheduleReplay(
    stored,
    reader.decisions(id),
    probed((line) => check.take(line)),
  );
  const pages = context.pages({ sessionId: id, from: 1, to: position, columns: 'numbers' });
  let rows = 0;
  let told = 0;
  for (let page = await pages.next(); page !== null; page = await pages.next()) {
    context.checkCancelled();
    replay.take(page);
    rows += page.length;
    if (request.progress === true && rows - told >= PROGRESS_EVENTS) {
      told = rows;
      await context.send({ rows, of: position } satisfies CheckProgress);
    }
  }
  const verdict = replay.finish();
  if (!verdict.verified)
    throw queryRefused(
      `session ${id} does not run again as it is stored: ${verdict.detail ?? verdict.outcome}`,
      'a session that replays',
    );
}

/** As buildSimulation, with every procedure told on. */
function probed(onLine: (line: FrameEvent) => void): typeof buildSimulation {
  return (manifest, differs = {}) => {
    const scenario = findScenario(manifest.scenario);
    return new Simulation({
      manifest,
      protocol: probedProtocol(findProtocol(manifest.protocol), onLine),
      scenario: scenario.build(resolveParameters(scenario, manifest.parameters)),
      ...differs,
    });
  };
}
