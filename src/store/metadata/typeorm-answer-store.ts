// Kept answers in rootline.sqlite.
import { LessThanOrEqual } from 'typeorm';
import { type AnswerStore, type KeptAnswer, MAX_KEPT_ANSWERS } from '../idempotency.port.js';
import type { Json } from '../jobs.port.js';
import { KeptAnswerEntity } from './entities.js';
import type { MetadataStore } from './metadata-store.js';

export class TypeormAnswerStore implements AnswerStore {
  constructor(private readonly metadata: MetadataStore) {}

  find(key: string): Promise<KeptAnswer | null> {
    return this.metadata.run(async (source) => {
      const row = await source.getRepository(KeptAnswerEntity).findOneBy({ key });
      if (row === null) return null;
      const { fingerprint, status, location } = row;
      return { fingerprint, status, location, body: JSON.parse(row.body) as Json };
    });
  }

  keep(key: string, { fingerprint, status, location, body }: KeptAnswer): Promise<void> {
    return this.metadata.run(async (source) => {
      const repository = source.getRepository(KeptAnswerEntity);
      const createdAt = new Date().toISOString();
      const row = { key, fingerprint, status, location, body: JSON.stringify(body), createdAt };
      const { identifiers } = await repository.insert(row);
      const id = identifiers[0]!['id'] as number;
      await repository.delete({ id: LessThanOrEqual(id - MAX_KEPT_ANSWERS) });
    });
  }
}
