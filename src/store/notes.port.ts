// Notes and bookmarks that people put at positions of a session. Never derived, never dropped by a repair; they go with the
// session when somebody deletes it.

export const NOTE_KINDS = ['note', 'bookmark'] as const;
export type NoteKind = (typeof NOTE_KINDS)[number];

export interface NoteRecord {
  /** Decimal number. */
  readonly id: string;
  readonly sessionId: string;
  readonly position: number;
  readonly kind: NoteKind;
  /** What was noted; the name of a bookmark. */
  readonly text: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export type NoteContent = Pick<NoteRecord, 'position' | 'kind' | 'text'>;

export interface NoteStore {
  /** `limit_exceeded` (maxNotesPerSession, maxNoteChars) when there are too many, or it is too long. */
  create(sessionId: string, content: NoteContent): Promise<NoteRecord>;
  /** By position, then by age. */
  list(sessionId: string): Promise<NoteRecord[]>;
  /** Null when the session has no such note. */
  update(sessionId: string, id: string, change: Partial<NoteContent>): Promise<NoteRecord | null>;
  /** False when the session has no such note. */
  remove(sessionId: string, id: string): Promise<boolean>;
}
