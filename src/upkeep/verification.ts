// A check of a whole store, from files to sessions to the list. Synchronous and bounded in memory: it runs in a thread of
// its own (verification.worker.ts), asks between pages whether it should stop, and says how far it is.
import type { Faults } from '../core/run/verify-rows.js';
import { storeFiles } from '../store/sqlite/files.js';
import { InspectedStore } from '../store/sqlite/verify/inspected-store.js';
import { integrityComplaints } from '../store/sqlite/verify/integrity.js';
import { mirrorFaults } from '../store/sqlite/verify/mirror.js';
import { peopleFaults } from '../store/sqlite/verify/people.js';
import { relationFaults, type TableFault } from '../store/sqlite/verify/relations.js';
import { isStoreError } from '../store/store.errors.js';
import {
  MAX_VERIFICATION_FAULTS,
  type StoreFault,
  type VerificationProgress,
  type VerificationResult,
} from './verification.types.js';
import { Cancelled, verifySession } from './verify-session.js';

export interface VerificationOptions {
  /** Every snapshot is held against the fold, not only the last of each session. */
  readonly deep: boolean;
  /** An owner is at work on the store. */
  readonly live: boolean;
  readonly isCancelled: () => boolean;
  readonly onProgress: (progress: VerificationProgress) => void;
  /** Stops this thread for a while. */
  readonly pause: (ms: number) => void;
}

const EVENTS = 'events.sqlite';
const METADATA = 'rootline.sqlite';

/** Null: it was cancelled. */
export function verifyStore(dataDir: string, options: VerificationOptions): VerificationResult | null {
  let store: InspectedStore;
  try {
    store = new InspectedStore(dataDir, !options.live);
  } catch (error) {
    if (isStoreError(error, 'database_damaged') || isStoreError(error, 'store_failed'))
      return cannotBeOpened(dataDir, error.message, options.deep);
    throw error;
  }
  try {
    return new Verification(store, dataDir, options).run();
  } catch (error) {
    if (error instanceof Cancelled) return null;
    throw error;
  } finally {
    store.close();
  }
}

/** One file cannot even be opened: nothing else can be said. */
function cannotBeOpened(dataDir: string, message: string, deep: boolean): VerificationResult {
  const file = message.startsWith(storeFiles(dataDir).metadata) ? METADATA : EVENTS;
  const faults = [{ rule: 'file', file, session: null, position: null, message } as const];
  const snapshots = { checked: 0, folded: 0, otherEngine: 0 };
  return { verified: false, deep, sessions: 0, rows: 0, snapshots, faultCount: 1, faults };
}

class Verification {
  private readonly faults: StoreFault[] = [];
  private faultCount = 0;
  private readonly progress = {
    phase: 'files' as VerificationProgress['phase'],
    sessions: 0,
    sessionsTotal: 0,
    rows: 0,
    rowsTotal: 0,
  };
  private readonly snapshots = { checked: 0, folded: 0, otherEngine: 0 };

  constructor(
    private readonly store: InspectedStore,
    private readonly dataDir: string,
    private readonly options: VerificationOptions,
  ) {}

  run(): VerificationResult {
    const { store, options, progress } = this;
    const files = storeFiles(this.dataDir);
    this.enter('files');
    for (const [db, file, name] of [
      [store.metadata, files.metadata, METADATA],
      [store.events, files.events, EVENTS],
    ] as const) {
      for (const message of integrityComplaints(db, file)) this.add({ rule: 'file', file: name, message });
      this.step();
    }
    this.enter('relations');
    this.guarded(EVENTS, () => this.addTable(EVENTS, relationFaults(store.events)));
    this.enter('sessions');
    this.guarded(EVENTS, () => this.sessions());
    this.enter('list');
    this.guarded(METADATA, () => this.addTable(METADATA, mirrorFaults(store, options.live, options.pause)));
    this.guarded(METADATA, () => this.addTable(METADATA, peopleFaults(store, options.live, options.pause)));
    const { faults, faultCount, snapshots } = this;
    const { sessions, rows } = progress;
    return { verified: faultCount === 0, deep: options.deep, sessions, rows, snapshots, faultCount, faults };
  }

  private sessions(): void {
    const { store, progress, options } = this;
    const numbers = store.sessionNumbers();
    progress.sessionsTotal = numbers.length;
    progress.rowsTotal = numbers.reduce((sum, number) => sum + (store.session(number)?.position ?? 0), 0);
    for (const number of numbers) {
      const session = store.session(number);
      // Deleted meanwhile.
      if (session === undefined) continue;
      const onRows = (rows: number): void => {
        progress.rows += rows;
        this.step();
      };
      const verdict = verifySession(session, { store, deep: options.deep, onRows });
      // What was deleted while it was looked at has lost rows by right.
      if (store.session(number) !== undefined) this.addSession(number, verdict.faults);
      this.snapshots.checked += verdict.snapshots;
      this.snapshots.folded += verdict.folded;
      this.snapshots.otherEngine += verdict.otherEngine;
      progress.sessions++;
      this.step();
    }
  }

  /** Damage may keep SQLite from answering at all: that is a fault, and the other checks go on. */
  private guarded(file: StoreFault['file'], work: () => void): void {
    try {
      work();
    } catch (error) {
      if (error instanceof Cancelled) throw error;
      const message = error instanceof Error ? error.message : String(error);
      this.add({ rule: 'unreadable', file, message });
    }
  }

  private enter(phase: VerificationProgress['phase']): void {
    this.progress.phase = phase;
    this.step();
  }

  private step(): void {
    if (this.options.isCancelled()) throw new Cancelled();
    this.options.onProgress({ ...this.progress });
  }

  private addSession(number: number, { told, count }: Faults): void {
    for (const fault of told) this.add({ file: EVENTS, session: String(number), ...fault });
    this.faultCount += count - told.length;
  }

  private addTable(file: StoreFault['file'], faults: readonly TableFault[]): void {
    for (const { rule, session, message } of faults)
      this.add({ rule, file, session: session === null ? null : String(session), message });
  }

  private add(fault: Pick<StoreFault, 'rule' | 'file' | 'message'> & Partial<StoreFault>): void {
    this.faultCount++;
    if (this.faults.length >= MAX_VERIFICATION_FAULTS) return;
    const { rule, file, session = null, position = null, message } = fault;
    this.faults.push({ rule, file, session, position, message });
  }
}
