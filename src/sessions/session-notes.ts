// Notes and bookmarks of a session: what the API and the command line do with them. A plain class for both.
import { BadInput } from '../core/base/errors.js';
import type { EventStore } from '../store/event-store.port.js';
import type { NoteContent, NoteRecord, NoteStore } from '../store/notes.port.js';
import { checkPosition } from './inspection/when.js';

export class SessionNotes {
  constructor(
    private readonly store: EventStore,
    private readonly notes: NoteStore,
  ) {}

  async list(sessionId: string): Promise<NoteRecord[]> {
    await this.store.getSession(sessionId);
    return await this.notes.list(sessionId);
  }

  async create(sessionId: string, content: NoteContent): Promise<NoteRecord> {
    const session = await this.store.getSession(sessionId);
    checkPosition(content.position, session);
    checkText(content.text);
    return await this.notes.create(sessionId, content);
  }

  async update(sessionId: string, id: string, change: Partial<NoteContent>): Promise<NoteRecord> {
    const session = await this.store.getSession(sessionId);
    if (change.position !== undefined) checkPosition(change.position, session);
    if (change.text !== undefined) checkText(change.text);
    return found(await this.notes.update(sessionId, id, change), sessionId, id);
  }

  async remove(sessionId: string, id: string): Promise<void> {
    await this.store.getSession(sessionId);
    found((await this.notes.remove(sessionId, id)) || null, sessionId, id);
  }
}

function checkText(text: string): void {
  if (text.trim() === '') throw new BadInput('empty-note', 'a note needs a text, a bookmark a name');
}

function found<T>(note: T | null, sessionId: string, id: string): T {
  if (note !== null) return note;
  throw new BadInput('note-not-found', `session ${sessionId} has no note ${id}`);
}
