// Every layout that was recorded, read into frames; what mail clients do to them; and everything that is not a trace.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Frame, FrameCall, FrameEvent } from '../../../src/core/traces/frames/frame.js';
import { FrameReader, type FrameReport } from '../../../src/core/traces/frames/frame-reader.js';

const FIXTURES = join(import.meta.dirname, '../../../fixtures/traces');

function textOf(name: string): string {
  return gunzipSync(readFileSync(join(FIXTURES, name))).toString('utf8');
}

interface Read extends FrameReport {
  readonly frames: readonly Frame[];
}

/** @param ascii give the bytes as well, as an import does */
function read(text: string, piece = 65_536, ascii = false): Read {
  const frames: Frame[] = [];
  const reader = new FrameReader((frame) => frames.push(frame));
  for (let at = 0; at < text.length; at += piece) {
    const part = text.slice(at, at + piece);
    reader.push(part, ascii ? Buffer.from(part, 'latin1') : null);
  }
  return { ...reader.end(), frames };
}

const events = (r: Read): FrameEvent[] => r.frames.filter((f) => f.kind === 'event');
const calls = (r: Read): FrameCall[] => r.frames.filter((f) => f.kind === 'call');
const countOf = (r: Read, name: string): number => events(r).filter((f) => f.event === name).length;

describe('lines read from bytes are the lines read from text', () => {
  const files = readdirSync(FIXTURES, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /(?:\.txt|\.trace|trace)\.gz$/.test(name),
  );
  test.each(files)('%s', (name) => {
    const text = textOf(name).replaceAll(/[^\0-\x7f]/g, '?');
    for (const piece of [65_536, 4_099]) expect(read(text, piece, true)).toEqual(read(text, piece));
  });

  const PLAIN = '   t-1 [000] d..1. 1.000001: kvm_entry: vcpu 0, rip 0x1';
  const odd = [
    't-1 [000] 1.000001: kvm_entry: vcpu 0\r',
    '[x] y-7 [000] 1.5: kvm_entry:',
    'a[1]-7   [000] ....  1.123456789: kvm_entry:   vcpu 0  \t ',
    '> t-1 [000] 1.000001: kvm_entry: vcpu 0',
    't-1 (  12) [000] 1.000001: kvm_entry: vcpu 0',
    't-12345678901 [000] 1.000001: kvm_entry: vcpu 0',
    '-1 [000] 1.000001: kvm_entry: vcpu 0',
    't-1 [000] 12345678.000001: kvm_entry: vcpu 0',
    't-1 [000] 99999999999.000001: kvm_entry: vcpu 0',
    't-1 [000] 1.: kvm_entry: vcpu 0',
    't-1 [000] .5: kvm_entry: vcpu 0',
    't-1 [000] 1234567: kvm_entry: vcpu 0',
    't-1 [000] d..1. 1.000001: kvm:kvm_entry: vcpu 0',
    't-1 [000] d..1. 1.000001: kvm_entry:vcpu 0',
    't-1 [000] d..1. 1.000001: kvm_entry',
    't-1 [000] d..1. 1.000001: bprint: x',
    't-1 [000] d..1. 1.000001: print: tracing_mark_write: hello',
    't-1 [000] d..1. 1.000001: kvm_mmu_load <-vcpu_enter_guest',
    't 1/2 [000] 1.000001: kvm:kvm_entry: vcpu 0',
    't 1 [000]  1.000001: kvm:kvm_entry: vcpu 0',
    'CPU:1 [LOST 7 EVENTS]',
    't-1 [000000] 1.000001: kvm_entry: vcpu 0',
    't-1 [000]',
    `t-1 [000] ${' '.repeat(70_000)} 1.000001: kvm_entry: vcpu 0`,
    '',
    `${'n'.repeat(90)}-1 [000] 1.000001: kvm_entry: vcpu 0`,
  ];
  test.each(odd)('%#: %j', (line) => {
    // The first lines are read before the layout is known.
    const text = `${`${PLAIN}\n`.repeat(401)}${line}\n${PLAIN}\n${line}\n`;
    expect(read(text, 65_536, true)).toEqual(read(text));
  });

  test('lines made of pieces of lines', () => {
    const pieces = fc.constantFrom(
      ' ',
      '-',
      '1',
      '[000]',
      ':',
      '.',
      't',
      '0.5:',
      'kvm_entry:',
      '\t',
      '(',
      ']',
      '\r',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
        const text = `${`${PLAIN}\n`.repeat(401)}${parts.join('')}\n${PLAIN}\n`;
        expect(read(text, 65_536, true)).toEqual(read(text));
      }),
      { numRuns: 300 },
    );
  });
});

