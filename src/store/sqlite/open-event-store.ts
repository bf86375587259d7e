// Opens a data folder: owner lock, checks, migrations, threads, reconciliation; or fails with a typed error and lets
// go of everything again.
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { Subject } from 'rxjs';
import type { DataSource } from 'typeorm';
import { EVENTS_IDENTITY, EVENTS_MIGRATIONS } from '../../../migrations/events/index.js';
import { METADATA_IDENTITY, METADATA_MIGRATIONS } from '../../../migrations/metadata/index.js';
import type { CommitNotice } from '../event-store.port.js';
import { armFailpoints } from '../failpoint.js';
import { openMetadata } from '../metadata/data-source.js';
import { MetadataStore } from '../metadata/metadata-store.js';
import { PromiseQueue } from '../metadata/write-queue.js';
import { WorkerClient } from '../rpc.js';
import { isStoreError } from '../store.errors.js';
import { type StoreLimits, withLimits } from '../store.limits.js';
import { WriterFigures } from '../writer-figures.js';
import type { Synchronous } from './connection.js';
import { storeFiles } from './files.js';
import { type MigrationClass, migrateEvents } from './migrate.js';
import { copyBeforeMigration, withCopies } from './migration-copies.js';
import { OwnerLock } from './owner-lock.js';
import { checkDatabase } from './preflight.js';
import { reconcile } from './reconciler.js';
import { SqliteEventReader } from './sqlite-event-reader.js';
import { SqliteEventStore } from './sqlite-event-store.js';
import type { WriterCalls, WriterData, WriterTold } from './wire.js';
import { PLAIN_THREAD, workerEntry } from './worker-entry.js';

/** Oldest first; their number is the form of the file. */
export interface StoreMigrations {
  readonly events: readonly MigrationClass[];
  readonly metadata: readonly MigrationClass[];
}

function migrationsOf({ migrations }: OpenOptions): StoreMigrations {
  return { events: EVENTS_MIGRATIONS, metadata: METADATA_MIGRATIONS, ...migrations };
}

export interface OpenOptions {
  readonly limits?: Partial<StoreLimits>;
  /** What a commit promises (see connection.ts). Default: `normal`. */
  readonly synchronous?: Synchronous;
  /** Told of trouble that the store survives by itself: the derived list could not be written. */
  readonly onTrouble?: (error: unknown) => void;
  /** For tests of migrations: these instead of this build's. */
  readonly migrations?: Partial<StoreMigrations>;
  /** For tests of a full disk: events.sqlite never grows above this. */
  readonly maxPages?: number;
}

export async function openEventStore(dataDir: string, options: OpenOptions = {}): Promise<SqliteEventStore> {
  armFailpoints(process.env);
  try {
    return await openOrUndo(dataDir, options);
  } catch (error) {
    // Opening needs a little room itself: an index of the log, owner.json.
    const { reserve } = storeFiles(dataDir);
    if (!isStoreError(error, 'disk_full') || !existsSync(reserve)) throw error;
    rmSync(reserve, { force: true });
    return await openOrUndo(dataDir, options);
  }
}

async function openOrUndo(dataDir: string, options: OpenOptions): Promise<SqliteEventStore> {
  const undo: (() => unknown)[] = [];
  try {
    return await open(dataDir, options, undo);
  } catch (error) {
    for (const step of undo.reverse()) {
      try {
        await step();
      } catch {
        // Why it did not open matters, and the lock behind this step must be given back.
      }
    }
    throw error;
  }
}

async function open(
  dataDir: string,
  options: OpenOptions,
  undo: (() => unknown)[],
): Promise<SqliteEventStore> {
  const limits = withLimits(options.limits);
  const synchronous = options.synchronous ?? 'normal';
  mkdirSync(dataDir, { recursive: true });
  const files = storeFiles(dataDir);
  const file = files.events;

  const lock = OwnerLock.acquire(files);
  undo.push(() => lock.release());

  // Both files are looked at before either is touched.
  const { events, metadata: list } = migrationsOf(options);
  const forms = {
    events: checkDatabase(file, { ...EVENTS_IDENTITY, version: events.length }),
    metadata: checkDatabase(files.metadata, { ...METADATA_IDENTITY, version: list.length }),
  };
  // Only files with content are worth a copy.
  const pending =
    (forms.events > 0 && forms.events < events.length) ||
    (forms.metadata > 0 && forms.metadata < list.length);
  const copies = pending ? copyBeforeMigration(files, forms, new Date()) : null;
  let source: DataSource;
  try {
    if (forms.events < events.length) await migrateEvents(file, events);
    source = await openMetadata(files.metadata, synchronous, list);
  } catch (error) {
    throw copies === null ? error : withCopies(error, copies);
  }
  const metadata = new MetadataStore(source, files.metadata, new PromiseQueue());
  undo.push(() => metadata.close());

  const notices = new Subject<CommitNotice>();
  const figures = new WriterFigures();
  const workerData: WriterData = {
    file,
    reserve: files.reserve,
    limits,
    synchronous,
    figures: figures.shared,
    maxPages: options.maxPages,
  };
  const worker = new Worker(workerEntry('writer.worker'), { workerData, ...PLAIN_THREAD });
  const writer = new WorkerClient<WriterCalls>(worker, 'writer', (told) => {
    for (const notice of told as WriterTold) notices.next(notice);
    // A failure shows in the calls that wait for an answer.
    writer.call('noticesTaken', null).catch(() => undefined);
  });
  undo.push(() => writer.close());
  const { interrupted } = await writer.call('begin', { reserveIdsUpTo: await metadata.highestId() });

  const keyed = new SqliteEventReader(file, limits);
  undo.push(() => keyed.close());
  const { report: reconciled, unwritten } = await reconcile(
    keyed.sessions(),
    keyed.tombstones(),
    metadata,
    interrupted,
  );
  const onTrouble = options.onTrouble ?? (() => undefined);
  const store = new SqliteEventStore({
    dataDir,
    file,
    limits,
    lock,
    writer,
    figures,
    notices,
    keyed,
    metadata,
    reconciled,
    onTrouble,
  });
  store.mirrorLater(unwritten);
  return store;
}
