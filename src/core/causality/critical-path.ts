// Why a stretch of time took as long as it did: backwards from its last event, on each thread in its own order, and over to
// another thread wherever this one went on because of it. What the time on another thread was waited for is its cause.
import { BadInput } from '../base/errors.js';
import { E } from '../events/catalogue.js';
import { type History, type HistoryRows, type Place, placeOf } from '../projections/history.js';
import { NOT_RECORDED } from '../projections/words.js';
import { EDGE_KINDS, type EdgeKind } from './edges.js';
import { HappensBefore } from './happens-before.js';

/** Events between the two positions. */
export const CRITICAL_PATH_EVENTS_MAX = 400_000;
/** Links that a report lists; their sums are over all. */
export const CRITICAL_PATH_LINKS_MAX = 1_000;
export const CRITICAL_PATH_LINKS_DEFAULT = 200;
const FUNCTIONS_MAX = 20;

/**
 * Besides the edges: a barrier of user space is inferred from the clock (passing it is no event); with one clock for all
 * threads (every scheduler but `timed`) a thread may also simply not have had its turn.
 */
export type Wake = Exclude<EdgeKind, 'object'> | 'barrier';
export type Cause = Wake | 'runs' | 'guest' | 'sleeps' | 'notScheduled';

export const CAUSE_TEXT: { readonly [C in Cause]: string } = {
  ...EDGE_KINDS,
  barrier: 'a user-space barrier was reached (inferred from the clock)',
  runs: 'the thread itself ran',
  guest: 'the guest ran',
  sleeps: 'user space slept',
  notScheduled: 'other threads had their turn',
};

export interface PathLink {
  readonly thread: string;
  /** Null: no site is known (the end of a thread). */
  readonly function: string | null;
  readonly from: number;
  readonly to: number;
  readonly events: number;
  readonly durationNs: number;
  /** Why the time of this link was spent: what somebody on the path waited for, or that the thread itself ran. */
  readonly cause: Cause;
  /** How the path came to this thread: null in a thread's own order. */
  readonly wake: {
    readonly kind: Wake;
    /** The event that let the thread go on. */
    readonly by: Place;
    readonly waitedNs: number;
  } | null;
}

export interface CriticalPath {
  readonly from: number;
  readonly to: number;
  /** Where the path begins: `from`, or later where a thread has no earlier event that it waited for. */
  readonly begins: Place;
  readonly ends: Place;
  readonly durationNs: number;
  readonly byCause: readonly { readonly cause: Cause; readonly ns: number; readonly text: string }[];
  readonly byThread: readonly { readonly thread: string; readonly ns: number }[];
  readonly byFunction: readonly { readonly function: string; readonly ns: number }[];
  /** In order of time, the last ones. */
  readonly links: readonly PathLink[];
  readonly linksSeen: number;
}

export interface CriticalPathRequest {
  readonly from: number;
  readonly to: number;
  readonly limit?: number;
  /** One clock for all threads: every scheduler but `timed`. */
  readonly serialTime: boolean;
}

export type CriticalPathAnswer =
  | CriticalPath
  | { readonly from: number; readonly to: number; readonly links: typeof NOT_RECORDED };

export function criticalPath(history: History, request: CriticalPathRequest): CriticalPathAnswer {
  const { from, to } = request;
  check(history, request);
  if (history.level === 'lifecycle') return { from, to, links: NOT_RECORDED };
  const rows = history.rows({ from, to, limit: to - from + 1 });
  return new Walk(history, rows, request.serialTime).path(request.limit ?? CRITICAL_PATH_LINKS_DEFAULT);
}

