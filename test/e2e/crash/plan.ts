// What is killed where, as a function of (seed, round): a failing kill can be run again by its two numbers.

/** mulberry32. */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `start`: while the server starts; `run`: while sessions run; `cli`: the command line's own run, in a batch. */
export const KILL_KINDS = [
  'in-migration-events',
  'in-migration-metadata',
  'mid-batch',
  'in-snapshot',
  'after-commit-before-notice',
  'between-files',
  'in-delete',
  'start',
  'run',
  'cli',
] as const;
export type KillKind = (typeof KILL_KINDS)[number];

export interface Kill {
  readonly kind: KillKind;
  /** Visit of the failpoint at which it happens. */
  readonly count: number;
  /** For random moments. */
  readonly delayMs: number;
}

/** Highest visit at which a failpoint is surely reached by the sessions of one round. */
const MOST_VISITS: { readonly [kind in KillKind]: number } = {
  'in-migration-events': 15,
  'in-migration-metadata': 7,
  'mid-batch': 60,
  'in-snapshot': 2,
  'after-commit-before-notice': 5,
  'between-files': 6,
  'in-delete': 3,
  start: 1,
  run: 1,
  cli: 60,
};
const START_MS = 600;
const RUN_MS = 300;

/** Kills of one data folder: first one of the two migrations, then every other kind once, in some order. */
export function planOf(seed: number, round: number): Kill[] {
  const random = randomOf(seed * 7919 + round);
  const [events, metadata, ...rest] = KILL_KINDS;
  for (let i = rest.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [rest[i], rest[j]] = [rest[j]!, rest[i]!];
  }
  return [round % 2 === 0 ? events : metadata, ...rest].map((kind) => ({
    kind,
    count: 1 + Math.floor(random() * MOST_VISITS[kind]),
    delayMs: Math.floor(random() * (kind === 'start' ? START_MS : RUN_MS)),
  }));
}
