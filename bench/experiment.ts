// (d) The whole experiment at full scale, as `rootline experiment` runs it: wall time and the resident memory of the
// process at its highest.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Figure } from './figures.js';
import { PACKAGE_ROOT } from './package-root.js';

const GIB = 1024 ** 3;
const KIB = 1024;
const POLL_MS = 50;

interface Printed {
  readonly runs: readonly { readonly events: number }[];
  readonly asExpected: boolean;
}

/** VmHWM of a process; 0 where /proc does not say. */
function peakBytes(pid: number): number {
  try {
    const found = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return Number(found?.[1] ?? 0) * KIB;
  } catch {
    return 0;
  }
}

export async function measureExperiment(folder: string): Promise<Figure[]> {
  const program = join(PACKAGE_ROOT, 'dist', 'src', 'cli', 'main.js');
  const begun = performance.now();
  const child = spawn(
    process.execPath,
    [program, 'experiment', '--json', '--data', join(folder, 'experiment')],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let peak = 0;
  const poll = setInterval(() => {
    peak = Math.max(peak, peakBytes(child.pid ?? 0));
  }, POLL_MS);
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  clearInterval(poll);
  const seconds = (performance.now() - begun) / 1_000;
  const printed = text === '' ? null : (JSON.parse(text) as Printed);
  const events = printed?.runs.reduce((sum, run) => sum + run.events, 0) ?? 0;
  const note = `8 sessions, lifecycle, ${(events / 1e6).toFixed(0)} M events; exit code ${code}`;
  return [
    {
      section: 'experiment',
      name: 'whole experiment',
      value: seconds,
      unit: 's',
      target: { atMost: 60 },
      aim: 20,
      note,
    },
    {
      section: 'experiment',
      name: 'peak resident memory',
      value: peak / GIB,
      unit: 'GiB',
      target: { atMost: 1 },
      aim: null,
      note: peak === 0 ? 'no /proc here' : 'VmHWM of the one process',
    },
    {
      section: 'experiment',
      name: 'simulated',
      value: events / seconds,
      unit: 'events/s',
      target: null,
      aim: null,
      note: 'all sessions together',
    },
  ];
}
