// The session file's own rules: rows come back as they were, and whatever is done to a file is noticed, with a typed
// error and before anything is made of it.
import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BadInput } from '../../../src/core/base/errors.js';
import { CATALOGUE } from '../../../src/core/events/catalogue.js';
import { decodeRows, encodeRows } from '../../../src/core/exports/row-block.js';
import type { RunProgress } from '../../../src/core/run/contract.js';
import { Recorder } from '../../../src/core/run/recorder.js';
import { TRACE_SCENARIO } from '../../../src/core/run/trace-session.js';
import { BLOCK, fileHeader, packBlock } from '../../../src/exports/session-file/frames.js';
import type { SessionHead } from '../../../src/exports/session-file/head.js';
import { readSessionFile } from '../../../src/exports/session-file/read.js';
import { type SessionSource, sessionFile } from '../../../src/exports/session-file/write.js';
import { allocateRows, type EventRows } from '../../../src/store/event-rows.js';
import {
  FAKE_DICTIONARY,
  FAKE_MANIFEST,
  fakeProgress,
  fakeRows,
  rowObjects,
} from '../../contract/fake-chunks.js';

const LIMITS = { maxSnapshotBytes: 1_000 };
const ROWS = 60;
const MARKS = [{ number: 1, step: 3, position: 9, input: null, issuedAt: '2026-01-02T03:04:05.678Z' }];

/** Progress whose digests are those of the rows. */
function progressOf(rows: EventRows): RunProgress {
  const recorder = new Recorder('full');
  recorder.consume({ ...rows, capacity: rows.length });
  recorder.finish();
  const { digestHex: digest, fullDigestHex: fullDigest } = recorder;
  return { ...fakeProgress(rows.length, 'completed'), digest, fullDigest };
}

function headOf(progress: RunProgress, differs: Partial<SessionHead['session']> = {}): SessionHead {
  const createdAt = '2026-01-02T03:04:05.678Z';
  const session = {
    kind: 'simulated',
    state: 'finished',
    reason: null,
    manifest: FAKE_MANIFEST,
    createdAt,
  } as const;
  return {
    session: { ...session, ...differs },
    position: progress.position,
    progress,
    forkedFrom: null,
    name: 'a name',
    note: null,
  };
}

async function* pages(rows: EventRows) {
  yield { from: 1, columns: rows };
}
async function* snapshots() {
  yield { position: 20, ordinal: 20, layout: 'x', bytes: new Uint8Array(900) };
}

async function fileOf(
  rows: EventRows,
  head = headOf(progressOf(rows)),
  names = FAKE_DICTIONARY,
  trace: SessionSource['trace'] = null,
): Promise<Uint8Array> {
  const decisions = {
    bytes: Uint8Array.of(0, 9, 1, 3),
    chunks: [{ fromPosition: 0, toPosition: rows.length, validTo: rows.length, offset: 0, length: 4 }],
  };
  const source = {
    head,
    names: names.map((entry) => ({ entry, since: 0 })),
    decisions,
    marks: MARKS,
    rows: pages(rows),
    trace,
    snapshots: snapshots(),
  };
  const parts: Uint8Array[] = [];
  for await (const part of sessionFile(source)) parts.push(part);
  return new Uint8Array(Buffer.concat(parts));
}

async function read(file: Uint8Array, pieceBytes = 7) {
  async function* pieces() {
    for (let at = 0; at < file.length; at += pieceBytes) yield file.subarray(at, at + pieceBytes);
  }
  const out = [];
  for await (const item of readSessionFile(pieces(), LIMITS)) out.push(item);
  return out;
}

async function refusal(file: Uint8Array): Promise<string> {
  try {
    await read(file, 64);
    return 'accepted';
  } catch (error) {
    if (error instanceof BadInput) return error.code;
    throw error;
  }
}

const rows = fakeRows(1, ROWS);

