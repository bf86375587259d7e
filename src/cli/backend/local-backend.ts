// The data folder opened by this process: it owns the folder for as long as the command runs.
import { constants } from 'node:os';
import { join } from 'node:path';
import { type ComparisonQuestion, ComparisonService } from '../../comparisons/comparison.service.js';
import { readSetting } from '../../config/read-settings.js';
import type { Comparison } from '../../core/compare/comparison.js';
import type { RootPressureFigures } from '../../core/projections/root-pressure.js';
import type { RunRequest } from '../../core/run/manifest.js';
import type { LiveCommand } from '../../core/scenarios/live/catalogue.js';
import type { CheckAnswer } from '../../core/traces/check/checked-trace.js';
import { ExportService } from '../../exports/export.service.js';
import type { ExportRequest } from '../../exports/formats.js';
import { ImportService } from '../../exports/import.service.js';
import { SPOOL_FOLDER } from '../../exports/upload.js';
import { Forks } from '../../sessions/forks.js';
import type { CheckRequest } from '../../sessions/inspection/orders/check.order.js';
import type { CompareProgress } from '../../sessions/inspection/orders/compare.order.js';
import type { OrderName, OrderReply, OrderRequest } from '../../sessions/inspection/orders/index.js';
import { InspectionService } from '../../sessions/inspection.service.js';
import { type KernelReport, kernelReports } from '../../sessions/kernel-reports.js';
import {
  giveCommand,
  type StoredCommand,
  storedCommands,
} from '../../sessions/live/live-commands.service.js';
import { rootPressureOf } from '../../sessions/root-pressure.js';
import { SessionRunner } from '../../sessions/runner/session-runner.js';
import { sessionView } from '../../sessions/session.view.js';
import { NameTable } from '../../store/readable-rows.js';
import { openEventStore } from '../../store/sqlite/open-event-store.js';
import type { SqliteEventStore } from '../../store/sqlite/sqlite-event-store.js';
import { type ImportedTrace, type TraceRequest, TraceService } from '../../traces/trace.service.js';
import { ProtocolFolder } from '../../user-protocols/protocol-folder.js';
import type { FindingDocument, ReplayDocument, SessionDocument } from '../documents.js';
import type { Backend, CommandDocument, Control, ForkAsked, ForkDocument, OnProgress } from './backend.js';
import { findingDocuments } from './finding-document.js';
import { LocalPast, type PastBackend } from './past-backend.js';
import { LocalSweeps } from './sweep-backend.js';

const LIST_PAGE = 200;

export class LocalBackend implements Backend {
  readonly place: string;
  private readonly runner: SessionRunner;
  /** Of protocols of the user's own: ROOTLINE_PROTOCOLS, as a server takes it. */
  private readonly folder: ProtocolFolder;
  private readonly inspections: InspectionService;
  private readonly exports: ExportService;
  private readonly imports: ImportService;
  private readonly traces: TraceService;
  readonly past: PastBackend;
  readonly sweeps: LocalSweeps;

  private constructor(
    dataDir: string,
    private readonly store: SqliteEventStore,
    private readonly note: (text: string) => void,
  ) {
    this.place = `data folder ${dataDir}`;
    this.folder = new ProtocolFolder(readSetting('protocolsDir', {}, process.env));
    this.runner = new SessionRunner(store, { log: note, userProtocol: (id) => this.folder.text(id) });
    this.inspections = new InspectionService(store);
    this.exports = new ExportService(store);
    this.imports = new ImportService(store, join(dataDir, SPOOL_FOLDER));
    this.traces = new TraceService(store, join(dataDir, SPOOL_FOLDER));
    this.past = new LocalPast(store, this.inspections);
    this.sweeps = new LocalSweeps(store, this.runner, note);
  }

  static async open(dataDir: string, note: (text: string) => void): Promise<LocalBackend> {
    const backend = await LocalBackend.openHere(dataDir, note);
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.once(signal, () => void backend.interrupt(signal));
    return backend;
  }

  private static async openHere(dataDir: string, note: (text: string) => void): Promise<LocalBackend> {
    const store = await openEventStore(dataDir, { onTrouble: (error) => note(`rootline: ${String(error)}`) });
    return new LocalBackend(dataDir, store, note);
  }

