// A session in the page, in a real browser on the real server: a newcomer's way through it. Timeline, steps, state with marks,
// who changed it, code, events, forks, notes; addresses that say what is seen; a session that is commanded by two tabs.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser, openPage } from './browser-under-test.js';
import { TestFolder, TestServer } from './server-under-test.js';

const WAIT = { timeout: 30_000 };

/** How many of some pixels of the lanes are not of the most frequent colour: something is drawn. */
function drawnPixels(page: Page): Promise<number> {
  return page.evaluate(`(() => {
    const canvas = document.querySelector('.canvas-box canvas');
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const seen = new Map();
    for (let i = 0; i < data.length; i += 4 * 7) {
      const key = (data[i] << 16) | (data[i + 1] << 8) | data[i + 2];
      seen.set(key, (seen.get(key) ?? 0) + 1);
    }
    const counts = [...seen.values()].sort((a, b) => b - a);
    return counts.slice(1).reduce((sum, n) => sum + n, 0);
  })()`);
}

/** Of a row of the lanes' pixels, the part that has the colour of a token. */
function partOfRow(page: Page, y: number, token: string): Promise<number> {
  return page.evaluate(`(() => {
    const canvas = document.querySelector('.canvas-box canvas');
    const probe = document.createElement('canvas').getContext('2d');
    probe.fillStyle = getComputedStyle(document.documentElement).getPropertyValue('--${token}').trim();
    probe.fillRect(0, 0, 1, 1);
    const [r, g, b] = probe.getImageData(0, 0, 1, 1).data;
    const row = canvas.getContext('2d').getImageData(0, Math.round(${y} * devicePixelRatio), canvas.width, 1).data;
    let found = 0;
    for (let i = 0; i < row.length; i += 4) found += row[i] === r && row[i + 1] === g && row[i + 2] === b ? 1 : 0;
    return found / canvas.width;
  })()`);
}

