// Holds a trace against protocols, line by line: frames go in, a report comes out. A protocol that has refused a line takes no more.
import { findProtocol } from '../../protocols/registry.js';
import type { Frame, FrameCall, FrameEvent } from '../frames/frame.js';
import { isKnownEvent, usualName } from '../kvm-events.js';
import { HeaderReader } from '../trace-header.js';
import { argumentsOf } from './arguments.js';
import { type CheckedProtocol, checkedProtocol, type Departure } from './checked-protocol.js';
import { Churn } from './churn.js';
import { Clocks } from './clocks.js';
import { type CoveredEvent, decoderOf } from './covered-event.js';
import { isTorn, probedName, Shape } from './damage.js';
import { Losses, type LossKind } from './losses.js';
import { Monitor } from './monitor.js';
import { SINGLE } from './rules.js';
import { ERAS, formsOf, isKnownFunction, type Traits, traitsOf } from './traits.js';
import { UnheardOf } from './unheard-of.js';
import type { CheckReport, Rejection, Verdict } from './verdict.js';

/** One form of an era beside the trace. */
interface Candidate {
  /** Protocols that a trace cannot tell apart: one monitor is enough. */
  readonly ids: string[];
  readonly traits: Traits;
  readonly monitor: Monitor;
  readonly churn: Churn;
  rejection: Rejection | null;
  explained: number;
  /** Lines of events that nobody has heard of. */
  unheardOf: number;
  readonly departure: Departure | null;
}

/** What is known of an event or function by its name. */
interface Name {
  /** Null: it is not covered. */
  readonly decode: ((body: string) => CoveredEvent) | null;
  /** Somebody has heard of it: an era, the probe sets, the tracepoints of KVM. */
  readonly heardOf: boolean;
  /** By candidate: why it has no such function. Null: all have it. */
  readonly lacking: ReadonlyMap<Candidate, string> | null;
  readonly shape: Shape;
}

interface Asked {
  readonly protocol: string;
  readonly forms: readonly Candidate[];
}

/** Different names of events and functions that are kept. */
const NAMES_MAX = 10_000;
/** The probe whose misses are filled in, one by one. */
const RCU_CALLBACK = 'tdp_mmu_free_sp_rcu_callback';
const OTHER: CoveredEvent = { kind: 'other' };

export interface CheckOptions {
  /** Ids of eras, or of single protocols and profiles. Default: the eight eras. */
  readonly protocols?: readonly (string | CheckedProtocol)[];
  /** Events that each probe missed, where its kprobe_profile says so. */
  readonly kprobeMisses?: ReadonlyMap<string, number>;
  /** False: the lines are those of a simulated run, which shows no RCU callback. */
  readonly rcuCallbacks?: boolean;
}

/** How the text ended. */
export interface TextEnd {
  readonly lines: number;
  /** Why the file ended before its end; null: it did not. */
  readonly cut: string | null;
  /** Entries that the header says and that are not in the text. */
  readonly missing: number;
}

export class TraceCheck {
  private readonly asked: readonly Asked[];
  private readonly candidates: readonly Candidate[];
  /** Those that have refused nothing yet. */
  private open: Candidate[];
  private refused = false;
  private readonly names = new Map<string, Name>();
  private lines = 0;
  private events = 0;
  private readonly losses = new Losses();
  private readonly notes: string[] = [];
  private readonly unheardOf = new UnheardOf();
  private readonly clocks = new Clocks();
  private freesMissed = 0;
  /** Entries that the header says and that are not in the text. */
  private missing = 0;
  /** CPUs that have shown an event, of a buffer that was overwritten. */
  private overwritten: Set<number> | null = null;

