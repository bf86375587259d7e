// Both replays of what is committed now.
import { queryRefused } from '../../../store/store.errors.js';
import { order } from '../order.js';
import { replayByFold, replayBySchedule } from '../replay.js';
import type { ReplayKind, ReplayResult } from '../replay-result.js';

export interface ReplayRequest {
  readonly sessionId: string;
  readonly by: readonly ReplayKind[];
}

export const replayOrder = order(
  { long: true },
  async ({ sessionId, by }: ReplayRequest, context): Promise<ReplayResult> => {
    const { reader } = context;
    const { manifest, position, progress } = reader.session(sessionId);
    if (position === 0)
      throw queryRefused(`session ${sessionId} has no stored events`, 'a session that has run');
    const stored = { manifest, position, progress, snapshot: reader.latestSnapshot(sessionId, position) };
    const all = { sessionId, from: 1, to: position };
    if (!by.includes('schedule')) {
      const pages = context.pages({ ...all, columns: 'fold' });
      return await replayByFold(stored, () => {
        context.checkCancelled();
        return pages.next();
      });
    }
    const pages = context.pages({ ...all, columns: 'numbers' });
    // Asked for first: it is read while the machine is built.
    const { bytes } = reader.decisions(sessionId);
    return await replayBySchedule(stored, bytes, by.includes('fold'), () => {
      context.checkCancelled();
      return pages.next();
    });
  },
);
