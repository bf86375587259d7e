// What a check says: a verdict for each protocol that was asked for, and which of them the trace cannot tell apart.
import type { RuleId } from './rules.js';

export interface Rejection {
  readonly line: number;
  /** Name of the event, as printed. */
  readonly event: string;
  readonly rule: RuleId;
  readonly why: string;
  /** The states that were still possible before it. */
  readonly statesBefore: readonly string[];
}

export interface Verdict {
  readonly protocol: string;
  /** Which form of the era accepts the trace, or came furthest: its base, or a kernel's profile. */
  readonly profile: string;
  /** All forms that accept it. */
  readonly acceptedBy: readonly string[];
  readonly verdict: 'accepted' | 'rejected' | 'undecided';
  /** Of the form that came furthest. */
  readonly firstRejected: Rejection | null;
  /** Events that the protocol produces. */
  readonly explained: number;
  /**
   * Steps that no line shows and that were filled in (unprobed puts and gets, missing RCU callbacks), and lines of events that
   * nobody has heard of.
   */
  readonly unknown: number;
  /** Only where undecided. */
  readonly wouldDecide: string | null;
}

export interface CheckReport {
  readonly verdicts: readonly Verdict[];
  /** Eras that this trace cannot tell apart, in the order of `verdicts`. */
  readonly classes: readonly (readonly string[])[];
  readonly lines: number;
  readonly events: number;
  /** Events were lost: how many of them are known, and the first line behind a loss (0: before the first). */
  readonly lost: {
    readonly places: number;
    readonly events: number | null;
    readonly firstLine: number | null;
  };
  /** The probe of root births fired: the whole probe set is taken as armed. */
  readonly rootProbes: boolean;
  /** What a reader has to know of the text, in sentences: damage, what is missing, events nobody has heard of. */
  readonly notes: readonly string[];
}
