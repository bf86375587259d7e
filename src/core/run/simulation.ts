// One run: builds the machine from a manifest, lets a scheduler drive it, records. Synchronous; the caller decides how
// far to advance before it looks at its messages again.

import { Layout, STATUS } from '../aggregates/layout.js';
import { BadInput, LimitReached } from '../base/errors.js';
import { E } from '../events/catalogue.js';
import { EXIT, EXIT_NAMES } from '../events/constants.js';
import { Guest } from '../guest/guest.js';
import { CHANNEL, WAIT_NAMES } from '../machine/batch.js';
import { Machine } from '../machine/machine.js';
import { ACCOUNT_NAMES, TimeModel } from '../machine/time.js';
import { link, type Protocol } from '../protocols/protocol.js';
import type { BuiltScenario } from '../scenarios/scenario.js';
import { DecisionWriter } from '../scheduler/decision-log.js';
import { makeScheduler, type Scheduler } from '../scheduler/scheduler.js';
import type {
  DictionaryEntry,
  Manifest,
  Outcome,
  OutcomeDetail,
  RunChunk,
  RunProgress,
  SnapshotBytes,
} from './contract.js';
import { COUNTED_TYPES } from './counted-types.js';
import { LastSeen } from './last-seen.js';
import { LiveInvariants } from './live-invariants.js';
import { Recorder } from './recorder.js';
import { restoreSnapshot, snapshotLayout, takeSnapshot } from './snapshot.js';
import { RecentExits, stuckAt } from './stuck.js';

/** Events of one batch: bounds the distance of snapshots at `full` (with the slack of one step) to 8,192. */
const BATCH_CAPACITY = 8_192;
/** Stored rows after which a snapshot is due. */
const SNAPSHOT_ROWS = 6_000;
/** Stored rows that make a chunk worth a transaction. */
const CHUNK_ROWS = 2_000;
/** Steps without as many events as fill a batch: threads that only look and never wait, which would take for ever. */
const IDLE_STEPS_MAX = 2_000_000;
/** Batches without a chunk after which one is handed over all the same, so that a live session is seen to move. */
const CHUNK_BATCHES = 256;

export interface SimulationOptions {
  readonly manifest: Manifest;
  readonly protocol: Protocol;
  readonly scenario: BuiltScenario;
  /** Another scheduler than the manifest's (replay by schedule). */
  readonly scheduler?: Scheduler;
  /** False: no rows, digests or chunks (measurements of the bare machine). */
  readonly record?: boolean;
  readonly snapshots?: boolean;
}

export class Simulation {
  readonly machine: Machine;
  readonly recorder: Recorder;
  readonly manifest: Manifest;
  private readonly scheduler: Scheduler;
  private readonly decisions = new DecisionWriter();
  private readonly recent = new RecentExits();
  private readonly lastSeen: LastSeen;
  private readonly scenario: BuiltScenario;
  /** Null when the manifest switches them off. */
  readonly invariants: LiveInvariants | null;
  private readonly record: boolean;
  private readonly snapshots: boolean;
  private readonly layoutName: string;
  steps = 0;
  private stepsAtFlush = 0;
  outcome: Outcome | null = null;
  detail: OutcomeDetail | null = null;
  private handedOver = 0;
  private batchesSinceChunk = 0;
  private snapshotPosition = 0;
  private namedThreads = false;
  private namedSites = 0;
  /** Where threads run one after the other in time: the one clock. */
  private serialClock = 0;
  private readonly chunks: RunChunk[] = [];
  private readonly eventsMax: number;
  private readonly rowsMax: number;
  private readonly timeMaxNs: number;

