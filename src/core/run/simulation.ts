// One run: builds the machine from a manifest, lets a scheduler drive it, records. Synchronous; the caller decides how
// far to advance before it looks at its messages again.
import { BadInput, CommandRefused } from '../base/errors.js';
import type { Machine } from '../machine/machine.js';
import { TimeModel } from '../machine/time.js';
import { link, type Protocol } from '../protocols/protocol.js';
import type { LiveCommand } from '../scenarios/live/catalogue.js';
import type { BuiltScenario } from '../scenarios/scenario.js';
import { DecisionWriter, OUTSIDE } from '../scheduler/decision-log.js';
import { ForcedFirst, type Scheduler } from '../scheduler/scheduler.js';
import type {
  Manifest,
  Mark,
  Outcome,
  OutcomeDetail,
  RunChunk,
  RunProgress,
  SnapshotBytes,
  ThreadSteps,
} from './contract.js';
import { enterStage, type Stage, schedulerOf, stagesOf } from './fork-stages.js';
import { LastSeen } from './last-seen.js';
import { LiveInvariants } from './live-invariants.js';
import { makeMachine } from './make-machine.js';
import { NewNames } from './new-names.js';
import type { OutsideInputs } from './outside-inputs.js';
import { endingOf } from './protocol-fault.js';
import { Recorder } from './recorder.js';
import { RunLimits } from './run-limits.js';
import { latestClock, progressOf } from './run-progress.js';
import { restoreSnapshot, snapshotLayout, takeSnapshot } from './snapshot.js';
import { RecentExits, standstill, stuckAt } from './stuck.js';
import { restOfTurn, restoredTurn, savedTurn, stepsWithin, type Turn } from './turn.js';

/** Stored rows after which a snapshot is due. */
const SNAPSHOT_ROWS = 6_000;
/** Stored rows that make a chunk worth a transaction. */
const CHUNK_ROWS = 2_000;
/** Batches without a chunk after which one is handed over all the same, so that a live session is seen to move. */
const CHUNK_BATCHES = 256;

export interface SimulationOptions {
  readonly manifest: Manifest;
  readonly protocol: Protocol;
  readonly scenario: BuiltScenario;
  /** Follows recorded decisions instead of the manifest's scheduler (replay by schedule). */
  readonly scheduler?: Scheduler;
  /** False: no rows, digests or chunks (measurements of the bare machine). */
  readonly record?: boolean;
  readonly snapshots?: boolean;
  /** Outside inputs that are stored already, in order: each is met again where it was met. */
  readonly marks?: readonly Mark[];
}

export class Simulation {
  readonly machine: Machine;
  readonly recorder: Recorder;
  readonly manifest: Manifest;
  private scheduler: Scheduler;
  /** Follows recorded decisions. */
  private readonly scripted: Scheduler | null;
  private readonly stages: readonly Stage[];
  private stage = 0;
  private readonly decisions = new DecisionWriter();
  private readonly recent = new RecentExits();
  private readonly lastSeen: LastSeen;
  private readonly scenario: BuiltScenario;
  /** Null when the manifest switches them off. */
  readonly invariants: LiveInvariants | null;
  private readonly record: boolean;
  private readonly snapshots: boolean;
  private readonly layoutName: string;
  private readonly protocol: Protocol;
  steps = 0;
  outcome: Outcome | null = null;
  detail: OutcomeDetail | null = null;
  private handedOver = 0;
  private batchesSinceChunk = 0;
  /** Stored rows that make a chunk worth a transaction; more while a command is to stay in one. */
  chunkRows = CHUNK_ROWS;
  private snapshotPosition = 0;
  private readonly names: NewNames;
  /** Where threads run one after the other in time: the one clock. */
  private serialClock = 0;
  private readonly chunks: RunChunk[] = [];
  private turn: Turn | null = null;
  /** The thread that is taking steps; -1 between two turns. */
  private running = -1;
  private readonly outside: OutsideInputs;
  /** Set while no thread can go on before a command arrives. */
  waiting = false;
  private readonly limits: RunLimits;

