// One session as an inspection thread travels through it: the last world, and the rows around it. A move goes on from where
// the past stands, or from the last snapshot before; the rows between two snapshots are read once and kept, so that a step
// back is a fold in memory.
import type { DictionaryEntry, SnapshotBytes } from '../../core/run/contract.js';
import { Past } from '../../core/run/past.js';
import { concatRows, type EventRows } from '../../store/event-rows.js';
import type { EventReader } from '../../store/event-store.port.js';
import type { StoredSession } from '../../store/session.js';
import { queryRefused } from '../../store/store.errors.js';
import { type InspectionCaches, Warm } from './caches.js';
import type { OrderContext } from './order.js';

/** Rows of one read; snapshots lie closer together than this at `full`. */
const WINDOW_ROWS = 16_384;
/** Rows that are read at least: the next steps forward find them. */
const READ_AHEAD_ROWS = 512;
/** Sessions that one thread keeps worlds of. */
const MAX_WARM_SESSIONS = 4;
/** Words of world that one thread keeps (a quarter of a gigabyte). */
const MAX_WARM_WORDS = 64 * 1024 ** 2;

/** Consecutive rows that were read. */
export interface RowWindow {
  readonly rows: EventRows;
  /** Position of the first and the last row. */
  readonly from: number;
  readonly to: number;
}

export class SessionPast {
  readonly past: Past;
  private window: RowWindow | null = null;
  private snapshot: SnapshotBytes | null = null;
  private names: readonly DictionaryEntry[] | null = null;

  constructor(
    private readonly reader: EventReader,
    public session: StoredSession,
    caches: InspectionCaches,
  ) {
    this.past = new Past(caches.layout(session.manifest), session.manifest);
  }

  /** The session has grown: rows stay what they were, names and snapshots were added. */
  refresh(session: StoredSession): void {
    if (session.position !== this.session.position) {
      this.names = null;
      this.snapshot = null;
    }
    this.session = session;
  }

  get words(): number {
    return this.past.world.s.length;
  }

  /** To right after the event at `position` (0: before the first). */
  moveTo(position: number, checkCancelled: () => void): void {
    const { past } = this;
    if (past.position === position) return;
    // A snapshot lies right after its event; at least one row is folded, so that time and ordinal are known.
    const near = past.position < position && position - past.position < WINDOW_ROWS / 4;
    if (!near) this.jumpBefore(position);
    while (past.position < position) {
      checkCancelled();
      const { rows, from, to } = this.windowAt(past.position + 1, position);
      past.take(rows, past.position + 1 - from, Math.min(to, position) + 1 - from);
    }
  }

  /** Rows from `position` on, and those before it that are kept; read as far as `upTo` where that is near. */
  windowAt(position: number, upTo = position): RowWindow {
    const { window } = this;
    if (window !== null && window.from <= position && position <= window.to) return window;
    const wanted = Math.max(upTo - position + 1, READ_AHEAD_ROWS);
    const { rows } = this.reader.rows(this.session.id, {
      from: position,
      limit: Math.min(WINDOW_ROWS, wanted),
    });
    if (rows.length === 0) {
      throw queryRefused(`position ${position}`, `a position of session ${this.session.id} that is stored`);
    }
    const joins = window?.to === position - 1 && window.rows.length + rows.length <= WINDOW_ROWS;
    this.window = joins
      ? { rows: concatRows([window.rows, rows]), from: window.from, to: position + rows.length - 1 }
      : { rows, from: position, to: position + rows.length - 1 };
    return this.window;
  }

  /** Where the last snapshot before a position lies; 0: there is none. */
  startBefore(position: number): number {
    const { id } = this.session;
    const kept = this.snapshot;
    if (kept === null || kept.position >= position || position - kept.position > WINDOW_ROWS / 2) {
      this.snapshot = position <= 1 ? null : this.reader.latestSnapshot(id, position - 1);
    }
    return this.snapshot?.position ?? 0;
  }

  /** Every name of the session, for positions that were read before. */
  dictionary(): readonly DictionaryEntry[] {
    this.names ??= this.reader.dictionary(this.session.id);
    return this.names;
  }

  /** To the nearest place at or before `position` - 1 from which rows lead there. */
  private jumpBefore(position: number): void {
    const { past } = this;
    const at = this.startBefore(position);
    if (past.position < position && past.position >= at) return;
    if (this.snapshot !== null && past.load(this.snapshot)) return;
    if (past.position > position) past.reset();
  }
}

const PASTS = Symbol('pasts');

/** The session where it is now, with what is warm of it. */
export function sessionPast(sessionId: string, { reader, caches }: OrderContext): SessionPast {
  const session = reader.session(sessionId);
  const pasts = caches.own(PASTS, () => new Warm<SessionPast>(MAX_WARM_SESSIONS));
  const known = pasts.get(sessionId);
  if (known !== undefined) {
    known.refresh(session);
    return known;
  }
  const fresh = new SessionPast(reader, session, caches);
  if (fresh.words <= MAX_WARM_WORDS / MAX_WARM_SESSIONS) pasts.set(sessionId, fresh);
  return fresh;
}