  constructor(options: SimulationOptions) {
    const { manifest, scenario } = options;
    this.manifest = manifest;
    this.scenario = scenario;
    this.record = options.record ?? true;
    this.snapshots = options.snapshots ?? true;
    const linked = link(options.protocol, scenario.constants);
    if (manifest.protocolDigest !== '' && manifest.protocolDigest !== linked.digest) {
      throw new BadInput(
        'engine_differs',
        `the procedures of protocol ${manifest.protocol} have digest ${linked.digest}; the manifest was made with ${manifest.protocolDigest}`,
      );
    }
    const layout = new Layout(scenario.topology);
    const watchdogExits = manifest.limits.watchdogExits;
    this.machine = new Machine({
      linked,
      layout,
      threads: scenario.threads,
      time: new TimeModel(manifest.costs),
      seed: manifest.seed,
      batchCapacity: BATCH_CAPACITY,
      context: {
        env: {
          scripts: scenario.threads.map((t) => t.script),
          resetAfterExits: scenario.resetAfterExits,
          constants: linked.constants,
        },
        guest: new Guest(scenario.guests, linked.constants),
        watchdogExits,
        needbreak: null,
      },
    });
    if (options.scheduler === undefined && manifest.scheduler === 'scripted') {
      throw new BadInput('scripted-scheduler', 'scheduler "scripted" needs a decision log');
    }
    this.scheduler = options.scheduler ?? makeScheduler(manifest.scheduler as 'timed');
    this.machine.serialTime = manifest.scheduler !== 'timed';
    this.recorder = new Recorder(manifest.recording);
    this.layoutName = snapshotLayout(this.machine);
    this.lastSeen = new LastSeen(scenario.threads.length);
    this.eventsMax = manifest.limits.events;
    this.rowsMax = manifest.limits.storedRows;
    this.timeMaxNs = manifest.limits.virtualNs;
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

  /** Takes up to about `steps` steps; returns the chunks that became ready. The last one carries the outcome. */
  advance(steps: number): RunChunk[] {
    const { machine: m, scheduler } = this;
    const until = this.steps + steps;
    let turn = -1;
    try {
      while (this.outcome === null && this.steps < until) {
        const t = scheduler.pick(m);
        if (t < 0) {
          this.end(...this.atRest());
          break;
        }
        if (m.serialTime) m.clocks[t] = Math.max(m.clocks[t], this.serialClock);
        turn = t;
        const taken = m.run(t, scheduler.horizonNs, scheduler.steps);
        turn = -1;
        if (m.serialTime) this.serialClock = m.clocks[t];
        this.steps += taken;
        this.decisions.add(t, taken);
        scheduler.took(taken);
        if (m.batchFull) this.flush();
        if (m.lost !== 0) this.endStuck(t);
        if (this.steps - this.stepsAtFlush > IDLE_STEPS_MAX)
          throw new LimitReached('idleSteps', IDLE_STEPS_MAX);
      }
    } catch (error) {
      if (!(error instanceof LimitReached)) throw error;
      if (turn >= 0) {
        // The step that met the limit is a decision too: a replay must come to the same end.
        this.steps += m.taken + 1;
        this.decisions.add(turn, m.taken + 1);
      }
      this.end('limit_reached', { limit: error.limit, message: error.message });
    }
    return this.chunks.splice(0);
  }

  /** No thread can go on: everything is done, or the threads wait for each other. */
  private atRest(): [Outcome, OutcomeDetail | null] {
    const { machine: m } = this;
    const open = this.scenario.threads
      .map((spec, t) => ({ spec, t }))
      .filter(({ spec, t }) => spec.kind === 'vmm' && m.status(t) !== STATUS.ended);
    if (open.length === 0) {
      // The console may still be in the batch.
      this.flush();
      return [this.recorder.milestones.has('console') ? 'booted' : 'completed', null];
    }
    const waits = open.map(({ spec, t }) => {
      const at = m.where(t)[0];
      const channel = m.waitsOn(t);
      return `${spec.name} at ${at.function} @ ${at.label} waits for ${WAIT_NAMES[Math.floor(channel / CHANNEL)]} ${channel % CHANNEL}`;
    });
    return ['failed', { message: `deadlock: ${waits.join('; ')}` }];
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
      this.handOver(true);
    }
  }

  /** Empties the batch into the recorder: always between two steps. */
  private flush(): void {
    const { machine: m, recorder } = this;
    if (m.batch.length > 0) {
      this.recent.consume(m.batch);
      if (this.record) recorder.consume(m.batch);
      else recorder.ordinal += m.batch.length;
      m.batch.length = 0;
    }
    this.stepsAtFlush = this.steps;
    this.batchesSinceChunk++;
    if (this.outcome !== null) return;
    if (recorder.ordinal >= this.eventsMax) throw new LimitReached('events', this.eventsMax);
    if (recorder.position >= this.rowsMax) throw new LimitReached('storedRows', this.rowsMax);
    if (this.timeNs >= this.timeMaxNs) throw new LimitReached('virtualNs', this.timeMaxNs);
    if (!this.record) return;
    if (recorder.pendingRows >= CHUNK_ROWS || this.batchesSinceChunk >= CHUNK_BATCHES) this.handOver(false);
  }

