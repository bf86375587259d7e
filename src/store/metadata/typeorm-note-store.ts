// Notes in rootline.sqlite.
import type { NoteContent, NoteKind, NoteRecord, NoteStore } from '../notes.port.js';
import { limitExceeded } from '../store.errors.js';
import { checkText, type StoreLimits } from '../store.limits.js';
import { NoteEntity } from './entities.js';
import type { MetadataStore } from './metadata-store.js';

export class TypeormNoteStore implements NoteStore {
  constructor(
    private readonly metadata: MetadataStore,
    private readonly limits: StoreLimits,
  ) {}

  create(sessionId: string, { position, kind, text }: NoteContent): Promise<NoteRecord> {
    return this.metadata.run(async (source) => {
      checkText('maxNoteChars', text, this.limits);
      const repository = source.getRepository(NoteEntity);
      const session = numberOf(sessionId);
      const count = await repository.countBy({ session });
      const { maxNotesPerSession } = this.limits;
      if (count >= maxNotesPerSession)
        throw limitExceeded('maxNotesPerSession', maxNotesPerSession, count + 1, 'notes of one session');
      const at = new Date().toISOString();
      const { identifiers } = await repository.insert({
        session,
        position,
        kind,
        text,
        createdAt: at,
        updatedAt: at,
      });
      return recordOf(await repository.findOneByOrFail({ id: identifiers[0]!['id'] as number }));
    });
  }

  list(sessionId: string): Promise<NoteRecord[]> {
    return this.metadata.run(async (source) => {
      const where = { session: numberOf(sessionId) };
      const order = { position: 'ASC', id: 'ASC' } as const;
      return (await source.getRepository(NoteEntity).find({ where, order })).map(recordOf);
    });
  }

  update(sessionId: string, id: string, change: Partial<NoteContent>): Promise<NoteRecord | null> {
    return this.metadata.run(async (source) => {
      checkText('maxNoteChars', change.text ?? null, this.limits);
      const repository = source.getRepository(NoteEntity);
      const key = { id: numberOf(id), session: numberOf(sessionId) };
      await repository.update(key, { ...change, updatedAt: new Date().toISOString() });
      const row = await repository.findOneBy(key);
      return row === null ? null : recordOf(row);
    });
  }

  remove(sessionId: string, id: string): Promise<boolean> {
    return this.metadata.run(async (source) => {
      const key = { id: numberOf(id), session: numberOf(sessionId) };
      const row = await source.getRepository(NoteEntity).findOneBy(key);
      if (row === null) return false;
      await source.getRepository(NoteEntity).delete(key);
      return true;
    });
  }
}

/** An id that cannot be one names nothing. */
function numberOf(id: string): number {
  return /^[1-9][0-9]{0,14}$/.test(id) ? Number(id) : 0;
}

function recordOf(row: NoteEntity): NoteRecord {
  const { id, session, position, kind, text, createdAt, updatedAt } = row;
  return {
    id: String(id),
    sessionId: String(session),
    position,
    kind: kind as NoteKind,
    text,
    createdAt,
    updatedAt,
  };
}
