// From the decoded lines of a recording to a verdict about its neighbourhood: the workload is made, the recorded order followed, and
// then left at up to k places of the window. Goes on in slices: the clock is the caller's.
import { BadInput } from '../../base/errors.js';
import type { TracedLine } from '../../imports/event-codec.js';
import { everyEntry } from '../../protocols/every-entry.js';
import type { Protocol } from '../../protocols/protocol.js';
import type { RunRequest } from '../../run/manifest.js';
import { TRACED } from '../../scenarios/traced/traced.js';
import type { MachineModel } from '../machine-model/machine-model.js';
import { type Model, STEP, type Violation } from '../model.js';
import { begunAt } from '../report/begun-model.js';
import { reportOf } from '../report/counterexample-report.js';
import type { CounterexampleReport } from '../report/counterexample-text.js';
import { turnsOf } from '../report/found-session.js';
import { type Followed, Follower } from './follow-trace.js';
import { Matching, textOf } from './matching.js';
import { type Interruption, type NeighbourFigures, Neighbourhood } from './neighbourhood.js';
import type { Observed } from './observed.js';
import { readTraced } from './read-trace.js';
import { NO_REDUCTIONS, tracedModel } from './traced-model.js';

/** Steps at the end of a counterexample that are told in words. */
const MAX_STEPS_TOLD = 400;

export interface TraceWindow {
  /** Lines of the recording; what stands before is followed and never left. */
  readonly from: number;
  readonly to: number;
}

export interface ExploreTraceRequest {
  readonly lines: readonly TracedLine[];
  readonly window: TraceWindow;
  readonly protocol: Protocol;
  readonly preemptions: number;
  readonly transitions: number;
}

export interface ToldStep {
  readonly name: string;
  readonly function: string;
  readonly label: string;
}

export interface ToldInterruption {
  /** Steps of the schedule before it, and the last recorded line that was met by then. */
  readonly at: number;
  readonly line: number | null;
  readonly thread: string;
  readonly function: string;
  readonly label: string;
  readonly instead: string;
  readonly rests: Interruption['rests'];
}

export interface TraceCounterexample extends ToldStep {
  readonly what: string;
  readonly thread: string;
  readonly length: number;
  readonly interruptions: readonly ToldInterruption[];
  /** The steps from the first interruption on, the last ones where they are many. */
  readonly steps: readonly ToldStep[];
}

/** What of the recording was met on the model. */
export interface FollowedTrace {
  readonly window: TraceWindow;
  readonly lines: number;
  /** Steps that the lines show, those that the model took in their order, and what was filled in between. */
  readonly observed: number;
  readonly met: number;
  readonly filled: number;
  /** Steps that were met before one that stands earlier in the text: a probe prints at a function's entry. */
  readonly early: number;
  /** RCU callbacks that the model had no occasion for, or that a probe shows and the model does not owe. */
  readonly callbacksNotMet: number;
  /** The first line that no filling explains; behind it tasks go on in the order of their calls. */
  readonly notFollowed: {
    readonly line: number;
    readonly event: string;
    readonly shows: string;
    readonly why: string;
  } | null;
  readonly leftOut: { readonly [why: string]: number };
  readonly workload: {
    readonly vcpus: number;
    readonly threads: readonly { readonly name: string; readonly calls: number }[];
    readonly workers: number;
    readonly closes: boolean;
  };
}

/** `not followed`: the model left the recording, so that the order that was looked at is not the recorded one. */
export type TraceBound = 'transitions' | 'seconds' | 'cancelled' | 'not followed';

export interface ExploreTraceResult {
  readonly verdict: 'holds' | 'violated' | 'bound_reached';
  readonly litmus: typeof TRACED;
  readonly protocol: string;
  readonly search: 'neighbourhood';
  readonly preemptions: number;
  readonly transitions: number;
  /** Steps of the recorded order. */
  readonly depth: number;
  readonly invariant: string | null;
  readonly kind: string | null;
  readonly counterexample: TraceCounterexample | null;
  /** It for people, and what its session runs: from where the recorded order was left, shortened, drawn, explained. */
  readonly report: CounterexampleReport | null;
  /** Runs by number of interruptions, and whether those were all. */
  readonly tried: readonly {
    readonly preemptions: number;
    readonly runs: number;
    readonly complete: boolean;
  }[];
  readonly boundsReached: readonly TraceBound[];
  readonly trace: FollowedTrace;
}

