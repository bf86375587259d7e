// Both replays in one pass over the stored rows. By fold: the rows give a world, held against the one in the last
// machine snapshot. By schedule: the machine runs again under the stored decisions and every row must come out the same.
import { World } from '../../core/aggregates/world.js';
import { BadInput } from '../../core/base/errors.js';
import type { Manifest } from '../../core/run/contract.js';
import { type Foldable, foldRows } from '../../core/run/replay-by-fold.js';
import type { Difference } from '../../core/run/replay-by-schedule.js';
import { ScheduleComparison } from '../../core/run/replay-by-schedule.js';
import type { Simulation } from '../../core/run/simulation.js';
import { readPast } from '../../core/run/snapshot.js';
import type { StoredNumbers } from '../../core/run/stored-numbers.js';
import { layoutOf } from '../../core/run/trace-session.js';
import { DecisionReader } from '../../core/scheduler/decision-log.js';
import { ScriptedScheduler } from '../../core/scheduler/scheduler.js';
import type { DecisionLog } from '../../store/event-store.port.js';
import { buildSimulation } from '../build-simulation.js';
import { foldableOf } from './fold-rows.js';
import type { FirstDifference, FoldVerdict, ReplayResult, ScheduleVerdict } from './replay-result.js';
import type { Stored } from './stored.js';
import { compareWorlds } from './world-compare.js';

type FoldDifference = Extract<FirstDifference, { by: 'fold' }>;

export class FoldReplay {
  private readonly world: World;
  private readonly expected: World | null;
  private readonly expectedAt: number;
  private readonly level: 'full' | 'lifecycle';
  private position = 0;
  private compared: FoldVerdict['compared'] = null;
  difference: FoldDifference | null = null;

  constructor(private readonly stored: Stored) {
    const { manifest, snapshot } = stored;
    this.world = new World(layoutOf(manifest));
    this.level = manifest.recording;
    this.expected = worldOf(stored);
    this.expectedAt = this.expected === null ? -1 : snapshot!.position;
  }

  take(rows: Foldable): void {
    // The snapshot may lie inside the page.
    const upTo = Math.min(rows.length, Math.max(0, this.expectedAt - this.position));
    if (this.compared === null && this.expected !== null && this.position + upTo === this.expectedAt) {
      foldRows(this.world, rows, 0, upTo, this.level);
      this.compare(this.expected, this.expectedAt, 'snapshot');
      foldRows(this.world, rows, upTo, rows.length, this.level);
    } else {
      foldRows(this.world, rows, 0, rows.length, this.level);
    }
    this.position += rows.length;
  }

  /** @param executed the world after the same session was executed to its end, when it was */
  finish(executed: World | null): FoldVerdict {
    if (executed !== null && this.difference === null && this.compared?.position !== this.stored.position) {
      this.compare(executed, this.stored.position, 'schedule');
    }
    const { position, compared } = this;
    const outcome = this.difference !== null ? 'differs' : compared === null ? 'not_compared' : 'verified';
    return { verified: outcome === 'verified', outcome, rows: position, compared };
  }

  private compare(expected: World, position: number, source: 'snapshot' | 'schedule'): void {
    const { words, difference } = compareWorlds(expected, this.world, this.level);
    this.compared = { words, position, with: source };
    if (difference === null) return;
    const { what } = difference;
    const [stored, replayed] = [String(difference.expected), String(difference.actual)];
    this.difference = { by: 'fold', position, what, stored, replayed };
  }
}

/** The world inside the machine snapshot, whatever procedures this build has; null where its records lie elsewhere now. */
function worldOf({ manifest, snapshot }: Stored): World | null {
  if (snapshot === null) return null;
  const world = new World(layoutOf(manifest));
  return readPast(snapshot, world) === null ? null : world;
}

export class ScheduleReplay implements ScheduleReplayer {
  private readonly simulation: Simulation | null;
  private readonly comparison: ScheduleComparison | null;
  private engineDiffers: string | null = null;
  private crash: string | null = null;

  constructor(
    private readonly stored: Stored,
    decisions: DecisionLog,
    build: typeof buildSimulation = buildSimulation,
  ) {
    const stages = decisionsByStage(decisions, stored.manifest);
    let reader = readerOf(stages[0]!);
    // Behind a fork point the parent's decisions are not followed.
    const scheduler = new ScriptedScheduler(
      () => reader.next(),
      (stage) => {
        reader = readerOf(stages[stage]!);
      },
    );
    try {
      this.simulation = build(stored.manifest, {
        scheduler,
        snapshots: false,
        marks: stored.marks,
      });
      this.comparison = new ScheduleComparison(this.simulation);
    } catch (error) {
      if (!(error instanceof BadInput)) throw error;
      this.simulation = null;
      this.comparison = null;
      this.engineDiffers = error.message;
    }
  }

