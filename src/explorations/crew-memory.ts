// The memory that the workers of one search share, beside the visited table: who is idle, who has work in the mail, when the
// table must grow, when all must stop.

/** Words of the control block. */
export const CONTROL = {
  stop: 0,
  /** Workers without work. */
  idle: 1,
  /** Why all are to park (PAUSE). */
  pause: 2,
  /** Counts the tables; workers that are parked wait for it to change. */
  epoch: 3,
  parked: 4,
  /** A word a worker: what its mail holds; behind them a word a worker: 1 once it runs. */
  mail: 5,
} as const;

/** Where it stands whether worker w runs. One that was stopped before is not waited for. */
export const startedAt = (w: number, control: Int32Array): number =>
  CONTROL.mail + (control.length - CONTROL.mail) / 2 + w;

/** `full`: somebody found the table full; `checkpoint`: each tells what it has left, and goes on. */
export const PAUSE = { no: 0, full: 1, checkpoint: 2 } as const;

export const STOP = {
  no: 0,
  /** Nothing is left to be searched. */
  finished: 1,
  /** A violation or a bound: what waits stays where it is. */
  early: 2,
} as const;

export const MAIL = { none: 0, hungry: 1, beingFilled: 2, filled: 3 } as const;

/** Figures that each worker publishes after a slice. */
export const FIGURES = {
  states: 0,
  transitions: 1,
  depth: 2,
  terminalStates: 3,
  waiting: 4,
  count: 5,
} as const;

export interface CrewMemory {
  readonly control: Int32Array;
  readonly figures: Float64Array;
  /** One frame for each worker. */
  readonly mail: Int32Array;
}

export function crewMemory(workers: number, frameWords: number): CrewMemory {
  const words = (count: number): SharedArrayBuffer => new SharedArrayBuffer(count * 4);
  return {
    control: new Int32Array(words(CONTROL.mail + workers * 2)),
    figures: new Float64Array(new SharedArrayBuffer(workers * FIGURES.count * 8)),
    mail: new Int32Array(words(workers * frameWords)),
  };
}
