// A trace by HTTP and by the command line: the same session, its report, what can be asked of it, and what is refused.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RootlineClient } from '../../src/client/index.js';
import type { CheckReport } from '../../src/core/traces/check/verdict.js';
import { FORMATS } from '../../src/exports/formats.js';
import type { JobView } from '../../src/jobs/job-service.js';
import type { ImportedTrace } from '../../src/traces/trace.service.js';
import { documentOf, Folders, PROGRAM, rootline } from './cli-support.js';
import { TestFolder, TestServer } from './server-under-test.js';

const FILE = join(import.meta.dirname, '../../fixtures/traces/6.1.192-nofix/smi.trace.txt.gz');
const folder = new TestFolder();
const folders = new Folders();
let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start(folder.path);
});
afterAll(async () => {
  await server.stop();
  folder.remove();
  folders.clear();
});

/** The server closes idle connections while a command runs here and nothing is heard; that has to be noticed first. */
async function command(args: string[]): Promise<Record<string, unknown>> {
  const document = documentOf(rootline(args));
  await setTimeout(20);
  return document;
}

type Answer = ImportedTrace & { readonly type: string; readonly detail: string };

async function send(body: Uint8Array, query = '', type = 'application/octet-stream') {
  const answer = await fetch(`${server.api}/traces${query}`, {
    method: 'POST',
    body,
    headers: { 'content-type': type },
  });
  return {
    status: answer.status,
    location: answer.headers.get('location'),
    body: (await answer.json()) as Answer,
  };
}

