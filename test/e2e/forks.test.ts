// Forks over HTTP: they share, differ, are looked at across their fork point, leave and enter as files, and outlive their
// parents; what cannot be forked is refused with nothing made.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FORMATS } from '../../src/exports/formats.js';
import type { ProblemBody } from '../../src/http/problem.js';
import type { SessionTree } from '../../src/sessions/forks.js';
import type { SessionView } from '../../src/sessions/session.view.js';
import type { ReadableEvent } from '../../src/store/readable-rows.js';
import { rootline, serve } from './cli-support.js';
import { TestFolder, TestServer } from './server-under-test.js';

const RACE = { scenario: 'destroy-race', protocol: 'seed-draft', scheduler: 'random', seed: 13 };
const LIVE = { scenario: 'live', protocol: 'v6.4' };
const STORY: readonly object[] = [
  { command: 'createVm' },
  { command: 'addMemslot', slot: 0, baseGfn: 0, pages: 16, hvaPage: 0 },
  { command: 'addMemslot', asId: 1, slot: 0, baseGfn: 0, pages: 16, hvaPage: 0 },
  { command: 'addVcpu', vcpu: 0 },
  { command: 'touch', vcpu: 0, gfn: 1, pages: 4 },
];

const folders = [new TestFolder(), new TestFolder()];
let servers: TestServer[];
let server: TestServer;
let parent: SessionView;

beforeAll(async () => {
  servers = await Promise.all(folders.map((folder) => TestServer.start(folder.path)));
  [server] = servers as [TestServer];
  parent = await server.run(RACE);
});
afterAll(async () => {
  await Promise.all(servers.map((each) => each.stop()));
  for (const folder of folders) folder.remove();
});

async function fork(id: string, body: object): Promise<SessionView> {
  const answer = await server.post<SessionView>(`/sessions/${id}/forks`, body);
  expect([answer.status, answer.headers.get('location')]).toEqual([
    201,
    `/api/v1/sessions/${answer.body.id}`,
  ]);
  return await server.ended(answer.body.id);
}

async function told(story: readonly object[]): Promise<SessionView> {
  const { id } = await server.run(LIVE);
  for (const command of story) {
    const { stored } = await server.session(id);
    const given = await server.post(`/sessions/${id}/commands`, command, { 'if-match': `"${stored}"` });
    expect(given.status).toBe(201);
  }
  return await server.session(id);
}

const replayed = async (id: string, by: TestServer = server): Promise<boolean> =>
  (await by.post<{ verified: boolean }>(`/sessions/${id}/replay`)).body.verified;

test('a fork shares its parent up to the end of the step, goes on differently, and is looked at across its fork point', async () => {
  const at = 600;
  const other = await fork(parent.id, {
    at,
    changes: { seed: 4, costs: { rootAllocated: 101 } },
    name: 'other',
  });
  expect(other).toMatchObject({
    kind: 'forked',
    name: 'other',
    state: 'finished',
    seed: 4,
    forks: [{ sessionId: parent.id, at, difference: 'seed=4 cost.rootAllocated=101' }],
  });
  const { position } = other.forks[0]!;
  expect(position).toBeGreaterThanOrEqual(at);
  expect(other.digest).not.toBe(parent.digest);
  const events = async (id: string) =>
    (await server.get<{ events: ReadableEvent[] }>(`/sessions/${id}/events?limit=5000`)).body.events;
  const [mine, parents] = [await events(other.id), await events(parent.id)];
  expect(mine.slice(0, position)).toEqual(parents.slice(0, position));
  expect(mine.slice(position, position + 200)).not.toEqual(parents.slice(position, position + 200));
  expect(mine.map((event) => event.position)).toEqual(mine.map((_, i) => i + 1));
  expect(await replayed(other.id)).toBe(true);

  const both = async (path: string): Promise<unknown[]> =>
    await Promise.all(
      [parent.id, other.id].map(async (id) => {
        const { status, body } = await server.get<object>(`/sessions/${id}${path}`);
        expect([path, status]).toEqual([path, 200]);
        return body;
      }),
    );
  // What lies before the fork point is the same for both ...
  for (const path of [
    `/state?at=${position}`,
    `/tdp-mmus/0/roots/1/ledger?at=${position}`,
    `/blame?path=tdp-mmus.0.roots.1.refcount&at=${position}&all=true`,
    `/timeline?from=1&to=${position}&width=20`,
    `/changes?from=10&to=${position}`,
  ]) {
    const [theirs, ours] = await both(path);
    expect([path, ours]).toEqual([path, theirs]);
  }
  // ... and questions that reach across it are answered.
  const end = other.stored;
  const across = await server.get<{ position: number }>(
    `/sessions/${other.id}/seek?from=${position + 1}&direction=backward&step=step`,
  );
  expect(across.body.position).toBeLessThanOrEqual(position);
  for (const path of [
    `/state?at=${end}`,
    `/timeline?from=${position - 50}&to=${position + 50}&width=20`,
    `/blame?path=tdp-mmus.0.roots.1.refcount&all=true`,
    `/critical-path?from=${position - 100}&to=${position + 100}`,
  ])
    expect([path, (await server.get(`/sessions/${other.id}${path}`)).status]).toEqual([path, 200]);
});