  take(rows: StoredNumbers): void {
    this.attempt((comparison) => void comparison.compare(rows));
  }

  private get rows(): number {
    return this.comparison?.equalRows ?? 0;
  }

  get difference(): Difference | null {
    return this.comparison?.difference ?? null;
  }

  /** The world at the end of a session that was executed to its end. */
  get world(): World | null {
    return this.simulation?.outcome != null && this.crash === null && this.difference === null
      ? this.simulation.machine.w
      : null;
  }

  finish(): ScheduleVerdict {
    const { engineDiffers, simulation, stored } = this;
    if (simulation === null) {
      return { verified: false, outcome: 'engine_differs', rows: 0, digest: null, detail: engineDiffers };
    }
    const ended = stored.progress?.outcome != null;
    // A session that has not ended stops where its decisions do.
    if (ended) this.attempt((comparison) => void comparison.finish());
    const digest = ended && this.crash === null ? simulation.progress().digest : null;
    const expected = stored.progress?.digest ?? null;
    let detail = this.crash;
    if (this.difference !== null) detail ??= `the rows differ at position ${this.difference.position}`;
    else if (digest !== null && digest !== expected)
      detail ??= `the digest is ${digest}, stored is ${expected}`;
    const verified = detail === null;
    return { verified, outcome: verified ? 'verified' : 'differs', rows: this.rows, digest, detail };
  }

  private attempt(work: (comparison: ScheduleComparison) => void): void {
    if (this.comparison === null || this.difference !== null || this.crash !== null) return;
    try {
      work(this.comparison);
    } catch (error) {
      // Decisions that this machine cannot follow: as much a difference as another row.
      this.crash = `the execution failed after ${this.rows} equal rows: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
}

/** A chunk that begins at a fork point or behind it is the fork's; what follows the fork point in another is the parent's. */
export function decisionsByStage({ bytes, chunks }: DecisionLog, { forks = [] }: Manifest): Uint8Array[] {
  return Array.from({ length: forks.length + 1 }, (_, stage) => {
    const from = forks[stage - 1]?.position ?? 0;
    const to = forks[stage]?.position ?? Number.POSITIVE_INFINITY;
    const own = chunks.filter(({ fromPosition }) => fromPosition >= from && fromPosition < to);
    const first = own[0];
    return first === undefined
      ? new Uint8Array(0)
      : bytes.subarray(first.offset, own.at(-1)!.offset + own.at(-1)!.length);
  });
}

export function readerOf(bytes: Uint8Array): DecisionReader {
  let piece: Uint8Array | null = bytes.length === 0 ? null : bytes;
  return new DecisionReader(() => {
    const next = piece;
    piece = null;
    return next;
  });
}

export async function replayByFold(
  stored: Stored,
  nextPage: () => Promise<Foldable | null>,
): Promise<ReplayResult> {
  const fold = new FoldReplay(stored);
  for (let rows = await nextPage(); rows !== null; rows = await nextPage()) fold.take(rows);
  return resultOf(fold.finish(null), null, fold.difference);
}

/** A replay by schedule, here or in a thread of its own. */
export interface ScheduleReplayer {
  take(rows: StoredNumbers): void | Promise<void>;
  finish(): ScheduleVerdict | Promise<ScheduleVerdict>;
  readonly difference: Difference | null;
  readonly world: World | null;
}

/** By schedule, and by fold on the same pages where that is wanted too. */
export async function replayBySchedule(
  stored: Stored,
  schedule: ScheduleReplayer,
  alsoByFold: boolean,
  nextPage: () => Promise<StoredNumbers | null>,
): Promise<ReplayResult> {
  const fold = alsoByFold ? new FoldReplay(stored) : null;
  for (let rows = await nextPage(); rows !== null; rows = await nextPage()) {
    fold?.take(foldableOf(rows));
    await schedule.take(rows);
  }
  const verdict = await schedule.finish();
  const { difference } = schedule;
  const first: FirstDifference | null = difference === null ? null : { by: 'schedule', ...difference };
  return resultOf(fold?.finish(schedule.world) ?? null, verdict, first ?? fold?.difference ?? null);
}

/** A fold that could be held against nothing proves nothing; neither does it deny what the schedule proves. */
function resultOf(
  fold: FoldVerdict | null,
  schedule: ScheduleVerdict | null,
  firstDifference: FirstDifference | null,
): ReplayResult {
  const folded = fold === null || fold.verified || (fold.outcome === 'not_compared' && schedule !== null);
  const verified = folded && (schedule === null || schedule.verified);
  return { verified, by: { fold, schedule }, firstDifference };
}
