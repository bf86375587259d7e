// The port in memory. Everything is gone when the process ends.
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { type Observable, Subject } from 'rxjs';
import type {
  DictionaryEntry,
  Manifest,
  RunChunk,
  RunProgress,
  SnapshotBytes,
} from '../../core/run/contract.js';
import { serveChannel } from '../channel/chunk-channel.js';
import { type PreparedChunk, prepareChunk } from '../channel/prepared-chunk.js';
import type { EventRows } from '../event-rows.js';
import type {
  CommitNotice,
  Committed,
  DecisionLog,
  EncodedFrame,
  EventStore,
  FoldPage,
  FrameRequest,
  NumbersPage,
  ReaderSource,
  RowPage,
  RowQuery,
  SessionExtra,
  SessionListQuery,
  SessionPage,
  StateChange,
  StoredMark,
} from '../event-store.port.js';
import { encodeFrame, frameQuery } from '../feed-frames.js';
import type { ImportedSession, ImportPart, NameSince, TraceLines } from '../imports.port.js';
import { NameTable, ndjsonOf } from '../readable-rows.js';
import {
  type SessionKind,
  type SessionLabel,
  type SessionRecord,
  type SessionState,
  type StoredSession,
  summaryOf,
} from '../session.js';
import { storeClosed } from '../store.errors.js';
import { checkPageLimit, checkText, type StoreLimits, withLimits } from '../store.limits.js';
import { MemoryEvents } from './memory-events.js';

const NDJSON_ROWS = 8_192;
const UNLABELLED: SessionLabel = { name: null, note: null };

export class MemoryEventStore implements EventStore {
  readonly limits: StoreLimits;
  readonly committed$: Observable<CommitNotice>;
  readonly deleted$: Observable<string>;
  private readonly notices = new Subject<CommitNotice>();
  private readonly deletions = new Subject<string>();
  private readonly events: MemoryEvents;
  private readonly labels = new Map<string, SessionLabel>();
  private readonly ports: MessagePort[] = [];
  private closed = false;

  constructor(limits: Partial<StoreLimits> = {}) {
    this.limits = withLimits(limits);
    this.committed$ = this.notices.asObservable();
    this.deleted$ = this.deletions.asObservable();
    this.events = new MemoryEvents(this.limits);
  }

  get readerSource(): ReaderSource {
    return { kind: 'here', reader: this.events };
  }

  async createSession(
    manifest: Manifest,
    kind: SessionKind,
    extra: SessionExtra = {},
  ): Promise<SessionRecord> {
    checkText('maxNameChars', extra.name ?? null, this.limits);
    const before = this.open().lastId;
    const session = this.open().create(manifest, kind, extra);
    // The same idempotency key gives a session that was announced before.
    if (this.events.lastId !== before) this.announce(session, noRows(session));
    if (extra.name !== undefined) this.labels.set(session.id, { name: extra.name, note: null });
    return this.labelled(session);
  }

  async getSession(sessionId: string): Promise<SessionRecord> {
    return this.labelled(this.open().session(sessionId));
  }

  async listSessions(query: SessionListQuery): Promise<SessionPage> {
    checkPageLimit(query.limit, this.limits);
    const { cursor, states, kinds, scenario, protocol, parent } = query;
    const matching = this.open()
      .sessions()
      .reverse()
      .filter(
        ({ id, state, kind, manifest, parent: fork }) =>
          (cursor === undefined || Number(id) < Number(cursor)) &&
          (states === undefined || states.includes(state)) &&
          (kinds === undefined || kinds.includes(kind)) &&
          (scenario === undefined || manifest.scenario === scenario) &&
          (protocol === undefined || manifest.protocol === protocol) &&
          (parent === undefined || fork?.sessionId === parent),
      );
    const page = matching.slice(0, query.limit);
    return {
      sessions: page.map((session) => summaryOf(session, this.labels.get(session.id) ?? UNLABELLED)),
      nextCursor: matching.length > page.length ? page.at(-1)!.id : null,
    };
  }

  async setState(sessionId: string, state: SessionState, change: StateChange = {}): Promise<SessionRecord> {
    const session = this.open().setState(sessionId, state, change);
    this.announce(session, noRows(session));
    return this.labelled(session);
  }

  async annotate(sessionId: string, label: Partial<SessionLabel>): Promise<SessionRecord> {
    const session = this.open().session(sessionId);
    checkText('maxNameChars', label.name ?? null, this.limits);
    checkText('maxNoteChars', label.note ?? null, this.limits);
    const { name, note } = this.labels.get(sessionId) ?? UNLABELLED;
    this.labels.set(sessionId, {
      name: label.name === undefined ? name : label.name,
      note: label.note === undefined ? note : label.note,
    });
    return this.labelled(session);
  }

