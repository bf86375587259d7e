// The machine: threads as stacks of frames in the flat state, and the one function that takes a step.
//   ask -> decide -> events -> evolve -> answer -> then
// A step is one visible op and the thread-local code behind it; a thread always rests before its next visible op.

import { EVOLVE } from '../aggregates/evolve.js';
import { FRAME, type Layout, MISC, STACK, STATUS } from '../aggregates/layout.js';
import { World } from '../aggregates/world.js';
import { AssertionError, assert } from '../base/assert.js';
import { LimitReached } from '../base/errors.js';
import { streamSeed } from '../base/prng.js';
import { E } from '../events/catalogue.js';
import { SUBJECT_RADIX } from '../events/define.js';
import { Decision, EventBatch, S_THREAD } from './batch.js';
import type { DecideContext } from './decide/context.js';
import { DECIDE } from './decide/decide.js';
import type { FrameContext, LinkedProtocol } from './link.js';
import { OP, pending } from './op.js';
import { control } from './procedure.js';
import { SiteTable } from './sites.js';
import { BY_CONST, type TimeModel } from './time.js';
import { LOST_VCPU, WAKES } from './wakes.js';

/** Events that one step may produce at the most; a batch is flushed before a step could overrun it. */
export const STEP_EVENTS_MAX = 1_024;
/** Thread-local steps in a row: more means a loop without a visible op. */
const LOCAL_STEPS_MAX = 100_000;
/** Steps of one call of run: a longer turn is taken in parts, so that a run of idle steps is seen to be one. */
const RUN_STEPS_MAX = 4_000_000;

/** Watches events as they happen; may append Finding events to the batch. */
export interface Observer {
  /** Before the event at index i is applied. */
  before(w: World, batch: EventBatch, i: number): void;
  /** After the event at index i was applied. */
  after(w: World, batch: EventBatch, i: number): void;
}

export interface ThreadSpec {
  readonly name: string;
  /** Function number of the bottom procedure and its arguments. */
  readonly entry: number;
  readonly args: readonly number[];
}

export interface MachineOptions {
  readonly linked: LinkedProtocol;
  readonly layout: Layout;
  readonly threads: readonly ThreadSpec[];
  readonly context: DecideContext;
  readonly time: TimeModel;
  readonly seed: number;
  readonly batchCapacity: number;
}

export class Machine {
  readonly w: World;
  readonly s: Int32Array;
  readonly batch: EventBatch;
  readonly out: Decision;
  readonly sites: SiteTable;
  /** Local virtual time of each thread, ns. */
  readonly clocks: Float64Array;
  /** ns booked per account (ACCOUNT). */
  readonly accounts = new Float64Array(3);
  readonly threads: readonly ThreadSpec[];
  readonly linked: LinkedProtocol;
  /** Where threads run one after the other in time (every scheduler but `timed`): the one clock. */
  serialTime = false;
  /** Set when a step woke a waiting thread: the scheduler looks again. */
  woke = false;
  waitingThreads = 0;
  /** Whole steps of the current turn, for when the next one meets a limit. */
  taken = 0;
  /** Where the events of an op that has not been applied begin; -1: there is none. */
  openAt = -1;
  /** Number + 1 of a vCPU that the watchdog gave up on; 0 = none. */
  lost = 0;
  private readonly frame: FrameContext;
  private readonly stackWords: number;
  private readonly stackBase: number;
  private readonly context: DecideContext;
  private time!: TimeModel;
  private constNs!: Float64Array;
  private rule!: Uint8Array;
  private account!: Uint8Array;
  /** Length from which a step might not fit any more. */
  private readonly batchLimit: number;
  private readonly waking = WAKES;
  /** Watches every event; set before the first step. */
  observer: Observer | null = null;

