// Why a thread waited: since when, for what, who had it and where they had taken it, who let the thread go on, who else
// waited. As far as events tell: at `lifecycle` the taking and releasing of locks is not kept.
import { LOCK, LOCKS_PER_VM, THREAD } from '../aggregates/layout.js';
import type { World } from '../aggregates/world.js';
import { BadInput } from '../base/errors.js';
import { E } from '../events/catalogue.js';
import { SUBJECT_RADIX } from '../events/define.js';
import { LOCK_MODE } from '../events/lock.events.js';
import {
  firstRow,
  type History,
  type HistoryRows,
  lastRow,
  type Place,
  placeOf,
} from '../projections/history.js';
import { lockText } from '../projections/locks.js';
import { type Kept, NOT_RECORDED, nameOf } from '../projections/words.js';
import type { EdgeKind } from './edges.js';
import { HappensBefore } from './happens-before.js';

/** Events looked at between the begin and the end of one wait. */
export const WAIT_EVENTS_MAX = 100_000;
/** Begins of waits that turned out to wait for nobody, looked at on the way back. */
export const WAIT_SEARCH_MAX = 10_000;
/** Holders and other waiters that one report lists. */
export const WAIT_LISTED_MAX = 100;

export type WaitKind = 'lock' | 'workFlush' | 'srcu' | 'gracePeriod' | 'remoteFlush' | 'work';

export interface WaitHolder {
  readonly thread: string;
  readonly mode: string;
  readonly taken: Kept<Place | null>;
  /** Null: not before the wait ended, or the history does. */
  readonly released: Kept<Place | null>;
  readonly heldNs: Kept<number | null>;
  /** It took the lock while this thread waited already. */
  readonly overtook: boolean;
}

export interface Wait {
  readonly thread: string;
  readonly kind: WaitKind;
  /** `mmu_lock of VM 0, write`. */
  readonly what: string;
  readonly began: Place;
  /** Null: it has not ended by the end of what is stored. */
  readonly ended: Kept<Place | null>;
  readonly waitedNs: Kept<number | null>;
  /** Locks only. */
  readonly holders: readonly WaitHolder[];
  /** The events that let the thread go on. */
  readonly endedBy: Kept<readonly { readonly kind: EdgeKind; readonly at: Place }[]>;
  readonly alsoWaiting: readonly {
    readonly thread: string;
    readonly mode: string;
    readonly since: Place | null;
  }[];
}

interface Form {
  readonly kind: WaitKind;
  readonly end: number;
  /** Events between begin and end that matter for who ended it; the lock's own ones for a lock. */
  readonly types: readonly number[];
  readonly what: (rows: HistoryRows) => string;
  /** Begin and end are about the same subject. */
  readonly sameSubject: boolean;
}

const numberOf = (rows: HistoryRows): number => Math.floor(rows.subject[0] / SUBJECT_RADIX);

const FORMS: ReadonlyMap<number, Form> = new Map([
  [
    E.LockContended,
    {
      kind: 'lock',
      end: E.LockAcquired,
      types: [E.LockContended, E.LockAcquired, E.LockReleased],
      what: (rows) => `${lockText(numberOf(rows))}, ${nameOf(LOCK_MODE, rows.a[0])}`,
      sameSubject: true,
    },
  ],
  [
    E.WorkFlushStarted,
    {
      kind: 'workFlush',
      end: E.WorkFlushEnded,
      types: [E.WorkQueued, E.WorkStarted, E.WorkFinished, E.WorkFlushStarted, E.WorkFlushEnded],
      what: (rows) => `${rows.a[0]} work items of VM ${numberOf(rows)} to finish`,
      sameSubject: true,
    },
  ],
  [
    E.SrcuSyncStarted,
    {
      kind: 'srcu',
      end: E.SrcuSyncEnded,
      types: [E.SrcuReadLocked, E.SrcuReadUnlocked, E.SrcuSyncStarted, E.SrcuSyncEnded],
      what: (rows) => `${rows.a[0]} SRCU readers of VM ${numberOf(rows)} to leave their sections`,
      sameSubject: true,
    },
  ],
  [
    E.RcuGracePeriodStarted,
    {
      kind: 'gracePeriod',
      end: E.RcuGracePeriodEnded,
      types: [E.RcuReadLocked, E.RcuReadUnlocked, E.RcuGracePeriodStarted, E.RcuGracePeriodEnded],
      what: (rows) => `${rows.a[0]} RCU read sections to end`,
      sameSubject: true,
    },
  ],
  [
    E.RemoteFlushBegun,
    {
      kind: 'remoteFlush',
      end: E.RemoteFlushEnded,
      types: [E.RequestMade, E.IpiSent, E.VcpuExited, E.ModeChanged, E.RemoteFlushEnded],
      what: (rows) => `${rows.a[0]} vCPUs of VM ${numberOf(rows)} to leave the guest`,
      sameSubject: true,
    },
  ],
  [
    E.WorkFinished,
    {
      kind: 'work',
      end: E.WorkStarted,
      types: [E.WorkQueued, E.WorkStarted],
      what: () => 'a work item to be queued',
      sameSubject: false,
    },
  ],
] satisfies readonly (readonly [number, Form])[]);

