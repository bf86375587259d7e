// What the shipped protocols can do, those that users bring can do, too: forks, comparisons, searches as jobs, time travel and
// replays, also after a restart of the server with the file changed. The stored text is what runs.
import { copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Comparison } from '../../src/core/compare/comparison.js';
import type { CatalogueRun } from '../../src/explorations/catalogue/catalogue-jobs.js';
import type { ExplorationView } from '../../src/explorations/exploration.service.js';
import type { Relaxation } from '../../src/explorations/relax/relax-jobs.js';
import type { JobView } from '../../src/jobs/job-service.js';
import type { ReplayResult } from '../../src/sessions/inspection/replay-result.js';
import type { SessionView } from '../../src/sessions/session.view.js';
import { documentOf, rootline, serve } from './cli-support.js';
import { TestFolder, TestServer } from './server-under-test.js';

const EXAMPLES = fileURLToPath(new URL('../../examples/protocols/', import.meta.url));
const LOOKUP = 'kvm_tdp_mmu_get_vcpu_root_hpa';
const FIRST = 'for_each_tdp_mmu_root';

/** v5.18 with one line more in the step that looks for a root. */
const withLine = (line: string): string => `
  export default (api) => api.extend('v5.18', { steps: { ${LOOKUP}: {
    ${FIRST}: [
      (l) => api.op.list_first(l.vm),
      (l, root) => { l.root = root; ${line}; return root < 0 ? 'tdp_mmu_alloc_sp' : 'role_word_equal'; },
    ],
  } } });`;

const protocols = new TestFolder();
const data = new TestFolder();
const file = (name: string): string => join(protocols.path, `${name}.mjs`);
let server: TestServer;
const start = async (): Promise<void> => {
  server = await TestServer.start(data.path, { protocolsDir: protocols.path });
};

beforeAll(async () => {
  for (const name of ['draft-on-v5.18', 'draft-rcu-walk'])
    copyFileSync(join(EXAMPLES, `${name}.mjs`), file(name));
  writeFileSync(file('mine'), withLine(''));
  await start();
});
afterAll(async () => {
  await server.stop();
  protocols.remove();
  data.remove();
});

interface ProblemBody {
  readonly type: string;
  readonly detail: string;
}

const fork = async (id: string, at: number, changes: object) =>
  await server.post<SessionView & ProblemBody>(`/sessions/${id}/forks`, { at, changes });
const replay = async (id: string): Promise<ReplayResult> =>
  (await server.post<ReplayResult>(`/sessions/${id}/replay`)).body;
const VERIFIED = { verified: true, by: { schedule: { outcome: 'verified' } } };

test('forks of a session under a protocol of yours: nothing changed, another seed, a shipped protocol', async () => {
  const session = await server.run({ scenario: 'smi', protocol: 'mine' });
  const shipped = await server.run({ scenario: 'smi', protocol: 'v5.18' });
  // The digest is over events: the same rules in other words.
  expect(session.digest).toBe(shipped.digest);
  const same = await server.ended((await fork(session.id, 200, {})).body.id);
  expect([same.state, same.digest]).toEqual(['finished', session.digest]);
  expect(same.userProtocol?.text).toBe(withLine(''));
  expect(await replay(same.id)).toMatchObject(VERIFIED);
  const back = await server.ended((await fork(session.id, 200, { protocol: 'v5.18' })).body.id);
  expect([back.protocol, back.userProtocol, back.digest]).toEqual(['v5.18', null, session.digest]);
  // The history is the same under both: it is shared.
  expect(back.forks[0]).toMatchObject({ position: expect.any(Number) as number, again: null });
});

