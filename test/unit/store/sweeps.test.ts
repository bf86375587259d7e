// Stored cells of sweeps: written once, read in pages, dropped with their job or to make room.
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SqliteEventStore } from '../../../src/store/sqlite/sqlite-event-store.js';
import { MAX_SWEEP_CELLS_PAGE, type StoredCell } from '../../../src/store/sweeps.port.js';
import { openEventStore } from '../../support/sample-store.js';
import { freshFolder } from '../../support/stored-fixtures.js';

const dataDir = freshFolder();
let store: SqliteEventStore;
beforeAll(async () => {
  store = await openEventStore(dataDir);
});
afterAll(async () => {
  await store.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const cells = (from: number, count: number): StoredCell[] =>
  Array.from({ length: count }, (_, i) => ({ cell: from + i, result: { of: from + i } }));

async function sweepOf(count: number, state: 'finished' | 'running'): Promise<string> {
  const { id } = await store.jobs.create('sweep', {});
  await store.sweeps.put(id, cells(0, count));
  await store.jobs.update(id, { state });
  return id;
}

test('a cell that is there stays as it is; pages go on where they are told to', async () => {
  const { id } = await store.jobs.create('sweep', {});
  await store.sweeps.put(id, cells(3, 2));
  await store.sweeps.put(id, [{ cell: 4, result: 'another' }, ...cells(MAX_SWEEP_CELLS_PAGE, 1)]);
  expect(await store.sweeps.cells(id, 0)).toEqual([...cells(3, 2), ...cells(MAX_SWEEP_CELLS_PAGE, 1)]);
  expect(await store.sweeps.cells(id, 4)).toHaveLength(2);
  await store.sweeps.put(id, cells(1_000, MAX_SWEEP_CELLS_PAGE));
  expect(await store.sweeps.cells(id, 0)).toHaveLength(MAX_SWEEP_CELLS_PAGE);
  await expect(store.sweeps.put(id, cells(0, MAX_SWEEP_CELLS_PAGE + 1))).rejects.toMatchObject({
    code: 'limit_exceeded',
  });
  expect(await store.sweeps.cells('none', 0)).toEqual([]);
  await store.jobs.update(id, { state: 'cancelled' });
  await store.sweeps.prune(0, '0');
  expect(await store.sweeps.cells(id, 0)).toEqual([]);
});

test('the oldest sweep that has ended makes room, never one under way or the one that asks', async () => {
  const [old, open, newer, asking] = [
    await sweepOf(10, 'finished'),
    await sweepOf(10, 'running'),
    await sweepOf(10, 'finished'),
    await sweepOf(10, 'finished'),
  ];
  const left = async (): Promise<number[]> =>
    Promise.all([old, open, newer, asking].map(async (id) => (await store.sweeps.cells(id, 0)).length));
  await store.sweeps.prune(40, asking);
  expect(await left()).toEqual([10, 10, 10, 10]);
  await store.sweeps.prune(35, asking);
  expect(await left()).toEqual([0, 10, 10, 10]);
  await store.sweeps.prune(0, asking);
  expect(await left()).toEqual([0, 10, 0, 10]);
});

test('cells go with their job', async () => {
  const id = await sweepOf(5, 'finished');
  await store.jobs.prune(0);
  expect(await store.jobs.get(id)).toBeNull();
  expect(await store.sweeps.cells(id, 0)).toEqual([]);
});
