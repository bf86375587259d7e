// Makes the stored fixture of the present formats: test/fixtures/formats/eN-mM (N, M = user_version of events.sqlite and
// rootline.sqlite), both files brotli-compressed, and what they hold as expected.json. Run it (after `npm run build`) when a
// migration or any stored format changes, and commit the result beside the entry in CHANGELOG-FORMATS.md.
// A fixture is never made again: it is what a Rootline of that day wrote. test/unit/store/formats.test.ts reads all.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const load = (path) => import(join(ROOT, 'dist', path));
const { openEventStore } = await load('src/store/index.js');
const { storeFiles } = await load('src/store/sqlite/files.js');
const { EVENTS_IDENTITY } = await load('migrations/events/index.js');
const { METADATA_IDENTITY } = await load('migrations/metadata/index.js');
const { createManifest } = await load('src/core/run/manifest.js');
const { buildSimulation } = await load('src/sessions/build-simulation.js');

const folder = join(
  ROOT,
  'test/fixtures/formats',
  `e${EVENTS_IDENTITY.version}-m${METADATA_IDENTITY.version}`,
);
if (existsSync(folder)) {
  process.stderr.write(`${folder} exists: a fixture is made once and kept\n`);
  process.exit(2);
}

function packed(bytes) {
  const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_LGWIN, BROTLI_PARAM_SIZE_HINT } = constants;
  const params = {
    [BROTLI_PARAM_QUALITY]: 11,
    [BROTLI_PARAM_LGWIN]: 24,
    [BROTLI_PARAM_SIZE_HINT]: bytes.length,
  };
  return brotliCompressSync(bytes, { params });
}

const ALL_STEPS = 1e9;
const chunksOf = (manifest) => buildSimulation(manifest).advance(ALL_STEPS);

async function append(store, id, chunks) {
  for (const chunk of chunks) await store.append(id, chunk);
}

const dataDir = mkdtempSync(join(tmpdir(), 'rootline-fixture-'));
try {
  const store = await openEventStore(dataDir);
  // Just long enough for two chunks with rows, the first with a snapshot.
  const parameters = { smis: 28, pages: 1 };
  const full = createManifest({ scenario: 'smi-heavy', protocol: 'v5.18', recording: 'full', parameters });
  const light = createManifest({ scenario: 'memslot-idle', protocol: 'v5.18', recording: 'lifecycle' });
  const smi = createManifest({ scenario: 'smi', protocol: 'seed-draft', seed: 7, recording: 'lifecycle' });

  // 1: finished, at `full`, named.
  const whole = await store.createSession(full, 'simulated', { state: 'running', name: 'the named one' });
  const chunks = chunksOf(full);
  await append(store, whole.id, chunks);
  // 2: finished, at `lifecycle`, made with an idempotency key, noted.
  const idempotency = { key: 'fixture-key', fingerprint: 'fixture-fingerprint' };
  const noted = await store.createSession(smi, 'simulated', { state: 'running', idempotency });
  await append(store, noted.id, chunksOf(smi));
  await store.annotate(noted.id, { note: 'a note\nof two lines' });
  // 3: shares the first chunk of 1.
  const end = chunks[0].progress.position;
  const fork = await store.createSession(full, 'forked', {
    state: 'running',
    parent: { sessionId: whole.id, position: end },
  });
  await append(store, fork.id, chunks.slice(1));
  // 4: was under way when its owner stopped.
  const short = createManifest({ scenario: 'memslot-idle', protocol: 'v5.18', recording: 'full' });
  const open = await store.createSession(short, 'simulated', { state: 'running' });
  await append(store, open.id, chunksOf(short).slice(0, 1));
  await store.setState(open.id, 'interrupted', { reason: 'the fixture ends here' });
  // 5: deleted, all of it.
  const gone = await store.createSession(light, 'simulated', { state: 'running' });
  await append(store, gone.id, chunksOf(light));
  await store.deleteSession(gone.id);
  // 6: deleted, but 7 shares its rows, all of them, and never went on.
  const parent = await store.createSession(light, 'simulated', { state: 'running' });
  const lightChunks = chunksOf(light);
  await append(store, parent.id, lightChunks);
  const position = lightChunks.at(-1).progress.position;
  const heir = await store.createSession(light, 'forked', { parent: { sessionId: parent.id, position } });
  await store.setState(heir.id, 'paused');
  await store.deleteSession(parent.id);
  await store.deletionsDone();
  const job = await store.jobs.create('fixture', { asked: ['for', 1] });
  await store.jobs.update(job.id, { state: 'finished', result: { came: 'out' } });
  const sweep = await store.jobs.create('sweep', { asked: 'two cells' });
  const cells = [0, 1].map((cell) => ({ cell, result: { outcome: 'completed', values: { cell } } }));
  await store.sweeps.put(sweep.id, cells);
  await store.jobs.update(sweep.id, { state: 'interrupted' });

  const sessions = [];
  for (const id of [whole, noted, fork, open, heir].map((s) => s.id)) {
    const s = await store.getSession(id);
    const sha = createHash('sha256');
    let from = 1;
    while (from !== null) {
      const { rows, next } = await store.readNumbers(id, from, 4096);
      sha.update(rows.numbers);
      from = next;
    }
    sessions.push({
      id,
      kind: s.kind,
      state: s.state,
      position: s.position,
      name: s.name,
      note: s.note,
      ordinal: s.progress?.ordinal ?? null,
      digest: s.progress?.digest ?? null,
      fullDigest: s.progress?.fullDigest ?? null,
      numbersSha256: sha.digest('hex'),
      decisionsSha256: createHash('sha256')
        .update((await store.decisions(id)).bytes)
        .digest('hex'),
    });
  }
  const deleted = [gone.id, parent.id];
  const dictionary = (await store.dictionary(whole.id)).length;
  await store.close();

  mkdirSync(folder, { recursive: true });
  const files = storeFiles(dataDir);
  for (const [name, file] of [
    ['events.sqlite.br', files.events],
    ['rootline.sqlite.br', files.metadata],
  ]) {
    writeFileSync(join(folder, name), packed(readFileSync(file)));
  }
  const expected = {
    madeAt: new Date().toISOString(),
    sessions,
    deleted,
    dictionary,
    jobs: 2,
    sweep: { job: sweep.id, cells },
  };
  writeFileSync(join(folder, 'expected.json'), `${JSON.stringify(expected, null, 2)}\n`);
  spawnSync(process.execPath, [
    join(ROOT, 'node_modules/@biomejs/biome/bin/biome'),
    'format',
    '--write',
    folder,
  ]);
  process.stdout.write(`${folder}\n`);
} finally {
  rmSync(dataDir, { recursive: true, force: true });
}