describe('recorded layouts', () => {
  // The same program under the same kernel, printed in other ways: 227 events each.
  test.each([
    ['6.1.192.boot', 'tracefs', 'ns'],
    ['6.1.192.local', 'tracefs', 'ns'],
    ['6.1.192.noirqinfo', 'tracefs', 'ns'],
    ['6.1.192.tgid', 'tracefs', 'ns'],
    ['6.1.192.x86tsc', 'tracefs', 'ticks'],
    ['6.1.192.latency', 'latency', 'relative'],
    ['6.1.192.pipe_live', 'trace_pipe', 'ns'],
  ])('%s is %s with a clock of %s', (name, dialect, clock) => {
    const r = read(textOf(`formats/${name}.txt.gz`));
    expect(r).toMatchObject({ dialect, events: 227, malformed: {}, joined: 0 });
    expect(new Set(events(r).map((f) => f.clock))).toEqual(new Set([clock]));
    expect(countOf(r, 'kvm_tdp_mmu_put_root')).toBe(
      countOf(read(textOf('formats/6.1.192.boot.txt.gz')), 'kvm_tdp_mmu_put_root'),
    );
  });

  test('the tgid column', () => {
    expect(events(read(textOf('formats/6.1.192.tgid.txt.gz')))[0]).toMatchObject({ pid: 1063, tgid: 1063 });
  });

  test('three styles of trace-cmd report: the same events at the same times', () => {
    const [plain, raw, bare] = ['report', 'report-raw', 'report-noplugins'].map((style) =>
      read(textOf(`formats/6.1.192.tracecmd-${style}.txt.gz`)),
    );
    for (const r of [plain!, raw!, bare!])
      expect(r).toMatchObject({ dialect: 'trace-cmd report', events: 1_253, malformed: {} });
    const key = (f: FrameEvent): string => `${f.time} ${f.pid} ${f.cpu} ${f.event}`;
    expect(events(raw!).map(key)).toEqual(events(plain!).map(key));
    expect(events(bare!).map(key)).toEqual(events(plain!).map(key));
    // What the program wrote to trace_marker reads as in tracefs, whoever prints it.
    for (const r of [plain!, raw!])
      expect(events(r)[0]).toMatchObject({ event: 'tracing_mark_write', body: 'kvmscen: scenario smi' });
  });

  test('bpftrace: functions that a script names, and what else it says', () => {
    const r = read(
      [
        'Attaching 7 probes...',
        '00:30:31:347560 tid[553909] pid[553848] kvm_mmu_load: vcpu=0xffff8880061d0c50 kvm=0xffffc900004f5000',
        '00:30:31:347577 tid[553909] pid[553848] cpu[3] kvm_page_fault: vcpu 0 rip 0x1 address 0x1000 error_code 0x6',
        '00:30:31:347600 tid[553909] pid[553848] stuck @ rip ffffffff80094a41 (375972 hits), gpa = 294a41',
        '[1704971602.5] kvm_mmu_unload (tid=52035) vcpu=0xffff8880061d0c50 kvm=0xffffc900004f5000',
        '[1704971602] task_numa_work (tid=52035) took 19995 ms',
        '',
      ].join('\n'),
    );
    expect(r).toMatchObject({
      dialect: 'bpftrace',
      events: 5,
      malformed: { noTaskOrCpu: 1 },
    });
    expect(events(r).map(({ event, pid, tgid, cpu, time }) => [event, pid, tgid, cpu, time])).toEqual([
      ['kvm_mmu_load', 553_909, 553_848, -1, 1_831_347_560_000],
      ['kvm_page_fault', 553_909, 553_848, 3, 1_831_347_577_000],
      ['stuck', 553_909, 553_848, -1, 1_831_347_600_000],
      ['kvm_mmu_unload', 52_035, null, -1, 2_891_602_500_000_000],
      ['task_numa_work', 52_035, null, -1, 2_891_602_000_000_000],
    ]);
  });

  test('lost events: counted, where they were lost', () => {
    const r = read(textOf('formats/5.10.262.pipe_lost.txt.gz'));
    expect(r.frames.filter((f) => f.kind === 'lost')).toEqual([
      { kind: 'lost', lineNumber: 25, cpu: 0, events: 1_288 },
    ]);
    const dropped = read('cpus=1\n t-1 [000] 1.000001: kvm_entry: vcpu 0\nCPU:0 [EVENTS DROPPED]\n');
    expect(dropped.frames.at(-1)).toEqual({ kind: 'lost', lineNumber: 3, cpu: 0, events: null });
  });

  test('the function tracer: names with their callers', () => {
    const r = read(textOf('formats/6.1.192.function.txt.gz'));
    expect(r).toMatchObject({ dialect: 'tracefs', events: 15, calls: 690, malformed: {} });
    expect(calls(r).find((f) => f.function === 'tdp_mmu_init_sp')).toMatchObject({
      phase: 'enter',
      parent: 'kvm_tdp_mmu_get_vcpu_root_hpa',
    });
  });

  test('function_graph: every function that is entered is left', () => {
    const r = read(textOf('formats/6.1.192.function_graph.txt.gz'));
    expect(r).toMatchObject({ dialect: 'function_graph', events: 15, malformed: {} });
    const phases = { enter: 0, exit: 0, leaf: 0 };
    for (const call of calls(r)) phases[call.phase]++;
    expect(phases.enter).toBe(phases.exit);
    expect(calls(r).find((f) => f.function === 'tdp_mmu_init_sp')).toMatchObject({
      phase: 'leaf',
      cpu: 0,
      depth: 2,
      durationNs: 2_782,
    });
    expect(r.frames.filter((f) => f.kind === 'switch').length).toBeGreaterThan(1);
  });
});