export interface WaitRequest {
  /** Name, or number. */
  readonly thread: string;
  /** The last wait that began at or before this position. */
  readonly at: number;
}

export function waitOf(history: History, request: WaitRequest): Wait {
  const thread = threadNumber(history, request.thread);
  const begin = beginOf(history, thread, request.at);
  if (begin === null) {
    throw new BadInput(
      'no-wait',
      `thread ${history.threads[thread]} began no wait at or before position ${request.at}: no lock that it found taken, no flush, no grace period`,
    );
  }
  const form = FORMS.get(begin.type[0])!;
  const lifecycle = history.level === 'lifecycle';
  const endKept = !lifecycle || form.kind === 'workFlush' || form.kind === 'work';
  const end = endKept
    ? firstRow(history, {
        from: begin.position[0] + 1,
        to: history.end,
        types: [form.end],
        thread,
        ...(form.sameSubject ? { subject: begin.subject[0] } : {}),
      })
    : undefined;
  const between = history.rows({
    from: begin.position[0],
    to: end?.position[0] ?? history.end,
    types: form.types,
    limit: WAIT_EVENTS_MAX,
    ...(form.kind === 'lock' ? { subject: begin.subject[0] } : {}),
  });
  return {
    thread: history.threads[thread],
    kind: form.kind,
    what: form.what(begin),
    began: placeOf(history, begin, 0),
    ended: endKept ? (end === undefined ? null : placeOf(history, end, 0)) : NOT_RECORDED,
    waitedNs: endKept ? (end === undefined ? null : end.timeNs[0] - begin.timeNs[0]) : NOT_RECORDED,
    holders: form.kind === 'lock' ? holdersOf(history, begin, between, thread) : [],
    endedBy: endKept ? (end === undefined ? [] : wakers(history, begin, between, end)) : NOT_RECORDED,
    alsoWaiting: form.kind === 'lock' ? alsoWaiting(history, begin, between, thread) : [],
  };
}

function threadNumber(history: History, text: string): number {
  const named = history.threads.indexOf(text);
  if (named >= 0) return named;
  if (/^\d{1,3}$/.test(text) && Number(text) < history.threads.length) return Number(text);
  throw new BadInput(
    'unknown-thread',
    `there is no thread "${text}"; expected one of: ${history.threads.join(', ')}`,
    history.threads,
  );
}

/** The last begin of a wait for somebody, and not of one that had nobody to wait for. */
function beginOf(history: History, thread: number, at: number): HistoryRows | null {
  const types = [...FORMS.keys()];
  let to = at;
  for (let looked = 0; looked < WAIT_SEARCH_MAX; ) {
    const rows = history.rows({ from: 1, to, types, thread, limit: 64, backward: true });
    if (rows.length === 0) return null;
    for (let i = 0; i < rows.length; i++) {
      const anyway = rows.type[i] === E.LockContended || rows.type[i] === E.WorkFinished;
      if (anyway || rows.a[i] > 0)
        return lastRow(history, { to: rows.position[i], types: [rows.type[i]], thread }) ?? null;
    }
    looked += rows.length;
    to = rows.position[rows.length - 1] - 1;
  }
  return null;
}

/** Edges into the event that ended the wait. */
function wakers(
  history: History,
  begin: HistoryRows,
  between: HistoryRows,
  end: HistoryRows,
): { kind: EdgeKind; at: Place }[] {
  const found: { kind: EdgeKind; at: Place }[] = [];
  const byPosition = new Map<number, number>();
  const causes = new HappensBefore((from, to, kind) => {
    const i = byPosition.get(from);
    if (to === end.position[0] && i !== undefined && found.length < WAIT_LISTED_MAX) {
      found.push({ kind, at: placeOf(history, between, i) });
    }
  });
  if (history.level === 'full') causes.startAt(history.worldAt(begin.position[0] - 1));
  for (let i = 0; i < between.length; i++) {
    byPosition.set(between.position[i], i);
    causes.row(between, i, between.position[i]);
  }
  return found;
}

