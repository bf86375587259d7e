// Comparisons of stored sessions, for the server and the command line alike: which sessions may be compared, and answers that
// are kept. A session that rests does not change, so the same question about the same positions has the same answer.
import { MAX_COMPARISONS_KEPT } from '../config/limits.js';
import { BadInput } from '../core/base/errors.js';
import { type Comparison, MAX_COMPARED_SESSIONS, MIN_COMPARED_SESSIONS } from '../core/compare/comparison.js';
import type { AskOptions, InspectionService } from '../sessions/inspection.service.js';
import type { EventStore } from '../store/event-store.port.js';
import { SESSION_STATES, type SessionRecord, type SessionState } from '../store/session.js';
import { stateConflict } from '../store/store.errors.js';

export interface ComparisonQuestion {
  readonly sessions: readonly string[];
  /** Also what is the same in all of them. */
  readonly all: boolean;
  /** Of each curve; 0: no curves. */
  readonly points: number;
}

const MOVING: ReadonlySet<SessionState> = new Set<SessionState>(['queued', 'running']);
const RESTING = SESSION_STATES.filter((state) => !MOVING.has(state));

export class ComparisonService {
  /** The least recently asked for goes first. */
  private readonly kept = new Map<string, Comparison>();

  constructor(
    private readonly store: Pick<EventStore, 'getSession'>,
    private readonly inspections: Pick<InspectionService, 'ask'>,
  ) {}

  /** The sessions, if they can be compared; each with events, and none on its way. */
  async check(ids: readonly string[]): Promise<SessionRecord[]> {
    if (ids.length < MIN_COMPARED_SESSIONS || ids.length > MAX_COMPARED_SESSIONS) {
      throw new BadInput(
        'compared-sessions',
        `a comparison takes ${MIN_COMPARED_SESSIONS} to ${MAX_COMPARED_SESSIONS} sessions, got ${ids.length}`,
        [`${MIN_COMPARED_SESSIONS} to ${MAX_COMPARED_SESSIONS} sessions`],
      );
    }
    const twice = ids.find((id, k) => ids.indexOf(id) !== k);
    if (twice !== undefined) {
      throw new BadInput('same-session', `session ${twice} is named twice; expected different sessions`);
    }
    const sessions: SessionRecord[] = [];
    for (const id of ids) {
      const session = await this.store.getSession(id);
      if (MOVING.has(session.state)) throw stateConflict(id, session.state, RESTING);
      if (session.position === 0) {
        throw new BadInput(
          'nothing-stored',
          `session ${id} has no stored events; expected sessions that have run`,
        );
      }
      sessions.push(session);
    }
    return sessions;
  }

  /** Rows that the comparison reads: the first session is read with each of the others. */
  rowsOf(sessions: readonly SessionRecord[]): number {
    return sessions.reduce((sum, { position }, k) => sum + position * (k === 0 ? sessions.length - 1 : 1), 0);
  }

  async compare(question: ComparisonQuestion, options: AskOptions = {}): Promise<Comparison> {
    const { all, points } = question;
    const sessions = await this.check(question.sessions);
    const key = JSON.stringify([
      sessions.map(({ id, position, state }) => [id, position, state]),
      all,
      points,
    ]);
    const known = this.kept.get(key);
    if (known !== undefined) {
      this.kept.delete(key);
      this.kept.set(key, known);
      return known;
    }
    const progress = options.onPart !== undefined;
    const request = { sessionIds: question.sessions, all, points, progress };
    const comparison = await this.inspections.ask('compare', request, options);
    this.kept.set(key, comparison);
    const oldest = this.kept.keys().next();
    if (this.kept.size > MAX_COMPARISONS_KEPT && oldest.done !== true) this.kept.delete(oldest.value);
    return comparison;
  }
}
