// Steps, events and commits of all sessions since the server started, from the notices that follow each commit. A
// session's own figures are totals, so what one notice adds is the difference to the one before.
import type { Observable } from 'rxjs';
import type { CommitNotice } from '../store/event-store.port.js';
import { isSealed } from '../store/session.js';

interface Seen {
  readonly steps: number;
  readonly events: number;
}

const NOTHING: Seen = { steps: 0, events: 0 };

export class SimulationFigures {
  steps = 0;
  events = 0;
  rows = 0;
  private readonly seen = new Map<string, Seen>();

  constructor(committed$: Observable<CommitNotice>) {
    // Adding numbers; ends when the store completes the stream.
    committed$.subscribe((notice) => this.add(notice));
  }

  private add({ sessionId, state, progress, fromPosition, toPosition }: CommitNotice): void {
    this.rows += toPosition - fromPosition + 1;
    const now = progress === null ? NOTHING : { steps: progress.steps, events: progress.ordinal };
    // The first notice of a session that goes on tells where it stood: a change of state, without rows.
    const before = this.seen.get(sessionId) ?? (toPosition < fromPosition ? now : NOTHING);
    this.steps += Math.max(0, now.steps - before.steps);
    this.events += Math.max(0, now.events - before.events);
    if (isSealed(state)) this.seen.delete(sessionId);
    else this.seen.set(sessionId, now);
  }
}