function holdersOf(history: History, begin: HistoryRows, between: HistoryRows, waiter: number): WaitHolder[] {
  const name = (t: number): string => history.threads[t] ?? `thread ${t}`;
  if (history.level === 'lifecycle') {
    // The event itself names a writer; readers it only counts.
    const writer = begin.c[0] - 1;
    if (writer < 0) return [];
    return [
      {
        thread: name(writer),
        mode: 'write',
        taken: NOT_RECORDED,
        released: NOT_RECORDED,
        heldNs: NOT_RECORDED,
        overtook: false,
      },
    ];
  }
  const subject = begin.subject[0];
  const holders: WaitHolder[] = [];
  const open = new Map<number, { mode: number; taken: HistoryRows | null; i: number; overtook: boolean }>();
  for (const [thread, mode] of holding(history.worldAt(begin.position[0]), numberOf(begin))) {
    const taken = lastRow(history, { to: begin.position[0], subject, types: [E.LockAcquired], thread });
    open.set(thread, { mode, taken: taken ?? null, i: 0, overtook: false });
  }
  const close = (thread: number, released: number | null): void => {
    const held = open.get(thread);
    if (held === undefined || holders.length >= WAIT_LISTED_MAX) return;
    open.delete(thread);
    const since = held.taken === null ? null : held.taken.timeNs[held.i];
    holders.push({
      thread: name(thread),
      mode: nameOf(LOCK_MODE, held.mode),
      taken: held.taken === null ? null : placeOf(history, held.taken, held.i),
      released: released === null ? null : placeOf(history, between, released),
      heldNs: since === null || released === null ? null : between.timeNs[released] - since,
      overtook: held.overtook,
    });
  };
  for (let i = 1; i < between.length; i++) {
    const t = between.thread[i];
    if (t === waiter) continue;
    if (between.type[i] === E.LockReleased) close(t, i);
    else if (between.type[i] === E.LockAcquired)
      open.set(t, { mode: between.a[i], taken: between, i, overtook: true });
  }
  for (const thread of open.keys()) close(thread, null);
  return holders;
}

/** Threads that hold a lock, with the mode. */
function holding(w: World, lock: number): (readonly [thread: number, mode: number])[] {
  const writer = w.s[w.lock(lock) + LOCK.WRITER] - 1;
  if (writer >= 0) return [[writer, LOCK_MODE.write]];
  if (w.s[w.lock(lock) + LOCK.READERS] === 0) return [];
  const kind = lock % LOCKS_PER_VM;
  const out: (readonly [number, number])[] = [];
  for (let t = 0; t < w.threads; t++) {
    if (w.threadWord(t, THREAD.HELD0 + kind) === LOCK_MODE.read) out.push([t, LOCK_MODE.read]);
  }
  return out;
}

function alsoWaiting(
  history: History,
  begin: HistoryRows,
  between: HistoryRows,
  waiter: number,
): Wait['alsoWaiting'][number][] {
  const out: Wait['alsoWaiting'][number][] = [];
  const name = (t: number): string => history.threads[t] ?? `thread ${t}`;
  if (history.level === 'full') {
    const w = history.worldAt(begin.position[0]);
    for (let t = 0; t < w.threads; t++) {
      if (t === waiter || w.threadWord(t, THREAD.WAITS_LOCK) !== numberOf(begin) + 1) continue;
      const since = lastRow(history, {
        to: begin.position[0],
        subject: begin.subject[0],
        types: [E.LockContended],
        thread: t,
      });
      out.push({
        thread: name(t),
        mode: nameOf(LOCK_MODE, w.threadWord(t, THREAD.WAITS_MODE)),
        since: since === undefined ? null : placeOf(history, since, 0),
      });
    }
  }
  for (let i = 1; i < between.length && out.length < WAIT_LISTED_MAX; i++) {
    if (between.type[i] !== E.LockContended || between.thread[i] === waiter) continue;
    out.push({
      thread: name(between.thread[i]),
      mode: nameOf(LOCK_MODE, between.a[i]),
      since: placeOf(history, between, i),
    });
  }
  return out;
}