test('a fork to a protocol of yours shares what is the same, else runs again; a changed text is another protocol', async () => {
  const { id, digest } = await server.run({ scenario: 'smi', protocol: 'v5.18' });
  const mine = await server.ended((await fork(id, 200, { protocol: 'mine' })).body.id);
  expect([mine.protocol, mine.digest, mine.forks[0]?.again]).toEqual(['mine', digest, null]);
  const draft = await server.ended((await fork(id, 200, { protocol: 'draft-on-v5.18' })).body.id);
  expect(draft.forks[0]?.again?.of).toBeGreaterThan(0);
  expect(draft.rootAllocations).toBeLessThan(mine.rootAllocations);
  expect(await replay(draft.id)).toMatchObject(VERIFIED);
  writeFileSync(file('mine'), withLine('l.root = root'));
  const again = await server.ended((await fork(mine.id, 300, { protocol: 'mine' })).body.id);
  expect(again.userProtocol?.text).toBe(withLine('l.root = root'));
  expect(again.forks.at(-1)?.difference).toContain('protocol=mine');
  writeFileSync(file('broken'), 'export default 7;');
  const refused = await fork(id, 200, { protocol: 'broken' });
  expect([refused.status, refused.body.type]).toEqual([422, 'urn:rootline:problem:protocol-fault']);
  expect((await fork(id, 200, { protocol: 'nobody' })).status).toBe(422);
  rmSync(file('broken'));
});

test('a comparison with the shipped form of the same rules', async () => {
  const ids: string[] = [];
  for (const protocol of ['seed-draft', 'draft-on-v5.18', 'v5.18'])
    ids.push((await server.run({ scenario: 'smi', protocol })).id);
  const { body } = await server.post<Comparison>('/comparisons', { sessions: ids });
  expect(body.alignments.map(({ outcome }) => outcome)).toEqual(['equal', 'diverges']);
});