function check(history: History, { from, to, limit }: CriticalPathRequest): void {
  const whole = (n: number): boolean => Number.isInteger(n) && n >= 1 && n <= history.end;
  if (!whole(from) || !whole(to) || from >= to) {
    throw new BadInput(
      'path-positions',
      `a critical path goes from a position to a later one, both from 1 to ${history.end}; got ${from} and ${to}`,
      ['from < to', `1 to ${history.end}`],
    );
  }
  if (to - from >= CRITICAL_PATH_EVENTS_MAX) {
    throw new BadInput(
      'path-window',
      `a critical path covers at most ${CRITICAL_PATH_EVENTS_MAX} events (CRITICAL_PATH_EVENTS_MAX), got ${to - from + 1}`,
    );
  }
  if (limit !== undefined && (!Number.isInteger(limit) || limit < 1 || limit > CRITICAL_PATH_LINKS_MAX)) {
    throw new BadInput(
      'path-limit',
      `limit must be a whole number from 1 to ${CRITICAL_PATH_LINKS_MAX}, got ${limit}`,
    );
  }
}

interface OpenLink {
  thread: number;
  function: string | null;
  from: number;
  to: number;
  events: number;
  ns: number;
  cause: Cause;
  wake: { readonly kind: Wake; readonly by: number; readonly waitedNs: number } | null;
}

/** The user-space calls before which a script may have waited at a barrier. */
const AFTER_BARRIER: ReadonlySet<number> = new Set([
  E.IoctlBegun,
  E.BarrierReached,
  E.ThreadSlept,
  E.ThreadEnded,
]);

class Walk {
  /** Of each row: the row before on the same thread, and the row of another thread that let it happen. */
  private readonly before: Int32Array;
  private readonly waker: Int32Array;
  private readonly kinds: (Wake | undefined)[];

  constructor(
    private readonly history: History,
    private readonly rows: HistoryRows,
    private readonly serial: boolean,
  ) {
    const { length } = rows;
    this.before = new Int32Array(length).fill(-1);
    this.waker = new Int32Array(length).fill(-1);
    this.kinds = [];
    this.findWakers();
  }

  private findWakers(): void {
    const { rows, before, waker, kinds } = this;
    const { timeNs, thread, type } = rows;
    const last = new Map<number, number>();
    let barrier = -1;
    const causes = new HappensBefore((source, target, kind) => {
      if (kind === 'object') return;
      this.offer(source, target, kind);
    });
    causes.startAt(this.history.worldAt(rows.position[0] - 1));
    for (let i = 0; i < rows.length; i++) {
      const t = thread[i];
      before[i] = last.get(t) ?? -1;
      causes.row(rows, i, i);
      const mayHaveWaited =
        barrier >= 0 && waker[i] < 0 && AFTER_BARRIER.has(type[i]) && thread[barrier] !== t;
      if (mayHaveWaited && !this.serial && timeNs[barrier] <= timeNs[i]) {
        const own = before[i];
        if (own >= 0 && own < barrier && timeNs[own] < timeNs[barrier] && AFTER_CALL.has(type[own])) {
          waker[i] = barrier;
          kinds[i] = 'barrier';
        }
      }
      if (type[i] === E.BarrierReached) barrier = i;
      last.set(t, i);
    }
  }

  /** An edge matters where the thread could not go on without it: it came after the thread's own event before. */
  private offer(source: number, target: number, kind: Wake): void {
    const { timeNs, b } = this.rows;
    // Who took a free lock did not wait for the one who had it before.
    if (kind === 'lock' && b[target] === 0) return;
    const own = this.before[target];
    const at = timeNs[source];
    if (at > timeNs[target]) return;
    if (own >= 0 && (at < timeNs[own] || (at === timeNs[own] && source < own))) return;
    const known = this.waker[target];
    if (known >= 0 && timeNs[known] >= at) return;
    this.waker[target] = source;
    this.kinds[target] = kind;
  }

