// Checks a data folder that nobody owns, as it lies there: owned for as long as the check runs, never opened for writing,
// so that nothing is migrated, repaired or swept before it was looked at.
import { resolve } from 'node:path';
import { storeFiles } from '../store/sqlite/files.js';
import { OwnerLock } from '../store/sqlite/owner-lock.js';
import { refuseUncheckable } from '../store/sqlite/verify/integrity.js';
import type { VerificationProgress, VerificationResult } from './verification.types.js';
import { type RunningVerification, startVerification } from './verification-thread.js';

export async function verifyFolder(
  dataDir: string,
  deep: boolean,
  onProgress: (progress: VerificationProgress) => void,
  started: (running: RunningVerification) => void = () => undefined,
): Promise<VerificationResult | null> {
  const files = storeFiles(resolve(dataDir));
  const lock = OwnerLock.acquire(files);
  try {
    refuseUncheckable(files);
    const running = startVerification({ dataDir: files.dataDir, deep, live: false }, onProgress);
    started(running);
    return await running.done;
  } finally {
    lock.release();
  }
}
