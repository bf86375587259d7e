// Makes the pictures of the README (docs/*.png): a real server, the founding experiment, an SMI, the draft's use-after-free, a real
// kernel's trace, looked at with Debian's chromium. `npm run build` first; then `node scripts/make-screenshots.mjs`, or with the
// address of a running server that may have done all that before.

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const DOCS = join(ROOT, 'docs');
const CHROMIUM = '/usr/bin/chromium';
const TRACE = join(ROOT, 'fixtures/traces/6.1.192-nofix/smi.trace.txt.gz');
const SIZE = { width: 1280, height: 800 };
/** Requests and animation of a picture are over by then. */
const REST_MS = 2_500;
const ASK_MS = 500;
/** A comparison of two boots reads both. */
const LONGEST_MS = 120_000;
const MOVING = new Set(['queued', 'running']);

async function serve() {
  const { startServer } = await import(join(ROOT, 'dist/src/http/server.js'));
  const { DEFAULT_SETTINGS } = await import(join(ROOT, 'dist/src/config/settings.js'));
  const dataDir = mkdtempSync(join(tmpdir(), 'rootline-pictures-'));
  const nothing = () => undefined;
  const log = { debug: nothing, info: nothing, warn: nothing, error: console.error };
  const server = await startServer({ ...DEFAULT_SETTINGS, port: 0, dataDir, demo: false }, log);
  return {
    url: server.url,
    stop: async () => {
      await server.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** What the pictures show, made through the API where the server has not got it. */
async function prepare(api) {
  const ask = async (method, path, body, headers = { 'content-type': 'application/json' }) => {
    const sent =
      body === undefined ? {} : { body: Buffer.isBuffer(body) ? body : JSON.stringify(body), headers };
    const answer = await fetch(`${api}${path}`, { method, ...sent });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return await answer.json();
  };
  const ended = async (path) => {
    for (;;) {
      const view = await ask('GET', path);
      if (!MOVING.has(view.state)) return view;
      await new Promise((resolve) => setTimeout(resolve, ASK_MS));
    }
  };
  const boots = async () => (await ask('GET', '/experiments/forced-reset')).rows;
  if ((await boots()).some(({ session }) => session === null)) await ask('POST', '/experiments/forced-reset');
  const smi = await ask('POST', '/sessions', { scenario: 'smi', protocol: 'v5.18', seed: 7 });
  const trace = await ask('POST', '/traces?name=smi.trace.txt.gz', readFileSync(TRACE), {
    'content-type': 'application/octet-stream',
  });
  const asked = { litmus: 'v-d', protocol: 'seed-draft', transplant: 'v6.4' };
  const exploration = await ask('POST', '/explorations', asked);
  await ended(`/explorations/${exploration.id}`);
  for (const { session } of await boots()) await ended(`/sessions/${session.id}`);
  await ended(`/sessions/${smi.id}`);
  const of = (rows, protocol) =>
    rows.find((row) => row.protocol === protocol && row.resetPolicy === 'except-ept-dr').session.id;
  const rows = await boots();
  const { position } = await ask('GET', `/sessions/${smi.id}/seek?from=0&type=SmmEntered`);
  return {
    before: of(rows, 'v5.18'),
    patched: of(rows, 'seed-draft'),
    smi: smi.id,
    position,
    exploration: exploration.id,
    trace: trace.sessionId,
  };
}

/**
 * @typedef {{ name: string, path: string, theme: 'light' | 'dark', act?: (page: import('playwright-core').Page) => Promise<unknown> }} Picture
 * @returns {readonly Picture[]} address, theme, and what is done there first
 */
function pictures(made) {
  const { before, patched, smi, position, exploration, trace } = made;
  const window = `${position - 20}-${position + 100}`;
  return [
    { name: 'sessions', path: '/sessions?search=forced', theme: 'light' },
    {
      name: 'session',
      path: `/sessions/${smi}?at=${position + 3}&window=${window}`,
      theme: 'dark',
      act: async (page) => {
        for (let i = 0; i < 3; i++) await page.keyboard.press('.');
        await page.getByRole('button', { name: 'refcount' }).first().click();
      },
    },
    { name: 'compare', path: `/compare?sessions=${before},${patched}`, theme: 'light' },
    {
      name: 'explore',
      path: `/explore/${exploration}`,
      theme: 'dark',
      act: (page) => page.keyboard.press('n'),
    },
    { name: 'import', path: `/import?session=${trace}`, theme: 'dark' },
  ];
}

async function main() {
  if (!existsSync(CHROMIUM)) throw new Error(`${CHROMIUM} is missing: apt-get install chromium`);
  const given = process.argv[2];
  const server = given === undefined ? await serve() : { url: given, stop: async () => undefined };
  const { chromium } = await import('playwright-core');
  const args = ['--no-sandbox', '--disable-gpu'];
  const browser = await chromium.launch({ executablePath: CHROMIUM, args });
  try {
    const made = await prepare(`${server.url}/api/v1`);
    mkdirSync(DOCS, { recursive: true });
    for (const { name, path, theme, act } of pictures(made)) {
      const context = await browser.newContext({
        viewport: SIZE,
        reducedMotion: 'reduce',
        colorScheme: theme,
      });
      await context.addInitScript("localStorage.setItem('rootline.tour', 'done')");
      const page = await context.newPage();
      await page.goto(`${server.url}${path}`);
      await page.waitForTimeout(REST_MS);
      await page.locator('[aria-busy=true]').last().waitFor({ state: 'detached', timeout: LONGEST_MS });
      await act?.(page);
      await page.waitForTimeout(REST_MS);
      await page.screenshot({ path: join(DOCS, `${name}.png`) });
      await context.close();
      console.log(`docs/${name}.png ${path}`);
    }
  } finally {
    await browser.close();
    await server.stop();
  }
}

await main();
