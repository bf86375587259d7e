// Pictures of small parts of the page against those in test/e2e/pictures: fixed data, the bundled fonts, no motion, both themes. Another
// Chromium may smooth a letter otherwise, so a share of the pixels may differ; what the parts say is compared word for word.
// `UPDATE=1 npx vitest run test/e2e/page-pictures.test.ts` takes them anew.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser, openPage } from './browser-under-test.js';
import { TestFolder, TestServer } from './server-under-test.js';

const WAIT = { timeout: 30_000 };
const UPDATE = process.env['UPDATE'] === '1';
/** Of the pixels, how many may differ, and by how much in a channel before a pixel does. */
const MAX_SHARE = 0.03;
const MAX_STEP = 64;

const fileOf = (name: string): URL => new URL(`./pictures/${name}`, import.meta.url);

function kept(name: string, made: Buffer | string): Buffer {
  const file = fileOf(name);
  if (UPDATE || !existsSync(file)) {
    if (!UPDATE) throw new Error(`${name} is missing: UPDATE=1 takes it`);
    mkdirSync(dirname(file.pathname), { recursive: true });
    writeFileSync(file, made);
  }
  return readFileSync(file);
}

/** Share of the pixels that differ; 1 where the sizes do. Decoded by an empty page: the page's own CSP takes no such images. */
async function difference(blank: Page, a: Buffer, b: Buffer): Promise<number> {
  const images = [a, b].map((png) => `data:image/png;base64,${png.toString('base64')}`);
  return await blank.evaluate<number>(`(async () => {
    const pixels = async (url) => {
      const image = new Image();
      image.src = url;
      await image.decode();
      const canvas = document.createElement('canvas');
      canvas.width = image.width;
      canvas.height = image.height;
      const context = canvas.getContext('2d');
      context.drawImage(image, 0, 0);
      return context.getImageData(0, 0, image.width, image.height);
    };
    const [one, other] = await Promise.all(${JSON.stringify(images)}.map(pixels));
    if (one.width !== other.width || one.height !== other.height) return 1;
    let differing = 0;
    for (let i = 0; i < one.data.length; i += 4) {
      const step = Math.max(...[0, 1, 2].map((c) => Math.abs(one.data[i + c] - other.data[i + c])));
      if (step > ${MAX_STEP}) differing++;
    }
    return differing / (one.data.length / 4);
  })()`);
}

describe('pictures of the page', () => {
  const folder = new TestFolder();
  let server: TestServer;
  let browser: Browser;
  let blank: Page;

  beforeAll(async () => {
    server = await TestServer.start(folder.path);
    browser = await launchBrowser();
    blank = await (await browser.newContext()).newPage();
    await server.run({ scenario: 'smi', protocol: 'v5.18', seed: 7 });
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    folder.remove();
  });

  async function matches(name: string, part: Locator): Promise<void> {
    await part.waitFor(WAIT);
    const page = part.page();
    await page.evaluate('document.fonts.ready.then(() => undefined)');
    // The fonts are the bundled ones: a picture in another font is no picture of the page.
    expect(
      await page.evaluate(
        `['12px Inter', '600 12px Inter', '11px "JetBrains Mono"'].every((f) => document.fonts.check(f))`,
      ),
    ).toBe(true);
    const words = await part.ariaSnapshot();
    expect(`${words}\n`).toBe(kept(`${name}.txt`, `${words}\n`).toString());
    const picture = await part.screenshot({ animations: 'disabled', caret: 'hide' });
    expect(await difference(blank, picture, kept(`${name}.png`, picture)), name).toBeLessThan(MAX_SHARE);
  }

  for (const colorScheme of ['dark', 'light'] as const) {
    it(`the experiment before it was run, and a state with its marks, ${colorScheme}`, async () => {
      const { page } = await openPage(browser, `${server.server.url}/sessions`, { colorScheme });
      await page.getByText('not run yet').first().waitFor(WAIT);
      await matches(`experiment-${colorScheme}`, page.getByRole('region', { name: 'The experiment' }));
      await page.goto(`${server.server.url}/sessions/1?at=837&window=820-880`);
      await page.getByText('State after 837').waitFor(WAIT);
      await page.keyboard.press('.');
      await page.getByText('State after 838').waitFor(WAIT);
      await page.locator('.state-pane .value.changed').first().waitFor(WAIT);
      await page.mouse.move(0, 0);
      await matches(`state-${colorScheme}`, page.locator('.state-pane .scroll').first());
      // The canvas has the colours of the theme: a valid root, an invalid one, SMM.
      const drawn = await page.evaluate<readonly number[]>(`(() => {
        const style = getComputedStyle(document.documentElement);
        const canvas = document.querySelector('.canvas-box canvas');
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        return ['--valid', '--smm', '--host'].map((name) => {
          const hex = style.getPropertyValue(name).trim().slice(1);
          const [r, g, b] = [0, 2, 4].map((i) => Number.parseInt(hex.slice(i, i + 2), 16));
          let n = 0;
          for (let i = 0; i < data.length; i += 4) if (data[i] === r && data[i + 1] === g && data[i + 2] === b) n++;
          return n;
        });
      })()`);
      expect(Math.min(...drawn)).toBeGreaterThan(500);
      await page.context().close();
    });
  }
});
