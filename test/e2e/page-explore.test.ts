// Explore in the page, in a real browser on the real server: a search from the form to its counterexample as a session, one that
// is stopped and gone on with, and the matrix protocols x bugs by keyboard.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ExplorationView } from '../../src/explorations/exploration.service.js';
import { launchBrowser, openPage } from './browser-under-test.js';
import { TestFolder, TestServer } from './server-under-test.js';

const WAIT = { timeout: 30_000 };

describe('explore in the page', () => {
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

  it("finds the draft's use-after-free from the form, explains it, and opens it as a session", async () => {
    const { page, errors, foreign } = await openPage(
      browser,
      `${server.server.url}/explore?litmus=v-d&protocol=seed-draft&transplant=v6.4`,
    );
    await page.getByText('Nothing was explored yet').waitFor(WAIT);
    await page.getByText('Left out:').waitFor(WAIT);
    await page.keyboard.press('r');
    expect(await page.evaluate('document.activeElement.id')).toBe('explore-litmus');
    await page.getByRole('button', { name: /^Explore/ }).click();
    await page.waitForURL('**/explore/1');
    await page.getByRole('heading', { name: /^violated I3 NO_UAF_ROOT/ }).waitFor(WAIT);
    const { body } = await server.get<ExplorationView>('/explorations/1');
    // The words are the server's.
    await page.getByText(body.words?.[0] ?? 'none', { exact: true }).waitFor(WAIT);
    await page.getByText('✕ I3 is broken').waitFor(WAIT);
    await page.getByText('this is B13').waitFor(WAIT);
    await page.getByText('Not there.').waitFor(WAIT);
    await page.keyboard.press('2');
    await page.waitForURL('**show=locks');
    await page.getByText(/2 not as declared/).waitFor(WAIT);
    await page.keyboard.press('3');
    await page.getByText(/pairs of conflicting operations/).waitFor(WAIT);
    await page.keyboard.press('n');
    await expect.poll(() => page.getByText('USE AFTER FREE of r1').isVisible(), WAIT).toBe(true);
    await page.keyboard.press('Enter');
    await page.waitForURL(`**/sessions/${body.result?.sessionId}**`);
    await page.getByText(/State after/).waitFor(WAIT);
    expect(errors).toEqual([]);
    expect(foreign).toEqual([]);
    await page.context().close();
  });

  it('shows a search on its way, stops it, goes on with it, and says what the server refuses', async () => {
    const litmus = 'litmus=reference-coarse&protocol=v5.18';
    const { page } = await openPage(
      browser,
      `${server.server.url}/explore?${litmus}&reductions=none&workers=1&p.resets=3`,
    );
    await page.getByText('sampled').or(page.getByText('violated')).first().waitFor(WAIT);
    await page.getByRole('button', { name: /^Explore/ }).click();
    await page.waitForURL('**/explore/2');
    const cancel = page.getByRole('button', { name: 'Cancel' });
    await expect
      .poll(
        async () => (await server.get<ExplorationView>('/explorations/2')).body.progress?.states ?? 0,
        WAIT,
      )
      .toBeGreaterThan(10_000);
    await page.getByText(/states that wait/).waitFor(WAIT);
    await cancel.click();
    const more = page.getByRole('button', { name: 'Go on from here' });
    await more.waitFor(WAIT);
    await more.click();
    await page.waitForURL('**/explore/3');
    await page.getByText('goes on where 2 was stopped').waitFor(WAIT);
    await cancel.click();
    await page
      .getByText(/bound_reached/)
      .first()
      .waitFor(WAIT);

    await page.goto(`${server.server.url}/explore?litmus=reference-coarse&protocol=v6.14`);
    await page.getByText('▲ it takes').waitFor(WAIT);
    await page.getByRole('button', { name: /^Explore/ }).click();
    await page
      .getByRole('alert')
      .getByText(/takes the protocols/)
      .waitFor(WAIT);
    await page.goto(`${server.server.url}/explore/4711`);
    await page.getByRole('alert').getByText('there is no exploration 4711').waitFor(WAIT);
    await page.context().close();
  });

  it('has the matrix of what is known, answers a cell of it, and opens its counterexample by keys', async () => {
    const { page, errors } = await openPage(browser, `${server.server.url}/explore?cell=B13:v5.18`);
    const grid = page.getByRole('grid', { name: 'Protocols and bugs' });
    await grid.getByRole('gridcell', { name: 'B13 in seed-draft: expected: violated' }).waitFor(WAIT);
    await page.keyboard.press('m');
    await expect.poll(() => page.evaluate('document.activeElement.ariaLabel')).toMatch(/^B13 in v5.18/);
    await page.keyboard.press('ArrowDown');
    await page.waitForURL('**cell=B13:seed-draft');
    await page.getByRole('button', { name: 'Answer it' }).click();
    const cell = grid.getByRole('gridcell', { name: 'B13 in seed-draft: violated' });
    await cell.waitFor(WAIT);
    await page.getByText(/1 of \d+ answered, all as known/).waitFor(WAIT);
    await cell.focus();
    await page.keyboard.press('Enter');
    await page.waitForURL('**/sessions/*');
    await page.getByText(/State after/).waitFor(WAIT);
    await page.goto(`${server.server.url}/explore?show=rules&protocol=seed-draft`);
    await page.getByText('The rules of seed-draft were not dropped yet').waitFor(WAIT);
    expect(errors).toEqual([]);
    await page.context().close();
  });
});
