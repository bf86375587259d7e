// Several sessions side by side. Each is read once for its figures; the first is read in step with every other one to align
// them, the one that is further behind first.
import type { Topology } from '../../../core/aggregates/layout.js';
import { BadInput } from '../../../core/base/errors.js';
import { Alignment } from '../../../core/compare/alignment.js';
import {
  type ComparedSession,
  type Comparison,
  comparedSeries,
  notAligned,
  occurrencesView,
  type PairAlignment,
  whyNotAligned,
} from '../../../core/compare/comparison.js';
import { explainDivergence, type ThreadSlots } from '../../../core/compare/divergence.js';
import { CLOCK_ORIGINS, type OneClock, ORIGIN_CODES, oneClock } from '../../../core/compare/one-clock.js';
import { RecordedMatching } from '../../../core/compare/recorded.js';
import { SeriesCollector } from '../../../core/compare/series.js';
import { SessionMetrics } from '../../../core/compare/session-metrics.js';
import { metricsTable, parametersTable } from '../../../core/compare/side-by-side.js';
import type { SiteName } from '../../../core/projections/moment.js';
import { isTrace } from '../../../core/run/trace-session.js';
import type { EventRows } from '../../../store/event-rows.js';
import type { StoredSession } from '../../../store/session.js';
import { queryRefused } from '../../../store/store.errors.js';
import { type OrderContext, order } from '../order.js';
import type { PageSource } from '../page-source.js';
import { sessionHistory } from '../session-history.js';

export interface CompareRequest {
  readonly sessionIds: readonly string[];
  /** Also what is the same in all of them. */
  readonly all: boolean;
  /** Of each curve; 0: no curves. */
  readonly points: number;
  /** Send how many rows were read (CompareProgress), now and then. */
  readonly progress?: boolean;
}

export interface CompareProgress {
  readonly rows: number;
  readonly of: number;
}

const PROGRESS_ROWS = 200_000;
/** Threads of two sessions together. */
const MAX_SLOTS = 256;

export const compareOrder = order(
  { long: true },
  async (request: CompareRequest, context): Promise<Comparison> => {
    const sides = request.sessionIds.map((id) => new Side(context.reader.session(id), context));
    const reading = new Reading(request, sides, context);
    const [first, ...others] = sides;
    const alignments: PairAlignment[] = [];
    for (const other of others) alignments.push(await reading.pair(first, other));
    for (const side of sides) if (!side.fed) await reading.alone(side);
    const series = reading.stepNs === null ? null : sides.map((side) => side.series!.series());
    return {
      sessions: sides.map((side) => side.view),
      all: request.all,
      parameters: parametersTable(
        sides.map(({ session }) => session.manifest),
        request.all,
      ),
      metrics: metricsTable(
        sides.map((side) => side.metrics.metrics()),
        request.all,
        sides.map((side) => side.recorded),
      ),
      series: series === null ? null : comparedSeries(request.points, reading.stepNs!, series),
      clock: reading.clock,
      alignments,
    };
  },
);

/** One session of a comparison. */
class Side {
  readonly metrics: SessionMetrics;
  readonly threads: readonly string[];
  readonly sites: readonly (SiteName | undefined)[];
  readonly topology: Topology | null;
  series: SeriesCollector | null = null;
  /** Its figures are complete. */
  fed = false;

  constructor(
    readonly session: StoredSession,
    context: OrderContext,
  ) {
    const { id, manifest, progress, position } = session;
    if (position === 0) throw queryRefused(`session ${id} has no stored events`, 'sessions that have run');
    this.metrics = new SessionMetrics(manifest, progress);
    const threads: string[] = [];
    const sites: (SiteName | undefined)[] = [undefined];
    for (const entry of context.reader.dictionary(id)) {
      if (entry.kind === 'thread') threads[entry.id] = entry.name;
      else sites[entry.id] = { function: entry.function, label: entry.label, parent: entry.parent };
    }
    this.threads = threads;
    this.sites = sites;
    this.topology = topologyOf(session, context);
  }

  get recorded(): boolean {
    return isTrace(this.session.manifest);
  }

  get view(): ComparedSession {
    const { id, kind, state, position, manifest } = this.session;
    const { scenario, protocol, seed, recording } = manifest;
    return { id, kind, state, scenario, protocol, seed, recording, events: position };
  }

  feed(rows: EventRows): void {
    this.metrics.feed(rows, 0, rows.length);
    this.series?.feed(rows, 0, rows.length);
  }
}

