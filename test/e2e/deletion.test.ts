// Deleting a long session: in bounded steps while others are simulated and asked for, and after a kill in the middle the
// next start removes the rest. Watched from outside, through the file; the server is a process of its own.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { afterEach, expect, test } from 'vitest';
import type { SessionView } from '../../src/sessions/session.view.js';
import { rootline } from './cli-support.js';
import { ServerProcess } from './crash/server-process.js';
import { TestFolder } from './server-under-test.js';

const { EVENTS_PER_STEP } = createRequire(import.meta.url)(
  '../../dist/src/store/sqlite/deletion.js',
) as typeof import('../../src/store/sqlite/deletion.js');

/** About 330,000 rows. */
const LONG = { scenario: 'smi-heavy', protocol: 'v5.18', parameters: { smis: 1_200 } };
const STEPS_BEFORE_KILL = 12;
const TIMEOUT_MS = 180_000;

const folder = new TestFolder();
let server: ServerProcess | null = null;
afterEach(async () => {
  await server?.kill();
  folder.remove();
});

async function started(env: Record<string, string> = {}): Promise<string> {
  server = new ServerProcess(folder.path, env);
  return (await server.address())!;
}

async function sent<T>(address: string, method: string, body?: object): Promise<T> {
  const json = { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const answer = await fetch(address, { method, ...(body === undefined ? {} : json) });
  if (!answer.ok) throw new Error(`${method} ${address}: ${answer.status} ${await answer.text()}`);
  return (answer.status === 204 ? null : await answer.json()) as T;
}

async function ended(api: string, id: string): Promise<SessionView> {
  for (;;) {
    const session = await sent<SessionView>(`${api}/sessions/${id}`, 'GET');
    if (session.outcome !== null) return session;
    await sleep(50);
  }
}

test(
  `a long session goes in steps of ${EVENTS_PER_STEP} events, others run and are read meanwhile; after a kill the rest goes`,
  async () => {
    const api = await started({ ROOTLINE_FAILPOINT: `in-delete@${STEPS_BEFORE_KILL}=kill` });
    const sessions = `${api}/sessions`;
    const long = await ended(api, (await sent<SessionView>(sessions, 'POST', LONG)).id);
    const short = await ended(
      api,
      (await sent<SessionView>(sessions, 'POST', { ...LONG, parameters: { smis: 5 } })).id,
    );
    await sent(`${sessions}/${short.id}/notes`, 'POST', { position: 9, kind: 'note', text: 'stays' });
    expect(long.stored).toBeGreaterThan((STEPS_BEFORE_KILL + 5) * EVENTS_PER_STEP);
    // The same again: it is under way while the first goes, and must come to the same end.
    const twin = await sent<SessionView>(sessions, 'POST', LONG);
    const storedOfTwin = async () => (await sent<SessionView>(`${sessions}/${twin.id}`, 'GET')).stored;
    // Its thread has to start first.
    while ((await storedOfTwin()) === 0) await sleep(5);

    const db = new Database(join(folder.path, 'events.sqlite'), { readonly: true });
    const first = db.prepare('SELECT min(position) FROM event WHERE session = ?').pluck();
    const left = db.prepare('SELECT count(*) FROM event WHERE session = ?').pluck();
    const gone = new Set<number>();
    let watching = true;
    const watch = async (): Promise<void> => {
      while (watching) {
        gone.add((first.get(long.id) as number) - 1);
        await turn();
      }
    };
    const answers: SessionView[] = [];
    const read = async (): Promise<void> => {
      try {
        for (;;) answers.push(await sent<SessionView>(`${sessions}/${twin.id}`, 'GET'));
      } catch (error) {
        // The connection breaks when the server dies, and only then.
        if (!(error instanceof TypeError)) throw error;
      }
    };
    const watched = watch();
    await sent(`${sessions}/${long.id}`, 'DELETE');
    expect((await fetch(`${sessions}/${long.id}`)).status).toBe(404);
    await read();
    watching = false;
    await watched;
    expect(server!.killed).toBe(true);

    // What was seen lay between steps, never within one, and steps were seen one by one.
    const seen = [...gone].sort((a, b) => a - b);
    expect(seen.filter((rows) => rows % EVENTS_PER_STEP !== 0)).toEqual([]);
    expect(seen.length).toBeGreaterThan(3);
    // As many steps as the failpoint let through, and not one event more.
    expect(left.get(long.id)).toBe(long.stored - STEPS_BEFORE_KILL * EVENTS_PER_STEP);
    // Others were answered; how far the twin got in that short time is the machine's business.
    expect(answers.length).toBeGreaterThan(3);
    expect(answers.at(-1)!.stored).toBeGreaterThanOrEqual(answers[0]!.stored);
    db.close();

    const again = await started();
    const heir = await ended(again, twin.id);
    const { digest, fullDigest, stored } = long;
    expect(heir).toMatchObject({ state: 'finished', digest, fullDigest, stored });
    expect(await ended(again, short.id)).toMatchObject({ digest: short.digest, stored: short.stored });
    expect(await sent(`${again}/sessions/${short.id}/notes`, 'GET')).toMatchObject({
      notes: [{ position: 9, text: 'stays' }],
    });
    expect((await fetch(`${again}/sessions/${long.id}`)).status).toBe(404);
    const after = new Database(join(folder.path, 'events.sqlite'), { readonly: true });
    const tables = ['event', 'chunk', 'snapshot', 'timeline', 'site', 'thread_name', 'session'];
    const rest = (): number[] =>
      tables.map(
        (table) =>
          after.prepare(`SELECT count(*) FROM ${table} WHERE session = ?`).pluck().get(long.id) as number,
      );
    while (rest().some((rows) => rows > 0)) await sleep(50);
    after.close();
    expect(await server!.stop()).toBe(0);
    expect(rootline(['verify', '--data', folder.path]).stdout).toMatch(/^2 sessions, .*: whole$/m);
  },
  TIMEOUT_MS,
);
