// (b) Simulation and store end to end at `full`: the session runner's thread simulates and digests, the writer thread
// inserts and indexes. The clock runs from the session's creation until the store is closed: the start of the simulation
// thread and the final checkpoint are in it, as the latter is in the C program.
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { SessionRunner } from '../src/sessions/runner/session-runner.js';
import { openEventStore } from '../src/store/sqlite/open-event-store.js';
import { measureC } from './c-baseline.js';
import { type Figure, median } from './figures.js';
import { describe, workload } from './workload.js';

const RUNS = 3;
const RATIO_TARGET = 0.4;
const RATIO_AIM = 0.65;

/** Runs the workload into a fresh data folder. */
export async function runIntoStore(
  dataDir: string,
  events: number,
): Promise<{ readonly sessionId: string; readonly events: number; readonly seconds: number }> {
  const store = await openEventStore(dataDir);
  const runner = new SessionRunner(store, { workers: 1 });
  const begun = performance.now();
  const { recording: _recording, ...request } = workload(events);
  const created = await runner.create({
    scenario: request.scenario,
    protocol: request.protocol,
    parameters: request.parameters,
    invariants: false,
  });
  const session = await runner.done(created.id);
  if (session.progress?.outcome !== 'completed') throw new Error(`the workload ended as ${session.reason}`);
  await runner.stop();
  await store.close();
  return { sessionId: session.id, events: session.position, seconds: (performance.now() - begun) / 1_000 };
}

function bytesOf(dataDir: string): { readonly event: number; readonly snapshot: number } {
  const db = new Database(join(dataDir, 'events.sqlite'), { readonly: true });
  try {
    const bytes = (like: string): number =>
      (db
        .prepare(`SELECT coalesce(sum(pgsize), 0) FROM dbstat WHERE name IN (${like})`)
        .pluck()
        .get() as number) ?? 0;
    const names = (table: string): string =>
      db
        .prepare('SELECT name FROM sqlite_schema WHERE tbl_name = ?')
        .pluck()
        .all(table)
        .map((name) => `'${String(name)}'`)
        .join(',');
    return { event: bytes(names('event')), snapshot: bytes(names('snapshot')) };
  } finally {
    db.close();
  }
}

export async function measureStore(folder: string, events: number): Promise<Figure[]> {
  const note = describe(workload(events));
  const runs: { events: number; rate: number; dataDir: string }[] = [];
  const baselines: number[] = [];
  let missing: string | null = null;
  for (let k = 0; k < RUNS; k++) {
    const dataDir = join(folder, `store-${k}`);
    const run = await runIntoStore(dataDir, events);
    runs.push({ events: run.events, rate: run.events / run.seconds, dataDir });
    const c = measureC(`${folder}/c-${k}`, run.events);
    if (c.kind === 'measured') baselines.push(c.rowsPerSecond);
    else missing = c.why;
  }
  const rate = median(runs.map((run) => run.rate));
  const baseline = baselines.length === 0 ? null : median(baselines);
  const { event, snapshot } = bytesOf(runs[0].dataDir);
  const stored = runs[0].events;
  const figure = (f: Omit<Figure, 'section'>): Figure => ({ section: 'store', ...f });
  return [
    figure({
      name: 'simulation + store, full',
      value: rate,
      unit: 'events/s',
      target: { atLeast: 5e5 },
      aim: null,
      note: `${note}; ${stored} events; median of ${RUNS}`,
    }),
    figure({
      name: 'C, row by row, same table',
      value: baseline,
      unit: 'rows/s',
      target: null,
      aim: null,
      note: missing ?? 'bench/insert.c, cc -O2, after each run',
    }),
    figure({
      name: 'ratio to C',
      value: baseline === null ? null : rate / baseline,
      unit: '',
      target: { atLeast: RATIO_TARGET },
      aim: RATIO_AIM,
      note: missing ?? '',
    }),
    figure({
      name: 'bytes an event, indexes included',
      value: event / stored,
      unit: 'B',
      target: { atMost: 60 },
      aim: null,
      note: 'pages of table and indexes',
    }),
    figure({
      name: 'snapshot bytes an event',
      value: snapshot / stored,
      unit: 'B',
      target: { atMost: 5 },
      aim: null,
      note: 'pages of the snapshot table',
    }),
  ];
}
