// What is no trace, or a damaged one: refused with what was expected, or used as far as it can be, with line numbers.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { readTrace } from '../../../src/traces/read-trace.js';
import { TRACE_LIMITS, type TraceLimits } from '../../../src/traces/trace-bytes.js';
import type { TraceDocument } from '../../../src/traces/trace-messages.js';
import { textOf } from './support.js';

const folder = mkdtempSync(join(tmpdir(), 'rootline-traces-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
async function read(
  content: string | Uint8Array,
  limits: Partial<TraceLimits> = {},
): Promise<TraceDocument & { readonly rows: number }> {
  const file = join(folder, `trace-${++files}`);
  writeFileSync(file, content);
  let rows = 0;
  const parts = readTrace({
    file,
    name: file,
    kernel: null,
    kprobeProfile: '',
    limits: { ...TRACE_LIMITS, ...limits },
    spool: folder,
  });
  for await (const part of parts) {
    if (part.kind === 'part') rows += part.part.rows?.columns.length ?? 0;
    if (part.kind === 'whole') return { ...part.document, rows };
  }
  throw new Error('it has no end');
}

const SMI = textOf('6.1.192/smi.trace.txt.gz');
const LINES = SMI.split('\n');
const line = (time: string, event: string): string => ` t-1     [000] ..... ${time}: ${event}`;

describe('refused, with what was expected', () => {
  test.each([
    ['nothing', '', 'not-a-trace'],
    ['prose', 'Dear all,\n\nmy guest is slow.\n', 'not-a-trace'],
    ['a binary', Buffer.concat([Buffer.from('ELF'), Buffer.alloc(300), Buffer.from(SMI)]), 'not-a-trace'],
    ['perf.data', Buffer.from(`PERFILE2${'x'.repeat(200)}`), 'not-a-trace'],
    ['gzip of nothing', gzipSync(''), 'not-a-trace'],
    ['one endless line', 'x'.repeat(5_000_000), 'not-a-trace'],
    ['a trace of something else', `${line('1.000001', 'sched_switch: prev_comm=a')}\n`, 'no-kvm-event'],
    ['a cut trace.dat', Buffer.from([0x17, 0x08, 0x44, ...Buffer.from('tracing7')]), 'trace-dat-damaged'],
  ])('%s', async (_what, content, code) => {
    await expect(read(content)).rejects.toMatchObject({ name: 'BadInput', code });
    await expect(read(content)).rejects.toThrow(/expected|trace\.dat/);
  });

  test('a bomb, before it is unpacked', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, 0x20));
    await expect(read(bomb)).rejects.toMatchObject({ code: 'trace-bomb' });
    await expect(read(gzipSync(SMI), { maxInflatedBytes: 10_000 })).rejects.toMatchObject({
      code: 'trace-too-large',
    });
  });
});

describe('used as far as it can be', () => {
  test('a gzip file that was cut off', async () => {
    const whole = gzipSync(SMI);
    const cut = await read(whole.subarray(0, whole.length * 0.7));
    expect(cut.rows).toBeGreaterThan(200);
    expect(cut.lines).toBeLessThan(LINES.length);
    expect(cut.warnings[0]).toMatch(
      /gzip file ends after \d+ bytes, before its end; the \d+ lines before that/,
    );
  });

  test('huge lines, at the beginning and in the middle', async () => {
    const huge = 'y'.repeat(400_000);
    const text = [huge, ...LINES.slice(0, 500), huge, ...LINES.slice(500)].join('\n');
    const document = await read(text);
    expect(document).toMatchObject({ malformed: { lineTooLong: 2 }, rootAllocations: 2 });
    expect(document.malformedShown.map((shown) => shown.line)).toEqual([1, 502]);
  });

  test('lines of another form, unknown events, fields that cannot be read', async () => {
    const text = [
      ...LINES.slice(0, 300),
      'what is this?',
      line('21.9', 'sched_switch: x'),
      line('21.900000', 'sched_switch: prev_comm=a'),
      line('21.900000', 'kvm_exit: vcpu x reason npf'),
      ...LINES.slice(300),
    ].join('\n');
    const document = await read(text);
    expect(document).toMatchObject({
      malformed: { noTaskOrCpu: 1 },
      unknown: 2,
      unknownEvents: { sched_switch: 2 },
      firstUnknownLine: 302,
      undecodable: 1,
      firstUndecodable: { line: 304, event: 'kvm_exit', field: 'vcpu' },
      rootAllocations: 2,
    });
    expect(document.warnings.join('\n')).toMatch(/first at line 301: "what is this\?"/);
    expect(document.warnings.join('\n')).toMatch(/first at line 304: kvm_exit has no readable vcpu/);
  });

  test('times that go backwards, and another clock in the middle', async () => {
    const entry = (time: string): string => line(time, 'kvm_entry: vcpu 0, rip 0x1');
    const document = await read([entry('5.000000'), entry('4.000000'), entry('123456789')].join('\n'));
    expect(document).toMatchObject({ events: 3, rows: 5, timesBackwards: 2, otherClockLine: 3 });
    expect(document.warnings.join('\n')).toMatch(/first at line 2/);
  });

  test('zeros of a crash in the middle, a mark in front, UTF-16', async () => {
    const zeros = [...LINES.slice(0, 300), '\0'.repeat(400), ...LINES.slice(300)].join('\n');
    expect(await read(zeros)).toMatchObject({ malformed: { noTaskOrCpu: 1 }, rootAllocations: 2 });
    expect(await read(`\ufeff${SMI}`)).toMatchObject({
      format: 'tracefs',
      malformed: {},
      rootAllocations: 2,
    });
    await expect(read(Buffer.from(`\ufeff${SMI}`, 'utf16le'))).rejects.toThrow(/UTF-16.*expected UTF-8/);
    await expect(read(`${'x'.repeat(70_000)}\ny\n`)).rejects.toThrow(/1 of them longer than LINE_CHARS_MAX/);
  });

  test('white space that a mail program made of other characters', async () => {
    const document = await read(SMI.replaceAll('  ', '\u00a0 '));
    expect(document).toMatchObject({ malformed: {}, rootAllocations: 2, rows: (await read(SMI)).rows });
  });
});