describe('a session in the page', () => {
  const folder = new TestFolder();
  let server: TestServer;
  let browser: Browser;
  let id: string;

  beforeAll(async () => {
    server = await TestServer.start(folder.path);
    browser = await launchBrowser();
    ({ id } = await server.run({ scenario: 'smi', protocol: 'v5.18', seed: 7 }));
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    folder.remove();
  });

  it('is opened at its first root, stepped, asked who did it, filtered, forked and noted', async () => {
    const { page, errors, foreign } = await openPage(browser, `${server.server.url}/sessions/${id}`);
    await page.getByText('State after 110').waitFor(WAIT);
    await page.getByText('■ valid').first().waitFor(WAIT);
    await expect.poll(() => drawnPixels(page), WAIT).toBeGreaterThan(1_000);

    // Steps: the state says what changed, the code where it is.
    await page.keyboard.press('.');
    await page.waitForURL('**at=111**');
    await page.getByText('State after 111').waitFor(WAIT);
    await page.getByRole('button', { name: /Changed since 110/ }).click();
    await expect.poll(() => page.locator('.state-pane .value.changed').count(), WAIT).toBeGreaterThan(0);
    await page.getByRole('button', { name: 'All', exact: true }).click();
    await page.getByText('arch/x86/kvm/mmu/tdp_mmu.c').first().waitFor(WAIT);
    await page.getByText('Left out:').waitFor(WAIT);
    expect(await page.locator('.steps-list [aria-current=step]').count()).toBe(1);
    await page.keyboard.press(',');
    await page.getByText('State after 110').waitFor(WAIT);

    // On to a breakpoint and back; then who changed the count there.
    await page.keyboard.press('/');
    await page.keyboard.type('RootInvalidated');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Escape');
    const { body } = await server.get<{ position: number }>(
      `/sessions/${id}/seek?from=110&type=RootInvalidated`,
    );
    await page.getByText(`State after ${body.position.toLocaleString('en-US')}`).waitFor(WAIT);
    await page.getByRole('button', { name: 'refcount' }).first().click();
    const blame = page.getByRole('region', { name: 'Who changed it' });
    await blame
      .getByRole('button', { name: /(put|get) r1/ })
      .first()
      .waitFor(WAIT);

    // A window of a hundred events has slices, life bars and holders; the list beside the canvas says so.
    await page.goto(`${server.server.url}/sessions/${id}?at=850&window=820-920`);
    const list = page.getByRole('list', { name: 'What the timeline shows' });
    await list
      .getByText(/kvm_mmu_page_fault|enter_smm|handle_exit/)
      .first()
      .waitFor({ ...WAIT, state: 'attached' });
    await list
      .getByText(/root \d+ valid/)
      .first()
      .waitFor({ ...WAIT, state: 'attached' });
    // What a root's life is pointed at for: its count and who holds it there, why, since when.
    await page.locator('.canvas-box').hover({ position: { x: 300, y: 42 } });
    const card = page.getByRole('tooltip');
    await card.getByText(/^refcount \d+ · 4-level/).waitFor(WAIT);
    await card
      .getByText(/^since [\d,]+, kvm_tdp_mmu_\w+$/)
      .first()
      .waitFor(WAIT);
    await page.mouse.move(0, 0);
    // Folded threads make room for the locks below them.
    for (const name of ['vcpu0', 'kworker0']) {
      await page.locator('.labels').getByRole('button', { name, exact: true }).click();
    }
    await page.waitForURL('**folded=thread**', WAIT);
    await list
      .getByText(/mmu_lock held for/)
      .first()
      .waitFor({ ...WAIT, state: 'attached' });
    // A lane is chosen, pinned, hidden and shown by keys; the sheet says so, and the address keeps it.
    await page.keyboard.press('Shift+ArrowDown');
    await page.locator('.lane-label.on').waitFor(WAIT);
    await page.keyboard.press('v');
    await page.waitForURL('**pinned=**', WAIT);
    await page.keyboard.press('h');
    await page.waitForURL('**hidden=**', WAIT);
    const hidden = new URL(page.url()).searchParams.get('hidden') ?? '';
    expect(hidden).toMatch(/^\w+:\d+$/);
    await expect.poll(() => page.locator(`[data-lane="${hidden}"]`).count(), WAIT).toBe(0);
    await page.keyboard.press('u');
    await page.waitForURL((url) => !url.search.includes('hidden'), WAIT);
    await page.keyboard.press('?');
    await page.getByText('pin the lane to the top, or not').waitFor(WAIT);
    await page.keyboard.press('Escape');
    await page.locator('.labels').hover();
    await page.mouse.wheel(0, 40);
    await page.waitForURL('**top=40**', WAIT);
    await page.keyboard.press('w');
    await page.waitForURL((url) => !url.search.includes('820-920'), WAIT);

    // Events: a filter by Shift-click, taken away by its chip.
    const rows = page.locator('.etable [role=rowgroup] [role=row]');
    await rows.getByText('RootAllocated').or(rows.locator('.kind')).first().waitFor(WAIT);
    const type = (await rows.locator('.kind').first().textContent()) ?? '';
    await rows
      .locator('.kind')
      .first()
      .click({ modifiers: ['Shift'] });
    await page.getByRole('button', { name: new RegExp(`type: ${type}`) }).waitFor(WAIT);
    await expect
      .poll(async () => new Set(await rows.locator('.kind').allTextContents()), WAIT)
      .toEqual(new Set([type]));
    await page.getByRole('button', { name: new RegExp(`type: ${type}`) }).click();

    // A fork and a note, by keys.
    await page.keyboard.press('b');
    await page.getByRole('dialog').getByLabel('Seed from here on').fill('99');
    await page.getByRole('dialog').getByRole('button', { name: 'Fork' }).click();
    await page.getByRole('link', { name: /Open session/ }).waitFor(WAIT);
    await page.keyboard.press('Escape');
    await page.keyboard.press('i');
    await page.getByLabel(/Note at/).fill('<b>here</b>');
    await page.getByRole('button', { name: 'Keep it' }).click();
    await page.getByText('<b>here</b>').waitFor(WAIT);
    const { body: kept } = await server.get<{ notes: { text: string }[] }>(`/sessions/${id}/notes`);
    expect(kept.notes.map(({ text }) => text)).toEqual(['<b>here</b>']);
    expect(errors).toEqual([]);
    expect(foreign).toEqual([]);
    await page.context().close();
  });

  it('takes positions that lie outside, and says when a session is not there or goes away', async () => {
    const { page } = await openPage(
      browser,
      `${server.server.url}/sessions/${id}?at=99999999&window=5-1&range=x`,
    );
    const { stored } = await server.session(id);
    await page.getByText(`State after ${stored.toLocaleString('en-US')}`).waitFor(WAIT);
    await page.goto(`${server.server.url}/sessions/4711`);
    await page.getByRole('alert').getByText('there is no session 4711').waitFor(WAIT);
    const { id: gone } = await server.run({ scenario: 'destroy-fwd', protocol: 'v6.4' });
    await page.goto(`${server.server.url}/sessions/${gone}`);
    await page.getByText('State after').waitFor(WAIT);
    await server.delete(`/sessions/${gone}`);
    await page.getByText(`Session ${gone} was deleted`).waitFor(WAIT);
    await page.reload();
    await page.getByRole('alert').getByText(`session ${gone} is not there any more`).waitFor(WAIT);
    await page.context().close();
  });

  it('follows a live machine, gives it commands, and tells the second of two tabs that it was late', async () => {
    const { id: live } = await server.create({ scenario: 'live', protocol: 'v6.4' });
    await server.until(live, ({ state }) => state === 'waiting');
    const first = await openPage(browser, `${server.server.url}/sessions/${live}`);
    const { page } = first;
    await page
      .getByText(/waiting,/)
      .first()
      .waitFor(WAIT);
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByText('done', { exact: true }).waitFor(WAIT);
    await page
      .getByRole('button', { name: 'vms.0', exact: false })
      .or(page.getByText('VMs'))
      .first()
      .waitFor(WAIT);
    await server.until(live, ({ state }) => state === 'waiting');
    expect(first.errors).toEqual([]);

    // The command of the second tab is on its way while the first tab's is carried out.
    const { page: second } = await openPage(browser, `${server.server.url}/sessions/${live}`);
    await second
      .getByText(/waiting,/)
      .first()
      .waitFor(WAIT);
    let pass: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      pass = resolve;
    });
    let arrived: () => void = () => undefined;
    const onItsWay = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    await second.route('**/commands', async (route) => {
      arrived();
      await held;
      await route.continue();
    });
    for (const tab of [page, second]) await tab.getByLabel('Example of a command').selectOption('addVcpu');
    const before = (await server.session(live)).stored;
    await second.getByRole('button', { name: 'Send' }).click();
    await onItsWay;
    await page.getByRole('button', { name: 'Send' }).click();
    await expect.poll(async () => (await server.session(live)).stored, WAIT).toBeGreaterThan(before);
    await server.until(live, ({ state }) => state === 'waiting');
    pass();
    await second.getByText('Nothing was done: somebody else has moved the session on').waitFor(WAIT);
    const after = (await server.session(live)).stored;
    // It sees what the other has done, says something else, and that is done.
    await second.getByText(`waiting, ${after} stored`).waitFor(WAIT);
    await second.getByLabel('Example of a command').selectOption('addMemslot');
    await second.getByRole('button', { name: 'Send' }).click();
    await second.getByText('done', { exact: true }).waitFor(WAIT);
    expect((await server.session(live)).stored).toBeGreaterThan(after);

    // One tab ends the session while the command of the other is on its way: it is told why nothing was done.
    await second.unroute('**/commands');
    const late = new Promise<void>((resolve) => {
      pass = resolve;
    });
    const sent = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    await second.route('**/commands', async (route) => {
      arrived();
      await late;
      await route.continue();
    });
    await second.getByRole('button', { name: 'Send' }).click();
    await sent;
    const refused = second.waitForResponse((answer) => answer.url().endsWith('/commands'));
    await page.getByRole('button', { name: 'End it here' }).click();
    await server.until(live, ({ state }) => state === 'cancelled');
    pass();
    expect((await refused).status()).toBe(409);
    // Its bar has gone with the session's end; what became of the command is told all the same.
    await second.getByText('Nothing was done:').waitFor(WAIT);
    await second.context().close();
    await page.context().close();
  });

  it('has a session of a million events on the screen as soon as a small one, and moves in it', async () => {
    const { id: large } = await server.run({
      scenario: 'smi-heavy',
      protocol: 'v5.18',
      invariants: false,
      parameters: { smis: 850, pages: 64, vcpus: 1 },
    });
    const { stored } = await server.session(large);
    expect(stored).toBeGreaterThan(1_000_000);
    const { page, errors } = await openPage(browser, `${server.server.url}/sessions/${large}`);
    await expect.poll(() => drawnPixels(page), WAIT).toBeGreaterThan(1_000);
    // The whole of it, too, says what state roots are in.
    await page
      .getByRole('list', { name: 'What the timeline shows' })
      .getByText(/^root:\d+: root \d+ (valid|waits for RCU), [\d,]+ to/)
      .first()
      .waitFor({ ...WAIT, state: 'attached' });
    await page.keyboard.press('End');
    await page.getByText(`State after ${stored.toLocaleString('en-US')}`).waitFor(WAIT);
    await page.keyboard.press('Shift+F');
    for (let i = 0; i < 6; i++) await page.keyboard.press('w');
    await page.waitForURL('**window=**', WAIT);
    // Into the middle: every event of a stretch, out of a million, and back to the root that it is about.
    await page.keyboard.press('g');
    await page.keyboard.type('500000');
    await page.keyboard.press('Enter');
    await page.getByText('State after 500,000').waitFor(WAIT);
    await page
      .getByRole('list', { name: 'What the timeline shows' })
      .getByText(/root \d+ (valid|invalid)/)
      .first()
      .waitFor({ ...WAIT, state: 'attached' });
    const drawnMs = await page.evaluate("performance.getEntriesByName('rootline:timeline')[0].startTime");
    // The figure is the bench's; this machine may be busy.
    expect(drawnMs).toBeLessThan(15_000);
    // Under the draft the first root is preserved: valid nearly all the time, in the colour of that, wherever one looks from.
    const preserved = await server.run({ scenario: 'smi', protocol: 'seed-draft', seed: 7 });
    await page.goto(`${server.server.url}/sessions/${preserved.id}?at=500`);
    await expect.poll(() => partOfRow(page, 36, 'valid'), WAIT).toBeGreaterThan(0.8);
    expect(errors).toEqual([]);
    await page.context().close();
  });
});
