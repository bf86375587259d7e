// Both replays of what is committed now.

import { queryRefused } from '../../../store/store.errors.js';
import { SandboxedReplay } from '../../../user-protocols/sandboxed-replay.js';
import { order } from '../order.js';
import { replayByFold, replayBySchedule, ScheduleReplay } from '../replay.js';
import type { ReplayKind, ReplayResult } from '../replay-result.js';

export interface ReplayRequest {
  readonly sessionId: string;
  readonly by: readonly ReplayKind[];
  /** Send how many rows were looked at (ReplayProgress), now and then. */
  readonly progress?: boolean;
}

export interface ReplayProgress {
  readonly rows: number;
  readonly of: number;
}

const PROGRESS_ROWS = 100_000;

export const replayOrder = order(
  { long: true },
  async ({ sessionId, by, progress: wanted }: ReplayRequest, context): Promise<ReplayResult> => {
    const { reader } = context;
    const { manifest, position, progress } = reader.session(sessionId);
    if (position === 0)
      throw queryRefused(`session ${sessionId} has no stored events`, 'a session that has run');
    const snapshot = reader.latestSnapshot(sessionId, position);
    const stored = { manifest, position, progress, snapshot, marks: reader.marks(sessionId) };
    let rows = 0;
    let told = 0;
    const counted = async <P extends { readonly length: number }>(page: P | null): Promise<P | null> => {
      rows += page?.length ?? 0;
      if (wanted === true && rows - told >= PROGRESS_ROWS) {
        told = rows;
        await context.send({ rows, of: position } satisfies ReplayProgress);
      }
      return page;
    };
    const all = { sessionId, from: 1, to: position };
    if (!by.includes('schedule')) {
      const pages = context.pages({ ...all, columns: 'fold' });
      return await replayByFold(stored, async () => {
        context.checkCancelled();
        return await counted(await pages.next());
      });
    }
    const pages = context.pages({ ...all, columns: 'numbers' });
    // Asked for first: it is read while the machine is built.
    const decisions = reader.decisions(sessionId);
    const own = manifest.userProtocol === undefined;
    const sandboxed = own ? null : new SandboxedReplay(stored, decisions);
    try {
      const schedule = sandboxed ?? new ScheduleReplay(stored, decisions);
      return await replayBySchedule(stored, schedule, by.includes('fold'), async () => {
        context.checkCancelled();
        return await counted(await pages.next());
      });
    } finally {
      sandboxed?.close();
    }
  },
);
