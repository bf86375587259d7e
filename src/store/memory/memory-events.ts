// Sessions in memory, with the rules of the port: for tests, and for work that nobody wants to keep.

import { E } from '../../core/events/catalogue.js';
import type { TimelineLevel } from '../../core/projections/timeline.js';
import type { DictionaryEntry, Manifest, RunProgress, SnapshotBytes } from '../../core/run/contract.js';
import { numbersOf } from '../../core/run/stored-numbers.js';
import type { ChunkTimeline } from '../channel/chunk-timeline.js';
import { type PreparedChunk, unpackSnapshot } from '../channel/prepared-chunk.js';
import { checkChunk, chunkRefused, stateAfter } from '../chunk-check.js';
import { joinDecisions } from '../decision-log.js';
import { allocateFoldRows, allocateRows, copyRow, type EventRows, FOLD_COLUMNS } from '../event-rows.js';
import type {
  Committed,
  DecisionLog,
  EventReader,
  FoldPage,
  NumbersPage,
  RowFilters,
  RowPage,
  RowQuery,
  SessionExtra,
  StateChange,
  StoredMark,
  StoredTimeline,
} from '../event-store.port.js';
import { checkEnd, checkPart, noImport } from '../import-check.js';
import type { ImportedSession, ImportPart, NameSince, TraceLines } from '../imports.port.js';
import { nextOf, planPage } from '../row-query.js';
import { clipSegments, firstOwnPosition, type Segment, segmentsOfNew } from '../segments.js';
import { isSealed, type SessionKind, type SessionState, type StoredSession } from '../session.js';
import {
  limitExceeded,
  queryRefused,
  StoreError,
  sessionNotFound,
  sessionSealed,
  stateConflict,
} from '../store.errors.js';
import type { StoreLimits } from '../store.limits.js';
import { GrowingRows } from './growing-rows.js';

interface Kept {
  session: StoredSession;
  readonly segments: readonly Segment[];
  /** Own rows only, the first at `firstOwnPosition(segments)`. */
  readonly rows: GrowingRows;
  readonly chunks: {
    readonly fromPosition: number;
    readonly toPosition: number;
    readonly decisions: Uint8Array;
  }[];
  readonly snapshots: SnapshotBytes[];
  readonly timelines: { readonly from: number; readonly to: number; readonly timeline: ChunkTimeline }[];
  readonly marks: StoredMark[];
  readonly dictionary: Map<string, NameSince>;
  /** Of an imported trace. */
  readonly trace: { summary: string | null; readonly lines: TraceLines[] };
}

export class MemoryEvents implements EventReader {
  /** Deleted sessions stay here while a fork shares their rows. */
  private readonly kept = new Map<number, Kept>();
  private readonly deleted = new Set<number>();
  private readonly keys = new Map<string, { readonly fingerprint: string; readonly number: number }>();
  /** Not sessions yet. */
  private readonly importing = new Map<string, Kept>();
  private lastNumber = 0;

  constructor(private readonly limits: StoreLimits) {}

  /** Number of the session that was made last. */
  get lastId(): number {
    return this.lastNumber;
  }

  create(manifest: Manifest, kind: SessionKind, extra: SessionExtra): StoredSession {
    const known = extra.idempotency === undefined ? undefined : this.keys.get(extra.idempotency.key);
    if (known !== undefined) {
      const { key, fingerprint } = extra.idempotency!;
      if (known.fingerprint === fingerprint) return this.kept.get(known.number)!.session;
      throw new StoreError('idempotency_mismatch', `key ${key} was used for another request`, { key });
    }
    this.checkRoom();
    const parent = extra.parent === undefined ? null : this.find(extra.parent.sessionId);
    const shared = extra.parent?.position ?? 0;
    if (parent !== null && !(Number.isInteger(shared) && shared >= 0 && shared <= parent.session.position)) {
      throw queryRefused(`fork at ${shared}`, `a position from 0 to ${parent.session.position}`);
    }
    const number = ++this.lastNumber;
    const at = new Date().toISOString();
    const session: StoredSession = {
      id: String(number),
      kind,
      state: extra.state ?? 'queued',
      reason: null,
      manifest: structuredClone(manifest),
      parent: extra.parent ?? null,
      position: shared,
      progress: null,
      storedBytes: 0,
      createdAt: at,
      updatedAt: at,
    };
    const segments = segmentsOfNew(number, parent?.segments ?? [], shared);
    const dictionary = parent === null ? new Map<string, NameSince>() : this.inherited(parent, shared);
    this.kept.set(number, { ...emptyKept(session, segments), dictionary });
    if (extra.idempotency !== undefined) {
      this.keys.set(extra.idempotency.key, { fingerprint: extra.idempotency.fingerprint, number });
    }
    return session;
  }

