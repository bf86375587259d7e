// Ledgers, blame, waits and critical paths over HTTP and from the command line, on the draft's second bug: the answers fit
// their schemas, and both ways give the same.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RootLedger } from '../../src/core/projections/ledger/ledger.js';
import * as schemas from '../../src/sessions/blame.schemas.js';
import type { SessionView } from '../../src/sessions/session.view.js';
import { rootline, serve } from './cli-support.js';
import { TestFolder, TestServer } from './server-under-test.js';

const folder = new TestFolder();
let server: TestServer;
let session: SessionView;

beforeAll(async () => {
  server = await TestServer.start(folder.path);
  session = await server.run({
    scenario: 'destroy-race',
    protocol: 'seed-draft',
    scheduler: 'random',
    seed: 13,
  });
});
afterAll(async () => {
  folder.remove();
});

const asked = async (path: string) => await server.get(`/sessions/${session.id}${path}`);

test('the ledger of the root that was used after its page was freed', async () => {
  const { status, body } = await asked('/tdp-mmus/1/roots/4/ledger?limit=2');
  expect(status).toBe(200);
  const ledger = schemas.ledger.parse(body) as RootLedger;
  expect(ledger).toMatchObject({ root: 4, vm: 1, state: 'freed', balance: 0, complete: true });
  expect(ledger.faults[0]).toMatchObject({ kind: 'useAfterFree', owner: 'vmm1' });
  expect(ledger.references.filter((reference) => reference.state === 'givenBack')).toHaveLength(2);
  // Before the put of the work item the reference that it was given is all that holds it.
  const before = await asked(`/tdp-mmus/1/roots/4/ledger?at=${ledger.lastPut!.position - 1}`);
  expect(schemas.ledger.parse(before.body).references.filter((r) => r.state === 'held')).toMatchObject([
    { why: 'invalidation gift' },
  ]);
});

test('blame, waits and critical paths fit their schemas', async () => {
  const last = schemas.blame.parse((await asked('/blame?path=tdp-mmus.1.roots.4.refcount')).body);
  expect(last).toMatchObject({ outcome: 'found', value: null, changes: [{ type: 'RootFreed', before: 0 }] });
  const all = schemas.blame.parse((await asked('/blame?path=tdp-mmus.1.roots.4.refcount&all=true')).body);
  expect(all.changes.map((change) => change.after).slice(0, 3)).toEqual([null, 0, 1]);
  const wait = schemas.wait.parse((await asked('/waits?thread=vmm1&at=900')).body);
  expect(wait).toMatchObject({ thread: 'vmm1', kind: 'lock' });
  const path = schemas.criticalPath.parse((await asked('/critical-path?from=1&to=900')).body);
  expect(path).toMatchObject({ from: 1, to: 900 });
});

test.each([
  ['/tdp-mmus/1/roots/99/ledger', 404, 'unknown-root', 'roots 1 to'],
  ['/tdp-mmus/0/roots/4/ledger', 404, 'unknown-root', 'root 4 belongs to tdp-mmus.1'],
  ['/tdp-mmus/1/roots/x/ledger', 404, 'root-not-found', 'expected a whole number'],
  ['/blame?path=tdp-mmus.1.roots.4.refcnt', 422, 'unknown-path', '"refcnt" is unknown at column 20'],
  ['/blame?path=tdp-mmus.1.roots.4.refcount&at=999999', 422, 'position-outside', 'has no position 999999'],
  ['/blame?all=true', 400, 'bad-query', 'path'],
  ['/waits?thread=vmm9', 422, 'unknown-thread', 'expected one of: vmm0'],
  ['/critical-path?from=9&to=3', 422, 'path-positions', 'to a later one'],
])('%s is refused with %i %s', async (path, status, code, text) => {
  const answer = await asked(path);
  expect([answer.status, answer.body]).toMatchObject([status, { type: `urn:rootline:problem:${code}` }]);
  expect((answer.body as { readonly detail: string }).detail).toContain(text);
});

test('the command line gives the same, through a server and from the data folder, as JSON and as text', async () => {
  const expected = (await asked('/tdp-mmus/1/roots/4/ledger')).body;
  // The command line waits for its answer in this process: the server has to be another one.
  await server.stop();
  const cli = (...args: string[]) => rootline([...args, '--data', folder.path]);
  const ledger = () => cli('ledger', session.id, 'tdp-mmus.1.roots.4', '--json');
  const served = await serve(folder.path);
  const through = ledger();
  await served.stop();
  const direct = ledger();
  // A ledger with faults is a violation.
  expect([through.code, direct.code]).toEqual([3, 3]);
  expect([JSON.parse(through.stdout), JSON.parse(direct.stdout)]).toEqual([expected, expected]);

  const blame = cli(
    'blame',
    session.id,
    'tdp-mmus.1.roots.4.refcount',
    '--all',
    '--limit',
    '2',
    '--at',
    '900',
  );
  expect(blame.code).toBe(0);
  expect(blame.stdout).toContain('put r4: 1 -> 0 (work)');
  const wait = cli('blame', session.id, '--wait', 'vmm1', '--at', '900');
  expect(wait.stdout).toContain('vmm1 waited for mmu_lock of VM');
  const path = cli('critical-path', session.id, '--from', '1', '--to', '900');
  expect(path.stdout).toContain('by cause:');
  const lines = [blame, wait, path].flatMap(({ stdout }) => stdout.split('\n'));
  expect(lines.filter((line) => line.length > 100)).toEqual([]);
  const wrong = cli('ledger', session.id, 'vms.0');
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).toContain('tdp-mmus.VM.roots.ROOT');
  expect(cli('blame', session.id).code).toBe(2);
});
