// Live sessions over HTTP: commands in every state, their preconditions, crashes of nothing, and that they replay.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LIVE_COMMAND_NAMES } from '../../src/core/scenarios/live/catalogue.js';
import type { ProblemBody } from '../../src/http/problem.js';
import type { ReplayResult } from '../../src/sessions/inspection/replay-result.js';
import type { CommandAnswer } from '../../src/sessions/live/live-commands.service.js';
import type { SessionView } from '../../src/sessions/session.view.js';
import { ServerProcess } from './crash/server-process.js';
import { type Answer, TestFolder, TestServer } from './server-under-test.js';

const LIVE = { scenario: 'live', protocol: 'v6.4' };
const STORY: readonly object[] = [
  { command: 'createVm' },
  { command: 'addMemslot', slot: 0, baseGfn: 0, pages: 16, hvaPage: 0 },
  { command: 'addMemslot', asId: 1, slot: 0, baseGfn: 0, pages: 16, hvaPage: 0 },
  { command: 'addMemslot', slot: 1, baseGfn: 512, pages: 512, hvaPage: 512 },
  { command: 'addVcpu', vcpu: 0 },
  { command: 'touch', vcpu: 0, gfn: 512, pages: 4 },
  { command: 'smi', vcpu: 0 },
  { command: 'resetContext', vcpu: 0 },
];

const folder = new TestFolder();
let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start(folder.path);
});
afterAll(async () => {
  await server.stop();
  folder.remove();
});

async function give<T = CommandAnswer>(id: string, body: unknown, at?: number): Promise<Answer<T>> {
  const position = at ?? (await server.session(id)).stored;
  return await server.post<T>(`/sessions/${id}/commands`, body, { 'if-match': `"${position}"` });
}

async function told(story: readonly object[]): Promise<string> {
  const { id, state } = await server.run(LIVE);
  expect(state).toBe('waiting');
  for (const command of story) expect((await give(id, command)).status).toBe(201);
  return id;
}

test('a command is answered with what it did; ETag and If-Match carry the position', async () => {
  const { id } = await server.run(LIVE);
  const fresh = await server.get<SessionView>(`/sessions/${id}`);
  expect(fresh.headers.get('etag')).toBe('"0"');
  expect(fresh.body).toMatchObject({ state: 'waiting', allowed: expect.arrayContaining(['command']) });
  const made = await give(id, { command: 'createVm' });
  expect(made.status).toBe(201);
  const { command, session } = made.body;
  expect(command).toMatchObject({
    number: 1,
    afterPosition: 0,
    command: { command: 'createVm', vm: 0, level: 4 },
  });
  expect(session.state).toBe('waiting');
  expect(made.headers.get('etag')).toBe(`"${session.stored}"`);
  const { body: page } = await server.get<{ events: { type: string }[] }>(`/sessions/${id}/events`);
  expect(page.events[0]).toMatchObject({ type: 'CommandArrived', thread: 'main' });
  expect(page.events.at(-1)).toMatchObject({ type: 'CommandDone', values: { number: 1, result: 0 } });
});

test('without If-Match 428; a stale one 412; nonsense 422; and nothing has happened', async () => {
  const id = await told(STORY.slice(0, 1));
  const before = await server.session(id);
  const bare = await server.post<ProblemBody>(`/sessions/${id}/commands`, {
    command: 'hostAge',
    hvaPage: 0,
    pages: 1,
  });
  expect(bare).toMatchObject({ status: 428, body: { type: 'urn:rootline:problem:precondition-required' } });
  const stale = await give<ProblemBody>(id, { command: 'hostAge', hvaPage: 0, pages: 1 }, before.stored - 1);
  expect(stale).toMatchObject({ status: 412, body: { type: 'urn:rootline:problem:position-conflict' } });
  for (const [body, said] of [
    [{ command: 'explode' }, 'unknown command'],
    [{ command: 'smi' }, 'smi.vcpu must be a whole number from 0 to 63'],
    [{ command: 'smi', vcpu: 0, colour: 1 }, 'smi has no field "colour"'],
    [{ command: 'touch', vcpu: 0, gfn: 1, access: 'lick' }, 'one of read, write, rmw, exec'],
    [{ command: 'run', vcpu: 0, guest: [] }, 'a list of 1 to 64 actions'],
    [{ command: 'createVm', events: -1 }, 'events must be a whole number'],
    [[], 'unknown command nothing'],
  ] as const) {
    const answer = await give<ProblemBody>(id, body);
    expect([answer.status, answer.body.detail]).toEqual([422, expect.stringContaining(said)]);
  }
  expect(await server.session(id)).toEqual(before);
});

test('what the state of the machine forbids is a 409 that lists what is allowed', async () => {
  const id = await told(STORY.slice(0, 1));
  const refused = await give<ProblemBody>(id, { command: 'touch', vcpu: 0, gfn: 1 });
  expect(refused).toMatchObject({
    status: 409,
    body: {
      type: 'urn:rootline:problem:command-refused',
      expected: expect.arrayContaining(['addVcpu', 'destroyVm']),
    },
  });
  expect(refused.body.expected).not.toContain('touch');
});

