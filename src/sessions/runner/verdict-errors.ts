// What the thread of a command or a step answered, as the error that the one who asked for it gets.
import { CommandRefused } from '../../core/base/errors.js';
import { cannotGoOn, diskFull } from '../../store/store.errors.js';
import type { Verdict } from './messages.js';

export function throwUnlessDone(sessionId: string, told: Verdict): void {
  if (told.kind === 'forbidden') throw new CommandRefused(told.message, told.allowed);
  if (told.kind === 'refused' && told.diskFull) throw diskFull('the store');
  if (told.kind === 'failed' || told.kind === 'refused') throw cannotGoOn(sessionId, told.message);
}