  append(sessionId: string, chunk: PreparedChunk): Committed {
    const kept = this.find(sessionId);
    const { session } = kept;
    const { position, state, storedBytes } = session;
    const bytes = checkChunk({ sessionId, position, state, storedBytes }, chunk, this.limits);
    const entries = chunk.dictionary.filter((entry) => this.isNew(kept, entry));
    for (const entry of entries) kept.dictionary.set(`${entry.kind} ${entry.id}`, { entry, since: position });
    kept.rows.push(chunk.columns);
    const end = position + chunk.columns.length;
    kept.chunks.push({ fromPosition: position, toPosition: end, decisions: chunk.decisions });
    if (chunk.timeline !== null) {
      kept.timelines.push({ from: position + 1, to: end, timeline: chunk.timeline });
    }
    const issuedAt = new Date().toISOString();
    kept.marks.push(...structuredClone(chunk.marks).map((mark) => ({ ...mark, issuedAt })));
    if (chunk.snapshot !== null) {
      kept.snapshots.push('deflated' in chunk.snapshot ? unpackSnapshot(chunk.snapshot) : chunk.snapshot);
    }
    kept.session = {
      ...session,
      position: end,
      progress: structuredClone(chunk.progress),
      state: stateAfter(state, chunk),
      storedBytes: storedBytes + bytes,
      updatedAt: new Date().toISOString(),
    };
    return { fromPosition: position + 1, toPosition: end };
  }

  setState(sessionId: string, state: SessionState, change: StateChange): StoredSession {
    const kept = this.find(sessionId);
    const before = kept.session.state;
    if (change.from !== undefined && !change.from.includes(before)) {
      throw stateConflict(sessionId, before, change.from);
    }
    if (isSealed(before) && state !== before) throw sessionSealed(sessionId, before);
    const updatedAt = new Date().toISOString();
    kept.session = { ...kept.session, state, reason: change.reason ?? null, updatedAt };
    return kept.session;
  }

  delete(sessionId: string): void {
    const number = Number(this.find(sessionId).session.id);
    this.deleted.add(number);
    for (const [key, known] of this.keys) if (known.number === number) this.keys.delete(key);
    const shared = new Set<number>();
    for (const [other, { segments }] of this.kept) {
      if (!this.deleted.has(other)) for (const segment of segments) shared.add(segment.owner);
    }
    for (const gone of this.deleted) {
      if (shared.has(gone)) continue;
      this.kept.delete(gone);
      this.deleted.delete(gone);
    }
  }

  session(sessionId: string): StoredSession {
    return this.find(sessionId).session;
  }

  sessions(): StoredSession[] {
    return [...this.kept].filter(([number]) => !this.deleted.has(number)).map(([, { session }]) => session);
  }

  rows(sessionId: string, query: RowQuery): RowPage {
    const kept = this.find(sessionId);
    const plan = planPage(query, kept.session.position, this.limits);
    const wanted = this.filter(kept, plan.filters ?? {});
    const found: [EventRows, number, number][] = [];
    const step = plan.backward ? -1 : 1;
    let position = plan.backward ? plan.high : plan.low;
    for (; position >= plan.low && position <= plan.high && found.length < plan.limit; position += step) {
      const [rows, i] = this.at(kept, position);
      if (wanted(rows, i)) found.push([rows, i, position]);
    }
    const page = allocateRows(found.length);
    for (const [k, [rows, i, at]] of found.entries()) copyRow(rows, i, page, k, at);
    return { rows: page, next: nextOf(plan, found.length, found.at(-1)?.[2] ?? 0) };
  }

  fold(sessionId: string, from: number, limit: number, to?: number): FoldPage {
    const { rows, next } = this.rows(sessionId, { from, limit, ...(to === undefined ? {} : { to }) });
    const fold = allocateFoldRows(Math.max(1, from), rows.length);
    for (const name of FOLD_COLUMNS) fold[name].set(rows[name]);
    return { rows: fold, next };
  }

