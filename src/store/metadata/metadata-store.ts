// rootline.sqlite: the list of sessions, derived from events.sqlite, and what people call them. Every use goes through
// one queue.
import { type DataSource, type EntityManager, type FindOptionsWhere, In, LessThan } from 'typeorm';
import type { RunProgress } from '../../core/run/contract.js';
import type { SessionListQuery, SessionPage } from '../event-store.port.js';
import { failpoint } from '../failpoint.js';
import type { SessionKind, SessionLabel, SessionState, SessionSummary, StoredSession } from '../session.js';
import { driverError } from '../sqlite/migrate.js';
import { fromSqlite } from '../sqlite/sqlite-errors.js';
import { NoteEntity, SessionEntity, SessionLabelEntity } from './entities.js';
import { PromiseQueue } from './write-queue.js';

/** What the reconciler compares. */
export interface MirrorState {
  readonly id: number;
  readonly state: string;
  readonly position: number;
  readonly updatedAt: string;
}

/** Rows that leave the list. */
interface Leaving {
  /** events.sqlite does not know them: a backup, a lost file. What people said of them stays. */
  readonly gone?: readonly number[];
  /** Somebody deleted them: what people said of them goes too. */
  readonly deleted?: readonly number[];
}

const UNLABELLED: SessionLabel = { name: null, note: null };
const ROWS_PER_UPSERT = 200;

export class MetadataStore {
  constructor(
    readonly source: DataSource,
    private readonly file: string,
    readonly queue: PromiseQueue,
  ) {}

  /** Runs in the queue; SQLite's errors come out typed. */
  run<T>(work: (source: DataSource) => Promise<T>): Promise<T> {
    return this.queue.run(async () => {
      try {
        return await work(this.source);
      } catch (error) {
        throw fromSqlite(driverError(error), this.file);
      }
    });
  }

  /** Writes sessions as they stand in events.sqlite. All or none. */
  async mirror(sessions: readonly StoredSession[], leave: Leaving = {}): Promise<void> {
    const { gone = [], deleted = [] } = leave;
    if (sessions.length + gone.length + deleted.length === 0) return;
    await this.transaction(async (manager) => {
      const repository = manager.getRepository(SessionEntity);
      for (let i = 0; i < sessions.length; i += ROWS_PER_UPSERT) {
        await repository.upsert(sessions.slice(i, i + ROWS_PER_UPSERT).map(entityOf), ['id']);
      }
      for (const id of [...gone, ...deleted]) await repository.delete({ id });
      for (const session of deleted) {
        await manager.getRepository(SessionLabelEntity).delete({ session });
        await manager.getRepository(NoteEntity).delete({ session });
      }
    });
  }

  /**
   * Not TypeORM's own transaction(): when SQLite has rolled back by itself (a full disk at COMMIT does that), the
   * ROLLBACK that follows fails, and TypeORM goes on as if it were inside a transaction. Its next rollback would then
   * leave one open, in which everything later is written and, at the end, lost.
   */
  private transaction(work: (manager: EntityManager) => Promise<void>): Promise<void> {
    return this.run(async (source) => {
      failpoint('between-files');
      await source.query('BEGIN IMMEDIATE');
      try {
        await work(source.manager);
        await source.query('COMMIT');
      } catch (error) {
        await source.query('ROLLBACK').catch(() => undefined);
        throw error;
      }
    });
  }

  mirrored(): Promise<MirrorState[]> {
    return this.run((source) =>
      source
        .getRepository(SessionEntity)
        .find({ select: { id: true, state: true, position: true, updatedAt: true } }),
    );
  }

  /** Sessions that people said something about. */
  async labelled(): Promise<number[]> {
    const labels = await this.run((source) =>
      source.getRepository(SessionLabelEntity).find({ select: { session: true } }),
    );
    const noted = await this.run((source) =>
      source.getRepository(NoteEntity).find({ select: { session: true } }),
    );
    return [...new Set([...labels, ...noted].map(({ session }) => session))];
  }

  /** Sessions that have a name, a note of their own, or notes and bookmarks at positions. */
  spokenOf(): Promise<ReadonlySet<string>> {
    return this.run(async (source) => new Set((await saidOf(source)).map(({ session }) => String(session))));
  }

  /** Does `work` unless people said something of the session; nobody can say anything meanwhile. False: not done. */
  unlessSpokenOf(id: number, work: () => Promise<boolean>): Promise<boolean> {
    return this.run(async (source) => (await saidOf(source, id)).length === 0 && (await work()));
  }