/** Its session: what `run` is asked for with. */
export type TraceSession = RunRequest & { readonly scenario: typeof TRACED };

export interface ExploredTrace {
  readonly result: ExploreTraceResult;
  readonly session: TraceSession | null;
}

export class TraceExploration {
  /** As asked for, but where it walks over entries that are not there it may yield, as the recorded kernel did. */
  private readonly protocol: Protocol;
  private readonly observed: Observed;
  private readonly model: MachineModel;
  private readonly follower: Follower;
  private neighbourhood: Neighbourhood | null = null;
  private followed: Followed | null = null;
  private stopped: 'seconds' | 'cancelled' | null = null;

  constructor(private readonly request: ExploreTraceRequest) {
    const { lines, window, protocol } = request;
    if (window.from > window.to)
      throw new BadInput(
        'traced-window',
        `a window is FROM..TO with FROM up to TO, got ${window.from}..${window.to}`,
      );
    this.protocol = everyEntry(protocol);
    this.observed = readTraced(lines.filter(({ lineNumber }) => lineNumber <= window.to));
    if (this.observed.steps.length === 0)
      throw new BadInput(
        'traced-nothing',
        `nothing of the TDP MMU in lines up to ${window.to}: there is no order to follow`,
      );
    const { model, threads } = tracedModel(this.observed.workload, this.protocol);
    this.model = model;
    this.follower = new Follower(
      model,
      this.observed,
      new Matching(this.observed, threads, (t) => model.where(t)[0]),
    );
  }

  get transitions(): number {
    return this.neighbourhood?.figures.transitions ?? 0;
  }

  /** A slice at a time. */
  *run(): Generator<undefined, void> {
    const { request, model, observed } = this;
    const followed = yield* this.follower.follow();
    this.followed = followed;
    if (followed.broken.length > 0 || request.preemptions === 0) return;
    let from = followed.schedule.length;
    observed.steps.forEach(({ line }, k) => {
      if (line >= request.window.from && followed.at[k]! >= 0) from = Math.min(from, followed.at[k]!);
    });
    this.neighbourhood = new Neighbourhood(model, {
      order: followed.schedule,
      from: Math.max(0, from - 1),
      to: followed.schedule.length,
      preemptions: request.preemptions,
      ignores: [],
      transitions: request.transitions,
    });
    yield* this.neighbourhood.search();
  }

  /** Somebody's clock ran out, or nobody wants it any more. */
  stop(why: 'seconds' | 'cancelled'): void {
    this.stopped = why;
  }

  end(): ExploredTrace {
    const { request, followed } = this;
    if (followed === null)
      throw new BadInput(
        'traced-time',
        'the time was over before the recorded order was followed to its end',
      );
    const found = this.foundAnything(followed);
    const figures: NeighbourFigures = this.neighbourhood?.figures ?? { tried: [], transitions: 0 };
    const complete = figures.tried.every((one) => one.complete);
    const bounds: TraceBound[] = followed.refused === null ? [] : ['not followed'];
    if (this.stopped !== null) bounds.push(this.stopped);
    else if (!complete) bounds.push('transitions');
    const verdict = found !== null ? 'violated' : bounds.length === 0 ? 'holds' : 'bound_reached';
    const report = found === null ? null : this.reported(found);
    const result: ExploreTraceResult = {
      verdict,
      litmus: TRACED,
      protocol: request.protocol.id,
      search: 'neighbourhood',
      preemptions: request.preemptions,
      transitions: figures.transitions,
      depth: followed.schedule.length,
      invariant: found?.violation.rule ?? null,
      kind: found?.violation.kind ?? null,
      counterexample: found === null ? null : this.told(found, followed),
      report,
      tried: figures.tried.map(({ runs, complete: all }, k) => ({ preemptions: k + 1, runs, complete: all })),
      boundsReached: found === null ? bounds : [],
      trace: this.followedTrace(followed),
    };
    if (found === null) return { result, session: null };
    return { result, session: report === null ? this.sessionOf(found) : (report.session as TraceSession) };
  }

