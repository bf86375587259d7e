// A chunk in the form in which it crosses a thread: exact copies of its columns, so that the simulation may reuse its
// own buffers at once (a copy costs 0.5 % of the insert), and the snapshot compressed where the caller can afford it.
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { RunChunk, SnapshotBytes, StoredColumns } from '../../core/run/contract.js';
import { type ChunkTimeline, chunkTimeline } from './chunk-timeline.js';

/** Level 1 gives most of the gain at a tenth of the time; snapshots are caches. */
const DEFLATE = { level: 1 } as const;

export interface PackedSnapshot {
  readonly position: number;
  readonly ordinal: number;
  readonly layout: string;
  /** Bytes before compression. */
  readonly size: number;
  readonly deflated: Uint8Array;
}

export type PreparedChunk = Omit<RunChunk, 'snapshot'> & {
  readonly snapshot: PackedSnapshot | SnapshotBytes | null;
  readonly timeline: ChunkTimeline | null;
};

/** Compresses the snapshot on this thread: for worker threads, which have the time. */
export function prepareChunk(chunk: RunChunk, where: 'compress' | 'leave'): PreparedChunk {
  const { snapshot } = chunk;
  return {
    ...chunk,
    columns: exactColumns(chunk.columns),
    decisions: chunk.decisions.slice(),
    timeline: chunkTimeline(chunk.columns, chunk.expectedPosition + 1),
    snapshot: snapshot === null ? null : where === 'compress' ? packSnapshot(snapshot) : ownBytes(snapshot),
  };
}

export function packSnapshot(snapshot: SnapshotBytes | PackedSnapshot): PackedSnapshot {
  if ('deflated' in snapshot) return snapshot;
  const { position, ordinal, layout, bytes } = snapshot;
  // A small result may sit in Node's shared buffer pool, which must not be transferred: copy it out.
  const deflated = new Uint8Array(deflateRawSync(bytes, DEFLATE));
  return { position, ordinal, layout, size: bytes.length, deflated };
}

export function unpackSnapshot(packed: PackedSnapshot): SnapshotBytes {
  const { position, ordinal, layout, size } = packed;
  return {
    position,
    ordinal,
    layout,
    bytes: new Uint8Array(inflateRawSync(packed.deflated, { maxOutputLength: size })),
  };
}

/** Bytes of the snapshot before compression. */
export function snapshotSize(snapshot: PackedSnapshot | SnapshotBytes): number {
  return 'deflated' in snapshot ? snapshot.size : snapshot.bytes.length;
}

/** Every buffer of a prepared chunk; each belongs to it alone. */
export function buffersOf(chunk: PreparedChunk): ArrayBuffer[] {
  const { columns, snapshot, timeline } = chunk;
  const arrays: ArrayBufferView[] = [
    columns.skipped,
    columns.timeNs,
    columns.thread,
    columns.site,
    columns.type,
    columns.subject,
    columns.a,
    columns.b,
    columns.c,
    chunk.decisions,
  ];
  if (snapshot !== null) arrays.push('deflated' in snapshot ? snapshot.deflated : snapshot.bytes);
  if (timeline !== null) arrays.push(timeline.coarse, timeline.fine);
  return arrays.map((array) => array.buffer as ArrayBuffer);
}

function ownBytes(snapshot: SnapshotBytes): SnapshotBytes {
  return { ...snapshot, bytes: snapshot.bytes.slice() };
}

function exactColumns(columns: StoredColumns): StoredColumns {
  const n = columns.length;
  return {
    length: n,
    skipped: columns.skipped.slice(0, n),
    timeNs: columns.timeNs.slice(0, n),
    thread: columns.thread.slice(0, n),
    site: columns.site.slice(0, n),
    type: columns.type.slice(0, n),
    subject: columns.subject.slice(0, n),
    a: columns.a.slice(0, n),
    b: columns.b.slice(0, n),
    c: columns.c.slice(0, n),
  };
}
