// Frames of a trace, one after the other -> chunks of a session's events and of the decoded lines themselves, and in the end
// a summary. The first lines wait until the layout is recognised; a call of tdp_mmu_next_root waits for its return, because
// the function takes the next root BEFORE it puts the previous one and only its return names the next.
import { BadInput } from '../base/errors.js';
import { E } from '../events/catalogue.js';
import type { RunProgress } from '../run/contract.js';
import { countsOf } from '../run/counts.js';
import { FrameActivity } from '../traces/activity/frame-signals.js';
import type { ActivityReport } from '../traces/activity/report.js';
import { DamagedLines } from '../traces/check/damage.js';
import type { Frame, FrameCall, FrameClock, FrameEvent } from '../traces/frames/frame.js';
import type { KvmEvent } from '../traces/kvm-event.js';
import { KvmEventDecoder } from '../traces/kvm-events.js';
import { HeaderReader } from '../traces/trace-header.js';
import type { LeftOut } from './cast.js';
import { type LineChunk, LineWriter } from './event-codec.js';
import { LayoutSigns, layoutOfVersion, type TraceLayout } from './layouts.js';
import type { RootTrouble } from './root-events.js';
import { SaidWriter } from './said.js';
import { type RowChunk, TraceRows } from './trace-rows.js';
import { TraceWorld } from './trace-world.js';

/** Events that wait for the layout to be recognised. */
const HEAD_EVENTS = 20_000;
/** Events that wait for the return of a tdp_mmu_next_root. */
const WALK_WINDOW = 4_096;
/** Gaps, and names of unknown events, that the summary lists; all are counted. */
const LISTED = 200;
/** A line of a function tracer says nothing more. */
const CALLED: KvmEvent = { type: 'ignored' };

export interface TraceGap {
  readonly line: number;
  /** `damaged`: a line in the middle that cannot be read, which may have been an event. */
  readonly kind: 'lost' | 'overrun' | 'kprobe misses' | 'damaged';
  /** Null where the text does not say how many. */
  readonly lost: number | null;
  /** -1: on whichever CPU. */
  readonly cpu: number;
  /** The probe, of kprobe misses. */
  readonly probe: string | null;
}

export interface TraceSummary extends ActivityReport {
  /** The recorded kernel whose layout it has; null: not recognised. */
  readonly kernel: string | null;
  readonly layout: TraceLayout['how'];
  /** Version that somebody gave. */
  readonly kernelGiven: string | null;
  readonly clock: FrameClock;
  /** Time of the first event, in the trace's own clock; those of the session count from it. */
  readonly beginning: number;
  /** Lines with an event that says something about KVM. */
  readonly events: number;
  /** Lines of the function tracers. */
  readonly calls: number;
  readonly gaps: number;
  readonly gapList: readonly TraceGap[];
  readonly lostEvents: number;
  /** Lines of events never heard of. */
  readonly unknown: number;
  readonly unknownEvents: { readonly [name: string]: number };
  /** Line of the first of them; 0: none. */
  readonly firstUnknownLine: number;
  /** Lines of known events that lack a field. */
  readonly undecodable: number;
  readonly firstUndecodable: { readonly line: number; readonly event: string; readonly field: string } | null;
  readonly rootAllocations: number;
  readonly vms: number;
  readonly vcpus: number;
  readonly tasks: number;
  /** Calls of tdp_mmu_next_root whose return is not in the text. */
  readonly openWalks: number;
  readonly timesBackwards: number;
  readonly firstBackwardsLine: number;
  /** Line of the first event of another clock than the first one's; 0: none. */
  readonly otherClockLine: number;
  /** What was not told apart because there was too much of it. */
  readonly leftOut: LeftOut;
  readonly roots: RootTrouble;
}

export interface TraceOptions {
  readonly kernel: string | null;
  /** `event hits missed` of tracefs kprobe_profile. */
  readonly kprobeMisses: ReadonlyMap<string, number>;
  readonly onBegin: (layout: TraceLayout) => void;
  readonly onRows: (chunk: RowChunk) => void;
  readonly onLines: (chunk: LineChunk) => void;
}

