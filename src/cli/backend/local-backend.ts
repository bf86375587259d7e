// The data folder opened by this process: it owns the folder for as long as the command runs.
import { constants } from 'node:os';
import type { RunRequest } from '../../core/run/manifest.js';
import { InspectionService } from '../../sessions/inspection.service.js';
import { SessionRunner } from '../../sessions/runner/session-runner.js';
import { sessionView } from '../../sessions/session.view.js';
import { NameTable } from '../../store/readable-rows.js';
import { openEventStore } from '../../store/sqlite/open-event-store.js';
import type { SqliteEventStore } from '../../store/sqlite/sqlite-event-store.js';
import type { FindingDocument, ReplayDocument, SessionDocument } from '../documents.js';
import type { Backend, ExportFormat, OnProgress } from './backend.js';
import { CSV_HEADER, csvOf } from './csv.js';
import { findingDocuments } from './finding-document.js';

const LIST_PAGE = 200;
const ROWS_PAGE = 8_192;

export class LocalBackend implements Backend {
  readonly place: string;
  private readonly runner: SessionRunner;
  private readonly inspections: InspectionService;

  private constructor(
    dataDir: string,
    private readonly store: SqliteEventStore,
    private readonly note: (text: string) => void,
  ) {
    this.place = `data folder ${dataDir}`;
    this.runner = new SessionRunner(store, { log: note });
    this.inspections = new InspectionService(store);
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

  async findings(id: string): Promise<FindingDocument[]> {
    return findingDocuments(await this.store.findings(id), new NameTable(await this.store.dictionary(id)));
  }

  async replay(id: string): Promise<ReplayDocument> {
    return await this.inspections.replay(id);
  }

  async *exportEvents(id: string, format: ExportFormat): AsyncIterable<Uint8Array> {
    await this.store.getSession(id);
    if (format === 'ndjson') {
      yield* this.store.streamNdjson(id, {});
      return;
    }
    const encoder = new TextEncoder();
    const names = new NameTable(await this.store.dictionary(id));
    yield encoder.encode(`${CSV_HEADER}\r\n`);
    let from: number | null = 1;
    while (from !== null) {
      const page = await this.store.readRows(id, { from, limit: ROWS_PAGE });
      if (page.rows.length > 0) yield encoder.encode(csvOf(page.rows, names));
      from = page.next;
    }
  }

  /** Everything committed stays; sessions under way become `interrupted` and go on when a server has the folder. */
  private async interrupt(signal: 'SIGINT' | 'SIGTERM'): Promise<void> {
    this.note(`rootline: ${signal}; sessions under way are interrupted and go on under \`rootline serve\``);
    await this.close();
    process.exit(128 + constants.signals[signal]);
  }

  async close(): Promise<void> {
    await this.runner.stop();
    await this.inspections.stop();
    await this.store.close();
  }
}
