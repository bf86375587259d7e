// The event store on SQLite, as the main thread sees it: writes go to the writer thread, long reads to the reader
// thread, short reads by key to a connection of this thread.
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { type Observable, Subject } from 'rxjs';
import type {
  DictionaryEntry,
  Manifest,
  RunChunk,
  RunProgress,
  SnapshotBytes,
} from '../../core/run/contract.js';
import { buffersOf, prepareChunk } from '../channel/prepared-chunk.js';
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
import type { AnswerStore } from '../idempotency.port.js';
import type { ImportedSession, ImportPart, NameSince, TraceLines } from '../imports.port.js';
import type { JobStore } from '../jobs.port.js';
import type { MetadataStore } from '../metadata/metadata-store.js';
import { TypeormAnswerStore } from '../metadata/typeorm-answer-store.js';
import { TypeormJobStore } from '../metadata/typeorm-job-store.js';
import { TypeormNoteStore } from '../metadata/typeorm-note-store.js';
import { TypeormSweepStore } from '../metadata/typeorm-sweep-store.js';
import type { NoteStore } from '../notes.port.js';
import type { RetentionStore, StoreSurvey } from '../retention.port.js';
import { WorkerClient } from '../rpc.js';
import type { SessionKind, SessionLabel, SessionRecord, SessionState, StoredSession } from '../session.js';
import type { SnapshotFigures } from '../snapshot-figures.js';
import { storeClosed } from '../store.errors.js';
import { checkPageLimit, checkText, type StoreLimits } from '../store.limits.js';
import type { SweepStore } from '../sweeps.port.js';
import type { WriterFigures } from '../writer-figures.js';
import type { OwnerLock } from './owner-lock.js';
import type { ReconcileReport } from './reconciler.js';
import { SessionMirror } from './session-mirror.js';
import { sessionNumber } from './session-row.js';
import type { SqliteEventReader } from './sqlite-event-reader.js';
import type { ReaderCalls, ReaderData, WriterCalls } from './wire.js';
import { PLAIN_THREAD, workerEntry } from './worker-entry.js';

/** Pages up to this length are read on the main thread: quicker than asking the reader thread. */
const SHORT_PAGE_ROWS = 256;
const NDJSON_ROWS = 8_192;

export interface SqliteParts {
  readonly dataDir: string;
  readonly file: string;
  readonly limits: StoreLimits;
  readonly lock: OwnerLock;
  readonly writer: WorkerClient<WriterCalls>;
  readonly figures: WriterFigures;
  readonly notices: Subject<CommitNotice>;
  readonly keyed: SqliteEventReader;
  readonly metadata: MetadataStore;
  readonly reconciled: ReconcileReport;
  readonly onTrouble: (error: unknown) => void;
}

export class SqliteEventStore implements EventStore, RetentionStore {
  readonly limits: StoreLimits;
  readonly committed$: Observable<CommitNotice>;
  readonly deleted$: Observable<string>;
  readonly jobs: JobStore;
  readonly sweeps: SweepStore;
  readonly answers: AnswerStore;
  readonly notes: NoteStore;
  /** What the start had to put right. */
  readonly reconciled: ReconcileReport;
  private readonly mirror: SessionMirror;
  private readonly deletions = new Subject<string>();
  private reader: WorkerClient<ReaderCalls> | null = null;
  private closing: Promise<void> | null = null;

  constructor(private readonly parts: SqliteParts) {
    const { limits, notices, metadata, keyed, reconciled } = parts;
    this.limits = limits;
    this.committed$ = notices.asObservable();
    this.deleted$ = this.deletions.asObservable();
    this.jobs = new TypeormJobStore(metadata);
    this.sweeps = new TypeormSweepStore(metadata);
    this.answers = new TypeormAnswerStore(metadata);
    this.notes = new TypeormNoteStore(metadata, limits);
    this.reconciled = reconciled;
    this.mirror = new SessionMirror(metadata, (sessionId) => keyed.session(sessionId), parts.onTrouble);
    notices.subscribe(({ sessionId }) => this.mirror.touch(sessionId));
  }

  get readerSource(): ReaderSource {
    const { dataDir, limits } = this.parts;
    return { kind: 'files', dataDir, limits, snapshots: this.snapshots.shared };
  }

  get dataDir(): string {
    return this.parts.dataDir;
  }

  /** Sessions that are not deleted. */
  sessionCount(): number {
    return this.keyed().sessionCount();
  }

  /** Null while the store works; else why it does not. */
  get failure(): Error | null {
    if (this.closing !== null) return storeClosed('close was called');
    return this.parts.writer.failure ?? this.reader?.failure ?? null;
  }

