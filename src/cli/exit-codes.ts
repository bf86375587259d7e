// Exit codes of `rootline`. With --json the document is on stdout at every code but INTERNAL and BAD_INPUT; `run` prints
// it whatever the code, once there is a session.

export const EXIT_CODE = {
  FINE: 0,
  INTERNAL: 1,
  BAD_INPUT: 2,
  /** An invariant is violated, a replay differs, a row did not come out as expected. */
  VIOLATED: 3,
  NO_FORWARD_PROGRESS: 4,
  /** A limit was reached before the run ended. */
  LIMIT: 5,
} as const;
export type ExitCode = (typeof EXIT_CODE)[keyof typeof EXIT_CODE];

/** What a run's end means. A user's protocol that is at fault is bad input, whatever was found before. A livelock is its own verdict; a violation found before a limit was reached stays one. */
export function exitCodeOf(outcome: string | null, findings: number, protocolFault = false): ExitCode {
  if (protocolFault) return EXIT_CODE.BAD_INPUT;
  if (outcome === 'no_forward_progress') return EXIT_CODE.NO_FORWARD_PROGRESS;
  if (findings > 0) return EXIT_CODE.VIOLATED;
  if (outcome === 'limit_reached') return EXIT_CODE.LIMIT;
  return outcome === 'completed' || outcome === 'booted' ? EXIT_CODE.FINE : EXIT_CODE.INTERNAL;
}
