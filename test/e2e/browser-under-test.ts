// Debian's chromium for tests of the page, with what every one of them wants to know: errors on the console, and requests to
// anywhere but the server.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';

const CHROMIUM = '/usr/bin/chromium';
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** .ci/run installs the browser; a developer without it is told so by name. */
export async function launchBrowser(): Promise<Browser> {
  if (!existsSync(CHROMIUM)) throw new Error(`${CHROMIUM} is missing: apt-get install chromium`);
  return await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
  });
}

export interface WatchedPage {
  readonly page: Page;
  readonly errors: readonly string[];
  readonly foreign: readonly string[];
}

export async function openPage(
  browser: Browser,
  url: string,
  {
    tour,
    latencyMs,
    ...options
  }: BrowserContextOptions & { readonly tour?: boolean; readonly latencyMs?: number } = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    reducedMotion: 'reduce',
    ...options,
  });
  // Nobody's first visit: the tour lies over what tests click.
  if (tour !== true) await context.addInitScript("localStorage.setItem('rootline.tour', 'done')");
  await context.addInitScript(WATCH_SHIFTS);
  const page = await context.newPage();
  if (latencyMs !== undefined) {
    // Answers come one after the other, as over a network: what is missing for a moment must not move what is there.
    const devtools = await context.newCDPSession(page);
    await devtools.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: latencyMs,
      downloadThroughput: -1,
      uploadThroughput: -1,
    });
  }
  const origin = new URL(url).origin;
  const errors: string[] = [];
  const foreign: string[] = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(origin) && !request.url().startsWith('data:')) foreign.push(request.url());
  });
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  page.on('pageerror', (error) => errors.push(String(error)));
  await page.goto(url);
  return { page, errors, foreign };
}

/** Kept from the beginning on: an observer that comes later is told of a few only. */
const WATCH_SHIFTS = `
  window.shifts = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifts.push(entry.value);
  }).observe({ type: 'layout-shift', buffered: true });`;

/** Cumulative layout shift so far, without what an input has moved. */
export function movedShare(page: Page): Promise<number> {
  return page.evaluate<number>('window.shifts.reduce((sum, value) => sum + value, 0)');
}

/** No request has been under way for a moment, and nothing says that it is being read. */
export async function resting(page: Page): Promise<void> {
  while ((await page.locator('[aria-busy=true]').count()) > 0) await page.waitForTimeout(20);
  await page.waitForLoadState('networkidle');
}

interface AxeResult {
  readonly violations: readonly {
    readonly id: string;
    readonly impact: string | null;
    readonly nodes: readonly { readonly target: readonly string[] }[];
  }[];
}

/** No fault that axe calls serious or critical. @param only some of its rules, such as what another theme can change; else all */
export async function expectAccessible(page: Page, only: readonly string[] = []): Promise<void> {
  // The page's CSP forbids a script tag of ours; evaluate() is the debugger's and may.
  await page.evaluate(AXE);
  const run = only.length === 0 ? {} : { runOnly: { type: 'rule', values: only } };
  const options = JSON.stringify({ resultTypes: ['violations'], ...run });
  const { violations } = (await page.evaluate(`axe.run(document, ${options})`)) as AxeResult;
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  expect(
    serious.map(
      ({ id, nodes }) =>
        `${id}: ${nodes
          .slice(0, 4)
          .map(({ target }) => target.join(' '))
          .join(' | ')}`,
    ),
  ).toEqual([]);
}
