// Holds a trace against protocols, line by line: frames go in, a report comes out. A protocol that has refused a line takes no more.
import { findProtocol } from '../../protocols/registry.js';
import type { Frame, FrameCall, FrameEvent } from '../frames/frame.js';
import { type CheckedProtocol, checkedProtocol, type Departure } from './checked-protocol.js';
import { Churn } from './churn.js';
import { type CoveredEvent, decoderOf, type TextForm } from './covered-event.js';
import { Monitor } from './monitor.js';
import type { Refusal } from './rules.js';
import { ERAS, formsOf, type Traits, traitsOf } from './traits.js';
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
  readonly departure: Departure | null;
}

/** What is known of an event or function by its name. */
interface Name {
  readonly decode: (body: string) => CoveredEvent;
  /** By candidate: why it has no such function. Null: all have it. */
  readonly lacking: ReadonlyMap<Candidate, string> | null;
}

interface Asked {
  readonly protocol: string;
  readonly forms: readonly Candidate[];
}

/** Different names of events and functions that are kept. */
const NAMES_MAX = 10_000;

export interface CheckOptions {
  /** Ids of eras, or of single protocols and profiles. Default: the eight eras. */
  readonly protocols?: readonly (string | CheckedProtocol)[];
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
  private lostPlaces = 0;
  private lostEvents: number | null = 0;
  private lostFrom: number | null = null;
  private cut = false;
  /** CPUs that have shown an event, of a buffer that was overwritten. */
  private overwritten: Set<number> | null = null;