  constructor(options: MachineOptions) {
    this.w = new World(options.layout);
    this.s = this.w.s;
    this.linked = options.linked;
    this.context = options.context;
    this.setTime(options.time);
    this.batchLimit = options.batchCapacity - STEP_EVENTS_MAX;
    this.threads = options.threads;
    // A step that is refused for its many events, and findings about a full one, still have room.
    this.batch = new EventBatch(options.batchCapacity + STEP_EVENTS_MAX);
    this.out = new Decision(this.batch);
    this.sites = new SiteTable(options.linked);
    this.clocks = new Float64Array(options.threads.length);
    this.stackWords = options.layout.topology.stackWords;
    this.stackBase = options.layout.stack;
    assert(options.threads.length <= options.layout.topology.threads, 'threads fit the topology');
    assert(options.batchCapacity > 2 * STEP_EVENTS_MAX, 'a batch holds more than one step');
    this.frame = options.linked.frame;
    this.seedStreams(options.seed);
    options.threads.forEach((spec, t) => {
      const st = this.stack(t);
      this.s[st + STACK.STATUS] = STATUS.runnable;
      this.s[st + STACK.TOP] = st + STACK.FIRST_FRAME;
      this.push(t, spec.entry, 0, 0, spec.args);
    });
  }

  /** What events cost from here on. */
  setTime(time: TimeModel): void {
    this.time = time;
    this.constNs = time.constNs;
    this.rule = time.rule;
    this.account = time.account;
  }

  /** Every random stream begins anew. */
  seedStreams(seed: number): void {
    const { misc } = this.w.layout;
    this.s[misc + MISC.PRNG_SCHEDULER] = streamSeed(seed, 'scheduler');
    this.s[misc + MISC.PRNG_GUEST] = streamSeed(seed, 'guest');
    this.s[misc + MISC.PRNG_SMI] = streamSeed(seed, 'smi');
  }

  private stack(t: number): number {
    return this.stackBase + t * this.stackWords;
  }

  status(t: number): number {
    return this.s[this.stack(t) + STACK.STATUS];
  }

  /** Channel a waiting thread waits on. */
  waitsOn(t: number): number {
    return this.s[this.stack(t) + STACK.WAIT];
  }

  /** True when no further step fits into the batch. */
  get batchFull(): boolean {
    return this.batch.length > this.batchLimit;
  }

  private push(
    t: number,
    callee: number,
    parentSite: number,
    below: number,
    args: ArrayLike<number>,
  ): number {
    const { s } = this;
    const proc = this.linked.procedure(callee);
    const st = this.stack(t);
    const fo = s[st + STACK.TOP];
    const end = fo + FRAME.LOCALS + proc.frameLocals;
    if (end > st + this.stackWords) throw new LimitReached('topology.stackWords', this.stackWords);
    s[fo + FRAME.STEP] = proc.firstStep;
    s[fo + FRAME.SITE_BASE] = this.sites.base(parentSite, callee);
    s[fo + FRAME.BELOW] = below;
    for (let k = 0; k < args.length; k++) s[fo + FRAME.LOCALS + k] = args[k];
    s[st + STACK.FRAME] = fo;
    s[st + STACK.TOP] = end;
    return fo;
  }

  private callNext(st: number, fo: number, site: number): number {
    const { s } = this;
    const proc = this.linked.procedure(control.callee);
    const at = s[st + STACK.TOP];
    const end = at + FRAME.LOCALS + proc.frameLocals;
    if (end > st + this.stackWords) throw new LimitReached('topology.stackWords', this.stackWords);
    s[at + FRAME.STEP] = proc.firstStep;
    s[at + FRAME.SITE_BASE] = this.sites.base(site, control.callee);
    s[at + FRAME.BELOW] = fo;
    const n = proc.params;
    const p = at + FRAME.LOCALS;
    if (n > 0) s[p] = control.a0;
    if (n > 1) s[p + 1] = control.a1;
    if (n > 2) s[p + 2] = control.a2;
    if (n > 3) s[p + 3] = control.a3;
    if (n > 4) s[p + 4] = control.a4;
    if (n > 5) s[p + 5] = control.a5;
    s[st + STACK.FRAME] = at;
    s[st + STACK.TOP] = end;
    return at;
  }

  /**
   * Lets thread t take its next step. True: it did; false: it waits (or has ended).
   * Throws LimitReached where a limit of the topology is met.
   */
  step(t: number): boolean {
    this.out.blockedOn = 0;
    this.run(t, 0, 1);
    return this.out.blockedOn === 0;
  }