  /** Highest id that any row here names; 0 when there is none. */
  async highestId(): Promise<number> {
    const [session, label, note] = await this.run((source) =>
      Promise.all([
        source.getRepository(SessionEntity).maximum('id'),
        source.getRepository(SessionLabelEntity).maximum('session'),
        source.getRepository(NoteEntity).maximum('session'),
      ]),
    );
    return Math.max(session ?? 0, label ?? 0, note ?? 0);
  }

  async label(id: number): Promise<SessionLabel> {
    const found = await this.run((source) =>
      source.getRepository(SessionLabelEntity).findOneBy({ session: id }),
    );
    return found ?? UNLABELLED;
  }

  async setLabel(id: number, change: Partial<SessionLabel>): Promise<SessionLabel> {
    return this.run(async (source) => {
      const repository = source.getRepository(SessionLabelEntity);
      const { name, note } = (await repository.findOneBy({ session: id })) ?? UNLABELLED;
      const label = {
        name: change.name === undefined ? name : change.name,
        note: change.note === undefined ? note : change.note,
      };
      await repository.upsert({ session: id, ...label, updatedAt: new Date().toISOString() }, ['session']);
      return label;
    });
  }

  /** Newest first. One row more than asked for tells whether there is a next page. */
  list(query: SessionListQuery, beforeId: number | null): Promise<SessionPage> {
    return this.run(async (source) => {
      const where: FindOptionsWhere<SessionEntity> = {
        ...(beforeId === null ? {} : { id: LessThan(beforeId) }),
        ...(query.states === undefined ? {} : { state: In([...query.states]) }),
        ...(query.kinds === undefined ? {} : { kind: In([...query.kinds]) }),
        ...(query.scenario === undefined ? {} : { scenario: query.scenario }),
        ...(query.protocol === undefined ? {} : { protocol: query.protocol }),
        ...(query.parent === undefined ? {} : { parent: Number(query.parent) }),
      };
      const take = query.limit + 1;
      const found = await source.getRepository(SessionEntity).find({ where, order: { id: 'DESC' }, take });
      const rows = found.slice(0, query.limit);
      const ids = rows.map((row) => row.id);
      const labels = await source.getRepository(SessionLabelEntity).findBy({ session: In(ids) });
      const labelOf = new Map(labels.map((label) => [label.session, label]));
      return {
        sessions: rows.map((row) => summaryOfEntity(row, labelOf.get(row.id) ?? UNLABELLED)),
        nextCursor: found.length > rows.length ? String(ids.at(-1)) : null,
      };
    });
  }

  async close(): Promise<void> {
    await this.queue.idle();
    await this.source.destroy();
  }
}

/** @param only one session, or (null) all */
async function saidOf(source: DataSource, only: number | null = null): Promise<{ session: number }[]> {
  const which = only === null ? '' : ` AND session = ${only}`;
  return await source.query(
    `SELECT session FROM session_label WHERE (name IS NOT NULL OR note IS NOT NULL)${which} ` +
      `UNION SELECT session FROM note WHERE TRUE${which}`,
  );
}

function entityOf(session: StoredSession): SessionEntity {
  const { kind, state, manifest, parent, position, progress, createdAt, updatedAt } = session;
  const { scenario, protocol, seed, scheduler, recording } = manifest;
  return {
    id: Number(session.id),
    kind,
    state,
    scenario,
    protocol,
    seed,
    scheduler,
    recording,
    position,
    createdAt,
    updatedAt,
    parent: parent === null ? null : Number(parent.sessionId),
    parentPosition: parent?.position ?? null,
    progress: progress === null ? null : JSON.stringify(progress),
  };
}

function summaryOfEntity(row: SessionEntity, label: SessionLabel): SessionSummary {
  const { scenario, protocol, seed, scheduler, recording, position, createdAt, updatedAt } = row;
  return {
    id: String(row.id),
    kind: row.kind as SessionKind,
    state: row.state as SessionState,
    scenario,
    protocol,
    seed,
    scheduler,
    recording,
    position,
    createdAt,
    updatedAt,
    parent: row.parent === null ? null : { sessionId: String(row.parent), position: row.parentPosition ?? 0 },
    progress: row.progress === null ? null : (JSON.parse(row.progress) as RunProgress),
    name: label.name,
    note: label.note,
  };
}
