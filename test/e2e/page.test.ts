// The page in a real browser on the real server: the shell and Sessions. It shows what the server has, moves by itself, is
// usable by keyboard, and asks nobody else.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectAccessible, launchBrowser, openPage } from './browser-under-test.js';
import { TestFolder, TestServer } from './server-under-test.js';

const WAIT = { timeout: 20_000 };

describe('the page at /', () => {
  const folder = new TestFolder();
  let server: TestServer;
  let browser: Browser;

  beforeAll(async () => {
    server = await TestServer.start(folder.path);
    browser = await launchBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    folder.remove();
  });

  it('shows the empty store, starts a run from the form, and follows it to its end without a reload', async () => {
    const { page, errors, foreign } = await openPage(browser, server.server.url);
    await page.waitForURL('**/sessions');
    expect(await page.title()).toBe('Sessions · Rootline');
    await page.getByText('No session is stored yet').waitFor(WAIT);
    await page.getByText('all but EPT and DR').waitFor(WAIT);
    await expectAccessible(page);

    await page.keyboard.press('r');
    await page.getByLabel('Scenario').selectOption('smi-heavy');
    await page.getByLabel('Protocol').selectOption('seed-draft');
    await page.getByLabel('smis').fill('20');
    await page.getByRole('button', { name: /^Costs/ }).click();
    await page.getByText('published').first().waitFor(WAIT);
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    const row = page.getByRole('row', { name: /smi-heavy/ });
    await row.getByText('finished').waitFor(WAIT);
    await page.getByRole('status').getByText('finished').waitFor(WAIT);
    const session = await server.session('1');
    expect(session.parameters).toMatchObject({ smis: 20 });
    await expect.poll(() => row.textContent()).toContain(session.events.toLocaleString('en-US'));
    await page.getByText(session.digest ?? 'none').waitFor(WAIT);
    expect(errors).toEqual([]);
    expect(foreign).toEqual([]);
    await page.context().close();
  });

  it('searches, moves by keys, tells them, and deletes; the address says what is seen', async () => {
    await server.run({ scenario: 'smi', protocol: 'v5.18', name: '<img src=x onerror=alert(1)>' });
    await server.run({ scenario: 'destroy-fwd', protocol: 'v6.4' });
    const { page, errors } = await openPage(browser, `${server.server.url}/sessions?search=protocol:v`);
    const rows = page.locator('.sessions [role=rowgroup] [role=row]');
    await expect.poll(() => rows.count()).toBe(2);
    // A hostile name is text.
    await page.getByText('<img src=x onerror=alert(1)>').first().waitFor(WAIT);
    expect(await page.locator('img').count()).toBe(0);
    await page.keyboard.press('j');
    await page.waitForURL('**session=2');
    await page.getByText('▲ I37').first().waitFor(WAIT);
    await page.keyboard.press('?');
    await page.getByRole('dialog').getByText('next session', { exact: true }).first().waitFor(WAIT);
    await page.keyboard.press('Escape');
    // By keys alone: it is asked once more, and the button has the focus.
    await page.keyboard.press('Delete');
    await page.getByRole('button', { name: 'Delete for good' }).waitFor(WAIT);
    await page.keyboard.press('Enter');
    await expect.poll(() => rows.count()).toBe(1);
    expect((await server.get('/sessions/2')).status).toBe(404);
    await page.goto(`${server.server.url}/nowhere/else`);
    expect(errors.filter((text) => !text.includes('404'))).toEqual([]);
    await page.context().close();
  });

  it('leads who comes for the first time through four steps, once; panes keep the sizes that they are given', async () => {
    const { page, errors } = await openPage(browser, `${server.server.url}/`, { tour: true });
    const step = (n: number) => page.getByRole('dialog', { name: `Tour, step ${n} of 4` });
    const next = page.getByRole('button', { name: 'Next' });
    await step(1).getByText('15 root allocations').waitFor(WAIT);
    await expectAccessible(page);
    await next.click();
    await step(2).getByText('Run the experiment first').waitFor(WAIT);
    await next.click();
    await step(3).waitFor(WAIT);
    await page.waitForURL('**/sessions/*at=*');
    await page.getByText('SmmEntered').first().waitFor(WAIT);
    const splitter = page.getByRole('separator', { name: 'Width of the state' });
    const width = () =>
      page.locator('.state-pane').evaluate((pane: { offsetWidth: number }) => pane.offsetWidth);
    const before = await width();
    await splitter.focus();
    await page.keyboard.press('ArrowLeft');
    await expect.poll(width).toBe(before + 16);
    // The card stands where it hides nothing of the state that it tells about.
    const overlaps = await page.evaluate<boolean>(`(() => {
      const [card, about] = ['.tour-card', '.state-pane'].map((one) => document.querySelector(one).getBoundingClientRect());
      return card.right > about.left && card.left < about.right && card.bottom > about.top && card.top < about.bottom;
    })()`);
    expect(overlaps).toBe(false);
    // The arrow was the splitter's, with Shift it is the tour's.
    await page.getByRole('heading', { level: 1 }).click();
    await page.keyboard.press('Shift+ArrowRight');
    await step(4).waitFor(WAIT);
    await page.waitForURL('**/explore?litmus=v-d**');
    await page.getByRole('button', { name: 'Done' }).click();
    await page.goBack();
    expect(await width()).toBe(before + 16);
    await page.goto(`${server.server.url}/`);
    await page.getByText('all but EPT and DR').waitFor(WAIT);
    expect(await page.getByRole('dialog').count()).toBe(0);
    await page.keyboard.press('?');
    await page.getByRole('button', { name: /^The tour/ }).click();
    await step(1).waitFor(WAIT);
    // By keys alone: the button that goes on has the focus, Escape ends it.
    await page.keyboard.press('Enter');
    await step(2).waitFor(WAIT);
    await page.keyboard.press('Escape');
    await expect.poll(() => page.getByRole('dialog').count()).toBe(0);
    expect(errors).toEqual([]);
    await page.context().close();
  });
});
