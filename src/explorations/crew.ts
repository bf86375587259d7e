// The driver's end of a search on several threads: goes on with a search that one thread began, on one visited table in shared
// memory. Its own thread works too, as the first hand, and lets other things happen between slices.
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type { ModelSpec, Violation } from '../core/explorer/model.js';
import type { DepthFirst } from '../core/explorer/search/depth-first.js';
import type { Bound, SearchBounds } from '../core/explorer/search/found.js';
import { HashTable, MAX_SLOTS_LOG2, rehash } from '../core/explorer/search/visited.js';
import { addCounts, type SurveyCounts } from '../core/explorer/survey/survey-counts.js';
import { compiledEntry } from '../sessions/compiled-entry.js';
import { Hand, stop } from './crew-hand.js';
import {
  CONTROL,
  type CrewMemory,
  crewMemory,
  FIGURES,
  MAIL,
  PAUSE,
  STOP,
  startedAt,
} from './crew-memory.js';
import type { ExploreWorkerData, ExploreWorkerTold, ExploreWorkerVerdict } from './explore.worker.js';
import type { Seen } from './search-watch.js';

/** How long the driver works before it lets timers, signals and messages through. */
const AWAY_MS = 50;
const PARK_LOOK_MS = 1;

/** What the workers of a search have left, the driver first, and what they saw. */
export interface Left {
  readonly rests: readonly Int32Array[];
  readonly counts: SurveyCounts | null;
}

export interface CrewReport extends Left {
  readonly states: number;
  readonly transitions: number;
  readonly depth: number;
  readonly terminalStates: number;
  readonly violation: Violation | null;
  readonly met: readonly Bound[];
  readonly bytes: number;
  readonly visitedBytes: number;
  readonly finished: boolean;
  readonly table: Int32Array;
}

export interface CrewOptions {
  readonly spec: ModelSpec;
  readonly workers: number;
  readonly bounds: SearchBounds;
  /** Asked now and then: a bound that is the caller's (seconds, or that it was cancelled). */
  readonly ended: (seen: Seen) => Bound | 'cancelled' | null;
  /** Of the driver's own search. */
  readonly counts: () => SurveyCounts | null;
  readonly checkpointDue: () => boolean;
  readonly checkpoint: (table: Int32Array, left: Left) => void;
}

/** Memory of two tables side by side, for the moment of growing. */
const GROWTH = 3;

function sharedTable(from: HashTable): HashTable {
  const words = new Int32Array(new SharedArrayBuffer(from.words.byteLength * 2));
  rehash(from.words, words);
  return new HashTable(Number.MAX_SAFE_INTEGER, words, true);
}

const immediately = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

type Rest = Extract<ExploreWorkerTold, { kind: 'rest' }>;

interface Member {
  readonly worker: Worker;
  /** What it told for the checkpoint that is being made. */
  rest: Rest | null;
  readonly port: MessagePort;
  readonly verdict: Promise<ExploreWorkerVerdict>;
}

export class Crew {
  private table: HashTable;
  private readonly memory: CrewMemory;
  private readonly hand: Hand;
  private readonly members: readonly Member[];
  private failure: Error | null = null;

  /** @param search was begun by one thread, on a table of its own */
  constructor(
    private readonly search: DepthFirst,
    begun: HashTable,
    private readonly options: CrewOptions,
  ) {
    const { workers } = options;
    this.table = sharedTable(begun);
    search.visited = this.table;
    this.memory = crewMemory(workers, search.frameWords);
    const { control } = this.memory;
    for (let w = 1; w < workers; w++) control[CONTROL.mail + w] = MAIL.hungry;
    control[CONTROL.idle] = workers - 1;
    this.hand = new Hand(0, workers, search, this.memory, this.table.capacity);
    this.hand.publish();
    this.members = Array.from({ length: workers - 1 }, (_, k) => this.join(k + 1));
  }

