// What a run hands to its recorder, chunk by chunk, and what a store must give back. Plain data: it crosses threads.
// The store implements this contract without knowing the model; the model never knows the store.

import type { ProtocolFaultKind } from '../base/errors.js';
import type { UserProtocolText } from '../protocols/user-api.js';
import type { LitmusText } from '../scenarios/litmus/text/own-litmus.js';
import type { LiveCommand } from '../scenarios/live/catalogue.js';
import type { LivePlan } from '../scenarios/live/plan.js';
import type { TracedWorkload } from '../scenarios/traced/workload.js';

/** Stored rows of one chunk, as columns of equal length. */
export interface StoredColumns {
  readonly length: number;
  /** ordinal - position of each row: 0 at recording level `full`. */
  readonly skipped: Float64Array;
  /** Virtual time in ns since the start of the run. */
  readonly timeNs: Float64Array;
  readonly thread: Uint8Array;
  /** Interned (function, label, caller's site): see DictionaryEntry. 0 = none. */
  readonly site: Uint16Array;
  /** Event code of the catalogue. */
  readonly type: Uint8Array;
  /** number * 16 + subject kind. */
  readonly subject: Int32Array;
  readonly a: Int32Array;
  readonly b: Int32Array;
  readonly c: Int32Array;
}

/** A name that this session's columns may use from here on. Ids never change within a session. */
export type DictionaryEntry =
  | { readonly kind: 'thread'; readonly id: number; readonly name: string }
  | {
      readonly kind: 'site';
      readonly id: number;
      readonly function: string;
      readonly label: string;
      /** Site of the calling frame, 0 at the bottom of the stack: the chain is the thread's whole stack. */
      readonly parent: number;
    };

export type Outcome = 'completed' | 'booted' | 'no_forward_progress' | 'limit_reached' | 'failed';

/** Where a run stands after a chunk. Everything here is derivable by running again. */
export interface RunProgress {
  /** Events of the full stream so far. */
  readonly ordinal: number;
  /** Stored events so far (= position of the last one). */
  readonly position: number;
  readonly steps: number;
  readonly timeNs: number;
  /** Session digest so far (over the lifecycle stream), hex. */
  readonly digest: string;
  /** Digest over all events so far, hex. */
  readonly fullDigest: string;
  readonly rootAllocations: number;
  readonly findings: number;
  readonly counts: { readonly [name: string]: number };
  readonly milestones: { readonly [name: string]: number };
  /** Set on the last chunk. */
  readonly outcome: Outcome | null;
  /** Why, for the outcomes that need a word (which limit; where it is stuck). */
  readonly detail: OutcomeDetail | null;
  /** What each invariant came to; set on the last chunk of a run that watched them, else null. */
  readonly verdicts: readonly InvariantVerdict[] | null;
}

export interface InvariantVerdict {
  /** `I1` */
  readonly invariant: string;
  readonly name: string;
  readonly verdict: 'holds' | 'violated' | 'not evaluated' | 'does not apply';
  readonly checks: number;
  readonly violations: number;
  /** Why it was not evaluated or does not apply. */
  readonly reason: string | null;
}

export interface OutcomeDetail {
  readonly limit?: string;
  readonly message?: string;
  /** The user's protocol was at fault. */
  readonly protocolFault?: {
    readonly kind: ProtocolFaultKind;
    readonly file: string;
    /** `procedure @ label` */
    readonly at: string;
  };
  readonly stuckAt?: {
    readonly phase: string;
    readonly exit: string;
    readonly function: string;
    readonly label: string;
    readonly loop: readonly string[];
  };
}

/** A machine snapshot: world, frames, PRNG streams, clocks, scheduler, guest position, digests. A cache. */
export interface SnapshotBytes {
  readonly position: number;
  readonly ordinal: number;
  /** Version of the state layout; another version is ignored. */
  readonly layout: string;
  readonly bytes: Uint8Array;
}

/**
 * Where an outside input met the run: a command, or a rest that somebody asked for. With the decisions the only input; a
 * decision with the number OUTSIDE says when.
 */
export interface Mark {
  /** Of commands and rests together, from 1, without gaps. */
  readonly number: number;
  /** Steps taken before it. */
  readonly step: number;
  /** Stored events before it. */
  readonly position: number;
  /** What was asked and what it came to. Null: the run only rested here. */
  readonly input: OutsideCommand | null;
}

export interface OutsideCommand {
  /** Of commands alone, from 1, without gaps: rests change no event. */
  readonly number: number;
  readonly command: LiveCommand;
  readonly plan: LivePlan;
}

