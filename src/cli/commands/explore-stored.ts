// A counterexample of a search becomes a session of the data folder.
import type { RunRequest } from '../../core/run/manifest.js';
import type { Terminal } from '../terminal.js';

/** Id of the session of a counterexample. */
export async function storedAs(session: RunRequest, data: string, terminal: Terminal): Promise<string> {
  const { openBackend } = await import('../backend/open-backend.js');
  const backend = await openBackend(data, { create: true, note: (text) => terminal.note(text) });
  try {
    const [stored] = await backend.run([session], () => undefined);
    return stored!.id;
  } finally {
    await backend.close();
  }
}
