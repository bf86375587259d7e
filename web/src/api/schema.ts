// The words of the API as types, made from the OpenAPI document by scripts/make-api-types.mjs. Do not edit: run it again.

export type Blame = {
  readonly path: string;
  readonly at: number;
  /** JSON; null: there was no such thing */
  readonly value: unknown;
  /** more: the search was bounded; it goes on at `next` */
  readonly outcome: "found" | "never" | "notRecorded" | "more";
  /** latest first */
  readonly changes: readonly ({
    /** JSON; null: there was no such thing */
    readonly before: unknown;
    /** JSON; null: there was no such thing */
    readonly after: unknown;
    readonly at: {
      readonly position: number;
      readonly ordinal: number;
      readonly timeNs: number;
      readonly thread: string;
      readonly function: string | null;
      readonly label: string | null;
      /** innermost first */
      readonly callers: readonly ({
        readonly function: string;
        readonly label: string;
      })[];
    };
    readonly type: string;
    readonly event: string;
  })[];
  /** `at` of a call for older changes */
  readonly next: number | null;
};

export type Catalogue = {
  /** those that every bug has a cell for, oldest first */
  readonly protocols: readonly (string)[];
  readonly bugs: readonly ({
    readonly bug: string;
    readonly title: string | null;
    /** safety, assertion, crash, liveness, budget, metric, schedule, silent */
    readonly kind: string;
    /** what the bug breaks */
    readonly rules: readonly (string)[];
    /** what is searched; null: one run answers, or nothing does */
    readonly litmus: string | null;
    readonly cells: readonly ({
      readonly protocol: string;
      readonly expected: "violated" | "holds" | "not_applicable" | "unknown";
      readonly why: string | null;
      /** searched in place of the litmus of the bug */
      readonly litmus: string | null;
    })[];
  })[];
};

export type CatalogueRun = {
  /** of the job as well */
  readonly id: string;
  readonly state: "queued" | "running" | "interrupted" | "finished" | "failed" | "cancelled";
  readonly bug: string | null;
  readonly protocol: string | null;
  readonly progress: {
    readonly done: number;
    /** rows that want a search or a run */
    readonly of: number;
  } | null;
  /** rows that did not come out as expected; null until it is finished */
  readonly failed: number | null;
  readonly seconds: number | null;
  readonly error: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** cancel (see /jobs) */
  readonly allowed: readonly (string)[];
  readonly rows: readonly ({
    readonly bug: string;
    readonly protocol: string;
    readonly kind: string;
    readonly expected: "violated" | "holds" | "not_applicable" | "unknown";
    readonly got: "violated" | "holds" | "not_applicable" | "unknown" | "bound_reached";
    readonly ok: boolean;
    /** what was broken */
    readonly invariant: string | null;
    readonly states: number | null;
    readonly seconds: number;
    /** of the counterexample, or of the run; it replays */
    readonly sessionId: string | null;
    /** every interleaving of the litmus, or one run */
    readonly how: "exhaustive" | "run" | null;
    readonly litmus: string | null;
    /** of the counterexample */
    readonly steps: number | null;
    readonly reason: string | null;
  })[] | null;
};

export type CatalogueRunPage = {
  /** without rows */
  readonly runs: readonly ({
    /** of the job as well */
    readonly id: string;
    readonly state: "queued" | "running" | "interrupted" | "finished" | "failed" | "cancelled";
    readonly bug: string | null;
    readonly protocol: string | null;
    readonly progress: {
      readonly done: number;
      /** rows that want a search or a run */
      readonly of: number;
    } | null;
    /** rows that did not come out as expected; null until it is finished */
    readonly failed: number | null;
    readonly seconds: number | null;
    readonly error: string | null;
    readonly createdAt: string;
    readonly updatedAt: string;
    /** cancel (see /jobs) */
    readonly allowed: readonly (string)[];
  })[];
  readonly nextCursor: string | null;
};

export type Changes = {
  readonly from: {
    readonly position: number;
    readonly ordinal: number;
    readonly timeNs: number;
    readonly recording: "full" | "lifecycle";
  };
  readonly to: {
    readonly position: number;
    readonly ordinal: number;
    readonly timeNs: number;
    readonly recording: "full" | "lifecycle";
  };
  readonly changes: readonly ({
    readonly path: string;
    /** JSON; null: there was no such thing */
    readonly before: unknown;
    /** JSON; null: there was no such thing */
    readonly after: unknown;
  })[];
};

export type Check = {
  /** one era, one protocol or profile, or a protocol of the server's folder */
  readonly protocol?: string | undefined;
  /** every era; so without `protocol`, too */
  readonly all?: boolean | undefined;
};

export type CheckReport = {
  /** accepted first, then undecided, then rejected */
  readonly verdicts: readonly ({
    readonly protocol: string;
    readonly verdict: "accepted" | "rejected" | "undecided";
    /** which form of the era accepts, or came furthest: its base, or a profile */
    readonly profile: string;
    /** all forms that accept it */
    readonly acceptedBy: readonly (string)[];
    /** the first event that no behaviour of the protocol explains */
    readonly firstRejected: {
      /** line of the trace; of a simulated session the number of the probe line */
      readonly line: number;
      /** name of the event, as printed */
      readonly event: string;
      /** the rule that it breaks */
      readonly rule: "function-exists" | "arguments" | "call-order" | "refcount" | "role" | "birth-count" | "unique-role" | "lookup-result" | "load-when-empty" | "entry-root" | "entry-exit" | "put-by-holder" | "put-follows" | "drop-all" | "drop-obsolete" | "last-put" | "lock-mode" | "walk-order" | "walk-scope" | "zap-passes" | "zap-caller" | "zap-once" | "invalidation" | "work" | "flush-waits" | "rcu-free" | "use-after-free" | "address-reuse" | "smm-reset" | "vm-order" | "no-leak" | "churn" | "state-limit";
      readonly why: string;
      /** the states that were still possible before it: functions entered, references held, roots */
      readonly statesBefore: readonly (string)[];
    } | null;
    /** events that the protocol produces */
    readonly explained: number;
    /** steps that no line shows and that were filled in, and lines of events that nobody has heard of */
    readonly unknown: number;
    /** where undecided */
    readonly wouldDecide: string | null;
  })[];
  /** eras that the trace cannot tell apart */
  readonly classes: readonly (readonly (string)[])[];
  readonly lines: number;
  readonly events: number;
  /** events that are known to be missing */
  readonly lost: {
    readonly places: number;
    /** null: the trace does not say how many */
    readonly events: number | null;
    readonly firstLine: number | null;
  };
  /** births of roots are probed: the whole probe set is taken as armed */
  readonly rootProbes: boolean;
  /** what a reader has to know of the text: damage, what is missing, events nobody has heard of */
  readonly notes: readonly (string)[];
  readonly churn: {
    /** roots; null: nothing in the trace shows their births */
    readonly allocations: number | null;
    /** null: the trace's clock has no seconds */
    readonly perSecond: number | null;
    /** null: the trace's clock has no seconds */
    readonly seconds: number | null;
    /** `first table`: v5.10 without probes, where only the first table below a root is announced */
    readonly shownBy: "probe" | "kvm_mmu_get_page" | "first table" | "session" | null;
    readonly causes: readonly ({
      readonly cause: "first" | "smm" | "cr0" | "cr4" | "efer" | "cpuid" | "ioctl" | "memslot" | "forced" | "unknown";
      readonly text: string;
      readonly allocations: number;
      /** null: the trace's clock has no seconds */
      readonly perSecond: number | null;
      /** SMIs, register writes, ioctls, memslot updates; null: not counted */
      readonly occasions: number | null;
    })[];
    readonly smis: number;
    /** page faults at pages that had been mapped, on roots that had to be given again */
    readonly refault: {
      readonly faults: number;
      readonly perAllocation: number | null;
      /** from those exits to the next entries */
      readonly ns: number | null;
      /** of all page faults */
      readonly share: number | null;
    };
    readonly exits: number;
    readonly faults: number;
    /** with most allocations first, at most 64 */
    readonly vcpus: readonly ({
      readonly vm: number;
      readonly vcpu: number;
      readonly pid: number;
      readonly task: string;
      readonly allocations: number;
      readonly faults: number;
      readonly exits: number;
    })[];
    /** the vCPU's last exit before it was given a root */
    readonly exitReasons: readonly ({
      readonly reason: string;
      readonly allocations: number;
    })[];
    /** for a chart */
    readonly series: {
      /** time of the first event in the trace's clock */
      readonly from: number;
      /** length of a point: ns, or ticks */
      readonly step: number;
      /** at most 240, without gaps */
      readonly points: readonly ({
        /** begin of the point, behind `from` */
        readonly at: number;
        readonly allocations: number;
        /** allocations by cause; those with none are left out */
        readonly causes: {
          readonly [name: string]: number;
        };
        readonly faults: number;
        readonly exits: number;
      })[];
    };
  };
  /** one sentence */
  readonly diagnosis: string;
  /** livelock: one instruction faults without an end, or a walk yields without getting on; thrash: most faults map again what a dropped root had mapped; idle: HLT */
  readonly progress: {
    readonly verdict: "progress" | "livelock" | "thrash" | "idle" | "unknown";
    readonly why: string;
    /** line of the trace; of a simulated session the position */
    readonly from: number;
    /** line of the trace; of a simulated session the position */
    readonly to: number;
    /** behind the first event */
    readonly fromNs: number | null;
    readonly toNs: number | null;
    /** at most 64 */
    readonly vcpus: readonly ({
      readonly vm: number;
      readonly vcpu: number;
      readonly verdict: "progress" | "livelock" | "thrash" | "idle" | "unknown";
      readonly why: string;
      /** line of the trace; of a simulated session the position */
      readonly from: number;
      /** line of the trace; of a simulated session the position */
      readonly to: number;
    })[];
  };
};

export type CommandAnswer = {
  readonly command: {
    /** of the session, from 1; the value of CommandArrived and CommandDone */
    readonly number: number;
    /** every field filled in */
    readonly command: {
      readonly [name: string]: unknown;
    };
    /** stored events before it */
    readonly afterPosition: number;
    /** steps taken before it */
    readonly atStep: number;
    readonly issuedAt: string;
  };
  readonly session: {
    readonly id: string;
    readonly kind: "simulated" | "forked" | "explored" | "imported";
    readonly state: "queued" | "running" | "paused" | "waiting" | "interrupted" | "finished" | "failed" | "cancelled";
    readonly name: string | null;
    readonly scenario: string;
    readonly protocol: string;
    readonly seed: number;
    readonly scheduler: string;
    readonly recording: string;
    readonly parent: {
      readonly sessionId: string;
      readonly position: number;
    } | null;
    readonly outcome: "completed" | "booted" | "no_forward_progress" | "limit_reached" | "failed" | null;
    readonly detail: {
      readonly limit?: string | undefined;
      readonly message?: string | undefined;
      /** the user's protocol was at fault: what it did, in which file, procedure and label */
      readonly protocolFault?: {
        readonly kind: "form" | "threw" | "forbidden" | "step" | "time" | "memory";
        readonly file: string;
        readonly at: string;
      } | undefined;
      readonly stuckAt?: {
        readonly phase: string;
        readonly exit: string;
        readonly function: string;
        readonly label: string;
        readonly loop: readonly (string)[];
      } | undefined;
    } | null;
    /** events of the full stream */
    readonly events: number;
    /** rows kept */
    readonly stored: number;
    /** session digest, the same at both recording levels */
    readonly digest: string | null;
    /** digest over every event */
    readonly fullDigest: string | null;
    readonly steps: number;
    /** virtual time */
    readonly timeNs: number;
    readonly rootAllocations: number;
    /** breaches of invariants, counted */
    readonly findings: number;
    /** virtual ns */
    readonly milestones: {
      readonly [name: string]: number;
    };
    readonly counts: {
      readonly [name: string]: number;
    };
    readonly createdAt: string;
    readonly updatedAt: string;
    /** fork points in its past, oldest first */
    readonly forks: readonly ({
      /** the session that was forked; it may be gone */
      readonly sessionId: string;
      /** as it was asked for */
      readonly at: number;
      /** last position that is shared */
      readonly position: number;
      /** steps of the run before the fork point */
      readonly steps: number;
      /** in words */
      readonly difference: string;
      /** set where the fork runs again from the start, under another protocol: it shares no row */
      readonly again: {
        /** steps that were taken as in the parent */
        readonly followed: number;
        /** steps of the parent up to its fork point */
        readonly of: number;
        /** why no more were; null: all were */
        readonly stopped: string | null;
      } | null;
      /** only what differs, resolved */
      readonly changes: {
        readonly [name: string]: unknown;
      };
    })[];
    /** why it is in this state */
    readonly reason: string | null;
    readonly note: string | null;
    readonly parameters: {
      readonly [name: string]: number | string | boolean;
    };
    readonly costs: {
      readonly [name: string]: number;
    };
    readonly limits: {
      readonly [name: string]: number;
    };
    readonly invariants: boolean;
    readonly engine: string;
    readonly protocolDigest: string;
    /** a protocol that a user brought: this text runs, whatever becomes of its file */
    readonly userProtocol: {
      readonly file: string;
      /** SHA-256 of the text */
      readonly digest: string;
      readonly text: string;
    } | null;
    /** a litmus that a user wrote: this text runs, whatever becomes of its file */
    readonly userLitmus: {
      readonly text: string;
      readonly digest: string;
    } | null;
    readonly eventSchema: number;
    readonly storedBytes: number;
    /** what became of each invariant; null until the run has ended */
    readonly verdicts: readonly ({
      readonly invariant: string;
      readonly name: string;
      readonly verdict: "holds" | "violated" | "not evaluated" | "does not apply";
      readonly checks: number;
      readonly violations: number;
      readonly reason: string | null;
    })[] | null;
    /** commands that the state allows */
    readonly allowed: readonly (string)[];
  };
};