describe('POST /traces', () => {
  test('makes a session that is read like any other', async () => {
    const { status, location, body } = await send(readFileSync(FILE), '?name=smi');
    expect(status).toBe(201);
    expect(body).toMatchObject({
      format: 'tracefs',
      packing: 'gzip',
      kernel: '6.1.192-nofix',
      layout: 'recognised',
      rootAllocations: 41,
      gaps: 0,
      unknown: 0,
      warnings: [],
    });
    expect(location).toBe(`/api/v1/sessions/${body.sessionId}`);
    const at = `/sessions/${body.sessionId}`;
    expect((await server.get(at)).body).toMatchObject({
      kind: 'imported',
      state: 'finished',
      rootAllocations: 41,
    });
    expect((await server.get(`/traces/${body.sessionId}`)).body).toEqual(body);
    const { body: state } = await server.get<{ roots: object[]; locks: unknown }>(`${at}/state?at=500`);
    expect(state.roots.length).toBeGreaterThan(3);
    expect(state.locks).toBe('notRecorded');
    const { body: page } = await server.get<{ events: { label: string }[] }>(
      `${at}/events?type=RootPut&limit=5`,
    );
    expect(page.events.map(({ label }) => label)).toContain('observed');
  });

  test('shows the lines around one, with the position that each made', async () => {
    const { body } = await send(readFileSync(FILE));
    type Lines = { lines: { line: number; name: string; text: string; position: number | null }[] };
    const at = async (around: number, limit: number) =>
      (await server.get<Lines>(`/traces/${body.sessionId}/lines?around=${around}&limit=${limit}`)).body.lines;
    const lines = await at(2_000, 5);
    expect(lines.map(({ line }) => line)).toEqual([1_998, 1_999, 2_000, 2_001, 2_002]);
    const text = gunzipSync(readFileSync(FILE)).toString().split('\n');
    for (const { line, name, text: said } of lines)
      expect(text[line - 1]).toContain(`${name}: ${said}`.trim());
    const born = (await at(150, 200)).find(({ name }) => name.includes('tdp_mmu_init_sp'));
    const { body: page } = await server.get<{ events: { type: string }[] }>(
      `/sessions/${body.sessionId}/events?from=${born?.position}&to=${born?.position}`,
    );
    expect(page.events[0]?.type).toMatch(/RootAllocated|TableAllocated/);
    expect((await at(9_999_999, 3)).length).toBeGreaterThan(0);
    expect((await server.get(`/traces/${body.sessionId}/lines?around=0`)).status).toBe(400);
  });

  test('each event says its line, and a session file takes the lines along', async () => {
    const { body } = await send(readFileSync(FILE));
    const at = `/sessions/${body.sessionId}`;
    const text = gunzipSync(readFileSync(FILE)).toString('latin1').split('\n');
    const asked = async (path: string): Promise<Uint8Array> => {
      const answer = await fetch(server.api + path, { headers: { accept: 'application/x-ndjson' } });
      return new Uint8Array(await answer.arrayBuffer());
    };
    interface Line {
      readonly position: number;
      readonly function: string;
      readonly label: string;
      readonly line: number;
    }
    const rows = Buffer.from(await asked(`${at}/events`))
      .toString('utf8')
      .trimEnd()
      .split('\n');
    const events = rows.map((row) => JSON.parse(row) as Line);
    const observed = events.filter(({ label }) => label === 'observed');
    expect(observed.length).toBeGreaterThan(2_000);
    // A reference that is dropped is known when the next line says of which root.
    for (const { line, function: seenIn } of observed)
      expect(text.slice(seenIn === 'mmu_free_root_page' ? line - 3 : line - 1, line).join()).toContain(
        ` ${seenIn}: `,
      );
    for (let i = 1; i < events.length; i++) expect(events[i]!.line).toBeGreaterThan(0);
    const { body: page } = await server.get<{ events: Line[] }>(`${at}/events?from=900&limit=20`);
    expect(page.events).toEqual(events.slice(899, 919));
    const { body: roots } = await server.get<{ events: Line[] }>(`${at}/events?type=RootAllocated`);
    expect(roots.events.map(({ line, position }) => [line, position])).toEqual(
      roots.events.map(({ position }) => [events[position - 1]!.line, position]),
    );
    expect(
      Buffer.from(await asked(`${at}/exports/ndjson`)).equals(Buffer.from(await asked(`${at}/events`))),
    ).toBe(true);

    const file = await asked(`${at}/exports/session`);
    const answer = await fetch(`${server.api}/sessions/import`, {
      method: 'POST',
      body: file,
      headers: { 'content-type': FORMATS.session.mediaType },
    });
    const copy = (await answer.json()) as { id: string };
    expect([answer.status, copy]).toMatchObject([201, { kind: 'imported' }]);
    expect((await server.get(`/traces/${copy.id}`)).body).toEqual({ ...body, sessionId: copy.id });
    expect((await server.get(`/sessions/${copy.id}/events?from=900&limit=20`)).body).toEqual(
      (await server.get(`${at}/events?from=900&limit=20`)).body,
    );
    const check = async (id: string) =>
      (await server.post(`/sessions/${id}/check`, { protocol: 'v6.4' })).body;
    expect(await check(copy.id)).toEqual(await check(body.sessionId));
    expect(Buffer.from(await asked(`/sessions/${copy.id}/exports/session`)).equals(Buffer.from(file))).toBe(
      true,
    );
  });

  test('refuses what is no trace, what is a bomb, and another type', async () => {
    expect(await send(Buffer.from('hello'))).toMatchObject({
      status: 422,
      body: { type: expect.stringMatching(/not-a-trace/) as string },
    });
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, 0x20));
    expect((await send(bomb)).body.type).toMatch(/trace-bomb/);
    expect((await send(Buffer.from('{}'), '', 'application/json')).status).toBe(415);
    expect((await send(Buffer.from('x'), '?kernel=abc')).body.type).toMatch(/kernel-version/);
  });

  test('what only a simulated session can do is refused by name', async () => {
    const { body } = await send(readFileSync(FILE));
    const fork = await fetch(`${server.api}/sessions/${body.sessionId}/forks`, {
      method: 'POST',
      body: JSON.stringify({ at: 100 }),
      headers: { 'content-type': 'application/json' },
    });
    expect(await fork.json()).toMatchObject({ type: expect.stringMatching(/imported-trace/) as string });
    expect((await server.get('/traces/99999')).status).toBe(404);
  });
});

