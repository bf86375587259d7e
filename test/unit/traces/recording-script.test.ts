// The script that records a complete trace: run on a folder that looks like tracefs, and refused for what has no TDP MMU.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { BadInput } from '../../../src/core/base/errors.js';
import { recordingScript } from '../../../src/core/traces/probes/recording-script.js';

it.each([
  ['5.10.262', '5.10.262', true],
  ['5.10.218-1-amd64', '5.10.262', false],
  ['5.15.0', '5.10.262', false],
  ['5.18', '6.1.192', false],
  ['6.1.192', '6.1.192', true],
  ['6.8.12-rc3', '6.1.192', false],
  ['6.12.117', '6.12.117', true],
  ['7.2.13', '7.2.13', true],
  ['8.0', '7.2.13', false],
])('kernel %s takes the layout of %s; verified: %s', (kernel, layout, verified) => {
  const script = recordingScript(kernel);
  expect([script.layout, script.verified]).toEqual([layout, verified]);
  expect(script.text.includes('Unverified layout')).toBe(!verified);
});

it.each(['5.9.1', 'mine', ''])('"%s" is refused', (kernel) => {
  expect(() => recordingScript(kernel)).toThrow(BadInput);
});

it('switches everything on, keeps the trace and the misses, and switches everything off', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rootline-tracefs-'));
  try {
    const tracefs = join(folder, 'tracing');
    for (const event of ['tdpmmu', 'kvm', 'kvm/kvm_fpu', 'kvm/kvm_exit', 'kvmmmu/kvm_tdp_mmu_spte_changed'])
      mkdirSync(join(tracefs, 'events', event), { recursive: true });
    writeFileSync(join(tracefs, 'events/kvmmmu/kvm_tdp_mmu_spte_changed/filter'), '');
    writeFileSync(join(tracefs, 'kprobe_profile'), '  kvm_mmu_load 2 0\n');
    const script = join(folder, 'record.sh');
    const { text } = recordingScript('6.12.117');
    // Opening the real trace for writing empties it; this one is what the kernel would have written.
    writeFileSync(
      script,
      text.replaceAll('/sys/kernel/tracing', tracefs).replace(': > trace', 'echo line > trace'),
    );
    const run = spawnSync('sh', [script, 'out', '0'], { cwd: folder, encoding: 'utf8' });
    expect([run.status, run.stderr.split('\n').filter((l) => !l.startsWith('this is'))]).toEqual([0, ['']]);
    const read = (name: string): string => readFileSync(join(tracefs, name), 'utf8').trim();
    expect(readFileSync(join(folder, 'out.trace.txt'), 'utf8')).toBe('line\n');
    expect(readFileSync(join(folder, 'out.kprobe-misses.txt'), 'utf8')).toContain('kvm_mmu_load 2 0');
    const lines = read('kprobe_events').split('\n');
    expect(lines).toContain(
      'p:tdpmmu/kvm_tdp_mmu_put_root kvm_tdp_mmu_put_root kvm=%di:x64 root=%si:x64 refcount=+64(%si):s32 role=+36(%si):x32 spt=+48(%si):x64',
    );
    const on = lines.filter((l) => /^[pr]:/.test(l)).map((l) => l.slice(2, l.indexOf(' ')));
    expect(lines.filter((l) => l.startsWith('-:')).map((l) => l.slice(2))).toEqual(on);
    expect([
      read('tracing_on'),
      read('trace_clock'),
      read('events/tdpmmu/enable'),
      read('events/kvm/kvm_fpu/enable'),
    ]).toEqual(['0', 'mono', '0', '0']);
    expect(read('events/kvmmmu/kvm_tdp_mmu_spte_changed/filter')).toContain('new_spte != 0x5a0');
    expect(existsSync(join(folder, 'out.off'))).toBe(false);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