export type Compare = {
  /** 2 to 8 ids */
  readonly sessions: readonly (string)[];
  /** also what is the same in all sessions */
  readonly all?: boolean | undefined;
  /** points of each curve over virtual time; 0: no curves */
  readonly points?: number | undefined;
};

export type Comparison = {
  readonly sessions: readonly ({
    readonly id: string;
    readonly kind: string;
    readonly state: string;
    readonly scenario: string;
    readonly protocol: string;
    readonly seed: number;
    readonly recording: "full" | "lifecycle";
    /** position up to which it was compared */
    readonly events: number;
  })[];
  readonly all: boolean;
  readonly parameters: {
    readonly rows: readonly ({
      readonly group: string;
      readonly name: string;
      readonly unit: string;
      /** one a session; null: it has no such value, or its recording did not keep it */
      readonly values: readonly (number | string | boolean | null)[];
    })[];
    /** rows left out because every session has the same */
    readonly same: number;
  };
  readonly metrics: {
    readonly rows: readonly ({
      readonly group: string;
      readonly name: string;
      readonly unit: string;
      /** one a session; null: it has no such value, or its recording did not keep it */
      readonly values: readonly (number | string | boolean | null)[];
    })[];
    /** rows left out because every session has the same */
    readonly same: number;
  };
  readonly series: {
    readonly timesNs: readonly (number)[];
    readonly curves: readonly ({
      readonly name: "rootAllocations" | "liveRoots" | "faults" | "lockWaitNs" | "milestones";
      readonly doc: string;
      readonly unit: string;
      /** one list a session; null: not recorded */
      readonly values: readonly (readonly (number)[] | null)[];
    })[];
    readonly milestones: readonly (readonly ({
      readonly milestone: string;
      readonly timeNs: number;
    })[])[];
  } | null;
  /** present where a session is a recording: the clock of curves and matched steps */
  readonly clock: {
    /** the first event of this type is zero in each session */
    readonly origin: "RootAllocated" | "VcpuEntered" | "VmCreated" | null;
    readonly unit: "ns";
    /** by session: its own time of zero */
    readonly zeroNs: readonly (number)[];
    /** times are shifted, never stretched: nothing is fitted */
    readonly scale: 1;
  } | null;
  readonly alignments: readonly ({
    readonly sessions: readonly (string)[];
    readonly outcome: "equal" | "diverges" | "notAligned" | "gaveUp";
    /** why they are not aligned */
    readonly reason: {
      readonly code: string;
      readonly text: string;
    } | null;
    /** steps: the same procedures, everything but time counts; operations: thread, operation, object, occurrence; recorded: one is a recording; operation, object and occurrence, among what it observed */
    readonly by: "steps" | "operations" | "recorded" | null;
    /** the events that both recordings keep */
    readonly level: "full" | "lifecycle" | null;
    /** equal down to the order of steps that commute */
    readonly sameOrder: boolean;
    readonly steps: readonly (number)[] | null;
    readonly divergence: {
      /** order: two steps on the same object came in another order; onlyIn: one session has a step that the other does not have; step: a thread went on with another step; site: a thread took the same step at another place of the code; value: the same step came out otherwise */
      readonly kind: "order" | "onlyIn" | "step" | "site" | "value";
      readonly text: string;
      readonly thread: string;
      /** in the first and in the other session; null: it does not come there */
      readonly steps: readonly ({
        readonly position: number;
        readonly ordinal: number;
        readonly timeNs: number;
        readonly thread: string;
        readonly function: string | null;
        readonly label: string | null;
        /** innermost first */
        readonly callers: readonly ({
          readonly function: string;
          readonly label: string;
        })[];
        /** in words, with the numbers that this session gives to roots and pages */
        readonly event: string;
      } | null)[];
      /** index of the session that has the step */
      readonly onlyIn: number | null;
      /** what the two steps are about */
      readonly object: string | null;
      /** the step of another thread that came first in the session with index firstIn only */
      readonly other: {
        /** in the first and in the other session; null: it does not come there */
        readonly steps: readonly ({
          readonly position: number;
          readonly ordinal: number;
          readonly timeNs: number;
          readonly thread: string;
          readonly function: string | null;
          readonly label: string | null;
          /** innermost first */
          readonly callers: readonly ({
            readonly function: string;
            readonly label: string;
          })[];
          /** in words, with the numbers that this session gives to roots and pages */
          readonly event: string;
        } | null)[];
        readonly firstIn: number;
      } | null;
      /** the last step that it depends on; both have it with the same past */
      readonly lastCommon: readonly ({
        readonly position: number;
        readonly ordinal: number;
        readonly timeNs: number;
        readonly thread: string;
        readonly function: string | null;
        readonly label: string | null;
        /** innermost first */
        readonly callers: readonly ({
          readonly function: string;
          readonly label: string;
        })[];
        /** in words, with the numbers that this session gives to roots and pages */
        readonly event: string;
      } | null)[] | null;
    } | null;
    /** steps by thread, operation, object and occurrence, wherever they stand; null: too many different ones */
    readonly occurrences: {
      readonly matched: number;
      readonly onlyIn: readonly (readonly ({
        readonly type: string;
        readonly steps: number;
      })[])[];
    } | null;
    /** present where one of the sessions is a recording */
    readonly recorded?: {
      /** types of events that the recording observed */
      readonly compared: readonly (string)[];
      readonly steps: readonly (number)[];
      readonly matched: number;
      readonly onlyIn: readonly (readonly ({
        readonly type: string;
        readonly steps: number;
      })[])[];
      readonly matches: readonly ({
        readonly type: string;
        readonly object: string;
        /** from 1 */
        readonly occurrence: number;
        readonly positions: readonly (number)[];
        /** on the clock of the comparison */
        readonly timesNs: readonly (number)[];
      })[];
      readonly matchesLeftOut: number;
    } | undefined;
  })[];
};

export type Costs = {
  readonly costs: readonly ({
    readonly name: string;
    /** default */
    readonly ns: number;
    readonly min: number;
    readonly max: number;
    /** to whom it is booked */
    readonly account: "guest" | "host" | "outer";
    /** published: printed in a source; derived: computed from such; assumed: nobody has published one */
    readonly confidence: "published" | "derived" | "assumed";
    readonly condition: string;
    readonly source: string;
  })[];
};

export type CreateFork = {
  /** position up to which the history is shared, and the rest of the step that it lies in; 0: nothing */
  readonly at: number;
  /** what is different from there on; what is left out stays as it was */
  readonly changes?: {
    /** another protocol; the history is shared where it is the same under both, else the fork runs again from the start */
    readonly protocol?: string | undefined;
    /** timed, round-robin or random */
    readonly scheduler?: string | undefined;
    /** every random stream begins anew with it */
    readonly seed?: number | undefined;
    /** costs that differ from there on; the shared history keeps its own */
    readonly costs?: {
      readonly [name: string]: number;
    } | undefined;
    /** limits of the run that differ, so that one may go on where its parent met one */
    readonly limits?: {
      readonly [name: string]: number;
    } | undefined;
    /** who takes the next steps, before the scheduler chooses */
    readonly decisions?: readonly ({
      /** name of a thread that can run there */
      readonly thread: string;
      readonly steps?: number | undefined;
    })[] | undefined;
    /** of a live session: a command as POST .../commands takes it, without `events` */
    readonly command?: {
      readonly [name: string]: unknown;
    } | undefined;
  } | undefined;
  /** shown in lists */
  readonly name?: string | undefined;
};

export type CreateNote = {
  /** position of the session that it is about */
  readonly position: number;
  readonly kind?: "note" | "bookmark" | undefined;
  /** what is noted; the name of a bookmark */
  readonly text: string;
};

export type CreateSession = {
  /** id of a scenario, see /scenarios */
  readonly scenario: string;
  /** id of a protocol or profile, see /protocols */
  readonly protocol: string;
  /** seed of every random stream */
  readonly seed?: number | undefined;
  /** instead of the scenario: a litmus of your own, such as a counterexample of it has */
  readonly userLitmus?: {
    /** a litmus of your own; GET /litmus has the text of each shipped one to begin with */
    readonly text: string;
    /** of the text, as sessions have it: refused where it is another one */
    readonly digest?: string | undefined;
  } | undefined;
  /** the scenario's parameters that differ from their defaults */
  readonly parameters?: {
    readonly [name: string]: number | string | boolean;
  } | undefined;
  /** timed, round-robin, random, or scripted with a schedule */
  readonly scheduler?: string | undefined;
  /** who runs for how many steps: a session of kind explored, which ends behind it */
  readonly schedule?: readonly ({
    readonly thread: number;
    readonly steps: number;
  })[] | undefined;
  /** full: every event; lifecycle: ordinary faults are folded */
  readonly recording?: string | undefined;
  /** costs that differ from the cost model, in its units */
  readonly costs?: {
    readonly [name: string]: number;
  } | undefined;
  /** limits of the run that differ from their defaults */
  readonly limits?: {
    readonly [name: string]: number;
  } | undefined;
  /** evaluate the invariants while it runs */
  readonly invariants?: boolean | undefined;
  /** shown in lists */
  readonly name?: string | undefined;
};

export type EventPage = {
  readonly events: readonly ({
    readonly position: number;
    readonly ordinal: number;
    /** differs from ordinal where events were counted together */
    readonly lastOrdinal: number;
    readonly timeNs: number;
    readonly thread: string | null;
    readonly function: string | null;
    readonly label: string | null;
    readonly type: string;
    readonly subject: {
      readonly kind: string;
      readonly number: number;
    };
    readonly values: {
      readonly [name: string]: number;
    };
    /** line of the trace that made it known, in an imported session */
    readonly line?: number | undefined;
    /** in a few words, with ?words=true */
    readonly text?: string | undefined;
  })[];
  /** `from` of the next page; null at the end */
  readonly next: number | null;
  /** last stored position */
  readonly position: number;
};

export type Experiment = {
  readonly rows: readonly ({
    readonly protocol: string;
    readonly resetPolicy: string;
    readonly mail: {
      readonly outcome: string;
      readonly pid1Seconds: number | null;
      readonly consoleSeconds: number | null;
      readonly rootAllocations: number | null;
      readonly words: string;
    };
    readonly session: {
      readonly id: string;
      readonly state: "queued" | "running" | "paused" | "waiting" | "interrupted" | "finished" | "failed" | "cancelled";
      readonly outcome: string | null;
      readonly events: number;
      readonly timeNs: number;
      readonly pid1Seconds: number | null;
      readonly consoleSeconds: number | null;
      readonly rootAllocations: number;
      readonly eptViolations: number;
      readonly resets: number;
      readonly stuckAt: {
        readonly [name: string]: unknown;
      } | null;
    } | null;
  })[];
  /** what `rootline experiment forced-reset --json` prints, once all eight have ended */
  readonly document: {
    readonly [name: string]: unknown;
  } | null;
};

