// An upload on its way to a file: as quick as the client is, bounded, and gone again if it does not arrive whole.
import { mkdir, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { BadInput } from '../core/base/errors.js';

/** In the data folder. */
export const SPOOL_FOLDER = 'uploads';

export interface UploadLimits {
  readonly name: string;
  readonly maxBytes: number;
}

let count = 0;

/** The path of a new file with everything that came. */
export async function receive(
  source: AsyncIterable<Uint8Array>,
  dir: string,
  limits: UploadLimits,
): Promise<string> {
  await mkdir(dir, { recursive: true });
  // Each thread counts for itself.
  const file = join(dir, `upload-${process.pid}-${threadId}-${++count}`);
  const handle = await open(file, 'wx');
  let bytes = 0;
  try {
    for await (const piece of source) {
      bytes += piece.length;
      if (bytes > limits.maxBytes) throw tooLarge(limits);
      await handle.writeFile(piece);
    }
    await handle.close();
    return file;
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(file, { force: true });
    throw error;
  }
}

/** Removes what a process that is gone had taken in. Call it when the folder is owned and nothing is under way. */
export async function clearUploads(dir: string): Promise<void> {
  const left = await readdir(dir).catch(() => []);
  for (const name of left.filter((name) => name.startsWith('upload-')))
    await rm(join(dir, name), { force: true });
}

export function tooLarge({ name, maxBytes }: UploadLimits): BadInput {
  return new BadInput('upload-too-large', `the upload is larger than ${name} = ${maxBytes} bytes`);
}
