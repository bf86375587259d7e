// What every chunk must satisfy before it is stored, whichever store it is.
import { type PreparedChunk, snapshotSize } from './channel/prepared-chunk.js';
import { shortColumn } from './event-rows.js';
import { isSealed, type SessionState } from './session.js';
import { limitExceeded, positionConflict, StoreError, sessionSealed } from './store.errors.js';
import { ROW_BYTES_BOUND, type StoreLimits } from './store.limits.js';

/** The state of a session that an append depends on. */
export interface AppendState {
  readonly sessionId: string;
  readonly state: SessionState;
  readonly position: number;
  readonly storedBytes: number;
}

/** Throws unless the chunk may be appended; returns the bytes to book for it (an upper bound). */
export function checkChunk(session: AppendState, chunk: PreparedChunk, limits: StoreLimits): number {
  const { sessionId } = session;
  const { columns, snapshot, progress } = chunk;
  if (isSealed(session.state)) throw sessionSealed(sessionId, session.state);
  if (chunk.expectedPosition !== session.position) {
    throw positionConflict(sessionId, chunk.expectedPosition, session.position);
  }
  if (columns.length > limits.maxChunkRows) {
    throw limitExceeded('maxChunkRows', limits.maxChunkRows, columns.length, 'rows in one chunk');
  }
  const short = shortColumn(columns);
  if (short !== null) throw chunkRefused(sessionId, `column ${short} has fewer than ${columns.length} rows`);
  const end = session.position + columns.length;
  if (progress.position !== end) {
    throw chunkRefused(sessionId, `its progress says position ${progress.position}, its rows end at ${end}`);
  }
  if (snapshot !== null && snapshot.position !== end) {
    throw chunkRefused(sessionId, `its snapshot is of position ${snapshot.position}, its rows end at ${end}`);
  }
  const snapshotBytes = snapshot === null ? 0 : snapshotSize(snapshot);
  if (snapshotBytes > limits.maxSnapshotBytes) {
    throw limitExceeded('maxSnapshotBytes', limits.maxSnapshotBytes, snapshotBytes, 'bytes of one snapshot');
  }
  const stored = snapshot !== null && 'deflated' in snapshot ? snapshot.deflated.length : snapshotBytes;
  const bytes = columns.length * ROW_BYTES_BOUND + chunk.decisions.length + stored;
  if (session.storedBytes + bytes > limits.maxSessionBytes) {
    const wanted = session.storedBytes + bytes;
    throw limitExceeded(
      'maxSessionBytes',
      limits.maxSessionBytes,
      wanted,
      `stored bytes of session ${sessionId}`,
    );
  }
  return bytes;
}

/**
 * State after a chunk, in the same transaction: the one that carries the outcome seals the session; one at whose end the
 * run rests says so; a command sets a session going that does not rest again at once.
 */
export function stateAfter(state: SessionState, chunk: PreparedChunk): SessionState {
  const { outcome } = chunk.progress;
  if (outcome === null)
    return chunk.rest ?? (chunk.marks.some((mark) => mark.input !== null) ? 'running' : state);
  return outcome === 'failed' ? 'failed' : 'finished';
}

export function chunkRefused(sessionId: string, why: string): StoreError {
  return new StoreError('chunk_refused', `a chunk of session ${sessionId} was refused: ${why}`, {
    sessionId,
    why,
  });
}