describe('rows', () => {
  test('come back exactly, whatever they hold', () => {
    const word = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
    const row = fc.record({
      skipped: fc.maxSafeNat().map((n) => n % 2 ** 52),
      timeNs: fc.maxSafeNat().map((n) => n % 2 ** 52),
      thread: fc.nat(255),
      site: fc.nat(65_535),
      type: fc.nat(255),
      subject: word,
      a: word,
      b: word,
      c: word,
    });
    fc.assert(
      fc.property(
        fc.array(row, { minLength: 1, maxLength: 50 }),
        fc.integer({ min: 1, max: 1e12 }),
        (list, from) => {
          const columns = allocateRows(list.length);
          list.forEach((values, i) => {
            for (const [name, value] of Object.entries(values)) columns[name as 'a'][i] = value;
          });
          const back = decodeRows(encodeRows(from, columns));
          expect(back.from).toBe(from);
          for (const name of Object.keys(list[0]!) as 'a'[])
            expect(back.columns[name]).toEqual(columns[name]);
        },
      ),
    );
  });

  test('bytes that nobody wrote are refused, not believed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          decodeRows(bytes);
        } catch (error) {
          // Anything else is a bug, and fails the property.
          if (!(error instanceof BadInput)) throw error;
        }
      }),
    );
  });
});

test('a file gives back head, names, rows, decisions and snapshots, in whatever pieces it comes', async () => {
  const file = await fileOf(rows);
  for (const pieceBytes of [1, 13, file.length]) {
    const [first, ...parts] = await read(file, pieceBytes);
    expect(first).toEqual({ kind: 'head', head: headOf(progressOf(rows)) });
    const all = parts.flatMap((item) => (item.kind === 'part' ? [item.part] : []));
    expect(all.flatMap((part) => part.names.map(({ entry }) => entry))).toEqual(FAKE_DICTIONARY);
    const columns = all.find((part) => part.rows !== null)!.rows!.columns;
    expect(rowObjects({ ...columns, position: rows.position })).toEqual(rowObjects(rows));
    expect(all.flatMap((part) => part.decisions)).toEqual([
      { fromPosition: 0, toPosition: ROWS, decisions: Uint8Array.of(0, 9, 1, 3) },
    ]);
    expect(all.flatMap((part) => part.marks)).toEqual(MARKS);
    expect(all.flatMap((part) => part.snapshots)).toMatchObject([{ position: 20, size: 900 }]);
  }
});

test('a file that is cut anywhere is refused', async () => {
  const file = await fileOf(rows);
  for (let length = 0; length < file.length; length++) {
    expect(['not-a-session-file', 'session-file-truncated']).toContain(
      await refusal(file.subarray(0, length)),
    );
  }
});

test('a file with any one byte changed is refused', async () => {
  const file = await fileOf(rows);
  const codes = new Set<string>();
  for (let at = 0; at < file.length; at++) {
    const changed = file.slice();
    changed[at]! ^= 0x41;
    codes.add(await refusal(changed));
  }
  expect([...codes].toSorted()).toEqual([
    'not-a-session-file',
    'session-file-damaged',
    'session-file-too-large',
    'session-file-truncated',
  ]);
});

test('something behind the end, and a later version, are refused', async () => {
  const file = await fileOf(rows);
  expect(await refusal(Buffer.concat([file, Uint8Array.of(0)]))).toBe('session-file-damaged');
  const { crc32 } = await import('node:zlib');
  const header = fileHeader();
  header[8] = 3;
  new DataView(header.buffer).setUint32(12, crc32(header.subarray(0, 12)), true);
  expect(await refusal(Buffer.concat([header, file.subarray(16)]))).toBe('session-file-version');
});

