// A store is checked, in a folder that nobody owns and through the server that owns it.

import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { afterAll, expect, test } from 'vitest';
import type { VerificationView } from '../../src/upkeep/verification.types.js';
import { documentOf, Folders, rootline } from './cli-support.js';
import { TestFolder, TestServer } from './server-under-test.js';

const TIMEOUT_MS = 180_000;
const folders = new Folders();
afterAll(() => folders.clear());

async function checked(server: TestServer, id: string): Promise<VerificationView> {
  for (;;) {
    const { body } = await server.get<VerificationView>(`/store/verifications/${id}`);
    if (body.state !== 'queued' && body.state !== 'running') return body;
    await sleep(20);
  }
}

test('rootline verify: 0 for a whole store, 3 and the place for a damaged one, 2 for none', () => {
  const data = folders.fresh();
  expect(rootline(['verify', '--data', data]).code).toBe(2);
  expect(rootline(['run', 'smi', '--protocol', 'v5.18', '--data', data]).code).toBe(0);
  const whole = rootline(['verify', '--data', data]);
  expect(whole.stdout).toMatch(/^1 sessions, 9,163 rows, 1 snapshots \(1 held against the fold\): whole$/m);
  expect(whole.code).toBe(0);
  const db = new Database(join(data, 'events.sqlite'));
  db.exec('UPDATE event SET b = b + 1 WHERE session = 1 AND position = 4000');
  db.close();
  const ended = rootline(['verify', '--deep', '--json', '--data', data]);
  expect(ended.code).toBe(3);
  const fault = { rule: 'digest', session: '1', file: 'events.sqlite' };
  const faults = expect.arrayContaining([expect.objectContaining(fault)]) as unknown;
  expect(documentOf(ended)).toMatchObject({ verified: false, faults });
});

test(
  'a server checks its store while sessions run; one check at a time, and it can be cancelled',
  async () => {
    const folder = new TestFolder();
    const server = await TestServer.start(folder.path, { workers: 2 });
    try {
      const parameters = { smis: 1_500 };
      const running = [];
      for (const recording of ['full', 'lifecycle'])
        running.push(
          await server.create({ scenario: 'smi-heavy', protocol: 'v5.18', parameters, recording }),
        );
      for (const { id } of running) await server.until(id, ({ stored }) => stored > 2_000);
      const first = await server.post<VerificationView>('/store/verifications', { deep: true });
      expect(first.status).toBe(202);
      expect(first.headers.get('location')).toBe(`/api/v1/store/verifications/${first.body.id}`);
      expect((await server.post('/store/verifications')).status).toBe(409);
      const done = await checked(server, first.body.id);
      expect(done).toMatchObject({ state: 'finished', deep: true, result: { verified: true, faults: [] } });
      expect(done.result?.rows).toBeGreaterThan(4_000);
      const second = await server.post<VerificationView>('/store/verifications', {});
      const cancelled = await server.post<VerificationView>(`/store/verifications/${second.body.id}/cancel`);
      expect(['cancelled', 'finished']).toContain(cancelled.body.state);
      const { body } = await server.get<{ verifications: VerificationView[] }>('/store/verifications');
      expect(body.verifications.map(({ id }) => id)).toEqual([second.body.id, first.body.id]);
      expect((await server.get('/store/verifications/77')).status).toBe(404);
      // The command goes through the server that owns the folder.
      const third = rootlineIn(folder.path);
      expect(await third).toContain(': whole');
    } finally {
      await server.stop();
      folder.remove();
    }
  },
  TIMEOUT_MS,
);

/** Not `rootline()`: the server lives in this process and must go on answering. */
async function rootlineIn(data: string): Promise<string> {
  const { execFile } = await import('node:child_process');
  const { promisify } = await import('node:util');
  const { PROGRAM } = await import('./cli-support.js');
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, 'verify', '--data', data]);
  return stdout;
}
