// Size of a session file, by kind of session, and how quickly the long one leaves and comes back.
import { mkdtempSync, rmSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunRequest } from '../src/core/run/manifest.js';
import { ExportService } from '../src/exports/export.service.js';
import { ImportService } from '../src/exports/import.service.js';
import { SessionRunner } from '../src/sessions/runner/session-runner.js';
import type { Figure } from './figures.js';
import type { TimeBench } from './time-bench.js';

/** Kinds of sessions that differ most in what their events say. */
const KINDS: readonly RunRequest[] = [
  { scenario: 'smi-heavy', protocol: 'v5.18', parameters: { smis: 100 } },
  {
    scenario: 'smi-heavy',
    protocol: 'v6.4',
    scheduler: 'random',
    seed: 5,
    parameters: { smis: 100, vcpus: 2 },
  },
  { scenario: 'destroy-race', protocol: 'seed-draft', scheduler: 'random', seed: 13 },
  { scenario: 'boot', protocol: 'seed-draft', recording: 'lifecycle' },
];
const SIZE = { atMost: 12 } as const;
const AIM = 6;

export async function measureExports(bench: TimeBench): Promise<Figure[]> {
  const { store, sessionId, events, note } = bench;
  const folder = mkdtempSync(join(store.dataDir, 'bench-export-'));
  const runner = new SessionRunner(store, { workers: 1 });
  const exports = new ExportService(store);
  const imports = new ImportService(store, folder);
  const file = join(folder, 'session.rootline');
  const figures: Figure[] = [];
  const figure = (f: Omit<Figure, 'section'>): void => void figures.push({ section: 'time', ...f });
  try {
    for (const request of KINDS) {
      const session = await runner.done((await runner.create(request)).id);
      const bytes = await write(exports, session.id, file);
      const { scenario, protocol, scheduler = 'timed', recording = 'full' } = request;
      figure({
        name: 'session file',
        value: bytes / session.position,
        unit: 'B/event',
        target: SIZE,
        aim: AIM,
        note: `${scenario}, ${protocol}, ${scheduler}, ${recording}; ${session.position} events`,
      });
    }
    let begun = performance.now();
    const bytes = await write(exports, sessionId, file);
    const exported = performance.now() - begun;
    figure({ name: 'session file', value: bytes / events, unit: 'B/event', target: SIZE, aim: AIM, note });
    figure({
      name: 'export of it',
      value: (events / exported) * 1e3,
      unit: 'events/s',
      target: null,
      aim: null,
      note,
    });
    begun = performance.now();
    const { id } = await imports.importFile(file);
    const took = performance.now() - begun;
    figure({
      name: 'import of it',
      value: (events / took) * 1e3,
      unit: 'events/s',
      target: null,
      aim: null,
      note,
    });
    await store.deleteSession(id);
    await store.deletionsDone();
    return figures;
  } finally {
    await runner.stop();
    await exports.stop();
    await imports.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Bytes of the file. */
async function write(exports: ExportService, sessionId: string, path: string): Promise<number> {
  const { blocks } = await exports.start(sessionId, { format: 'session' });
  const handle = await open(path, 'w');
  for await (const block of blocks) await handle.writeFile(block);
  await handle.close();
  return (await stat(path)).size;
}
