// What holds in every view of the page: its address reproduces it, it does not move while it loads, it fits 1280 and 2560 pixels in
// both themes, axe finds no serious fault, and nothing that somebody has typed is ever markup. One table of views, one server, one browser.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { expectAccessible, launchBrowser, movedShare, openPage, resting } from './browser-under-test.js';
import { TestFolder, TestServer } from './server-under-test.js';

const WAIT = { timeout: 60_000 };
const TRACE = join(import.meta.dirname, '../../fixtures/traces/6.1.192-nofix/smi.trace.txt.gz');
const HOSTILE = [
  '<img src=x onerror="window.hostile=1">',
  '"><script>window.hostile=1</script>',
  'javascript:window.hostile=1',
  `\u202Edesrever ${'long'.repeat(45)}`,
] as const;
/** Parts of the window; a tenth of it is what a person calls a jump. */
const MAX_MOVED = 0.02;
/** Panes have their new sizes by then. */
const SIZED_MS = 150;

describe('every view of the page', () => {
  const folder = new TestFolder();
  let server: TestServer;
  let browser: Browser;
  let trace: string;

  beforeAll(async () => {
    server = await TestServer.start(folder.path);
    browser = await launchBrowser();
    await server.run({ scenario: 'smi', protocol: 'v5.18', seed: 7, name: HOSTILE[0] });
    await server.run({ scenario: 'smi', protocol: 'seed-draft', seed: 7, name: HOSTILE[1] });
    await server.run({ scenario: 'destroy-fwd', protocol: 'v6.4', name: HOSTILE[3] });
    await server.post('/sessions/1/notes', { position: 838, text: HOSTILE[0] });
    await server.post('/explorations', { litmus: 'v-d', protocol: 'seed-draft', transplant: 'v6.4' });
    const name = encodeURIComponent(`${HOSTILE[2]}${HOSTILE[0]}.txt.gz`);
    const answer = await fetch(`${server.api}/traces?name=${name}`, {
      method: 'POST',
      body: readFileSync(TRACE),
      headers: { 'content-type': 'application/octet-stream' },
    });
    trace = ((await answer.json()) as { sessionId: string }).sessionId;
    const searched = async () => (await server.get<{ state: string }>('/explorations/1')).body.state;
    while ((await searched()) !== 'finished') await sleep(50);
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    folder.remove();
  });

  const views: readonly (readonly [
    name: string,
    path: () => string,
    shown: (page: Page) => Promise<void>,
  ])[] = [
    ['sessions', () => '/sessions', (page) => page.getByText(HOSTILE[0]).first().waitFor(WAIT)],
    ['a session', () => '/sessions/1', (page) => page.getByText('State after 110').waitFor(WAIT)],
    [
      'an imported session, with its range',
      () => `/sessions/${trace}?range=20-200&dialog=note`,
      (page) => page.getByText('Range 20 to 200').waitFor(WAIT),
    ],
    [
      'compare',
      () => '/compare?sessions=1,2',
      (page) => page.getByText('alloc_root(vm, role, 2)').waitFor(WAIT),
    ],
    [
      'explore',
      () => '/explore',
      (page) => page.getByRole('gridcell', { name: /^B13 in seed-draft/ }).waitFor(WAIT),
    ],
    ['an exploration', () => '/explore/1', (page) => page.getByText('this is B13').waitFor(WAIT)],
    ['import', () => '/import', (page) => page.getByText(HOSTILE[2]).waitFor(WAIT)],
    [
      'the report of a trace',
      () => `/import?session=${trace}`,
      (page) => page.locator('[aria-current=true]').first().waitFor(WAIT),
    ],
    [
      'no session',
      () => '/sessions/4711',
      (page) => page.getByText('there is no session 4711').waitFor(WAIT),
    ],
    ['no view', () => '/nowhere/at<all>', (page) => page.getByText('There is no such view').waitFor(WAIT)],
  ];

  // Together: each waits for the server and for frames most of its time.
  it.concurrent.each(views)(
    '%s stays still, fits, is accessible in both themes, and has no markup of others',
    async (_, path, shown) => {
      const { page, foreign } = await openPage(browser, `${server.server.url}${path()}`, {
        colorScheme: 'dark',
        latencyMs: 30,
      });
      await shown(page);
      await resting(page);
      expect(await movedShare(page)).toBeLessThan(MAX_MOVED);
      await expectAccessible(page);
      await page.keyboard.press('Escape');
      await page.keyboard.press('Shift+T');
      expect(await page.evaluate('document.documentElement.dataset.theme')).toBe('light');
      await expectAccessible(page, ['color-contrast']);
      expect(await outside(page)).toEqual([]);
      await page.setViewportSize({ width: 2560, height: 1440 });
      await page.waitForTimeout(SIZED_MS);
      expect(await outside(page)).toEqual([]);
      expect(await page.evaluate("document.querySelectorAll('img, iframe, [onerror]').length")).toBe(0);
      expect(await page.evaluate('window.hostile === undefined')).toBe(true);
      expect(foreign).toEqual([]);
      await page.context().close();
    },
  );

  it('an address that nobody has is the page for a browser and a problem for a program', async () => {
    const browserLike = { accept: 'text/html,application/xhtml+xml' };
    for (const path of ['/nowhere', '/sessions/1/more', '/import/x']) {
      const html = await fetch(server.server.url + path, { headers: browserLike });
      expect([html.status, html.headers.get('content-type')]).toEqual([404, 'text/html; charset=utf-8']);
      expect(await html.text()).toContain('<div id="root">');
      const problem = await fetch(server.server.url + path, { headers: { accept: '*/*' } });
      expect([problem.status, problem.headers.get('content-type')]).toEqual([
        404,
        'application/problem+json; charset=utf-8',
      ]);
      await problem.body?.cancel();
    }
    for (const path of ['/api/v1/nowhere', '/docs/nowhere', '/assets/nowhere.js']) {
      const problem = await fetch(server.server.url + path, { headers: browserLike });
      expect([problem.status, problem.headers.get('content-type')]).toEqual([
        404,
        'application/problem+json; charset=utf-8',
      ]);
      await problem.body?.cancel();
    }
  });

  /** What somebody sets in a view, and what is seen then: after a reload it is seen again. */
  const settings: readonly (readonly [
    name: string,
    path: () => string,
    set: (page: Page) => Promise<unknown>,
    seen: (page: Page) => Promise<unknown>,
  ])[] = [
    [
      'only what has changed since the stop before',
      () => '/sessions/1?at=837',
      async (page) => {
        await page.getByText('State after 837').waitFor(WAIT);
        await page.keyboard.press('.');
        await page.getByRole('button', { name: 'Changed since 837' }).click();
      },
      async (page) => {
        await page.locator('button[aria-pressed=true]', { hasText: 'Changed since 837' }).waitFor(WAIT);
        await page.locator('.state-pane .value.changed').first().waitFor(WAIT);
        expect(await page.locator('.state-pane .value:not(.changed, .added, .removed)').count()).toBe(0);
      },
    ],
    [
      'a frame of a thread, sections of the state, filtered events from here on, who changed a value, a begun range, notes',
      () => '/sessions/1?at=838',
      async (page) => {
        await page.getByRole('tab', { name: 'vcpu0' }).click();
        await page.getByRole('button', { name: 'enter_smm', exact: true }).click();
        await page.locator('.section', { hasText: 'VMs' }).click();
        await page
          .locator('.etable .kind')
          .first()
          .click({ modifiers: ['Shift'] });
        await page.getByRole('button', { name: 'From 838 on' }).click();
        await page.getByRole('button', { name: 'refcount' }).first().click();
        await page.keyboard.press('m');
        await page.keyboard.press('i');
      },
      async (page) => {
        await page.getByRole('dialog', { name: 'Notes' }).getByText(HOSTILE[0]).waitFor(WAIT);
        await page.locator('[role=tab][aria-selected=true]', { hasText: 'vcpu0' }).waitFor(WAIT);
        await page.locator('.function b', { hasText: 'enter_smm' }).waitFor(WAIT);
        await page.locator('.section[aria-expanded=true]', { hasText: 'VMs' }).waitFor(WAIT);
        expect(await page.locator('.section[aria-expanded=true]', { hasText: 'TLBs' }).count()).toBe(0);
        await page.locator('.events', { hasText: 'From the beginning' }).waitFor(WAIT);
        await page.locator('.events .chip', { hasText: 'type: ' }).waitFor(WAIT);
        await page.locator('.blame', { hasText: 'refcount' }).waitFor(WAIT);
        await page.getByText('range from 838: M again ends it').waitFor(WAIT);
      },
    ],
    [
      'order, kind and search of the sessions, a filled form of a run, and where its figures come from',
      () => '/sessions',
      async (page) => {
        await page.getByLabel('Search sessions').fill('smi');
        await page.getByRole('button', { name: 'simulated', exact: true }).click();
        await page.getByRole('button', { name: 'Roots', exact: true }).click();
        await page.getByLabel('Scenario').selectOption('smi-heavy');
        await page.getByLabel('Protocol').selectOption('v6.4');
        await page.getByLabel('smis').fill('40');
        await page.getByRole('button', { name: /^Costs/ }).click();
        await page.getByLabel('exitOther').fill('900');
      },
      async (page) => {
        await page.getByRole('columnheader', { name: 'Roots ↓' }).waitFor(WAIT);
        const ids = page.locator('.sessions [role=rowgroup] .name small');
        // Not expect.poll: it asks which test is running, and of tests that run at the same time there may be none.
        await vi.waitFor(async () => {
          expect(await ids.allTextContents()).toEqual(['1 · smi · seed 7', '2 · smi · seed 7']);
          expect(await page.getByLabel('smis').inputValue()).toBe('40');
          expect(await page.getByLabel('exitOther').inputValue()).toBe('900');
        }, WAIT);
        expect(await page.getByLabel('Scenario').inputValue()).toBe('smi-heavy');
        expect(await page.getByLabel('Protocol').inputValue()).toBe('v6.4');
        // A figure that was typed is nobody's published one.
        expect(await page.getByText('yours', { exact: true }).count()).toBe(2);
        await page.getByText('published').first().waitFor(WAIT);
      },
    ],
    [
      'a filled form of a search, with its bounds',
      () => '/explore',
      async (page) => {
        await page.getByLabel('Litmus').selectOption('v-k');
        await page.getByText('Bounds: reaching one').click();
        await page.getByLabel('Search explorations').fill('violated');
      },
      async (page) => {
        expect(await page.getByLabel('Litmus').inputValue()).toBe('v-k');
        await page.getByLabel('preemptions').waitFor({ ...WAIT, state: 'visible' });
        expect(await page.getByLabel('Search explorations').inputValue()).toBe('violated');
      },
    ],
    [
      'locks that are held otherwise than declared, alone',
      () => '/explore/1',
      async (page) => {
        await page.getByRole('button', { name: /^Locks held/ }).click();
        await page.getByLabel('only those').check();
      },
      async (page) => {
        await page.locator('.locks .differs').first().waitFor(WAIT);
        expect(await page.locator('.locks tbody tr:not(.differs)').count()).toBe(0);
      },
    ],
    [
      'sessions to choose from beside a comparison',
      () => '/compare?sessions=1,2',
      async (page) => {
        await page.getByText('alloc_root(vm, role, 2)').waitFor(WAIT);
        await page.keyboard.press('c');
        await page.getByLabel('Search the sessions to compare').fill('destroy');
      },
      async (page) => {
        await page.getByRole('checkbox', { name: 'Compare session 3' }).waitFor(WAIT);
        expect(await page.getByLabel('Search the sessions to compare').inputValue()).toBe('destroy');
      },
    ],
    [
      'functions of the protocol diff that were closed',
      () => '/compare?sessions=1,2',
      (page) => page.locator('.protocol-diff details[open] summary').first().click(),
      async (page) => {
        await page.locator('.protocol-diff details').first().waitFor(WAIT);
        expect(await page.locator('.protocol-diff details').first().getAttribute('open')).toBeNull();
        expect(await page.locator('.protocol-diff details[open]').count()).toBeGreaterThan(0);
      },
    ],
    [
      'the kernel that a trace comes from',
      () => '/import',
      (page) => page.getByLabel(/^Kernel/).fill('6.1.55'),
      async (page) => expect(await page.getByLabel(/^Kernel/).inputValue()).toBe('6.1.55'),
    ],
  ];

  it.concurrent.each(settings)('an address reproduces %s', async (_, path, set, seen) => {
    const { page, errors } = await openPage(browser, `${server.server.url}${path()}`);
    await set(page);
    await seen(page);
    const address = page.url();
    // The address alone: what the view had in memory is gone.
    await page.reload();
    await seen(page);
    expect(page.url()).toBe(address);
    expect(errors).toEqual([]);
    await page.context().close();
  });
});

/** What is wider than the window can show, or stands outside of it; scrolled areas may hold more than is seen. */
function outside(page: Page): Promise<readonly string[]> {
  return page.evaluate(`[...document.querySelectorAll('.app > *, .bar, .pane, .ph, .status, table')]
    .filter((one) => one.closest('.scroll') === null && one.getClientRects().length > 0)
    .flatMap((one) => {
      const { left, right, top, bottom } = one.getBoundingClientRect();
      const inside = left >= -1 && top >= -1 && right <= innerWidth + 1 && bottom <= innerHeight + 1;
      return inside ? [] : [one.tagName + '.' + one.className + ' ' + [left, top, right, bottom].map(Math.round)];
    })`);
}