describe('every command in every state of a session', () => {
  test('is possible only where the session rests', async () => {
    const long = await server.create({
      scenario: 'smi-heavy',
      protocol: 'v5.18',
      parameters: { smis: 2_000 },
    });
    const moving = await server.until(long.id, (s) => s.stored > 0);
    const states: Record<string, string> = { running: long.id };
    states.finished = (await server.run({ scenario: 'create-fails', protocol: 'v6.4' })).id;
    const cancelled = await told([]);
    expect((await server.post<SessionView>(`/sessions/${cancelled}/cancel`)).body.state).toBe('cancelled');
    states.cancelled = cancelled;
    for (const [state, id] of Object.entries(states)) {
      for (const command of LIVE_COMMAND_NAMES) {
        const answer = await give<ProblemBody>(id, { ...EXAMPLE[command], command }, moving.stored);
        expect([state, command, answer.status]).toEqual([state, command, 409]);
        expect(answer.body.expected).toContain('replay');
      }
    }
    // Paused, but of a scenario that takes none; stepping is for all.
    const paused = await server.post<SessionView>(`/sessions/${long.id}/pause`);
    const none = await give<ProblemBody>(long.id, { command: 'createVm' });
    expect(none).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('takes no commands') },
    });
    const at = paused.body.stored;
    const stepped = await server.post<SessionView>(
      `/sessions/${long.id}/step`,
      { events: 10 },
      { 'if-match': `"${at}"` },
    );
    expect(stepped.body.state).toBe('paused');
    expect(stepped.body.events).toBeGreaterThanOrEqual(paused.body.events + 10);
    expect(stepped.body.events).toBeLessThan(paused.body.events + 10 + 1_024);
    expect((await server.post<ProblemBody>(`/sessions/${long.id}/step`, { events: 10 })).status).toBe(428);
    await server.post(`/sessions/${long.id}/cancel`);
  });

  test('in a session that waits, each one is done or refused, and never a failure', async () => {
    for (const before of [0, 1, 5, STORY.length]) {
      const id = await told(STORY.slice(0, before));
      for (const command of LIVE_COMMAND_NAMES.filter((name) => name !== 'end' && name !== 'destroyVm')) {
        const { status } = await give(id, { ...EXAMPLE[command], command });
        expect([before, command, status]).toEqual([
          before,
          command,
          expect.toSatisfy((s) => s === 201 || s === 409),
        ]);
      }
      expect((await give(id, { command: 'end' })).status).toBe(201);
      const ended = await server.session(id);
      expect(ended).toMatchObject({ state: 'finished', outcome: 'completed' });
      expect(ended.findings).toBe(0);
    }
  });
});

test('commands replay, by fold and by schedule; the session goes on after a restart as if there had been none', async () => {
  const straight = await server.session(await told(STORY));
  const id = await told(STORY.slice(0, 4));
  await server.stop();
  server = await TestServer.start(folder.path);
  expect(await server.session(id)).toMatchObject({ state: 'waiting' });
  for (const command of STORY.slice(4)) {
    // Stopped in the middle of the command, the server restarted, and on.
    const { stored } = await server.session(id);
    const paused = await give(id, { ...command, events: 5 }, stored);
    expect(paused.body.session.state).toBe('paused');
    await server.stop();
    server = await TestServer.start(folder.path);
    const at = (await server.session(id)).stored;
    const on = await server.post<SessionView>(`/sessions/${id}/step`, {}, { 'if-match': `"${at}"` });
    expect(on).toMatchObject({ status: 200, body: { state: 'waiting' } });
  }
  const { digest, fullDigest, events } = straight;
  expect(await server.session(id)).toMatchObject({ digest, fullDigest, events });
  const { body } = await server.post<ReplayResult>(`/sessions/${id}/replay`);
  expect(body).toMatchObject({
    verified: true,
    by: { schedule: { outcome: 'verified' }, fold: { outcome: 'verified' } },
  });
  const { body: list } = await server.get<{ commands: object[]; next: null }>(`/sessions/${id}/commands`);
  expect(list.commands.length).toBe(STORY.length);
  expect(list.next).toBeNull();
});

test('two clients command one session: one of them has to look again', async () => {
  const id = await told(STORY.slice(0, 1));
  const { stored } = await server.session(id);
  const answers = await Promise.all(
    [0, 1, 2, 3].map((hvaPage) => give(id, { command: 'hostWrite', hvaPage, pages: 1 }, stored)),
  );
  expect(answers.map((a) => a.status).sort((x, y) => x - y)).toEqual([201, 412, 412, 412]);
});

