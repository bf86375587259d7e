// A session leaves one server as a file and enters another unchanged: the same digests, both replays, forks and all; and
// what is no session file is refused with nothing left behind.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FORMATS } from '../../src/exports/formats.js';
import type { SessionView } from '../../src/sessions/session.view.js';
import type { ReadableEvent } from '../../src/store/readable-rows.js';
import { TestFolder, TestServer } from './server-under-test.js';

const TYPE = { 'content-type': FORMATS.session.mediaType };
const folders = [new TestFolder(), new TestFolder()];
let servers: TestServer[];
let smi: SessionView;

beforeAll(async () => {
  servers = await Promise.all(folders.map((folder) => TestServer.start(folder.path)));
  smi = await servers[0]!.run({ scenario: 'smi', protocol: 'v5.18', name: 'the first' });
});
afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  for (const folder of folders) folder.remove();
});

async function exported(id: string, format = 'session', query = ''): Promise<Uint8Array> {
  const answer = await fetch(`${servers[0]!.api}/sessions/${id}/exports/${format}${query}`);
  expect(answer.status).toBe(200);
  return new Uint8Array(await answer.arrayBuffer());
}

async function imported(body: Uint8Array, headers: Record<string, string> = TYPE) {
  const answer = await fetch(`${servers[1]!.api}/sessions/import`, { method: 'POST', body, headers });
  return {
    status: answer.status,
    body: (await answer.json()) as SessionView & { type: string; detail: string },
  };
}

describe('a session file', () => {
  test.each([
    ['full', { scenario: 'smi-heavy', protocol: 'v5.18', parameters: { smis: 100 } }],
    [
      'lifecycle',
      { scenario: 'smi-heavy', protocol: 'v6.4', recording: 'lifecycle', parameters: { smis: 40 } },
    ],
    [
      'random, with findings',
      { scenario: 'destroy-race', protocol: 'seed-draft', scheduler: 'random', seed: 13 },
    ],
  ])('%s: another Rootline imports it unchanged', async (_name, request) => {
    const session = await servers[0]!.run(request);
    for (const query of ['', '?snapshots=true']) {
      const file = await exported(session.id, 'session', query);
      const { status, body } = await imported(file);
      expect(status).toBe(201);
      const { id, updatedAt: _, storedBytes: __, ...same } = body;
      expect(session).toMatchObject(same);
      const replay = await servers[1]!.post<{ verified: boolean }>(`/sessions/${id}/replay`);
      expect(replay.body).toMatchObject({ verified: true });
      // The file of the copy is the file.
      const again = await fetch(`${servers[1]!.api}/sessions/${id}/exports/session${query}`);
      expect(Buffer.from(await again.arrayBuffer()).equals(file)).toBe(true);
    }
  });

  test('what is damaged, no session file, or of another type leaves nothing', async () => {
    const before = await servers[1]!.get<{ sessions: object[] }>('/sessions?limit=200');
    const file = await exported(smi.id);
    const damaged = file.slice();
    damaged[file.length >> 1]! ^= 1;
    for (const [body, type] of [
      [file.subarray(0, file.length - 40), 'session-file-truncated'],
      [damaged, 'session-file-damaged'],
      [new TextEncoder().encode('# tracer: nop\n'), 'not-a-session-file'],
      [new Uint8Array(0), 'not-a-session-file'],
    ] as const) {
      const answer = await imported(body);
      expect(answer).toMatchObject({ status: 422, body: { type: `urn:rootline:problem:${type}` } });
    }
    expect(await imported(file, { 'content-type': 'text/plain' })).toMatchObject({ status: 415 });
    expect(
      await imported(new TextEncoder().encode('{}'), { 'content-type': 'application/json' }),
    ).toMatchObject({
      status: 415,
    });
    const after = await servers[1]!.get<{ sessions: object[] }>('/sessions?limit=200');
    expect(after.body.sessions).toHaveLength(before.body.sessions.length);
    expect(readdirSync(join(folders[1]!.path, 'uploads'))).toEqual([]);
  });

  test('an upload that stops half-way leaves nothing', async () => {
    const file = await exported(smi.id);
    const abort = new AbortController();
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (sent++ === 0) controller.enqueue(file.subarray(0, 4_000));
        else setTimeout(() => abort.abort(), 50);
        return sent > 1 ? new Promise(() => undefined) : undefined;
      },
    });
    const url = `${servers[1]!.api}/sessions/import`;
    const sending = fetch(url, { method: 'POST', body, headers: TYPE, duplex: 'half', signal: abort.signal });
    await expect(sending).rejects.toThrow(/abort/);
    await expect.poll(() => readdirSync(join(folders[1]!.path, 'uploads'))).toEqual([]);
  });
});

