// Compare and Import in the page, in a real browser on the real server. A newcomer's way from the list through what differs, the
// curves, the timelines on one clock and the first divergence, into both sessions; and from a dropped trace of a real kernel
// to its verdicts, the first rejected event among its lines, and its gaps.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser, openPage } from './browser-under-test.js';
import { TestFolder, TestServer } from './server-under-test.js';

const WAIT = { timeout: 30_000 };
const TRACES = join(import.meta.dirname, '../../fixtures/traces');
const HOSTILE = '<img src=x onerror=alert(1)>';

/** Of a canvas, how many of some pixels are not of its most frequent colour. */
function drawnPixels(page: Page, selector: string): Promise<number[]> {
  return page.evaluate(`[...document.querySelectorAll('${selector}')].map((canvas) => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const seen = new Map();
    for (let i = 0; i < data.length; i += 4 * 7) {
      const key = (data[i] << 16) | (data[i + 1] << 8) | data[i + 2];
      seen.set(key, (seen.get(key) ?? 0) + 1);
    }
    return [...seen.values()].sort((a, b) => b - a).slice(1).reduce((sum, n) => sum + n, 0);
  })`);
}

const least = async (page: Page, selector: string): Promise<number> =>
  Math.min(...(await drawnPixels(page, selector)));

