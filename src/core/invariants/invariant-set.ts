// All invariants that apply to a protocol, watching one run. Dispatch is one table look-up by event code; types that no
// invariant looks at cost nothing more. The whole private state is words: see save() and restore().
import { LOCK_KIND, LOCKS_PER_VM, PAGE, PAGE_KIND } from '../aggregates/layout.js';
import { is_shadow_present_pte, spte_kind, spte_to_pfn } from '../aggregates/spte.js';
import type { World } from '../aggregates/world.js';
import { CATALOGUE, E, type EventName } from '../events/catalogue.js';
import { LOCK_MODE } from '../events/lock.events.js';
import { INVARIANTS } from './catalogue.js';
import { describeLedger, type RootHolders } from './holders.js';
import type { EventRows, Handler, Handlers, Invariant, Probe, Reducer } from './invariant.js';
import { assertionNames } from './kernel-assertions.js';
import type { InvariantRules } from './rules.js';
import { RunFacts } from './run-facts.js';

/** Finding events of one invariant in one run; later breaches are only counted. */
export const FINDINGS_PER_INVARIANT = 16;

/**
 * Appends the Finding event. `eventsBack`: how many events before the Finding the one stands that broke the invariant
 * (a step's later events may stand between); `root`: number by birth of the root that it is about, 0 if it is about none.
 */
export type EmitFinding = (
  invariant: number,
  detail: number,
  seen: number,
  eventsBack: number,
  root: number,
) => void;

/** A breach, in words and numbers. */
export interface Finding {
  /** Of the event that broke it: its number in the full stream. */
  readonly ordinal: number;
  /** `I1` */
  readonly invariant: string;
  readonly name: string;
  readonly statement: string;
  readonly detail: number;
  readonly what: string;
  readonly seen: number;
  readonly seenIs: string;
  readonly event: string;
  readonly thread: number;
  readonly site: number;
  /** Number by birth of the root that it is about; 0: about none. */
  readonly root: number;
  /** Who holds the root that it is about, and which put is missing or too many. */
  readonly holders: RootHolders | null;
}

export type VerdictState = 'holds' | 'violated' | 'not evaluated' | 'does not apply';

export interface Verdict {
  readonly invariant: string;
  readonly name: string;
  readonly kind: Invariant['kind'];
  readonly statement: string;
  readonly eras: string;
  readonly verdict: VerdictState;
  /** Checks made; 0 unless evaluated. */
  readonly checks: number;
  readonly violations: number;
  /** Why it was not evaluated or does not apply. */
  readonly reason: string | null;
  readonly firstFinding: Finding | null;
  readonly metrics: { readonly [name: string]: number } | null;
}

export interface KernelAssertion {
  readonly ordinal: number;
  readonly assertion: string;
  readonly detail: number;
  readonly thread: number;
  readonly site: number;
}

const PROBE_WORDS = 4;

class Watch implements Probe {
  checks = 0;
  violations = 0;
  first: Finding | null = null;
  constructor(
    readonly invariant: Invariant,
    private readonly set: InvariantSet,
  ) {}
  reducer: Reducer = {};

  report(w: World, e: EventRows, i: number, detail: number, seen: number, page: number): void {
    this.violations++;
    if (this.violations > FINDINGS_PER_INVARIANT) return;
    this.set.found(this, w, e, i, detail, seen, page);
  }
}

export class InvariantSet {
  /** Number in the full stream of the event that is being looked at, from 1. */
  ordinal = 0;
  /** Finding events emitted so far. */
  findings = 0;
  readonly structured: Finding[] = [];
  /** The kernel's own reports, apart from the invariants. */
  readonly assertions: KernelAssertion[] = [];
  /** Private state that decides later verdicts (counters apart). A search may copy and compare it. */
  readonly memory: Int32Array;
  private readonly watches: readonly Watch[];
  private readonly beforeBy: readonly (Handler | null)[];
  private readonly afterBy: readonly (Handler | null)[];

