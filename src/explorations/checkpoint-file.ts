// The file of a search that was stopped (`explore --checkpoint`, or of a job): words, written beside it first, so that what was there stays until all is there.
import { closeSync, existsSync, fstatSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import { BadInput } from '../core/base/errors.js';

/** Bytes of one read or write: Node takes less than 2 GiB at once. */
const BLOCK_BYTES = 64 * 1024 ** 2;

/** The words of the file; null when there is none yet. */
export function readCheckpointFile(path: string): Int32Array | null {
  if (!existsSync(path)) return null;
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    if (size % 4 !== 0) throw new BadInput('checkpoint-damaged', `${path} is no checkpoint: ${size} bytes`);
    const bytes = new Uint8Array(size);
    for (let at = 0; at < size; ) {
      const read = readSync(file, bytes, at, Math.min(BLOCK_BYTES, size - at), at);
      if (read === 0) throw new BadInput('checkpoint-damaged', `${path} ends at byte ${at} of ${size}`);
      at += read;
    }
    return new Int32Array(bytes.buffer);
  } finally {
    closeSync(file);
  }
}

export function writeCheckpointFile(path: string, words: Int32Array): void {
  const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
  const beside = `${path}.part`;
  const file = openSync(beside, 'w');
  try {
    for (let at = 0; at < bytes.length; ) {
      at += writeSync(file, bytes, at, Math.min(BLOCK_BYTES, bytes.length - at));
    }
  } finally {
    closeSync(file);
  }
  renameSync(beside, path);
}

export function dropCheckpointFile(path: string): void {
  rmSync(path, { force: true });
}
