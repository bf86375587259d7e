// The frame of a trace line in all the shapes that the recordings show, and every way in which a line can be wrong.
import { describe, expect, test } from 'vitest';
import { missedFrees, readKprobeProfile } from '../../../src/core/traces/kprobe-profile.js';
import { decodeKvmEvent } from '../../../src/core/traces/kvm-events.js';
import { readRecording } from '../../../src/core/traces/recording.js';
import { isWhole, parseLine, readTrace, type TraceLine } from '../../../src/core/traces/tracefs-reader.js';

const GOOD = '         kvmscen-527     [001] d..1.    21.694077: kvm_entry: vcpu 0, rip 0x8000';

function lineOf(text: string): TraceLine {
  const outcome = parseLine(text, 1);
  if (outcome.kind !== 'event') throw new Error(JSON.stringify(outcome));
  return outcome.line;
}

describe('a line', () => {
  test('is task, pid, cpu, integer nanoseconds, event and body', () => {
    expect(lineOf(GOOD)).toEqual({
      lineNumber: 1,
      task: 'kvmscen',
      pid: 527,
      cpu: 1,
      timestampNs: 21_694_077_000,
      event: 'kvm_entry',
      body: 'vcpu 0, rip 0x8000',
    });
  });

  test.each([
    ['    kworker/u4:1-25      [000] .....    21.924215: kvm_exit: x', 'kworker/u4:1', 25],
    ['          <idle>-0       [000] ..s2.    21.924215: kvm_exit: x', '<idle>', 0],
    ['           <...>-1234    [001] .....    21.924215: kvm_exit: x', '<...>', 1234],
    ['         a-1 b-2-77      [001] .....    21.924215: kvm_exit: x', 'a-1 b-2', 77],
    ['         kvmscen-527     (    527) [001] .....    21.924215: kvm_exit: x', 'kvmscen', 527],
    ['         kvmscen-527     (-------) [001] .....    21.924215: kvm_exit: x', 'kvmscen', 527],
    ['         kvmscen-527     [001]    21.924215: kvm_exit: x', 'kvmscen', 527],
  ])('has an odd task or column: %s', (text, task, pid) => {
    expect(lineOf(text)).toMatchObject({
      task,
      pid,
      event: 'kvm_exit',
      body: 'x',
      timestampNs: 21_924_215_000,
    });
  });

  test('may have an empty body, nine decimals, and a body that looks like another frame', () => {
    expect(lineOf(' t-1 [000] ..... 0.000000001: kvm_mmu_zap_all_fast_ret:')).toMatchObject({
      timestampNs: 1,
      body: '',
    });
    const tricky = lineOf(
      '         kvmscen-5     [001] .....     1.000000: tracing_mark_write: x-9 [002] ..... 2.000000: y: z',
    );
    expect(tricky).toMatchObject({ pid: 5, cpu: 1, timestampNs: 1_000_000_000, event: 'tracing_mark_write' });
  });

  test.each([
    ['noTaskOrCpu', 'nonsense'],
    ['noTaskOrCpu', ' 1)               |  /* kvmscen: scenario smi */'],
    ['noTaskOrCpu', '  kvmscen-1093      0..... 63581us+: tracing_mark_write: kvmscen: scenario x'],
    ['noTaskOrCpu', 'kvmscen-99999999999999999999 [001] ..... 1.000000: e: x'],
    ['noTimestamp', '         kvmscen-527     [001] d..1.    soon: kvm_entry: vcpu 0'],
    ['noTimestamp', '         kvmscen-527     [001] d..1.    21.6940: kvm_entry: vcpu 0'],
    ['unsupportedClock', '         kvmscen-527     [001] d..1. 123456789012: kvm_entry: vcpu 0'],
    ['timestampTooLarge', '         kvmscen-527     [001] d..1. 1700000000.000000: kvm_entry: vcpu 0'],
    ['noEventName', '         kvmscen-527     [001] d..1.    21.694077: kvm_mmu_load <-vcpu_enter_guest'],
  ])('is malformed: %s', (reason, text) => {
    expect(parseLine(text, 7)).toEqual({ kind: 'malformed', line: { lineNumber: 7, reason, text } });
  });
});

