// Retention by bytes and by age in a real server: the store gets back below its limit, oldest first, and what people named,
// noted or bookmarked, or what has not ended, stays.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { afterAll, expect, test } from 'vitest';
import type { Settings } from '../../src/config/settings.js';
import type { SessionView } from '../../src/sessions/session.view.js';
import { rootline } from './cli-support.js';
import { TestFolder, TestServer } from './server-under-test.js';

const TIMEOUT_MS = 120_000;
const SMI = { scenario: 'smi', protocol: 'v5.18' };
const folder = new TestFolder();
afterAll(() => folder.remove());

async function within<T>(settings: Partial<Settings>, work: (server: TestServer) => Promise<T>): Promise<T> {
  const server = await TestServer.start(folder.path, settings);
  try {
    return await work(server);
  } finally {
    await server.stop();
  }
}

async function idsOf(server: TestServer): Promise<string[]> {
  const { body } = await server.get<{ sessions: { id: string }[] }>('/sessions?limit=200');
  return body.sessions.map(({ id }) => id).reverse();
}

async function figure(server: TestServer, name: string): Promise<number> {
  const text = await (await fetch(`${server.server.url}/metrics`)).text();
  return Number(new RegExp(`^rootline_${name} (.*)$`, 'm').exec(text)?.[1]);
}

/** Until so many were deleted for this reason. */
async function deleted(server: TestServer, reason: 'age' | 'bytes', count: number): Promise<void> {
  while ((await figure(server, `retention_${reason}_deleted_total`)) < count) await sleep(20);
}

test(
  'by bytes, then by age; named, noted, bookmarked and paused sessions stay',
  async () => {
    const made = await within({}, async (server) => {
      const named = await server.run({ ...SMI, name: 'keep me' });
      const paused = await server.create({
        scenario: 'smi-heavy',
        protocol: 'v5.18',
        parameters: { smis: 1e5 },
      });
      await server.until(paused.id, ({ stored }) => stored > 0);
      await server.post(`/sessions/${paused.id}/pause`);
      const sessions = [named, await server.session(paused.id)];
      for (let i = 0; i < 5; i++) sessions.push(await server.run(SMI));
      const [, , noted, marked] = sessions;
      const note = { position: 9, text: 'here' };
      expect((await server.post(`/sessions/${noted!.id}/notes`, { ...note, kind: 'note' })).status).toBe(201);
      expect((await server.post(`/sessions/${marked!.id}/notes`, { ...note, kind: 'bookmark' })).status).toBe(
        201,
      );
      return sessions;
    });
    const [named, paused, noted, marked, first, second, third] = made.map(({ id }) => id);
    const bytesOf = (ids: readonly (string | undefined)[]): number =>
      made.filter(({ id }) => ids.includes(id)).reduce((sum, { storedBytes }) => sum + storedBytes, 0);
    const total = made.reduce((sum, { storedBytes }) => sum + storedBytes, 0);

    // Room for all but the first of three that may go, less a byte: the second has to go too.
    const retainBytes = total - bytesOf([first]) - 1;
    await within({ retainBytes }, async (server) => {
      await deleted(server, 'bytes', 2);
      const left = await idsOf(server);
      expect(left).toEqual([named, paused, noted, marked, third]);
      expect(bytesOf(left)).toBeLessThanOrEqual(retainBytes);
      for (const id of [first, second]) expect((await server.get(`/sessions/${id}`)).status).toBe(404);
      expect(server.log.filter((line) => line === 'a session was deleted by age or bytes')).toHaveLength(2);
      expect(await figure(server, 'retention_over_bytes')).toBe(0);
    });

    const db = new Database(join(folder.path, 'events.sqlite'));
    const tenDaysAgo = new Date(Date.now() - 10 * 86_400_000).toISOString();
    db.prepare('UPDATE session SET updated_at = ?').run(tenDaysAgo);
    db.close();
    // Off by default; and not yet old enough.
    for (const settings of [{}, { retainDays: 11 }])
      await within(settings, async (server) => {
        const young = await server.run(SMI);
        expect(await idsOf(server)).toEqual([named, paused, noted, marked, third, young.id]);
        await server.delete(`/sessions/${young.id}`);
      });
    await within({ retainDays: 9, retainBytes: 1 }, async (server) => {
      await deleted(server, 'age', 1);
      expect(await idsOf(server)).toEqual([named, paused, noted, marked]);
      // What may not go is more than the limit: told, not deleted.
      while ((await figure(server, 'retention_over_bytes')) === 0) await sleep(20);
      expect(await figure(server, 'retention_over_bytes')).toBe(bytesOf([named, paused, noted, marked]) - 1);
      expect(server.log.filter((line) => line.startsWith('the sessions take more than'))).toHaveLength(1);
      expect((await server.get<{ notes: object[] }>(`/sessions/${noted}/notes`)).body.notes).toHaveLength(1);
      expect((await server.get<SessionView>(`/sessions/${named}`)).body.name).toBe('keep me');
    });
    expect(rootline(['verify', '--data', folder.path]).stdout).toMatch(/^4 sessions, .*: whole$/m);
  },
  TIMEOUT_MS,
);