  /**
   * Lets thread t take steps: at most so many, as long as it can, wakes nobody, its clock is not past the horizon and
   * the batch has room. Returns the steps taken; the attempt that made it wait counts.
   */
  run(t: number, horizonNs: number, steps: number): number {
    const { s, out, frame, clocks } = this;
    const linkedSteps = this.linked.steps;
    const st = this.stack(t);
    let fo = s[st + STACK.FRAME];
    let first = true;
    let answer = 0;
    let taken = 0;
    let local = 0;
    // Events of this step are those from here on.
    let begun = this.batch.length;
    const most = Math.min(steps, RUN_STEPS_MAX);
    this.taken = 0;
    out.thread = t;
    frame.t = t;
    this.woke = false;
    // Machines may share a linked protocol and take turns.
    if (frame.s !== s) this.bind();
    while (local++ < LOCAL_STEPS_MAX) {
      const step = linkedSteps[s[fo + FRAME.STEP]];
      const l = step.view;
      frame.fp = fo + FRAME.LOCALS;
      if (step.ask !== null) {
        let rests = !first && step.visibility === 1;
        if (!rests) {
          step.ask(l);
          const visible = pending.kind < OP.LOCAL;
          if (step.visibility === 0) step.visibility = visible ? 1 : 2;
          rests = visible && !first;
        }
        if (rests) {
          // The thread rests before its next visible op: the step is done.
          this.taken = ++taken;
          if (taken >= most || this.woke || clocks[t] > horizonNs || this.batchFull || this.lost !== 0)
            return taken;
          first = true;
          local = 0;
          begun = this.batch.length;
          continue;
        }
        answer = this.take(t, s[fo + FRAME.SITE_BASE] + step.offset, begun);
        if (out.blockedOn !== 0) {
          s[st + STACK.STATUS] = STATUS.waiting;
          s[st + STACK.WAIT] = out.blockedOn;
          this.waitingThreads++;
          return taken + 1;
        }
        if (step.visibility === 1) first = false;
      }
      const next = step.then(l, answer);
      if (next === '#call') {
        s[fo + FRAME.STEP] = step.target(control.next);
        fo = this.callNext(st, fo, s[fo + FRAME.SITE_BASE] + step.offset);
      } else if (next === '#return') {
        answer = control.value;
        const below = s[fo + FRAME.BELOW];
        for (let k = s[st + STACK.TOP] - 1; k >= fo; k--) s[k] = 0;
        s[st + STACK.TOP] = fo;
        s[st + STACK.FRAME] = below;
        if (below === 0) {
          s[st + STACK.STATUS] = STATUS.ended;
          out.emit(E.ThreadEnded, t * 16 + 7, 0, 0, 0);
          this.apply(t, 0, out.batch.length - 1);
          return taken + 1;
        }
        fo = below;
      } else {
        s[fo + FRAME.STEP] = step.target(next);
      }
    }
    const [at] = this.where(t);
    throw new AssertionError(
      `thread ${this.threads[t].name} in ${at.function} @ ${at.label}: ${LOCAL_STEPS_MAX} local steps without a visible op`,
    );
  }

  /** Fills the op record with what thread t is about to ask for; false: it has ended, or its next step asks for nothing. */
  peek(t: number): boolean {
    const { s, frame } = this;
    const fo = s[this.stack(t) + STACK.FRAME];
    if (fo === 0) return false;
    if (frame.s !== s) this.bind();
    const step = this.linked.steps[s[fo + FRAME.STEP]];
    if (step.ask === null) return false;
    frame.t = t;
    frame.fp = fo + FRAME.LOCALS;
    step.ask(step.view);
    return true;
  }

  private bind(): void {
    this.frame.s = this.s;
    this.frame.w = this.w;
    this.frame.env = this.context.env;
  }

  /** decide and evolve for the pending op. */
  private take(t: number, site: number, begun: number): number {
    const { out } = this;
    out.blockedOn = 0;
    const n = out.batch.length;
    this.openAt = n;
    const kind = pending.kind;
    const answer = DECIDE[kind](this.w, pending, out, this.context);
    if (out.batch.length > n) {
      if (out.batch.length - begun > STEP_EVENTS_MAX) this.refuseEvents(t, n);
      this.apply(t, site, n);
    }
    this.openAt = -1;
    if (kind === OP.GUEST && out.blockedOn === 0) {
      const at = this.w.layout.program + t * this.w.layout.topology.programWords;
      this.s.set(this.context.guest.staged, at);
    }
    return answer;
  }

