// What the store lets a retention delete: nothing that has not ended, that a fork shares or that people spoke of.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { makeSampleStore, openEventStore } from '../../support/sample-store.js';

const root = mkdtempSync(join(tmpdir(), 'rootline-retention-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

test('only sealed sessions that nobody shares or spoke of; each is asked again at the last moment', async () => {
  const began = Date.now();
  const ids = await makeSampleStore(root);
  const store = await openEventStore(root);
  try {
    const there = [ids.full, ids.lifecycle, ids.fork, ids.interrupted, ids.heir];
    const all = await Promise.all(there.map((id) => store.getSession(id)));
    const before = await store.survey();
    expect(before.storedBytes).toBe(all.reduce((sum, { storedBytes }) => sum + storedBytes, 0));
    // `full` has ended, but `fork` shares its rows.
    expect(before.expendable.map(({ id }) => id)).toEqual([ids.lifecycle, ids.fork]);
    for (const { sealedAtMs, storedBytes } of before.expendable) {
      expect(sealedAtMs).toBeGreaterThanOrEqual(began);
      expect(storedBytes).toBeGreaterThan(1_000);
    }
    expect([...(await store.spokenOf())].sort()).toEqual([ids.full, ids.lifecycle].sort());

    for (const id of [ids.full, ids.lifecycle, ids.interrupted, ids.heir, ids.deleted, ids.parent])
      expect(await store.deleteExpendable(id), id).toBe(false);
    for (const id of there) expect((await store.getSession(id)).id).toBe(id);

    expect(await store.deleteExpendable(ids.fork)).toBe(true);
    await expect(store.getSession(ids.fork)).rejects.toMatchObject({ code: 'session_not_found' });
    // Nobody shares it any more, but it is named; a name that was taken back is none.
    expect((await store.survey()).expendable.map(({ id }) => id)).toEqual([ids.full, ids.lifecycle]);
    expect(await store.deleteExpendable(ids.full)).toBe(false);
    await store.annotate(ids.full, { name: null });
    expect(await store.deleteExpendable(ids.full)).toBe(true);
    await store.deletionsDone();
    const { sessions } = await store.listSessions({ limit: 10 });
    expect(sessions.map(({ id }) => id)).toEqual([ids.heir, ids.interrupted, ids.lifecycle]);
  } finally {
    await store.close();
  }
});
