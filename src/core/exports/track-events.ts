// Rows of a session, in order, as drawings on tracks: each thread with the kernel functions it is in, each vCPU as guest,
// host and SMM, each lock with who holds it, each root from birth to free with its state and its count, milestones and
// findings as moments, and an arrow wherever one thread let another go on. Memory: what exists at one moment, and the last
// ARROW_REACH events.
import { LOCK_NAMES, LOCKS_PER_VM } from '../aggregates/layout.js';
import { roleText } from '../aggregates/role.js';
import { EDGE_KINDS, type EdgeKind } from '../causality/edges.js';
import { HappensBefore } from '../causality/happens-before.js';
import { decodeEvent, E, EVENT_BY_CODE, type RootlineEvent } from '../events/catalogue.js';
import { LOCK_MODE } from '../events/lock.events.js';
import { eventText } from '../projections/event-text.js';
import type { EventRows } from '../projections/rows.js';
import { SiteStacks, type StackSite } from './site-stacks.js';
import { Lane, type Track, type TrackKind, type TrackSink } from './tracks.js';

/** An arrow that would reach further back than this many events is not drawn. */
export const ARROW_REACH = 2 ** 20;

export interface TrackOptions {
  /** Shown as the name of the whole. */
  readonly title: string;
  /** What the session is: details of its first moment. */
  readonly details: readonly (readonly [string, string])[];
  readonly recording: 'full' | 'lifecycle';
  /** Thread names by number. */
  readonly threads: ReadonlyMap<number, string>;
  readonly sites: readonly StackSite[];
  /** Position from which on things are drawn; rows before it only tell what is open there. */
  readonly from: number;
  /** Added to every time: several sessions on one clock. */
  readonly shiftNs?: number;
  /** Of a recording: sites of what is inferred. Its states say so, and what a gap made unknown. */
  readonly inferred?: ReadonlySet<number>;
}

interface RootLane {
  readonly slot: number;
  readonly lane: Lane;
  readonly count: Lane;
  invalid: boolean;
  zaps: number;
  waitsForRcu: boolean;
  /** Events were lost since it was seen last. */
  unknown: boolean;
  /** The state that is drawn, and as what: it changes with the state. */
  state: string;
  drawn: string;
}

interface VcpuLane {
  readonly lane: Lane;
  guest: boolean | null;
  smm: boolean;
}

interface LockLane {
  readonly lane: Lane;
  readonly holders: Map<number, number>;
}

const REFCOUNT_AT = EVENT_BY_CODE.map((def) =>
  def?.subject === 'root' ? def.values.indexOf('refcount') : -1,
);

export class TrackEvents {
  private tracks = 0;
  private live = false;
  private readonly lanes: Lane[] = [];
  private readonly groups = new Map<string, number>();
  private readonly threadLanes: (Lane | undefined)[] = [];
  /** Frames that each thread is in, outermost first. */
  private readonly frames: (readonly number[] | undefined)[] = [];
  private readonly waiting = new Set<number>();
  private readonly stacks: SiteStacks;
  private readonly locks = new Map<number, LockLane>();
  private readonly vcpus = new Map<number, VcpuLane>();
  private readonly roots = new Map<number, RootLane>();
  private readonly slots: { lane: Lane; count: Lane }[] = [];
  private readonly freeSlots: number[] = [];
  private readonly process: Track;
  private readonly moments: Lane;
  private readonly order: HappensBefore;
  private arrows = 0;
  private lastNs = 0;
  private readonly timeOf = new Float64Array(ARROW_REACH);
  private readonly threadOf = new Uint8Array(ARROW_REACH);
  private at = 0;
  private readonly shiftNs: number;

  constructor(
    private readonly sink: TrackSink,
    private readonly options: TrackOptions,
  ) {
    this.shiftNs = options.shiftNs ?? 0;
    this.process = this.makeTrack('process', options.title, 0);
    this.moments = this.makeLane('state', 'milestones and findings', this.process.id);
    this.stacks = new SiteStacks(options.sites);
    this.order = new HappensBefore((from, to, kind) => this.edge(from, to, kind));
  }

  /** The next rows; the first is at this position. */
  take(rows: EventRows, length: number, position: number): void {
    for (let i = 0; i < length; i++) {
      const at = position + i;
      const timeNs = rows.timeNs[i] + this.shiftNs;
      if (!this.live && at >= this.options.from) this.goLive(timeNs);
      this.at = at;
      this.timeOf[at % ARROW_REACH] = timeNs;
      this.threadOf[at % ARROW_REACH] = rows.thread[i];
      this.lastNs = Math.max(this.lastNs, timeNs);
      this.functions(rows.thread[i], rows.site[i], timeNs);
      this.subject(rows, i, timeNs);
      this.order.row(rows, i, at);
    }
  }

  /** Everything that is still open ends with the last row. */
  finish(): void {
    if (!this.live) this.goLive(this.lastNs);
    for (const lane of this.lanes) while (lane.depth > 0) lane.end(this.lastNs);
  }