  /** What is drawn starts where the recorded order was left, or so many steps before the end. */
  private reported({ violation, schedule, interruptions }: Found): CounterexampleReport | null {
    const { model, observed } = this;
    const from = Math.max(interruptions[0]?.at ?? 0, schedule.length - MAX_STEPS_TOLD);
    const begun = begunAt(model, schedule.slice(0, from));
    const steps = schedule.slice(from).map((thread) => ({ thread, choice: 0 }));
    const spec = { litmus: TRACED, protocol: this.protocol.id, parameters: {}, reductions: NO_REDUCTIONS };
    return reportOf(begun, spec, { violation, schedule: steps }, 0, observed.workload);
  }

  private sessionOf(found: Found): TraceSession {
    const steps = found.violation.rule === 'crash' ? found.schedule.slice(0, -1) : found.schedule;
    return {
      scenario: TRACED,
      protocol: this.protocol.id,
      workload: this.observed.workload,
      scheduler: 'scripted',
      schedule: turnsOf([...this.model.prefix, ...steps]),
    };
  }

  private foundAnything(followed: Followed): Found | null {
    const [first] = followed.broken;
    if (first !== undefined)
      return {
        violation: first.violation,
        schedule: followed.schedule.slice(0, first.at),
        interruptions: [],
      };
    return this.neighbourhood?.found ?? null;
  }

  private told(found: Found, followed: Followed): TraceCounterexample {
    const { model } = this;
    const { violation, schedule, interruptions } = found;
    const first = Math.max(interruptions[0]?.at ?? 0, schedule.length - MAX_STEPS_TOLD);
    const steps: ToldStep[] = [];
    const told: ToldInterruption[] = [];
    model.reset();
    schedule.forEach((t, k) => {
      for (const one of interruptions)
        if (one.at === k)
          told.push({
            at: k,
            line: this.lineAt(followed, k),
            thread: nameOf(model, one.thread),
            ...placeOf(model, one.thread),
            instead: nameOf(model, one.instead),
            rests: one.rests,
          });
      if (k >= first) steps.push({ name: nameOf(model, t), ...placeOf(model, t) });
      if (model.step(t, 0) === STEP.violated) model.violation();
    });
    return {
      what: violation.what,
      thread: nameOf(model, violation.thread),
      name: nameOf(model, violation.thread),
      function: violation.function,
      label: violation.label,
      length: schedule.length,
      interruptions: told,
      steps,
    };
  }

  /** The last line that the recorded order has met by then. */
  private lineAt(followed: Followed, steps: number): number | null {
    let line: number | null = null;
    this.observed.steps.forEach((step, k) => {
      const at = followed.at[k]!;
      if (at >= 0 && at <= steps) line = Math.max(line ?? 0, step.line);
    });
    return line;
  }

  private followedTrace(followed: Followed): FollowedTrace {
    const { observed, request } = this;
    const { steps, workload } = observed;
    const { refused } = followed;
    const not = refused === null ? null : steps[refused.step]!;
    const upTo = refused === null ? steps.length : refused.step;
    let callbacks = 0;
    for (let k = 0; k < upTo; k++) if (steps[k]!.who.is === 'rcu' && followed.at[k]! < 0) callbacks++;
    return {
      window: {
        from: Math.max(request.window.from, observed.fromLine),
        to: Math.min(request.window.to, observed.toLine),
      },
      lines: observed.lines,
      observed: steps.length,
      met: followed.met,
      filled: followed.filled,
      early: followed.early,
      callbacksNotMet: callbacks,
      notFollowed:
        not === null ? null : { line: not.line, event: not.event, shows: textOf(not), why: refused!.why },
      leftOut: observed.leftOut,
      workload: {
        vcpus: workload.vcpus,
        threads: workload.threads.map(({ name, calls }) => ({ name, calls: calls.length })),
        workers: workload.workers,
        closes: workload.closes,
      },
    };
  }
}

interface Found {
  readonly violation: Violation;
  readonly schedule: readonly number[];
  readonly interruptions: readonly Interruption[];
}

const nameOf = (model: Model, t: number): string => model.threads[t]?.name ?? '';

function placeOf(model: Model, t: number): { readonly function: string; readonly label: string } {
  const [at] = model.where(t);
  return { function: at?.function ?? '', label: at?.label ?? '' };
}
