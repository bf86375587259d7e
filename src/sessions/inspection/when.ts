// When in a session: a position, or a virtual time; neither means its committed end.
import { BadInput } from '../../core/base/errors.js';
import type { EventReader } from '../../store/event-store.port.js';
import type { StoredSession } from '../../store/session.js';

export interface When {
  /** Right after the event at this position; 0: before the first. */
  readonly at?: number | undefined;
  /** Before the first event that is later than this. */
  readonly timeNs?: number | undefined;
}

export function positionOf(when: When, session: StoredSession, reader: EventReader): number {
  const { at, timeNs } = when;
  if (at !== undefined && timeNs !== undefined) {
    throw new BadInput('at-and-time', 'a state is asked for at a position or at a time, not at both', [
      'at',
      'timeNs',
    ]);
  }
  if (timeNs !== undefined) return reader.positionAtTime(session.id, timeNs);
  return at === undefined ? session.position : checkPosition(at, session);
}

export function checkPosition(position: number, { id, position: end }: StoredSession): number {
  if (Number.isInteger(position) && position >= 0 && position <= end) return position;
  const expected = `a whole number from 0 to ${end}`;
  throw new BadInput('position-outside', `session ${id} has no position ${position}; expected ${expected}`, [
    expected,
  ]);
}