test('lines of a trace: only of an imported one, in order, and readable', async () => {
  const chunk = {
    number: 1,
    fromLine: 1,
    toLine: 9,
    afterPosition: 0,
    lines: 1,
    // One mark without a text.
    size: 15,
    deflated: new Uint8Array(deflateRawSync(Buffer.alloc(15))),
  };
  const lines = async function* (...chunks: (typeof chunk)[]) {
    yield* chunks;
  };
  const summary = JSON.stringify({ format: 'tracefs', lines: 9, warnings: [], roots: {} });
  const plain = headOf(progressOf(rows));
  const manifest = { ...FAKE_MANIFEST, scenario: TRACE_SCENARIO };
  const imported = { ...plain, session: { ...plain.session, manifest } };
  const file = (head: typeof plain, ...chunks: (typeof chunk)[]) =>
    fileOf(rows, head, FAKE_DICTIONARY, { summary, lines: lines(...chunks) });
  expect(await refusal(await file(imported, chunk))).toBe('accepted');
  expect(await refusal(await file(plain))).toBe('session-file-damaged');
  expect(await refusal(await file(imported, { ...chunk, number: 2 }))).toBe('session-file-damaged');
  expect(await refusal(await file(imported, chunk, chunk))).toBe('session-file-damaged');
  expect(await refusal(await file(imported, { ...chunk, lines: 2 }))).toBe('session-file-damaged');
  expect(await refusal(await file(imported, { ...chunk, size: 9 }))).toBe('session-file-damaged');
  expect(await refusal(await file(imported, { ...chunk, afterPosition: 1_000 }))).toBe(
    'session-file-damaged',
  );
});

test('rows that were exchanged, with every checksum put right, do not have the digests', async () => {
  const stated = progressOf(rows);
  for (const name of ['a', 'site', 'timeNs'] as const) {
    const forged = fakeRows(1, ROWS);
    forged[name][30] = forged[name][30] === 2 ? 3 : 2;
    expect(await refusal(await fileOf(forged, headOf(stated)))).toBe('session-file-forged');
  }
});

test('names, types and order that contradict themselves are refused', async () => {
  const loop = FAKE_DICTIONARY.map((entry) =>
    entry.kind === 'site' && entry.id === 1 ? { ...entry, parent: 2 } : entry,
  );
  expect(await refusal(await fileOf(rows, headOf(progressOf(rows)), loop))).toBe('session-file-damaged');
  const twice = [...FAKE_DICTIONARY, FAKE_DICTIONARY[0]!];
  expect(await refusal(await fileOf(rows, headOf(progressOf(rows)), twice))).toBe('session-file-damaged');
  const unknownType = fakeRows(1, ROWS);
  unknownType.type[3] = Array.from({ length: 256 }, (_, code) => code).find(
    (code) => !CATALOGUE.some((d) => d.code === code),
  )!;
  expect(await refusal(await fileOf(unknownType))).toBe('session-file-damaged');
  const newer = { ...FAKE_MANIFEST, eventSchema: 99 };
  expect(await refusal(await fileOf(rows, headOf(progressOf(rows), { manifest: newer })))).toBe(
    'event-schema-newer',
  );
  expect(await refusal(await fileOf(rows, { ...headOf(progressOf(rows)), position: 59 }))).toBe(
    'session-file-damaged',
  );
});

test('a bomb is neither unpacked nor allocated for', async () => {
  // 64 MiB of zeros in 64 KiB, announced as what they are, and announced as little.
  const zeros = deflateRawSync(new Uint8Array(64 * 1024 * 1024));
  const { crc32 } = await import('node:zlib');
  for (const [announced, code] of [
    [64 * 1024 * 1024, 'session-file-too-large'],
    [1_000, 'session-file-damaged'],
  ] as const) {
    const block = new Uint8Array(16 + zeros.length);
    const view = new DataView(block.buffer);
    view.setUint8(0, BLOCK.session);
    view.setUint8(1, 1);
    view.setUint32(4, zeros.length, true);
    view.setUint32(8, announced, true);
    view.setUint32(12, crc32(zeros, crc32(block.subarray(0, 12))), true);
    block.set(zeros, 16);
    expect(await refusal(Buffer.concat([fileHeader(), block]))).toBe(code);
  }
  // Rows that claim to be many in a few bytes.
  const many = Uint8Array.of(1, 0xff, 0xff, 0xff, 0x7f, ...new Uint8Array(9));
  const head = packBlock('session', new TextEncoder().encode(JSON.stringify(headOf(progressOf(rows)))));
  expect(await refusal(Buffer.concat([fileHeader(), head, packBlock('rows', many)]))).toBe('row-block');
});