describe('Compare and Import in the page', () => {
  const folder = new TestFolder();
  let server: TestServer;
  let browser: Browser;

  beforeAll(async () => {
    server = await TestServer.start(folder.path);
    browser = await launchBrowser();
    await server.run({ scenario: 'smi', protocol: 'v5.18', seed: 1, name: HOSTILE });
    await server.run({ scenario: 'smi', protocol: 'seed-draft', seed: 1 });
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    folder.remove();
  });

  it('from two ticked rows to what differs, the curves, one clock, and the divergence', async () => {
    const { page, errors, foreign } = await openPage(browser, `${server.server.url}/sessions`);
    await page.getByRole('row', { name: /^Compare session 2 / }).waitFor(WAIT);
    await page.getByRole('checkbox', { name: 'Compare session 1' }).check();
    await page.getByRole('checkbox', { name: 'Compare session 2' }).check();
    await page.keyboard.press('c');
    await page.waitForURL('**/compare?sessions=1,2**', WAIT);

    // Only what differs, and all of it.
    const table = page.getByRole('region', { name: 'Figures side by side' });
    const roots = table.getByRole('row', { name: /^root allocations 41 2 / });
    await roots.waitFor(WAIT);
    expect(await table.getByRole('row', { name: /^root loads 41 41/ }).count()).toBe(0);
    await page.getByRole('button', { name: 'All', exact: true }).click();
    await table.getByRole('row', { name: /^root loads 41 41/ }).waitFor(WAIT);
    await page.waitForURL('**all=true**', WAIT);

    // Where they part, and why.
    const parted = page.getByRole('region', { name: 'First divergence' });
    await parted.getByText('A thread went on with another step').waitFor(WAIT);
    await parted.getByText('r1 role.invalid = 1, refcount 0').waitFor(WAIT);
    expect(await parted.getByRole('link', { name: '838' }).first().getAttribute('href')).toBe(
      '/sessions/1?at=838',
    );
    const diff = page.getByRole('region', { name: 'Protocol diff' });
    await diff.getByText('alloc_root(vm, role, 2)').waitFor(WAIT);

    // Both timelines stand there, and move together.
    await page.waitForURL('**at=89626**', WAIT);
    const first = page.getByRole('list', { name: 'What the timeline of session 1 shows' });
    const second = page.getByRole('list', { name: 'What the timeline of session 2 shows' });
    await first
      .getByText(/root 1 invalid/)
      .first()
      .waitFor({ ...WAIT, state: 'attached' });
    await second
      .getByText(/root 1 valid/)
      .first()
      .waitFor({ ...WAIT, state: 'attached' });
    await expect.poll(() => least(page, '.canvas-box canvas'), WAIT).toBeGreaterThan(500);
    await expect.poll(() => least(page, '.plot canvas'), WAIT).toBeGreaterThan(200);
    const before = page.url();
    await page.keyboard.press('s');
    await page.waitForURL((url) => url.href !== before && url.searchParams.has('stretch'), WAIT);

    // The address reproduces what is seen.
    await page.getByRole('button', { name: 'Live roots' }).click();
    await page.getByRole('button', { name: 'linear' }).click();
    await page.keyboard.press('Shift+T');
    const { href } = new URL(page.url());
    await page.goto(href);
    await page.getByRole('button', { name: 'Live roots', pressed: true }).waitFor(WAIT);
    await roots.waitFor(WAIT);
    expect(page.url()).toBe(href);

    await page.keyboard.press('x');
    await page.waitForURL('**sessions=2,1**', WAIT);
    await table.getByRole('row', { name: /^root allocations 2 41 / }).waitFor(WAIT);
    await page
      .getByRole('region', { name: 'First divergence' })
      .getByRole('link', { name: '838' })
      .first()
      .click();
    await page.waitForURL('**/sessions/2?at=838**', WAIT);
    expect(errors).toEqual([]);
    expect(foreign).toEqual([]);
    await page.context().close();
  });

  it('asks for sessions where the address names none, and says which are gone', async () => {
    const { page } = await openPage(browser, `${server.server.url}/compare`);
    await page.getByText('Tick two or more sessions').waitFor(WAIT);
    await page.getByText(HOSTILE).waitFor(WAIT);
    expect(await page.locator('img').count()).toBe(0);
    await page.goto(`${server.server.url}/compare?sessions=1,999`);
    await page.getByText('It is not there').waitFor(WAIT);
    await page.keyboard.press('c');
    await page.getByRole('checkbox', { name: 'Compare session 2' }).check();
    await page.waitForURL('**sessions=1,999,2**', WAIT);
    await page.context().close();
  });

  it('takes in a trace, checks it, and shows the first rejected event among its lines', async () => {
    const { page, errors, foreign } = await openPage(browser, `${server.server.url}/import`);
    await page.getByText('No trace was imported yet').waitFor(WAIT);
    const buffer = readFileSync(join(TRACES, '6.1.192-nofix/smi.trace.txt.gz'));
    await page
      .getByLabel('Trace file')
      .setInputFiles({ name: `${HOSTILE}.gz`, mimeType: 'application/gzip', buffer });
    await page.waitForURL('**/import?session=*', WAIT);
    const id = new URL(page.url()).searchParams.get('session') ?? '';
    await page.getByRole('heading', { name: `${HOSTILE}.gz` }).waitFor(WAIT);
    expect(await page.locator('img').count()).toBe(0);

    await page
      .getByText('this kernel frees a root with its last vCPU: 41 root allocations for 20 SMIs')
      .waitFor(WAIT);
    await page.getByRole('region', { name: 'Causes' }).getByText('SMM entry or exit').first().waitFor(WAIT);
    const verdicts = page.getByRole('region', { name: 'Verdict of each protocol' });
    await verdicts.getByRole('button', { name: /v5\.18 accepted as 6\.1\.192-nofix/ }).waitFor(WAIT);
    await verdicts.getByText('This trace cannot tell these 3 apart.').waitFor(WAIT);
    const lines = page.getByRole('region', { name: 'Lines of the trace' });
    const row = lines.locator('[aria-current=true]');
    await row.getByText('kvm_tdp_mmu_put_root').waitFor(WAIT);
    expect(await row.textContent()).toContain('75');
    await page
      .getByText('the probe read 2; root 1 (0x888006843228) is valid with 3 references')
      .waitFor(WAIT);
    await expect.poll(() => least(page, '.plot canvas'), WAIT).toBeGreaterThan(200);

    // Another protocol by its key; the address says which, and reproduces it.
    await verdicts.getByRole('button', { name: /v6\.9/ }).click();
    await page.waitForURL('**protocol=v6.9', WAIT);
    await lines.getByText('kvm_tdp_mmu_get_vcpu_root_hpa').first().waitFor(WAIT);
    await page.keyboard.press('k');
    await page.waitForURL((url) => url.searchParams.get('protocol') !== 'v6.9', WAIT);
    await page.keyboard.press('Shift+T');
    await page.goto(`${server.server.url}/import?session=${id}&protocol=v5.18`);
    await page.getByText('Some behaviour of v5.18 makes every line, in order.').waitFor(WAIT);

    // The session says of every event how it is known.
    await page.keyboard.press('Enter');
    await page.waitForURL(`**/sessions/${id}`, WAIT);
    await page
      .getByText(/≈ inferred: /)
      .first()
      .waitFor(WAIT);
    expect(errors).toEqual([]);
    expect(foreign).toEqual([]);
    await page.context().close();
  });

  it('draws what was lost as a gap, in the report and on the timeline; a file is dropped anywhere', async () => {
    const { page, errors } = await openPage(browser, `${server.server.url}/import`);
    await page.getByText('Drop a trace of a real kernel here').waitFor(WAIT);
    const trace = readFileSync(join(TRACES, 'formats/5.10.262.pipe_lost.txt.gz')).toString('base64');
    await page.evaluate(`(() => {
      const bytes = Uint8Array.from(atob('${trace}'), (c) => c.charCodeAt(0));
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([bytes], 'lost.txt.gz'));
      document.body.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
    })()`);
    await page.waitForURL('**/import?session=*', WAIT);
    const id = new URL(page.url()).searchParams.get('session') ?? '';
    await page.getByText('1,288 events lost at line 25 on CPU 0').waitFor(WAIT);
    await page.getByText('Nothing observed refutes v5.10').waitFor(WAIT);
    await page.locator('[aria-current=true]').getByText('LOST EVENTS').waitFor(WAIT);
    await page.goto(`${server.server.url}/sessions/${id}`);
    await page
      .getByRole('list', { name: 'What the timeline shows' })
      .getByText('gap: 1,288 events lost')
      .waitFor({ ...WAIT, state: 'attached' });
    await page.goto(`${server.server.url}/sessions?kind=imported`);
    await page.getByRole('link', { name: 'Trace report' }).click();
    await page.waitForURL(`**/import?session=${id}`, WAIT);
    await page.getByRole('link', { name: 'Import /' }).click();
    await page.getByRole('link', { name: 'lost.txt.gz' }).waitFor(WAIT);
    expect(errors).toEqual([]);
    await page.context().close();
  });

  it('says what the server has against a file, and cancels an upload', async () => {
    const { page } = await openPage(browser, `${server.server.url}/import`);
    const field = page.getByLabel('Trace file');
    const prose = (bytes: number) => ({
      name: 'notes.txt',
      mimeType: 'text/plain',
      buffer: Buffer.alloc(bytes, 'no trace at all\n'),
    });
    await field.setInputFiles(prose(4_096));
    await page.getByText('That did not work').waitFor(WAIT);
    await page.getByText('nothing of it was stored').waitFor(WAIT);
    await page.getByText(/expected text of tracefs/).waitFor(WAIT);
    const slow = await page.context().newCDPSession(page);
    const speed = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 100_000 };
    await slow.send('Network.emulateNetworkConditions', speed);
    await field.setInputFiles(prose(4 * 1024 * 1024));
    await page.getByText(/ of 4\.0 MiB/).waitFor(WAIT);
    await page.keyboard.press('Escape');
    await page.getByText('Drop a trace of a real kernel here').waitFor(WAIT);
    await page.goto(`${server.server.url}/import?session=1`);
    await page.getByText('session 1 is no imported trace').waitFor(WAIT);
    await page.context().close();
  });
});
