// Jobs in rootline.sqlite.
import { In, LessThan, LessThanOrEqual } from 'typeorm';
import type { JobChange, JobRecord, JobState, JobStore, Json } from '../jobs.port.js';
import { JobEntity } from './entities.js';
import type { MetadataStore } from './metadata-store.js';

export class TypeormJobStore implements JobStore {
  constructor(private readonly metadata: MetadataStore) {}

  create(kind: string, request: Json): Promise<JobRecord> {
    return this.metadata.run(async (source) => {
      const at = new Date().toISOString();
      const job = { kind, state: 'queued', request: JSON.stringify(request), createdAt: at, updatedAt: at };
      const repository = source.getRepository(JobEntity);
      const { identifiers } = await repository.insert(job);
      return recordOf(await repository.findOneByOrFail({ id: identifiers[0]!['id'] as number }));
    });
  }

  get(id: string): Promise<JobRecord | null> {
    return this.metadata.run(async (source) => {
      const row = await source.getRepository(JobEntity).findOneBy({ id: numberOf(id) });
      return row === null ? null : recordOf(row);
    });
  }

  list(query: Parameters<JobStore['list']>[0]): Promise<JobRecord[]> {
    return this.metadata.run(async (source) => {
      const where = {
        ...(query.kind === undefined ? {} : { kind: query.kind }),
        ...(query.before === undefined ? {} : { id: LessThan(numberOf(query.before)) }),
        ...(query.states === undefined ? {} : { state: In([...query.states]) }),
      };
      const rows = await source
        .getRepository(JobEntity)
        .find({ where, order: { id: 'DESC' }, take: query.limit });
      return rows.map(recordOf);
    });
  }

  update(id: string, change: JobChange): Promise<JobRecord | null> {
    return this.metadata.run(async (source) => {
      const repository = source.getRepository(JobEntity);
      await repository.update(numberOf(id), {
        ...(change.state === undefined ? {} : { state: change.state }),
        ...(change.progress === undefined ? {} : { progress: JSON.stringify(change.progress) }),
        ...(change.result === undefined ? {} : { result: JSON.stringify(change.result) }),
        ...(change.error === undefined ? {} : { error: change.error }),
        updatedAt: new Date().toISOString(),
      });
      const row = await repository.findOneBy({ id: numberOf(id) });
      return row === null ? null : recordOf(row);
    });
  }

  prune(keep: number): Promise<void> {
    return this.metadata.run(async (source) => {
      const repository = source.getRepository(JobEntity);
      const state = In([...ENDED]);
      const [first] = await repository.find({ where: { state }, order: { id: 'DESC' }, skip: keep, take: 1 });
      if (first !== undefined) await repository.delete({ state, id: LessThanOrEqual(first.id) });
    });
  }
}

const ENDED: readonly JobState[] = ['finished', 'failed', 'cancelled'];

/** An id that cannot be one names no job. */
function numberOf(id: string): number {
  return /^[1-9][0-9]{0,14}$/.test(id) ? Number(id) : 0;
}

function recordOf(row: JobEntity): JobRecord {
  const json = (text: string | null): Json => (text === null ? null : (JSON.parse(text) as Json));
  return {
    id: String(row.id),
    kind: row.kind,
    state: row.state as JobState,
    request: json(row.request),
    progress: json(row.progress),
    result: json(row.result),
    error: row.error,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
  };
}