test('a fork that changes nothing is its parent; the same key makes one fork', async () => {
  const same = await fork(parent.id, { at: 333 });
  expect(same).toMatchObject({ digest: parent.digest, fullDigest: parent.fullDigest, counts: parent.counts });
  expect(same.forks[0]!.difference).toBe('nothing');
  const key = { 'idempotency-key': 'one-fork' };
  const body = { at: 5, changes: { scheduler: 'timed' } };
  const twice = [1, 2].map(() => server.post<SessionView>(`/sessions/${parent.id}/forks`, body, key));
  const [a, b] = await Promise.all(twice);
  expect([a!.status, b!.status, b!.body.id]).toEqual([201, 201, a!.body.id]);
  const differs = await server.post<ProblemBody>(`/sessions/${parent.id}/forks`, { at: 6 }, key);
  expect(differs.body.type).toBe('urn:rootline:problem:idempotency-mismatch');
});

describe('live sessions', () => {
  test('a fork of a live session takes another command, and its file and that of its parent are imported with theirs', async () => {
    const lived = await told(STORY);
    const command = { command: 'smi', vcpu: 0 };
    const made = await fork(lived.id, { at: lived.stored, changes: { command } });
    expect(made).toMatchObject({ state: 'waiting', forks: [{ difference: 'command=smi' }] });
    expect(made.stored).toBeGreaterThan(lived.stored);
    const commands = await server.get<{ commands: { number: number; command: object }[] }>(
      `/sessions/${made.id}/commands`,
    );
    expect(commands.body.commands.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(commands.body.commands.at(-1)!.command).toMatchObject(command);
    // It goes on as a live session does, and its parent does too.
    const next = { 'if-match': `"${made.stored}"` };
    expect(
      (await server.post(`/sessions/${made.id}/commands`, { command: 'resetContext', vcpu: 0 }, next)).status,
    ).toBe(201);

    // Ended here; test/e2e/live-files.test.ts has one that waits.
    for (const id of [made.id, lived.id]) {
      const { stored } = await server.session(id);
      await server.post(`/sessions/${id}/commands`, { command: 'end' }, { 'if-match': `"${stored}"` });
      const ended = await server.ended(id);
      expect(ended.outcome).toBe('completed');
      const file = await fetch(`${server.api}/sessions/${id}/exports/session?snapshots=true`);
      const headers = { 'content-type': FORMATS.session.mediaType };
      const body = await file.arrayBuffer();
      const answer = await fetch(`${servers[1]!.api}/sessions/import`, { method: 'POST', body, headers });
      const imported = (await answer.json()) as SessionView;
      expect([answer.status, imported.digest, imported.fullDigest]).toEqual([
        201,
        ended.digest,
        ended.fullDigest,
      ]);
      expect(imported.forks).toEqual(ended.forks);
      expect(await replayed(imported.id, servers[1]!)).toBe(true);
      const there = await servers[1]!.get<{ commands: object[] }>(`/sessions/${imported.id}/commands`);
      expect(there.body.commands).toEqual(
        (await server.get<{ commands: object[] }>(`/sessions/${id}/commands`)).body.commands,
      );
      // What was imported is forked like any other.
      const again = await servers[1]!.post<SessionView>(`/sessions/${imported.id}/forks`, {
        at: lived.stored - 20,
      });
      expect(again.status).toBe(201);
    }
  });

  test('a refused command makes no fork', async () => {
    const lived = await told(STORY.slice(0, 1));
    const before = (await server.get<SessionTree>(`/sessions/${lived.id}/tree`)).body.nodes.length;
    const body = { at: lived.stored, changes: { command: { command: 'createVm' } } };
    const refused = await server.post<ProblemBody>(`/sessions/${lived.id}/forks`, body);
    expect([refused.status, refused.body.type]).toEqual([409, 'urn:rootline:problem:command-refused']);
    expect(refused.body.expected).toContain('addMemslot');
    expect((await server.get<SessionTree>(`/sessions/${lived.id}/tree`)).body.nodes).toHaveLength(before);
  });
});

test('the tree has the difference on every edge; a deleted parent stays as a name, and its forks whole', async () => {
  const root = await server.run({ ...RACE, seed: 7 });
  const child = await fork(root.id, { at: 400, changes: { scheduler: 'timed' } });
  const grandchild = await fork(child.id, { at: 500, changes: { seed: 3, scheduler: 'random' } });
  const early = await fork(child.id, { at: 200, changes: { scheduler: 'round-robin' } });
  const edges = async (id: string) => {
    const { nodes, complete } = (await server.get<SessionTree>(`/sessions/${id}/tree`)).body;
    expect(complete).toBe(true);
    return nodes.map((n) => [n.depth, n.id, n.deleted, n.fork?.difference ?? null]);
  };
  const below = [
    [2, grandchild.id, false, 'scheduler=random seed=3'],
    [2, early.id, false, 'scheduler=round-robin'],
  ];
  const whole = [[0, root.id, false, null], [1, child.id, false, 'scheduler=timed'], ...below];
  for (const id of [root.id, child.id, early.id]) expect(await edges(id)).toEqual(whole);
  const listed = await server.get<{ sessions: SessionView[] }>(`/sessions?parent=${child.id}&kind=forked`);
  expect(listed.body.sessions.map(({ id }) => id)).toEqual([early.id, grandchild.id]);

  expect(await server.delete(`/sessions/${child.id}`)).toBe(204);
  expect(await edges(early.id)).toEqual([
    [0, child.id, true, null],
    ...below.map(([, ...rest]) => [1, ...rest]),
  ]);
  expect(await server.delete(`/sessions/${root.id}`)).toBe(204);
  for (const { id } of [grandchild, early]) {
    expect(await replayed(id)).toBe(true);
    expect((await server.get(`/sessions/${id}/state?at=100`)).status).toBe(200);
    // Before their fork points lies what the root did.
    expect((await fork(id, { at: 150 })).digest).toBe(root.digest);
  }
});

test('a session that runs is forked at what it has committed', async () => {
  const running = await server.create({
    scenario: 'smi-heavy',
    protocol: 'v5.18',
    parameters: { smis: 20_000 },
  });
  await server.until(running.id, ({ stored }) => stored >= 20_000);
  const made = await server.post<SessionView>(`/sessions/${running.id}/forks`, {
    at: 12_345,
    changes: { limits: { events: 30_000 } },
  });
  expect(made.status).toBe(201);
  expect(await server.ended(made.body.id)).toMatchObject({
    outcome: 'limit_reached',
    forks: [{ at: 12_345 }],
  });
  const beyond = await server.post<ProblemBody>(`/sessions/${running.id}/forks`, { at: 1e12 });
  expect([beyond.status, beyond.body.type]).toEqual([422, 'urn:rootline:problem:position-outside']);
  await server.delete(`/sessions/${running.id}`);
});

test.each([
  [{}, 400, 'bad-body'],
  [{ at: -1 }, 400, 'bad-body'],
  [{ at: 1.5 }, 400, 'bad-body'],
  [{ at: 1, changes: { colour: 'red' } }, 400, 'bad-body'],
  [{ at: 1, sheduler: 'timed' }, 400, 'unknown-field'],
  [{ at: 100_000 }, 422, 'position-outside'],
  [{ at: 1, changes: { scheduler: 'fair' } }, 422, 'unknown-scheduler'],
  [{ at: 1, changes: { costs: { rootAllocated: 1 } } }, 422, 'cost-range'],
  [{ at: 1, changes: { decisions: [{ thread: 'nobody' }] } }, 422, 'unknown-thread'],
  [{ at: 600, changes: { decisions: [{ thread: 'rcu', steps: 50_000 }] } }, 422, 'thread-cannot-run'],
  [{ at: 1, changes: { command: { command: 'createVm' } } }, 409, 'command-refused'],
])('%j is refused: %i %s', async (body, status, type) => {
  const { status: given, body: problem } = await server.post<ProblemBody>(
    `/sessions/${parent.id}/forks`,
    body,
  );
  expect([given, problem.type]).toEqual([status, `urn:rootline:problem:${type}`]);
});

test('the command line forks and draws the tree, alone and through the server that owns the folder', async () => {
  const folder = new TestFolder();
  try {
    const data = ['--data', folder.path];
    expect(
      rootline(['run', 'destroy-race', '--protocol', 'seed-draft', '--scheduler', 'random', ...data]).code,
    ).toBe(0);
    const forkIt = ['fork', '1', '--at', '300', '--seed', '2', '--decision', 'vmm0:2', ...data, '--json'];
    const alone = rootline(forkIt);
    const running = await serve(folder.path);
    try {
      const through = rootline(forkIt);
      const [a, b] = [alone, through].map(({ stdout }) => JSON.parse(stdout) as SessionView);
      expect([b!.digest, b!.forks]).toEqual([a!.digest, a!.forks]);
      const tree = rootline(['sessions', '--tree', ...data]);
      expect(
        tree.stdout
          .split('\n')
          .slice(1, 3)
          .map((line) => line.replace(/ \(.*/, '')),
      ).toEqual([
        `  2 at ${a!.forks[0]!.position}: seed=2 decision=vmm0:2`,
        `  3 at ${a!.forks[0]!.position}: seed=2 decision=vmm0:2`,
      ]);
      expect(rootline(['fork', '1', '--at', '300', '--set', 'vcpus=2', ...data]).code).toBe(2);
      expect(rootline(['fork', '1', '--at', '1000000', ...data]).code).toBe(2);
    } finally {
      await running.stop();
    }
  } finally {
    folder.remove();
  }
});
