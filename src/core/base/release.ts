// Kernel releases as far as the bug table needs them: which came first.

export interface Release {
  readonly major: number;
  readonly minor: number;
  /** Stable release within the series; 0 for the first one. */
  readonly stable: number;
  /** -rc number, or null for a release. */
  readonly rc: number | null;
}

/** `v6.3`, `6.1.192`, `6.3.0-rc7-next-20230421-syzkaller`, `5.15.107-generic`. Null where there is no version in it. */
export function parseRelease(text: string): Release | null {
  const found = /^v?(\d{1,3})\.(\d{1,3})(?:\.(\d{1,4}))?(?:-rc(\d{1,3}))?/.exec(text.trim());
  if (found === null) return null;
  const [, major, minor, stable, rc] = found;
  return {
    major: Number(major),
    minor: Number(minor),
    stable: Number(stable ?? 0),
    rc: rc === undefined ? null : Number(rc),
  };
}

/** A release candidate comes before its release. */
export function isBefore(a: Release, b: Release): boolean {
  if (a.major !== b.major) return a.major < b.major;
  if (a.minor !== b.minor) return a.minor < b.minor;
  if (a.stable !== b.stable) return a.stable < b.stable;
  if (a.rc === b.rc) return false;
  if (a.rc === null) return false;
  return b.rc === null || a.rc < b.rc;
}