  /** Counted since the store was opened, by all who read it. */
  get snapshots(): SnapshotFigures {
    return this.parts.keyed.snapshots;
  }

  get writerFigures(): WriterFigures {
    return this.parts.figures;
  }

  /** Writes down where the owner of the data folder can be reached, for commands that find the folder in use. */
  announce(host: string, port: number): void {
    this.parts.lock.announce(host, port);
  }

  /** Lines of the list that the start could not put right. */
  mirrorLater(sessionIds: readonly string[]): void {
    for (const id of sessionIds) this.mirror.touch(id);
  }

  async createSession(
    manifest: Manifest,
    kind: SessionKind,
    extra: SessionExtra = {},
  ): Promise<SessionRecord> {
    checkText('maxNameChars', extra.name ?? null, this.limits);
    const session = await this.writer().call('create', { manifest, kind, extra });
    this.mirror.touch(session.id);
    await this.mirror.flush();
    if (extra.name === undefined) return this.withLabel(session);
    const { name } = extra;
    try {
      return { ...session, ...(await this.parts.metadata.setLabel(Number(session.id), { name })) };
    } catch (error) {
      // The caller is told that nothing was made: a session without its name must not stay behind. With a key the caller
      // asks again and gets the same session.
      if (extra.idempotency === undefined) await this.deleteSession(session.id).catch(this.parts.onTrouble);
      throw error;
    }
  }

  async getSession(sessionId: string): Promise<SessionRecord> {
    return this.withLabel(this.keyed().session(sessionId));
  }

  async listSessions(query: SessionListQuery): Promise<SessionPage> {
    checkPageLimit(query.limit, this.limits);
    this.keyed();
    await this.mirror.flush();
    return this.parts.metadata.list(query, query.cursor === undefined ? null : sessionNumber(query.cursor));
  }

  async setState(sessionId: string, state: SessionState, change: StateChange = {}): Promise<SessionRecord> {
    const session = await this.writer().call('setState', { sessionId, state, change });
    this.mirror.touch(sessionId);
    await this.mirror.flush();
    return this.withLabel(session);
  }

  async annotate(sessionId: string, label: Partial<SessionLabel>): Promise<SessionRecord> {
    const session = this.keyed().session(sessionId);
    checkText('maxNameChars', label.name ?? null, this.limits);
    checkText('maxNoteChars', label.note ?? null, this.limits);
    return { ...session, ...(await this.parts.metadata.setLabel(Number(session.id), label)) };
  }

  async deleteSession(sessionId: string): Promise<void> {
    await this.writer().call('delete', { sessionId, onlyExpendable: false });
    await this.deleted(sessionId);
  }

  /** Read by the reader thread: it looks at every session. */
  async survey(): Promise<StoreSurvey> {
    return await this.longReads().call('survey', null);
  }

  async spokenOf(): Promise<ReadonlySet<string>> {
    return await this.parts.metadata.spokenOf();
  }

  async deleteExpendable(sessionId: string): Promise<boolean> {
    const gone = await this.parts.metadata.unlessSpokenOf(sessionNumber(sessionId), () =>
      this.writer().call('delete', { sessionId, onlyExpendable: true }),
    );
    if (gone) await this.deleted(sessionId);
    return gone;
  }

  private async deleted(sessionId: string): Promise<void> {
    this.mirror.forget(sessionId);
    this.deletions.next(sessionId);
    try {
      await this.parts.metadata.mirror([], { deleted: [sessionNumber(sessionId)] });
    } catch (error) {
      this.mirror.touch(sessionId);
      this.parts.onTrouble(error);
    }
  }

  async hasRoom(): Promise<boolean> {
    return await this.writer().call('hasRoom', null);
  }

  async deletionsDone(): Promise<void> {
    await this.writer().call('deletionsDone', null);
  }

  async append(sessionId: string, chunk: RunChunk): Promise<Committed> {
    const prepared = prepareChunk(chunk, 'leave');
    return this.writer().call('append', { sessionId, chunk: prepared }, buffersOf(prepared));
  }

  async openChannel(sessionId: string): Promise<MessagePort> {
    this.keyed().session(sessionId);
    const { port1, port2 } = new MessageChannel();
    await this.writer().call('openChannel', { sessionId, port: port2 }, [port2]);
    return port1;
  }

  async readRows(sessionId: string, query: RowQuery): Promise<RowPage> {
    if (query.filters === undefined && query.limit <= SHORT_PAGE_ROWS)
      return this.keyed().rows(sessionId, query);
    return this.longReads().call('rows', { sessionId, query });
  }

  async readFold(sessionId: string, from: number, limit: number, to?: number): Promise<FoldPage> {
    return this.longReads().call('fold', { sessionId, from, limit, to });
  }

