// Makes the stored fixture of the present session file format: test/fixtures/session-files/vN.rootline (N = FILE_VERSION of
// src/exports/session-file/frames.ts) and what it holds as vN.json. Run it (after `npm run build`) when the format gets a new
// version, and commit the result beside the entry in CHANGELOG-FORMATS.md. A fixture is never made again: it is what a
// Rootline of that day wrote. test/unit/store/session-file-format.test.ts reads all.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const load = (path) => import(join(ROOT, 'dist', path));
const { openEventStore } = await load('src/store/index.js');
const { FILE_VERSION } = await load('src/exports/session-file/frames.js');
const { createManifest } = await load('src/core/run/manifest.js');
const { buildSimulation } = await load('src/sessions/build-simulation.js');

const FOLDER = join(ROOT, 'test/fixtures/session-files');
const file = join(FOLDER, `v${FILE_VERSION}.rootline`);
if (existsSync(file)) {
  process.stderr.write(`${file} exists: a fixture is made once and kept\n`);
  process.exit(2);
}

const ALL_STEPS = 1e9;
const dataDir = mkdtempSync(join(tmpdir(), 'rootline-fixture-'));
try {
  const store = await openEventStore(dataDir);
  // Short, and with every kind of block: names, rows, decisions, a snapshot.
  const manifest = createManifest({ scenario: 'memslot-idle', protocol: 'v5.18', recording: 'full' });
  const { id } = await store.createSession(manifest, 'simulated', { state: 'running', name: 'the fixture' });
  for (const chunk of buildSimulation(manifest).advance(ALL_STEPS)) await store.append(id, chunk);
  const session = await store.annotate(id, { note: 'a note\nof two lines' });
  const { rows } = await store.readNumbers(id, 1, session.position);
  const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
  const { createdAt, state, kind, name, note, position, progress } = session;
  const snapshot = await store.latestSnapshot(id, position);
  const expected = {
    session: { kind, state, name, note, position, createdAt, manifest: session.manifest, progress },
    dictionary: (await store.dictionary(id)).length,
    snapshotAt: snapshot.position,
    numbersSha256: sha256(rows.numbers),
    decisionsSha256: sha256((await store.decisions(id)).bytes),
  };
  await store.close();
  mkdirSync(FOLDER, { recursive: true });
  const cli = join(ROOT, 'dist/src/cli/main.js');
  const args = [cli, 'export', id, '--format', 'session', '--snapshots', '--out', file, '--data', dataDir];
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (status !== 0) throw new Error(`the export ended with code ${status}`);
  writeFileSync(join(FOLDER, `v${FILE_VERSION}.json`), `${JSON.stringify(expected, null, 2)}\n`);
  spawnSync(process.execPath, [
    join(ROOT, 'node_modules/@biomejs/biome/bin/biome'),
    'format',
    '--write',
    FOLDER,
  ]);
} finally {
  rmSync(dataDir, { recursive: true, force: true });
}
