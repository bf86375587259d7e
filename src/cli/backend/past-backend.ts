// Time travel and notes for commands: by inspection threads of this process, or by the server that owns the folder.
import type { StateView } from '../../core/projections/state.js';
import type { TimelineView } from '../../core/projections/timeline-view.js';
import type { ChangesReply, ChangesRequest } from '../../sessions/inspection/orders/changes.order.js';
import type { SeekReply, SeekRequest } from '../../sessions/inspection/orders/seek.order.js';
import type { TimelineRequest } from '../../sessions/inspection/orders/timeline.order.js';
import type { When } from '../../sessions/inspection/when.js';
import type { InspectionService } from '../../sessions/inspection.service.js';
import { SessionNotes } from '../../sessions/session-notes.js';
import type { NoteContent, NoteRecord } from '../../store/notes.port.js';
import type { SqliteEventStore } from '../../store/sqlite/sqlite-event-store.js';

export interface PastBackend {
  state(sessionId: string, when: When): Promise<StateView>;
  changes(request: ChangesRequest): Promise<ChangesReply>;
  seek(request: SeekRequest): Promise<SeekReply>;
  timeline(request: TimelineRequest): Promise<TimelineView>;
  notes(sessionId: string): Promise<NoteRecord[]>;
  addNote(sessionId: string, content: NoteContent): Promise<NoteRecord>;
  changeNote(sessionId: string, id: string, change: Partial<NoteContent>): Promise<NoteRecord>;
  removeNote(sessionId: string, id: string): Promise<void>;
}

export class LocalPast implements PastBackend {
  private readonly kept: SessionNotes;

  constructor(
    store: SqliteEventStore,
    private readonly inspections: InspectionService,
  ) {
    this.kept = new SessionNotes(store, store.notes);
  }

  state(sessionId: string, when: When): Promise<StateView> {
    return this.inspections.state(sessionId, when);
  }
  changes(request: ChangesRequest): Promise<ChangesReply> {
    return this.inspections.ask('changes', request);
  }
  seek(request: SeekRequest): Promise<SeekReply> {
    return this.inspections.ask('seek', request);
  }
  timeline(request: TimelineRequest): Promise<TimelineView> {
    return this.inspections.ask('timeline', request);
  }
  notes(sessionId: string): Promise<NoteRecord[]> {
    return this.kept.list(sessionId);
  }
  addNote(sessionId: string, content: NoteContent): Promise<NoteRecord> {
    return this.kept.create(sessionId, content);
  }
  changeNote(sessionId: string, id: string, change: Partial<NoteContent>): Promise<NoteRecord> {
    return this.kept.update(sessionId, id, change);
  }
  removeNote(sessionId: string, id: string): Promise<void> {
    return this.kept.remove(sessionId, id);
  }
}

/** Asks the server; answers what it answers. */
export type AskServer = (
  path: string,
  init: { readonly method?: string; readonly body?: string },
) => Promise<Response>;

export class ServerPast implements PastBackend {
  constructor(private readonly ask: AskServer) {}

  state(sessionId: string, when: When): Promise<StateView> {
    return this.get(`/sessions/${sessionId}/state`, when);
  }
  changes({ sessionId, ...query }: ChangesRequest): Promise<ChangesReply> {
    return this.get(`/sessions/${sessionId}/changes`, query);
  }
  seek({ sessionId, until, ...query }: SeekRequest): Promise<SeekReply> {
    return this.get(`/sessions/${sessionId}/seek`, { ...query, ...until });
  }
  timeline({ sessionId, ...query }: TimelineRequest): Promise<TimelineView> {
    return this.get(`/sessions/${sessionId}/timeline`, query);
  }
  async notes(sessionId: string): Promise<NoteRecord[]> {
    return (await this.get<{ readonly notes: NoteRecord[] }>(`/sessions/${sessionId}/notes`, {})).notes;
  }
  addNote(sessionId: string, content: NoteContent): Promise<NoteRecord> {
    return this.send('POST', `/sessions/${sessionId}/notes`, content);
  }
  changeNote(sessionId: string, id: string, change: Partial<NoteContent>): Promise<NoteRecord> {
    return this.send('PATCH', `/sessions/${sessionId}/notes/${id}`, change);
  }
  async removeNote(sessionId: string, id: string): Promise<void> {
    await this.ask(`/sessions/${sessionId}/notes/${id}`, { method: 'DELETE' });
  }

  private async get<T>(path: string, query: object): Promise<T> {
    const given = new URLSearchParams();
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) given.set(name, String(value));
    const text = given.toString();
    return (await (await this.ask(text === '' ? path : `${path}?${text}`, {})).json()) as T;
  }

  private async send<T>(method: string, path: string, body: object): Promise<T> {
    return (await (await this.ask(path, { method, body: JSON.stringify(body) })).json()) as T;
  }
}
