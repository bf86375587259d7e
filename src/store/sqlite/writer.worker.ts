// The writer thread: owns the one writable connection to events.sqlite. Requests come from the main thread, chunks
// also from simulation threads through their own ports; each is one transaction, answered after its commit.
// Deletions go on between them, one bounded step at a time.
import { parentPort, workerData } from 'node:worker_threads';
import type { Database } from 'better-sqlite3';
import { ensure } from '../../core/base/assert.js';
import { serveChannel } from '../channel/chunk-channel.js';
import { serveCalls, tell } from '../rpc.js';
import { storeClosed } from '../store.errors.js';
import { WriterFigures } from '../writer-figures.js';
import { writeCatalogue } from './catalogue-tables.js';
import { openWriter } from './connection.js';
import { Deletion } from './deletion.js';
import { NoticeOutbox } from './notices.js';
import { sessionNumber } from './session-row.js';
import { fromSqlite } from './sqlite-errors.js';
import type { WriterCalls, WriterData, WriterTold } from './wire.js';
import { WriterCore } from './writer-core.js';

interface Waiter {
  readonly resolve: (value: null) => void;
  readonly reject: (error: unknown) => void;
}

/** Removes what deleted sessions left behind, a step at a time; messages are handled between the steps. */
class Sweeper {
  private running = false;
  private waiters: Waiter[] = [];

  constructor(
    private readonly db: Database,
    private readonly deletion: Deletion,
  ) {}

  start(): void {
    if (this.running) return;
    this.running = true;
    setImmediate(() => this.step());
  }

  done(): Promise<null> | null {
    return this.running ? new Promise((resolve, reject) => this.waiters.push({ resolve, reject })) : null;
  }

  private step(): void {
    if (!this.db.open) return;
    try {
      if (this.deletion.step()) setImmediate(() => this.step());
      else this.end((waiter) => waiter.resolve(null));
    } catch (error) {
      // Disk full or worse. The tombstone stays, so the next delete or the next start goes on.
      this.end((waiter) => waiter.reject(error));
    }
  }

  private end(settle: (waiter: Waiter) => void): void {
    this.running = false;
    const { waiters } = this;
    this.waiters = [];
    waiters.forEach(settle);
  }
}

const port = ensure(parentPort, 'the port to the main thread');
const outbox = new NoticeOutbox((notices) => tell(port, notices satisfies WriterTold));
const figures = new WriterFigures((workerData as WriterData).figures);
let opened: ReturnType<typeof open> | null = null;

function open() {
  const { file, limits, synchronous, maxPages } = workerData as WriterData;
  try {
    const db = openWriter(file, synchronous, maxPages);
    const core = new WriterCore(db, file, limits, (notice) => outbox.add(notice));
    core.transaction(() => writeCatalogue(db));
    const deletion = new Deletion(db, (work) => core.transaction(work));
    return { db, core, deletion, sweeper: new Sweeper(db, deletion) };
  } catch (error) {
    throw fromSqlite(error, file);
  }
}

function store(): NonNullable<typeof opened> {
  if (opened === null) throw storeClosed('the writer is not open');
  return opened;
}

serveCalls<WriterCalls>(port, {
  begin: ({ reserveIdsUpTo }) => {
    opened = open();
    const { core, sweeper } = opened;
    if (reserveIdsUpTo > 0) core.reserveIdsUpTo(reserveIdsUpTo);
    const interrupted = core.interruptRunning();
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
  delete: ({ sessionId }) => {
    const { core, deletion, sweeper } = store();
    const number = sessionNumber(sessionId);
    deletion.bury(number);
    core.forget(number);
    sweeper.start();
    return null;
  },
  deletionsDone: () => store().sweeper.done(),
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
    const { db } = opened;
    opened = null;
    try {
      db.pragma('wal_checkpoint(TRUNCATE)');
    } catch {
      // No room for it: the log stays beside the file and loses nothing.
    }
    db.close();
    return null;
  },
});
