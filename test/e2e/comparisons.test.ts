// Comparisons over HTTP and from the command line: the draft against its base, schedules that only commute, and what cannot be
// compared.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as schemas from '../../src/comparisons/comparison.schemas.js';
import type { SessionView } from '../../src/sessions/session.view.js';
import { rootline, serve } from './cli-support.js';
import { TestFolder, TestServer } from './server-under-test.js';

const GOLDEN = fileURLToPath(new URL('../golden/compare-smi.txt', import.meta.url));
const folder = new TestFolder();
let server: TestServer;
let smi: SessionView;
let draft: SessionView;
let partial: SessionView;
let other: SessionView;
let live: SessionView;

beforeAll(async () => {
  server = await TestServer.start(folder.path);
  smi = await server.run({ scenario: 'smi', protocol: 'v5.18' });
  draft = await server.run({ scenario: 'smi', protocol: 'seed-draft' });
  const random = { scenario: 'destroy-partial', protocol: 'v5.18', scheduler: 'random' };
  partial = await server.run({ ...random, seed: 1 });
  other = await server.run({ ...random, seed: 2 });
  live = await server.create({ scenario: 'live', protocol: 'v5.18' });
});
afterAll(async () => {
  folder.remove();
});

const compared = async (query: string) => await server.get<Record<string, unknown>>(`/comparisons?${query}`);

test('the draft beside its base: what differs, the first step that parts them, curves', async () => {
  const { status, body } = await compared(`sessions=${smi.id},${draft.id}&points=20`);
  expect(status).toBe(200);
  const found = schemas.comparison.parse(body);
  expect(found.parameters.rows.map(({ name }) => name)).toEqual(['protocol', 'protocolDigest']);
  const roots = found.metrics.rows.find(({ name }) => name === 'root allocations');
  expect(roots?.values).toEqual([smi.rootAllocations, draft.rootAllocations]);
  expect(found.metrics.rows.every(({ values }) => values[0] !== values[1])).toBe(true);
  expect(found.series?.timesNs).toHaveLength(20);
  const curve = found.series?.curves.find(({ name }) => name === 'rootAllocations');
  expect(curve?.values.map((values) => values?.at(-1))).toEqual([smi.rootAllocations, draft.rootAllocations]);
  expect(found.alignments).toMatchObject([{ outcome: 'diverges', by: 'operations', level: 'full' }]);
  const { divergence } = found.alignments[0];
  expect(divergence?.steps.map((step) => step?.function)).toEqual([
    'kvm_tdp_mmu_put_root',
    'mmu_free_root_page',
  ]);
  const all = schemas.comparison.parse(
    (await compared(`sessions=${smi.id},${draft.id}&all=true&points=0`)).body,
  );
  expect(all.metrics.rows).toHaveLength(found.metrics.rows.length + found.metrics.same);
  expect(all.series).toBeNull();
});

test('three sessions: schedules that only commute are equal, another scenario is not aligned and still measured', async () => {
  const { body } = await compared(`sessions=${partial.id},${other.id},${smi.id}`);
  const found = schemas.comparison.parse(body);
  expect(found.alignments).toMatchObject([
    { outcome: 'equal', by: 'steps', divergence: null },
    { outcome: 'notAligned', reason: { code: 'differentScenarios' }, divergence: null },
  ]);
  expect(found.metrics.rows.find(({ name }) => name === 'root allocations')?.values).toHaveLength(3);
});

test('the same answer by POST, and as a job', async () => {
  const sessions = [smi.id, draft.id];
  const direct = (await compared(`sessions=${sessions.join(',')}&points=7`)).body;
  const posted = await server.post<unknown>('/comparisons', { sessions, points: 7 });
  expect([posted.status, posted.body]).toEqual([200, direct]);
  const job = await server.post<{ id: string }>(
    '/comparisons',
    { sessions, points: 7 },
    { prefer: 'respond-async' },
  );
  expect(job.status).toBe(202);
  const ended = async () =>
    (await server.get<{ state: string; result: unknown }>(`/jobs/${job.body.id}`)).body;
  await expect.poll(async () => (await ended()).state).toBe('finished');
  expect((await ended()).result).toEqual(direct);
});

test('what cannot be compared is refused with what was expected', async () => {
  const refused = async (query: string) => {
    const { status, body } = await compared(query);
    return [status, String(body.type).split(':').at(-1)];
  };
  expect(await refused(`sessions=${smi.id}`)).toEqual([422, 'compared-sessions']);
  expect(await refused(`sessions=${[1, 2, 3, 4, 5, 6, 7, 8, 9].join(',')}`)).toEqual([
    422,
    'compared-sessions',
  ]);
  expect(await refused(`sessions=${smi.id},${smi.id}`)).toEqual([422, 'same-session']);
  expect(await refused(`sessions=${smi.id},999`)).toEqual([404, 'session-not-found']);
  expect(await refused('sessions=1,x')).toEqual([400, 'bad-query']);
  expect(await refused('')).toEqual([400, 'bad-query']);
  expect(await refused(`sessions=${smi.id},${draft.id}&points=2001`)).toEqual([400, 'bad-query']);
  expect(await refused(`sessions=${smi.id},${draft.id}&width=3`)).toEqual([400, 'unknown-field']);
  await expect
    .poll(async () => (await server.get<SessionView>(`/sessions/${live.id}`)).body.state)
    .toBe('waiting');
  const long = await server.create({ scenario: 'boot', protocol: 'v5.18' });
  expect(await refused(`sessions=${smi.id},${long.id}`)).toEqual([409, 'state-conflict']);
  await server.post(`/sessions/${long.id}/cancel`);
});

test('from the command line, through the server and in the folder; the text is kept', async () => {
  await server.stop();
  const args = ['compare', smi.id, draft.id, '--data', folder.path];
  const here = rootline(args);
  expect(here.code).toBe(3);
  // The digests change with every word of a procedure.
  const text = here.stdout.replace(/(protocolDigest) .*/, '$1 ...');
  if (process.env.UPDATE === '1') writeFileSync(GOLDEN, text);
  expect(text).toBe(readFileSync(GOLDEN, 'utf8'));
  expect(rootline(['compare', partial.id, other.id, '--data', folder.path]).code).toBe(0);
  const served = await serve(folder.path);
  try {
    expect(rootline(args).stdout).toBe(here.stdout);
    const one = rootline(['compare', smi.id, '--data', folder.path]);
    expect([one.code, one.stderr]).toEqual([2, expect.stringContaining('2 to 8 sessions, got 1')]);
  } finally {
    await served.stop();
  }
  expect(rootline([...args, '--points', '9999']).stderr).toContain('0 to 2000 points');
});