  constructor(options: CheckOptions = {}) {
    const made = new Map<string, Candidate>();
    const candidate = (protocol: CheckedProtocol): Candidate => {
      const traits = traitsOf(protocol);
      const key = visibleOf(protocol, traits);
      let found = made.get(key);
      if (found === undefined) {
        found = {
          ids: [],
          traits,
          monitor: new Monitor(traits),
          churn: new Churn(traits),
          rejection: null,
          explained: 0,
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
        this.lost(frame.lineNumber, frame.events);
        break;
      case 'malformed':
        this.lost(frame.lineNumber, null);
        break;
      case 'comment':
        this.comment(frame.text);
        break;
      default:
    }
    if ('lineNumber' in frame) this.lines = Math.max(this.lines, frame.lineNumber);
  }

  /** Lines of the text, where not each of them is offered as a frame. */
  sawLines(lines: number): void {
    this.lines = Math.max(this.lines, lines);
  }

  /** The file was cut off: what comes behind its end is missing. */
  cutOff(lineNumber: number): void {
    this.cut = true;
    this.lost(lineNumber, null);
  }

  /** Events that are known to be missing: a LOST line, an overwritten buffer, a line that cannot be read. */
  lost(lineNumber: number, events: number | null): void {
    this.lostPlaces++;
    this.lostEvents = this.lostEvents === null || events === null ? null : this.lostEvents + events;
    this.lostFrom ??= lineNumber;
    for (const candidate of this.candidates) candidate.monitor.lost();
  }

  report(): CheckReport {
    const verdicts = this.asked.map((asked) => this.verdict(asked)).toSorted(byRank);
    return {
      verdicts,
      classes: classesOf(verdicts),
      lines: this.lines,
      events: this.events,
      lost: {
        places: this.lostPlaces,
        events: this.lostPlaces === 0 ? 0 : this.lostEvents,
        firstLine: this.lostFrom,
      },
      rootProbes: this.candidates.some((candidate) => candidate.monitor.armed),
    };
  }

  private comment(text: string): void {
    const entries = /entries-in-buffer\/entries-written:\s*(\d{1,15})\/(\d{1,15})/.exec(text);
    if (entries === null) return;
    const overwritten = Number(entries[2]) - Number(entries[1]);
    if (overwritten > 0) {
      this.lost(0, overwritten);
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
    if (this.overwritten !== null) this.firstOfCpu(frame.cpu, this.overwritten);
    const { decode, lacking } = this.nameOf(frame.event);
    const event = decode(frame.body);
    if (event.kind === 'damaged') {
      this.lost(frame.lineNumber, 1);
      return;
    }
    const { open } = this;
    for (let i = 0; i < open.length; i++)
      this.offer(open[i] as Candidate, frame, event, lacking?.get(open[i] as Candidate) ?? null);
    this.close();
  }

  private offer(candidate: Candidate, frame: FrameEvent, event: CoveredEvent, lacks: string | null): void {
    const { monitor } = candidate;
    if (lacks !== null) {
      this.reject(candidate, frame.lineNumber, frame.pid, frame.event, 'function-exists', lacks);
      return;
    }
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
    const { lacking } = this.nameOf(frame.function);
    for (const candidate of this.open) {
      const lacks = lacking?.get(candidate);
      if (lacks === undefined) candidate.explained++;
      else this.reject(candidate, frame.lineNumber, frame.pid, frame.function, 'function-exists', lacks);
    }
    this.close();
  }

  private nameOf(name: string): Name {
    let known = this.names.get(name);
    if (known === undefined) {
      const lacking = new Map<Candidate, string>();
      for (const candidate of this.candidates) {
        const lacks = candidate.traits.lacks(name);
        if (lacks !== null) lacking.set(candidate, lacks);
      }
      known = { decode: decoderOf(name), lacking: lacking.size === 0 ? null : lacking };
      if (this.names.size < NAMES_MAX) this.names.set(name, known);
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
          ? 'rejected'
          : this.undecided(form)
            ? 'undecided'
            : 'accepted';
    return {
      protocol,
      profile: form.traits.protocol,
      acceptedBy: verdict === 'accepted' ? open.flatMap((accepted) => accepted.ids) : [],
      verdict,
      firstRejected: form.rejection,
      explained: form.explained,
      unknown: form.monitor.filledIn,
      wouldDecide: verdict === 'undecided' ? this.wouldDecide(form) : null,
    };
  }

  private undecided(form: Candidate): boolean {
    return this.lostPlaces > 0 || !form.monitor.armed;
  }

  private wouldDecide(form: Candidate): string {
    const { departure } = form;
    if (departure !== null) {
      const { scenario, seed, rule, why } = departure;
      return `a protocol that does what its rules say: its own run of ${scenario} (seed ${seed}) breaks ${rule} (${why}), so the rules that a check takes from it are not what it does`;
    }
    const probes = `the probes of root births and of the other functions that \`rootline import --print-probes\` lists`;
    if (!form.monitor.armed) return `a recording with ${probes}`;
    if (this.cut && this.lostPlaces === 1) return 'the whole file: this one was cut off before its end';
    return `a recording that lost no event: with a larger buffer (buffer_size_kb), or with fewer events switched on`;
  }
}

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

/** Eras with releases that print a tracepoint like this. */
const ERAS_OF_FORM: Readonly<Record<TextForm, string>> = {
  'v5.10': 'abc',
  'from 6.1': 'bcdefgh',
  '7.2': 'h',
};

/** What a function takes or returns in some releases only. */
function argumentsOf(traits: Traits, name: string, event: CoveredEvent): Refusal | null {
  if (event.kind === 'other') return null;
  const { protocol, putShowsMode, lookupShowsResult } = traits;
  if ((event.kind === 'queued' || event.kind === 'executes') && !traits.hasWorker)
    return {
      rule: 'function-exists',
      why: `${protocol} has no tdp_mmu_zap_root_work, which is queued and run here`,
    };
  const form = 'form' in event ? event.form : null;
  if (form !== null && !ERAS_OF_FORM[form].includes(traits.era))
    return {
      rule: 'arguments',
      why: `${name} prints this text in other releases (${form}), not in ${protocol}`,
    };
  if (event.kind === 'put' && putShowsMode !== 'either' && (event.shared !== null) !== putShowsMode)
    return {
      rule: 'arguments',
      why: `${name} has ${putShowsMode ? 'an' : 'no'} argument \`shared\` in ${protocol}`,
    };
  if (
    event.kind === 'lookupReturned' &&
    lookupShowsResult !== 'either' &&
    (event.result !== null) !== lookupShowsResult
  )
    return {
      rule: 'arguments',
      why: `${traits.lookupFunction} returns ${lookupShowsResult ? 'an int' : 'nothing'} in ${protocol}`,
    };
  return null;
}

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
