// One session as an inspection thread travels through it: the last world, and the rows around it. A move goes on from where
// the past stands, or from the last snapshot before; the rows between two snapshots are read once and kept, so that a step
// back is a fold in memory.
import type { World } from '../../core/aggregates/world.js';
import type { Moment, SiteName } from '../../core/projections/moment.js';
import type { SnapshotBytes } from '../../core/run/contract.js';
import { Past } from '../../core/run/past.js';
import type { RowWindow, Traveller } from '../../core/travel/traveller.js';
import { concatRows, type EventRows } from '../../store/event-rows.js';
import type { EventReader } from '../../store/event-store.port.js';
import { NameTable } from '../../store/readable-rows.js';
import type { StoredSession } from '../../store/session.js';
import { queryRefused, StoreError } from '../../store/store.errors.js';
import { Warm } from './caches.js';
import type { OrderContext } from './order.js';

/** Rows of one read; snapshots lie closer together than this at `full`. */
const WINDOW_ROWS = 16_384;
/** Rows that are read at least: the next steps forward find them. */
const READ_AHEAD_ROWS = 512;
/** Sessions that one thread keeps worlds of. */
const MAX_WARM_SESSIONS = 4;
/** Words of world that one thread keeps (a quarter of a gigabyte). */
const MAX_WARM_WORDS = 64 * 1024 ** 2;

interface StoredWindow extends RowWindow {
  readonly rows: EventRows;
}

interface Names {
  readonly threads: readonly string[];
  /** By number. */
  readonly sites: readonly (SiteName | undefined)[];
  readonly table: NameTable;
}

export class SessionPast implements Traveller {
  readonly moment: Moment;
  private readonly past: Past;
  private window: StoredWindow | null = null;
  private snapshot: SnapshotBytes | null = null;
  private known: Names | null = null;

  constructor(
    private readonly reader: EventReader,
    private current: StoredSession,
    private context: Pick<OrderContext, 'checkCancelled' | 'caches'>,
  ) {
    this.past = new Past(context.caches.layout(current.manifest), current.manifest);
    this.moment = new PastMoment(this.past, () => this.names);
  }

  get session(): StoredSession {
    return this.current;
  }

  get end(): number {
    return this.current.position;
  }

  get words(): number {
    return this.past.world.s.length;
  }

  /** Every name of the session. */
  get names(): Names {
    this.known ??= namesOf(this.reader, this.current.id);
    return this.known;
  }

  /** For another order. A session that has grown has more names and snapshots; its rows stay what they were. */
  renew(session: StoredSession, context: OrderContext): void {
    if (session.position !== this.current.position) {
      this.known = null;
      this.snapshot = null;
    }
    this.current = session;
    this.context = context;
  }

  checkCancelled(): void {
    this.context.checkCancelled();
  }

  moveTo(position: number): void {
    const { past } = this;
    if (past.position === position) return;
    // A snapshot lies right after its event; at least one row is folded, so that time and ordinal are known.
    const near = past.position < position && position - past.position < WINDOW_ROWS / 4;
    if (!near) this.jumpBefore(position);
    while (past.position < position) {
      this.checkCancelled();
      const { rows, from, to } = this.windowAt(past.position + 1, position);
      this.take(rows, past.position + 1 - from, Math.min(to, position) + 1 - from);
    }
  }

  takeNext(): void {
    const { past } = this;
    const { rows, from } = this.windowAt(past.position + 1, past.position + READ_AHEAD_ROWS);
    const i = past.position + 1 - from;
    this.take(rows, i, i + 1);
  }

  /** Rows that no machine wrote cannot be folded: the session is damaged, and what is half done is forgotten. */
  private take(rows: EventRows, from: number, to: number): void {
    const { past } = this;
    const { position } = past;
    try {
      past.take(rows, from, to);
    } catch (error) {
      past.reset();
      const why = error instanceof Error ? error.message : String(error);
      const what = `session ${this.current.id} cannot be folded behind position ${position}: ${why}`;
      throw new StoreError('database_damaged', `events.sqlite is damaged: ${what}`, {
        file: 'events.sqlite',
        what,
      });
    }
  }

  windowAt(position: number, upTo = position, before = 0): StoredWindow {
    const { window } = this;
    if (window !== null && window.from <= position && position <= window.to) return window;
    const first = Math.max(1, position - before);
    const wanted = Math.max(upTo - first + 1, READ_AHEAD_ROWS, before + 1);
    const { rows } = this.reader.rows(this.current.id, { from: first, limit: Math.min(WINDOW_ROWS, wanted) });
    const to = first + rows.length - 1;
    if (to < position) {
      throw queryRefused(`position ${position}`, `a position of session ${this.current.id} that is stored`);
    }
    const joins = window?.to === first - 1 && window.rows.length + rows.length <= WINDOW_ROWS;
    this.window = joins
      ? { rows: concatRows([window.rows, rows]), from: window.from, to }
      : { rows, from: first, to };
    return this.window;
  }

  startBefore(position: number): number {
    const kept = this.snapshot;
    if (kept === null || kept.position >= position || position - kept.position > WINDOW_ROWS / 2) {
      this.snapshot = position <= 1 ? null : this.reader.latestSnapshot(this.current.id, position - 1);
    }
    return this.snapshot?.position ?? 0;
  }

  /** To the nearest place before `position` from which rows lead there. */
  private jumpBefore(position: number): void {
    const { past } = this;
    const at = this.startBefore(position);
    if (past.position < position && past.position >= at) return;
    if (this.snapshot !== null && past.load(this.snapshot)) return;
    if (past.position > position) past.reset();
  }
}

/** The past as projections see it, wherever it stands. */
class PastMoment implements Moment {
  constructor(
    private readonly past: Past,
    private readonly names: () => Names,
  ) {}

  get world(): World {
    return this.past.world;
  }
  get full(): boolean {
    return this.past.recording === 'full';
  }
  get position(): number {
    return this.past.position;
  }
  get ordinal(): number {
    return this.past.ordinal;
  }
  get timeNs(): number {
    return this.past.timeNs;
  }
  get lastSeen(): Moment['lastSeen'] {
    return this.past.lastSeen;
  }
  get accounts(): ArrayLike<number> {
    return this.past.accounts;
  }
  get threadNames(): readonly string[] {
    return this.names().threads;
  }
  readonly site = (id: number): SiteName | undefined => this.names().sites[id];
}

function namesOf(reader: EventReader, sessionId: string): Names {
  const threads: string[] = [];
  const sites: (SiteName | undefined)[] = [undefined];
  const dictionary = reader.dictionary(sessionId);
  for (const entry of dictionary) {
    if (entry.kind === 'thread') threads[entry.id] = entry.name;
    else sites[entry.id] = { function: entry.function, label: entry.label, parent: entry.parent };
  }
  return { threads, sites, table: new NameTable(dictionary) };
}

const PASTS = Symbol('pasts');

/** The session where it is now, with what is warm of it. */
export function sessionPast(sessionId: string, context: OrderContext): SessionPast {
  const { reader, caches } = context;
  const session = reader.session(sessionId);
  const pasts = caches.own(PASTS, () => new Warm<SessionPast>(MAX_WARM_SESSIONS));
  const known = pasts.get(sessionId);
  if (known !== undefined) {
    known.renew(session, context);
    return known;
  }
  const fresh = new SessionPast(reader, session, context);
  if (fresh.words <= MAX_WARM_WORDS / MAX_WARM_SESSIONS) pasts.set(sessionId, fresh);
  return fresh;
}
