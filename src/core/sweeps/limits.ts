// How large a sweep may be. Each cell is a whole run, each group is built once while the request waits.

/** Runs of one sweep. */
export const MAX_SWEEP_CELLS = 10_000;
/** Protocols x combinations of parameters and costs. */
export const MAX_SWEEP_GROUPS = 500;
/** Sessions that one sweep stores (`record`). */
export const MAX_SWEEP_SESSIONS = 200;
/** Figures that one sweep may be asked for by name. */
export const MAX_SWEEP_METRICS = 100;