describe('perf script', () => {
  test('its columns, its systems, its losses', () => {
    const text = [
      '       CPU 0/KVM  1234/1240  [003]  95922.997039:       kvm:kvm_exit: vcpu 0 reason EXCEPTION_NMI rip 0xfd0bd',
      '         kvmscen  1191 [001]    94.343977: probe:kvm_mmu_load: (ffffffffc02bb3d0) vcpu=0xffff8880061d1c50',
      '         swapper     0 [000]    94.343999: PERF_RECORD_LOST lost 12',
    ].join('\n');
    const r = read(text);
    expect(r).toMatchObject({ dialect: 'perf script', events: 2, malformed: {} });
    expect(r.frames).toMatchObject([
      { task: 'CPU 0/KVM', pid: 1240, tgid: 1234, cpu: 3, time: 95_922_997_039_000, event: 'kvm_exit' },
      {
        task: 'kvmscen',
        pid: 1191,
        event: 'kvm_mmu_load',
        body: '(ffffffffc02bb3d0) vcpu=0xffff8880061d1c50',
      },
      { kind: 'lost', events: 12 },
    ]);
  });
});

test.each(['perf-script', 'perf-script-pid'])('%s: what perf 6.1 itself printed, with its losses', (name) => {
  const r = read(textOf(`../perf/${name}.txt.gz`));
  const lost = r.frames.filter((f) => f.kind === 'lost');
  expect(r).toMatchObject({ dialect: 'perf script', malformed: {} });
  expect([r.events, lost.map(({ events: n }) => n)]).toEqual([70, [14]]);
  expect(
    events(r).every(({ pid, cpu, time, body }) => pid >= 0 && cpu <= 1 && time > 53e12 && body !== ''),
  ).toBe(true);
});