type Waiting =
  | { readonly kind: 'event'; readonly frame: FrameEvent; readonly event: KvmEvent }
  | { readonly kind: 'call'; readonly frame: FrameCall }
  | { readonly kind: 'switch'; readonly cpu: number; readonly task: string; readonly pid: number }
  | {
      readonly kind: 'gap';
      readonly of: 'lost' | 'damaged';
      readonly lineNumber: number;
      readonly cpu: number;
      readonly lost: number | null;
    };

interface Step {
  readonly frame: FrameEvent;
  readonly event: KvmEvent;
  /** Of a call of tdp_mmu_next_root: undefined while its return is to come, null when it will not. */
  next: { readonly root: number; readonly caller: string } | null | undefined;
}

export class TraceImport {
  private readonly given: TraceLayout | null;
  private readonly signs = new LayoutSigns();
  private readonly decoder = new KvmEventDecoder();
  private readonly damage = new DamagedLines();
  private readonly header = new HeaderReader();
  private readonly rows = new TraceRows();
  private readonly lines = new LineWriter();
  private readonly said = new SaidWriter();
  private readonly activity = new FrameActivity();
  private world: TraceWorld | null = null;
  private layout: TraceLayout | null = null;
  private head: Waiting[] = [];
  private readonly window: Step[] = [];
  private readonly walks = new Map<number, Step>();
  private readonly gapList: TraceGap[] = [];
  private gapCount = 0;
  private lostEvents = 0;
  private readonly unknown = new Map<string, number>();
  private unknownLines = 0;
  private firstUnknownLine = 0;
  private undecodable = 0;
  private firstUndecodable: TraceSummary['firstUndecodable'] = null;
  private events = 0;
  private calls = 0;
  private openWalks = 0;
  private clock: FrameClock | null = null;
  private otherClockLine = 0;
  private lastTime = 0;
  /** CPUs whose first event was seen, where the buffer was overrun. */
  private readonly cpusSeen = new Set<number>();
  private overrun = 0;

  constructor(private readonly options: TraceOptions) {
    this.given = options.kernel === null ? null : layoutOfVersion(options.kernel);
  }

  frame(frame: Frame): void {
    if (frame.kind !== 'event') {
      this.said.take(frame);
      this.activity.take(frame);
    }
    switch (frame.kind) {
      case 'event':
        this.event(frame);
        break;
      case 'call':
        this.calls++;
        this.wait({ kind: 'call', frame });
        break;
      case 'switch':
        this.wait({ kind: 'switch', cpu: frame.cpu, task: frame.task, pid: frame.pid });
        break;
      case 'lost':
        this.wait({ ...frame, kind: 'gap', of: 'lost', lost: frame.events });
        break;
      case 'malformed':
        this.wait({ kind: 'gap', of: 'damaged', lineNumber: frame.lineNumber, cpu: -1, lost: null });
        break;
      case 'comment':
        this.header.take(frame.text);
        break;
      default:
    }
  }

  private event(frame: FrameEvent): void {
    const event = this.decoder.decode(frame);
    if (
      event.type !== 'mark' &&
      event.type !== 'undecodable' &&
      this.damage.isDamaged(frame.event, frame.body, event.type !== 'unknown')
    ) {
      this.damagedLine(frame);
      return;
    }
    this.activity.take(frame, event);
    // Before the layout is known nothing can be stored: a long beginning without a word about KVM is not kept.
    if (event.type !== 'unknown' || this.world !== null || !this.said.full) this.said.take(frame);
    switch (event.type) {
      case 'unknown':
        if (this.said.full && this.world !== null) this.flushLines();
        if (this.unknownLines++ === 0) this.firstUnknownLine = frame.lineNumber;
        if (this.unknown.size < LISTED || this.unknown.has(frame.event))
          this.unknown.set(frame.event, (this.unknown.get(frame.event) ?? 0) + 1);
        return;
      case 'undecodable':
        this.undecodable++;
        this.damagedLine(frame);
        this.firstUndecodable ??= { line: frame.lineNumber, event: frame.event, field: event.field };
        return;
      case 'mark':
        break;
      default:
        if (!frame.event.startsWith('workqueue_')) this.events++;
    }
    if (this.clock === null) this.clock = frame.clock;
    else if (this.clock !== frame.clock && this.otherClockLine === 0) this.otherClockLine = frame.lineNumber;
    if (this.world === null) {
      this.signs.take(frame, event);
      this.wait({ kind: 'event', frame, event });
    } else this.step(frame, event);
  }