  private join(index: number): Member {
    const { port1, port2 } = new MessageChannel();
    const { spec, bounds, workers } = this.options;
    const data: ExploreWorkerData = {
      index,
      workers,
      spec,
      // The driver counts for all; each thread's table is everybody's.
      bounds: { ...bounds, states: Number.MAX_SAFE_INTEGER, bytes: Number.MAX_SAFE_INTEGER },
      memory: this.memory,
      table: this.table.words,
      port: port2,
    };
    const worker = new Worker(compiledEntry(import.meta.url, './explore.worker'), {
      name: 'explore',
      workerData: data,
      transferList: [port2],
    });
    let member: Member | null = null;
    const verdict = new Promise<ExploreWorkerVerdict>((resolve, reject) => {
      const die = (why: string) => {
        this.failure ??= new Error(why);
        stop(this.memory, STOP.early);
        reject(this.failure);
      };
      port1.on('message', (told: ExploreWorkerTold) => {
        if (told.kind === 'verdict') resolve(told);
        else if (member !== null) member.rest = told;
      });
      worker.on('error', (error) => die(`a thread of the search died: ${error.message}`));
      worker.on('exit', (code) => {
        if (code !== 0) die(`a thread of the search ended with code ${code}`);
      });
    });
    // Looked at when the search has ended.
    verdict.catch(() => undefined);
    member = { worker, port: port1, verdict, rest: null };
    return member;
  }

  async run(): Promise<CrewReport> {
    let bound: Bound | 'cancelled' | null = null;
    let away = performance.now();
    try {
      for (;;) {
        const turn = this.hand.turn();
        if (turn === 'stopped' || turn === 'violated' || turn === 'bound') break;
        if (turn === 'pause' && !(await this.grow())) {
          if (Atomics.load(this.memory.control, CONTROL.stop) === STOP.no) bound = 'bytes';
          break;
        }
        if (performance.now() - away < AWAY_MS) continue;
        bound = this.met();
        if (bound !== null) break;
        if (this.options.checkpointDue()) await this.checkpoint();
        await immediately();
        away = performance.now();
      }
      stop(this.memory, STOP.early);
      return await this.report(bound);
    } finally {
      stop(this.memory, STOP.early);
      for (const { worker, port } of this.members) {
        port.close();
        await worker.terminate();
      }
    }
  }

  private met(): Bound | 'cancelled' | null {
    const states = this.hand.total(FIGURES.states);
    if (states >= this.options.bounds.states) return 'states';
    return this.options.ended({
      states,
      transitions: this.hand.total(FIGURES.transitions),
      depth: this.hand.most(FIGURES.depth),
      waiting: this.hand.total(FIGURES.waiting),
      has: (high, low) => this.table.has(high, low),
    });
  }

  /** A table of twice the slots, while everybody else is parked. False when there is to be none. */
  private async grow(): Promise<boolean> {
    const { bytes } = this.table;
    if (bytes * GROWTH > this.options.bounds.bytes || bytes >= 8 * 2 ** MAX_SLOTS_LOG2) return false;
    if (!(await this.allParked())) return false;
    this.table = sharedTable(this.table);
    this.search.visited = this.table;
    this.hand.capacity = this.table.capacity;
    for (const { port } of this.members) port.postMessage(this.table.words);
    this.release();
    return true;
  }

  /**
   * What is needed to go on, written down while everybody else is parked. None is made where somebody has just found the table
   * full, or the search stops.
   */
  private async checkpoint(): Promise<void> {
    const { control } = this.memory;
    if (Atomics.compareExchange(control, CONTROL.pause, PAUSE.no, PAUSE.checkpoint) !== PAUSE.no) return;
    for (const member of this.members) member.rest = null;
    if (!(await this.allParked())) return;
    const told: Rest[] = [];
    for (const member of this.members) {
      // It was sent before the thread parked.
      while (member.rest === null) {
        if (Atomics.load(control, CONTROL.stop) !== STOP.no) return;
        await immediately();
      }
      told.push(member.rest);
    }
    const all = [{ rest: this.withMail(), counts: this.options.counts() }, ...told];
    this.options.checkpoint(this.table.words, {
      rests: all.map(({ rest }) => rest),
      counts: added(all.map(({ counts }) => counts)),
    });
    this.release();
  }

