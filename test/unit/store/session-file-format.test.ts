// Session files of every version that Rootline ever wrote (test/fixtures/session-files, made once each by
// scripts/make-session-file-fixture.mjs) are imported, read back number by number, folded, replayed and checked by this build.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { FILE_VERSION } from '../../../src/exports/session-file/frames.js';
import type { SessionRecord } from '../../../src/store/session.js';
import { openEventStore } from '../../support/sample-store.js';
import { freshFolder } from '../../support/stored-fixtures.js';

const require = createRequire(import.meta.url);
const { ImportService } =
  require('../../../dist/src/exports/import.service.js') as typeof import('../../../src/exports/import.service.js');
const { InspectionService } =
  require('../../../dist/src/sessions/inspection.service.js') as typeof import('../../../src/sessions/inspection.service.js');
const { verifyStore } =
  require('../../../dist/src/upkeep/verification.js') as typeof import('../../../src/upkeep/verification.js');

const FOLDER = fileURLToPath(new URL('../../fixtures/session-files', import.meta.url));
const versions = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.rootline'))
  .map((name) => Number(/^v(\d+)\.rootline$/.exec(name)?.[1]));
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

interface Expected {
  readonly session: Partial<SessionRecord> & { readonly position: number };
  readonly dictionary: number;
  readonly snapshotAt: number;
  readonly numbersSha256: string;
  readonly decisionsSha256: string;
}

const sha256 = (bytes: NodeJS.ArrayBufferView): string => createHash('sha256').update(bytes).digest('hex');

test('there is a fixture of the present version, which the file itself names', () => {
  expect(
    versions,
    'run scripts/make-session-file-fixture.mjs and add the version to CHANGELOG-FORMATS.md',
  ).toContain(FILE_VERSION);
  for (const version of versions)
    expect(readFileSync(join(FOLDER, `v${version}.rootline`)).readUInt16LE(8)).toBe(version);
});

describe.each(versions)('version %i', (version) => {
  const expected = JSON.parse(readFileSync(join(FOLDER, `v${version}.json`), 'utf8')) as Expected;

  test('is imported, holds what it held, folds and replays, and is whole', async () => {
    const dataDir = freshFolder();
    folders.push(dataDir);
    const store = await openEventStore(dataDir);
    const inspections = new InspectionService(store);
    const imports = new ImportService(store, join(dataDir, 'uploads'));
    try {
      const { id } = await imports.importFile(join(FOLDER, `v${version}.rootline`));
      const { position } = expected.session;
      expect(await store.getSession(id)).toMatchObject(expected.session);
      const { rows, next } = await store.readNumbers(id, 1, position);
      expect([sha256(rows.numbers), next]).toEqual([expected.numbersSha256, null]);
      expect(sha256((await store.decisions(id)).bytes)).toBe(expected.decisionsSha256);
      expect(await store.dictionary(id)).toHaveLength(expected.dictionary);
      expect((await store.latestSnapshot(id, position))?.position).toBe(expected.snapshotAt);
      const { by } = await inspections.replay(id);
      expect(by.fold).toMatchObject({ rows: position, outcome: 'verified' });
      expect(['verified', 'engine_differs']).toContain(by.schedule?.outcome);
    } finally {
      await inspections.stop();
      await imports.stop();
      await store.close();
    }
    const options = { deep: true, live: false, isCancelled: () => false };
    const result = verifyStore(dataDir, { ...options, onProgress: () => undefined, pause: () => undefined });
    expect(result).toMatchObject({ verified: true, faults: [], sessions: 1 });
  });
});
