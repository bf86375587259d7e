// Room that is kept for bad times: a file that is given back when the disk is full, so that what must be said then (a
// session is interrupted, a session is deleted) can still be written. While it is gone, nothing big is accepted: it
// would only eat the room that was kept. It is made again as soon as there is room, from then on all goes on.

import { randomFillSync } from 'node:crypto';
import { closeSync, fsyncSync, openSync, rmSync, statSync, writeSync } from 'node:fs';

/** A change of state writes about 20 KiB of log to each database. */
export const RESERVE_BYTES = 1024 * 1024;
/** Between two attempts to make it again. */
const RETRY_MS = 500;

export class Reserve {
  private held: boolean;
  private triedAtMs = Number.NEGATIVE_INFINITY;

  constructor(private readonly file: string) {
    this.held = (statSync(file, { throwIfNoEntry: false })?.size ?? 0) >= RESERVE_BYTES;
  }

  /** True when there is room for more than the little that must be said. */
  hasRoom(): boolean {
    if (this.held) return true;
    const nowMs = performance.now();
    if (nowMs - this.triedAtMs < RETRY_MS) return false;
    this.triedAtMs = nowMs;
    this.held = this.make();
    return this.held;
  }

  /** Gives the room back; false when it was gone already. */
  release(): boolean {
    if (!this.held) return false;
    rmSync(this.file, { force: true });
    this.held = false;
    this.triedAtMs = performance.now();
    return true;
  }

  private make(): boolean {
    // Not zeros: a file system that compresses would keep no room for them.
    const bytes = randomFillSync(new Uint8Array(RESERVE_BYTES));
    try {
      const handle = openSync(this.file, 'w');
      try {
        let done = 0;
        while (done < bytes.length) done += writeSync(handle, bytes, done);
        // Some file systems find out only now.
        fsyncSync(handle);
      } finally {
        closeSync(handle);
      }
      return true;
    } catch {
      rmSync(this.file, { force: true });
      return false;
    }
  }
}
