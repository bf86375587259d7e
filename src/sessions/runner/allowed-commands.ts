// What a session in some state can be asked.
import { isSealed, type SessionState } from '../../store/session.js';

export function allowedCommands(state: SessionState): readonly string[] {
  if (isSealed(state)) return ['fork', 'delete', 'replay'];
  if (state === 'queued' || state === 'running') return ['pause', 'cancel', 'fork', 'delete', 'replay'];
  if (state === 'waiting') return ['command', 'cancel', 'fork', 'delete', 'replay'];
  if (state === 'interrupted') return ['resume', 'cancel', 'fork', 'delete', 'replay'];
  return ['resume', 'step', 'command', 'cancel', 'fork', 'delete', 'replay'];
}