/** Null: this build does not know the scenario. */
function topologyOf({ manifest }: StoredSession, { caches }: OrderContext): Topology | null {
  try {
    return caches.layout(manifest).topology;
  } catch (error) {
    if (error instanceof BadInput) return null;
    throw error;
  }
}

class Reading {
  /** Virtual time between two points; null: no curves. */
  readonly stepNs: number | null;
  /** Present where a session is a recording. */
  readonly clock: OneClock | null;
  private readonly of: number;
  private rows = 0;
  private told = 0;

  constructor(
    private readonly request: CompareRequest,
    private readonly sides: readonly Side[],
    private readonly context: OrderContext,
  ) {
    this.clock = sides.some((side) => side.recorded)
      ? oneClock(sides.map(({ session }) => firstsOf(session, context)))
      : null;
    const zeros = sides.map((_, k) => this.clock?.zeroNs[k] ?? 0);
    const ends = sides.map(({ session }, k) => lastTimeNs(session, context) - zeros[k]!);
    const { points } = request;
    this.stepNs = points === 0 ? null : Math.max(1, ...ends) / points;
    if (this.stepNs !== null) {
      for (const [k, side] of sides.entries()) {
        const { recording } = side.session.manifest;
        side.series = new SeriesCollector(points, this.stepNs, recording, side.recorded, zeros[k]);
      }
    }
    // The first is read with each of the others.
    this.of = sides.reduce(
      (sum, { session }, k) => sum + session.position * (k === 0 ? sides.length - 1 : 1),
      0,
    );
  }

  async alone(side: Side): Promise<void> {
    const pages = this.pages(side);
    for (let rows = await pages.next(); rows !== null; rows = await pages.next()) {
      side.feed(rows);
      await this.tell(rows.length);
    }
    side.fed = true;
  }

  async pair(first: Side, second: Side): Promise<PairAlignment> {
    const sessions = [first.session.id, second.session.id] as const;
    if (first.recorded !== second.recorded) return await this.recordedPair(first, second, sessions);
    const threads = slotsOf(first, second);
    const code = whyNotAligned(
      first.session.manifest,
      second.session.manifest,
      sameTopology(first, second),
      threads.inCommon,
    );
    if (code !== null) return notAligned(sessions, code);
    const [a, b] = [first.session.manifest, second.session.manifest];
    const sameProcedures = a.protocolDigest === b.protocolDigest;
    const lifecycleOnly = a.recording === 'lifecycle' || b.recording === 'lifecycle';
    const alignment = new Alignment(
      { slots: threads.slots[0], sites: first.sites },
      { slots: threads.slots[1], sites: second.sites },
      { sameProcedures, lifecycleOnly },
      threads.names.length,
    );
    await this.inStep(first, second, alignment);
    const result = alignment.result();
    const histories = [
      sessionHistory(sessions[0], this.context),
      sessionHistory(sessions[1], this.context),
    ] as const;
    const diverges = result.divergences.size > 0;
    const divergence = explainDivergence(alignment, result, histories, threads, [
      `session ${sessions[0]}`,
      `session ${sessions[1]}`,
    ]);
    const digests = [first.session.progress?.fullDigest, second.session.progress?.fullDigest];
    return {
      sessions,
      outcome: diverges ? 'diverges' : result.gaveUp ? 'gaveUp' : 'equal',
      reason: null,
      by: sameProcedures ? 'steps' : 'operations',
      level: lifecycleOnly ? 'lifecycle' : 'full',
      sameOrder: !diverges && digests[0] !== undefined && digests[0] === digests[1],
      steps: result.steps,
      divergence,
      occurrences: occurrencesView(result.occurrences),
    };
  }

