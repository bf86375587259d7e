// `backup` and `restore`: the whole store as one file, and back.
import { createWriteStream, existsSync } from 'node:fs';
import { link, rm, stat, unlink } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { BadInput } from '../../core/base/errors.js';
import type { RestoredStore } from '../../upkeep/restore-folder.js';
import { EXIT_CODE, type ExitCode } from '../exit-codes.js';
import { grouped, type Terminal } from '../terminal.js';

export interface OpenedBackup {
  readonly blocks: AsyncIterable<Uint8Array>;
  /** Lets go of what was needed to make it. */
  done(): Promise<void>;
}
export type OpenBackup = () => Promise<OpenedBackup>;

export async function backup(file: string, open: OpenBackup, terminal: Terminal): Promise<ExitCode> {
  const target = resolve(file);
  expectFree(target);
  const draft = `${target}.part`;
  const opened = await open();
  try {
    await pipeline(opened.blocks, createWriteStream(draft, { flags: 'wx', mode: 0o600, flush: true }));
    // A half-written file never has the name that was asked for, and a file that appeared meanwhile is not replaced.
    await link(draft, target);
    await unlink(draft);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'EEXIST') await rm(draft, { force: true });
    if (code === undefined || !['EEXIST', 'ENOENT', 'EACCES', 'ENOSPC', 'ENOTDIR', 'EROFS'].includes(code))
      throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new BadInput('backup-file', `${target} cannot be written: ${message}`);
  } finally {
    await opened.done();
  }
  const { size } = await stat(target);
  terminal.document({ file: target, bytes: size });
  terminal.line(`${target}: ${grouped(size)} bytes`);
  return EXIT_CODE.FINE;
}

export async function restore(
  file: string,
  dataDir: string,
  run: (file: string, dataDir: string) => Promise<RestoredStore>,
  terminal: Terminal,
): Promise<ExitCode> {
  const restored = await run(resolve(file), resolve(dataDir));
  terminal.document(restored);
  const { sessions, interrupted, createdAt, engine } = restored;
  terminal.line(
    `${restored.dataDir}: ${grouped(sessions)} sessions, as of ${createdAt} (engine ${engine}); ` +
      `${interrupted} were under way and go on under \`rootline serve\``,
  );
  return EXIT_CODE.FINE;
}

function expectFree(file: string): void {
  if (existsSync(file)) throw new BadInput('backup-file', `${file} exists; expected a name that is free`);
}