  constructor(private readonly options: CheckOptions = {}) {
    let unsure = false;
    for (const [probe, events] of options.kprobeMisses ?? []) {
      if (events === 0) continue;
      if (probe === RCU_CALLBACK) this.freesMissed = events;
      else {
        unsure = true;
        this.losses.missed(probe, events);
      }
    }
    const made = new Map<string, Candidate>();
    const candidate = (protocol: CheckedProtocol): Candidate => {
      const traits = traitsOf(protocol);
      const key = visibleOf(protocol, traits);
      let found = made.get(key);
      if (found === undefined) {
        found = {
          ids: [],
          traits,
          monitor: new Monitor(traits, unsure),
          churn: new Churn(traits),
          rejection: null,
          explained: 0,
          unheardOf: 0,
          departure: protocol.departure,
        };
        made.set(key, found);
      }
      if (!found.ids.includes(protocol.id)) found.ids.push(protocol.id);
      return found;
    };
    this.asked = (options.protocols ?? ERAS).map((asked) => {
      if (typeof asked !== 'string') return { protocol: asked.id, forms: [candidate(asked)] };
      const era = (ERAS as readonly string[]).includes(asked);
      return {
        protocol: asked,
        forms: (era ? formsOf(asked) : [checkedProtocol(findProtocol(asked))]).map(candidate),
      };
    });
    this.candidates = [...made.values()];
    this.open = [...this.candidates];
  }

  take(frame: Frame): void {
    switch (frame.kind) {
      case 'event':
        this.event(frame);
        break;
      case 'call':
        this.call(frame);
        break;
      case 'lost':
        this.lost('lost', frame.lineNumber, frame.events);
        break;
      case 'malformed':
        this.lost('damaged', frame.lineNumber, null);
        break;
      case 'comment':
        this.comment(frame.text);
        break;
      default:
    }
    if ('lineNumber' in frame) this.lines = Math.max(this.lines, frame.lineNumber);
  }

  /** Behind the last frame. */
  ended(end: TextEnd): void {
    const { lines, cut } = end;
    // Those behind a LOST line, or in a line that cannot be read, are known already.
    const missing = cut === null ? Math.max(0, end.missing - this.losses.known) : end.missing;
    this.lines = Math.max(this.lines, lines);
    this.missing = missing;
    if (cut !== null) this.notes.push(cut);
    else if (missing > 0)
      this.notes.push(
        `the header says ${missing} entries more than the text has: lines were taken out, or its end is missing`,
      );
    // Where every VM has ended, its end is there.
    const short = missing > 0 && this.open.some(({ monitor }) => monitor.hasLiveVm);
    if (cut !== null || short) this.losses.add('cut', lines, missing > 0 ? missing : null);
  }

  /** Events that are known to be missing: a LOST line, an overwritten buffer, a line that cannot be read. */
  private lost(kind: LossKind, lineNumber: number, events: number | null): void {
    this.losses.add(kind, lineNumber, events);
    for (const candidate of this.candidates) candidate.monitor.lost();
  }

  report(): CheckReport {
    for (const candidate of this.open) this.silentAtEnd(candidate);
    this.open = this.open.filter((candidate) => candidate.rejection === null);
    const verdicts = this.asked.map((asked) => this.verdict(asked)).toSorted(byRank);
    return {
      verdicts,
      classes: classesOf(verdicts),
      lines: this.lines,
      events: this.events,
      lost: this.losses.report(),
      rootProbes: this.candidates.some((candidate) => candidate.monitor.armed),
      notes: [...this.notes, ...this.losses.notes(), ...this.otherNotes()],
    };
  }

  private otherNotes(): string[] {
    const out: string[] = [];
    if (this.freesMissed > 0)
      out.push(
        `the kprobe profile says that ${RCU_CALLBACK} missed ${this.freesMissed} events: frees without a line are filled in`,
      );
    return [...out, ...this.unheardOf.notes(), ...this.clocks.notes()];
  }

  /** What may have been missed once, or in one softirq, and was silent all the time. */
  private silentAtEnd(candidate: Candidate): void {
    const silent =
      this.options.rcuCallbacks === false ? null : candidate.monitor.silentFrees(this.freesMissed);
    if (silent === null) return;
    const { lineNumber, event } = silent.at ?? { lineNumber: this.lines, event: RCU_CALLBACK };
    this.reject(candidate, lineNumber, 0, event, silent.rule, silent.why);
  }

  private comment(text: string): void {
    const header = new HeaderReader();
    header.take(text);
    const { entriesInBuffer, entriesWritten } = header.header();
    if (entriesInBuffer === null || entriesWritten === null) return;
    const overwritten = entriesWritten - entriesInBuffer;
    if (overwritten > 0) {
      this.lost('overwritten', 0, overwritten);
      this.overwritten = new Set();
    }
  }

