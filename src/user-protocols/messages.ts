// What the server and the process that runs a user's protocol say to each other. Through the host's main thread to the
// worker and back: plain data everywhere.
import type { ProtocolFaultKind } from '../core/base/errors.js';
import type { CatalogueCell } from '../core/catalogue/cells.js';
import type { ModelSpec } from '../core/explorer/model.js';
import type { LitmusRef } from '../core/explorer/relax/relax-litmus.js';
import type { RelaxBase } from '../core/explorer/relax/relaxation.js';
import type { CounterexampleReport } from '../core/explorer/report/counterexample-text.js';
import type { ScheduleStep } from '../core/explorer/search/found.js';
import type { ProtocolDiff } from '../core/protocols/diff.js';
import type { ProtocolRules } from '../core/protocols/protocol.js';
import type { UserProtocolText } from '../core/protocols/user-api.js';
import type { Manifest } from '../core/run/contract.js';
import type { Difference } from '../core/run/replay-by-schedule.js';
import type { StoredNumbers } from '../core/run/stored-numbers.js';
import type { ValidationRow } from '../core/run/validate.js';
import type { ValidationCase } from '../core/run/validate-cases.js';
import type { CellResult } from '../core/sweeps/table.js';
import type { CheckedProtocol } from '../core/traces/check/checked-protocol.js';
import type { Recording } from '../core/traces/recording.js';
import type { AnsweredRow } from '../explorations/catalogue/row.js';
import type { Exploration, ExplorationProgress, ExplorationResult } from '../explorations/exploration.js';
import type { RelaxedRow } from '../explorations/relax/relax-row.js';
import type { WireFailure } from '../sessions/inspection/failure.js';
import type {
  FollowAsked,
  Followed,
  ForkParent,
  ForkPointAsked,
  ForkPointFound,
  ForkSlice,
  HistoryAsked,
} from '../sessions/inspection/fork-execution.js';
import type { ScheduleVerdict } from '../sessions/inspection/replay-result.js';
import type { Stored } from '../sessions/inspection/stored.js';
import type { RunOrder, Verdict } from '../sessions/runner/messages.js';
import type { DecisionLog } from '../store/event-store.port.js';

/** Words of the memory that host and worker share. BUSY is odd while the worker is in the user's code. */
export const BEAT = { BUSY: 0, STEP: 1, WORDS: 2 } as const;

export interface SandboxData {
  readonly beat: Int32Array;
}

export interface FaultWire {
  readonly kind: ProtocolFaultKind;
  readonly file: string;
  readonly at: string;
  readonly what: string;
}

export interface ProtocolDescription {
  readonly id: string;
  readonly title: string;
  readonly source: string;
  readonly base: string | null;
  readonly replaced: readonly string[];
  readonly functions: readonly string[];
  readonly rules: ProtocolRules;
  readonly constants: Readonly<Record<string, number>>;
  /** Digest of the linked procedures, shipped ones included. */
  readonly digest: string;
}

/** What of a recording is compared. */
export type ComparedRecording = Pick<Recording, 'lifecycle' | 'figures' | 'missedFrees'>;

export interface SearchAsked {
  readonly asked: Exploration;
  /** Checkpoint of the search that was stopped; null: from the start. */
  readonly resume: Int32Array | null;
  /** Protocol under which the schedule of a counterexample is tried as well. */
  readonly transplant: string | null;
}

export interface SearchAnswer {
  readonly result: ExplorationResult;
  /** What is needed to go on with a search that was stopped; null: it was not, or left nothing. */
  readonly rest: Int32Array | null;
}

/** What can be asked of a protocol that is loaded: name -> [question, answer]. */
export interface Questions {
  load: [UserProtocolText, { readonly stepNames: readonly string[] }];
  describe: [null, ProtocolDescription];
  /** What a check of traces takes from it, and whether its own runs are like that. */
  checked: [null, CheckedProtocol];
  /** Digest of what is linked with a scenario's constants. `protocol`: this one, or this one without a rule. */
  link: [{ readonly constants: Readonly<Record<string, number>>; readonly protocol: string }, string];
  diff: [{ readonly other: string; readonly reverse: boolean }, ProtocolDiff];
  validate: [{ readonly wanted: ValidationCase; readonly recording: ComparedRecording }, ValidationRow[]];
  simulate: [Omit<RunOrder, 'port'>, Verdict];
  /** Builds it: whether it can be searched at all. */
  litmus: [ModelSpec, null];
  cell: [Manifest, CellResult];
  /** Rules of `relax` that it has. */
  relaxRules: [null, readonly string[]];
  relaxBase: [{ readonly litmus: LitmusRef }, RelaxBase];
  relaxRow: [
    { readonly rule: string; readonly names: readonly LitmusRef[]; readonly known: readonly RelaxBase[] },
    RelaxedRow,
  ];
  catalogueCells: [{ readonly bug: string | null }, readonly CatalogueCell[]];
  catalogueRow: [CatalogueCell, AnsweredRow];
  explore: [SearchAsked, SearchAnswer];
  /** What is broken where a found schedule is followed; null: nothing, or it cannot be followed. */
  follow: [
    { readonly spec: ModelSpec; readonly schedule: readonly ScheduleStep[] },
    { readonly rule: string | null; readonly refused: boolean },
  ];
  present: [SearchAsked & { readonly result: ExplorationResult }, CounterexampleReport | null];
  replay: [{ readonly stored: Stored; readonly decisions: DecisionLog }, null];
  rows: [StoredNumbers, { readonly difference: Difference | null }];
  forkBegin: [ForkParent, null];
  forkSlice: [null, ForkSlice];
  forkPoint: [ForkPointAsked, ForkPointFound];
  forkHistory: [HistoryAsked, boolean];
  forkFollow: [FollowAsked, Followed];
  finish: [null, { readonly verdict: ScheduleVerdict; readonly difference: Difference | null }];
}
export type QuestionName = keyof Questions;

export type ToSandbox =
  | {
      [N in QuestionName]: { readonly kind: 'ask'; readonly name: N; readonly question: Questions[N][0] };
    }[QuestionName]
  /** From the store's writer. */
  | { readonly kind: 'port'; readonly message: unknown }
  | { readonly kind: 'stop' };

export type FromSandbox =
  | { readonly kind: 'answer'; readonly name: QuestionName; readonly answer: unknown }
  | { readonly kind: 'fault'; readonly fault: FaultWire }
  /** What was asked cannot be had: neither a fault of the protocol nor one of ours. */
  | { readonly kind: 'refused'; readonly failure: WireFailure }
  | { readonly kind: 'progress'; readonly now: ExplorationProgress }
  /** Not the protocol's fault. */
  | { readonly kind: 'failed'; readonly message: string }
  /** To the store's writer. */
  | { readonly kind: 'port'; readonly message: unknown };
