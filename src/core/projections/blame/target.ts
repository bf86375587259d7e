// What a blame is about: a value at any moment, and where it may have changed.
import type { History } from '../history.js';
import type { Moment } from '../moment.js';
import type { Value } from '../state-paths.js';

export interface Target {
  read(moment: Moment): Value;
  /** The last position at or before `to` at which the value may have changed, or 0. Asked with ever smaller positions. */
  lastCandidate(history: History, to: number): number;
}
