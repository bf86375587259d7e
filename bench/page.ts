// The page in Debian's chromium, without a GPU, 1280 x 800: how soon a session of 1,000,000 events is drawn, how long frames take
// while 10,000,000 are panned and zoomed, and whether memory grows while a session is followed.
import { existsSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { type Figure, median } from './figures.js';
import { type Served, serve } from './served.js';

const CHROMIUM = '/usr/bin/chromium';
const SMALL_EVENTS = 1_000_000;
const LARGE_EVENTS = 10_000_000;
const EVENTS_PER_SMI = 1_280;
const PAGES = 64;
/** Of a stored event with everything beside it, and as much again for the log. */
const BYTES_PER_EVENT = 250;
const OPENINGS = 5;
const WHEELS = 240;
const FOLLOW_MS = 15_000;
const DRAWN_MS = 60_000;

export async function measurePage(folder: string, scale: number): Promise<Figure[]> {
  const what = (name: string, unit: string, note: string): Figure => ({
    section: 'page',
    name,
    value: null,
    unit,
    target: null,
    aim: null,
    note,
  });
  if (!existsSync(CHROMIUM)) return [what('page', 'ms', `${CHROMIUM} is missing`)];
  const { bavail, bsize } = statfsSync(folder);
  const needed = (SMALL_EVENTS + LARGE_EVENTS) * scale * BYTES_PER_EVENT;
  if (bavail * bsize < needed)
    return [what('page', 'ms', `less than ${Math.round(needed / 1e9)} GB of disk are free`)];
  const { chromium } = await import('playwright-core');
  const served = await serve(join(folder, 'page'));
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu'],
  });
  try {
    const small = await run(served, SMALL_EVENTS * scale);
    await ended(served, small);
    const paints: number[] = [];
    for (let i = 0; i < OPENINGS; i++)
      paints.push(await firstPaintMs(browser, `${served.url}/sessions/${small}`));
    const large = await run(served, LARGE_EVENTS * scale);
    const grown = await followedGrowthMb(browser, `${served.url}/sessions/${large}`);
    await ended(served, large);
    const frames = await frameMs(browser, `${served.url}/sessions/${large}`);
    const sorted = frames.toSorted((a, b) => a - b);
    return [
      {
        ...what('first timeline', 'ms', `${SMALL_EVENTS * scale} events, median of ${OPENINGS} openings`),
        value: median(paints),
        target: { atMost: 1_000 },
      },
      {
        ...what('frame, p95', 'ms', `${WHEELS} wheels of zoom and pan over ${LARGE_EVENTS * scale} events`),
        value: sorted[Math.floor(sorted.length * 0.95)],
        target: { atMost: 33 },
      },
      {
        ...what('longest frame', 'ms', 'of the same'),
        value: sorted.at(-1) ?? null,
        target: { atMost: 100 },
      },
      {
        ...what(
          'memory while followed',
          'MB more',
          `JavaScript heap after a collection, ${FOLLOW_MS / 1_000} s apart`,
        ),
        value: grown,
      },
    ];
  } finally {
    await browser.close();
    await served.stop();
  }
}

async function run({ url }: Served, events: number): Promise<string> {
  const parameters = { smis: Math.max(1, Math.round(events / EVENTS_PER_SMI)), pages: PAGES, vcpus: 1 };
  const answer = await fetch(`${url}/api/v1/sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ scenario: 'smi-heavy', protocol: 'v5.18', invariants: false, parameters }),
  });
  return ((await answer.json()) as { id: string }).id;
}

async function ended({ url }: Served, id: string): Promise<void> {
  for (;;) {
    const session = (await (await fetch(`${url}/api/v1/sessions/${id}`)).json()) as { state: string };
    if (session.state === 'finished') return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function opened(browser: Browser, url: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  await page.goto(url);
  // Asked for again and again: waitForFunction() would need an eval(), which the page's CSP refuses.
  const untilMs = performance.now() + DRAWN_MS;
  while (!(await page.evaluate<boolean>("performance.getEntriesByName('rootline:timeline').length > 0"))) {
    if (performance.now() > untilMs) throw new Error(`${url} drew nothing in ${DRAWN_MS} ms`);
    await page.waitForTimeout(20);
  }
  return page;
}

/** From the beginning of the navigation to the first frame with lanes in it. */
async function firstPaintMs(browser: Browser, url: string): Promise<number> {
  const page = await opened(browser, url);
  const ms = await page.evaluate<number>("performance.getEntriesByName('rootline:timeline')[0].startTime");
  await page.context().close();
  return ms;
}

/** Time from frame to frame while the wheel zooms in, pans and zooms out again. */
async function frameMs(browser: Browser, url: string): Promise<readonly number[]> {
  const page = await opened(browser, url);
  await page.waitForTimeout(1_000);
  const frames = await page.evaluate<readonly number[]>(`new Promise((resolve) => {
    const box = document.querySelector('.canvas-box');
    const { left, top, width, height } = box.getBoundingClientRect();
    const frames = [];
    let last = performance.now();
    let i = 0;
    const next = () => {
      const now = performance.now();
      frames.push(now - last);
      last = now;
      if (++i > ${WHEELS}) return resolve(frames.slice(1));
      const phase = Math.floor((i / ${WHEELS}) * 3);
      box.dispatchEvent(new WheelEvent('wheel', {
        deltaY: phase === 0 ? -120 : phase === 2 ? 120 : 0, deltaX: phase === 1 ? 60 : 0,
        clientX: left + width * 0.6, clientY: top + height / 2, bubbles: true, cancelable: true,
      }));
      requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
  })`);
  await page.context().close();
  return frames;
}

async function followedGrowthMb(browser: Browser, url: string): Promise<number> {
  const page = await opened(browser, url);
  const devtools = await page.context().newCDPSession(page);
  const used = async (): Promise<number> => {
    await devtools.send('HeapProfiler.collectGarbage');
    return (await devtools.send('Runtime.getHeapUsage')).usedSize / 1e6;
  };
  await page.waitForTimeout(2_000);
  const before = await used();
  await page.waitForTimeout(FOLLOW_MS);
  const after = await used();
  await page.context().close();
  return after - before;
}