  /** The event that it was is not known, or not whole. */
  private damagedLine({ lineNumber, cpu }: FrameEvent): void {
    this.wait({ kind: 'gap', of: 'damaged', lineNumber, cpu, lost: null });
  }

  private wait(waiting: Waiting): void {
    if (this.world !== null) {
      this.release(waiting);
      return;
    }
    this.head.push(waiting);
    const settled = this.given !== null && this.given.born !== null;
    if (this.head.length >= HEAD_EVENTS || settled || (this.head.length % 64 === 0 && this.signs.decided))
      this.begin();
  }

  /** The layout is known, or will not be. */
  private begin(): void {
    const layout = this.given === null ? this.signs.layout() : this.signs.refine(this.given);
    this.layout = layout;
    this.world = new TraceWorld(this.rows, layout);
    const { entriesInBuffer, entriesWritten } = this.header.header();
    if (entriesInBuffer !== null && entriesWritten !== null && entriesWritten > entriesInBuffer) {
      this.overrun = entriesWritten - entriesInBuffer;
      this.tellGap({ line: 1, kind: 'overrun', lost: this.overrun, cpu: -1, probe: null });
    }
    this.options.onBegin(layout);
    const { head } = this;
    this.head = [];
    for (const waiting of head) this.release(waiting);
  }

  private release(waiting: Waiting): void {
    if (waiting.kind === 'event') {
      this.step(waiting.frame, waiting.event);
      return;
    }
    // Order of the text: what waits for a walk's return goes first.
    this.settleWalks();
    const world = this.world!;
    if (waiting.kind === 'call') {
      const { frame } = waiting;
      this.lastTime = frame.time;
      const before = this.rows.length;
      world.call(frame);
      const made = this.rows.length - before;
      // Kept where it made events, so that each event has its line.
      if (made > 0) this.lines.take({ ...frame, event: frame.function }, CALLED, before, made);
    } else if (waiting.kind === 'switch') world.switched(waiting.cpu, waiting.task, waiting.pid);
    else {
      const { of, lineNumber, cpu, lost } = waiting;
      this.tellGap({ line: lineNumber, kind: of, lost, cpu, probe: null });
      this.gap(lineNumber, cpu, lost, of === 'lost' ? 'LOST EVENTS' : 'a line that cannot be read');
    }
    this.flush();
  }

  private gap(lineNumber: number, cpu: number, lost: number | null, why: string): void {
    const before = this.rows.length;
    this.world!.gap(lost ?? -1, cpu, lineNumber, this.lastTime, why);
    const made = this.rows.length - before;
    this.lines.gap({ lineNumber, cpu, time: this.lastTime }, lost, before, made);
  }

  private tellGap(gap: TraceGap): void {
    this.gapCount++;
    this.lostEvents += gap.lost ?? 0;
    if (this.gapList.length < LISTED) this.gapList.push(gap);
  }

  private step(frame: FrameEvent, event: KvmEvent): void {
    const { window, walks } = this;
    if (event.type === 'nextRoot') {
      const step: Step = { frame, event, next: undefined };
      const before = walks.get(frame.pid);
      if (before !== undefined) this.unreturned(before);
      walks.set(frame.pid, step);
      window.push(step);
    } else if (window.length === 0) {
      this.apply(frame, event, null);
      return;
    } else {
      window.push({ frame, event, next: null });
      if (event.type === 'nextRootReturned') {
        const call = walks.get(frame.pid);
        if (call !== undefined) call.next = { root: event.root, caller: event.caller };
        walks.delete(frame.pid);
      }
    }
    this.drain();
    if (window.length > WALK_WINDOW) this.settleWalks();
  }

  private drain(): void {
    const { window } = this;
    let n = 0;
    while (n < window.length && window[n]!.next !== undefined) {
      const { frame, event, next } = window[n++]!;
      this.apply(frame, event, next ?? null);
    }
    window.splice(0, n);
  }

  private unreturned(step: Step): void {
    if (step.next !== undefined) return;
    step.next = null;
    this.openWalks++;
  }

  private settleWalks(): void {
    if (this.window.length === 0) return;
    for (const step of this.walks.values()) this.unreturned(step);
    this.walks.clear();
    this.drain();
  }

