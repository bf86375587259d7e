// A thread's lane: the kernel functions that it is in, from event to event, inside each other; its waits for locks; and of
// a vCPU's thread when the guest runs.
import { THREAD, VCPU } from '../aggregates/layout.js';
import type { World } from '../aggregates/world.js';
import { E } from '../events/catalogue.js';
import { CPU_STATE, MODE } from '../events/constants.js';
import type { SiteStacks } from '../exports/site-stacks.js';
import { Spans } from './spans.js';

/** What a vCPU's thread is in, beside the host kernel. */
export const SCENE_MODES = ['guest', 'guest in SMM', 'host for SMM'] as const;
const GUEST = 0;
const GUEST_SMM = 1;
const HOST_SMM = 2;

export interface ThreadLaneView {
  readonly thread: number;
  readonly name: string;
  /** Function (index in `functions`), depth from 0, from, to. */
  readonly slices: readonly number[];
  /** Lock, mode, from, to. */
  readonly waits: readonly number[];
  /** Index in SCENE_MODES, from, to. */
  readonly modes: readonly number[];
}

export class ThreadLane {
  private readonly slices = new Spans();
  private readonly waits = new Spans();
  private readonly modes = new Spans();
  private frames: readonly number[] = [];
  private guest = false;
  private smm = false;
  private mode = -1;

  constructor(
    readonly thread: number,
    private readonly name: string,
    private readonly stacks: SiteStacks,
    private readonly functionOf: (name: string) => number,
  ) {}

  /** What it was in before the first row. */
  startAt(world: World, site: number, from: number): void {
    this.enter(site, from);
    const waitsLock = world.threadWord(this.thread, THREAD.WAITS_LOCK) - 1;
    if (waitsLock >= 0)
      this.waits.begin(0, from, waitsLock, world.threadWord(this.thread, THREAD.WAITS_MODE));
    const vcpu = /^vcpu(\d+)$/.exec(this.name);
    if (vcpu === null || Number(vcpu[1]) >= world.vcpus) return;
    const number = Number(vcpu[1]);
    this.guest = world.vcpuWord(number, VCPU.MODE) === MODE.IN_GUEST_MODE;
    this.smm = (world.vcpuWord(number, VCPU.CPU_STATE) & CPU_STATE.SMM) !== 0;
    this.setMode(from);
  }

  row(type: number, site: number, subject: number, mode: number, at: number): void {
    this.waits.end(0, at);
    // Events outside any function (0) leave the stack as it is.
    if (site !== 0 || type === E.ThreadEnded) this.enter(site, at);
    switch (type) {
      case E.LockContended:
        this.waits.begin(0, at, subject, mode);
        break;
      case E.VcpuEntered:
      case E.VcpuExited:
        this.guest = type === E.VcpuEntered;
        this.setMode(at);
        break;
      case E.SmmEntered:
      case E.SmmLeft:
        this.smm = type === E.SmmEntered;
        this.setMode(at);
        break;
    }
  }

  view(end: number): ThreadLaneView {
    for (const spans of [this.slices, this.waits, this.modes]) spans.endAll(end);
    const { thread, name, slices, waits, modes } = this;
    return { thread, name, slices: slices.flat, waits: waits.flat, modes: modes.flat };
  }

  get empty(): boolean {
    return this.frames.length === 0 && this.slices.flat.length === 0;
  }

  private enter(site: number, at: number): void {
    const before = this.frames;
    const now = this.stacks.of(site);
    if (before === now) return;
    this.frames = now;
    let common = 0;
    while (common < before.length && common < now.length && before[common] === now[common]) common++;
    for (let depth = before.length - 1; depth >= common; depth--) this.slices.end(depth, at);
    for (let depth = common; depth < now.length; depth++) {
      this.slices.begin(depth, at, this.functionOf(this.stacks.name(now[depth])), depth);
    }
  }

  private setMode(at: number): void {
    const mode = this.guest ? (this.smm ? GUEST_SMM : GUEST) : this.smm ? HOST_SMM : -1;
    if (mode === this.mode) return;
    this.mode = mode;
    this.modes.end(0, at);
    if (mode >= 0) this.modes.begin(0, at, mode);
  }
}