export type Exploration = {
  /** of the job as well */
  readonly id: string;
  readonly state: "queued" | "running" | "interrupted" | "finished" | "failed" | "cancelled";
  readonly litmus: string;
  /** of a litmus of a user's own; null: a shipped one */
  readonly litmusText: string | null;
  readonly protocol: string;
  readonly parameters: {
    readonly [name: string]: number;
  };
  /** the rest of what was asked: with it another exploration asks the same */
  readonly asked: {
    readonly reductions: "none" | "all";
    readonly search: "exhaustive" | "random" | "pct";
    readonly preemptions: number | null;
    readonly depth: number | null;
    readonly states: number;
    readonly seconds: number;
    readonly bytes: number;
    readonly workers: number;
    readonly seed: number;
    readonly schedules: number;
    readonly pctDepth: number;
    readonly exact: boolean;
    readonly liveness: boolean;
    readonly transplant: string | null;
    readonly continues: string | null;
  };
  readonly progress: {
    readonly states: number;
    readonly transitions: number;
    /** steps of the longest schedule so far */
    readonly depth: number;
    /** states that wait to be searched from */
    readonly waiting: number;
    /** in all, also before it was stopped and went on */
    readonly seconds: number;
    readonly statesPerSecond: number;
    /** how far it will go; null: it is not known yet */
    readonly estimate: {
      /** that the search would store */
      readonly states: number;
      readonly low: number;
      /** null: nothing can be said */
      readonly high: number | null;
      /** share of what was sampled that is stored; null before the search */
      readonly done: number | null;
      readonly method: "counted" | "sampled levels" | "recapture";
      readonly uncertainty: string;
    } | null;
    /** a checkpoint was written since it began or went on */
    readonly checkpointed: boolean;
  } | null;
  readonly error: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** cancel (see /jobs), or continue: another exploration with `continues` */
  readonly allowed: readonly (string)[];
  /** the verdict and what it rests on, in sentences; null until there is one */
  readonly words: readonly (string)[] | null;
  readonly result: {
    readonly verdict: "holds" | "violated" | "bound_reached";
    /** distinct states stored, the initial one included */
    readonly states: number;
    readonly transitions: number;
    /** steps of the longest schedule that was followed */
    readonly depth: number;
    readonly seconds: number;
    /** the rule that is broken */
    readonly invariant: string | null;
    readonly kind: string | null;
    /** of the counterexample; null where steps are not those of the machine */
    readonly sessionId: string | null;
    readonly boundsReached: readonly (string)[];
    /** as it was found; null in lists, and where there is none */
    readonly counterexample: {
      /** what was broken, and where */
      readonly what: string;
      readonly thread: string;
      readonly function: string;
      readonly label: string;
      /** steps */
      readonly length: number;
      /** whether a shorter one may be */
      readonly shortness: string;
      /** steps at the end that repeat for ever; 0 where it ends */
      readonly cycle: number;
      /** number of the first of them, from 1; null where it ends */
      readonly cycleStart?: number | null | undefined;
      readonly steps: readonly ({
        readonly thread: number;
        readonly name: string;
        readonly function: string;
        readonly label: string;
        readonly [name: string]: unknown;
      })[];
      readonly [name: string]: unknown;
    } | null;
    /** figures of two runs of the litmus (threads one after the other, and in turn): they never make the verdict violated; null where steps are not those of the machine */
    readonly beside?: readonly ({
      /** I37, B8, B15 */
      readonly property: string;
      readonly kind: "metric" | "budget" | "schedule";
      readonly value: number;
      /** what it should not be above; null: none is stated */
      readonly limit: number | null;
      readonly text: string;
    })[] | null | undefined;
    /** locks held at each operation; null in lists, and where steps name none */
    readonly locks: {
      readonly rows: readonly ({
        readonly function: string;
        readonly operation: string;
        readonly roles: readonly (string)[];
        readonly held: readonly (string)[];
        readonly times: number;
        readonly declared: string | null;
        readonly source: string | null;
        /** false: something else was held than is declared; null: nothing is */
        readonly agrees: boolean | null;
      })[];
      readonly differing: number;
      readonly steps: number;
    } | null;
    /** orders of conflicting operations that were seen; null as locks */
    readonly coverage: {
      /** conflicting operations of two threads that were both next */
      readonly pairs: readonly ({
        readonly object: string;
        readonly a: {
          readonly role: string;
          readonly operation: string;
        };
        readonly b: {
          readonly role: string;
          readonly operation: string;
        };
        readonly aFirst: number;
        readonly bFirst: number;
        readonly orders: "both" | "one";
      })[];
      readonly bothOrders: number;
      readonly oneOrder: number;
      /** those that never were both next, and the lock that keeps them apart */
      readonly apart: readonly ({
        readonly object: string;
        readonly a: {
          readonly role: string;
          readonly operation: string;
        };
        readonly b: {
          readonly role: string;
          readonly operation: string;
        };
        readonly keptApartBy: string | null;
      })[];
    } | null;
    /** what was left out or merged; the verdict does not depend on it */
    readonly reductions: readonly (string)[];
    readonly [name: string]: unknown;
  } | null;
};

export type ExplorationPage = {
  /** without counterexamples */
  readonly explorations: readonly ({
    /** of the job as well */
    readonly id: string;
    readonly state: "queued" | "running" | "interrupted" | "finished" | "failed" | "cancelled";
    readonly litmus: string;
    /** of a litmus of a user's own; null: a shipped one */
    readonly litmusText: string | null;
    readonly protocol: string;
    readonly parameters: {
      readonly [name: string]: number;
    };
    /** the rest of what was asked: with it another exploration asks the same */
    readonly asked: {
      readonly reductions: "none" | "all";
      readonly search: "exhaustive" | "random" | "pct";
      readonly preemptions: number | null;
      readonly depth: number | null;
      readonly states: number;
      readonly seconds: number;
      readonly bytes: number;
      readonly workers: number;
      readonly seed: number;
      readonly schedules: number;
      readonly pctDepth: number;
      readonly exact: boolean;
      readonly liveness: boolean;
      readonly transplant: string | null;
      readonly continues: string | null;
    };
    readonly progress: {
      readonly states: number;
      readonly transitions: number;
      /** steps of the longest schedule so far */
      readonly depth: number;
      /** states that wait to be searched from */
      readonly waiting: number;
      /** in all, also before it was stopped and went on */
      readonly seconds: number;
      readonly statesPerSecond: number;
      /** how far it will go; null: it is not known yet */
      readonly estimate: {
        /** that the search would store */
        readonly states: number;
        readonly low: number;
        /** null: nothing can be said */
        readonly high: number | null;
        /** share of what was sampled that is stored; null before the search */
        readonly done: number | null;
        readonly method: "counted" | "sampled levels" | "recapture";
        readonly uncertainty: string;
      } | null;
      /** a checkpoint was written since it began or went on */
      readonly checkpointed: boolean;
    } | null;
    readonly error: string | null;
    readonly createdAt: string;
    readonly updatedAt: string;
    /** cancel (see /jobs), or continue: another exploration with `continues` */
    readonly allowed: readonly (string)[];
    /** the verdict and what it rests on, in sentences; null until there is one */
    readonly words: readonly (string)[] | null;
    readonly result: {
      readonly verdict: "holds" | "violated" | "bound_reached";
      /** distinct states stored, the initial one included */
      readonly states: number;
      readonly transitions: number;
      /** steps of the longest schedule that was followed */
      readonly depth: number;
      readonly seconds: number;
      /** the rule that is broken */
      readonly invariant: string | null;
      readonly kind: string | null;
      /** of the counterexample; null where steps are not those of the machine */
      readonly sessionId: string | null;
      readonly boundsReached: readonly (string)[];
      /** as it was found; null in lists, and where there is none */
      readonly counterexample: {
        /** what was broken, and where */
        readonly what: string;
        readonly thread: string;
        readonly function: string;
        readonly label: string;
        /** steps */
        readonly length: number;
        /** whether a shorter one may be */
        readonly shortness: string;
        /** steps at the end that repeat for ever; 0 where it ends */
        readonly cycle: number;
        /** number of the first of them, from 1; null where it ends */
        readonly cycleStart?: number | null | undefined;
        readonly steps: readonly ({
          readonly thread: number;
          readonly name: string;
          readonly function: string;
          readonly label: string;
          readonly [name: string]: unknown;
        })[];
        readonly [name: string]: unknown;
      } | null;
      /** figures of two runs of the litmus (threads one after the other, and in turn): they never make the verdict violated; null where steps are not those of the machine */
      readonly beside?: readonly ({
        /** I37, B8, B15 */
        readonly property: string;
        readonly kind: "metric" | "budget" | "schedule";
        readonly value: number;
        /** what it should not be above; null: none is stated */
        readonly limit: number | null;
        readonly text: string;
      })[] | null | undefined;
      /** locks held at each operation; null in lists, and where steps name none */
      readonly locks: {
        readonly rows: readonly ({
          readonly function: string;
          readonly operation: string;
          readonly roles: readonly (string)[];
          readonly held: readonly (string)[];
          readonly times: number;
          readonly declared: string | null;
          readonly source: string | null;
          /** false: something else was held than is declared; null: nothing is */
          readonly agrees: boolean | null;
        })[];
        readonly differing: number;
        readonly steps: number;
      } | null;
      /** orders of conflicting operations that were seen; null as locks */
      readonly coverage: {
        /** conflicting operations of two threads that were both next */
        readonly pairs: readonly ({
          readonly object: string;
          readonly a: {
            readonly role: string;
            readonly operation: string;
          };
          readonly b: {
            readonly role: string;
            readonly operation: string;
          };
          readonly aFirst: number;
          readonly bFirst: number;
          readonly orders: "both" | "one";
        })[];
        readonly bothOrders: number;
        readonly oneOrder: number;
        /** those that never were both next, and the lock that keeps them apart */
        readonly apart: readonly ({
          readonly object: string;
          readonly a: {
            readonly role: string;
            readonly operation: string;
          };
          readonly b: {
            readonly role: string;
            readonly operation: string;
          };
          readonly keptApartBy: string | null;
        })[];
      } | null;
      /** what was left out or merged; the verdict does not depend on it */
      readonly reductions: readonly (string)[];
      readonly [name: string]: unknown;
    } | null;
  })[];
  readonly nextCursor: string | null;
};

export type ExplorationReport = {
  /** why, the drawing in two columns of 80 characters, the recipe */
  readonly lines: readonly (string)[];
  /** the same as data */
  readonly report: {
    /** of the smallest workload that has it: the report is about that one */
    readonly parameters: {
      readonly [name: string]: number;
    };
    /** steps */
    readonly length: number;
    /** of an endless run: the first step that repeats, from 1 */
    readonly cycleStart: number | null;
    /** position of its first event in the session, where a bookmark is; null: it ends, or leaves no event */
    readonly cyclePosition: number | null;
    readonly switches: number;
    readonly ordering: {
      readonly first: {
        readonly thread: string;
        readonly function: string;
        readonly label: string;
        /** of the schedule, from 1 */
        readonly step: number;
      };
      readonly second: {
        readonly thread: string;
        readonly function: string;
        readonly label: string;
        /** of the schedule, from 1 */
        readonly step: number;
      };
    } | null;
    readonly why: string;
    readonly drawing: readonly (string)[];
    readonly recipe: {
      readonly calls: readonly (string)[];
      readonly delays: readonly ({
        readonly thread: string;
        readonly function: string;
        readonly label: string;
        readonly until: readonly ({
          readonly thread: string;
          readonly function: string;
          readonly label: string;
          readonly waits?: true | undefined;
        })[];
      })[];
      /** what a real kernel prints then, most likely */
      readonly splat: string;
      /** the known bug that this is */
      readonly bug: string | null;
    };
    /** the same schedule, or endless run, under another protocol, where that was asked */
    readonly transplant?: {
      readonly protocol: string;
      readonly outcome: "violates" | "impossible" | "harmless";
      readonly text: string;
      /** context switches made the same way */
      readonly switches: number;
      /** of the schedule, from 1: where it stops being possible */
      readonly step: number | null;
      /** of an endless run that is one there too: the steps of one round; null: its cycle does not close */
      readonly cycle: number | null;
      /** that is broken there; livelock or starvation where the cycle closes */
      readonly rule: string | null;
      readonly [name: string]: unknown;
    } | undefined;
    readonly [name: string]: unknown;
  };
};

export type Findings = {
  readonly findings: readonly ({
    readonly position: number;
    readonly ordinal: number;
    /** differs from ordinal where events were counted together */
    readonly lastOrdinal: number;
    readonly timeNs: number;
    readonly thread: string | null;
    readonly function: string | null;
    readonly label: string | null;
    readonly type: string;
    readonly subject: {
      readonly kind: string;
      readonly number: number;
    };
    readonly values: {
      readonly [name: string]: number;
    };
    /** line of the trace that made it known, in an imported session */
    readonly line?: number | undefined;
    /** in a few words, with ?words=true */
    readonly text?: string | undefined;
    /** I1 ... */
    readonly invariant: string;
    readonly name: string;
    readonly statement: string;
  })[];
  readonly assertions: readonly ({
    readonly position: number;
    readonly ordinal: number;
    /** differs from ordinal where events were counted together */
    readonly lastOrdinal: number;
    readonly timeNs: number;
    readonly thread: string | null;
    readonly function: string | null;
    readonly label: string | null;
    readonly type: string;
    readonly subject: {
      readonly kind: string;
      readonly number: number;
    };
    readonly values: {
      readonly [name: string]: number;
    };
    /** line of the trace that made it known, in an imported session */
    readonly line?: number | undefined;
    /** in a few words, with ?words=true */
    readonly text?: string | undefined;
    /** LOCKDEP_HELD_WRITE, REFCOUNT_UNDERFLOW ... */
    readonly assertion: string;
  })[];
};