  private apply(
    frame: FrameEvent,
    event: KvmEvent,
    next: { readonly root: number; readonly caller: string } | null,
  ): void {
    const { rows, lines } = this;
    if (this.overrun > 0 && !this.cpusSeen.has(frame.cpu)) {
      // The oldest events of each CPU are those that went.
      this.cpusSeen.add(frame.cpu);
      this.lastTime = frame.time;
      this.gap(frame.lineNumber, frame.cpu, null, 'entries-written > entries-in-buffer');
    }
    this.lastTime = frame.time;
    const before = rows.length;
    this.world!.take(frame, event, next);
    if (event.type !== 'ignored') lines.take(frame, event, before, rows.length - before);
    this.flush();
  }

  private flush(): void {
    if (this.rows.full) {
      const chunk = this.rows.take();
      if (chunk !== null) this.options.onRows(chunk);
    }
    if (this.lines.full || this.said.full) this.flushLines();
  }

  private flushLines(): void {
    const chunk = this.lines.takeChunk(this.said.takeText());
    if (chunk !== null) this.options.onLines(chunk);
  }

  /** After the last frame. Throws where nothing of it was about KVM. */
  end(): {
    readonly summary: TraceSummary;
    readonly progress: RunProgress;
    readonly names: RowChunk['names'];
  } {
    if (this.world === null) this.begin();
    this.settleWalks();
    const { rows, world, options } = this;
    if (this.events === 0 && world!.rootCalls === 0) throw noKvmEvent(this.unknown, this.calls);
    for (const [probe, lost] of options.kprobeMisses)
      if (lost > 0) this.tellGap({ line: 0, kind: 'kprobe misses', lost, cpu: -1, probe });
    this.flushLines();
    const chunk = rows.take(true);
    if (chunk !== null) options.onRows(chunk);
    world!.cast.nameThreads();
    rows.recorder.finish();
    const summary = this.summary();
    return { summary, progress: this.progress(), names: rows.takeNames() };
  }

  private progress(): RunProgress {
    const { recorder } = this.rows;
    return {
      ordinal: recorder.ordinal,
      position: recorder.position,
      steps: 0,
      timeNs: Math.max(0, this.lastTime - this.rows.beginning),
      digest: recorder.digestHex,
      fullDigest: recorder.fullDigestHex,
      rootAllocations: recorder.countByType[E.RootAllocated]!,
      findings: 0,
      counts: countsOf(recorder, [0, 0, 0]),
      milestones: {},
      outcome: 'completed',
      detail: null,
      verdicts: null,
    };
  }

  private summary(): TraceSummary {
    const { rows, layout, options } = this;
    const world = this.world!;
    return {
      kernel: layout!.kernel,
      layout: layout!.how,
      kernelGiven: options.kernel,
      clock: this.clock ?? 'none',
      beginning: rows.beginning,
      events: this.events,
      calls: this.calls,
      gaps: this.gapCount,
      gapList: this.gapList,
      lostEvents: this.lostEvents,
      unknown: this.unknownLines,
      unknownEvents: Object.fromEntries([...this.unknown].sort(([a], [b]) => (a < b ? -1 : 1))),
      firstUnknownLine: this.firstUnknownLine,
      undecodable: this.undecodable,
      firstUndecodable: this.firstUndecodable,
      rootAllocations: rows.recorder.countByType[E.RootAllocated]!,
      ...world.cast.figures,
      openWalks: this.openWalks,
      timesBackwards: rows.timesBackwards,
      firstBackwardsLine: rows.firstBackwardsLine,
      otherClockLine: this.otherClockLine,
      leftOut: world.cast.leftOut,
      roots: world.roots.trouble,
      ...this.activity.report(),
    };
  }
}

function noKvmEvent(unknown: ReadonlyMap<string, number>, calls: number): BadInput {
  const names = [...unknown.keys()].slice(0, 5).join(', ');
  const has = names !== '' ? `it has ${names}` : calls > 0 ? `it has ${calls} function calls` : 'it has none';
  return new BadInput(
    'no-kvm-event',
    `the trace has no event of KVM (${has}); expected kvm:* or kvmmmu:* tracepoints, or the probes of "rootline import --print-probes"`,
    ['kvm:kvm_entry', 'kvm:kvm_exit', 'kvm:kvm_page_fault', 'kvmmmu:kvm_mmu_get_page', 'kvmmmu:*'],
  );
}