  constructor(
    w: World,
    readonly rules: InvariantRules,
    private readonly emitFinding: EmitFinding,
    invariants: readonly Invariant[] = INVARIANTS,
  ) {
    const applying = invariants.filter((x) => x.eras.includes(rules.era));
    this.watches = applying.map((x) => new Watch(x, this));
    // Built twice: the first time only to learn how many words of state are asked for.
    let words = 0;
    this.build(w, (n) => {
      words += n;
      return new Int32Array(0);
    });
    this.memory = new Int32Array(words);
    let at = 0;
    const facts = this.build(w, (n) => {
      at += n;
      return this.memory.subarray(at - n, at);
    });
    const reducers = this.watches.map((x) => x.reducer);
    this.beforeBy = table([...reducers.map((r) => r.before), facts.before]);
    this.afterBy = table([facts.after, ...reducers.map((r) => r.after), facts.atRelease, this.ownHandlers()]);
  }

  private build(w: World, take: (n: number) => Int32Array): RunFacts {
    const facts = new RunFacts(w, take);
    for (const watch of this.watches)
      watch.reducer = watch.invariant.create(w, this.rules, watch, facts, take);
    return facts;
  }

  private ownHandlers(): Handlers {
    return {
      AssertionFired: (_w, e, i) => {
        this.assertions.push({
          ordinal: this.ordinal,
          assertion: assertionNames(e.a[i]),
          detail: e.b[i],
          thread: e.thread[i],
          site: e.site[i],
        });
      },
    };
  }

  /** Before the event at row i is applied. */
  before(w: World, e: EventRows, i: number): void {
    this.ordinal++;
    const handler = this.beforeBy[e.type[i]];
    if (handler !== null) handler(w, e, i);
  }

  /** After it was applied. */
  after(w: World, e: EventRows, i: number): void {
    const handler = this.afterBy[e.type[i]];
    if (handler !== null) handler(w, e, i);
  }

  /** A probe reported. */
  found(watch: Watch, w: World, e: EventRows, i: number, detail: number, seen: number, page: number): void {
    const { invariant } = watch;
    const isRoot = page >= 0 && w.pageWord(page, PAGE.KIND) === PAGE_KIND.root;
    const root = isRoot ? w.pageWord(page, PAGE.SERIAL) : 0;
    const finding: Finding = {
      ordinal: this.ordinal,
      invariant: `I${invariant.number}`,
      name: invariant.name,
      statement: invariant.statement,
      detail,
      what: invariant.details[detail] ?? `detail ${detail}`,
      seen,
      seenIs: invariant.seen,
      event: EVENT_NAMES[e.type[i]] ?? '',
      thread: e.thread[i],
      site: e.site[i],
      root,
      holders: page < 0 ? null : describeLedger(w, page, this.rules),
    };
    watch.first ??= finding;
    this.structured.push(finding);
    this.findings++;
    this.emitFinding(invariant.number, detail, seen, e.length - i, root);
  }

  /** One row per invariant of the catalogue, in order; those of other eras included. */
  verdicts(invariants: readonly Invariant[] = INVARIANTS): Verdict[] {
    return invariants.map((x) => {
      const watch = this.watches.find((candidate) => candidate.invariant === x);
      const base = {
        invariant: `I${x.number}`,
        name: x.name,
        kind: x.kind,
        statement: x.statement,
        eras: x.eras,
        checks: watch?.checks ?? 0,
        violations: watch?.violations ?? 0,
        firstFinding: watch?.first ?? null,
        metrics: watch?.reducer.metrics?.() ?? null,
      };
      if (watch === undefined) {
        return { ...base, verdict: 'does not apply', reason: `not an invariant of era ${this.rules.era}` };
      }
      if (watch.violations > 0) return { ...base, verdict: 'violated', reason: null };
      if (x.notEvaluated !== undefined) return { ...base, verdict: 'not evaluated', reason: x.notEvaluated };
      if (watch.checks === 0)
        return { ...base, verdict: 'not evaluated', reason: `the run has not: ${x.exercise}` };
      if (watch.reducer.kept?.() === false)
        return { ...base, verdict: 'violated', violations: 1, reason: null };
      return { ...base, verdict: 'holds', reason: null };
    });
  }