  numbers(sessionId: string, from: number, limit: number, to?: number): NumbersPage {
    const { rows, next } = this.rows(sessionId, { from, limit, ...(to === undefined ? {} : { to }) });
    return { rows: numbersOf(rows), next };
  }

  timeline(sessionId: string, level: TimelineLevel, from: number, to: number): StoredTimeline[] {
    const { segments, session } = this.find(sessionId);
    return clipSegments(segments, 1, session.position).flatMap((segment) =>
      this.kept
        .get(segment.owner)!
        .timelines.filter((t) => t.from >= segment.from && t.to <= segment.to && t.to >= from && t.from <= to)
        .map((t) => ({ from: t.from, to: t.to, bytes: t.timeline[level] })),
    );
  }

  positionAtTime(sessionId: string, timeNs: number): number {
    const kept = this.find(sessionId);
    for (let position = 1; position <= kept.session.position; position++) {
      const [rows, i] = this.at(kept, position);
      if (rows.timeNs[i]! > timeNs) return position - 1;
    }
    return kept.session.position;
  }

  findings(sessionId: string): EventRows {
    const limit = this.limits.maxPageRows;
    const parts: number[] = [];
    const kept = this.find(sessionId);
    for (let position = 1; position <= kept.session.position && parts.length < limit; position++) {
      const [rows, i] = this.at(kept, position);
      if (rows.type[i] === E.Finding) parts.push(position);
    }
    const found = allocateRows(parts.length);
    parts.forEach((position, k) => {
      const [rows, i] = this.at(kept, position);
      copyRow(rows, i, found, k, position);
    });
    return found;
  }

  dictionary(sessionId: string): DictionaryEntry[] {
    return this.namesSince(sessionId).map(({ entry }) => entry);
  }

  namesSince(sessionId: string): NameSince[] {
    const rank = ({ entry }: NameSince) => (entry.kind === 'thread' ? 0 : 1);
    return [...this.find(sessionId).dictionary.values()].sort(
      (a, b) => rank(a) - rank(b) || a.entry.id - b.entry.id,
    );
  }

  beginImport(imported: ImportedSession): string {
    this.checkRoom();
    const number = ++this.lastNumber;
    const id = String(number);
    const { createdAt, ...given } = structuredClone(imported);
    const session: StoredSession = {
      ...given,
      id,
      parent: null,
      position: 0,
      progress: null,
      storedBytes: 0,
      createdAt,
      updatedAt: new Date().toISOString(),
    };
    this.importing.set(id, emptyKept(session, segmentsOfNew(number, [], 0)));
    return id;
  }

  importPart(importId: string, part: ImportPart): void {
    const kept = this.importing.get(importId);
    if (kept === undefined) throw noImport(importId);
    const after = checkPart(importId, kept.session, part, this.limits);
    if (part.rows !== null) kept.rows.push(part.rows.columns);
    for (const name of part.names) kept.dictionary.set(`${name.entry.kind} ${name.entry.id}`, name);
    kept.chunks.push(...part.decisions);
    kept.marks.push(...structuredClone(part.marks));
    if (part.rows !== null && part.rows.timeline !== null) {
      const { from, timeline } = part.rows;
      kept.timelines.push({ from, to: after.position, timeline });
    }
    kept.snapshots.push(...part.snapshots.map(unpackSnapshot));
    kept.trace.lines.push(...structuredClone(part.traceLines ?? []));
    if (part.traceSummary !== undefined) kept.trace.summary = part.traceSummary;
    kept.session = { ...kept.session, ...after };
  }

  finishImport(importId: string, progress: RunProgress | null): StoredSession {
    const kept = this.importing.get(importId);
    if (kept === undefined) throw noImport(importId);
    checkEnd(importId, kept.session, progress);
    this.checkRoom();
    kept.session = { ...kept.session, progress: structuredClone(progress) };
    this.importing.delete(importId);
    this.kept.set(Number(importId), kept);
    return kept.session;
  }

  abandonImport(importId: string): void {
    this.importing.delete(importId);
  }

  decisions(sessionId: string): DecisionLog {
    const rows = this.find(sessionId).segments.flatMap(({ owner, from, to }) =>
      this.kept
        .get(owner)!
        .chunks.filter((chunk) => chunk.fromPosition >= from - 1 && chunk.fromPosition < to)
        .map((chunk) => ({ ...chunk, segmentEnd: to })),
    );
    return joinDecisions(rows);
  }