  constructor(options: SimulationOptions) {
    const { manifest, scenario } = options;
    this.manifest = manifest;
    this.scenario = scenario;
    this.protocol = options.protocol;
    this.record = options.record ?? true;
    this.snapshots = options.snapshots ?? true;
    const linked = link(options.protocol, scenario.constants);
    if (manifest.protocolDigest !== '' && manifest.protocolDigest !== linked.digest) {
      throw new BadInput(
        'engine_differs',
        `the procedures of protocol ${manifest.protocol} have digest ${linked.digest}; the manifest was made with ${manifest.protocolDigest}`,
      );
    }
    this.stages = stagesOf(manifest);
    const first = this.stages[0]!;
    this.scripted = options.scheduler ?? null;
    this.scheduler = options.scheduler ?? schedulerOf(first, 0);
    const { marks = [] } = options;
    const byStep = options.scheduler === undefined;
    const made = makeMachine({ manifest, scenario, linked, first, marks, byStep });
    this.machine = made.machine;
    this.outside = made.outside;
    this.recorder = new Recorder(manifest.recording);
    this.names = new NewNames(scenario.threads, this.machine.sites);
    this.layoutName = snapshotLayout(this.machine);
    this.lastSeen = new LastSeen(scenario.threads.length);
    this.limits = new RunLimits(manifest);
    this.invariants = manifest.invariants ? new LiveInvariants(this.machine, options.protocol.rules) : null;
    this.machine.observer = this.invariants;
  }

  /** By thread number. */
  get threadNames(): string[] {
    return this.scenario.threads.map((thread) => thread.name);
  }

  /** Digest of the linked procedures, for the manifest. */
  get protocolDigest(): string {
    return this.machine.linked.digest;
  }

  /**
   * Takes up to `steps` steps; returns the chunks that became ready. The last one carries the outcome.
   * Stops early behind the step that brings the full stream to `untilOrdinal`, and where only a command can help.
   */
  advance(steps: number, untilOrdinal = Number.POSITIVE_INFINITY): RunChunk[] {
    const { machine: m, outside, limits, recorder } = this;
    const until = this.steps + steps;
    this.waiting = false;
    this.withinLimits(() => {
      while (this.outcome === null && this.steps < until && this.eventsNow < untilOrdinal) {
        this.enterDueStages();
        if (outside.isDue(this.steps)) {
          this.meet(outside.next());
          continue;
        }
        const turn = this.turn ?? this.nextTurn();
        if (turn === null) {
          this.atRest();
          if (this.waiting && this.commandAgain()) continue;
          break;
        }
        if (turn.thread === OUTSIDE) {
          this.meet(outside.next());
          this.scheduler.took(1);
          this.turn = null;
          continue;
        }
        const t = turn.thread;
        if (m.serialTime) m.clocks[t] = Math.max(m.clocks[t], this.serialClock);
        this.running = t;
        const most = Math.min(
          turn.steps,
          until - this.steps,
          this.stages[this.stage]!.until - this.steps,
          outside.stepsToNext(this.steps),
          limits.stepsToWindow(this.steps),
          stepsWithin(untilOrdinal - this.eventsNow),
          limits.stepsLeft(this.eventsNow, recorder.position + m.batch.length),
        );
        const taken = m.run(t, Math.min(turn.horizonNs, limits.horizonNs), most);
        this.running = -1;
        if (m.serialTime) this.serialClock = m.clocks[t];
        this.steps += taken;
        this.decisions.add(t, taken);
        this.scheduler.took(taken);
        this.turn = restOfTurn(m, turn, taken);
        // Which events of the batch are stored is known behind it.
        if (m.batchFull || limits.mayMeetRows(recorder.position + m.batch.length)) this.flush();
        limits.check(this.eventsNow, recorder.position);
        if (limits.mayMeetTime(m.clocks[t])) limits.checkTime(this.timeNs);
        if (m.lost !== 0) this.endStuck(t);
        limits.checkIdle(this.steps, this.eventsNow);
      }
    });
    return this.chunks.splice(0);
  }

  /** A limit that is met ends the run. */
  private withinLimits(work: () => void): void {
    try {
      work();
    } catch (error) {
      const ending = endingOf(error, this.protocol.file, this.machine, this.running);
      if (ending === null) throw error;
      if (this.running >= 0) {
        // The step that met the limit is a decision too: a replay must come to the same end.
        this.steps += this.machine.taken + 1;
        this.decisions.add(this.running, this.machine.taken + 1);
        this.running = -1;
      }
      this.end(ending.outcome, ending.detail);
    }
  }

