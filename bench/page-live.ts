// Memory of the page over ten minutes of a live session: a machine that is given commands all the time, and a tab that follows it,
// in Debian's chromium. Part of the section `page`, and one of its own: `npm run bench -- page-live --minutes 2` is shorter.
import { existsSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import type { CDPSession } from 'playwright-core';
import type { Figure } from './figures.js';
import { type Served, serve } from './served.js';

const CHROMIUM = '/usr/bin/chromium';
/** As long as is asked for. */
export const LIVE_MINUTES = 10;
/** Of a session that is given some ten commands a second, with everything beside it. */
const BYTES_PER_MINUTE = 20e6;
/** What the page keeps on purpose (stretches that were drawn, pages of events) is there by then. */
const WARM_SHARE = 0.2;
const SAMPLES = 40;
const MB = 1e6;
/** Between commands: the session never rests, and never leaves the page behind. */
const PAUSE_MS = 100;
const GUEST = [
  { do: 'touch', gfn: 0, pages: 4, access: 'write' },
  { do: 'out', port: 178 },
] as const;

export async function measurePageLive(folder: string, minutes: number): Promise<Figure[]> {
  const lastsMs = minutes * 60_000;
  const figure = (name: string, unit: string, value: number | null, note: string): Figure => ({
    section: 'page',
    name,
    value,
    unit,
    target: null,
    aim: null,
    note,
  });
  if (!existsSync(CHROMIUM)) return [figure('memory', 'MB', null, `${CHROMIUM} is missing`)];
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < minutes * BYTES_PER_MINUTE)
    return [
      figure(
        'memory',
        'MB',
        null,
        `less than ${Math.ceil((minutes * BYTES_PER_MINUTE) / MB)} MB of disk are free`,
      ),
    ];
  const { chromium } = await import('playwright-core');
  const served = await serve(join(folder, 'page-live'));
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu'],
  });
  const driver = new Driver(served);
  try {
    await driver.begin();
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    const page = await context.newPage();
    await page.goto(`${served.url}/sessions/${driver.id}`);
    const devtools = await context.newCDPSession(page);
    const driven = driver.drive(lastsMs);
    const heap: number[] = [];
    for (let i = 0; i < SAMPLES; i++) {
      await page.waitForTimeout(lastsMs / SAMPLES);
      heap.push(await heapMb(devtools));
    }
    const commands = await driven;
    const warm = heap.slice(Math.floor(SAMPLES * WARM_SHARE));
    const warmMinutes = minutes * (1 - WARM_SHARE);
    const what = `${commands} commands, ${(await driver.session()).stored} events, followed for ${Number(minutes.toFixed(2))} min`;
    return [
      figure('heap at the beginning', 'MB', warm[0] ?? null, `after a collection; ${what}`),
      figure('heap at the end', 'MB', warm.at(-1) ?? null, 'of the same'),
      figure('heap at its most', 'MB', Math.max(...warm), 'of the same'),
      {
        ...figure('growth', 'MB/min', slope(warm) * (warm.length / warmMinutes), 'line through all samples'),
        // Of a shorter time it says nothing.
        target: minutes >= LIVE_MINUTES ? { atMost: 0.2 } : null,
      },
    ];
  } finally {
    driver.stop();
    await browser.close();
    await served.stop();
  }
}

async function heapMb(devtools: CDPSession): Promise<number> {
  await devtools.send('HeapProfiler.collectGarbage');
  return (await devtools.send('Runtime.getHeapUsage')).usedSize / MB;
}

/** Of the line of least squares, for one step of the index. */
function slope(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  let [up, down] = [0, 0];
  for (const [i, value] of values.entries()) {
    up += (i - middle) * (value - mean);
    down += (i - middle) ** 2;
  }
  return down === 0 ? 0 : up / down;
}

class Driver {
  id = '';
  private stopped = false;

  constructor(private readonly served: Served) {}

  async begin(): Promise<void> {
    ({ id: this.id } = await this.post<{ id: string }>('/sessions', { scenario: 'live', protocol: 'v5.18' }));
    await this.waits();
    const memslot = { command: 'addMemslot', slot: 0, baseGfn: 0, pages: 64, hvaPage: 0 };
    for (const body of [{ command: 'createVm' }, memslot, { command: 'addVcpu', vcpu: 0 }])
      await this.command(body);
  }

  /** Commands one after the other for so long; how many. */
  async drive(lastsMs: number): Promise<number> {
    const untilMs = performance.now() + lastsMs;
    let commands = 0;
    while (!this.stopped && performance.now() < untilMs) {
      await this.command({ command: 'run', vcpu: 0, guest: GUEST });
      commands++;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    return commands;
  }

  stop(): void {
    this.stopped = true;
  }

  async session(): Promise<{ readonly state: string; readonly stored: number }> {
    const answer = await fetch(`${this.served.url}/api/v1/sessions/${this.id}`);
    return (await answer.json()) as { state: string; stored: number };
  }

  private async command(body: object): Promise<void> {
    const { stored } = await this.session();
    await this.post(`/sessions/${this.id}/commands`, body, { 'if-match': `"${stored}"` });
    await this.waits();
  }

  private async waits(): Promise<void> {
    while (!this.stopped && (await this.session()).state !== 'waiting')
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS / 10));
  }

  private async post<T>(path: string, body: object, condition: Record<string, string> = {}): Promise<T> {
    const answer = await fetch(`${this.served.url}/api/v1${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...condition },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`POST ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }
}
