// The writer thread: owns the one writable connection to events.sqlite. Requests come from the main thread, chunks
// also from simulation threads through their own ports; each is one transaction, answered after its commit.
// Deletions go on between them, one bounded step at a time.
import { parentPort, workerData } from 'node:worker_threads';
import { ensure } from '../../core/base/assert.js';
import { serveChannel } from '../channel/chunk-channel.js';
import { armFailpoints } from '../failpoint.js';
import { serveCalls, tell } from '../rpc.js';
import { isStoreError, storeClosed } from '../store.errors.js';
import { WriterFigures } from '../writer-figures.js';
import { writeCatalogue } from './catalogue-tables.js';
import { openWriter } from './connection.js';
import { Deletion } from './deletion.js';
import { ImportWriter } from './import-writer.js';
import { NoticeOutbox } from './notices.js';
import { Reserve } from './reserve.js';
import { sessionNumber } from './session-row.js';
import { fromSqlite } from './sqlite-errors.js';
import { Sweeper } from './sweeper.js';
import type { WriterCalls, WriterData, WriterTold } from './wire.js';
import { WriterCore } from './writer-core.js';

const port = ensure(parentPort, 'the port to the main thread');
const outbox = new NoticeOutbox((notices) => tell(port, notices satisfies WriterTold));
const figures = new WriterFigures((workerData as WriterData).figures);
let opened: ReturnType<typeof open> | null = null;

function open() {
  const { file, reserve: reserveFile, limits, synchronous, maxPages } = workerData as WriterData;
  armFailpoints(process.env);
  try {
    const db = openWriter(file, synchronous, maxPages);
    const reserve = new Reserve(reserveFile);
    reserve.hasRoom();
    const core = new WriterCore(db, file, limits, reserve, (notice) => outbox.add(notice));
    const deletion = new Deletion(db, core);
    const imports = new ImportWriter(db, limits, core, (notice) => outbox.add(notice));
    return { db, core, deletion, imports, reserve, sweeper: new Sweeper(db, deletion) };
  } catch (error) {
    throw fromSqlite(error, file);
  }
}

/** A full disk does not keep the store shut: what cannot be written now is written later, or at the next start. */
function whereThereIsRoom<T>(work: () => T): T | null {
  try {
    return work();
  } catch (error) {
    if (isStoreError(error, 'disk_full')) return null;
    throw error;
  }
}

function store(): NonNullable<typeof opened> {
  if (opened === null) throw storeClosed('the writer is not open');
  return opened;
}

serveCalls<WriterCalls>(port, {
  begin: ({ reserveIdsUpTo }) => {
    opened = open();
    const { db, core, imports, sweeper } = opened;
    // First what matters most. Sessions that still say `running` are as good as interrupted: nobody runs them.
    const interrupted = whereThereIsRoom(() => core.interruptRunning()) ?? 0;
    if (reserveIdsUpTo > 0) whereThereIsRoom(() => core.reserveIdsUpTo(reserveIdsUpTo));
    whereThereIsRoom(() => core.bigTransaction(() => writeCatalogue(db)));
    whereThereIsRoom(() => imports.dropUnfinished());
    sweeper.start();
    return { interrupted };
  },
  create: ({ manifest, kind, extra }) => store().core.create(manifest, kind, extra),
  append: ({ sessionId, chunk }) => store().core.append(sessionId, chunk),
  openChannel: ({ sessionId, port: channel }) => {
    serveChannel(channel, (chunk) => store().core.append(sessionId, chunk), figures);
    return null;
  },
  setState: ({ sessionId, state, change }) => store().core.setState(sessionId, state, change),
  delete: ({ sessionId, onlyExpendable }) => {
    const { core, deletion, sweeper } = store();
    const number = sessionNumber(sessionId);
    if (!deletion.bury(number, onlyExpendable)) return false;
    core.forget(number);
    sweeper.start();
    return true;
  },
  beginImport: (session) => store().imports.begin(session),
  importPart: ({ importId, part }) => {
    store().imports.part(importId, part);
    return null;
  },
  finishImport: ({ importId, progress }) => store().imports.finish(importId, progress),
  abandonImport: ({ importId }) => {
    const { imports, sweeper } = store();
    imports.abandon(importId);
    sweeper.start();
    return null;
  },
  deletionsDone: () => store().sweeper.done(),
  hasRoom: () => store().reserve.hasRoom(),
  noticesTaken: () => {
    outbox.taken();
    return null;
  },
  tellNotices: () => {
    outbox.flush();
    return null;
  },
  close: () => {
    if (opened === null) return null;
    const { db, sweeper } = opened;
    opened = null;
    sweeper.stop();
    try {
      db.pragma('wal_checkpoint(TRUNCATE)');
    } catch {
      // No room for it: the log stays beside the file and loses nothing.
    }
    db.close();
    return null;
  },
});
