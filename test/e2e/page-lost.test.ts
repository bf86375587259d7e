// The page when what it hangs on goes away: a server that is killed and started again, and a socket that is cut while the server lives on.
// The page says so, keeps what it showed, goes on by itself, and has lost nothing.
import type { Browser, WebSocketRoute } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SessionView } from '../../src/sessions/session.view.js';
import { launchBrowser, openPage } from './browser-under-test.js';
import { ServerProcess } from './crash/server-process.js';
import { TestFolder, TestServer } from './server-under-test.js';

const WAIT = { timeout: 60_000 };
const OFFLINE = 'Offline, showing what was read';
/** Long enough to be killed in the middle of it. */
const RUN = { scenario: 'smi-heavy', protocol: 'v5.18', seed: 3, parameters: { smis: 800 } };
const KILL_AT = 5_000;

describe('a page that loses its server', () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchBrowser();
  });

  afterAll(() => browser?.close());

  it('is killed, comes back on its port, and the followed session ends as one that nobody has disturbed', async () => {
    const folder = new TestFolder();
    let server = new ServerProcess(folder.path);
    try {
      const api = await server.address();
      const post = (body: object) =>
        fetch(`${api}/sessions`, {
          method: 'POST',
          body: JSON.stringify(body),
          headers: { 'content-type': 'application/json' },
        });
      const session = async (id: string) =>
        (await (await fetch(`${api}/sessions/${id}`)).json()) as SessionView;
      const { id } = (await (await post(RUN)).json()) as SessionView;
      const url = new URL(api ?? '').origin;
      const { page } = await openPage(browser, `${url}/sessions/${id}`);
      const list = await openPage(browser, `${url}/sessions`);
      await page.getByText(/State after [\d,]+/).waitFor(WAIT);
      await page.getByText('Connected').waitFor(WAIT);
      while ((await session(id)).stored < KILL_AT) await page.waitForTimeout(20);
      await server.kill();
      await page.getByText(OFFLINE).waitFor(WAIT);
      await list.page.getByText(OFFLINE).waitFor(WAIT);
      // What was read stays, and can be walked in.
      await page.getByText(/State after [\d,]+/).waitFor(WAIT);
      await list.page.getByRole('row', { name: /smi-heavy/ }).waitFor(WAIT);

      server = new ServerProcess(folder.path, { ROOTLINE_PORT: new URL(url).port });
      expect(await server.address()).toBe(api);
      await page.getByText('Connected').waitFor(WAIT);
      // Neither page is touched: the session goes on by itself, and both see its end.
      await page.getByText(/^digest [0-9a-f]{16}$/).waitFor(WAIT);
      const ended = await session(id);
      expect(ended.state).toBe('finished');
      await page.getByText(`digest ${ended.digest}`).waitFor(WAIT);
      await page.getByText(`State after ${ended.stored.toLocaleString('en-US')}`).waitFor(WAIT);
      const row = list.page.getByRole('row', { name: /smi-heavy/ });
      await row.getByText('finished').waitFor(WAIT);
      await row.getByText(ended.events.toLocaleString('en-US')).waitFor(WAIT);
      // The same run once more, undisturbed.
      const { id: other } = (await (await post(RUN)).json()) as SessionView;
      await list.page
        .getByRole('row', { name: new RegExp(`${other} · smi-heavy`) })
        .getByText('finished')
        .waitFor(WAIT);
      expect((await session(other)).digest).toBe(ended.digest);
      await page.context().close();
      await list.page.context().close();
    } finally {
      await server.stop();
      folder.remove();
    }
  });

  it('loses its socket alone, and is told afterwards what has happened meanwhile', async () => {
    const folder = new TestFolder();
    const server = await TestServer.start(folder.path);
    try {
      const { id } = await server.create({ scenario: 'live', protocol: 'v6.4' });
      await server.until(id, ({ state }) => state === 'waiting');
      const { page } = await openPage(browser, 'about:blank');
      const open = new Set<WebSocketRoute>();
      let cut = false;
      await page.routeWebSocket('**/api/v1/live', (socket) => {
        if (cut) {
          void socket.close({ code: 1011 });
          return;
        }
        open.add(socket);
        socket.connectToServer();
      });
      await page.goto(`${server.server.url}/sessions/${id}`);
      await page.getByText('Connected').waitFor(WAIT);
      await page.getByText('waiting, 0 stored').waitFor(WAIT);
      cut = true;
      for (const socket of open) await socket.close({ code: 1011 });
      await page.getByText(OFFLINE).waitFor(WAIT);
      await server.post(`/sessions/${id}/commands`, { command: 'createVm' }, { 'if-match': '"0"' });
      const { stored } = await server.until(id, (one) => one.state === 'waiting' && one.stored > 0);
      // It cannot know yet; it says that it shows what was read.
      await page.getByText('waiting, 0 stored').waitFor(WAIT);
      cut = false;
      await page.getByText('Connected').waitFor(WAIT);
      await page.getByText(`waiting, ${stored} stored`).waitFor(WAIT);
      await page.getByText(`State after ${stored}`).waitFor(WAIT);
      // And it is as good as new: the next command is for the position that it has now.
      await page.getByLabel('Example of a command').selectOption('addMemslot');
      await page.getByRole('button', { name: 'Send' }).click();
      await page.getByText('done', { exact: true }).waitFor(WAIT);
      expect((await server.session(id)).stored).toBeGreaterThan(stored);
      await page.context().close();
    } finally {
      await server.stop();
      folder.remove();
    }
  });
});
