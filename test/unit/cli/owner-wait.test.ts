// A command that finds the folder in use by somebody who cannot be asked waits a moment: a server may be just starting.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { serverOf } from '../../../src/cli/backend/open-backend.js';
import { storeFiles } from '../../../src/store/sqlite/files.js';
import { OwnerLock } from '../../../src/store/sqlite/owner-lock.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rootline-owner-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('it finds the server as soon as that says where it listens', async () => {
  const lock = OwnerLock.acquire(storeFiles(folder));
  const asked = serverOf(folder, 5_000);
  await sleep(200);
  lock.announce('127.0.0.1', 4321);
  expect((await asked)?.place).toContain('127.0.0.1:4321');
  lock.release();
});

test('it goes on alone when the owner is gone', async () => {
  const lock = OwnerLock.acquire(storeFiles(folder));
  const asked = serverOf(folder, 5_000);
  await sleep(200);
  lock.release();
  expect(await asked).toBeNull();
});

test('it does not wait for ever, and names the owner', async () => {
  const lock = OwnerLock.acquire(storeFiles(folder));
  await expect(serverOf(folder, 200)).rejects.toMatchObject({
    code: 'data-in-use',
    message: expect.stringContaining(`in use by process ${process.pid}`) as string,
  });
  lock.release();
});
