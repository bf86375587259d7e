// Jobs in rootline.sqlite.
import { In, LessThan, LessThanOrEqual } from 'typeorm';
import type { JobChange, JobRecord, JobState, JobStore, Json } from '../jobs.port.js';
import { JobEntity } from './entities.js';
import { ENDED_JOBS, jobNumber } from './job-numbers.js';
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
      const row = await source.getRepository(JobEntity).findOneBy({ id: jobNumber(id) });
      return row === null ? null : recordOf(row);
    });
  }

  list(query: Parameters<JobStore['list']>[0]): Promise<JobRecord[]> {
    return this.metadata.run(async (source) => {
      const where = {
        ...(query.kind === undefined ? {} : { kind: query.kind }),
        ...(query.before === undefined ? {} : { id: LessThan(jobNumber(query.before)) }),
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
      await repository.update(jobNumber(id), {
        ...(change.state === undefined ? {} : { state: change.state }),
        ...(change.progress === undefined ? {} : { progress: JSON.stringify(change.progress) }),
        ...(change.result === undefined ? {} : { result: JSON.stringify(change.result) }),
        ...(change.error === undefined ? {} : { error: change.error }),
        updatedAt: new Date().toISOString(),
      });
      const row = await repository.findOneBy({ id: jobNumber(id) });
      return row === null ? null : recordOf(row);
    });
  }

  prune(keep: number): Promise<void> {
    return this.metadata.run(async (source) => {
      const repository = source.getRepository(JobEntity);
      const state = In([...ENDED_JOBS]);
      const [first] = await repository.find({ where: { state }, order: { id: 'DESC' }, skip: keep, take: 1 });
      if (first === undefined) return;
      const gone = { state, id: LessThanOrEqual(first.id) };
      // What cells of sweeps came to goes first: none is left behind without its job.
      const sweeps = await repository.find({ select: { id: true }, where: { ...gone, kind: 'sweep' } });
      for (const { id } of sweeps) await source.query('DELETE FROM sweep_cell WHERE job = ?', [id]);
      await repository.delete(gone);
    });
  }
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