  /** Of each CPU the oldest events are gone: until the first that is left of the last CPU, any thread may lack some. */
  private firstOfCpu(cpu: number, seen: Set<number>): void {
    if (seen.has(cpu)) return;
    seen.add(cpu);
    for (const candidate of this.candidates) candidate.monitor.lost();
  }

  private event(frame: FrameEvent): void {
    this.events++;
    this.clocks.take(frame.lineNumber, frame.cpu, frame.clock, frame.time);
    if (this.overwritten !== null) this.firstOfCpu(frame.cpu, this.overwritten);
    let name = this.nameOf(frame.event);
    if (!name.heardOf) {
      const meant = this.meant(frame);
      if (meant === null) return;
      name = meant;
    }
    const { lacking } = name;
    if (lacking !== null) this.refuseLacking(lacking, frame.lineNumber, frame.pid, frame.event);
    const event = readWhole(name, frame.body);
    if (event.kind === 'damaged') this.lost('damaged', frame.lineNumber, 1);
    else {
      const { open } = this;
      for (let i = 0; i < open.length; i++) this.offer(open[i] as Candidate, frame, event);
    }
    this.close();
  }

  /** A name that nobody has heard of: a probe under a name of its user's own, what is left of a torn name, or unknown. */
  private meant(frame: FrameEvent): Name | null {
    if (isTorn(frame.event, frame.body)) {
      this.lost('damaged', frame.lineNumber, 1);
      return null;
    }
    const own = probedName(frame.body);
    if (own !== null && own !== frame.event) {
      const name = this.nameOf(decoderOf(`${own}_entry`) === null ? own : `${own}_entry`);
      if (name.heardOf) return name;
    }
    this.unknown(frame.event, frame.lineNumber);
    return null;
  }

  private unknown(name: string, lineNumber: number): void {
    this.unheardOf.take(name, lineNumber);
    for (const candidate of this.open) candidate.unheardOf++;
  }

  /** Before its fields are looked at: the name alone says it. */
  private refuseLacking(
    lacking: ReadonlyMap<Candidate, string>,
    lineNumber: number,
    pid: number,
    event: string,
  ): void {
    for (const candidate of this.open) {
      const lacks = lacking.get(candidate);
      if (lacks !== undefined) this.reject(candidate, lineNumber, pid, event, 'function-exists', lacks);
    }
    this.close();
  }

  private offer(candidate: Candidate, frame: FrameEvent, event: CoveredEvent): void {
    const { monitor } = candidate;
    const refusal =
      argumentsOf(candidate.traits, frame.event, event) ??
      monitor.take(frame.pid, event, frame) ??
      (monitor.armed ? null : candidate.churn.take(frame.pid, event));
    if (refusal === null) candidate.explained++;
    else {
      const { lineNumber, event: name } = refusal.at ?? frame;
      this.reject(candidate, lineNumber, frame.pid, name, refusal.rule, refusal.why);
    }
  }

  /** The function tracer: that a function ran, and nothing of its arguments. */
  private call(frame: FrameCall): void {
    this.events++;
    if (frame.function === '') return;
    const { lacking, heardOf } = this.nameOf(frame.function);
    if (!heardOf) {
      this.unknown(frame.function, frame.lineNumber);
      return;
    }
    if (lacking !== null) this.refuseLacking(lacking, frame.lineNumber, frame.pid, frame.function);
    for (const candidate of this.open) candidate.explained++;
  }

  private nameOf(printed: string): Name {
    let known = this.names.get(printed);
    if (known === undefined) {
      const name = usualName(printed);
      const lacking = new Map<Candidate, string>();
      for (const candidate of this.candidates) {
        const lacks = candidate.traits.lacks(name);
        if (lacks !== null) lacking.set(candidate, lacks);
      }
      known = {
        decode: decoderOf(name),
        heardOf: isKnownEvent(name) || isKnownFunction(name),
        lacking: lacking.size === 0 ? null : lacking,
        shape: new Shape(name),
      };
      if (this.names.size < NAMES_MAX) this.names.set(printed, known);
    }
    return known;
  }

