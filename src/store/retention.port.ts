// What a retention of sessions by age and bytes asks of the store: which ones could go, and to let one go if it still can.

/** A session that is sealed and whose rows no fork shares: deleting it gives back all that it takes. */
export interface ExpendableSession {
  readonly id: string;
  /** As `storedBytes` of the session: an upper bound. */
  readonly storedBytes: number;
  /** Its last change: nothing is added to a sealed session. */
  readonly sealedAtMs: number;
}

export interface StoreSurvey {
  /** Of all sessions that are not deleted, added up. */
  readonly storedBytes: number;
  /** Oldest first. */
  readonly expendable: readonly ExpendableSession[];
}

export interface RetentionStore {
  survey(): Promise<StoreSurvey>;
  /** Ids of the sessions that people named, noted or bookmarked. */
  spokenOf(): Promise<ReadonlySet<string>>;
  /** False, and nothing happens, when it is not expendable (any more), or people said something of it. */
  deleteExpendable(sessionId: string): Promise<boolean>;
}
