// Runs sessions in simulation threads: a queue, as many threads as cores, and the commands that change a session's state.
// Knows the store's port and the core's manifest, nothing of HTTP or Nest: server and command line use the same class.
//
// States: queued -> running -> finished | failed, or -> paused | cancelled | interrupted by a command or a stop.
import { setTimeout as later } from 'node:timers/promises';
import type { Observable } from 'rxjs';
import { COMMAND_WAIT_MS, MAX_COMMANDS_AT_ONCE, MAX_QUEUED_SESSIONS } from '../../config/limits.js';
import { readSetting } from '../../config/read-settings.js';
import type { UserProtocolText } from '../../core/protocols/user-api.js';
import type { Manifest, SnapshotBytes } from '../../core/run/contract.js';
import type { RunRequest } from '../../core/run/manifest.js';
import type { LiveCommand } from '../../core/scenarios/live/catalogue.js';
import type { CommitNotice, EventStore, SessionExtra } from '../../store/event-store.port.js';
import type { SessionKind, SessionRecord, SessionState } from '../../store/session.js';
import {
  isStoreError,
  limitExceeded,
  positionConflict,
  stateConflict,
  storeClosed,
} from '../../store/store.errors.js';
import { SandboxedSimulation } from '../../user-protocols/sandboxed-simulation.js';
import { manifestOf } from '../../user-protocols/user-manifest.js';
import { ForkPoints } from './fork-points.js';
import { IdleThreads } from './idle-threads.js';
import { InTurn } from './in-turn.js';
import type { Task, Verdict } from './messages.js';
import { RoomWait } from './room-wait.js';
import { SimulationThread } from './simulation-thread.js';
import { snapshotToResume, underWay } from './stored-runs.js';
import { throwUnlessDone } from './verdict-errors.js';

export interface RunnerOptions {
  /** Threads; default: ROOTLINE_WORKERS, else the number of cores. */
  readonly workers?: number;
  readonly maxQueued?: number;
  /** How often a full disk is looked at again. */
  readonly roomRetryMs?: number;
  /** The text of a protocol that a user brought, by id; null: there is none of that id. */
  readonly userProtocol?: (id: string) => UserProtocolText | null;
  /** Simulations give way to whoever answers requests; default: no. */
  readonly yielding?: boolean;
  /** For what goes wrong where nobody waits for an answer. */
  readonly log?: (message: string) => void;
}

/** States in which a session takes commands and steps. */
const RESTING: readonly SessionState[] = ['paused', 'waiting'];

type Simulator = SimulationThread | SandboxedSimulation;
type StopAs = 'paused' | 'cancelled' | 'interrupted';

interface Job {
  readonly sessionId: string;
  readonly task: Task;
  thread: Simulator | null;
  /** The state that the session takes when it stops before its end. */
  stopAs: StopAs | null;
  /** It stopped because the disk is full. */
  diskFull: boolean;
  readonly done: Promise<void>;
}

const COMMIT_POLL_MS = 50;
const UNREF = { ref: false };

export class SessionRunner {
  /** Committed positions, after the commit. */
  readonly positions$: Observable<CommitNotice>;
  readonly workers: number;
  private readonly maxQueued: number;
  private readonly log: (message: string) => void;
  private readonly userProtocol: (id: string) => UserProtocolText | null;
  private readonly queue: string[] = [];
  private readonly jobs = new Map<string, Job>();
  private readonly threads: IdleThreads;
  /** Commands of one session, one after the other. */
  private readonly commands = new InTurn();
  private readonly forkPoints = new ForkPoints();
  private readonly watchers = new Map<string, (() => void)[]>();
  /** Sessions that a full disk interrupted. */
  private readonly room: RoomWait;
  /** Creations between the check of the queue's length and their place in it. */
  private entering = 0;
  private stopping = false;

  constructor(
    private readonly store: EventStore,
    options: RunnerOptions = {},
  ) {
    this.room = new RoomWait(
      () => store.hasRoom(),
      (ids) => this.goOn(ids),
      options.roomRetryMs,
    );
    this.positions$ = store.committed$;
    this.workers = options.workers ?? readSetting('workers', {}, process.env);
    this.maxQueued = options.maxQueued ?? MAX_QUEUED_SESSIONS;
    this.threads = new IdleThreads(this.workers, options.yielding ?? false);
    this.log = options.log ?? (() => undefined);
    this.userProtocol = options.userProtocol ?? (() => null);
  }

  get running(): number {
    return this.jobs.size;
  }
  get queued(): number {
    return this.queue.length;
  }

