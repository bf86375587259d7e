// What moving through a session needs of it: its rows in order, and its past at any position.
import type { Moment } from '../projections/moment.js';
import type { EventRows } from '../projections/rows.js';

/** Consecutive rows. */
export interface RowWindow {
  readonly rows: EventRows;
  /** Position of the first and the last row. */
  readonly from: number;
  readonly to: number;
}

export interface Traveller {
  /** Position of the last stored event. */
  readonly end: number;
  /** Where the past stands; the same object, always up to date. */
  readonly moment: Moment;
  /** To right after the event at `position`; 0: before the first. */
  moveTo(position: number): void;
  /** One event on: the row after `moment.position`. */
  takeNext(): void;
  /** A window that holds the position; read as far as `upTo` where that is near, and from `before` rows earlier on. */
  windowAt(position: number, upTo?: number, before?: number): RowWindow;
  /** A position before this one from which the past is rebuilt quickly (a snapshot); 0: from the beginning. */
  startBefore(position: number): number;
  /** Throws when nobody waits any more. */
  checkCancelled(): void;
}

/** The outcome of a move. */
export interface Sought {
  /** Where it stopped: the state right after this event; null: nowhere within what was looked at. */
  readonly position: number | null;
  /** Events that were looked at. */
  readonly looked: number;
  /** `from` of a call that goes on; null: the whole way was looked at. */
  readonly next: number | null;
}

export type Direction = 'forward' | 'backward';
