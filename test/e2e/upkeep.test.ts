// A store is checked, copied and restored, in a folder that nobody owns and through the server that owns it.

import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import Database from 'better-sqlite3';
import { afterAll, expect, test } from 'vitest';
import { BackupService } from '../../src/upkeep/backup.service.js';
import type { VerificationView } from '../../src/upkeep/verification.types.js';
import { documentOf, Folders, PROGRAM, rootline } from './cli-support.js';
import { TestFolder, TestServer } from './server-under-test.js';

const TIMEOUT_MS = 180_000;
const run = promisify(execFile);
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
      const parameters = { smis: 800 };
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

      expect(await rootlineAside('verify', '--data', folder.path)).toContain(': whole');
    } finally {
      await server.stop();
      folder.remove();
    }
  },
  TIMEOUT_MS,
);

/** Not `rootline()`: the server lives in this process and must go on answering. */
async function rootlineAside(...args: string[]): Promise<string> {
  return (await run(process.execPath, [PROGRAM, ...args])).stdout;
}

test(
  'a backup made while two sessions run restores to a store that verifies, and its sessions go on to the same end',
  async () => {
    const folder = new TestFolder();
    const server = await TestServer.start(folder.path, { workers: 2 });
    const restored = new TestFolder();
    const file = join(folders.fresh(), 'store.tar');
    const data = join(restored.path, 'data');
    try {
      const parameters = { smis: 1_500 };
      const ids: string[] = [];
      for (const recording of ['full', 'lifecycle']) {
        const body = { scenario: 'smi-heavy', protocol: 'v5.18', parameters, recording };
        ids.push((await server.create(body)).id);
      }
      for (const id of ids) await server.until(id, ({ stored }) => stored > 2_000);
      const sent = await fetch(`${server.api}/store/backup`);
      expect([sent.status, sent.headers.get('content-type')]).toEqual([200, 'application/x-tar']);
      const bytes = Buffer.from(await sent.arrayBuffer());
      expect(bytes.length).toBe(Number(sent.headers.get('content-length')));
      writeFileSync(file, bytes);
      // The command goes through the server too.
      const other = `${file}.too`;
      expect(await rootlineAside('backup', other, '--data', folder.path)).toContain(other);
      expect(readdirSync(folder.path).filter((name) => name.startsWith('.backup-'))).toEqual([]);
      // A name that is taken is left alone.
      const again = run(process.execPath, [PROGRAM, 'backup', file, '--data', folder.path]);
      await expect(again).rejects.toMatchObject({ code: 2 });

      const restoring = rootline(['restore', file, '--json', '--data', data]);
      expect(documentOf(restoring)).toMatchObject({
        sessions: 2,
        interrupted: expect.any(Number) as unknown,
      });
      expect(documentOf(restoring).interrupted, 'sessions under way in the backup').toBeGreaterThan(0);
      expect(rootline(['restore', file, '--data', data]).code).toBe(2);
      expect(rootline(['verify', '--deep', '--data', data]).stdout).toContain(': whole');
      const ended = await Promise.all(ids.map((id) => server.ended(id)));
      const heir = await TestServer.start(data, { workers: 2 });
      try {
        for (const [i, id] of ids.entries()) {
          const { digest, fullDigest, stored, events, state } = ended[i]!;
          // `interrupted` until the server has taken it up again.
          const done = await heir.until(id, ({ outcome }) => outcome !== null);
          expect(done).toMatchObject({ digest, fullDigest, stored, events, state });
        }
      } finally {
        await heir.stop();
      }
      // The same of a folder that nobody owns.
      const offline = join(folders.fresh(), 'offline.tar');
      expect(rootline(['backup', offline, '--data', data]).code).toBe(0);
      expect(rootline(['restore', offline, '--data', join(restored.path, 'again')]).code).toBe(0);
      expect(rootline(['verify', '--data', join(restored.path, 'again')]).code).toBe(0);
    } finally {
      await server.stop();
      folder.remove();
      restored.remove();
    }
  },
  TIMEOUT_MS,
);

test('a file that is no backup, cut or changed is refused, and leaves the folder as it was', () => {
  const data = folders.fresh();
  rootline(['run', 'smi', '--protocol', 'v5.18', '--data', data]);
  const file = join(folders.fresh(), 'store.tar');
  expect(rootline(['backup', file, '--data', data]).code).toBe(0);
  const whole = readFileSync(file);
  const changed = Buffer.from(whole);
  const at = Math.floor(whole.length / 2);
  changed[at] = changed[at]! ^ 1;
  const bad = { none: Buffer.from('no backup'), cut: whole.subarray(0, at), changed, empty: Buffer.alloc(0) };
  for (const [name, bytes] of Object.entries(bad)) {
    const harmed = join(folders.fresh(), name);
    writeFileSync(harmed, bytes);
    const target = folders.fresh();
    const { code, stderr } = rootline(['restore', harmed, '--data', target]);
    expect([code, readdirSync(target)], `${name}: ${stderr}`).toEqual([2, []]);
  }
});

test(
  'one backup at a time; a reader that takes nothing loses it',
  async () => {
    const folder = new TestFolder();
    const server = await TestServer.start(folder.path);
    try {
      await server.run({ scenario: 'smi-heavy', protocol: 'v5.18', parameters: { smis: 400 } });
      const backups = new BackupService(folder.path, 100);
      const { stream, bytes } = await backups.start();
      expect(bytes).toBeGreaterThan(1_000_000);
      await expect(backups.start()).rejects.toMatchObject({ code: 'job_under_way' });
      const lost = new Promise<Error>((resolve) => stream.once('error', resolve));
      stream.read(1);
      expect((await lost).message).toContain('took nothing');
      // Its copies are gone, and the next one may be made.
      const next = await backups.start();
      let got = 0;
      for await (const block of next.stream) got += (block as Uint8Array).length;
      expect(got).toBe(next.bytes);
      expect(readdirSync(folder.path).filter((name) => name.startsWith('.backup-'))).toEqual([]);
    } finally {
      await server.stop();
      folder.remove();
    }
  },
  TIMEOUT_MS,
);
