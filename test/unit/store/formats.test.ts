// Every form that Rootline ever stored (test/fixtures/formats, one folder each, made once by scripts/make-format-fixture.mjs)
// is opened, migrated, listed, read back number by number, replayed and checked by this build.
import { createHash } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { EVENTS_IDENTITY } from '../../../migrations/events/index.js';
import { METADATA_IDENTITY } from '../../../migrations/metadata/index.js';
import { openEventStore } from '../../support/sample-store.js';
import { expectedOf, formatNames, freshFolder, unpackFormat } from '../../support/stored-fixtures.js';

const require = createRequire(import.meta.url);
const { verifyStore } =
  require('../../../dist/src/upkeep/verification.js') as typeof import('../../../src/upkeep/verification.js');
const { InspectionService } =
  require('../../../dist/src/sessions/inspection.service.js') as typeof import('../../../src/sessions/inspection.service.js');

const PAGE_ROWS = 4_096;
const NOW = `e${EVENTS_IDENTITY.version}-m${METADATA_IDENTITY.version}`;
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

test('there is a fixture of the present forms', () => {
  expect(
    formatNames(),
    'run scripts/make-format-fixture.mjs and add the form to CHANGELOG-FORMATS.md',
  ).toContain(NOW);
});

describe.each(formatNames())('%s', (format) => {
  const expected = expectedOf(format);
  const dataDir = freshFolder();
  folders.push(dataDir);

  test('opens, and holds what it held', async () => {
    unpackFormat(format, dataDir);
    const store = await openEventStore(dataDir);
    try {
      const { sessions } = await store.listSessions({ limit: 100 });
      expect(sessions.map(({ id }) => id).reverse()).toEqual(expected.sessions.map(({ id }) => id));
      for (const {
        numbersSha256,
        decisionsSha256,
        ordinal,
        digest,
        fullDigest,
        ...told
      } of expected.sessions) {
        const session = await store.getSession(told.id);
        expect(session).toMatchObject(told);
        const { progress } = session;
        const figures = [progress?.ordinal ?? null, progress?.digest ?? null, progress?.fullDigest ?? null];
        expect(figures).toEqual([ordinal, digest, fullDigest]);
        const numbers = createHash('sha256');
        for (let from: number | null = 1; from !== null; ) {
          const { rows, next } = await store.readNumbers(told.id, from, PAGE_ROWS);
          numbers.update(rows.numbers);
          from = next;
        }
        expect(numbers.digest('hex')).toBe(numbersSha256);
        const decisions = createHash('sha256').update((await store.decisions(told.id)).bytes);
        expect(decisions.digest('hex')).toBe(decisionsSha256);
      }
      for (const id of expected.deleted)
        await expect(store.getSession(id)).rejects.toMatchObject({ code: 'session_not_found' });
      expect((await store.jobs.list({ limit: 10 })).length).toBe(expected.jobs);
      const { job: sweep, cells } = expected.sweep ?? { job: '1', cells: [] };
      expect(await store.sweeps.cells(sweep, 0)).toEqual(cells);
      expect((await store.dictionary(expected.sessions[0]!.id)).length).toBe(expected.dictionary);
      // Ids of deleted sessions are not given away again.
      const highest = Math.max(...[...expected.deleted, ...sessions.map(({ id }) => id)].map(Number));
      const { manifest } = await store.getSession(expected.sessions[0]!.id);
      const fresh = await store.createSession(manifest, 'simulated');
      expect(Number(fresh.id)).toBeGreaterThan(highest);
      await store.deleteSession(fresh.id);
      await store.deletionsDone();
    } finally {
      await store.close();
    }
    // Where something had to be migrated, both files were copied first.
    const copies = readdirSync(dataDir).includes('backups') ? readdirSync(join(dataDir, 'backups')) : [];
    expect(copies.filter((name) => name.startsWith(`${format}-`)).length).toBe(format === NOW ? 0 : 1);
  });

  test('folds, and replays by schedule or says that the engine differs', async () => {
    const store = await openEventStore(dataDir);
    const inspections = new InspectionService(store);
    try {
      for (const { id, position } of expected.sessions) {
        const { by } = await inspections.replay(id);
        expect(by.fold?.rows).toBe(position);
        expect(by.fold?.outcome).not.toBe('differs');
        expect(['verified', 'engine_differs']).toContain(by.schedule?.outcome);
      }
    } finally {
      await inspections.stop();
      await store.close();
    }
  });

  test('is whole', () => {
    const result = verifyStore(dataDir, {
      deep: true,
      live: false,
      isCancelled: () => false,
      onProgress: () => undefined,
      pause: () => undefined,
    });
    expect(result?.faults).toEqual([]);
    expect(result?.sessions).toBe(expected.sessions.length);
  });
});