/** One unit of work for the writer: goes into one transaction, or into none. */
export interface RunChunk {
  /** Position before this chunk: the writer refuses a chunk that does not continue the session. */
  readonly expectedPosition: number;
  readonly columns: StoredColumns;
  readonly dictionary: readonly DictionaryEntry[];
  /** Run-length coded decisions since the chunk before (varint pairs thread, steps). */
  readonly decisions: Uint8Array;
  /** Taken at the END of this chunk. */
  readonly snapshot: SnapshotBytes | null;
  readonly progress: RunProgress;
  /** Outside inputs since the chunk before. */
  readonly marks: readonly Mark[];
  /** Set where the run rests at the end of this chunk: as somebody asked, or because it waits for a command. */
  readonly rest: 'paused' | 'waiting' | null;
}

/** So many steps of a thread, in a row. */
export interface ThreadSteps {
  readonly thread: number;
  readonly steps: number;
}

/** A decision that a fork was given, with the thread's name for people. */
export interface ForcedDecision extends ThreadSteps {
  readonly name: string;
}

/** What a fork does differently from its fork point on; a field that is not there stays what it was. */
export interface ForkDifference {
  readonly protocol?: string;
  readonly scheduler?: Manifest['scheduler'];
  readonly seed?: number;
  /** Only those that differ. */
  readonly costs?: { readonly [name: string]: number };
  /** Only those that differ; they hold for the shared history too, which they did not end. */
  readonly limits?: { readonly [name: string]: number };
  /** Taken first, before the scheduler chooses. */
  readonly decisions?: readonly ForcedDecision[];
  /** Given at the fork point. */
  readonly command?: LiveCommand;
}

/**
 * A fork point in a session's past, and how the session ran up to there. What stands in the manifest itself holds behind
 * the last one. A fork shares its parent's rows up to `position`, always between two steps.
 */
export interface ForkOrigin {
  readonly session: string;
  /** The position that was asked for; the step that it lies in is shared as a whole. */
  readonly at: number;
  readonly position: number;
  readonly ordinal: number;
  readonly steps: number;
  /** Digests of the shared history. */
  readonly digest: string;
  readonly fullDigest: string;
  readonly seed: number;
  readonly scheduler: Manifest['scheduler'];
  readonly costs: { readonly [name: string]: number };
  readonly difference: ForkDifference;
}

/**
 * A fork under another protocol to which the state could not be carried over: it runs again from the start. Its decisions
 * are those of its parent as far as they can be followed, then its scheduler chooses.
 */
export interface Following {
  readonly session: string;
  readonly at: number;
  /** Steps of the parent before the fork point, and how many of them were followed. */
  readonly of: number;
  readonly followed: number;
  /** Why no more; null: all were. */
  readonly stopped: string | null;
  /** Thread and steps in turn. */
  readonly decisions: readonly number[];
  /** Of a live session: given again, each where the session waits. */
  readonly commands: readonly LiveCommand[];
  readonly difference: ForkDifference;
}

/** What a session is a function of, together with its decisions. */
export interface Manifest {
  readonly scenario: string;
  readonly protocol: string;
  readonly seed: number;
  readonly scheduler: 'timed' | 'round-robin' | 'random' | 'scripted';
  readonly recording: 'full' | 'lifecycle';
  readonly invariants: boolean;
  /** All parameters of the scenario, defaults filled in. */
  readonly parameters: { readonly [name: string]: number | string | boolean };
  /** All costs with the value used, defaults filled in. */
  readonly costs: { readonly [name: string]: number };
  readonly limits: { readonly [name: string]: number };
  readonly engine: string;
  /** Digest of the linked protocol's procedures. */
  readonly protocolDigest: string;
  readonly eventSchema: number;
  /** Scheduler `scripted`: who runs for how many steps; the run ends behind it. */
  readonly schedule?: readonly ThreadSteps[];
  /** Where this session, and those that it was forked from, left their parents: oldest first. */
  readonly forks?: readonly ForkOrigin[];
  readonly follows?: Following;
  /** A protocol that a user brought: this text runs, whatever has become of its file. */
  readonly userProtocol?: UserProtocolText;
  /** Scenario `traced`: what a recording did. */
  readonly workload?: TracedWorkload;
  /** A litmus that a user wrote: this text runs, whatever has become of its file. */
  readonly userLitmus?: LitmusText & { readonly digest: string };
}