describe('a file', () => {
  test('keeps what does not fit, with its line number', () => {
    const text = ['# tracer: nop', '#', `${GOOD}\r`, 'CPU:1 [LOST 42 EVENTS]', '', 'nonsense', GOOD, ''].join(
      '\n',
    );
    const trace = readTrace(text);
    expect(trace.header).toEqual({ tracer: 'nop', entriesInBuffer: null, entriesWritten: null, cpus: null });
    expect(trace.events.map((line) => line.lineNumber)).toEqual([3, 7]);
    expect(trace.events[0]?.body).toBe('vcpu 0, rip 0x8000');
    expect(trace.lost).toEqual([{ lineNumber: 4, cpu: 1, events: 42 }]);
    expect(trace.malformed).toEqual([{ lineNumber: 6, reason: 'noTaskOrCpu', text: 'nonsense' }]);
    expect(isWhole(trace)).toBe(false);
  });

  test.each([
    ['2/2', true],
    ['2/3', false],
    ['3/3', false],
  ])('of two events that says %s is whole: %s', (entries, whole) => {
    expect(
      isWhole(readTrace(`# entries-in-buffer/entries-written: ${entries}   #P:2\n${GOOD}\n${GOOD}\n`)),
    ).toBe(whole);
  });

  test('of another kernel, or of no trace at all, is a typed outcome', () => {
    expect(readRecording('4.19', GOOD, '')).toEqual({
      kind: 'unknownKernel',
      kernel: '4.19',
      expected: ['5.10.262', '6.1.192-nofix', '6.1.192', '6.12.117', '7.2.13'],
    });
    expect(readRecording('6.1.192', '', '')).toEqual({ kind: 'notATrace', reasons: new Map() });
    expect(readRecording('6.1.192', '<html>\n<body>\n', '')).toEqual({
      kind: 'notATrace',
      reasons: new Map([['noTaskOrCpu', 2]]),
    });
  });
});

describe('an event', () => {
  const decode = (event: string, body: string) =>
    decodeKvmEvent({ lineNumber: 1, task: 't', pid: 1, cpu: 0, timestampNs: 0, event, body });

  test('is decoded, ignored, unknown or undecodable, and never guessed', () => {
    expect(decode('kvm_exit', 'vcpu 3 reason npf rip 0x8000')).toEqual({
      type: 'exit',
      vcpu: 3,
      reason: 'npf',
    });
    expect(decode('kvm_pio', 'anything')).toEqual({ type: 'ignored' });
    expect(decode('sched_switch', 'anything')).toEqual({ type: 'unknown' });
    expect(decode('toString', '')).toEqual({ type: 'unknown' });
    expect(decode('kvm_exit', 'vcpu x')).toEqual({ type: 'undecodable', field: 'vcpu' });
    expect(decode('tdp_mmu_next_root', 'prev=(fault)')).toEqual({ type: 'undecodable', field: 'prev' });
    expect(decode('kvm_smm_transition', 'vcpu 0: standing in SMM')).toEqual({
      type: 'undecodable',
      field: 'direction',
    });
    expect(
      decode('kvm_tdp_mmu_put_root', '(x+0x0) root=0xffff888006843228 shared=0 refcount=? role=0x3784'),
    ).toEqual({
      type: 'undecodable',
      field: 'refcount',
    });
  });

  test('tells INVALID_PAGE from an address', () => {
    expect(decode('mmu_free_root_page', 'hpa=0xffffffffffffffff')).toEqual({
      type: 'freeRootPage',
      hpa: null,
    });
    expect(decode('mmu_free_root_page', 'hpa=0x6849000')).toEqual({ type: 'freeRootPage', hpa: 0x6849000 });
  });
});

test('a kprobe profile gives the missed frees, and keeps lines of another form', () => {
  const profile = readKprobeProfile('kvm_mmu_load 41 0\n  tdp_mmu_free_sp_rcu_callback   182  23\n\nwhat\n');
  expect(missedFrees(profile)).toBe(23);
  expect(profile.malformed).toEqual(['what']);
  expect(missedFrees(readKprobeProfile(''))).toBe(0);
});