  /** One of them is a recording. */
  private async recordedPair(
    first: Side,
    second: Side,
    sessions: readonly [string, string],
  ): Promise<PairAlignment> {
    const recording = first.recorded ? first : second;
    const observed = recording.sites.map((site) => site?.label.startsWith('observed') === true);
    const lifecycleOnly = [first, second].some((side) => side.session.manifest.recording === 'lifecycle');
    const zeroOf = (side: Side): number => this.clock?.zeroNs[this.sides.indexOf(side)] ?? 0;
    const matching = new RecordedMatching(
      first.recorded ? 0 : 1,
      (site) => observed[site] === true,
      [zeroOf(first), zeroOf(second)],
      lifecycleOnly,
    );
    for (const [k, side] of [first, second].entries()) {
      const pages = this.pages(side);
      let position = 1;
      for (let rows = await pages.next(); rows !== null; rows = await pages.next()) {
        if (!side.fed) side.feed(rows);
        matching.take(k === 0 ? 0 : 1, rows, rows.length, position);
        position += rows.length;
        await this.tell(rows.length);
      }
      side.fed = true;
    }
    const recorded = matching.result();
    const differs = recorded === null || recorded.onlyIn.some((only) => only.length > 0);
    return {
      sessions,
      outcome: recorded === null ? 'gaveUp' : differs ? 'diverges' : 'equal',
      reason: null,
      by: 'recorded',
      level: lifecycleOnly ? 'lifecycle' : 'full',
      sameOrder: false,
      steps: recorded?.steps ?? null,
      divergence: null,
      occurrences: recorded === null ? null : { matched: recorded.matched, onlyIn: recorded.onlyIn },
      ...(recorded === null ? {} : { recorded }),
    };
  }

  private async inStep(first: Side, second: Side, alignment: Alignment): Promise<void> {
    const sides = [first, second] as const;
    const pages = [this.pages(first), this.pages(second)] as const;
    const at = [0, 0];
    const ended = [false, false];
    while (!ended[0] || !ended[1]) {
      const behind = at[0] / first.session.position <= at[1] / second.session.position;
      const k = ended[1] || (behind && !ended[0]) ? 0 : 1;
      const side = sides[k];
      const rows = await pages[k].next();
      if (rows === null) {
        ended[k] = true;
        alignment.end(k);
        continue;
      }
      if (!side.fed) side.feed(rows);
      alignment.take(k, rows, 0, rows.length, at[k] + 1);
      at[k] += rows.length;
      await this.tell(rows.length);
    }
    for (const side of sides) side.fed = true;
  }

  private pages(side: Side): PageSource<'rows'> {
    const { id, position } = side.session;
    return this.context.pages({ sessionId: id, columns: 'rows', from: 1, to: position });
  }

  private async tell(rows: number): Promise<void> {
    this.context.checkCancelled();
    this.rows += rows;
    if (this.request.progress !== true || this.rows - this.told < PROGRESS_ROWS) return;
    this.told = this.rows;
    await this.context.send({ rows: this.rows, of: this.of } satisfies CompareProgress);
  }
}

function lastTimeNs({ id, position }: StoredSession, { reader }: OrderContext): number {
  return reader.rows(id, { from: position, limit: 1 }).rows.timeNs[0];
}

/** Time of the first event of each type that may be zero. */
function firstsOf({ id }: StoredSession, { reader }: OrderContext): (number | null)[] {
  return CLOCK_ORIGINS.map((_, k) => {
    for (let from: number | null = 1; from !== null; ) {
      const page = reader.rows(id, { from, limit: 1, filters: { types: [ORIGIN_CODES[k]!] } });
      if (page.rows.length > 0) return page.rows.timeNs[0]!;
      from = page.next;
    }
    return null;
  });
}

function sameTopology(first: Side, second: Side): boolean | null {
  if (first.topology === null || second.topology === null) return null;
  return JSON.stringify(first.topology) === JSON.stringify(second.topology);
}

interface PairSlots extends ThreadSlots {
  readonly slots: readonly [Uint8Array, Uint8Array];
  readonly inCommon: number;
}

/** Threads of one name have one slot. */
function slotsOf(first: Side, second: Side): PairSlots {
  const names = [...new Set([...first.threads, ...second.threads].filter((name) => name !== undefined))];
  const known = names.slice(0, MAX_SLOTS);
  const numbersOf = (side: Side): number[] => known.map((name) => side.threads.indexOf(name));
  const slotsFor = (side: Side): Uint8Array => {
    const slots = new Uint8Array(MAX_SLOTS);
    side.threads.forEach((name, number) => {
      slots[number] = known.indexOf(name);
    });
    return slots;
  };
  const inCommon = known.filter((name) => first.threads.includes(name) && second.threads.includes(name));
  return {
    names: known,
    numbers: [numbersOf(first), numbersOf(second)],
    slots: [slotsFor(first), slotsFor(second)],
    // More names than there can be slots: nothing is known to belong together.
    inCommon: names.length > MAX_SLOTS ? 0 : inCommon.length,
  };
}