  async deleteSession(sessionId: string): Promise<void> {
    this.open().delete(sessionId);
    this.labels.delete(sessionId);
    this.deletions.next(sessionId);
  }

  async deletionsDone(): Promise<void> {
    this.open();
  }

  async append(sessionId: string, chunk: RunChunk): Promise<Committed> {
    return this.store(sessionId, prepareChunk(chunk, 'leave'));
  }

  async openChannel(sessionId: string): Promise<MessagePort> {
    this.open().session(sessionId);
    const { port1, port2 } = new MessageChannel();
    serveChannel(port2, (chunk) => this.store(sessionId, chunk));
    this.ports.push(port2);
    return port1;
  }

  async readRows(sessionId: string, query: RowQuery): Promise<RowPage> {
    return this.open().rows(sessionId, query);
  }

  async readFold(sessionId: string, from: number, limit: number, to?: number): Promise<FoldPage> {
    return this.open().fold(sessionId, from, limit, to);
  }

  async readNumbers(sessionId: string, from: number, limit: number, to?: number): Promise<NumbersPage> {
    return this.open().numbers(sessionId, from, limit, to);
  }

  async *streamNdjson(sessionId: string, query: Omit<RowQuery, 'limit'>): AsyncGenerator<Uint8Array> {
    const encoder = new TextEncoder();
    const end = query.direction === 'backward' ? 'to' : 'from';
    let page: RowQuery | null = { ...query, limit: Math.min(NDJSON_ROWS, this.limits.maxPageRows) };
    while (page !== null) {
      const { rows, next }: RowPage = this.open().rows(sessionId, page);
      const text = ndjsonOf(rows, new NameTable(this.events.dictionary(sessionId)));
      if (text.length > 0) yield encoder.encode(text);
      page = next === null ? null : { ...page, [end]: next };
    }
  }

  async readFrame(sessionId: string, request: FrameRequest): Promise<EncodedFrame> {
    const { rows, next } = this.open().rows(sessionId, frameQuery(request));
    const names = new NameTable(this.events.dictionary(sessionId));
    return encodeFrame(sessionId, request, rows, next, names);
  }

  async findings(sessionId: string): Promise<EventRows> {
    return this.open().findings(sessionId);
  }

  async dictionary(sessionId: string): Promise<DictionaryEntry[]> {
    return this.open().dictionary(sessionId);
  }

  async namesSince(sessionId: string): Promise<NameSince[]> {
    return this.open().namesSince(sessionId);
  }

  async beginImport(session: ImportedSession): Promise<string> {
    return this.open().beginImport(session);
  }

  async importPart(importId: string, part: ImportPart): Promise<void> {
    this.open().importPart(importId, part);
  }

  async finishImport(
    importId: string,
    progress: RunProgress | null,
    label: SessionLabel,
  ): Promise<SessionRecord> {
    checkText('maxNameChars', label.name, this.limits);
    checkText('maxNoteChars', label.note, this.limits);
    const session = this.open().finishImport(importId, progress);
    this.labels.set(session.id, label);
    this.announce(session, { fromPosition: 1, toPosition: session.position });
    return this.labelled(session);
  }

  async abandonImport(importId: string): Promise<void> {
    this.open().abandonImport(importId);
  }

  async decisions(sessionId: string): Promise<DecisionLog> {
    return this.open().decisions(sessionId);
  }

  async marks(sessionId: string): Promise<StoredMark[]> {
    return this.open().marks(sessionId);
  }

  async traceSummary(sessionId: string): Promise<string | null> {
    return this.open().traceSummary(sessionId);
  }

  async traceLines(sessionId: string, from: number, limit: number): Promise<TraceLines[]> {
    return this.open().traceLines(sessionId, from, limit);
  }

  async latestSnapshot(
    sessionId: string,
    atOrBefore: number,
    layout?: string,
  ): Promise<SnapshotBytes | null> {
    return this.open().latestSnapshot(sessionId, atOrBefore, layout);
  }

  async hasRoom(): Promise<boolean> {
    return !this.closed;
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    for (const port of this.ports) port.close();
    this.notices.complete();
    this.deletions.complete();
    this.events.close();
  }

  private store(sessionId: string, chunk: PreparedChunk): Committed {
    const committed = this.open().append(sessionId, chunk);
    this.announce(this.events.session(sessionId), committed);
    return committed;
  }

  private announce(session: StoredSession, committed: Committed): void {
    const { id, state, progress } = session;
    this.notices.next({ sessionId: id, state, progress, ...committed });
  }

  private labelled(session: StoredSession): SessionRecord {
    return { ...session, ...(this.labels.get(session.id) ?? UNLABELLED) };
  }

  private open(): MemoryEvents {
    if (this.closed) throw storeClosed('close was called');
    return this.events;
  }
}

function noRows({ position }: StoredSession): Committed {
  return { fromPosition: position + 1, toPosition: position };
}