export type ImportedTrace = {
  readonly sessionId: string;
  /** of the session */
  readonly digest: string;
  /** events of the session */
  readonly stored: number;
  /** tracefs, trace_pipe, latency, function_graph, trace-cmd report, perf script, trace.dat v7 */
  readonly format: string;
  readonly packing: "none" | "gzip" | "zstd";
  /** recorded kernel whose layout it has; null: not recognised */
  readonly kernel: string | null;
  readonly layout: "recognised" | "given" | "unverified layout" | "not recognised";
  readonly kernelGiven: string | null;
  readonly uname: string | null;
  /** why the file ended before its end; null: it did not */
  readonly broken: string | null;
  /** entries that the header says and that are not in the text */
  readonly missing: number;
  readonly clock: "ns" | "ticks" | "relative" | "none";
  /** time of the first event in the trace's clock; times of the session count from it */
  readonly beginning: number;
  readonly lines: number;
  /** unpacked */
  readonly bytes: number;
  /** lines with an event about KVM */
  readonly events: number;
  /** lines of the function tracers */
  readonly calls: number;
  readonly joined: number;
  readonly quoted: number;
  readonly stackLines: number;
  /** lines that no layout reads, by reason */
  readonly malformed: {
    readonly [name: string]: number;
  };
  readonly malformedShown: readonly ({
    /** number of the line, from 1; 0: none */
    readonly line: number;
    readonly reason: string;
    readonly text: string;
  })[];
  readonly gaps: number;
  readonly gapList: readonly ({
    /** number of the line, from 1; 0: none */
    readonly line: number;
    /** damaged: a line that cannot be read, which may have been an event */
    readonly kind: "lost" | "overrun" | "kprobe misses" | "damaged";
    /** null: unknown how many */
    readonly lost: number | null;
    /** -1: on whichever */
    readonly cpu: number;
    readonly probe: string | null;
  })[];
  readonly lostEvents: number;
  /** lines of events never heard of */
  readonly unknown: number;
  readonly unknownEvents: {
    readonly [name: string]: number;
  };
  /** number of the line, from 1; 0: none */
  readonly firstUnknownLine: number;
  /** lines of known events that lack a field */
  readonly undecodable: number;
  readonly firstUndecodable: {
    /** number of the line, from 1; 0: none */
    readonly line: number;
    readonly event: string;
    readonly field: string;
  } | null;
  readonly rootAllocations: number;
  readonly vms: number;
  readonly vcpus: number;
  readonly tasks: number;
  readonly openWalks: number;
  readonly timesBackwards: number;
  /** number of the line, from 1; 0: none */
  readonly firstBackwardsLine: number;
  /** number of the line, from 1; 0: none */
  readonly otherClockLine: number;
  readonly leftOut: {
    readonly tasks: number;
    readonly vms: number;
    readonly vcpus: number;
    readonly roots: number;
    readonly tables: number;
  };
  readonly roots: {
    readonly putsCompared: number;
    readonly putsDisagree: number;
    /** number of the line, from 1; 0: none */
    readonly firstDisagreeLine: number;
    readonly putsUnexplained: number;
    readonly rootsFound: number;
    readonly freesWhileReferenced: number;
  };
  readonly churn: {
    /** roots; null: nothing in the trace shows their births */
    readonly allocations: number | null;
    /** null: the trace's clock has no seconds */
    readonly perSecond: number | null;
    /** null: the trace's clock has no seconds */
    readonly seconds: number | null;
    /** `first table`: v5.10 without probes, where only the first table below a root is announced */
    readonly shownBy: "probe" | "kvm_mmu_get_page" | "first table" | "session" | null;
    readonly causes: readonly ({
      readonly cause: "first" | "smm" | "cr0" | "cr4" | "efer" | "cpuid" | "ioctl" | "memslot" | "forced" | "unknown";
      readonly text: string;
      readonly allocations: number;
      /** null: the trace's clock has no seconds */
      readonly perSecond: number | null;
      /** SMIs, register writes, ioctls, memslot updates; null: not counted */
      readonly occasions: number | null;
    })[];
    readonly smis: number;
    /** page faults at pages that had been mapped, on roots that had to be given again */
    readonly refault: {
      readonly faults: number;
      readonly perAllocation: number | null;
      /** from those exits to the next entries */
      readonly ns: number | null;
      /** of all page faults */
      readonly share: number | null;
    };
    readonly exits: number;
    readonly faults: number;
    /** with most allocations first, at most 64 */
    readonly vcpus: readonly ({
      readonly vm: number;
      readonly vcpu: number;
      readonly pid: number;
      readonly task: string;
      readonly allocations: number;
      readonly faults: number;
      readonly exits: number;
    })[];
    /** the vCPU's last exit before it was given a root */
    readonly exitReasons: readonly ({
      readonly reason: string;
      readonly allocations: number;
    })[];
    /** for a chart */
    readonly series: {
      /** time of the first event in the trace's clock */
      readonly from: number;
      /** length of a point: ns, or ticks */
      readonly step: number;
      /** at most 240, without gaps */
      readonly points: readonly ({
        /** begin of the point, behind `from` */
        readonly at: number;
        readonly allocations: number;
        /** allocations by cause; those with none are left out */
        readonly causes: {
          readonly [name: string]: number;
        };
        readonly faults: number;
        readonly exits: number;
      })[];
    };
  };
  /** one sentence */
  readonly diagnosis: string;
  /** livelock: one instruction faults without an end, or a walk yields without getting on; thrash: most faults map again what a dropped root had mapped; idle: HLT */
  readonly progress: {
    readonly verdict: "progress" | "livelock" | "thrash" | "idle" | "unknown";
    readonly why: string;
    /** line of the trace; of a simulated session the position */
    readonly from: number;
    /** line of the trace; of a simulated session the position */
    readonly to: number;
    /** behind the first event */
    readonly fromNs: number | null;
    readonly toNs: number | null;
    /** at most 64 */
    readonly vcpus: readonly ({
      readonly vm: number;
      readonly vcpu: number;
      readonly verdict: "progress" | "livelock" | "thrash" | "idle" | "unknown";
      readonly why: string;
      /** line of the trace; of a simulated session the position */
      readonly from: number;
      /** line of the trace; of a simulated session the position */
      readonly to: number;
    })[];
  };
  /** what could not be used, in sentences with line numbers */
  readonly warnings: readonly (string)[];
};

export type Invariants = {
  readonly invariants: readonly ({
    /** I1 ... */
    readonly id: string;
    readonly number: number;
    readonly name: string;
    readonly kind: string;
    readonly statement: string;
    /** letters of the eras it applies to */
    readonly eras: string;
    /** what a run has to do for it to be evaluated */
    readonly exercise: string;
    /** meaning of a finding's `detail`, by code */
    readonly details: readonly (string)[];
    /** meaning of a finding's `seen` */
    readonly seen: string;
    /** why no run evaluates it yet */
    readonly notEvaluated: string | null;
  })[];
};

export type Job = {
  readonly id: string;
  /** what is done: replay, verification, ... */
  readonly kind: string;
  readonly state: "queued" | "running" | "interrupted" | "finished" | "failed" | "cancelled";
  /** what was asked */
  readonly request: unknown;
  /** how far it is, in the form of its kind; null before there is news */
  readonly progress: unknown;
  /** what came out, in the form of its kind; null until it is finished */
  readonly result: unknown;
  /** why it failed */
  readonly error: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** commands that the state allows */
  readonly allowed: readonly (string)[];
};

export type Ledger = {
  readonly root: number;
  /** null: no TDP MMU has listed it yet */
  readonly vm: number | null;
  readonly at: number;
  readonly address: number;
  readonly role: string;
  readonly invalid: boolean;
  readonly refcount: number;
  /** references that are out, surplus puts taken off: what refcount should be */
  readonly balance: number;
  readonly state: "live" | "lastPut" | "freed";
  readonly born: {
    readonly position: number;
    readonly ordinal: number;
    readonly timeNs: number;
    readonly thread: string;
    readonly function: string | null;
    readonly label: string | null;
    /** innermost first */
    readonly callers: readonly ({
      readonly function: string;
      readonly label: string;
    })[];
  };
  readonly invalidated: {
    readonly position: number;
    readonly ordinal: number;
    readonly timeNs: number;
    readonly thread: string;
    readonly function: string | null;
    readonly label: string | null;
    /** innermost first */
    readonly callers: readonly ({
      readonly function: string;
      readonly label: string;
    })[];
  } | null;
  readonly lastPut: {
    readonly position: number;
    readonly ordinal: number;
    readonly timeNs: number;
    readonly thread: string;
    readonly function: string | null;
    readonly label: string | null;
    /** innermost first */
    readonly callers: readonly ({
      readonly function: string;
      readonly label: string;
    })[];
  } | null;
  readonly freed: {
    readonly position: number;
    readonly ordinal: number;
    readonly timeNs: number;
    readonly thread: string;
    readonly function: string | null;
    readonly label: string | null;
    /** innermost first */
    readonly callers: readonly ({
      readonly function: string;
      readonly label: string;
    })[];
  } | null;
  /** first event that was read; 1: the whole life was */
  readonly from: number;
  readonly complete: boolean;
  readonly counts: {
    readonly taken: number;
    readonly givenBack: number;
    readonly surplusPuts: number;
  };
  readonly references: readonly ({
    readonly number: number;
    readonly holder: "vcpu" | "iterator" | "tdpMmu" | "work";
    readonly owner: string;
    readonly why: string;
    readonly state: "held" | "givenBack" | "leaked";
    readonly taken: {
      readonly position: number;
      readonly ordinal: number;
      readonly timeNs: number;
      readonly thread: string;
      readonly function: string | null;
      readonly label: string | null;
      /** innermost first */
      readonly callers: readonly ({
        readonly function: string;
        readonly label: string;
      })[];
    } | null;
    readonly moves: readonly ({
      readonly to: string;
      readonly at: {
        readonly position: number;
        readonly ordinal: number;
        readonly timeNs: number;
        readonly thread: string;
        readonly function: string | null;
        readonly label: string | null;
        /** innermost first */
        readonly callers: readonly ({
          readonly function: string;
          readonly label: string;
        })[];
      };
    })[];
    readonly givenBack: {
      readonly position: number;
      readonly ordinal: number;
      readonly timeNs: number;
      readonly thread: string;
      readonly function: string | null;
      readonly label: string | null;
      /** innermost first */
      readonly callers: readonly ({
        readonly function: string;
        readonly label: string;
      })[];
    } | null;
    readonly leaked: {
      readonly position: number;
      readonly ordinal: number;
      readonly timeNs: number;
      readonly thread: string;
      readonly function: string | null;
      readonly label: string | null;
      /** innermost first */
      readonly callers: readonly ({
        readonly function: string;
        readonly label: string;
      })[];
    } | null;
  })[];
  readonly faults: readonly ({
    readonly kind: "leak" | "surplusPut" | "missingGet" | "useAfterFree";
    /** whose put is missing or one too many; who touched what was gone */
    readonly owner: string;
    readonly what: string;
    readonly at: {
      readonly position: number;
      readonly ordinal: number;
      readonly timeNs: number;
      readonly thread: string;
      readonly function: string | null;
      readonly label: string | null;
      /** innermost first */
      readonly callers: readonly ({
        readonly function: string;
        readonly label: string;
      })[];
    };
    readonly reference: number | null;
  })[];
  readonly faultsSeen: number;
};

export type LitmusList = {
  readonly litmus: readonly ({
    readonly id: string;
    /** who does what at the same time */
    readonly title: string;
    /** what happens, and what can go wrong */
    readonly doc: string;
    /** what a search of it says nothing about; empty: nothing is said */
    readonly leftOut: string;
    /** its steps are those of the machine: a counterexample is a session and has a report */
    readonly machine: boolean;
    readonly parameters: readonly ({
      readonly name: string;
      readonly default: number;
      readonly min: number;
      readonly max: number;
      readonly doc: string;
    })[];
    /** shipped protocols that it does not take; one of a user's is as the one that it extends */
    readonly notFor: readonly ({
      readonly protocol: string;
      readonly why: string;
    })[];
    /** one column a thread: above the line what is prepared, below it what is searched */
    readonly drawing: readonly (string)[] | null;
  })[];
};