  async run(requests: readonly RunRequest[], onProgress: OnProgress): Promise<SessionDocument[]> {
    const watched = this.store.committed$.subscribe(({ sessionId, state, progress }) => {
      if (progress !== null) onProgress(sessionId, state, progress.ordinal);
    });
    try {
      const ids: string[] = [];
      for (const request of requests) ids.push((await this.runner.create(request)).id);
      return await Promise.all(ids.map(async (id) => sessionView(await this.runner.done(id))));
    } finally {
      watched.unsubscribe();
    }
  }

  async fork(id: string, { at, changes, name }: ForkAsked): Promise<ForkDocument> {
    const forks = new Forks(this.store, this.runner, this.inspections, (id) => this.folder.text(id));
    const made = await forks.create(id, { at, changes }, name === undefined ? {} : { name });
    return sessionView(await this.runner.done(made.id));
  }

  async sessions(): Promise<SessionDocument[]> {
    const out: SessionDocument[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.store.listSessions({
        limit: LIST_PAGE,
        ...(cursor === undefined ? {} : { cursor }),
      });
      for (const { id } of page.sessions) out.push(await this.session(id));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    return out;
  }

  async session(id: string): Promise<SessionDocument> {
    return sessionView(await this.store.getSession(id));
  }

  async command(
    id: string,
    command: LiveCommand,
    events: number | null,
    at: number | null,
  ): Promise<CommandDocument> {
    const position = at ?? (await this.store.getSession(id)).position;
    const given = await giveCommand(this.store, this.runner, id, position, { ...command, events });
    await this.runner.done(id);
    return { command: given.command, session: await this.session(id) };
  }

  async step(id: string, events: number | null, at: number | null): Promise<SessionDocument> {
    const position = at ?? (await this.store.getSession(id)).position;
    await this.runner.step(id, position, events);
    return sessionView(await this.runner.done(id));
  }

  async commands(id: string): Promise<StoredCommand[]> {
    return await storedCommands(this.store, id);
  }

  async control(id: string, what: Control): Promise<SessionDocument> {
    const session = await this.runner[what](id);
    return sessionView(what === 'resume' ? await this.runner.done(id) : session);
  }

  async findings(id: string): Promise<FindingDocument[]> {
    return findingDocuments(await this.store.findings(id), new NameTable(await this.store.dictionary(id)));
  }

  async assertions(id: string): Promise<KernelReport[]> {
    return await kernelReports(this.store, id);
  }

  async rootPressure(id: string): Promise<RootPressureFigures> {
    return await rootPressureOf(this.store, id);
  }

  async replay(id: string): Promise<ReplayDocument> {
    return await this.inspections.replay(id);
  }

  async compare(
    question: ComparisonQuestion,
    onProgress: (progress: CompareProgress) => void,
  ): Promise<Comparison> {
    const comparisons = new ComparisonService(this.store, this.inspections);
    return await comparisons.compare(question, { onPart: (part) => onProgress(part as CompareProgress) });
  }

  async *export(id: string, request: ExportRequest): AsyncIterable<Uint8Array> {
    yield* (await this.exports.start(id, request)).blocks;
  }

  async importSession(file: string): Promise<SessionDocument> {
    return sessionView(await this.imports.importFile(file));
  }

  async check(question: CheckRequest): Promise<CheckAnswer> {
    const { protocol } = question;
    const userProtocol = question.userProtocol ?? (protocol === null ? null : this.folder.text(protocol));
    return await this.inspections.ask('check', { ...question, userProtocol: userProtocol ?? undefined });
  }

  async importTrace(
    source: string | AsyncIterable<Uint8Array>,
    request: TraceRequest,
  ): Promise<ImportedTrace> {
    return typeof source === 'string'
      ? await this.traces.importFile(source, request)
      : await this.traces.importStream(source, request);
  }

  async inspect<N extends OrderName>(name: N, request: OrderRequest<N>): Promise<OrderReply<N>> {
    return await this.inspections.ask(name, request);
  }

  /** Everything committed stays; sessions under way become `interrupted` and go on when a server has the folder. */
  private async interrupt(signal: 'SIGINT' | 'SIGTERM'): Promise<void> {
    this.note(`rootline: ${signal}; sessions under way are interrupted and go on under \`rootline serve\``);
    await this.close();
    process.exit(128 + constants.signals[signal]);
  }

  async close(): Promise<void> {
    await this.sweeps.stop();
    await this.runner.stop();
    await this.inspections.stop();
    await this.exports.stop();
    await this.imports.stop();
    await this.traces.stop();
    await this.store.close();
  }
}
