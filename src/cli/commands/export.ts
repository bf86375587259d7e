// `export` and `import-session`: a stored session as a file of many forms, and one form back.
import { open as openFile, rename, rm, stat } from 'node:fs/promises';
import { BadInput } from '../../core/base/errors.js';
import { type ExportRequest, exportFormat } from '../../exports/formats.js';
import { EXIT_CODE, type ExitCode } from '../exit-codes.js';
import { wholeNumber } from '../settings.js';
import { grouped, type Terminal } from '../terminal.js';
import { checkId, type Open, using } from './sessions.js';

export interface ExportOptions {
  readonly format: string;
  readonly from?: string;
  readonly to?: string;
  readonly out?: string;
  readonly snapshots?: boolean;
  readonly threads?: string;
}

export async function exportSession(
  [id = '', ...beside]: readonly string[],
  options: ExportOptions,
  open: Open,
  terminal: Terminal,
): Promise<ExitCode> {
  for (const one of [id, ...beside]) checkId(one);
  const { from, to, threads, snapshots, out } = options;
  const request: ExportRequest = {
    format: exportFormat(options.format),
    ...(from === undefined ? {} : { from: wholeNumber('--from', from) }),
    ...(to === undefined ? {} : { to: wholeNumber('--to', to) }),
    ...(snapshots === true ? { snapshots } : {}),
    ...(threads === undefined ? {} : { threads: threads.split(',') }),
    ...(beside.length === 0 ? {} : { beside }),
  };
  return await using(open, async (backend) => {
    const blocks = backend.export(id, request);
    if (out === undefined) {
      for await (const block of blocks) await terminal.bytes(block);
    } else {
      const bytes = await writeFile(out, blocks);
      terminal.note(`${out}: ${grouped(bytes)} bytes`);
    }
    return EXIT_CODE.FINE;
  });
}

export async function importSession(file: string, open: Open, terminal: Terminal): Promise<ExitCode> {
  const found = await stat(file).catch(() => null);
  if (found === null || !found.isFile())
    throw new BadInput('no-file', `${file} is no file that can be read; expected a session file`);
  const session = await using(open, (backend) => backend.importSession(file));
  terminal.document(session);
  terminal.line(`session ${session.id}: ${session.scenario} under ${session.protocol}, ${session.state}`);
  terminal.line(
    `  events  ${grouped(session.events)} (${grouped(session.stored)} stored, ${session.recording})`,
  );
  terminal.line(`  digest  ${session.digest}`);
  return EXIT_CODE.FINE;
}

/** Under another name until it is whole: what was there before is not lost to an export that fails. */
export async function writeFile(path: string, blocks: AsyncIterable<Uint8Array>): Promise<number> {
  const partial = `${path}.partial`;
  const handle = await openFile(partial, 'w').catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new BadInput('no-output', `${path} cannot be written: ${why}`);
  });
  let bytes = 0;
  try {
    for await (const block of blocks) {
      await handle.writeFile(block);
      bytes += block.length;
    }
    await handle.close();
    await rename(partial, path);
    return bytes;
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(partial, { force: true });
    throw error;
  }
}