describe('POST /sessions/{id}/check', () => {
  const ask = (id: string, body: object, headers: Record<string, string> = {}) =>
    server.post<CheckReport & { readonly type: string }>(`/sessions/${id}/check`, body, headers);

  test('an imported trace: what `rootline check FILE` says', async () => {
    const { body } = await send(readFileSync(FILE));
    const { status, body: report } = await ask(body.sessionId, { all: true });
    expect(status).toBe(200);
    expect(report).toEqual(await command(['check', FILE, '--json']));
    expect(report.verdicts.map(({ verdict }) => verdict).filter((v) => v === 'accepted')).toHaveLength(1);
    const { body: one } = await ask(body.sessionId, { protocol: 'v6.6' });
    expect(one.verdicts).toMatchObject([{ protocol: 'v6.6', verdict: 'rejected' }]);
    expect(one.verdicts[0]?.firstRejected?.statesBefore.length).toBeGreaterThan(0);
    expect((await ask(body.sessionId, { protocol: 'v6.6', all: true })).status).toBe(400);
    expect((await ask(body.sessionId, { protocol: 'v1.0' })).body.type).toMatch(/unknown-protocol/);
    expect((await ask('99999', {})).status).toBe(404);
    expect((await ask(body.sessionId, {}, { prefer: 'respond-async' })).status).toBe(202);
  });

  test('a damaged and cut file: open, in the words of the command line; the probes that missed events as well', async () => {
    const lines = gunzipSync(readFileSync(FILE)).toString().split('\n');
    const torn = lines.findIndex((line) => line.includes(': kvm_tdp_mmu_put_root:'));
    const whole = lines.with(torn, (lines[torn] ?? '').slice(0, 60)).join('\n');
    const file = join(folders.fresh(), 'cut.txt');
    writeFileSync(file, whole.slice(0, whole.length / 2));
    const { body } = await send(readFileSync(file));
    expect(body.broken).toMatch(
      /^the text ends without a newline, in the middle of line \d+: its header says/,
    );
    expect(body.gapList).toMatchObject([{ kind: 'damaged', line: torn + 1 }]);
    const { body: report } = await ask(body.sessionId, { protocol: 'v5.18' });
    expect(report.verdicts[0]).toMatchObject({
      verdict: 'undecided',
      wouldDecide: `an undamaged copy of line ${torn + 1}; the whole file: this one was cut off before its end`,
    });
    expect(report).toEqual(await command(['check', file, '--json', '--protocol', 'v5.18']));

    const profile = 'kvm_tdp_mmu_put_root 70 2\n';
    const missed = await send(readFileSync(FILE), `?kprobeProfile=${encodeURIComponent(profile)}`);
    const misses = join(folders.fresh(), 'kprobe_profile');
    writeFileSync(misses, profile);
    const { body: open } = await ask(missed.body.sessionId, {});
    expect(open.verdicts.some(({ verdict }) => verdict === 'accepted')).toBe(false);
    expect(open).toEqual(await command(['check', FILE, '--json', '--kprobe-profile', misses]));
    expect((await send(readFileSync(FILE), '?kprobeProfile=what')).body.type).toMatch(/kprobe-profile$/);
  });

  test('a trace.dat, and a protocol of a user, which is described where it runs and checked elsewhere', async () => {
    const dat = join(FILE, '../../formats/6.1.192.tracecmd-v6.dat.gz');
    const { body } = await send(readFileSync(dat));
    const { body: report } = await ask(body.sessionId, {});
    expect(report).toEqual(await command(['check', dat, '--json']));
    expect(report.events).toBeGreaterThan(100);
    const accepted = report.verdicts.filter(({ verdict }) => verdict === 'accepted');
    expect(accepted.map(({ protocol }) => protocol)).toContain('v6.6');
    const own = join(folders.fresh(), 'mine.mjs');
    writeFileSync(
      own,
      "export default (api) => api.extend('6.1.192-nofix', { title: 'mine', source: 'none' });\n",
    );
    const mine = await command(['check', FILE, '--json', '--protocol', own]);
    expect(mine).toMatchObject({ verdicts: [{ protocol: 'mine', verdict: 'accepted' }] });
    // It says that roots are born with two references, and gives them one: what it says of itself decides nothing.
    const wrong = join(FILE, '../../../../examples/protocols/draft-refcount-1.mjs');
    const [verdict] = (
      (await command(['check', FILE, '--json', '--protocol', wrong])) as unknown as CheckReport
    ).verdicts;
    expect(verdict).toMatchObject({
      verdict: 'undecided',
      wouldDecide: expect.stringMatching(/own run of smi-heavy .* breaks refcount/) as string,
    });
  });

  test('a simulated session runs again and prints its probes', async () => {
    const { id } = await server.run({ scenario: 'smi', protocol: 'v5.18' });
    const { status, body } = await ask(id, {});
    expect(status).toBe(200);
    const [first, ...others] = body.verdicts;
    expect(first).toMatchObject({ protocol: 'v5.18', verdict: 'accepted' });
    expect(others.map(({ verdict }) => verdict)).not.toContain('accepted');
  });
});

