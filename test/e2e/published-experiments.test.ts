// Experiments against published figures, alone and through a server: the same document, and the API shows it too.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { documentOf, Folders, rootline, type Served, serve } from './cli-support.js';

const folders = new Folders();
const data = folders.fresh();
let served: Served;

beforeAll(async () => {
  served = await serve(data);
});
afterAll(async () => {
  await served.stop();
  folders.clear();
});

/** A connection of its own: while a command runs, this process does not see the server close an idle one. */
const ask = (path: string, method = 'GET'): Promise<Response> =>
  fetch(`${served.url}/api/v1/experiments${path}`, { method, headers: { connection: 'close' } });

interface Row {
  readonly session: string;
  readonly figure: string;
  readonly simulated: number | null;
  readonly verdict: string;
  readonly kind: string;
}
const rowsOf = (document: unknown): Row[] => (document as { rows: Row[] }).rows;

test('max-roots: 4 and 6, exit code 0, one document', async () => {
  const alone = rootline(['experiment', 'max-roots', '--json', '--data', folders.fresh()]);
  expect(alone.code, alone.stderr).toBe(0);
  const document = documentOf(alone);
  expect(rowsOf(document).map((r) => r.simulated)).toEqual([4, 4, 4, 6, 6, 6]);
  expect(Object.keys(document)).toEqual([
    'experiment',
    'title',
    'source',
    'rows',
    'sessions',
    'inputs',
    'outOfScope',
    'asExpected',
  ]);

  const before = await (await ask('/max-roots')).json();
  expect(before).toMatchObject({ experiment: 'max-roots', document: null });
  const remote = rootline(['experiment', 'max-roots', '--json', '--data', data]);
  expect(remote.code, remote.stderr).toBe(0);
  expect(rowsOf(documentOf(remote))).toEqual(rowsOf(document));
  // What the command ran is what the API finds.
  const after = (await (await ask('/max-roots')).json()) as {
    readonly document: unknown;
  };
  expect(after.document).toEqual(documentOf(remote));
});

test('a scale of its own: only what holds at any scale is compared', () => {
  const small = ['--set', 'pages=600'];
  const ended = rootline(['experiment', 'chromeos-zap', ...small, '--json', '--data', folders.fresh()]);
  expect(ended.code, ended.stderr).toBe(0);
  const rows = rowsOf(documentOf(ended));
  expect(rows.map((r) => `${r.session} ${r.figure}: ${r.verdict}`).slice(0, 3)).toEqual([
    'v6.4 CPUs that zap at once: agrees',
    'v6.4 all of them busy for: not compared',
    'v6.6 CPUs that zap at once: agrees',
  ]);
});

test('a figure that misses is exit code 3, and the document says which', () => {
  // With one worker the asynchronous zap cannot keep four CPUs busy.
  const one = ['--set', 'cpus=1', '--set', 'pages=100'];
  const ended = rootline(['experiment', 'chromeos-zap', ...one, '--json', '--data', folders.fresh()]);
  expect(ended.code, ended.stderr).toBe(3);
  const document = documentOf(ended);
  expect(document.asExpected).toBe(false);
  expect(rowsOf(document)[0]).toMatchObject({ simulated: 1, verdict: 'misses', kind: 'predicted' });
});

test('the list, and POST starts the runs', async () => {
  const list = JSON.parse(rootline(['experiment', '--list', '--json']).stdout) as { readonly name: string }[];
  expect(list.map((e) => e.name)).toEqual([
    'forced-reset',
    'wsl-seabios',
    'xen-shim-smep',
    'memslot-storm',
    'chromeos-zap',
    'max-roots',
    'smi-rounds',
  ]);
  const api = (await (await ask('')).json()) as { experiments: unknown };
  expect(api.experiments).toEqual(list);
  const started = await ask('/max-roots', 'POST');
  expect(started.status).toBe(202);
  expect(((await started.json()) as { sessions: string[] }).sessions).toHaveLength(6);
  const unknown = await ask('/cold-fusion');
  expect(unknown.status).toBe(404);
  expect(await unknown.json()).toMatchObject({ type: 'urn:rootline:problem:unknown-experiment' });
});