  async readNumbers(sessionId: string, from: number, limit: number, to?: number): Promise<NumbersPage> {
    return this.longReads().call('numbers', { sessionId, from, limit, to });
  }

  async *streamNdjson(sessionId: string, query: Omit<RowQuery, 'limit'>): AsyncGenerator<Uint8Array> {
    const end = query.direction === 'backward' ? 'to' : 'from';
    let page: RowQuery | null = { ...query, limit: Math.min(NDJSON_ROWS, this.limits.maxPageRows) };
    while (page !== null) {
      const { text, next }: ReaderCalls['ndjson']['reply'] = await this.longReads().call('ndjson', {
        sessionId,
        query: page,
      });
      if (text.length > 0) yield text;
      page = next === null ? null : { ...page, [end]: next };
    }
  }

  async readFrame(sessionId: string, request: FrameRequest): Promise<EncodedFrame> {
    return this.longReads().call('frame', { sessionId, request });
  }

  async findings(sessionId: string): Promise<EventRows> {
    return this.keyed().findings(sessionId);
  }

  async dictionary(sessionId: string): Promise<DictionaryEntry[]> {
    return this.keyed().dictionary(sessionId);
  }

  async namesSince(sessionId: string): Promise<NameSince[]> {
    return this.keyed().namesSince(sessionId);
  }

  async beginImport(session: ImportedSession): Promise<string> {
    return this.writer().call('beginImport', session);
  }

  async importPart(importId: string, part: ImportPart): Promise<void> {
    await this.writer().call('importPart', { importId, part });
  }

  async finishImport(
    importId: string,
    progress: RunProgress | null,
    label: SessionLabel,
  ): Promise<SessionRecord> {
    checkText('maxNameChars', label.name, this.limits);
    checkText('maxNoteChars', label.note, this.limits);
    const session = await this.writer().call('finishImport', { importId, progress });
    this.mirror.touch(session.id);
    await this.mirror.flush();
    return { ...session, ...(await this.parts.metadata.setLabel(Number(session.id), label)) };
  }

  async abandonImport(importId: string): Promise<void> {
    await this.writer().call('abandonImport', { importId });
  }

  async decisions(sessionId: string): Promise<DecisionLog> {
    return this.longReads().call('decisions', { sessionId });
  }

  async marks(sessionId: string): Promise<StoredMark[]> {
    return this.keyed().marks(sessionId);
  }

  async traceSummary(sessionId: string): Promise<string | null> {
    return this.keyed().traceSummary(sessionId);
  }

  async traceLines(sessionId: string, from: number, limit: number): Promise<TraceLines[]> {
    return this.keyed().traceLines(sessionId, from, limit);
  }

  async latestSnapshot(
    sessionId: string,
    atOrBefore: number,
    layout?: string,
  ): Promise<SnapshotBytes | null> {
    return this.keyed().latestSnapshot(sessionId, atOrBefore, layout);
  }

  close(): Promise<void> {
    this.closing ??= this.closeParts();
    return this.closing;
  }

  /** Readers first: the last writer out checkpoints and removes the log. Every step is taken, whatever fails. */
  private async closeParts(): Promise<void> {
    const { writer, keyed, metadata, notices, lock } = this.parts;
    const steps: (() => unknown)[] = [
      // Answered after every append that was accepted before.
      () => writer.call('tellNotices', null),
      () => this.mirror.flush(),
      () => this.mirror.stop(),
      () => this.reader?.close(),
      () => keyed.close(),
      () => writer.close(),
      () => notices.complete(),
      () => this.deletions.complete(),
      () => metadata.close(),
      () => lock.release(),
    ];
    const failures: unknown[] = [];
    for (const step of steps) {
      try {
        await step();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  private async withLabel(session: StoredSession): Promise<SessionRecord> {
    const { name, note } = await this.parts.metadata.label(Number(session.id));
    return { ...session, name, note };
  }

  private writer(): WorkerClient<WriterCalls> {
    if (this.closing !== null) throw storeClosed('close was called');
    return this.parts.writer;
  }

  private keyed(): SqliteEventReader {
    if (this.closing !== null) throw storeClosed('close was called');
    return this.parts.keyed;
  }

  /** Started when first needed: a command that reads a page needs no thread. */
  private longReads(): WorkerClient<ReaderCalls> {
    if (this.closing !== null) throw storeClosed('close was called');
    const { file, limits } = this.parts;
    if (this.reader === null) {
      const workerData: ReaderData = { file, limits };
      this.reader = new WorkerClient<ReaderCalls>(
        new Worker(workerEntry('reader.worker'), { workerData, ...PLAIN_THREAD }),
        'reader',
      );
    }
    return this.reader;
  }
}
