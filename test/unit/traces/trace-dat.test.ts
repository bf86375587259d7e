// trace.dat as trace-cmd wrote it (v7, zstd) and converted it (v6), held against trace-cmd's own raw report; and damaged in
// every way that a transfer damages files.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { decompress } from 'fzstd';
import { describe, expect, test } from 'vitest';
import { BadInput } from '../../../src/core/base/errors.js';
import type { Frame, FrameEvent } from '../../../src/core/traces/frames/frame.js';
import { FrameReader } from '../../../src/core/traces/frames/frame-reader.js';
import type { RandomAccess } from '../../../src/core/traces/trace-dat/bytes.js';
import { type DatReport, readTraceDat } from '../../../src/core/traces/trace-dat/trace-dat.js';

const FORMATS = join(import.meta.dirname, '../../../fixtures/traces/formats');
const bytesOf = (name: string): Uint8Array => new Uint8Array(gunzipSync(readFileSync(join(FORMATS, name))));

const V7 = bytesOf('6.1.192.tracecmd.dat.gz');
const V6 = bytesOf('6.1.192.tracecmd-v6.dat.gz');

function read(bytes: Uint8Array): { readonly report: DatReport; readonly frames: readonly Frame[] } {
  const file: RandomAccess = { size: bytes.length, read: (at, n) => bytes.subarray(at, at + n) };
  const frames: Frame[] = [];
  const unpack = (algorithm: string, packed: Uint8Array, size: number): Uint8Array => {
    if (algorithm !== 'zstd') throw new BadInput('trace-dat-damaged', `compression ${algorithm}`);
    try {
      return decompress(packed, new Uint8Array(size));
    } catch (error) {
      throw new BadInput('trace-dat-damaged', String(error));
    }
  };
  return { report: readTraceDat(file, unpack, (frame) => frames.push(frame)), frames };
}

function rawReport(): FrameEvent[] {
  const frames: FrameEvent[] = [];
  const reader = new FrameReader((frame) => frame.kind === 'event' && frames.push(frame));
  reader.push(new TextDecoder().decode(bytesOf('6.1.192.tracecmd-report-raw.txt.gz')));
  reader.end();
  return frames;
}

/** trace-cmd prints microseconds, rounded. */
const micros = (ns: number): number => Math.round(ns / 1_000);
/** `gfn=601` of the report and `gfn=0x601` of the file are one value; so are the report's decimals. */
const fields = (body: string): Map<string, string> =>
  new Map([...body.matchAll(/(\w+)=(0x[0-9a-f]+|-?\d+)(?= |$)/g)].map((m) => [m[1]!, m[2]!]));

describe.each([
  ['version 7, packed with zstd', V7, 7],
  ['version 6', V6, 6],
] as const)('%s', (_name, bytes, version) => {
  const { report, frames } = read(bytes);
  const events = frames.filter((frame) => frame.kind === 'event');

  test('says what it is', () => {
    expect(report).toEqual({
      version,
      clock: 'mono',
      uname: 'Linux (none) 6.1.0-56-amd64 x86_64',
      events: 1_253,
      unknownFormats: 0,
    });
  });

  test("has the events of trace-cmd's own report, in its order", () => {
    const key = (e: FrameEvent): string => `${micros(e.time)} ${e.task} ${e.pid} ${e.cpu} ${e.event}`;
    expect(events.map(key)).toEqual(rawReport().map(key));
  });

  test('and their values', () => {
    let compared = 0;
    for (const [k, printed] of rawReport().entries()) {
      const mine = fields(events[k]!.body);
      for (const [name, value] of fields(printed.body)) {
        if (!mine.has(name)) continue;
        const own = BigInt(mine.get(name)!);
        // Some formats print hex without 0x.
        const candidates = [
          BigInt(value),
          ...(/^\d/.test(value) && !value.startsWith('0x') ? [BigInt(`0x${value}`)] : []),
        ];
        expect(candidates, `${printed.event} ${name}=${value}`).toContain(own);
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(3_000);
    expect(events.filter((e) => e.event === 'tracing_mark_write')[1]?.body).toBe(
      'kvmscen: vm0 KVM_CREATE_VM',
    );
  });
});

describe('damage', () => {
  test.each([
    ['nothing', new Uint8Array(0)],
    ['only the magic', V7.subarray(0, 10)],
    ['another version', Uint8Array.from(V7.subarray(0, 4_096), (b, k) => (k === 10 ? 0x35 : b))],
    ['a gzip file', new Uint8Array(gunzipSync(readFileSync(join(FORMATS, '6.1.192.boot.txt.gz'))))],
  ])('%s is refused with what was expected', (_name, bytes) => {
    expect(() => read(bytes)).toThrow(BadInput);
    expect(() => read(bytes)).toThrow(/version|begin|end/);
  });

  test('a file cut anywhere, or with any byte changed, is read or refused: nothing else', () => {
    const seen: string[] = [];
    const tolerant = (bytes: Uint8Array): void => {
      try {
        read(bytes);
        seen.push('read');
      } catch (error) {
        seen.push(error instanceof BadInput ? 'refused' : String(error));
      }
    };
    // The packed symbols are most of the file and are never looked at: aim at the rest.
    const at = fc.oneof(
      fc.integer({ min: 0, max: 16_000 }),
      fc.integer({ min: V7.length - 20_000, max: V7.length - 1 }),
    );
    fc.assert(
      fc.property(at, fc.integer({ min: 0, max: 255 }), fc.boolean(), (where, value, cut) => {
        const changed = V7.slice();
        changed[where] = value;
        tolerant(cut ? V7.subarray(0, where) : changed);
      }),
      { numRuns: 60, seed: 5 },
    );
    expect(new Set(seen)).toEqual(new Set(['read', 'refused']));
  });
});
