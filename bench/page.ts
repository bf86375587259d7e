// The page in Debian's chromium, without a GPU, 1280 x 800: how soon a session of 1,000,000 events is drawn, how long frames take
// while 10,000,000 are panned and zoomed, what is drawn in a frame at most, and the longest task. Its memory while a session is
// followed is measured by page-live.ts, which belongs to it. Sessions run as a user's do: with every invariant.
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
const DRAWN_MS = 60_000;
/** Canvas calls that put something on the screen: what a frame consists of, however the painter came to it. */
const DRAWING = ['fillRect', 'strokeRect', 'fillText', 'fill', 'stroke', 'drawImage'];

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
    await ended(served, large);
    const { framesMs, tasksMs } = await timed(browser, `${served.url}/sessions/${large}`);
    const sorted = framesMs.toSorted((a, b) => a - b);
    const drawn = await drawnInFrames(browser, `${served.url}/sessions/${large}`);
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
        ...what('longest task', 'ms', `from the opening on; ${tasksMs.length} of more than 50 ms`),
        value: Math.max(0, ...tasksMs),
        target: { atMost: 100 },
      },
      {
        ...what(
          'primitives in a frame',
          '',
          `most of ${drawn.length} frames of the same; canvas calls that draw`,
        ),
        value: Math.max(0, ...drawn),
        target: { atMost: 20_000 },
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
    body: JSON.stringify({ scenario: 'smi-heavy', protocol: 'v5.18', parameters }),
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

async function opened(browser: Browser, url: string, script = ''): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  await context.addInitScript(`localStorage.setItem('rootline.tour', 'done');${script}`);
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

/** Zooms in, pans and zooms out again, a wheel a frame; `each` is evaluated at every frame, what it gives is collected. */
function wheels(each: string): string {
  return `new Promise((resolve) => {
    const box = document.querySelector('.canvas-box');
    const { left, top, width, height } = box.getBoundingClientRect();
    const collected = [];
    let last = performance.now();
    let i = 0;
    const next = () => {
      const now = performance.now();
      collected.push(${each});
      last = now;
      if (++i > ${WHEELS}) return resolve(collected.slice(1));
      const phase = Math.floor((i / ${WHEELS}) * 3);
      box.dispatchEvent(new WheelEvent('wheel', {
        deltaY: phase === 0 ? -120 : phase === 2 ? 120 : 0, deltaX: phase === 1 ? 60 : 0,
        clientX: left + width * 0.6, clientY: top + height / 2, bubbles: true, cancelable: true,
      }));
      requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
  })`;
}

/** Time from frame to frame, and of every task above 50 ms since the page was opened. */
async function timed(
  browser: Browser,
  url: string,
): Promise<{ readonly framesMs: readonly number[]; readonly tasksMs: readonly number[] }> {
  const page = await opened(
    browser,
    url,
    `window.tasks = [];
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) window.tasks.push(duration);
    }).observe({ type: 'longtask', buffered: true });`,
  );
  await page.waitForTimeout(1_000);
  const framesMs = await page.evaluate<readonly number[]>(wheels('now - last'));
  // The observer is told a moment later.
  await page.waitForTimeout(500);
  const tasksMs = await page.evaluate<readonly number[]>('window.tasks');
  await page.context().close();
  return { framesMs, tasksMs };
}

/** Of every frame, how often the canvas was drawn on. Counting takes time: never in the run that is timed. */
async function drawnInFrames(browser: Browser, url: string): Promise<readonly number[]> {
  const page = await opened(
    browser,
    url,
    `window.drawn = 0;
    for (const name of ${JSON.stringify(DRAWING)}) {
      const draws = CanvasRenderingContext2D.prototype[name];
      CanvasRenderingContext2D.prototype[name] = function (...values) {
        window.drawn++;
        return draws.apply(this, values);
      };
    }`,
  );
  await page.waitForTimeout(1_000);
  const drawn = await page.evaluate<readonly number[]>(wheels('[window.drawn, (window.drawn = 0)][0]'));
  await page.context().close();
  return drawn;
}
