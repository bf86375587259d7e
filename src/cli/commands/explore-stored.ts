// A counterexample of a search becomes a session of the data folder.
import type { RunRequest } from '../../core/run/manifest.js';
import type { NoteContent } from '../../store/notes.port.js';
import type { Terminal } from '../terminal.js';

/** Id of the session of a counterexample; the beginning of what repeats in it has a bookmark. */
export async function storedAs(
  session: RunRequest,
  bookmark: NoteContent | null,
  data: string,
  terminal: Terminal,
): Promise<string> {
  const { openBackend } = await import('../backend/open-backend.js');
  const backend = await openBackend(data, { create: true, note: (text) => terminal.note(text) });
  try {
    const [stored] = await backend.run([session], () => undefined);
    const { id } = stored!;
    if (bookmark !== null) await backend.past.addNote(id, bookmark);
    return id;
  } finally {
    await backend.close();
  }
}