  private handOver(last: boolean): void {
    const { recorder } = this;
    const columns = recorder.take();
    if (this.snapshots) this.lastSeen.take(columns, 0, columns.length, this.handedOver + 1);
    let snapshot: SnapshotBytes | null = null;
    if (this.snapshots && (last || recorder.position - this.snapshotPosition >= SNAPSHOT_ROWS)) {
      snapshot = this.snapshot();
      this.snapshotPosition = recorder.position;
    }
    this.chunks.push({
      expectedPosition: this.handedOver,
      columns,
      dictionary: this.newNames(),
      decisions: this.decisions.take(),
      snapshot,
      progress: this.progress(),
    });
    this.handedOver = recorder.position;
    this.batchesSinceChunk = 0;
  }

  private newNames(): DictionaryEntry[] {
    const out: DictionaryEntry[] = [];
    if (!this.namedThreads) {
      for (const [id, t] of this.scenario.threads.entries()) out.push({ kind: 'thread', id, name: t.name });
      this.namedThreads = true;
    }
    const { sites } = this.machine.sites;
    for (; this.namedSites < sites.length; this.namedSites++) {
      out.push({ kind: 'site', ...sites[this.namedSites] });
    }
    return out;
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
        invariants: this.invariants === null ? [] : [...this.invariants.set.save()],
      }),
    };
  }

  /** Goes back to a snapshot of the same session. False: another layout, the snapshot is of no use here. */
  restore(snapshot: SnapshotBytes): boolean {
    if (snapshot.layout !== this.layoutName) return false;
    const meta = restoreSnapshot(this.machine, snapshot.bytes);
    this.recorder.restore(meta.recorder);
    this.recent.restore(meta.recentExits);
    this.lastSeen.restore(meta.lastSeen);
    this.invariants?.set.restore(Int32Array.from(meta.invariants));
    this.steps = meta.steps;
    this.stepsAtFlush = meta.steps;
    this.handedOver = snapshot.position;
    this.snapshotPosition = snapshot.position;
    this.serialClock = Math.max(...this.machine.clocks);
    this.namedThreads = true;
    this.namedSites = this.machine.sites.sites.length;
    return true;
  }

  get timeNs(): number {
    let max = 0;
    for (let t = 0; t < this.machine.clocks.length; t++) {
      if (this.scenario.threads[t].kind === 'vmm' && this.machine.clocks[t] > max)
        max = this.machine.clocks[t];
    }
    return max;
  }

  progress(): RunProgress {
    const { recorder: r } = this;
    return {
      ordinal: r.ordinal,
      position: r.position,
      steps: this.steps,
      timeNs: this.timeNs,
      digest: r.digestHex,
      fullDigest: r.fullDigestHex,
      rootAllocations: r.countByType[E.RootAllocated],
      findings: r.countByType[E.Finding],
      counts: this.counts(),
      milestones: Object.fromEntries(r.milestones),
      outcome: this.outcome,
      detail: this.detail,
      verdicts: this.outcome === null ? null : (this.invariants?.verdicts() ?? null),
    };
  }

  /** Figures by name; all come from events. */
  private counts(): Record<string, number> {
    const r = this.recorder;
    const n = r.countByType;
    const out: Record<string, number> = {};
    for (const [name, type] of Object.entries(COUNTED_TYPES)) out[name] = n[type];
    out.eptViolations = r.exitsByReason[EXIT.EPT_VIOLATION];
    EXIT_NAMES.forEach((name, reason) => {
      if (r.exitsByReason[reason] > 0) out[`exit.${name}`] = r.exitsByReason[reason];
    });
    ACCOUNT_NAMES.forEach((name, i) => {
      out[`${name}Ns`] = this.machine.accounts[i];
    });
    return out;
  }
}