export type LiveCommand = {
  readonly command: "createVm";
  /** number of the VM */
  readonly vm?: number | undefined;
  /** depth of the TDP tables on this host */
  readonly level?: number | undefined;
  /** events of the full stream to go on for, to the end of the step that reaches them; null: to where the session waits */
  readonly events?: number | null | undefined;
} | {
  readonly command: "addVcpu";
  /** number of the VM */
  readonly vm?: number | undefined;
  /** number of the vCPU, unique over all VMs */
  readonly vcpu: number;
  /** guest MAXPHYADDR > 48: 5-level roots where the host has them */
  readonly wide?: boolean | undefined;
  /** events of the full stream to go on for, to the end of the step that reaches them; null: to where the session waits */
  readonly events?: number | null | undefined;
} | {
  readonly command: "run";
  /** number of the vCPU, unique over all VMs */
  readonly vcpu: number;
  /** what the guest does, in order */
  readonly guest: readonly ({
    readonly do: "touch";
    /** first guest frame */
    readonly gfn: number;
    /** pages touched */
    readonly pages?: number | undefined;
    /** frames from one touch to the next */
    readonly stride?: number | undefined;
    /** how the page is used; rmw reads first */
    readonly access?: "read" | "write" | "rmw" | "exec" | undefined;
  } | {
    readonly do: "writeRegisters";
    /** bits that MOV to CR flips; each at most once */
    readonly flip?: readonly ("CR0.WP" | "CR0.PG" | "CR4.PSE" | "CR4.SMEP" | "EFER.NX" | "guest_mode")[] | undefined;
  } | {
    readonly do: "movDr";
  } | {
    readonly do: "out";
    /** port; 178 (0xb2) asks for an SMI */
    readonly port: number;
  } | {
    readonly do: "cpuid";
  } | {
    readonly do: "compute";
    /** guest time, ns */
    readonly ns: number;
  })[];
  /** how often the actions are done */
  readonly repeat?: number | undefined;
  /** user space answers OUT to port 0xb2 with KVM_SMI */
  readonly smiOnPort?: boolean | undefined;
  /** events of the full stream to go on for, to the end of the step that reaches them; null: to where the session waits */
  readonly events?: number | null | undefined;
} | {
  readonly command: "touch";
  /** number of the vCPU, unique over all VMs */
  readonly vcpu: number;
  /** first guest frame */
  readonly gfn: number;
  /** pages touched */
  readonly pages?: number | undefined;
  /** frames from one touch to the next */
  readonly stride?: number | undefined;
  /** how the page is used; rmw reads first */
  readonly access?: "read" | "write" | "rmw" | "exec" | undefined;
  /** events of the full stream to go on for, to the end of the step that reaches them; null: to where the session waits */
  readonly events?: number | null | undefined;
} | {
  readonly command: "smi";
  /** number of the vCPU, unique over all VMs */
  readonly vcpu: number;
  /** from the host thread */
  readonly asynchronous?: boolean | undefined;
  /** events of the full stream to go on for, to the end of the step that reaches them; null: to where the session waits */
  readonly events?: number | null | undefined;
} | {
  readonly command: "resetContext";
  /** number of the vCPU, unique over all VMs */
  readonly vcpu: number;
  /** events of the full stream to go on for, to the end of the step that reaches them; null: to where the session waits */
  readonly events?: number | null | undefined;
} | {
  readonly command: "setRegisters";
  /** number of the vCPU, unique over all VMs */
  readonly vcpu: number;
  /** bits that change; each at most once */
  readonly flip?: readonly ("CR0.WP" | "CR0.PG" | "CR4.PSE" | "CR4.SMEP" | "EFER.NX" | "guest_mode")[] | undefined;
  /** KVM_SET_SREGS, or the guest itself */
  readonly by?: "userspace" | "guest" | undefined;
  /** events of the full stream to go on for, to the end of the step that reaches them; null: to where the session waits */
  readonly events?: number | null | undefined;
} | {
  readonly command: "addMemslot";
  /** number of the VM */
  readonly vm?: number | undefined;
  /** address space: 0 normal, 1 SMM */
  readonly asId?: number | undefined;
  /** number of the memslot in its address space */
  readonly slot: number;
  /** first guest frame */
  readonly baseGfn: number;
  /** pages */
  readonly pages: number;
  /** first page of the process */
  readonly hvaPage: number;
  /** KVM_MEM_READONLY */
  readonly readonly?: boolean | undefined;
  /** KVM_MEM_LOG_DIRTY_PAGES */
  readonly logDirtyPages?: boolean | undefined;
  /** the memory is backed by transparent huge pages */
  readonly huge?: boolean | undefined;
  /** events of the full stream to go on for, to the end of the step that reaches them; null: to where the session waits */
  readonly events?: number | null | undefined;
} | {
  readonly command: "deleteMemslot";
  /** number of the VM */
  readonly vm?: number | undefined;
  /** address space: 0 normal, 1 SMM */
  readonly asId?: number | undefined;
  /** number of the memslot in its address space */
  readonly slot: number;
  /** events of the full stream to go on for, to the end of the step that reaches them; null: to where the session waits */
  readonly events?: number | null | undefined;
} | {
  readonly command: "moveMemslot";
  /** number of the VM */
  readonly vm?: number | undefined;
  /** address space: 0 normal, 1 SMM */
  readonly asId?: number | undefined;
  /** number of the memslot in its address space */
  readonly slot: number;
  /** first guest frame */
  readonly baseGfn: number;
  /** events of the full stream to go on for, to the end of the step that reaches them; null: to where the session waits */
  readonly events?: number | null | undefined;
} | {
  readonly command: "setDirtyLogging";
  /** number of the VM */
  readonly vm?: number | undefined;
  /** address space: 0 normal, 1 SMM */
  readonly asId?: number | undefined;
  /** number of the memslot in its address space */
  readonly slot: number;
  /** log dirty pages */
  readonly on?: boolean | undefined;
  /** events of the full stream to go on for, to the end of the step that reaches them; null: to where the session waits */
  readonly events?: number | null | undefined;
} | {
  readonly command: "getDirtyLog";
  /** number of the VM */
  readonly vm?: number | undefined;
  /** address space: 0 normal, 1 SMM */
  readonly asId?: number | undefined;
  /** number of the memslot in its address space */
  readonly slot: number;
  /** events of the full stream to go on for, to the end of the step that reaches them; null: to where the session waits */
  readonly events?: number | null | undefined;
} | {
  readonly command: "clearDirtyLog";
  /** number of the VM */
  readonly vm?: number | undefined;
  /** address space: 0 normal, 1 SMM */
  readonly asId?: number | undefined;
  /** number of the memslot in its address space */
  readonly slot: number;
  /** first page of the slot */
  readonly firstPage?: number | undefined;
  /** pages */
  readonly pages: number;
  /** events of the full stream to go on for, to the end of the step that reaches them; null: to where the session waits */
  readonly events?: number | null | undefined;
} | {
  readonly command: "hostWrite";
  /** first page of the process */
  readonly hvaPage: number;
  /** pages */
  readonly pages: number;
  /** events of the full stream to go on for, to the end of the step that reaches them; null: to where the session waits */
  readonly events?: number | null | undefined;
} | {
  readonly command: "hostUnmap";
  /** first page of the process */
  readonly hvaPage: number;
  /** pages */
  readonly pages: number;
  /** events of the full stream to go on for, to the end of the step that reaches them; null: to where the session waits */
  readonly events?: number | null | undefined;
} | {
  readonly command: "hostProtect";
  /** first page of the process */
  readonly hvaPage: number;
  /** pages */
  readonly pages: number;
  /** PROT_READ only */
  readonly readonly?: boolean | undefined;
  /** events of the full stream to go on for, to the end of the step that reaches them; null: to where the session waits */
  readonly events?: number | null | undefined;
} | {
  readonly command: "hostFork";
  /** first page of the process */
  readonly hvaPage: number;
  /** pages */
  readonly pages: number;
  /** events of the full stream to go on for, to the end of the step that reaches them; null: to where the session waits */
  readonly events?: number | null | undefined;
} | {
  readonly command: "hostChildExit";
  /** first page of the process */
  readonly hvaPage: number;
  /** pages */
  readonly pages: number;
  /** events of the full stream to go on for, to the end of the step that reaches them; null: to where the session waits */
  readonly events?: number | null | undefined;
} | {
  readonly command: "hostCollapse";
  /** first page of the process */
  readonly hvaPage: number;
  /** pages */
  readonly pages: number;
  /** events of the full stream to go on for, to the end of the step that reaches them; null: to where the session waits */
  readonly events?: number | null | undefined;
} | {
  readonly command: "hostAge";
  /** first page of the process */
  readonly hvaPage: number;
  /** pages */
  readonly pages: number;
  /** events of the full stream to go on for, to the end of the step that reaches them; null: to where the session waits */
  readonly events?: number | null | undefined;
} | {
  readonly command: "closeVcpu";
  /** number of the vCPU, unique over all VMs */
  readonly vcpu: number;
  /** events of the full stream to go on for, to the end of the step that reaches them; null: to where the session waits */
  readonly events?: number | null | undefined;
} | {
  readonly command: "destroyVm";
  /** number of the VM */
  readonly vm?: number | undefined;
  /** the address space goes first, as when the process is killed */
  readonly mmFirst?: boolean | undefined;
  /** events of the full stream to go on for, to the end of the step that reaches them; null: to where the session waits */
  readonly events?: number | null | undefined;
} | {
  readonly command: "end";
  /** events of the full stream to go on for, to the end of the step that reaches them; null: to where the session waits */
  readonly events?: number | null | undefined;
};

export type NewCatalogueRun = {
  /** number of the bug, such as B13; B0 is B0-on-EPT-violation too */
  readonly bug?: string | undefined;
  /** cells of this protocol only; or a protocol of the server's folder: all bugs are looked for in it */
  readonly protocol?: string | undefined;
  /** counterexamples become sessions */
  readonly store?: boolean | undefined;
  /** rows side by side; default: the cores but one */
  readonly workers?: number | undefined;
};

export type NewExploration = {
  readonly litmus: string | {
    /** a litmus of your own; GET /litmus has the text of each shipped one to begin with */
    readonly text: string;
    /** of the text, as sessions have it: refused where it is another one */
    readonly digest?: string | undefined;
  };
  /** id of a protocol or profile, see /protocols */
  readonly protocol: string;
  /** parameters of the litmus that differ from their defaults */
  readonly parameters?: {
    readonly [name: string]: number;
  } | undefined;
  /** partial order and symmetry */
  readonly reductions?: "none" | "all" | undefined;
  /** every schedule, or samples */
  readonly search?: "exhaustive" | "random" | "pct" | undefined;
  /** only schedules that leave a thread which could go on so many times */
  readonly preemptions?: number | undefined;
  /** only schedules of so many steps */
  readonly depth?: number | undefined;
  /** ends at so many distinct states */
  readonly states?: number | undefined;
  readonly seconds?: number | undefined;
  /** ends before visited states and the stack of the search take more */
  readonly bytes?: number | undefined;
  /** threads; default: the cores but one */
  readonly workers?: number | undefined;
  /** of a random or PCT search */
  readonly seed?: number | undefined;
  /** that a random or PCT search tries */
  readonly schedules?: number | undefined;
  readonly pctDepth?: number | undefined;
  /** whole states instead of 64 bits of each; on one thread */
  readonly exact?: boolean | undefined;
  /** look for livelock and starvation too, without reductions */
  readonly liveness?: boolean | undefined;
  /** protocol under which the schedule of a counterexample, an endless run too, is tried as well */
  readonly transplant?: string | undefined;
  /** goes on where this one, cancelled or interrupted, was stopped; all else must be equal */
  readonly continues?: string | undefined;
};

export type NewRelaxation = {
  /** id of a protocol or profile, or of one in the server's folder, see /protocols */
  readonly protocol: string;
  /** this rule only */
  readonly rule?: string | undefined;
  /** litmus to search; default: all that are small enough */
  readonly litmus?: readonly (string | {
    /** a litmus of your own; GET /litmus has the text of each shipped one to begin with */
    readonly text: string;
    /** of the text, as sessions have it: refused where it is another one */
    readonly digest?: string | undefined;
  })[] | undefined;
  /** counterexamples become sessions */
  readonly store?: boolean | undefined;
  /** rules side by side; default: the cores but one */
  readonly workers?: number | undefined;
};

export type Note = {
  readonly id: string;
  readonly sessionId: string;
  readonly position: number;
  readonly kind: "note" | "bookmark";
  readonly text: string;
  readonly createdAt: string;
  readonly updatedAt: string;
};

export type Notes = {
  readonly notes: readonly ({
    readonly id: string;
    readonly sessionId: string;
    readonly position: number;
    readonly kind: "note" | "bookmark";
    readonly text: string;
    readonly createdAt: string;
    readonly updatedAt: string;
  })[];
};

export type Procedure = {
  readonly function: string;
  /** C file, from the top of the Linux tree */
  readonly file: string;
  /** kernel version or commit that has this form first */
  readonly since: string;
  /** what of the C function is not modelled */
  readonly leftOut: string;
  readonly steps: readonly ({
    readonly label: string;
    /** the visible operation; empty: a place that a call returns to */
    readonly asks: string;
    /** labels that it may go on at, `call NAME`, `return` */
    readonly next: readonly (string)[];
  })[];
};

