// A backup: one tar with both databases, copied each at one moment, and backup.json with their forms and SHA-256. The two
// moments differ by a little; events.sqlite wins when the restored store is opened, as after a crash between the files.
import { createHash } from 'node:crypto';
import { createReadStream, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { EVENTS_IDENTITY } from '../../../../migrations/events/index.js';
import { METADATA_IDENTITY } from '../../../../migrations/metadata/index.js';
import { ENGINE_VERSION } from '../../../core/run/manifest.js';
import { storeFiles } from '../files.js';
import { copyDatabase, databaseBytes, expectRoom } from './copy-database.js';
import { TAR_END, tarHeader, tarPadding } from './tar.js';

export const BACKUP_FORMAT = 1;
export const BACKUP_HEAD = 'backup.json';
const DRAFT_PREFIX = '.backup-';

export interface BackupFile {
  readonly name: string;
  /** The file's user_version. */
  readonly form: number;
  readonly bytes: number;
  readonly sha256: string;
}

export interface BackupHead {
  readonly format: number;
  readonly engine: string;
  readonly createdAt: string;
  readonly files: readonly BackupFile[];
}

/** Both copies in a draft folder, ready to be sent. */
export interface PreparedBackup {
  readonly folder: string;
  readonly head: BackupHead;
  /** Of the whole tar. */
  readonly bytes: number;
}

/** Blocks the thread: for a thread of its own, or a command. */
export async function prepareBackup(dataDir: string): Promise<PreparedBackup> {
  const files = storeFiles(dataDir);
  expectRoom(files.events, databaseBytes(files.events) + databaseBytes(files.metadata));
  const folder = mkdtempSync(join(dataDir, DRAFT_PREFIX));
  try {
    const copied: BackupFile[] = [];
    // The list first: what it names is then in the events, or was deleted meanwhile.
    for (const [from, name, form] of [
      [files.metadata, 'rootline.sqlite', METADATA_IDENTITY.version],
      [files.events, 'events.sqlite', EVENTS_IDENTITY.version],
    ] as const) {
      const to = join(folder, name);
      copyDatabase(from, to);
      copied.push({ name, form, bytes: statSync(to).size, sha256: await sha256Of(to) });
    }
    const createdAt = new Date().toISOString();
    const head = { format: BACKUP_FORMAT, engine: ENGINE_VERSION, createdAt, files: copied };
    const sizes = [headBytes(head).length, ...copied.map(({ bytes }) => bytes)];
    const bytes = sizes.reduce((sum, size) => sum + tarHeaderBytes + size + tarPadding(size), TAR_END.length);
    return { folder, head, bytes };
  } catch (error) {
    discardBackup({ folder });
    throw error;
  }
}

const tarHeaderBytes = 512;

/** The tar, read from the copies as it is pulled; `onPulled` is told each time. */
export function streamBackup(
  { folder, head }: PreparedBackup,
  onPulled: () => void = () => undefined,
): Readable {
  return Readable.from(told(blocks(folder, head), onPulled), { objectMode: false });
}

async function* told(parts: AsyncIterable<Uint8Array>, onPulled: () => void): AsyncGenerator<Uint8Array> {
  for await (const part of parts) {
    onPulled();
    if (part.length > 0) yield part;
  }
}

async function* blocks(folder: string, head: BackupHead): AsyncGenerator<Uint8Array> {
  const seconds = Math.floor(Date.parse(head.createdAt) / 1000);
  const text = headBytes(head);
  yield tarHeader({ name: BACKUP_HEAD, size: text.length }, seconds);
  yield text;
  yield new Uint8Array(tarPadding(text.length));
  for (const { name, bytes } of head.files) {
    yield tarHeader({ name, size: bytes }, seconds);
    for await (const block of createReadStream(join(folder, name))) yield block as Uint8Array;
    yield new Uint8Array(tarPadding(bytes));
  }
  yield TAR_END;
}

function headBytes(head: BackupHead): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(head)}\n`);
}

export function discardBackup({ folder }: Pick<PreparedBackup, 'folder'>): void {
  rmSync(folder, { recursive: true, force: true });
}

/** Drafts of an owner that died while it made a backup. */
export function discardDrafts(dataDir: string): void {
  for (const name of readdirSync(dataDir)) {
    if (name.startsWith(DRAFT_PREFIX)) rmSync(join(dataDir, name), { recursive: true, force: true });
  }
}

export async function sha256Of(file: string): Promise<string> {
  const sha = createHash('sha256');
  for await (const block of createReadStream(file)) sha.update(block as Uint8Array);
  return sha.digest('hex');
}