test('a VM and a vCPU take their commands at their own address', async () => {
  const id = await told([]);
  const at = async () => ({ 'if-match': `"${(await server.session(id)).stored}"` });
  const to = async (path: string, body: object) =>
    (await server.post<CommandAnswer>(`/sessions/${id}/${path}/commands`, body, await at())).status;
  expect(await to('vms/0', { command: 'createVm' })).toBe(201);
  expect(await to('vms/0', { command: 'addMemslot', slot: 0, baseGfn: 0, pages: 16, hvaPage: 0 })).toBe(201);
  expect(await to('vms/0', { command: 'addVcpu', vcpu: 0 })).toBe(201);
  expect(await to('vcpus/0', { command: 'touch', gfn: 3 })).toBe(201);
  expect(await to('vcpus/x', { command: 'touch', gfn: 3 })).toBe(404);
  expect(await to('vcpus/0', { command: 'createVm' })).toBe(422);
});

test('a command whose work is long answers 202 and can be paused and cancelled', async () => {
  const id = await told(STORY.slice(0, 5));
  const guest = [
    { do: 'touch', gfn: 512, pages: 400 },
    { do: 'writeRegisters', flip: ['CR4.PSE'] },
  ];
  const { stored } = await server.session(id);
  const answer = give(id, { command: 'run', vcpu: 0, guest, repeat: 100_000 }, stored);
  await server.until(id, (s) => s.state === 'running' && s.stored > stored);
  const paused = await server.post<SessionView>(`/sessions/${id}/pause`);
  expect(paused.body.state).toBe('paused');
  expect([201, 202]).toContain((await answer).status);
  // The others still take commands; this one is in the middle of something.
  expect((await give(id, { command: 'closeVcpu', vcpu: 0 })).status).toBe(409);
  expect((await give(id, { command: 'hostUnmap', hvaPage: 512, pages: 8, events: 1 })).status).toBe(201);
  expect((await server.post<SessionView>(`/sessions/${id}/resume`)).status).toBe(200);
  await server.until(id, (s) => s.state === 'running');
  expect((await server.post<SessionView>(`/sessions/${id}/cancel`)).body.state).toBe('cancelled');
  const { body } = await server.post<ReplayResult>(`/sessions/${id}/replay`);
  expect(body.verified).toBe(true);
});

test('a command that finds the disk full is a 507, and nothing of it has happened', async () => {
  const alone = new TestFolder();
  // The first snapshot is that of the session where it waits, the second the command's.
  const process = new ServerProcess(alone.path, { ROOTLINE_FAILPOINT: 'in-snapshot@2=enospc' });
  try {
    const sessions = `${await process.address()}/sessions`;
    const send = async <T>(path: string, body: object, headers: object = {}): Promise<[number, T]> => {
      const sent = { 'content-type': 'application/json', ...headers };
      const answer = await fetch(sessions + path, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: sent,
      });
      return [answer.status, (await answer.json()) as T];
    };
    const [, { id }] = await send<SessionView>('', LIVE);
    const session = async () => (await (await fetch(`${sessions}/${id}`)).json()) as SessionView;
    while ((await session()).state !== 'waiting') await sleep(10);
    const create = () => send<ProblemBody>(`/${id}/commands`, { command: 'createVm' }, { 'if-match': '"0"' });
    expect(await create()).toMatchObject([507, { type: 'urn:rootline:problem:disk-full' }]);
    expect(await session()).toMatchObject({ state: 'waiting', stored: 0 });
    expect((await create())[0]).toBe(201);
  } finally {
    await process.kill();
    alone.remove();
  }
});

const range = { hvaPage: 520, pages: 4 };
const EXAMPLE: Record<string, object> = {
  createVm: { vm: 1 },
  addVcpu: { vcpu: 1 },
  run: {
    vcpu: 0,
    guest: [{ do: 'cpuid' }, { do: 'movDr' }, { do: 'compute', ns: 100 }, { do: 'out', port: 178 }],
  },
  touch: { vcpu: 0, gfn: 514, access: 'exec' },
  smi: { vcpu: 0, asynchronous: true },
  resetContext: { vcpu: 0 },
  setRegisters: { vcpu: 0, flip: ['CR0.WP', 'EFER.NX'], by: 'guest' },
  addMemslot: { slot: 3, baseGfn: 4_096, pages: 16, hvaPage: 1_024, huge: true },
  deleteMemslot: { slot: 3 },
  moveMemslot: { slot: 1, baseGfn: 8_192 },
  setDirtyLogging: { slot: 1, on: true },
  getDirtyLog: { slot: 1 },
  clearDirtyLog: { slot: 1, firstPage: 0, pages: 64 },
  hostWrite: range,
  hostUnmap: range,
  hostProtect: range,
  hostFork: range,
  hostChildExit: range,
  hostCollapse: range,
  hostAge: range,
  closeVcpu: { vcpu: 0 },
  destroyVm: { vm: 0 },
  end: {},
};