  private goLive(timeNs: number): void {
    this.live = true;
    for (const lane of this.lanes) lane.goLive(timeNs);
    this.moments.instant(timeNs, 'session', this.options.details);
  }

  private functions(thread: number, site: number, timeNs: number): void {
    const lane = this.threadLane(thread);
    if (this.waiting.delete(thread)) lane.end(timeNs);
    // Events outside any function (0) leave the stack as it is.
    if (site === 0) return;
    const before = this.frames[thread] ?? [];
    const now = this.stacks.of(site);
    if (before === now) return;
    this.frames[thread] = now;
    let common = 0;
    while (common < before.length && common < now.length && before[common] === now[common]) common++;
    for (let k = before.length; k > common; k--) lane.end(timeNs);
    for (let k = common; k < now.length; k++) lane.begin(timeNs, this.stacks.name(now[k]));
  }

  private subject(rows: EventRows, i: number, timeNs: number): void {
    const type = rows.type[i];
    const number = rows.subject[i] >> 4;
    if (type === E.TraceGap) this.gap(rows, i, timeNs);
    else if (type <= E.FreedPageTouched || ROOT_TYPES.has(type)) this.root(rows, i, number, timeNs);
    else if (type >= E.LockContended && type <= E.LockYielded) this.lock(rows, i, number, timeNs);
    else if (VCPU_TYPES.has(type)) this.vcpu(type, number, timeNs);
    else if (MOMENTS.has(type))
      this.moments.instant(timeNs, eventText(decodeEvent(rows, i)), momentDetails(decodeEvent(rows, i)));
  }

  private root(rows: EventRows, i: number, number: number, timeNs: number): void {
    const type = rows.type[i];
    let root = this.roots.get(number);
    if (type === E.RootAllocated || type === E.RootFound) {
      root = this.newRoot(number, rows.a[i], timeNs);
    } else if (root === undefined) {
      // It was touched after its page went back: a moment, as it has no track any more.
      if (type === E.FreedPageTouched) this.moments.instant(timeNs, eventText(decodeEvent(rows, i)));
      return;
    }
    const refcountAt = REFCOUNT_AT[type];
    // -1: not known.
    if (refcountAt === 1 && rows.b[i] >= 0) root.count.value(timeNs, rows.b[i]);
    root.unknown = false;
    switch (type) {
      case E.RootInvalidated:
        root.invalid = true;
        break;
      case E.RootZapStarted:
        root.zaps++;
        break;
      case E.RootZapFinished:
        root.zaps--;
        break;
      case E.RootFreeQueued:
        root.waitsForRcu = true;
        break;
      case E.RootFreed:
        this.freeRoot(number, root, timeNs);
        return;
      case E.RootGetRefused:
      case E.FreedPageTouched:
        root.lane.instant(timeNs, eventText(decodeEvent(rows, i)));
        break;
    }
    this.drawState(root, timeNs, this.options.inferred?.has(rows.site[i]) === true);
  }

  /** A state that a recording infers is drawn as such, until another one is entered. */
  private drawState(root: RootLane, timeNs: number, inferred: boolean): void {
    const state = stateOf(root);
    if (state !== root.state) {
      root.state = state;
      root.drawn = inferred ? `${state} (inferred)` : state;
    }
    root.lane.replace(timeNs, 1, root.drawn);
  }

  /** Events were lost: what every root is, and who holds it, is unknown until its next event. */
  private gap(rows: EventRows, i: number, timeNs: number): void {
    const [lost, cpu] = [rows.a[i], rows.b[i]];
    const text = `gap: ${lost < 0 ? 'events' : `${lost} events`} lost${cpu < 0 ? '' : ` on CPU ${cpu}`}`;
    this.moments.instant(timeNs, text, momentDetails(decodeEvent(rows, i)));
    for (const root of this.roots.values()) {
      root.unknown = true;
      this.drawState(root, timeNs, false);
    }
  }

  private newRoot(number: number, role: number, timeNs: number): RootLane {
    const slot = this.freeSlots.pop() ?? this.slots.length;
    if (slot === this.slots.length) {
      const group = this.group('roots (a track is used again when its root was freed)');
      this.slots.push({
        lane: this.makeLane('state', `root track ${slot + 1}`, group),
        count: this.makeLane('counter', `refcount, root track ${slot + 1}`, group),
      });
    }
    const root = {
      slot,
      ...this.slots[slot],
      invalid: false,
      zaps: 0,
      waitsForRcu: false,
      unknown: false,
      state: '',
      drawn: '',
    };
    this.roots.set(number, root);
    root.lane.begin(timeNs, `root ${number} (${roleText(role)})`);
    return root;
  }

  private freeRoot(number: number, root: RootLane, timeNs: number): void {
    while (root.lane.depth > 0) root.lane.end(timeNs);
    root.lane.instant(timeNs, `root ${number} freed`);
    root.count.value(timeNs, 0);
    this.roots.delete(number);
    this.freeSlots.push(root.slot);
  }

