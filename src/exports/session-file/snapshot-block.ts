// A packed snapshot as a block: a line of JSON that says what it is, then its packed bytes.
import { inflateRawSync } from 'node:zlib';
import { z } from 'zod';
import type { PackedSnapshot } from '../../store/channel/prepared-chunk.js';
import { damagedFile } from './frames.js';

const NEWLINE = 10;
const MAX_HEAD_BYTES = 4_096;

const head = z.strictObject({
  position: z.number().int().min(0),
  ordinal: z.number().int().min(0),
  layout: z.string().max(MAX_HEAD_BYTES),
  size: z.number().int().min(1),
});

export function snapshotBlock({ deflated, position, ordinal, layout, size }: PackedSnapshot): Uint8Array {
  const line = new TextEncoder().encode(`${JSON.stringify({ position, ordinal, layout, size })}\n`);
  const body = new Uint8Array(line.length + deflated.length);
  body.set(line);
  body.set(deflated, line.length);
  return body;
}

/** Unpacked once, so that one which is more or less than it says is refused here and not when it is needed. */
export function readSnapshotBlock(body: Uint8Array, maxBytes: number): PackedSnapshot {
  const at = body.subarray(0, MAX_HEAD_BYTES).indexOf(NEWLINE);
  const deflated = body.slice(at + 1);
  try {
    const read = head.parse(JSON.parse(new TextDecoder().decode(body.subarray(0, Math.max(0, at)))));
    if (read.size > maxBytes) throw new RangeError('too large');
    const { length } = inflateRawSync(deflated, { maxOutputLength: read.size });
    if (length !== read.size) throw new RangeError('another size');
    return { ...read, deflated };
  } catch {
    throw damagedFile('a snapshot is not what it says');
  }
}