  /** Who has refused a line takes no more. */
  private close(): void {
    if (!this.refused) return;
    this.refused = false;
    this.open = this.open.filter((candidate) => candidate.rejection === null);
  }

  private reject(
    candidate: Candidate,
    line: number,
    pid: number,
    event: string,
    rule: Rejection['rule'],
    why: string,
  ): void {
    this.refused = true;
    candidate.rejection = { line, event, rule, why, statesBefore: candidate.monitor.statesBefore(pid) };
  }

  private verdict({ protocol, forms }: Asked): Verdict {
    const open = [...new Set(forms)].filter((form) => form.rejection === null);
    const [furthest] = open.length > 0 ? open : forms.toSorted((a, b) => lineOf(b) - lineOf(a));
    const form = furthest as Candidate;
    const verdict =
      form.departure !== null
        ? 'undecided'
        : open.length === 0
          ? this.mayBeMissing(forms)
            ? 'undecided'
            : 'rejected'
          : this.undecided(form)
            ? 'undecided'
            : 'accepted';
    return {
      protocol,
      profile: form.traits.protocol,
      acceptedBy: verdict === 'accepted' ? open.flatMap((accepted) => accepted.ids) : [],
      verdict,
      firstRejected: verdict === 'undecided' ? null : form.rejection,
      explained: form.explained,
      unknown: form.monitor.filledIn + form.unheardOf,
      wouldDecide: verdict === 'undecided' ? this.wouldDecide(form) : null,
    };
  }

  /** What a rejection misses may be among the entries that are not in the text; one line alone is not. */
  private mayBeMissing(forms: readonly Candidate[]): boolean {
    return (
      this.missing > 0 && forms.some(({ rejection }) => rejection !== null && !SINGLE.has(rejection.rule))
    );
  }

  private undecided(form: Candidate): boolean {
    return this.losses.places > 0 || !form.monitor.armed;
  }

  private wouldDecide(form: Candidate): string {
    const { departure } = form;
    if (departure !== null) {
      const { scenario, seed, rule, why } = departure;
      return `a protocol that does what its rules say: its own run of ${scenario} (seed ${seed}) breaks ${rule} (${why}), so the rules that a check takes from it are not what it does`;
    }
    const probes = `the probes of root births and of the other functions that \`rootline import --print-probes\` lists`;
    const ways = form.monitor.armed ? [] : [`a recording with ${probes}`];
    if (this.losses.places > 0) ways.push(this.losses.toDecide());
    else if (this.missing > 0)
      ways.push(`a copy with all of its entries: the header says ${this.missing} more than the text has`);
    return ways.join('; ');
  }
}

/** What a line says; `damaged` also where it is not the whole line, or not it alone. */
function readWhole(name: Name, body: string): CoveredEvent {
  if (!name.shape.isWhole(body)) return MISSHAPEN;
  return name.decode === null ? OTHER : name.decode(body);
}
const MISSHAPEN: CoveredEvent = { kind: 'damaged', field: 'all of its fields' };

/** What of a protocol a trace can show; equal for two that it cannot tell apart. */
const visibleOf = (protocol: CheckedProtocol, traits: Traits): string =>
  JSON.stringify([
    { ...traits, protocol: '' },
    protocol.procedures.map((p) => p.name).sort(),
    protocol.departure,
  ]);

const RANKS = ['accepted', 'undecided', 'rejected'];

/** Accepted first; of the rejected first who explained more. */
const byRank = (a: Verdict, b: Verdict): number =>
  RANKS.indexOf(a.verdict) - RANKS.indexOf(b.verdict) ||
  (a.verdict === 'rejected' ? b.explained - a.explained : 0);

const lineOf = (candidate: Candidate): number => candidate.rejection?.line ?? Number.POSITIVE_INFINITY;

/** Eras with one verdict, refused at one line by one rule where they are refused. */
function classesOf(verdicts: readonly Verdict[]): string[][] {
  const classes = new Map<string, string[]>();
  for (const { protocol, verdict, firstRejected } of verdicts) {
    const key = `${verdict} ${firstRejected?.line ?? ''} ${firstRejected?.rule ?? ''}`;
    const same = classes.get(key);
    if (same === undefined) classes.set(key, [protocol]);
    else same.push(protocol);
  }
  return [...classes.values()];
}
