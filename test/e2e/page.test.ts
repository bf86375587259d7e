// The plain page in a real browser (Debian's chromium): it shows what the server has, moves by itself, asks nobody else.
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestFolder, TestServer } from './server-under-test.js';

const CHROMIUM = '/usr/bin/chromium';

// .ci/run installs the browser; a developer without it is told so by name.
describe('the page at /', () => {
  const folder = new TestFolder();
  let server: TestServer;
  let browser: Browser;

  beforeAll(async () => {
    if (!existsSync(CHROMIUM)) throw new Error(`${CHROMIUM} is missing: apt-get install chromium`);
    server = await TestServer.start(folder.path);
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-background-networking',
        '--disable-component-update',
      ],
    });
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    folder.remove();
  });

  it('shows the empty store, then a session as it comes and ends, without a reload', async () => {
    const page = await browser.newPage();
    const foreign: string[] = [];
    const errors: string[] = [];
    page.on('request', (r) => {
      if (!r.url().startsWith(server.server.url) && !r.url().startsWith('data:')) foreign.push(r.url());
    });
    page.on('console', (m) => {
      if (m.type() === 'error') errors.push(m.text());
    });
    page.on('pageerror', (e) => errors.push(String(e)));
    await page.goto(server.server.url);
    expect(await page.title()).toContain('Rootline');
    await page.getByText('every exit').first().waitFor();

    const created = await server.create({
      scenario: 'smi-heavy',
      protocol: 'seed-draft',
      parameters: { smis: 20 },
    });
    const row = page.locator('tr', { hasText: 'smi-heavy' });
    await row.waitFor({ timeout: 20_000 });
    await row.getByText('finished').waitFor({ timeout: 20_000 });
    const session = await server.session(created.id);
    expect(await row.innerText()).toContain(session.digest);
    expect(errors).toEqual([]);
    expect(foreign).toEqual([]);
    await page.close();
  });
});
