// The decision log in blocks: as many of its chunks as fit, each with the positions between which it led.
import { ByteReader, ByteWriter } from '../../core/base/varint.js';
import type { DecisionLog } from '../../store/event-store.port.js';
import type { ImportedDecisions } from '../../store/imports.port.js';
import { damagedFile, MAX_DECISION_BLOCK_BYTES } from './frames.js';

const CHUNKS_PER_BLOCK = 10_000;
const BLOCK_BYTES = 1024 * 1024;
/** Three numbers below 2^53 as varints. */
const CHUNK_HEAD_BYTES = 24;

export function* decisionBlocks({ bytes, chunks }: DecisionLog): Generator<Uint8Array> {
  let out = new ByteWriter();
  let inBlock = 0;
  for (const { fromPosition, toPosition, offset, length } of chunks) {
    if (length + CHUNK_HEAD_BYTES > MAX_DECISION_BLOCK_BYTES)
      throw new RangeError(`one chunk has ${length} bytes of decisions`);
    if (inBlock > 0 && (inBlock === CHUNKS_PER_BLOCK || out.length + length > BLOCK_BYTES)) {
      yield out.take();
      out = new ByteWriter();
      inBlock = 0;
    }
    out.uint(fromPosition);
    out.uint(toPosition - fromPosition);
    out.uint(length);
    for (let i = offset; i < offset + length; i++) out.byte(bytes[i]!);
    inBlock++;
  }
  if (inBlock > 0) yield out.take();
}

export function readDecisionBlock(body: Uint8Array): ImportedDecisions[] {
  const reader = new ByteReader(body);
  const chunks: ImportedDecisions[] = [];
  try {
    while (!reader.done) {
      const fromPosition = reader.uint();
      const toPosition = fromPosition + reader.uint();
      const length = reader.uint();
      const decisions = body.slice(reader.at, reader.at + length);
      if (decisions.length !== length) throw new RangeError('too short');
      reader.at += length;
      if (!Number.isSafeInteger(toPosition)) throw new RangeError('too far');
      chunks.push({ fromPosition, toPosition, decisions });
    }
  } catch {
    throw damagedFile('a block of decisions has no readable form');
  }
  return chunks;
}