describe('POST /explorations/traces', () => {
  const start = (body: object) => server.post<JobView>('/explorations/traces', body);
  async function until(id: string, done: (job: JobView) => boolean): Promise<JobView> {
    for (;;) {
      const { body } = await server.get<JobView>(`/jobs/${id}`);
      if (done(body)) return body;
      await setTimeout(20);
    }
  }
  const ended = (id: string) => until(id, ({ state }) => state !== 'queued' && state !== 'running');

  test('a job: what was followed, the counterexample as a session that replays', async () => {
    const file = FILE.replace('smi.', 'destroy_partial.');
    const { sessionId: session } = (await send(readFileSync(file))).body;
    const accepted = await start({ trace: { session, window: '150..' }, protocol: 'seed-draft' });
    expect([accepted.status, accepted.body.kind]).toEqual([202, 'trace-exploration']);
    const { state, result } = await ended(accepted.body.id);
    expect(state).toBe('finished');
    expect(result).toMatchObject({
      verdict: 'violated',
      invariant: 'I3',
      source: session,
      trace: { window: { from: 150 }, notFollowed: { line: 210 } },
      report: { why: expect.stringMatching(/invoke_callback behind main's/) as string },
    });
    const { sessionId } = result as unknown as { readonly sessionId: string };
    expect(await server.session(sessionId)).toMatchObject({ kind: 'explored', scenario: 'traced' });
    const replayed = await server.post<{ verified: boolean }>(`/sessions/${sessionId}/replay`, {});
    expect(replayed.body.verified).toBe(true);
  });

  test('progress goes to who follows the job; cancelled, it says what was tried by then', async () => {
    const { sessionId: session } = (await send(readFileSync(FILE))).body;
    const { id } = (await start({ trace: { session }, protocol: '6.1.192-nofix', preemptions: 2 })).body;
    const client = new RootlineClient({ url: server.api.replace('/api/v1', '') });
    let transitions = 0;
    let last = '';
    for await (const { state, progress } of client.followJob(id)) {
      last = state;
      const now = (progress as { readonly transitions?: number } | null)?.transitions ?? 0;
      if (now > 0 && transitions === 0) await server.post<JobView>(`/jobs/${id}/cancel`, {});
      transitions = now;
    }
    expect([last, transitions > 0]).toEqual(['cancelled', true]);
    expect((await ended(id)).result).toMatchObject({
      verdict: 'bound_reached',
      boundsReached: ['cancelled'],
      sessionId: null,
    });
  });

  test('what is no recording, or no window, makes no job', async () => {
    const { id: session } = await server.run({ scenario: 'smi', protocol: 'v5.18' });
    const none = await start({ trace: { session }, protocol: 'v6.4' });
    expect([none.status, none.body]).toEqual([
      422,
      expect.objectContaining({ type: expect.stringMatching(/not-imported$/) as string }),
    ]);
    expect((await start({ trace: { session, window: '9..3' }, protocol: 'v6.4' })).status).toBe(422);
  });
});

describe('rootline import', () => {
  test('reads a file and standard input to the same events', () => {
    const data = folders.fresh();
    const ended = rootline(['import', FILE, '--json', '--data', data]);
    expect(ended.code).toBe(0);
    const byFile = documentOf(ended);
    expect(byFile).toMatchObject({ sessionId: '1', format: 'tracefs', lines: 4_521, events: 4_371 });
    const piped = spawnSync(process.execPath, [PROGRAM, 'import', '-', '--json', '--data', data], {
      input: gunzipSync(readFileSync(FILE)),
      encoding: 'utf8',
    });
    expect(JSON.parse(piped.stdout)).toMatchObject({
      sessionId: '2',
      packing: 'none',
      digest: byFile['digest'],
    });
    expect(rootline(['verify', '--data', data]).code).toBe(0);
  });

  test('bad input is exit code 2, and prints what was expected', () => {
    const data = folders.fresh();
    const none = rootline(['import', join(data, 'none'), '--data', data]);
    expect(none).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/no file that can be read/) as string,
    });
    const prose = rootline(['import', PROGRAM, '--data', data]);
    expect(prose).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/expected text of tracefs/) as string,
    });
  });

  test('--print-probes: those of the recordings', () => {
    expect(documentOf(rootline(['import', '--print-probes', '6.1.192', '--json']))).toMatchObject({
      layout: '6.1.192',
      verified: true,
      probes: expect.arrayContaining([expect.stringContaining('kvm_tdp_mmu_put_root')]) as string[],
      script: expect.stringMatching(/^#!\/bin\/sh/) as string,
    });
  });
});
