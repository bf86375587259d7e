// A command that the session's state forbids is answered with the commands that it allows.
import { Problem } from '../http/problem.js';
import type { EventStore } from '../store/event-store.port.js';
import { isStoreError } from '../store/store.errors.js';
import { allowedCommands } from './runner/allowed-commands.js';

export async function whatIsAllowed<T>(
  store: EventStore,
  id: string,
  name: string,
  run: () => Promise<T>,
): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!isStoreError(error, 'state_conflict') && !isStoreError(error, 'session_sealed')) throw error;
    const { state } = await store.getSession(id);
    const allowed = allowedCommands(state);
    throw new Problem(
      409,
      'state-conflict',
      `session ${id} is ${state}: ${name} is not possible; allowed: ${allowed.join(', ')}`,
      allowed,
    );
  }
}
