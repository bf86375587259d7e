// Is a session a behaviour of a protocol? An imported trace is read as its lines were; a simulated session runs once more, its
// rows compared with the stored ones, and prints what the probe set of its kernel would have shown.
import { MAX_CHECKED_EVENTS } from '../../../config/limits.js';
import { BadInput } from '../../../core/base/errors.js';
import { saidFrames } from '../../../core/imports/said.js';
import { findProtocol } from '../../../core/protocols/registry.js';
import type { UserProtocolText } from '../../../core/protocols/user-api.js';
import { Simulation } from '../../../core/run/simulation.js';
import { ROW_FIELDS, ROW_NUMBERS, type StoredNumbers } from '../../../core/run/stored-numbers.js';
import { isTrace } from '../../../core/run/trace-session.js';
import { scenarioOf } from '../../../core/scenarios/library.js';
import { resolveParameters } from '../../../core/scenarios/scenario.js';
import { RowActivity } from '../../../core/traces/activity/row-signals.js';
import { type CheckAnswer, CheckedTrace } from '../../../core/traces/check/checked-trace.js';
import { probedProtocol } from '../../../core/traces/check/probed.js';
import { type CheckOptions, TraceCheck } from '../../../core/traces/check/trace-check.js';
import type { FrameEvent } from '../../../core/traces/frames/frame.js';
import type { StoredSession } from '../../../store/session.js';
import { limitExceeded, queryRefused } from '../../../store/store.errors.js';
import { unpackLines } from '../../../traces/line-chunk.js';
import type { TraceDocument } from '../../../traces/trace-messages.js';
import { Sandbox } from '../../../user-protocols/sandbox.js';
import type { buildSimulation } from '../../build-simulation.js';
import { type OrderContext, order } from '../order.js';
import { ScheduleReplay } from '../replay.js';

export interface CheckRequest {
  readonly sessionId: string;
  /** An era, or one protocol or profile; null: all eras. */
  readonly protocol: string | null;
  /** A protocol of a user's own, in its place. */
  readonly userProtocol?: UserProtocolText | undefined;
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
  async (request: CheckRequest, context): Promise<CheckAnswer> => {
    const { sessionId, protocol, userProtocol: text } = request;
    const session = context.reader.session(sessionId);
    const asked = text === undefined ? protocol : await Sandbox.once(text, 'checked', null);
    const options = asked === null ? {} : { protocols: [asked] };
    return isTrace(session.manifest)
      ? await readTrace(options, session, request, context)
      : await runAgain(new TraceCheck({ ...options, rcuCallbacks: false }), session, request, context);
  },
);

async function readTrace(
  options: CheckOptions,
  { id }: StoredSession,
  request: CheckRequest,
  context: OrderContext,
): Promise<CheckAnswer> {
  const { reader } = context;
  const document = JSON.parse(reader.traceSummary(id) ?? '{}') as Partial<TraceDocument>;
  const of = document.lines ?? 0;
  if (of > MAX_CHECKED_EVENTS)
    throw limitExceeded('MAX_CHECKED_EVENTS', MAX_CHECKED_EVENTS, of, 'lines of one check');
  // What the probes missed is known from the import.
  const missed = (document.gapList ?? []).filter(({ kind }) => kind === 'kprobe misses');
  const kprobeMisses = new Map(missed.map(({ probe, lost }) => [probe ?? '', lost ?? 0]));
  const check = new CheckedTrace({ ...options, kprobeMisses });
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
  check.ended({ lines: of, cut: document.broken ?? null, missing: document.missing ?? 0 });
  return check.answer();
}

async function runAgain(
  check: TraceCheck,
  session: StoredSession,
  request: CheckRequest,
  context: OrderContext,
): Promise<CheckAnswer> {
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
  const threads = new Map<number, string>();
  for (const entry of reader.dictionary(id)) if (entry.kind === 'thread') threads.set(entry.id, entry.name);
  const activity = new RowActivity((thread) => threads.get(thread) ?? `thread ${thread}`);
  const pages = context.pages({ sessionId: id, from: 1, to: position, columns: 'numbers' });
  let rows = 0;
  let told = 0;
  for (let page = await pages.next(); page !== null; page = await pages.next()) {
    context.checkCancelled();
    replay.take(page);
    feed(activity, page, rows);
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
  return { ...check.report(), ...activity.report() };
}

function feed(activity: RowActivity, { length, numbers }: StoredNumbers, before: number): void {
  for (let i = 0; i < length; i++) {
    const at = i * ROW_NUMBERS;
    activity.take({
      position: before + i + 1,
      thread: numbers[at + COLUMN.thread]!,
      type: numbers[at + COLUMN.type]!,
      timeNs: numbers[at + COLUMN.timeNs]!,
      subject: numbers[at + COLUMN.subject]!,
      a: numbers[at + COLUMN.a]!,
      b: numbers[at + COLUMN.b]!,
      c: numbers[at + COLUMN.c]!,
    });
  }
}
const COLUMN = Object.fromEntries(ROW_FIELDS.map((name, k) => [name, k])) as Readonly<
  Record<(typeof ROW_FIELDS)[number], number>
>;

/** As buildSimulation, with every procedure told on. */
function probed(onLine: (line: FrameEvent) => void): typeof buildSimulation {
  return (manifest, differs) => {
    const scenario = scenarioOf(manifest);
    return new Simulation({
      manifest,
      protocol: probedProtocol(findProtocol(manifest.protocol), onLine),
      scenario: scenario.build(resolveParameters(scenario, manifest.parameters)),
      ...differs,
    });
  };
}
