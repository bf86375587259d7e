// Two sessions of 1,000,000 events side by side, as a person asks for it: the whole command, from its start to its exit, and the
// most memory it had. Equal sessions are the longest way: nothing ends the alignment early.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { SessionRunner } from '../src/sessions/runner/session-runner.js';
import { openEventStore } from '../src/store/sqlite/open-event-store.js';
import { type Figure, median } from './figures.js';
import { PACKAGE_ROOT } from './package-root.js';
import type { TimeBench } from './time-bench.js';
import { workload } from './workload.js';

const EVENTS = 1_050_000;
/** Events of the long session that the section's own size stands for. */
const WHOLE = 10_000_000;
const RUNS = 3;
const SAMPLE_MS = 10;
const SECONDS = { atMost: 3 } as const;
const MIB = { atMost: 1_024 } as const;

export async function measureCompare({ store, events }: TimeBench): Promise<Figure[]> {
  const dataDir = mkdtempSync(join(store.dataDir, 'bench-compare-'));
  try {
    const wanted = Math.round(EVENTS * Math.min(1, events / WHOLE));
    const [first, again, draft] = await sessions(dataDir, wanted);
    return [
      ...(await figures(dataDir, first, again, 'equal to the end')),
      ...(await figures(dataDir, first, draft, 'v5.18 and seed-draft')),
    ];
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

interface Stored {
  readonly id: string;
  readonly events: number;
}

async function sessions(dataDir: string, events: number): Promise<Stored[]> {
  const store = await openEventStore(dataDir);
  const runner = new SessionRunner(store, { workers: 1 });
  const { scenario, parameters } = workload(events);
  const stored: Stored[] = [];
  for (const [protocol, seed, smis] of [
    ['v5.18', 1, 1],
    ['v5.18', 2, 1],
    // A draft that keeps its roots has fewer events an SMI; more SMIs make up for it.
    ['seed-draft', 1, 12],
  ] as const) {
    const more = { ...parameters, smis: Number(parameters.smis) * smis };
    const limits = { events };
    const request = { scenario, protocol, seed, parameters: more, limits, invariants: false };
    const { id, position } = await runner.done((await runner.create(request)).id);
    stored.push({ id, events: position });
  }
  await runner.stop();
  await store.close();
  return stored;
}

async function figures(dataDir: string, a: Stored, b: Stored, what: string): Promise<Figure[]> {
  const runs: { readonly seconds: number; readonly mib: number | null }[] = [];
  for (let k = 0; k < RUNS; k++) runs.push(await command(dataDir, [a.id, b.id]));
  const note = `${what}; ${a.events} and ${b.events} events; whole command, median of ${RUNS}`;
  const mib = runs.map((run) => run.mib).filter((value) => value !== null);
  return [
    {
      section: 'time',
      name: 'compare two sessions',
      value: median(runs.map((run) => run.seconds)),
      unit: 's',
      target: SECONDS,
      aim: null,
      note,
    },
    {
      section: 'time',
      name: 'compare two sessions, most memory',
      value: mib.length === 0 ? null : Math.max(...mib),
      unit: 'MiB',
      target: MIB,
      aim: null,
      note: mib.length === 0 ? 'no /proc here' : 'resident, the whole process',
    },
  ];
}

async function command(
  dataDir: string,
  ids: readonly string[],
): Promise<{ readonly seconds: number; readonly mib: number | null }> {
  const program = join(PACKAGE_ROOT, 'dist', 'src', 'cli', 'main.js');
  const begun = performance.now();
  const child = spawn(
    process.execPath,
    [program, 'compare', ...ids, '--points', '100', '--json', '--data', dataDir],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  let mib: number | null = null;
  const watch = setInterval(() => {
    mib = peakMib(child.pid) ?? mib;
  }, SAMPLE_MS);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  clearInterval(watch);
  // 0: equal; 3: they differ.
  if (code !== 0 && code !== 3) throw new Error(`rootline compare ended with ${code}`);
  return { seconds: (performance.now() - begun) / 1_000, mib };
}

/** Most resident memory so far. */
function peakMib(pid: number | undefined): number | null {
  try {
    const found = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return found === null ? null : Number(found[1]) / 1_024;
  } catch {
    return null;
  }
}
