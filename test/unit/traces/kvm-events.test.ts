// An event decodes to the same thing whichever tool printed it; what cannot be read says so; a whole text knows whether it
// is whole.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { decompress } from 'fzstd';
import { describe, expect, test } from 'vitest';
import type { Frame, FrameEvent } from '../../../src/core/traces/frames/frame.js';
import { missedFrees, readKprobeProfile } from '../../../src/core/traces/kprobe-profile.js';
import { decodeKvmEvent, type KvmEvent, KvmEventDecoder } from '../../../src/core/traces/kvm-events.js';
import { readRecording } from '../../../src/core/traces/recording.js';
import { readTraceDat } from '../../../src/core/traces/trace-dat/trace-dat.js';
import { isWhole, readTrace } from '../../../src/core/traces/trace-text.js';

const FORMATS = join(import.meta.dirname, '../../../fixtures/traces/formats');
const bytesOf = (name: string): Uint8Array => new Uint8Array(gunzipSync(readFileSync(join(FORMATS, name))));
const GOOD = '         kvmscen-527     [001] d..1.    21.694077: kvm_entry: vcpu 0, rip 0x8000';

function decodeAll(frames: readonly Frame[]): KvmEvent[] {
  const decoder = new KvmEventDecoder();
  return frames.filter((frame): frame is FrameEvent => frame.kind === 'event').map((f) => decoder.decode(f));
}

describe('one run, in five forms', () => {
  const text = (name: string): KvmEvent[] =>
    decodeAll(readTrace(new TextDecoder().decode(bytesOf(`6.1.192.tracecmd-${name}.txt.gz`))).events);
  const dat = (name: string): KvmEvent[] => {
    const bytes = bytesOf(name);
    const frames: Frame[] = [];
    readTraceDat(
      { size: bytes.length, read: (at, n) => bytes.subarray(at, at + n) },
      (_algorithm, packed, size) => decompress(packed, new Uint8Array(size)),
      (frame) => frames.push(frame),
    );
    return decodeAll(frames);
  };
  const raw = text('report-raw');

  test('nothing is left undecodable or unknown', () => {
    for (const events of [raw, text('report'), text('report-noplugins'), dat('6.1.192.tracecmd.dat.gz')]) {
      expect(events.filter(({ type }) => type === 'undecodable' || type === 'unknown')).toEqual([]);
      expect(events.filter(({ type }) => type === 'ignored').length).toBeLessThan(400);
    }
  });

  test('trace.dat is its raw report, value by value', () => {
    expect(dat('6.1.192.tracecmd.dat.gz')).toEqual(raw);
    expect(dat('6.1.192.tracecmd-v6.dat.gz')).toEqual(raw);
  });

  test('the report without the plugin is the raw one', () => {
    expect(text('report-noplugins')).toEqual(raw);
  });

  test('the plugin leaves out the vCPU of an exit, the role of a page, the gfn of a zapped one', () => {
    const less = (events: readonly KvmEvent[]): KvmEvent[] =>
      events.map((event) => {
        if (event.type === 'exit') return { ...event, vcpu: null };
        if (event.type === 'pageAnnounced') return { ...event, role: null };
        return event.type === 'pageZapped' ? { ...event, gfn: null } : event;
      });
    expect(less(text('report'))).toEqual(less(raw));
  });
});

describe('an event', () => {
  const decode = (event: string, body: string) => decodeKvmEvent({ event, body });

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
    expect(decode('tdp_mmu_next_root', 'prev=0x12345678901234567')).toMatchObject({ field: 'prev' });
    expect(decode('kvm_smm_transition', 'vcpu 0: standing in SMM')).toEqual({
      type: 'undecodable',
      field: 'direction',
    });
    expect(
      decode('kvm_tdp_mmu_put_root', '(x+0x0) root=0xffff888006843228 shared=0 refcount=? role=0x3784'),
    ).toEqual({ type: 'undecodable', field: 'refcount' });
  });

  test('tells INVALID_PAGE from an address', () => {
    expect(decode('mmu_free_root_page', 'hpa=0xffffffffffffffff')).toEqual({
      type: 'freeRootPage',
      kvm: null,
      hpa: null,
    });
    expect(decode('mmu_free_root_page', 'kvm=0xffffc900003f5000 hpa=0x6849000')).toEqual({
      type: 'freeRootPage',
      kvm: 0xc900003f5000,
      hpa: 0x6849000,
    });
  });

  test('goes by the names of perf and of unnamed probes as well', () => {
    const body = '(ffffffffc02bb3d0) vcpu=0xffff8880061d1c50 kvm=0xffffc900004f5000';
    const want = { type: 'mmuLoad', vcpu: 0x8880061d1c50, kvm: 0xc900004f5000 };
    for (const name of ['kvm_mmu_load', 'p_kvm_mmu_load_0']) expect(decode(name, body)).toEqual(want);
    for (const name of ['kvm_tdp_mmu_alloc_root__return', 'r_kvm_tdp_mmu_alloc_root_0'])
      expect(decode(name, 'hpa=0x7701000')).toEqual({ type: 'lookupReturned', hpa: 0x7701000 });
    expect(decode('kvm_mmu_zap_all_fast', 'kvm-mmu-valid-gen 0 used_pages 0')).toMatchObject({
      type: 'fastZapAnnounced',
    });
    expect(decode('kvm_mmu_zap_all_fast', '(ffffffffc02bb3d0) kvm=0x1')).toMatchObject({ type: 'fastZap' });
  });

  test('a zapped or frozen SPTE is the same number in every version', () => {
    const changed = (before: string, after: string) =>
      decode('kvm_tdp_mmu_spte_changed', `as id 1 gfn 200 level 4 old_spte ${before} new_spte ${after}`);
    expect(changed('8000000000000000', '80000000000005a0')).toEqual(changed('0', '5a0'));
    expect(changed('0', '5a0')).toEqual({
      type: 'spteChanged',
      asId: 1,
      gfn: 0x200,
      level: 4,
      before: 0,
      after: 0x5a0,
    });
  });
});

describe('a text', () => {
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
    for (const text of ['', '<html>\n<body>\n'])
      expect(readRecording('6.1.192', text, '')).toMatchObject({
        kind: 'notATrace',
        why: expect.stringContaining('expected text of tracefs') as string,
      });
  });
});

test('a kprobe profile gives the missed frees, and keeps lines of another form', () => {
  const profile = readKprobeProfile('kvm_mmu_load 41 0\n  tdp_mmu_free_sp_rcu_callback   182  23\n\nwhat\n');
  expect(missedFrees(profile)).toBe(23);
  expect(profile.malformed).toEqual(['what']);
  expect(missedFrees(readKprobeProfile(''))).toBe(0);
});