  /**
   * An outside input while the run rests: throws CommandRefused, and then nothing has changed. Its first event is in the
   * next chunk.
   */
  command(command: LiveCommand): void {
    const { live } = this.scenario;
    if (live === undefined)
      throw new CommandRefused(
        `scenario ${this.manifest.scenario} takes no commands; scenario live does`,
        [],
      );
    const plan = live.plan(this.machine.w, command);
    this.flush();
    const number = this.outside.commands + 1;
    this.meet(this.outside.add(this.steps, this.recorder.position, { number, command, plan }));
  }

  /** The next command of a session that this one follows; false: there is none, or it is refused here. */
  private commandAgain(): boolean {
    const next = this.manifest.follows?.commands[this.outside.commands];
    if (next === undefined) return false;
    try {
      this.command(next);
      return true;
    } catch (error) {
      if (error instanceof CommandRefused) return false;
      throw error;
    }
  }

  /** Hands over what there is, with a snapshot: the run rests here, as somebody asked (a mark), or waits. */
  rest(): RunChunk[] {
    if (this.outcome === null) {
      this.withinLimits(() => {
        this.flush();
        if (!this.waiting) this.meet(this.outside.add(this.steps, this.recorder.position, null));
      });
    }
    if (this.outcome === null) this.handOver(true, this.waiting ? 'waiting' : 'paused');
    return this.chunks.splice(0);
  }

  /** Everything up to here, with a snapshot, also where no chunk is due: the run goes on as if it had not been looked at. */
  handOverNow(): RunChunk[] {
    if (this.outcome === null) this.withinLimits(() => this.flush());
    if (this.outcome === null) this.handOver(true, null);
    return this.chunks.splice(0);
  }

  /** Takes these decisions now; throws BadInput (`thread-cannot-run`) where one cannot be taken. */
  force(decisions: readonly ThreadSteps[]): void {
    const forced = new ForcedFirst(decisions, 0, this.scheduler);
    this.turn = null;
    this.scheduler = forced;
    while (this.outcome === null && forced.forced > 0) this.advance(forced.forced);
  }

  /** What was executed so far is stored already: none of it is handed over. Rests at this very step are met. */
  forgetStored(): void {
    this.enterDueStages();
    while (this.outside.isDue(this.steps)) this.meet(this.outside.next());
    this.flush();
    this.recorder.take();
    this.decisions.take();
    this.names.take();
    this.outside.takeNew();
    this.chunks.length = 0;
    this.handedOver = this.recorder.position;
    this.batchesSinceChunk = 0;
  }

  /** Commands that the world as it stands allows; none where the scenario takes none. */
  get allowed(): readonly string[] {
    return this.outcome === null ? (this.scenario.live?.allowed(this.machine.w) ?? []) : [];
  }

  /** Events of the full stream, those in the batch included. */
  get eventsNow(): number {
    return this.recorder.ordinal + this.machine.batch.length;
  }

  /** At a fork point the run goes on in its own way. */
  private enterDueStages(): void {
    while (this.stages[this.stage]!.until === this.steps) {
      const before = this.stages[this.stage]!;
      const next = this.stages[++this.stage]!;
      this.serialClock = enterStage(this.machine, before, next, this.serialClock);
      if (this.scripted !== null || next.choosesAnew) this.turn = null;
      if (this.scripted !== null) this.scripted.enterStage?.(this.stage);
      else if (next.choosesAnew) this.scheduler = schedulerOf(next, this.steps);
    }
  }

  private nextTurn(): Turn | null {
    const { scheduler } = this;
    const thread = scheduler.pick(this.machine);
    return thread < 0 ? null : { thread, horizonNs: scheduler.horizonNs, steps: scheduler.steps };
  }

  /** Always between two steps, and behind an empty batch: so it is when the same decisions are followed again. */
  private meet(mark: Mark): void {
    this.flush();
    this.decisions.add(OUTSIDE, 1);
    if (mark.input === null) return;
    const { number, plan } = mark.input;
    const at = this.outside.apply(plan);
    for (const t of plan.threads) this.machine.deliver(t, number, plan.code, at);
    this.turn = null;
    this.waiting = false;
  }

  /** No thread can go on: everything is done, or a command must come, or the threads wait for each other. */
  private atRest(): void {
    const still = standstill(this.machine, this.scenario.threads, this.stages[this.stage]!, this.steps);
    if (still === 'waiting') {
      this.waiting = true;
    } else if (still === 'done') {
      // The console may still be in the batch.
      this.flush();
      this.end(this.recorder.milestones.has('console') ? 'booted' : 'completed', null);
    } else {
      this.end(still.outcome, { message: still.message });
    }
  }