const search = async (body: object): Promise<ExplorationView> => {
  const job = await server.post<JobView>('/explorations', body);
  expect(job.status).toBe(202);
  for (;;) {
    const view = (await server.get<ExplorationView>(`/explorations/${job.body.id}`)).body;
    if (view.state !== 'queued' && view.state !== 'running') return view;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

test('explorations under protocols of the folder: the counterexample is a session that replays', async () => {
  const found = await search({ litmus: 'create-failure', protocol: 'draft-on-v5.18', transplant: 'v6.4' });
  expect(found).toMatchObject({
    state: 'finished',
    protocol: 'draft-on-v5.18',
    result: { verdict: 'violated', invariant: 'LOCKDEP_HELD_WRITE' },
  });
  const { sessionId } = found.result!;
  expect(await server.session(sessionId!)).toMatchObject({ kind: 'explored', protocol: 'draft-on-v5.18' });
  expect(await replay(sessionId!)).toMatchObject(VERIFIED);
  const report = await server.get<{ lines: string[] }>(`/explorations/${found.id}/report`);
  expect(report.body.lines.at(-1)).toMatch(/^under v6.4 /);
  expect(await search({ litmus: 'create-failure', protocol: 'draft-rcu-walk' })).toMatchObject({
    result: { verdict: 'holds', reductions: [] },
  });
});

const ended = async <T extends { readonly state: string }>(route: string, body: object): Promise<T> => {
  const job = await server.post<JobView>(route, body);
  expect(job.status).toBe(202);
  for (;;) {
    const view = (await server.get<T>(`${route}/${job.body.id}`)).body;
    if (view.state !== 'queued' && view.state !== 'running') return view;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

test('a rule dropped from a protocol of the folder: its session replays under the stored text and the dropped rule', async () => {
  const rule = 'rcu-in-invalidate-walk';
  const asked = { protocol: 'draft-rcu-walk', rule, litmus: ['v-d'], workers: 1 };
  const { state, rows } = await ended<Relaxation>('/relaxations', asked);
  expect([state, rows]).toMatchObject(['finished', [{ answer: 'needed', litmus: 'v-d', invariant: 'I3' }]]);
  const { sessionId } = rows![0]!;
  expect(await server.session(sessionId!)).toMatchObject({
    protocol: `draft-rcu-walk~${rule}`,
    userProtocol: { file: 'draft-rcu-walk.mjs' },
  });
  expect(await replay(sessionId!)).toMatchObject(VERIFIED);
});

test('the known bugs, looked for in protocols of the folder', async () => {
  const run = (protocol: string, bug: string) =>
    ended<CatalogueRun>('/catalogue/runs', { protocol, bug, workers: 1 });
  // What they extend has it: nothing is expected, and it is answered.
  const fixed = await run('draft-rcu-walk', 'B13');
  expect(fixed).toMatchObject({ failed: 0, rows: [{ expected: 'unknown', got: 'holds', sessionId: null }] });
  const drafted = await run('draft-on-v5.18', 'B12');
  expect(drafted).toMatchObject({
    failed: 1,
    rows: [{ expected: 'holds', got: 'violated', invariant: 'LOCKDEP_HELD_WRITE', how: 'exhaustive' }],
  });
  expect(await replay(drafted.rows![0]!.sessionId!)).toMatchObject(VERIFIED);
});

test('a search that a stop of the server interrupted goes on under the stored text', async () => {
  writeFileSync(file('long'), withLine(''));
  const asked = { litmus: 'v-m', protocol: 'long' };
  const whole = await search(asked);
  const job = (await server.post<JobView>('/explorations', asked)).body;
  await server.stop();
  writeFileSync(file('long'), withLine('throw 1'));
  await start();
  let view: ExplorationView;
  do {
    await new Promise((resolve) => setTimeout(resolve, 50));
    view = (await server.get<ExplorationView>(`/explorations/${job.id}`)).body;
  } while (view.state !== 'finished' && view.state !== 'failed');
  expect(view.result).toMatchObject({ verdict: 'holds', states: whole.result!.states });
});

test('what a step does wrong in a search is a typed error of the job, and the server stays up', async () => {
  const at = `${LOOKUP} @ ${FIRST}`;
  const faults = [
    ['throws', "throw new RangeError('oh')", `protocol-fault (threw) throws.mjs, ${at}: RangeError: oh`],
    ['clock', 'l.root += Date.now()', `protocol-fault (forbidden) clock.mjs, ${at}: Date is not there`],
    ['loops', 'for (;;);', `protocol-fault (time) loops.mjs, ${at}: it ran for more than`],
    ['grows', "for (let s = ['x'];;) s = s.concat(s)", 'protocol-fault (memory) grows.mjs'],
  ] as const;
  for (const [name, line, says] of faults) {
    writeFileSync(file(name), withLine(line));
    const view = await search({ litmus: 'v-v', protocol: name });
    expect([view.state, view.result]).toEqual(['failed', null]);
    expect(view.error).toContain(says);
    rmSync(file(name));
  }
  writeFileSync(file('imports'), "import 'node:fs'; export default 1;");
  const refused = await server.post<ProblemBody>('/explorations', { litmus: 'v-v', protocol: 'imports' });
  expect([refused.status, refused.body.type]).toEqual([422, 'urn:rootline:problem:protocol-fault']);
  rmSync(file('imports'));
  expect(await search({ litmus: 'create-failure', protocol: 'v5.18' })).toMatchObject({ state: 'finished' });
});

test('after a restart with the file changed the stored text replays, is looked at and forked', async () => {
  writeFileSync(file('kept'), withLine(''));
  const { id, digest, stored } = await server.run({ scenario: 'smi', protocol: 'kept' });
  await server.stop();
  writeFileSync(file('kept'), 'this is no module');
  await start();
  expect(await replay(id)).toMatchObject(VERIFIED);
  expect((await server.get(`/sessions/${id}/state?at=${Math.floor(stored / 2)}`)).status).toBe(200);
  const forked = await server.ended((await fork(id, 100, {})).body.id);
  expect([forked.state, forked.digest]).toEqual(['finished', digest]);
});

test('another shipped part under the same text is engine_differs, no mismatch', async () => {
  const { id } = await server.run({ scenario: 'smi', protocol: 'draft-rcu-walk' });
  await server.stop();
  const db = new Database(join(data.path, 'events.sqlite'));
  db.prepare(
    `UPDATE session SET manifest = json_set(manifest, '$.protocolDigest', 'feedfacefeedface')`,
  ).run();
  db.close();
  await start();
  const { verified, firstDifference, by } = await replay(id);
  expect([verified, firstDifference]).toEqual([false, null]);
  expect(by.schedule).toMatchObject({
    outcome: 'engine_differs',
    detail: expect.stringContaining('the manifest was made with feedfacefeedface') as string,
  });
  expect((await server.get(`/sessions/${id}/vms`)).status).toBe(200);
  const refused = await fork(id, 100, {});
  expect([refused.status, refused.body.type]).toEqual([422, 'urn:rootline:problem:engine-differs']);
});

interface Table {
  readonly manifest: { readonly protocols: readonly { readonly id: string }[] };
  readonly table: {
    readonly groups: readonly {
      readonly protocol: string;
      readonly digest: string;
      readonly outcomes: Readonly<Record<string, number>>;
    }[];
  };
}

test('a sweep over protocols of the folder beside the shipped ones; each cell evaluates the text anew', async () => {
  writeFileSync(file('swept'), `let cells = 0; ${withLine('if (root < 0 && cells++ > 20) throw 1')}`);
  writeFileSync(file('faulty'), withLine('Math.random()'));
  const protocolsOf = ['v5.18', 'swept', 'faulty'];
  const asked = { scenario: 'memslot-idle', protocols: protocolsOf, seeds: '1..3' };
  const job = await server.post<JobView>('/sweeps', asked);
  expect(job.status).toBe(202);
  const ended = async (id: string): Promise<string> => {
    for (;;) {
      const { state } = (await server.get<{ state: string }>(`/sweeps/${id}`)).body;
      if (state !== 'queued' && state !== 'running') return state;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  expect(await ended(job.body.id)).toBe('finished');
  const { manifest, table } = (await server.get<Table>(`/sweeps/${job.body.id}/table`)).body;
  const [shipped, mine, faulty] = table.groups;
  expect([mine!.outcomes, mine!.digest]).toEqual([shipped!.outcomes, shipped!.digest]);
  expect(faulty!.outcomes).toEqual({ failed: 3 });
  const again = await server.post<JobView>('/sweeps', { manifest, record: 'lifecycle' });
  expect(again.status).toBe(202);
  expect(await ended(again.body.id)).toBe('finished');
  // A server runs what its folder has.
  writeFileSync(file('swept'), withLine(''));
  const refused = await server.post<ProblemBody>('/sweeps', { manifest });
  expect([refused.status, refused.body.detail]).toEqual([
    422,
    expect.stringContaining("a text of protocol swept which is not that of the server's folder") as string,
  ]);
  for (const name of ['swept', 'faulty']) rmSync(file(name));
});

test('run takes an id that only the server knows; experiment runs your patch in the place of the draft', async () => {
  const own = new TestFolder();
  process.env['ROOTLINE_PROTOCOLS'] = protocols.path;
  const served = await serve(own.path);
  delete process.env['ROOTLINE_PROTOCOLS'];
  const run = rootline(['run', 'smi', '--protocol', 'draft-rcu-walk', '--data', own.path, '--json']);
  expect([run.code, documentOf(run)['protocol']]).toEqual([0, 'draft-rcu-walk']);
  expect(rootline(['run', 'smi', '--protocol', 'nobody', '--data', own.path]).code).toBe(2);
  expect(await served.stop()).toBe(0);
  // The server is gone, and with it its folder.
  expect(rootline(['run', 'smi', '--protocol', 'draft-rcu-walk', '--data', own.path]).code).toBe(2);
  const small = ['--set', 'exitsPercent=1', '--set', 'pagesPercent=5', '--data', own.path, '--json'];
  const experiment = rootline(['experiment', '--protocol', file('draft-rcu-walk'), ...small]);
  const { runs } = documentOf(experiment) as unknown as { runs: { protocol: string; outcome: string }[] };
  expect(new Set(runs.map(({ protocol }) => protocol))).toEqual(new Set(['v5.18', 'draft-rcu-walk']));
  expect(runs.filter((r) => r.protocol !== 'v5.18').map((r) => r.outcome)).toEqual(Array(4).fill('booted'));
  own.remove();
}, 180_000);
