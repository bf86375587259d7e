// A backup back into a folder: everything is checked before the folder becomes a store, and a folder that holds anything is
// not touched.
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { queryRefused, StoreError } from '../../store.errors.js';
import { storeFiles } from '../files.js';
import { BACKUP_FORMAT, BACKUP_HEAD, type BackupHead } from './backup.js';
import { expectRoom } from './copy-database.js';
import { readTarHeader, TAR_BLOCK, tarPadding } from './tar.js';

const DRAFT = '.restoring';
const MAX_HEAD_BYTES = 64 * 1024;
const EXPECTED = 'a file that `rootline backup` wrote';

const headSchema = z.object({
  format: z.int(),
  engine: z.string(),
  createdAt: z.string(),
  files: z
    .array(
      z.object({
        name: z.enum(['events.sqlite', 'rootline.sqlite']),
        form: z.int(),
        bytes: z.int().min(0),
        sha256: z.string(),
      }),
    )
    .length(2),
});

/** Reads a stream in exact portions. */
class Portions {
  private rest: Buffer = Buffer.alloc(0);
  private readonly blocks: AsyncIterator<Buffer>;

  constructor(private readonly file: string) {
    this.blocks = createReadStream(file)[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  async exactly(bytes: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for await (const part of this.upTo(bytes)) parts.push(part);
    return Buffer.concat(parts);
  }

  /** So many bytes in blocks. Throws when the file ends before. */
  async *upTo(bytes: number): AsyncGenerator<Buffer> {
    let left = bytes;
    while (left > 0) {
      if (this.rest.length === 0) {
        const { value, done } = await this.blocks.next();
        if (done === true) throw queryRefused(`${this.file} ends too early`, EXPECTED);
        this.rest = value;
      }
      const part = this.rest.subarray(0, left);
      this.rest = this.rest.subarray(part.length);
      left -= part.length;
      yield part;
    }
  }

  async end(): Promise<void> {
    await this.blocks.return?.();
  }
}

/** The two files are in `dataDir` when this resolves; opening the store migrates and reconciles them. */
export async function restoreBackup(file: string, dataDir: string): Promise<BackupHead> {
  expectEmpty(dataDir);
  if (!existsSync(file) || !statSync(file).isFile()) throw queryRefused(`${file} is not a file`, EXPECTED);
  mkdirSync(dataDir, { recursive: true });
  const draft = join(dataDir, DRAFT);
  mkdirSync(draft);
  const portions = new Portions(file);
  try {
    const head = await readHead(portions, file);
    expectRoom(
      draft,
      head.files.reduce((sum, { bytes }) => sum + bytes, 0),
    );
    for (const expected of head.files) {
      const member = readTarHeader(await portions.exactly(TAR_BLOCK), file);
      if (member?.name !== expected.name || member.size !== expected.bytes)
        throw queryRefused(
          `${file} holds ${member?.name ?? 'nothing'} where ${expected.name} should be`,
          EXPECTED,
        );
      const sha256 = await writePortion(portions, expected.bytes, join(draft, expected.name));
      if (sha256 !== expected.sha256) {
        const what = `${expected.name} in it has another SHA-256 than backup.json says`;
        throw new StoreError('database_damaged', `${file} is damaged: ${what}. Expected ${EXPECTED}`, {
          file,
          what,
        });
      }
      await portions.exactly(tarPadding(expected.bytes));
    }
    const files = storeFiles(dataDir);
    renameSync(join(draft, 'rootline.sqlite'), files.metadata);
    renameSync(join(draft, 'events.sqlite'), files.events);
    return head;
  } finally {
    await portions.end();
    rmSync(draft, { recursive: true, force: true });
  }
}

function expectEmpty(dataDir: string): void {
  const stat = statSync(dataDir, { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (!stat.isDirectory())
    throw queryRefused(`${dataDir} is not a folder`, 'a folder that is empty or not there yet');
  const [first] = readdirSync(dataDir);
  if (first !== undefined)
    throw queryRefused(`${dataDir} holds ${first}`, 'a folder that is empty or not there yet');
}

async function readHead(portions: Portions, file: string): Promise<BackupHead> {
  const member = readTarHeader(await portions.exactly(TAR_BLOCK), file);
  if (member?.name !== BACKUP_HEAD || member.size > MAX_HEAD_BYTES)
    throw queryRefused(`${file} does not begin with ${BACKUP_HEAD}`, EXPECTED);
  const text = (await portions.exactly(member.size)).toString('utf8');
  await portions.exactly(tarPadding(member.size));
  const head = headSchema.safeParse(jsonOf(text));
  if (!head.success) throw queryRefused(`${BACKUP_HEAD} in ${file} cannot be read`, EXPECTED);
  const { format } = head.data;
  if (format > BACKUP_FORMAT) {
    throw new StoreError(
      'database_newer',
      `${file} was written by a newer Rootline (${head.data.engine}): backup form ${format}, expected at most ${BACKUP_FORMAT}`,
      { file, found: format, supported: BACKUP_FORMAT },
    );
  }
  return head.data;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Returns the SHA-256 of what was written. */
async function writePortion(portions: Portions, bytes: number, to: string): Promise<string> {
  const sha = createHash('sha256');
  const handle = await open(to, 'wx');
  try {
    for await (const part of portions.upTo(bytes)) {
      sha.update(part);
      await handle.writeFile(part);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  return sha.digest('hex');
}
