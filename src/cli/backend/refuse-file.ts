// A server takes no files: better said before a search than behind it.
import { BadInput } from '../../core/base/errors.js';

/** @param file name of the user's protocol; undefined: it is none */
export async function refuseFileOfServer(data: string, file: string | undefined): Promise<void> {
  if (file === undefined) return;
  const { serverOf } = await import('./open-backend.js');
  const server = await serverOf(data);
  if (server === null) return;
  throw new BadInput(
    'protocol-file-server',
    `${server.place} owns the data folder and takes no files; put ${file} into its folder (serve --protocols DIR), or use another --data`,
  );
}