describe('bad input', () => {
  test.each([
    ['/exports/xml', 422, 'unknown-format'],
    ['/exports/csv?from=5&to=4', 422, 'export-range'],
    ['/exports/csv?to=99999999', 422, 'export-range'],
    ['/exports/csv?from=0', 400, 'bad-query'],
    ['/exports/session?from=2', 422, 'export-range'],
  ])('%s', async (path, status, type) => {
    const answer = await servers[0]!.get<{ type: string }>(`/sessions/${smi.id}${path}`);
    expect(answer).toMatchObject({ status, body: { type: `urn:rootline:problem:${type}` } });
  });

  test('a session that is not there', async () => {
    expect((await servers[0]!.get('/sessions/999/exports/csv')).status).toBe(404);
  });
});

describe('plain forms', () => {
  test('CSV and NDJSON of a range', async () => {
    const csv = new TextDecoder().decode(await exported(smi.id, 'csv', '?from=101&to=200')).split('\r\n');
    expect(csv).toHaveLength(102);
    expect(csv[1]).toMatch(/^101,101,101,/);
    const lines = new TextDecoder()
      .decode(await exported(smi.id, 'ndjson'))
      .trimEnd()
      .split('\n');
    expect(lines).toHaveLength(smi.stored);
    const page = await servers[0]!.get<{ events: object[] }>(`/sessions/${smi.id}/events?limit=20`);
    expect(lines.slice(0, 20).map((line) => JSON.parse(line))).toEqual(page.body.events);
  });
});

describe('forms for other tools', () => {
  test('Parquet: the rows of the events page, in row groups, with the manifest', async () => {
    const bytes = await exported(smi.id, 'parquet');
    const file = bytes.buffer as ArrayBuffer;
    const metadata = parquetMetadata(file);
    expect(Number(metadata.num_rows)).toBe(smi.stored);
    const manifest = metadata.key_value_metadata?.find(({ key }) => key === 'rootline.manifest')?.value;
    expect(JSON.parse(manifest ?? '')).toMatchObject({ scenario: 'smi', protocol: 'v5.18' });
    const rows = await parquetReadObjects({ file, rowStart: 100, rowEnd: 400 });
    const page = await servers[0]!.get<{ events: ReadableEvent[] }>(
      `/sessions/${smi.id}/events?from=101&limit=300`,
    );
    expect(
      rows.map((row) => [
        row.position,
        row.time_ns,
        row.thread,
        row.function,
        row.type,
        row.subject_kind,
        row.subject,
      ]),
    ).toEqual(
      page.body.events.map((e) => [
        BigInt(e.position),
        BigInt(e.timeNs),
        e.thread,
        e.function,
        e.type,
        e.subject.kind,
        e.subject.number,
      ]),
    );
    expect(rows.map(({ a, b, c }) => [a, b, c].slice(0, 1))).toEqual(
      page.body.events.map((e, i) => [Object.values(e.values)[0] ?? rows[i]!.a]),
    );
  });

  test.each([
    ['perfetto', FORMATS.perfetto.mediaType],
    ['chrome', FORMATS.chrome.mediaType],
    ['ftrace', FORMATS.ftrace.mediaType],
    ['columns', FORMATS.columns.mediaType],
  ])('%s has its media type and a file name, and takes a range', async (format, type) => {
    const answer = await fetch(`${servers[0]!.api}/sessions/${smi.id}/exports/${format}?from=500&to=900`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toContain(type.split(';')[0]);
    expect(answer.headers.get('content-disposition')).toContain(`session-${smi.id}.`);
    expect((await answer.arrayBuffer()).byteLength).toBeGreaterThan(1_000);
  });

  test('threads that are not there are named', async () => {
    const path = `/sessions/${smi.id}/exports/columns?threads=main,nobody`;
    const answer = await servers[0]!.get<{ type: string; expected: string[] }>(path);
    expect(answer).toMatchObject({ status: 422, body: { type: 'urn:rootline:problem:export-threads' } });
    expect(answer.body.expected).toContain('vcpu0');
  });
});