  private lock(rows: EventRows, i: number, number: number, timeNs: number): void {
    const type = rows.type[i];
    const thread = rows.thread[i];
    if (type === E.LockYielded) return;
    if (type === E.LockContended) {
      this.threadLane(thread).begin(timeNs, `waits for ${lockName(number)}`);
      this.waiting.add(thread);
      return;
    }
    let lock = this.locks.get(number);
    if (lock === undefined) {
      lock = { lane: this.makeLane('state', lockName(number), this.group('locks')), holders: new Map() };
      this.locks.set(number, lock);
    }
    if (type === E.LockAcquired) lock.holders.set(thread, rows.a[i]);
    else lock.holders.delete(thread);
    lock.lane.replace(timeNs, 0, this.heldBy(number, lock.holders));
  }

  private heldBy(lock: number, holders: ReadonlyMap<number, number>): string | null {
    if (holders.size === 0) return null;
    const names = [...holders.keys()].map((thread) => this.threadName(thread)).join(', ');
    if (lock % LOCKS_PER_VM !== 0) return `held by ${names}`;
    const write = [...holders.values()].includes(LOCK_MODE.write);
    return write ? `held for write by ${names}` : `held for read by ${names}`;
  }

  private vcpu(type: number, number: number, timeNs: number): void {
    let vcpu = this.vcpus.get(number);
    if (vcpu === undefined) {
      const lane = this.makeLane('state', `vcpu${number}: guest, host, SMM`, this.group('vCPUs'));
      vcpu = { lane, guest: this.options.recording === 'full' ? false : null, smm: false };
      this.vcpus.set(number, vcpu);
    }
    if (type === E.VcpuEntered) vcpu.guest = true;
    else if (type === E.VcpuExited) vcpu.guest = false;
    else if (type === E.SmmEntered) vcpu.smm = true;
    else if (type === E.SmmLeft) vcpu.smm = false;
    vcpu.lane.replace(timeNs, 0, type === E.VcpuDestroyed ? null : vcpuState(vcpu));
  }

  private edge(from: number, to: number, kind: EdgeKind): void {
    if (!this.live || from < this.options.from || this.at - from >= ARROW_REACH) return;
    const moment = (at: number) => {
      const lane = this.threadLane(this.threadOf[at % ARROW_REACH]);
      return { track: lane.track, timeNs: this.timeOf[at % ARROW_REACH] };
    };
    this.sink.arrow(++this.arrows, EDGE_KINDS[kind], moment(from), moment(to));
  }

  private threadLane(thread: number): Lane {
    let lane = this.threadLanes[thread];
    if (lane === undefined) {
      lane = this.makeLane('thread', this.threadName(thread), this.process.id, thread);
      this.threadLanes[thread] = lane;
    }
    return lane;
  }

  private threadName(thread: number): string {
    return this.options.threads.get(thread) ?? `thread ${thread}`;
  }

  private group(name: string): number {
    let id = this.groups.get(name);
    if (id === undefined) {
      ({ id } = this.makeTrack('group', name, this.process.id));
      this.groups.set(name, id);
    }
    return id;
  }

  private makeLane(kind: TrackKind, name: string, parent: number, thread = 0): Lane {
    const lane = new Lane(this.makeTrack(kind, name, parent, thread), this.sink, this.live);
    this.lanes.push(lane);
    return lane;
  }

  private makeTrack(kind: TrackKind, name: string, parent: number, thread = 0): Track {
    const track = { id: ++this.tracks, kind, name, parent, thread };
    this.sink.track(track);
    return track;
  }
}

const VCPU_TYPES: ReadonlySet<number> = new Set([
  E.VcpuCreated,
  E.VcpuDestroyed,
  E.VcpuEntered,
  E.VcpuExited,
  E.SmmEntered,
  E.SmmLeft,
]);
const ROOT_TYPES: ReadonlySet<number> = new Set([E.RootZapTaken, E.RootReferenceKept, E.RootFound]);
const MOMENTS: ReadonlySet<number> = new Set([
  E.Milestone,
  E.Finding,
  E.AssertionFired,
  E.VmBugged,
  E.ProgressLost,
]);

function stateOf({ invalid, zaps, waitsForRcu, unknown }: RootLane): string {
  if (unknown) return 'unknown: events were lost';
  if (waitsForRcu) return 'waiting for RCU';
  if (zaps > 0) return 'being zapped';
  return invalid ? 'invalid' : 'valid';
}

/** What the recording level did not keep is not shown as host. */
function vcpuState({ guest, smm }: VcpuLane): string {
  if (guest === null) return smm ? 'SMM (entries not recorded)' : 'not SMM (entries not recorded)';
  return `${guest ? 'guest' : 'host'}${smm ? ', SMM' : ''}`;
}

function lockName(number: number): string {
  const vm = Math.floor(number / LOCKS_PER_VM);
  const name = LOCK_NAMES[number % LOCKS_PER_VM];
  return vm === 0 ? name : `vm${vm} ${name}`;
}

function momentDetails(e: RootlineEvent): (readonly [string, string])[] {
  const { type, subject, ...values } = e;
  const words = Object.entries(values).map(([name, value]) => [name, String(value)] as const);
  return [['type', type], ['subject', `${subject.kind} ${subject.number}`], ...words];
}
