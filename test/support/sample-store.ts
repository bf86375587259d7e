// A small store with one of everything, made by the compiled program (the digest of a protocol is that of its procedures'
// text, which a test runner transforms). Used where a store has to be damaged, copied or moved.
import { createRequire } from 'node:module';
import type { RunChunk } from '../../src/core/run/contract.js';
import type { RunRequest } from '../../src/core/run/manifest.js';

const require = createRequire(import.meta.url);
export const { openEventStore } =
  require('../../dist/src/store/index.js') as typeof import('../../src/store/index.js');
const { createManifest } =
  require('../../dist/src/core/run/manifest.js') as typeof import('../../src/core/run/manifest.js');
const { buildSimulation } =
  require('../../dist/src/sessions/build-simulation.js') as typeof import('../../src/sessions/build-simulation.js');

const ALL_STEPS = 1e9;

export interface SampleIds {
  readonly full: string;
  readonly lifecycle: string;
  readonly fork: string;
  readonly interrupted: string;
  readonly deleted: string;
  /** Deleted, but `heir` shares its rows. */
  readonly parent: string;
  readonly heir: string;
}

function chunksOf(request: RunRequest): { manifest: ReturnType<typeof createManifest>; chunks: RunChunk[] } {
  const manifest = createManifest(request);
  return { manifest, chunks: buildSimulation(manifest).advance(ALL_STEPS) };
}

/** The folder is closed again when this resolves. */
export async function makeSampleStore(dataDir: string): Promise<SampleIds> {
  const store = await openEventStore(dataDir);
  const append = async (id: string, chunks: readonly RunChunk[]): Promise<void> => {
    for (const chunk of chunks) await store.append(id, chunk);
  };
  const parameters = { smis: 28, pages: 1 };
  const long = chunksOf({ scenario: 'smi-heavy', protocol: 'v5.18', parameters });
  const light = chunksOf({ scenario: 'memslot-idle', protocol: 'v5.18', recording: 'lifecycle' });
  const smi = chunksOf({ scenario: 'smi', protocol: 'seed-draft', recording: 'lifecycle' });

  const full = await store.createSession(long.manifest, 'simulated', { state: 'running', name: 'kept' });
  await append(full.id, long.chunks);
  const lifecycle = await store.createSession(smi.manifest, 'simulated', {
    state: 'running',
    idempotency: { key: 'a-key', fingerprint: 'a-fingerprint' },
  });
  await append(lifecycle.id, smi.chunks);
  const { position } = long.chunks[0]!.progress;
  const fork = await store.createSession(long.manifest, 'forked', {
    state: 'running',
    parent: { sessionId: full.id, position },
  });
  await append(fork.id, long.chunks.slice(1));
  const interrupted = await store.createSession(long.manifest, 'simulated', { state: 'running' });
  await append(interrupted.id, long.chunks.slice(0, 1));
  await store.setState(interrupted.id, 'interrupted');
  const deleted = await store.createSession(light.manifest, 'simulated');
  await append(deleted.id, light.chunks);
  await store.deleteSession(deleted.id);
  const parent = await store.createSession(light.manifest, 'simulated');
  await append(parent.id, light.chunks);
  const end = light.chunks.at(-1)!.progress.position;
  const heir = await store.createSession(light.manifest, 'forked', {
    state: 'paused',
    parent: { sessionId: parent.id, position: end },
  });
  await store.deleteSession(parent.id);
  await store.deletionsDone();
  await store.notes.create(lifecycle.id, { position: 7, kind: 'note', text: 'odd' });
  await store.notes.create(lifecycle.id, { position: 900, kind: 'bookmark', text: 'here' });
  const answer = { fingerprint: 'a-fingerprint', status: 202, location: '/api/v1/jobs/1', body: { id: '1' } };
  await store.answers.keep('another-key', answer);
  await store.jobs.create('sample', { asked: true });
  await store.close();
  const ids = { full, lifecycle, fork, interrupted, deleted, parent, heir };
  return Object.fromEntries(Object.entries(ids).map(([name, { id }]) => [name, id])) as unknown as SampleIds;
}