  /** Those of the op that was one too many are no facts. */
  private refuseEvents(t: number, n: number): never {
    this.batch.length = n;
    this.openAt = -1;
    const { name, head } = this.linked.steps[this.standing(t)].proc.source;
    const where = `${name} @ ${this.place(this.standing(t)).label} (${head.since})`;
    throw new LimitReached('stepEvents', STEP_EVENTS_MAX, where);
  }

  /** Evolves the world with the events from index n on, books their time, wakes who waited for them. */
  private apply(t: number, site: number, n: number): void {
    const { batch, w, observer, constNs, rule, waking, accounts, account } = this;
    const { type: types, subject: subjects, a: as, b: bs, c: cs } = batch;
    let clock = this.clocks[t];
    for (let i = n; i < batch.length; i++) {
      const type = types[i];
      const subject = subjects[i];
      const a = as[i];
      const b = bs[i];
      const c = cs[i];
      const ns = rule[type] === BY_CONST ? constNs[type] : this.time.ns(type, a, b, c);
      if (ns !== 0) {
        clock += ns;
        accounts[account[type]] += ns;
      }
      batch.timeNs[i] = clock;
      batch.thread[i] = t;
      batch.site[i] = site;
      if (observer !== null) observer.before(w, batch, i);
      EVOLVE[type](w, t, subject >> 4, a, b, c);
      if (observer !== null) observer.after(w, batch, i);
      const wakes = waking[type];
      if (wakes !== 0) {
        if (wakes === LOST_VCPU) this.lost = (subject >> 4) + 1;
        else if (this.waitingThreads > 0) this.wake(wakes, subject >> 4, a, clock);
      }
    }
    this.clocks[t] = clock;
  }

  private wake(rule: number, n: number, a: number, now: number): void {
    const channel = (rule & ~3) + ((rule & 3) === 1 ? n : (rule & 3) === 2 ? a : 0);
    for (let t = 0; t < this.threads.length; t++) {
      const st = this.stack(t);
      if (this.s[st + STACK.STATUS] !== STATUS.waiting || this.s[st + STACK.WAIT] !== channel) continue;
      this.s[st + STACK.STATUS] = STATUS.runnable;
      this.s[st + STACK.WAIT] = 0;
      if (this.clocks[t] < now) this.clocks[t] = now;
      this.waitingThreads--;
      this.woke = true;
    }
  }

  /**
   * A command arrives from outside, for thread t, between two steps: at the latest moment that any thread has reached.
   * The one event of the model that no step produces.
   */
  deliver(t: number, number: number, command: number, at: number): void {
    const n = this.batch.length;
    this.clocks[t] = Math.max(...this.clocks);
    this.out.emit(E.CommandArrived, t * SUBJECT_RADIX + S_THREAD, number, command, at);
    this.apply(t, 0, n);
  }

  /** The thread's stack, innermost first: what it is about to do. */
  where(t: number): { readonly function: string; readonly label: string }[] {
    const out: { function: string; label: string }[] = [];
    for (let fo = this.s[this.stack(t) + STACK.FRAME]; fo !== 0; fo = this.s[fo + FRAME.BELOW]) {
      out.push(this.place(this.s[fo + FRAME.STEP]));
    }
    return out;
  }

  /** Number of thread t's next step, -1 when it has ended; `place` says in words where that is. */
  standing(t: number): number {
    const fo = this.s[this.stack(t) + STACK.FRAME];
    return fo === 0 ? -1 : this.s[fo + FRAME.STEP];
  }

  place(n: number): { readonly function: string; readonly label: string } {
    if (n < 0) return { function: '', label: '' };
    const step = this.linked.steps[n];
    return { function: step.proc.name, label: step.label };
  }

  /** After the state words were replaced (restore): what is derived from them. */
  recount(): void {
    this.waitingThreads = 0;
    for (let t = 0; t < this.threads.length; t++)
      if (this.status(t) === STATUS.waiting) this.waitingThreads++;
  }
}