export type ProtocolDiff = {
  readonly from: {
    readonly id: string;
    readonly source: string;
  };
  readonly to: {
    readonly id: string;
    readonly source: string;
  };
  readonly functions: readonly ({
    readonly function: string;
    readonly file: string;
    /** version or commit of its form; null: it is not there */
    readonly before: string | null;
    readonly after: string | null;
    readonly labelsBefore: readonly (string)[];
    readonly labelsAfter: readonly (string)[];
  })[];
  readonly rules: readonly ({
    readonly rule: string;
    readonly before: string;
    readonly after: string;
  })[];
  readonly constants: readonly ({
    readonly name: string;
    readonly before: number | null;
    readonly after: number | null;
  })[];
};

export type Protocols = {
  readonly protocols: readonly ({
    readonly id: string;
    /** user: from the folder of ROOTLINE_PROTOCOLS */
    readonly origin: "shipped" | "user";
    readonly title: string;
    /** commit or mail that the rules are taken from */
    readonly source: string;
    /** protocol that this one extends */
    readonly base: string | null;
    /** C functions that it replaces in its base */
    readonly replaced: readonly (string)[];
    readonly functions: readonly (string)[];
    readonly rules: {
      readonly [name: string]: unknown;
    };
    readonly constants: {
      readonly [name: string]: number;
    };
    /** digest of the linked procedures; empty where the file is at fault */
    readonly digest: string;
    /** a user's file */
    readonly file: {
      readonly name: string;
      /** SHA-256 of its text */
      readonly digest: string;
    } | null;
    /** what is wrong with a user's file: no session can be made under it */
    readonly fault: string | null;
  })[];
};

export type Relaxation = {
  /** of the job as well */
  readonly id: string;
  readonly state: "queued" | "running" | "interrupted" | "finished" | "failed" | "cancelled";
  readonly protocol: string;
  readonly rule: string | null;
  readonly progress: {
    readonly done: number;
    /** litmus and rules */
    readonly of: number;
  } | null;
  readonly counts: {
    readonly needed: number;
    readonly not_needed_in: number;
    readonly bound_reached: number;
    readonly not_applicable: number;
  } | null;
  readonly seconds: number | null;
  readonly error: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** cancel (see /jobs) */
  readonly allowed: readonly (string)[];
  readonly rows: readonly ({
    readonly rule: string;
    readonly kind: "lock" | "rcu" | "flush" | "get" | "order" | "check";
    readonly statement: string;
    /** real bugs that were this rule */
    readonly bugs: readonly (string)[];
    /** steps that keep it in this protocol */
    readonly places: readonly ({
      readonly function: string;
      readonly labels: readonly (string)[];
    })[];
    /** not_needed_in: nothing breaks in the litmus of heldIn; of others nothing is said */
    readonly answer: "needed" | "not_needed_in" | "bound_reached" | "not_applicable";
    /** why it is not applicable */
    readonly reason: string | null;
    /** of the counterexample */
    readonly litmus: string | null;
    /** what breaks first */
    readonly invariant: string | null;
    readonly what: string | null;
    /** of the counterexample */
    readonly steps: number | null;
    /** which two steps had to be ordered */
    readonly why: string | null;
    /** of the counterexample; it replays */
    readonly sessionId: string | null;
    /** searched to the end */
    readonly heldIn: readonly ({
      readonly litmus: string;
      readonly states: number;
    })[];
    /** a bound came first */
    readonly boundIn: readonly (string)[];
    /** nothing was found with reductions that rest on the rules; without them it is too large */
    readonly unconfirmedIn: readonly (string)[];
    /** no step of the rule is taken there */
    readonly notTakenIn: readonly (string)[];
    /** not asked, because it says no more than the rule */
    readonly restates: readonly (string)[];
    readonly states: number;
    readonly seconds: number;
  })[] | null;
  readonly litmus: readonly ({
    readonly litmus: string;
    /** why no rule is looked for in it */
    readonly leftOut: string | null;
    /** what the protocol breaks there with all its rules: not asked */
    readonly brokenAnyway: readonly (string)[];
  })[] | null;
};

export type RelaxationPage = {
  /** without rows */
  readonly relaxations: readonly ({
    /** of the job as well */
    readonly id: string;
    readonly state: "queued" | "running" | "interrupted" | "finished" | "failed" | "cancelled";
    readonly protocol: string;
    readonly rule: string | null;
    readonly progress: {
      readonly done: number;
      /** litmus and rules */
      readonly of: number;
    } | null;
    readonly counts: {
      readonly needed: number;
      readonly not_needed_in: number;
      readonly bound_reached: number;
      readonly not_applicable: number;
    } | null;
    readonly seconds: number | null;
    readonly error: string | null;
    readonly createdAt: string;
    readonly updatedAt: string;
    /** cancel (see /jobs) */
    readonly allowed: readonly (string)[];
  })[];
  readonly nextCursor: string | null;
};

export type Scenarios = {
  readonly scenarios: readonly ({
    readonly id: string;
    readonly title: string;
    readonly doc: string;
    readonly parameters: readonly ({
      readonly name: string;
      readonly default: number;
      readonly min: number;
      readonly max: number;
      readonly unit: string;
      readonly doc: string;
      /** names of the values min to max, where they have names */
      readonly words: readonly (string)[] | null;
    })[];
  })[];
};

export type Scene = {
  readonly from: number;
  readonly to: number;
  /** by position; threads have clocks of their own, so it may go back */
  readonly timeNs: readonly (number)[];
  readonly functions: readonly (string)[];
  readonly types: readonly (string)[];
  /** by position */
  readonly threadOf: readonly (number)[];
  /** by position: index in types */
  readonly typeOf: readonly (number)[];
  readonly threads: readonly ({
    readonly thread: number;
    readonly name: string;
    /** function (index in functions), depth, from, to (the first position behind it), one after the other */
    readonly slices: readonly (number)[];
    /** lock, mode (1 read, 2 write), from, to, one after the other */
    readonly waits: readonly (number)[];
    /** 0 guest, 1 guest in SMM, 2 host for SMM; from, to, one after the other */
    readonly modes: readonly (number)[];
  })[];
  readonly roots: readonly ({
    readonly root: number;
    readonly address: number | null;
    /** that lists it; null: not known here */
    readonly vm: number | null;
    readonly role: string;
    readonly smm: boolean;
    readonly events: number;
    /** 0 valid, 1 invalid, 2 being zapped, 3 waiting for RCU, 4 gone; from, to, one after the other */
    readonly states: readonly (number)[];
    /** position, refcount from there on (-1: unknown), one after the other */
    readonly counts: readonly (number)[];
    readonly born: number | null;
    readonly freed: number | null;
    /** positions at which its page was touched after it was freed */
    readonly touched: readonly (number)[];
  })[];
  /** roots that are not listed: those with fewer events */
  readonly omittedRoots: number;
  readonly locks: readonly ({
    readonly lock: number;
    readonly name: string;
    /** thread, mode, from, to, one after the other */
    readonly holds: readonly (number)[];
    /** thread, mode, from, to, one after the other */
    readonly waits: readonly (number)[];
  })[];
  /** of an imported trace, events that no line shows: position, index in reasons, one after the other */
  readonly inferred: readonly (number)[];
  readonly reasons: readonly (string)[];
  /** of memslots */
  readonly updates: readonly ({
    readonly position: number;
    readonly what: "added" | "invalidated" | "deleted" | "moved" | "flags changed";
    readonly vm: number;
    /** address space: 1 in SMM */
    readonly asId: number;
    readonly slot: number;
    readonly thread: string;
    readonly function: string | null;
  })[];
  readonly arrowKinds: readonly (string)[];
  /** index in arrowKinds, from, to, one after the other */
  readonly arrows: readonly (number)[];
};

export type Session = {
  readonly id: string;
  readonly kind: "simulated" | "forked" | "explored" | "imported";
  readonly state: "queued" | "running" | "paused" | "waiting" | "interrupted" | "finished" | "failed" | "cancelled";
  readonly name: string | null;
  readonly scenario: string;
  readonly protocol: string;
  readonly seed: number;
  readonly scheduler: string;
  readonly recording: string;
  readonly parent: {
    readonly sessionId: string;
    readonly position: number;
  } | null;
  readonly outcome: "completed" | "booted" | "no_forward_progress" | "limit_reached" | "failed" | null;
  readonly detail: {
    readonly limit?: string | undefined;
    readonly message?: string | undefined;
    /** the user's protocol was at fault: what it did, in which file, procedure and label */
    readonly protocolFault?: {
      readonly kind: "form" | "threw" | "forbidden" | "step" | "time" | "memory";
      readonly file: string;
      readonly at: string;
    } | undefined;
    readonly stuckAt?: {
      readonly phase: string;
      readonly exit: string;
      readonly function: string;
      readonly label: string;
      readonly loop: readonly (string)[];
    } | undefined;
  } | null;
  /** events of the full stream */
  readonly events: number;
  /** rows kept */
  readonly stored: number;
  /** session digest, the same at both recording levels */
  readonly digest: string | null;
  /** digest over every event */
  readonly fullDigest: string | null;
  readonly steps: number;
  /** virtual time */
  readonly timeNs: number;
  readonly rootAllocations: number;
  /** breaches of invariants, counted */
  readonly findings: number;
  /** virtual ns */
  readonly milestones: {
    readonly [name: string]: number;
  };
  readonly counts: {
    readonly [name: string]: number;
  };
  readonly createdAt: string;
  readonly updatedAt: string;
  /** fork points in its past, oldest first */
  readonly forks: readonly ({
    /** the session that was forked; it may be gone */
    readonly sessionId: string;
    /** as it was asked for */
    readonly at: number;
    /** last position that is shared */
    readonly position: number;
    /** steps of the run before the fork point */
    readonly steps: number;
    /** in words */
    readonly difference: string;
    /** set where the fork runs again from the start, under another protocol: it shares no row */
    readonly again: {
      /** steps that were taken as in the parent */
      readonly followed: number;
      /** steps of the parent up to its fork point */
      readonly of: number;
      /** why no more were; null: all were */
      readonly stopped: string | null;
    } | null;
    /** only what differs, resolved */
    readonly changes: {
      readonly [name: string]: unknown;
    };
  })[];
  /** why it is in this state */
  readonly reason: string | null;
  readonly note: string | null;
  readonly parameters: {
    readonly [name: string]: number | string | boolean;
  };
  readonly costs: {
    readonly [name: string]: number;
  };
  readonly limits: {
    readonly [name: string]: number;
  };
  readonly invariants: boolean;
  readonly engine: string;
  readonly protocolDigest: string;
  /** a protocol that a user brought: this text runs, whatever becomes of its file */
  readonly userProtocol: {
    readonly file: string;
    /** SHA-256 of the text */
    readonly digest: string;
    readonly text: string;
  } | null;
  /** a litmus that a user wrote: this text runs, whatever becomes of its file */
  readonly userLitmus: {
    readonly text: string;
    readonly digest: string;
  } | null;
  readonly eventSchema: number;
  readonly storedBytes: number;
  /** what became of each invariant; null until the run has ended */
  readonly verdicts: readonly ({
    readonly invariant: string;
    readonly name: string;
    readonly verdict: "holds" | "violated" | "not evaluated" | "does not apply";
    readonly checks: number;
    readonly violations: number;
    readonly reason: string | null;
  })[] | null;
  /** commands that the state allows */
  readonly allowed: readonly (string)[];
};

export type SessionPage = {
  readonly sessions: readonly ({
    readonly id: string;
    readonly kind: "simulated" | "forked" | "explored" | "imported";
    readonly state: "queued" | "running" | "paused" | "waiting" | "interrupted" | "finished" | "failed" | "cancelled";
    readonly name: string | null;
    readonly scenario: string;
    readonly protocol: string;
    readonly seed: number;
    readonly scheduler: string;
    readonly recording: string;
    readonly parent: {
      readonly sessionId: string;
      readonly position: number;
    } | null;
    readonly outcome: "completed" | "booted" | "no_forward_progress" | "limit_reached" | "failed" | null;
    readonly detail: {
      readonly limit?: string | undefined;
      readonly message?: string | undefined;
      /** the user's protocol was at fault: what it did, in which file, procedure and label */
      readonly protocolFault?: {
        readonly kind: "form" | "threw" | "forbidden" | "step" | "time" | "memory";
        readonly file: string;
        readonly at: string;
      } | undefined;
      readonly stuckAt?: {
        readonly phase: string;
        readonly exit: string;
        readonly function: string;
        readonly label: string;
        readonly loop: readonly (string)[];
      } | undefined;
    } | null;
    /** events of the full stream */
    readonly events: number;
    /** rows kept */
    readonly stored: number;
    /** session digest, the same at both recording levels */
    readonly digest: string | null;
    /** digest over every event */
    readonly fullDigest: string | null;
    readonly steps: number;
    /** virtual time */
    readonly timeNs: number;
    readonly rootAllocations: number;
    /** breaches of invariants, counted */
    readonly findings: number;
    /** virtual ns */
    readonly milestones: {
      readonly [name: string]: number;
    };
    readonly counts: {
      readonly [name: string]: number;
    };
    readonly createdAt: string;
    readonly updatedAt: string;
  })[];
  readonly nextCursor: string | null;
};

