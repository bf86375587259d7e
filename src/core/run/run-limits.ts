// Where the limits of a manifest end a run: behind the first step that meets one, whatever batches, rests and calls of
// `advance` the run was cut into. So its replays, and the run of the same manifest on another day, come to the same end.
import { LimitReached } from '../base/errors.js';
import type { Manifest } from './contract.js';
import { stepsWithin } from './turn.js';

/** A run in which so many steps made no event is idle: looked at where the count of its steps is a multiple of this. */
export const IDLE_STEPS_MAX = 2_000_000;

/** What a recorder has counted becomes one row more, in front of the next stored event. */
const COUNTING = 1;

export class RunLimits {
  private readonly events: number;
  private readonly storedRows: number;
  private readonly virtualNs: number;
  /** Events at the last multiple of IDLE_STEPS_MAX steps; of the snapshot that a run goes on from. */
  eventsAtWindow = -1;

  constructor({ limits }: Manifest) {
    this.events = limits.events;
    this.storedRows = limits.storedRows;
    this.virtualNs = limits.virtualNs;
  }

  /** A clock that is past it has met the limit of time. */
  get horizonNs(): number {
    return this.virtualNs - 1;
  }

  /** Steps that do not lead far beyond a limit: one, near it. @param rows stored ones, and events that may become some */
  stepsLeft(events: number, rows: number): number {
    return stepsWithin(Math.min(this.events - events, this.storedRows - rows - COUNTING));
  }

  /** Steps to the next look whether the run is idle. */
  stepsToWindow(steps: number): number {
    return IDLE_STEPS_MAX - (steps % IDLE_STEPS_MAX);
  }

  /** Throws LimitReached. */
  checkIdle(steps: number, events: number): void {
    if (steps % IDLE_STEPS_MAX !== 0) return;
    if (events === this.eventsAtWindow) throw new LimitReached('idleSteps', IDLE_STEPS_MAX);
    this.eventsAtWindow = events;
  }

  mayMeetRows(rows: number): boolean {
    return rows + COUNTING >= this.storedRows;
  }

  mayMeetTime(clockNs: number): boolean {
    return clockNs >= this.virtualNs;
  }

  /** Throws LimitReached. */
  check(events: number, rows: number): void {
    if (events >= this.events) throw new LimitReached('events', this.events);
    if (rows >= this.storedRows) throw new LimitReached('storedRows', this.storedRows);
  }

  checkTime(timeNs: number): void {
    if (timeNs >= this.virtualNs) throw new LimitReached('virtualNs', this.virtualNs);
  }
}