  /** What the driver has left, with what is on its way to somebody. */
  private withMail(): Int32Array {
    const { control, mail } = this.memory;
    const { frameWords } = this.search;
    const rest = this.search.checkpoint();
    const filled = Array.from({ length: this.options.workers }, (_, w) => w).filter(
      (w) => Atomics.load(control, CONTROL.mail + w) === MAIL.filled,
    );
    const out = new Int32Array(rest.length + filled.length * frameWords);
    out.set(rest);
    filled.forEach((w, k) => {
      out.set(mail.subarray(w * frameWords, (w + 1) * frameWords), rest.length + k * frameWords);
    });
    return out;
  }

  /** False: the search stops instead. */
  private async allParked(): Promise<boolean> {
    const { control } = this.memory;
    for (;;) {
      const parked = Atomics.load(control, CONTROL.parked);
      if (Atomics.load(control, CONTROL.stop) !== STOP.no) return false;
      if (parked === this.members.length) break;
      Atomics.wait(control, CONTROL.parked, parked, PARK_LOOK_MS);
      // A thread that is just being started needs this one's event loop.
      await immediately();
    }
    return true;
  }

  private release(): void {
    const { control } = this.memory;
    Atomics.store(control, CONTROL.parked, 0);
    Atomics.store(control, CONTROL.pause, PAUSE.no);
    Atomics.add(control, CONTROL.epoch, 1);
    Atomics.notify(control, CONTROL.epoch);
  }

  private async report(bound: Bound | 'cancelled' | null): Promise<CrewReport> {
    const { control, mail } = this.memory;
    const { search } = this;
    const started = this.members.filter((_, k) => Atomics.load(control, startedAt(k + 1, control)) === 1);
    const verdicts = await Promise.all(started.map(({ verdict }) => verdict));
    // What was sent and not taken out of the mail is still to be searched.
    for (let w = 0; w < this.options.workers; w++) {
      if (control[CONTROL.mail + w] === MAIL.filled) search.take(mail, w * search.frameWords);
    }
    const { figures: own, violation, met: ownMet } = search;
    const rest = search.checkpoint();
    const counts = this.options.counts();
    const stackBytes = search.bytes - search.visitedBytes;
    const all = [{ figures: own, violation, met: [...ownMet], rest, counts, stackBytes }, ...verdicts];
    const figures = all.map((one) => one.figures);
    const sum = (read: (f: (typeof figures)[number]) => number): number =>
      figures.reduce((total, f) => total + read(f), 0);
    const met = new Set(all.flatMap((one) => [...one.met]));
    if (bound !== null && bound !== 'cancelled') met.add(bound);
    return {
      states: sum((f) => f.states),
      transitions: sum((f) => f.transitions),
      depth: Math.max(...figures.map((f) => f.depth)),
      terminalStates: sum((f) => f.terminalStates),
      violation: all.find((one) => one.violation !== null)?.violation ?? null,
      met: [...met],
      bytes: all.reduce((total, one) => total + one.stackBytes, this.table.bytes),
      visitedBytes: this.table.bytes,
      finished: this.memory.control[CONTROL.stop] === STOP.finished,
      rests: all.map((one) => one.rest),
      counts: added(all.map((one) => one.counts)),
      table: this.table.words,
    };
  }
}

function added(all: readonly (SurveyCounts | null)[]): SurveyCounts | null {
  const some = all.filter((counts) => counts !== null);
  return some.length === 0 ? null : addCounts(some);
}