  marks(sessionId: string): StoredMark[] {
    return this.find(sessionId).segments.flatMap(({ owner, from, to }) =>
      this.kept.get(owner)!.marks.filter(({ position }) => position >= from - 1 && position < to),
    );
  }

  traceSummary(sessionId: string): string | null {
    return this.find(sessionId).trace.summary;
  }

  traceLines(sessionId: string, from: number, limit: number): TraceLines[] {
    return this.find(sessionId).trace.lines.slice(from - 1, from - 1 + limit);
  }

  latestSnapshot(sessionId: string, atOrBefore: number, layout?: string): SnapshotBytes | null {
    const { segments } = this.find(sessionId);
    let best: SnapshotBytes | null = null;
    for (const { owner, from, to } of clipSegments(segments, 0, atOrBefore)) {
      for (const snapshot of this.kept.get(owner)!.snapshots) {
        const { position } = snapshot;
        const within = position >= (from === 1 ? 0 : from) && position <= to;
        if (within && (layout === undefined || snapshot.layout === layout)) best = snapshot;
      }
    }
    return best === null ? null : { ...best, bytes: best.bytes.slice() };
  }

  close(): void {
    this.kept.clear();
  }

  private checkRoom(): void {
    const count = this.kept.size - this.deleted.size;
    if (count < this.limits.maxSessions) return;
    throw limitExceeded('maxSessions', this.limits.maxSessions, count + 1, 'sessions in one store');
  }

  private find(sessionId: string): Kept {
    const number = Number(sessionId);
    const kept = this.deleted.has(number) ? undefined : this.kept.get(number);
    if (kept === undefined || String(number) !== sessionId)
      throw sessionNotFound(sessionId, this.deleted.has(number));
    return kept;
  }

  private at(kept: Kept, position: number): [EventRows, number] {
    const { owner } = kept.segments.find(({ from, to }) => from <= position && position <= to)!;
    const { rows, segments } = this.kept.get(owner)!;
    return [rows.rows, position - firstOwnPosition(segments)];
  }

  private filter(kept: Kept, filters: RowFilters): (rows: EventRows, i: number) => boolean {
    const { types, thread, subject } = filters;
    const inFunction = ({ entry }: NameSince) => entry.kind === 'site' && entry.function === filters.function;
    const sites = new Set([...kept.dictionary.values()].filter(inFunction).map(({ entry }) => entry.id));
    return (rows, i) =>
      (types === undefined || types.includes(rows.type[i]!)) &&
      (thread === undefined || thread === rows.thread[i]) &&
      (subject === undefined || subject === rows.subject[i]) &&
      (filters.function === undefined || sites.has(rows.site[i]!));
  }

  private isNew(kept: Kept, entry: DictionaryEntry): boolean {
    const old = kept.dictionary.get(`${entry.kind} ${entry.id}`);
    if (old === undefined) return true;
    if (JSON.stringify(old.entry) === JSON.stringify(entry)) return false;
    if (old.since >= kept.session.position) return true;
    throw chunkRefused(kept.session.id, `${entry.kind} ${entry.id} changes its meaning`);
  }

  /** As DictionaryWriter.inherit: names that a cut chunk brought count as new. */
  private inherited(parent: Kept, position: number): Map<string, NameSince> {
    const owner = parent.segments.find(({ from, to }) => from <= position && position <= to)?.owner;
    if (owner === undefined) return new Map();
    const { chunks, dictionary } = this.kept.get(owner)!;
    const cut = chunks.find((chunk) => chunk.fromPosition < position && chunk.toPosition > position);
    const newFrom = cut?.fromPosition ?? position;
    const entries = [...dictionary].filter(([, { since }]) => since < position);
    return new Map(
      entries.map(([key, { entry, since }]) => [key, { entry, since: since >= newFrom ? position : since }]),
    );
  }
}

function emptyKept(session: StoredSession, segments: readonly Segment[]): Kept {
  return {
    session,
    segments,
    rows: new GrowingRows(),
    chunks: [],
    snapshots: [],
    timelines: [],
    marks: [],
    dictionary: new Map<string, NameSince>(),
    trace: { summary: null, lines: [] },
  };
}