  /** Checks the request, stores the session and lets it start. */
  async create(
    request: RunRequest,
    extra: Omit<SessionExtra, 'state' | 'parent'> = {},
  ): Promise<SessionRecord> {
    const kind = request.schedule === undefined ? 'simulated' : 'explored';
    const manifest = await manifestOf(request, this.userProtocol);
    return await this.enter(manifest, kind, { ...extra, state: 'queued' });
  }

  /** Stores a fork (inspection order `fork`) and lets it start; paused: it rests at its fork point. */
  async fork(
    { manifest, snapshot }: { readonly manifest: Manifest; readonly snapshot: SnapshotBytes | null },
    extra: Omit<SessionExtra, 'state'>,
    state: 'queued' | 'paused' = 'queued',
  ): Promise<SessionRecord> {
    return await this.enter(manifest, 'forked', { ...extra, state }, snapshot);
  }

  private async enter(
    manifest: Manifest,
    kind: SessionKind,
    extra: SessionExtra,
    forkPoint: SnapshotBytes | null = null,
  ): Promise<SessionRecord> {
    if (this.stopping) throw storeClosed('the server is stopping');
    const waiting = this.queue.length + this.entering;
    if (waiting >= this.maxQueued)
      throw limitExceeded('maxQueuedSessions', this.maxQueued, waiting + 1, 'queued sessions');
    this.entering++;
    try {
      const session = await this.store.createSession(manifest, kind, extra);
      if (forkPoint !== null && session.progress === null) this.forkPoints.keep(session.id, forkPoint);
      // The same idempotency key may have given a session that is under way or done.
      if (session.state === 'queued' && !this.isHere(session.id)) this.enqueue(session.id);
      return session;
    } finally {
      this.entering--;
    }
  }

  /** Goes on with every session that was under way when the last owner of the store stopped or died. */
  async recover(): Promise<number> {
    const found = (await underWay(this.store)).filter((id) => !this.isHere(id));
    // The list is newest first; the oldest goes first.
    await this.goOn(found.reverse());
    return found.length;
  }