  /**
   * Everything that a resumed run needs to go on finding the same; findings themselves are in the event stream. Counters
   * first, then index and value of each word of memory that is not 0.
   */
  save(): Int32Array {
    const { memory } = this;
    const rest = 3 + this.watches.length * PROBE_WORDS;
    let used = 0;
    for (let k = 0; k < memory.length; k++) if (memory[k] !== 0) used++;
    const out = new Int32Array(rest + 2 * used);
    split(out, 0, this.ordinal);
    out[2] = this.findings;
    this.watches.forEach((x, k) => {
      split(out, 3 + k * PROBE_WORDS, x.checks);
      out[3 + k * PROBE_WORDS + 2] = x.violations;
    });
    for (let k = 0, at = rest; k < memory.length; k++) {
      if (memory[k] === 0) continue;
      out[at++] = k;
      out[at++] = memory[k];
    }
    return out;
  }

  restore(words: Int32Array): void {
    const rest = 3 + this.watches.length * PROBE_WORDS;
    const { memory } = this;
    if (words.length < rest || (words.length - rest) % 2 !== 0) {
      throw new RangeError(`invariants: ${words.length} saved words, expected ${rest} and pairs`);
    }
    this.ordinal = join(words, 0);
    this.findings = words[2];
    this.watches.forEach((x, k) => {
      x.checks = join(words, 3 + k * PROBE_WORDS);
      x.violations = words[3 + k * PROBE_WORDS + 2];
    });
    memory.fill(0);
    for (let at = rest; at < words.length; at += 2) {
      if (words[at] >= memory.length)
        throw new RangeError(`invariants: saved word ${words[at]} of ${memory.length}`);
      memory[words[at]] = words[at + 1];
    }
  }
}

const EVENT_NAMES: readonly (string | undefined)[] = names();
function names(): string[] {
  const out: string[] = [];
  for (const d of CATALOGUE) out[d.code] = d.name;
  return out;
}

/** What no handler of these frequent types is interested in is not shown to any. */
const FILTERS: { readonly [N in EventName]?: (all: Handler) => Handler } = {
  LockAcquired: (all) =>
    ofMmuLock((w, e, i) => {
      if (e.a[i] === LOCK_MODE.write) all(w, e, i);
    }),
  LockReleased: ofMmuLock,
  // Accessed and dirty bits, or a change of permissions: the entry leads where it led before.
  SpteChanged: (all) => (w, e, i) => {
    const before = e.b[i];
    const after = e.c[i];
    if (is_shadow_present_pte(before) && sameTarget(before, after)) return;
    all(w, e, i);
  },
};

function ofMmuLock(all: Handler): Handler {
  return (w, e, i) => {
    if ((e.subject[i] >> 4) % LOCKS_PER_VM === LOCK_KIND.mmu_lock) all(w, e, i);
  };
}

/** Both are leafs of one pfn, or lead to one table. */
function sameTarget(before: number, after: number): boolean {
  return spte_kind(before) === spte_kind(after) && spte_to_pfn(before) === spte_to_pfn(after);
}

/** Handlers by event code, several for one code chained in their order. */
function table(parts: readonly (Handlers | undefined)[]): (Handler | null)[] {
  const out: (Handler | null)[] = Array.from({ length: 256 }, () => null);
  for (const d of CATALOGUE) {
    const own = parts.flatMap((handlers) => handlers?.[d.name as EventName] ?? []);
    const all = chain(own);
    out[E[d.name]] = all === null ? null : (FILTERS[d.name as EventName]?.(all) ?? all);
  }
  return out;
}

/** Written out for the common lengths: an array loop costs as much as a cheap check does. */
function chain(h: readonly Handler[]): Handler | null {
  const [f, g, k, m] = h;
  switch (h.length) {
    case 0:
      return null;
    case 1:
      return f;
    case 2:
      return (w, e, i) => {
        f(w, e, i);
        g(w, e, i);
      };
    case 3:
      return (w, e, i) => {
        f(w, e, i);
        g(w, e, i);
        k(w, e, i);
      };
    case 4:
      return (w, e, i) => {
        f(w, e, i);
        g(w, e, i);
        k(w, e, i);
        m(w, e, i);
      };
    default: {
      const rest = chain(h.slice(4)) as Handler;
      return (w, e, i) => {
        f(w, e, i);
        g(w, e, i);
        k(w, e, i);
        m(w, e, i);
        rest(w, e, i);
      };
    }
  }
}

function split(out: Int32Array, at: number, value: number): void {
  out[at] = value | 0;
  out[at + 1] = Math.floor(value / 0x1_0000_0000);
}
function join(words: Int32Array, at: number): number {
  return (words[at] >>> 0) + words[at + 1] * 0x1_0000_0000;
}