describe('a mail', () => {
  const trace = textOf('6.1.192/smi.trace.txt.gz').split('\n').slice(12, 212);
  const squeezed = (f: FrameEvent): string =>
    `${f.time} ${f.pid} ${f.cpu} ${f.event} ${f.body.replaceAll(/\s+/g, ' ')}`;
  const want = events(read(trace.join('\n'))).map(squeezed);

  test('quoted twice, and its white space damaged', () => {
    const text = trace.map((line) => `> > ${line.replaceAll(/ {2,}/g, '\t').trim()}`).join('\r\n');
    const r = read(text);
    expect(events(r).map(squeezed)).toEqual(want);
    expect(r.quoted).toBe(trace.length);
  });

  test('wrapped at any width from 72 characters on', () => {
    fc.assert(
      fc.property(fc.integer({ min: 72, max: 110 }), (width) => {
        const wrapped = trace.flatMap((line) => wrap(line, width)).map((line) => `> ${line}`);
        const r = read(wrapped.join('\n'));
        expect(r.malformed).toEqual({});
        expect(events(r).map(squeezed)).toEqual(want);
      }),
      { numRuns: 12, seed: 7 },
    );
  });
});

test('damage in a text that was not wrapped is reported, never put onto the event before it', () => {
  const lines = textOf('6.1.192/smi.trace.txt.gz').split('\n').slice(12, 212);
  const r = read([...lines.slice(0, 100), 'x'.repeat(90), '...', ...lines.slice(100)].join('\n'));
  expect(r).toMatchObject({ events: 200, joined: 0, malformed: { noTaskOrCpu: 2 } });
  expect(r.malformedShown.map((m) => m.lineNumber)).toEqual([101, 102]);
});

/** Breaks at spaces only, as mail clients do. */
function wrap(line: string, width: number): string[] {
  const out: string[] = [];
  let rest = line.trim();
  while (rest.length > width) {
    const at = rest.lastIndexOf(' ', width);
    if (at <= 0) break;
    out.push(rest.slice(0, at));
    rest = rest.slice(at + 1);
  }
  return [...out, rest];
}

describe('what is not a trace', () => {
  test.each([
    ['nothing', ''],
    ['prose', 'Dear all,\n\nmy guest is slow. Any idea?\n'],
    ['a C file', '#include <linux/kvm_host.h>\nvoid f(void) { g[3] = 1; }\n'],
  ])('%s is refused with what was expected', (_name, text) => {
    expect(() => read(text)).toThrow(/expected text of tracefs/);
  });

  test('a line that is too long is reported and the next one is read', () => {
    const good = ' t-1 [000] ..... 1.000001: kvm_entry: vcpu 0, rip 0x1';
    for (const piece of [100, 1 << 20]) {
      const r = read(`${good}\n${'x'.repeat(200_000)}\n${good}\n`, piece);
      expect(r.events).toBe(2);
      expect(r.malformed).toEqual({ lineTooLong: 1 });
      expect(r.malformedShown[0]?.lineNumber).toBe(2);
      expect(r.lines).toBe(3);
    }
  });

  test('reads the same whatever the pieces are', () => {
    const text = textOf('formats/6.1.192.tgid.txt.gz');
    const whole = read(text).frames;
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), (piece) => {
        expect(read(text, piece).frames).toEqual(whole);
      }),
      { numRuns: 10, seed: 3 },
    );
  });
});