  /** Queues sessions that may go on; where not even that can be stored they wait for room. */
  private async goOn(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      if (this.stopping || this.isHere(id)) continue;
      try {
        await this.store.setState(id, 'queued', { from: ['queued', 'running', 'interrupted'] });
        if (!this.isHere(id)) this.enqueue(id);
      } catch (error) {
        if (isStoreError(error, 'disk_full')) this.room.add(id);
        // Deleted or cancelled meanwhile: nothing to go on with. Anything else is told, and the others go on.
        else if (!isStoreError(error, 'state_conflict') && !isStoreError(error, 'session_not_found'))
          this.log(`session ${id}: ${String(error)}`);
      }
    }
    this.pump();
  }

  /** Takes effect at a chunk boundary; resolves when it has. `state_conflict` when there is nothing to pause. */
  pause(sessionId: string): Promise<SessionRecord> {
    this.interrupt(sessionId, 'paused');
    return this.commands.after(sessionId, async () => {
      await this.leave(sessionId, 'paused');
      return await this.store.setState(sessionId, 'paused', { from: ['queued', 'running', 'paused'] });
    });
  }

  resume(sessionId: string): Promise<SessionRecord> {
    return this.commands.after(sessionId, async () => {
      if (this.isHere(sessionId)) return await this.store.getSession(sessionId);
      // `running` without being here: its state could not be written when its thread stopped (a full disk).
      const from: SessionState[] = ['paused', 'interrupted', 'running'];
      const session = await this.store.setState(sessionId, 'queued', { from });
      this.enqueue(sessionId);
      return session;
    });
  }

  cancel(sessionId: string): Promise<SessionRecord> {
    this.interrupt(sessionId, 'cancelled');
    return this.commands.after(sessionId, async () => {
      await this.leave(sessionId, 'cancelled');
      const from: SessionState[] = ['queued', 'running', 'paused', 'waiting', 'interrupted', 'cancelled'];
      return await this.store.setState(sessionId, 'cancelled', { from });
    });
  }

  /** Stops the session if it runs, then deletes it. */
  delete(sessionId: string): Promise<void> {
    this.interrupt(sessionId, 'cancelled');
    return this.commands.after(sessionId, async () => {
      await this.leave(sessionId, 'cancelled');
      await this.store.deleteSession(sessionId);
    });
  }

  /**
   * A command to a session that rests, then on to where it waits again (or `events` further): resolves when the session
   * rests, or after COMMAND_WAIT_MS with the session running. `expectedPosition`: where the caller believes it to be.
   */
  command(
    sessionId: string,
    expectedPosition: number,
    command: LiveCommand,
    events: number | null = null,
  ): Promise<SessionRecord> {
    return this.go(sessionId, expectedPosition, { kind: 'command', command, events });
  }

  /** Lets a session that rests go on for so many events of the full stream, or (null) to its next command point. */
  step(sessionId: string, expectedPosition: number, events: number | null): Promise<SessionRecord> {
    return this.go(sessionId, expectedPosition, { kind: 'step', events });
  }

  /** Resolves when the session neither waits nor runs: finished, failed, cancelled, paused or interrupted. */
  async done(sessionId: string): Promise<SessionRecord> {
    while (this.isHere(sessionId)) {
      await new Promise<void>((resolve) => {
        this.watchers.set(sessionId, [...(this.watchers.get(sessionId) ?? []), resolve]);
      });
    }
    return await this.store.getSession(sessionId);
  }

  /**
   * Ends everything: running sessions become `interrupted` at their next chunk boundary, queued ones stay queued, both
   * go on after the next start. A thread that has not stopped within `graceMs` is ended; nothing committed is lost.
   */
  async stop(graceMs = 5_000): Promise<void> {
    this.stopping = true;
    this.room.stop();
    for (const id of this.queue.splice(0)) this.tellWatchers(id);
    const jobs = [...this.jobs.values()];
    for (const job of jobs) this.askToStop(job, 'interrupted');
    const late = setTimeout(() => {
      for (const job of jobs) void job.thread?.terminate();
    }, graceMs);
    await Promise.all(jobs.map((job) => job.done));
    clearTimeout(late);
    await this.threads.end();
  }

  private go(sessionId: string, expectedPosition: number, task: Task): Promise<SessionRecord> {
    return this.commands.after(sessionId, async () => {
      if (this.stopping) throw storeClosed('the server is stopping');
      const { state, position } = await this.atRest(sessionId);
      // A session that waits has nothing to step.
      const from: readonly SessionState[] = task.kind === 'step' ? ['paused'] : RESTING;
      if (!from.includes(state) || this.isHere(sessionId)) throw stateConflict(sessionId, state, from);
      if (position !== expectedPosition) throw positionConflict(sessionId, expectedPosition, position);
      const busy = [...this.jobs.values()].filter((job) => job.task.kind !== 'run').length;
      if (busy >= MAX_COMMANDS_AT_ONCE)
        throw limitExceeded('MAX_COMMANDS_AT_ONCE', MAX_COMMANDS_AT_ONCE, busy + 1, 'commands at once');
      const verdict = this.start(sessionId, task);
      let told: Verdict | null = await Promise.race([verdict, later(COMMAND_WAIT_MS, null, UNREF)]);
      // Never before the command is stored.
      while (told === null && (await this.store.getSession(sessionId)).position === position)
        told = await Promise.race([verdict, later(COMMIT_POLL_MS, null, UNREF)]);
      if (told !== null) throwUnlessDone(sessionId, told);
      return await this.store.getSession(sessionId);
    });
  }

  /** A session that rests by what is stored may have a thread that has still to say so: that is waited for. */
  private async atRest(sessionId: string): Promise<SessionRecord> {
    const session = await this.store.getSession(sessionId);
    const ending = this.jobs.get(sessionId);
    if (ending === undefined || !RESTING.includes(session.state)) return session;
    await Promise.race([ending.done, later(COMMAND_WAIT_MS, null, UNREF)]);
    return await this.store.getSession(sessionId);
  }

  private isHere(sessionId: string): boolean {
    return this.jobs.has(sessionId) || this.queue.includes(sessionId);
  }

  private enqueue(sessionId: string): void {
    this.queue.push(sessionId);
    this.pump();
  }

  private pump(): void {
    while (!this.stopping && !this.room.waiting && this.runs < this.workers) {
      const sessionId = this.queue.shift();
      if (sessionId === undefined) return;
      void this.start(sessionId, { kind: 'run' });
    }
  }

  /** Commands and steps have threads of their own: they do not wait behind long runs. */
  private get runs(): number {
    return [...this.jobs.values()].filter((job) => job.task.kind === 'run').length;
  }

  /** Resolves when the thread has said how it went and that is stored. */
  private start(sessionId: string, task: Task): Promise<Verdict> {
    const job: { -readonly [K in keyof Job]: Job[K] } = {
      sessionId,
      task,
      thread: null,
      stopAs: null,
      diskFull: false,
      done: Promise.resolve(),
    };
    this.jobs.set(sessionId, job);
    const verdict = this.execute(job)
      .catch((error: unknown): Verdict => {
        this.log(`session ${sessionId}: ${String(error)}`);
        job.diskFull ||= isStoreError(error, 'disk_full');
        return { kind: 'refused', message: String(error), diskFull: job.diskFull };
      })
      .finally(() => {
        this.jobs.delete(sessionId);
        // A command that found no room is its sender's to repeat.
        if (job.diskFull && job.stopAs === null && task.kind === 'run') this.room.add(sessionId);
        this.tellWatchers(sessionId);
        this.pump();
      });
    job.done = verdict.then(() => undefined);
    return verdict;
  }

  private async execute(job: Job): Promise<Verdict> {
    const { store } = this;
    const { sessionId, task } = job;
    const session =
      task.kind === 'run'
        ? await store.setState(sessionId, 'running', { from: ['queued'] })
        : await store.getSession(sessionId);
    const snapshot = this.forkPoints.take(session) ?? (await snapshotToResume(store, session));
    const marks = await store.marks(sessionId);
    const port = await store.openChannel(sessionId);
    let verdict: Verdict = { kind: 'stopped' };
    if (job.stopAs === null) {
      const { manifest, progress: committed } = session;
      const own = manifest.userProtocol !== undefined;
      const thread: Simulator = own ? new SandboxedSimulation() : this.threads.take();
      job.thread = thread;
      verdict = await thread.run({ kind: 'run', manifest, committed, snapshot, marks, port, task });
      job.thread = null;
      if (thread instanceof SimulationThread) this.threads.giveBack(thread);
      else void thread.terminate();
    } else {
      port.close();
      if (task.kind !== 'run')
        verdict = {
          kind: 'forbidden',
          message: 'the session was stopped before this could begin',
          allowed: [],
        };
    }
    await this.settle(job, verdict);
    return verdict;
  }

  private async settle(job: Job, verdict: Verdict): Promise<void> {
    const { sessionId } = job;
    switch (verdict.kind) {
      case 'ended':
      case 'rests':
      case 'forbidden':
        return;
      case 'stopped':
        await this.setState(sessionId, job.stopAs ?? 'interrupted');
        return;
      case 'refused':
        this.log(`session ${sessionId} cannot go on: ${verdict.message}`);
        job.diskFull = verdict.diskFull;
        await this.setState(sessionId, job.stopAs ?? 'interrupted', verdict.message);
        return;
      case 'failed':
        // Nothing of a command or step that failed is stored, and the session still rests; unless it was on its way.
        // A thread that was ended because the server stops is not the session's failure.
        if (this.stopping && job.stopAs === 'interrupted') await this.setState(sessionId, 'interrupted');
        else await this.setState(sessionId, 'failed', verdict.message);
    }
  }

  private async setState(sessionId: string, state: SessionState, reason?: string): Promise<void> {
    try {
      await this.store.setState(sessionId, state, {
        from: state === 'failed' || state === 'interrupted' ? ['running'] : ['running', ...RESTING],
        ...(reason === undefined ? {} : { reason }),
      });
    } catch (error) {
      // The last chunk may have been committed although its thread did not live to hear of it.
      if (!isStoreError(error, 'state_conflict') && !isStoreError(error, 'session_sealed')) throw error;
    }
  }

  /** A command or a step under way is told at once: whoever stops it does not wait for its answer. */
  private interrupt(sessionId: string, as: StopAs): void {
    const job = this.jobs.get(sessionId);
    if (job !== undefined && job.task.kind !== 'run') this.askToStop(job, as);
  }

  /** The session is neither queued nor running when this resolves. */
  private async leave(sessionId: string, as: StopAs): Promise<void> {
    const at = this.queue.indexOf(sessionId);
    if (at >= 0) {
      this.queue.splice(at, 1);
      this.tellWatchers(sessionId);
    }
    const job = this.jobs.get(sessionId);
    if (job === undefined) return;
    this.askToStop(job, as);
    await job.done;
  }

  private askToStop(job: Job, as: StopAs): void {
    job.stopAs = as;
    job.thread?.requestStop();
  }

  private tellWatchers(sessionId: string): void {
    const waiting = this.watchers.get(sessionId) ?? [];
    this.watchers.delete(sessionId);
    for (const tell of waiting) tell();
  }
}