export type SessionTree = {
  readonly root: string;
  /** each behind its parent, forks of one session from its oldest */
  readonly nodes: readonly ({
    readonly id: string;
    /** 0: the root */
    readonly depth: number;
    readonly parent: string | null;
    /** the session is gone; forks of it are there */
    readonly deleted: boolean;
    /** the edge to its parent */
    readonly fork: {
      /** the session that was forked; it may be gone */
      readonly sessionId: string;
      /** as it was asked for */
      readonly at: number;
      /** last position that is shared */
      readonly position: number;
      /** steps of the run before the fork point */
      readonly steps: number;
      /** in words */
      readonly difference: string;
      /** set where the fork runs again from the start, under another protocol: it shares no row */
      readonly again: {
        /** steps that were taken as in the parent */
        readonly followed: number;
        /** steps of the parent up to its fork point */
        readonly of: number;
        /** why no more were; null: all were */
        readonly stopped: string | null;
      } | null;
      /** only what differs, resolved */
      readonly changes: {
        readonly [name: string]: unknown;
      };
    } | null;
    readonly kind: "simulated" | "forked" | "explored" | "imported" | null;
    readonly state: "queued" | "running" | "paused" | "waiting" | "interrupted" | "finished" | "failed" | "cancelled" | null;
    readonly name: string | null;
    readonly protocol: string | null;
    readonly outcome: string | null;
    readonly events: number | null;
    readonly findings: number | null;
    readonly digest: string | null;
  })[];
  /** false: the tree has more sessions than MAX_TREE_SESSIONS */
  readonly complete: boolean;
};

export type Sought = {
  readonly found: boolean;
  /** where it stopped: the state right after this event */
  readonly position: number | null;
  /** events that were looked at */
  readonly looked: number;
  /** `from` of a call that goes on; null: everything was looked at */
  readonly next: number | null;
  readonly event: {
    readonly position: number;
    readonly ordinal: number;
    /** differs from ordinal where events were counted together */
    readonly lastOrdinal: number;
    readonly timeNs: number;
    readonly thread: string | null;
    readonly function: string | null;
    readonly label: string | null;
    readonly type: string;
    readonly subject: {
      readonly kind: string;
      readonly number: number;
    };
    readonly values: {
      readonly [name: string]: number;
    };
    /** line of the trace that made it known, in an imported session */
    readonly line?: number | undefined;
    /** in a few words, with ?words=true */
    readonly text?: string | undefined;
  } | null;
};

export type Started = {
  readonly sessions: readonly (string)[];
};

export type State = {
  /** stored position that this is the state at */
  readonly position: number;
  readonly ordinal: number;
  readonly timeNs: number;
  readonly recording: "full" | "lifecycle";
  /** time booked so far: guest (L2), host kernel (L1), outer hypervisor (L0) */
  readonly clocks: {
    readonly guestNs: number;
    readonly hostNs: number;
    readonly outerNs: number;
  } | "notRecorded";
  readonly vms: readonly ({
    readonly vm: number;
    readonly state: string;
    readonly usersCount: number;
    readonly createdVcpus: number;
    readonly bugged: boolean;
    readonly mmuValidGen: number;
    /** roots on tdp_mmu_roots */
    readonly roots: number;
    readonly workqueue: {
      readonly exists: boolean;
      readonly pending: number;
      readonly running: number;
    };
    readonly memslots: readonly ({
      readonly slot: number;
      readonly asId: number;
      readonly state: string;
      readonly baseGfn: number;
      readonly pages: number;
      readonly hvaPage: number;
      readonly flags: readonly (string)[];
    })[];
    readonly tdpMmuPages: number | "notRecorded";
    readonly mmuInvalidateSeq: number | "notRecorded";
    readonly mmuInvalidateInProgress: number | "notRecorded";
  })[];
  readonly vcpus: readonly ({
    readonly vcpu: number;
    readonly vm: number;
    readonly index: number;
    readonly state: string;
    readonly cpuState: readonly (string)[];
    readonly role: {
      readonly word: number;
      /** 4-level, 4-level SMM, 5-level guest_mode ... */
      readonly text: string;
      readonly level: number;
      readonly smm: boolean;
      readonly guestMode: boolean;
      readonly direct: boolean;
      readonly invalid: boolean;
      readonly mirror: boolean;
      /** address space: 1 in SMM */
      readonly asId: number;
    } | null;
    readonly root: {
      /** -1: unknown, in an imported trace */
      readonly address: number;
      /** null: the page is no root any more */
      readonly root: number | null;
    } | null;
    readonly prevRoots: readonly ({
      /** -1: unknown, in an imported trace */
      readonly address: number;
      /** null: the page is no root any more */
      readonly root: number | null;
    } | null)[];
    /** mirror_root_hpa, of a VM with external page tables */
    readonly mirrorRoot: {
      /** -1: unknown, in an imported trace */
      readonly address: number;
      /** null: the page is no root any more */
      readonly root: number | null;
    } | null;
    readonly mode: string | "notRecorded";
    readonly requests: readonly (string)[] | "notRecorded";
    readonly pendingSmi: number | "notRecorded";
  })[];
  readonly roots: readonly ({
    /** number by birth */
    readonly root: number;
    readonly vm: number;
    /** page of its table */
    readonly address: number;
    readonly role: {
      readonly word: number;
      /** 4-level, 4-level SMM, 5-level guest_mode ... */
      readonly text: string;
      readonly level: number;
      readonly smm: boolean;
      readonly guestMode: boolean;
      readonly direct: boolean;
      readonly invalid: boolean;
      readonly mirror: boolean;
      /** address space: 1 in SMM */
      readonly asId: number;
    };
    /** -1: unknown, in an imported trace */
    readonly refcount: number;
    readonly holders: {
      readonly vcpu: number;
      readonly iterator: number;
      readonly tdpMmu: number;
      readonly work: number;
    };
    /** vCPU slots that name it */
    readonly namedBy: readonly (string)[];
    readonly listed: boolean;
    readonly zapScheduled: boolean;
    readonly zapsUnderWay: number;
    readonly work: string;
    readonly waitsForRcu: boolean;
    readonly presentSptes: number | "notRecorded";
    /** its page tables by level, its own included */
    readonly tables: readonly ({
      readonly level: number;
      readonly tables: number;
      readonly presentSptes: number;
    })[] | "notRecorded";
  })[];
  readonly locks: readonly ({
    readonly vm: number;
    readonly lock: string;
    /** thread that holds it for write */
    readonly writer: number | null;
    readonly readers: number;
    readonly readingThreads: readonly (number)[] | null;
    readonly waiting: readonly ({
      readonly thread: number;
      readonly mode: string;
    })[];
  })[] | "notRecorded";
  readonly rcu: {
    readonly gracePeriod: {
      readonly active: boolean;
      /** read sections it waits for */
      readonly blockers: number;
    };
    readonly readers: readonly ({
      readonly thread: number;
      readonly nesting: number;
      readonly blocksGracePeriod: boolean;
    })[];
    readonly callbacks: {
      /** wait for a grace period that has not begun */
      readonly next: number;
      readonly current: number;
      /** may run */
      readonly done: number;
      readonly first: readonly ({
        readonly address: number;
        readonly kind: "root" | "table";
        readonly root: number | null;
      })[];
    };
    readonly srcu: readonly ({
      readonly vm: number;
      readonly blockers: number;
      readonly synchronizingThread: number | null;
    })[];
  } | "notRecorded";
  readonly tlbs: readonly ({
    readonly vcpu: number;
    readonly tags: readonly ({
      /** root address, all that the hardware knows */
      readonly address: number;
      /** root that stands there now */
      readonly root: number | null;
      readonly leaf: number;
      readonly pagingStructure: number;
      readonly outerShadow: number;
    })[];
  })[] | "notRecorded";
  readonly workItems: readonly ({
    readonly vm: number;
    readonly root: number;
    readonly state: "queued" | "running";
    readonly thread: number | null;
    /** a flush waits for it */
    readonly flushed: boolean;
  })[];
  readonly threads: readonly ({
    readonly thread: number;
    readonly name: string;
    /** its last stored event */
    readonly lastEvent: {
      readonly position: number;
      readonly timeNs: number;
    } | null;
    /** where that event happened, innermost first */
    readonly stack: readonly ({
      readonly function: string;
      readonly label: string;
    })[] | "notRecorded";
    readonly holds: readonly ({
      readonly lock: string;
      readonly mode: string;
    })[] | "notRecorded";
    readonly waitsFor: string | null | "notRecorded";
    readonly rcuNesting: number | "notRecorded";
    readonly srcuVm: number | null | "notRecorded";
    readonly ended: boolean | "notRecorded";
  })[];
};

export type StepSession = {
  /** events of the full stream to go on for, to the end of the step that reaches them; null: to where the session waits */
  readonly events?: number | null | undefined;
};

export type Timeline = {
  /** the range, widened to whole buckets */
  readonly from: number;
  readonly to: number;
  readonly rowsPerBucket: number;
  /** what it was summed up from */
  readonly source: "rows" | "fine" | "coarse";
  readonly buckets: readonly ({
    readonly from: number;
    readonly to: number;
    readonly fromTimeNs: number;
    readonly toTimeNs: number;
    readonly events: number;
    /** of memslots */
    readonly updates: number;
  })[];
  readonly lanes: readonly ({
    readonly kind: "thread" | "root" | "lock";
    readonly number: number;
    readonly name: string;
    readonly events: number;
    readonly first: number;
    readonly last: number;
    /** of a root; between two cells it stays as the first of them says */
    readonly root: {
      /** that lists it */
      readonly vm: number | null;
      readonly role: string | null;
      readonly smm: boolean;
      /** before the range: 0 valid, 1 invalid, 2 being zapped, 3 waiting for RCU, 4 gone */
      readonly state: number;
      /** references before the range; -1: unknown */
      readonly count: number;
      /** position in the range */
      readonly born: number | null;
      /** position in the range */
      readonly freed: number | null;
    } | null;
    readonly cells: readonly ({
      /** index in buckets */
      readonly bucket: number;
      readonly events: number;
      readonly first: number;
      readonly last: number;
      readonly counts: {
        readonly [name: string]: number;
      };
      /** of a root; null: the session was stored by a build that did not keep it */
      readonly life: readonly (number)[] | null;
      /** of a thread; null: not recorded */
      readonly time: readonly (number)[] | null;
    })[];
  })[];
  /** lanes that are not listed: the less busy ones */
  readonly omittedLanes: number;
  /** of memslots; null: too many, the buckets count them */
  readonly updates: readonly ({
    readonly position: number;
    readonly what: "added" | "invalidated" | "deleted" | "moved" | "flags changed";
    readonly vm: number;
    /** address space: 1 in SMM */
    readonly asId: number;
    readonly slot: number;
    readonly thread: string;
    readonly function: string | null;
  })[] | null;
  readonly arrowKinds: readonly (string)[];
  /** index in arrowKinds, from, to, thread there, thread here: those that can be told apart, one after the other */
  readonly arrows: readonly (number)[];
};

export type TraceLines = {
  readonly lines: readonly ({
    readonly line: number;
    readonly kind: "event" | "call" | "lost" | "malformed";
    readonly cpu: number | null;
    readonly pid: number | null;
    readonly task: string | null;
    /** on the trace's own clock */
    readonly time: number | null;
    /** event, or function of a call */
    readonly name: string;
    /** the rest of the line */
    readonly text: string;
    /** first event of the session that it made; null: none */
    readonly position: number | null;
  })[];
};