  private endStuck(t: number): void {
    const { machine: m } = this;
    const vcpu = m.lost - 1;
    this.flush();
    const last = [...this.recorder.milestones.keys()].pop() ?? '';
    this.end('no_forward_progress', { stuckAt: stuckAt(this.recent, vcpu, last, m.where(t)[0]) });
  }

  private end(outcome: Outcome, detail: OutcomeDetail | null): void {
    this.outcome = outcome;
    this.detail = detail;
    this.flush();
    if (this.record) {
      this.recorder.finish();
      this.handOver(true, null);
    }
  }

  /** Empties the batch into the recorder: always between two steps. */
  private flush(): void {
    const { machine: m, recorder } = this;
    if (m.batchFull) this.batchesSinceChunk++;
    if (m.batch.length > 0) {
      this.recent.consume(m.batch);
      if (this.record) recorder.consume(m.batch);
      else recorder.ordinal += m.batch.length;
      m.batch.length = 0;
    }
    if (this.outcome !== null || !this.record) return;
    if (recorder.pendingRows >= this.chunkRows || this.batchesSinceChunk >= CHUNK_BATCHES)
      this.handOver(false, null);
  }

  private handOver(withSnapshot: boolean, rest: RunChunk['rest']): void {
    const { recorder } = this;
    const columns = recorder.take();
    if (this.snapshots) this.lastSeen.take(columns, 0, columns.length, this.handedOver + 1);
    let snapshot: SnapshotBytes | null = null;
    if (this.snapshots && (withSnapshot || recorder.position - this.snapshotPosition >= SNAPSHOT_ROWS)) {
      snapshot = this.snapshot();
      this.snapshotPosition = recorder.position;
    }
    this.chunks.push({
      expectedPosition: this.handedOver,
      columns,
      dictionary: this.names.take(),
      decisions: this.decisions.take(),
      snapshot,
      progress: this.progress(),
      marks: this.outside.takeNew(),
      rest,
    });
    this.handedOver = recorder.position;
    this.batchesSinceChunk = 0;
  }

  /** State at this moment; only meaningful between two calls of advance. */
  snapshot(): SnapshotBytes {
    return {
      position: this.recorder.position,
      ordinal: this.recorder.ordinal,
      layout: this.layoutName,
      bytes: takeSnapshot(this.machine, {
        recorder: this.recorder.save(),
        steps: this.steps,
        recentExits: this.recent.save(),
        lastSeen: this.lastSeen.save(),
        marks: this.outside.met,
        turn: savedTurn(this.turn),
        eventsAtWindow: this.limits.eventsAtWindow,
        invariants: this.invariants === null ? [] : [...this.invariants.set.save()],
      }),
    };
  }

  /** Goes back to a snapshot of the same session (`usableSnapshot`). False: another layout, the snapshot is of no use here. */
  restore(snapshot: SnapshotBytes): boolean {
    if (snapshot.layout !== this.layoutName) return false;
    const meta = restoreSnapshot(this.machine, snapshot.bytes);
    this.recorder.restore(meta.recorder);
    this.recent.restore(meta.recentExits);
    this.lastSeen.restore(meta.lastSeen);
    this.invariants?.set.restore(Int32Array.from(meta.invariants));
    this.outside.skipTo(meta.marks);
    this.turn = restoredTurn(meta.turn);
    this.steps = meta.steps;
    this.limits.eventsAtWindow = meta.eventsAtWindow ?? -1;
    this.handedOver = snapshot.position;
    this.snapshotPosition = snapshot.position;
    this.serialClock = Math.max(...this.machine.clocks);
    this.stage = this.stages.findIndex((stage) => stage.until >= this.steps);
    const stage = this.stages[this.stage]!;
    this.machine.setTime(new TimeModel(stage.costs));
    this.machine.serialTime = stage.scheduler !== 'timed';
    if (this.scripted === null) this.scheduler = schedulerOf(stage, this.steps);
    this.names.take();
    return true;
  }

  get timeNs(): number {
    return latestClock(this.scenario.threads, this.machine.clocks);
  }

  progress(): RunProgress {
    const { outcome, detail } = this;
    const verdicts = outcome === null ? null : (this.invariants?.verdicts() ?? null);
    return progressOf(this.recorder, this.machine, this.steps, this.timeNs, { outcome, detail, verdicts });
  }
}