  path(limit: number): CriticalPath {
    const { rows, before, waker, kinds, history } = this;
    const { timeNs, thread, position, type } = rows;
    const links: OpenLink[] = [];
    const byCause = new Map<Cause, number>();
    const byThread = new Map<number, number>();
    const byFunction = new Map<string, number>();
    /** What the path's later part waited for, and since when: the innermost one last. */
    const waits: { readonly kind: Wake; readonly sinceNs: number }[] = [];
    const causeAt = (ns: number, type: number): Cause => {
      while (waits.length > 0 && waits.at(-1)!.sinceNs >= ns) waits.pop();
      return waits.at(-1)?.kind ?? ownCause(type);
    };
    let seen = 0;
    let link: OpenLink | null = null;
    let at = rows.length - 1;
    for (;;) {
      const source = waker[at];
      const next = source >= 0 ? source : before[at];
      const t = thread[at];
      const endNs = timeNs[at];
      const cause = causeAt(endNs, type[at]);
      const name = history.stack(rows.site[at])[0]?.function ?? null;
      const goesOn = link !== null && link.thread === t && link.wake === null;
      // The path's first event has no time of its own.
      const joins: boolean = goesOn && (next < 0 || (link!.function === name && link!.cause === cause));
      if (!joins) {
        link = { thread: t, function: name, from: at, to: at, events: 0, ns: 0, cause, wake: null };
        seen++;
        if (links.length < limit) links.push(link);
      }
      link!.from = at;
      link!.events++;
      if (next < 0) break;
      const ns = Math.max(0, endNs - timeNs[next]);
      // With one clock the time between two events of a thread is mostly that of the others.
      const own = this.serial ? Math.min(ns, endNs - timeNs[at - 1]) : ns;
      link!.ns += own;
      add(byThread, t, own);
      if (name !== null) add(byFunction, name, own);
      add(byCause, 'notScheduled', ns - own);
      for (let to = endNs; to > endNs - own; ) {
        const charged = causeAt(to, type[at]);
        const from = Math.max(endNs - own, waits.at(-1)?.sinceNs ?? 0);
        add(byCause, charged, to - from);
        to = from;
      }
      if (source >= 0) {
        const sinceNs = before[at] >= 0 ? timeNs[before[at]] : timeNs[0];
        const kind = kinds[at]!;
        link!.wake = { kind, by: source, waitedNs: Math.max(0, timeNs[source] - sinceNs) };
        waits.push({ kind, sinceNs });
      }
      at = next;
    }
    const named = (of: OpenLink): PathLink => ({
      thread: history.threads[of.thread] ?? `thread ${of.thread}`,
      function: of.function,
      from: position[of.from],
      to: position[of.to],
      events: of.events,
      durationNs: of.ns,
      cause: of.cause,
      wake: of.wake === null ? null : { ...of.wake, by: placeOf(history, rows, of.wake.by) },
    });
    return {
      from: position[0],
      to: position[rows.length - 1],
      begins: placeOf(history, rows, at),
      ends: placeOf(history, rows, rows.length - 1),
      durationNs: Math.max(0, timeNs[rows.length - 1] - timeNs[at]),
      byCause: sorted(byCause).map(([cause, ns]) => ({ cause, ns, text: CAUSE_TEXT[cause] })),
      byThread: sorted(byThread).map(([t, ns]) => ({ thread: history.threads[t] ?? `thread ${t}`, ns })),
      byFunction: sorted(byFunction)
        .slice(0, FUNCTIONS_MAX)
        .map(([name, ns]) => ({ function: name, ns })),
      links: links.map(named).reverse(),
      linksSeen: seen,
    };
  }
}

function ownCause(type: number): Cause {
  if (type === E.GuestRetired) return 'guest';
  return type === E.ThreadSlept ? 'sleeps' : 'runs';
}

/** A script is between two calls after one of these. */
const AFTER_CALL: ReadonlySet<number> = new Set([E.BarrierReached, E.IoctlEnded, E.ThreadSlept]);

function add<K>(sums: Map<K, number>, key: K, ns: number): void {
  if (ns > 0) sums.set(key, (sums.get(key) ?? 0) + ns);
}

function sorted<K>(sums: ReadonlyMap<K, number>): (readonly [K, number])[] {
  return [...sums].sort(([, x], [, y]) => y - x);
}