export interface Operations {
  /** List sessions, newest first */
  readonly Sessions_list: {
    readonly method: 'GET';
    readonly path: '/api/v1/sessions';
    readonly query: 'limit' | 'cursor' | 'state' | 'kind' | 'scenario' | 'protocol' | 'parent';
    readonly body: undefined;
    readonly answer: SessionPage;
  };
  /** One session: manifest, state, outcome, figures */
  readonly Sessions_get: {
    readonly method: 'GET';
    readonly path: '/api/v1/sessions/{id}';
    readonly query: never;
    readonly body: undefined;
    readonly answer: Session;
  };
  /** Create a session; it starts at once */
  readonly Sessions_create: {
    readonly method: 'POST';
    readonly path: '/api/v1/sessions';
    readonly query: never;
    readonly body: CreateSession;
    readonly answer: Session;
  };
  /** Stop the session if it runs, and delete it */
  readonly Sessions_delete: {
    readonly method: 'DELETE';
    readonly path: '/api/v1/sessions/{id}';
    readonly query: never;
    readonly body: undefined;
    readonly answer: unknown;
  };
  /** Pause at the next chunk boundary */
  readonly Sessions_pause: {
    readonly method: 'POST';
    readonly path: '/api/v1/sessions/{id}/pause';
    readonly query: never;
    readonly body: undefined;
    readonly answer: Session;
  };
  /** Go on from where the session was paused or interrupted */
  readonly Sessions_resume: {
    readonly method: 'POST';
    readonly path: '/api/v1/sessions/{id}/resume';
    readonly query: never;
    readonly body: undefined;
    readonly answer: Session;
  };
  /** Fork the session: share its history up to a position, and go on differently; it starts at once */
  readonly Forks_create: {
    readonly method: 'POST';
    readonly path: '/api/v1/sessions/{id}/forks';
    readonly query: never;
    readonly body: CreateFork;
    readonly answer: Session;
  };
  /** The tree of forks that the session is part of, with the difference on every edge */
  readonly Forks_tree: {
    readonly method: 'GET';
    readonly path: '/api/v1/sessions/{id}/tree';
    readonly query: never;
    readonly body: undefined;
    readonly answer: SessionTree;
  };
  /** Give a session that waits or is paused a command, and let it go on to where it waits again */
  readonly LiveCommands_command: {
    readonly method: 'POST';
    readonly path: '/api/v1/sessions/{id}/commands';
    readonly query: never;
    readonly body: LiveCommand;
    readonly answer: CommandAnswer;
  };
  /** Let a paused session go on for so many events, or to the next command point */
  readonly LiveCommands_step: {
    readonly method: 'POST';
    readonly path: '/api/v1/sessions/{id}/step';
    readonly query: never;
    readonly body: StepSession;
    readonly answer: Session;
  };
  /** End the session where it is: it takes nothing more, and keeps what it has */
  readonly LiveCommands_cancel: {
    readonly method: 'POST';
    readonly path: '/api/v1/sessions/{id}/cancel';
    readonly query: never;
    readonly body: undefined;
    readonly answer: Session;
  };
  /** Stored events */
  readonly Events_events: {
    readonly method: 'GET';
    readonly path: '/api/v1/sessions/{id}/events';
    readonly query: 'from' | 'to' | 'limit' | 'type' | 'thread' | 'subject' | 'function' | 'words';
    readonly body: undefined;
    readonly answer: EventPage;
  };
  /** Breaches of invariants; apart from them, what the kernel itself reported */
  readonly Events_findings: {
    readonly method: 'GET';
    readonly path: '/api/v1/sessions/{id}/findings';
    readonly query: never;
    readonly body: undefined;
    readonly answer: Findings;
  };
  /** The whole state at a position or a virtual time */
  readonly Travel_state: {
    readonly method: 'GET';
    readonly path: '/api/v1/sessions/{id}/state';
    readonly query: 'at' | 'timeNs';
    readonly body: undefined;
    readonly answer: State;
  };
  /** What differs between two positions, per aggregate and field */
  readonly Travel_changes: {
    readonly method: 'GET';
    readonly path: '/api/v1/sessions/{id}/changes';
    readonly query: 'from' | 'to' | 'under';
    readonly body: undefined;
    readonly answer: Changes;
  };
  /** Step, or go on to a breakpoint, forwards or backwards */
  readonly Travel_seek: {
    readonly method: 'GET';
    readonly path: '/api/v1/sessions/{id}/seek';
    readonly query: 'from' | 'direction' | 'step' | 'type' | 'thread' | 'function' | 'label' | 'subject' | 'finding' | 'change' | 'when' | 'limit';
    readonly body: undefined;
    readonly answer: Sought;
  };
  /** Events per lane and kind in buckets of the resolution asked for */
  readonly Travel_timeline: {
    readonly method: 'GET';
    readonly path: '/api/v1/sessions/{id}/timeline';
    readonly query: 'from' | 'to' | 'width' | 'lanes';
    readonly body: undefined;
    readonly answer: Timeline;
  };
  /** A short stretch as it is drawn: slices, lives of roots, holders of locks, arrows */
  readonly Travel_scene: {
    readonly method: 'GET';
    readonly path: '/api/v1/sessions/{id}/scene';
    readonly query: 'from' | 'to';
    readonly body: undefined;
    readonly answer: Scene;
  };
  /** The last event, or every event, that changed a field of the state */
  readonly Blame_blame: {
    readonly method: 'GET';
    readonly path: '/api/v1/sessions/{id}/blame';
    readonly query: 'at' | 'timeNs' | 'path' | 'all' | 'limit';
    readonly body: undefined;
    readonly answer: Blame;
  };
  /** Who holds, and held, a root: every reference from the event that took it to the put */
  readonly TdpMmus_ledger: {
    readonly method: 'GET';
    readonly path: '/api/v1/sessions/{id}/tdp-mmus/{vm}/roots/{root}/ledger';
    readonly query: 'at' | 'timeNs' | 'limit' | 'events';
    readonly body: undefined;
    readonly answer: Ledger;
  };
  /** Notes and bookmarks of a session */
  readonly Notes_list: {
    readonly method: 'GET';
    readonly path: '/api/v1/sessions/{id}/notes';
    readonly query: never;
    readonly body: undefined;
    readonly answer: Notes;
  };
  /** Put a note or a bookmark at a position */
  readonly Notes_create: {
    readonly method: 'POST';
    readonly path: '/api/v1/sessions/{id}/notes';
    readonly query: never;
    readonly body: CreateNote;
    readonly answer: Note;
  };
  /** Remove a note */
  readonly Notes_remove: {
    readonly method: 'DELETE';
    readonly path: '/api/v1/sessions/{id}/notes/{note}';
    readonly query: never;
    readonly body: undefined;
    readonly answer: unknown;
  };
  /** The founding experiment's table: the newest eight sessions beside the mail's figures */
  readonly Experiments_forcedReset: {
    readonly method: 'GET';
    readonly path: '/api/v1/experiments/forced-reset';
    readonly query: never;
    readonly body: undefined;
    readonly answer: Experiment;
  };
  /** Start the runs of an experiment; ask GET how far they are */
  readonly Experiments_start: {
    readonly method: 'POST';
    readonly path: '/api/v1/experiments/{name}';
    readonly query: never;
    readonly body: undefined;
    readonly answer: Started;
  };
  /** Protocols and kernel profiles */
  readonly Protocols_list: {
    readonly method: 'GET';
    readonly path: '/api/v1/protocols';
    readonly query: never;
    readonly body: undefined;
    readonly answer: Protocols;
  };
  /** What another protocol changes: functions, rules, constants */
  readonly Protocols_diff: {
    readonly method: 'GET';
    readonly path: '/api/v1/protocols/{protocol}/diff/{other}';
    readonly query: never;
    readonly body: undefined;
    readonly answer: ProtocolDiff;
  };
  /** One function of a shipped protocol: its labelled steps, and what is left out */
  readonly Protocols_procedure: {
    readonly method: 'GET';
    readonly path: '/api/v1/protocols/{protocol}/functions/{function}';
    readonly query: never;
    readonly body: undefined;
    readonly answer: Procedure;
  };
  /** Scenarios with parameters, units and ranges */
  readonly Scenarios_list: {
    readonly method: 'GET';
    readonly path: '/api/v1/scenarios';
    readonly query: never;
    readonly body: undefined;
    readonly answer: Scenarios;
  };
  /** The cost model: what each thing takes, and who says so */
  readonly Costs_list: {
    readonly method: 'GET';
    readonly path: '/api/v1/costs';
    readonly query: never;
    readonly body: undefined;
    readonly answer: Costs;
  };
  /** Invariants I1 ... */
  readonly Invariants_list: {
    readonly method: 'GET';
    readonly path: '/api/v1/invariants';
    readonly query: never;
    readonly body: undefined;
    readonly answer: Invariants;
  };
  /** Scenarios small enough to search in every interleaving */
  readonly Litmus_list: {
    readonly method: 'GET';
    readonly path: '/api/v1/litmus';
    readonly query: never;
    readonly body: undefined;
    readonly answer: LitmusList;
  };
  /** Explorations, newest first */
  readonly Explorations_list: {
    readonly method: 'GET';
    readonly path: '/api/v1/explorations';
    readonly query: 'limit' | 'cursor';
    readonly body: undefined;
    readonly answer: ExplorationPage;
  };
  /** One exploration: how far it is, or what was established */
  readonly Explorations_get: {
    readonly method: 'GET';
    readonly path: '/api/v1/explorations/{id}';
    readonly query: never;
    readonly body: undefined;
    readonly answer: Exploration;
  };
  /** Search the interleavings of a litmus */
  readonly Explorations_create: {
    readonly method: 'POST';
    readonly path: '/api/v1/explorations';
    readonly query: never;
    readonly body: NewExploration;
    readonly answer: Job;
  };
  /** Its counterexample for people: which two steps had to be ordered, a drawing, a recipe for a real kernel */
  readonly Explorations_report: {
    readonly method: 'GET';
    readonly path: '/api/v1/explorations/{id}/report';
    readonly query: never;
    readonly body: undefined;
    readonly answer: ExplorationReport;
  };
  /** The known answers: bugs x protocols, and what is expected */
  readonly Catalogue_table: {
    readonly method: 'GET';
    readonly path: '/api/v1/catalogue';
    readonly query: never;
    readonly body: undefined;
    readonly answer: Catalogue;
  };
  /** Runs of the catalogue, newest first */
  readonly Catalogue_list: {
    readonly method: 'GET';
    readonly path: '/api/v1/catalogue/runs';
    readonly query: 'limit' | 'cursor';
    readonly body: undefined;
    readonly answer: CatalogueRunPage;
  };
  /** One run of the catalogue: how far it is, or its rows */
  readonly Catalogue_get: {
    readonly method: 'GET';
    readonly path: '/api/v1/catalogue/runs/{id}';
    readonly query: never;
    readonly body: undefined;
    readonly answer: CatalogueRun;
  };
  /** Answer the rows of the catalogue, or those of one bug or protocol */
  readonly Catalogue_create: {
    readonly method: 'POST';
    readonly path: '/api/v1/catalogue/runs';
    readonly query: never;
    readonly body: NewCatalogueRun;
    readonly answer: Job;
  };
  /** Relaxations, newest first */
  readonly Relax_list: {
    readonly method: 'GET';
    readonly path: '/api/v1/relaxations';
    readonly query: 'limit' | 'cursor';
    readonly body: undefined;
    readonly answer: RelaxationPage;
  };
  /** One relaxation: how far it is, or which rules the protocol needs */
  readonly Relax_get: {
    readonly method: 'GET';
    readonly path: '/api/v1/relaxations/{id}';
    readonly query: never;
    readonly body: undefined;
    readonly answer: Relaxation;
  };
  /** Find out which rules a protocol needs: drop one at a time and search the litmus */
  readonly Relax_create: {
    readonly method: 'POST';
    readonly path: '/api/v1/relaxations';
    readonly query: never;
    readonly body: NewRelaxation;
    readonly answer: Job;
  };
  /** Stop a job that waits or runs; the answer comes when it has stopped */
  readonly Jobs_cancel: {
    readonly method: 'POST';
    readonly path: '/api/v1/jobs/{id}/cancel';
    readonly query: never;
    readonly body: undefined;
    readonly answer: Job;
  };
  /** One job: how far it is, or what came out */
  readonly Jobs_get: {
    readonly method: 'GET';
    readonly path: '/api/v1/jobs/{id}';
    readonly query: never;
    readonly body: undefined;
    readonly answer: Job;
  };
  /** The same comparison; as a job where it takes long */
  readonly Comparisons_post: {
    readonly method: 'POST';
    readonly path: '/api/v1/comparisons';
    readonly query: never;
    readonly body: Compare;
    readonly answer: Comparison;
  };
  /** What the import of a trace came to */
  readonly Traces_document: {
    readonly method: 'GET';
    readonly path: '/api/v1/traces/{id}';
    readonly query: never;
    readonly body: undefined;
    readonly answer: ImportedTrace;
  };
  /** Take in a trace of a real kernel as a session */
  readonly Traces_import: {
    readonly method: 'POST';
    readonly path: '/api/v1/traces';
    readonly query: 'kernel' | 'name' | 'kprobeProfile';
    readonly body: string;
    readonly answer: ImportedTrace;
  };
  /** What lines of an imported trace said, around one of them */
  readonly Traces_lines: {
    readonly method: 'GET';
    readonly path: '/api/v1/traces/{id}/lines';
    readonly query: 'around' | 'limit';
    readonly body: undefined;
    readonly answer: TraceLines;
  };
  /** Is the session a behaviour of a protocol? Without `protocol`: of which of the eight eras */
  readonly Check_check: {
    readonly method: 'POST';
    readonly path: '/api/v1/sessions/{id}/check';
    readonly query: never;
    readonly body: Check;
    readonly answer: CheckReport;
  };
}
