// Reports in the kernel's own form (made up for these tests: addresses, offsets and machines are nobody's), and what the
// table of bugs says of them.
import { describe, expect, test } from 'vitest';
import { explainCommand } from '../../../src/cli/commands/explain.js';
import type { Terminal } from '../../../src/cli/terminal.js';
import { isBefore, parseRelease } from '../../../src/core/base/release.js';
import { BUGS, explain } from '../../../src/core/bugs/explain.js';
import { readSplats } from '../../../src/core/bugs/splat.js';

const B13 = `[   61.101842][ T5129] ==================================================================
[   61.102301][ T5129] BUG: KASAN: slab-use-after-free in kvm_tdp_mmu_invalidate_all_roots+0x2d1/0x360
[   61.102777][ T5129] Read of size 8 at addr ffff88801e4d0c08 by task syz-executor.0/5129
[   61.103011][ T5129] CPU: 1 PID: 5129 Comm: syz-executor.0 Not tainted 6.3.0-rc7-next-20230421-syzkaller #0
[   61.103456][ T5129] Call Trace:
[   61.103501][ T5129]  <TASK>
[   61.103540][ T5129]  dump_stack_lvl+0xd9/0x150
[   61.103581][ T5129]  kvm_tdp_mmu_invalidate_all_roots+0x2d1/0x360
[   61.103622][ T5129]  kvm_mmu_uninit_tdp_mmu+0x16/0x110
[   61.103663][ T5129]  kvm_mmu_uninit_vm+0x4e/0x70
[   61.103704][ T5129]  kvm_arch_destroy_vm+0x2c2/0x380
[   61.103745][ T5129]  kvm_put_kvm+0x7a1/0xb60
[   61.103786][ T5129]  kvm_vcpu_release+0x51/0x70
[   61.103827][ T5129]  ? __pfx_kvm_vcpu_release+0x10/0x10
[   61.103868][ T5129]  </TASK>`;

const B12 = `WARNING: CPU: 0 PID: 5105 at arch/x86/kvm/mmu/tdp_mmu.c:943 kvm_tdp_mmu_invalidate_all_roots+0x2bd/0x370
Modules linked in:
CPU: 0 PID: 5105 Comm: syz-executor369 Not tainted 6.3.0-rc7-next-20230421-syzkaller #0
RIP: 0010:kvm_tdp_mmu_invalidate_all_roots+0x2bd/0x370 arch/x86/kvm/mmu/tdp_mmu.c:943
Call Trace:
 <TASK>
 kvm_mmu_uninit_tdp_mmu+0x16/0x110 arch/x86/kvm/mmu/tdp_mmu.c:51
 kvm_mmu_uninit_vm+0x4e/0x70 arch/x86/kvm/mmu/mmu.c:6212
 kvm_arch_init_vm+0x6f8/0x9e0 arch/x86/kvm/x86.c:12260
 kvm_create_vm arch/x86/kvm/../../../virt/kvm/kvm_main.c:1191 [inline]
 kvm_dev_ioctl+0xa31/0x1bb0 arch/x86/kvm/../../../virt/kvm/kvm_main.c:5093
 </TASK>`;

const B24 = `> [  101.320513] ------------[ cut here ]------------
> [  101.320520] refcount_t: underflow; use-after-free.
> [  101.320529] WARNING: CPU: 3 PID: 2411 at lib/refcount.c:28 refcount_warn_saturate+0xba/0x110
> [  101.320601] CPU: 3 PID: 2411 Comm: CPU 0/KVM Tainted: G        W         5.15.107+ #5
> [  101.320611] RIP: 0010:refcount_warn_saturate+0xba/0x110
> [  101.320655] Call Trace:
> [  101.320660]  kvm_tdp_mmu_put_root+0x104/0x110 [kvm]
> [  101.320701]  mmu_free_root_page+0x7b/0x90 [kvm]
> [  101.320733]  kvm_mmu_free_roots+0xd2/0x1b0 [kvm]
> [  101.320765]  kvm_mmu_unload+0x1c/0x70 [kvm]
> [  101.320801] ---[ end trace 0e3f8a9d8d1e0001 ]---`;

const FOREIGN = `[ 5.1] WARNING: CPU: 0 PID: 1 at drivers/gpu/drm/foo.c:10 foo_probe+0x12/0x40 [foo]
[ 5.1] CPU: 0 PID: 1 Comm: modprobe Not tainted 6.1.0-13-amd64 #1 Debian 6.1.55-1
[ 5.1]  foo_probe+0x12/0x40 [foo]`;

const ids = (text: string): string[][] =>
  explain(text).map((x) => x.explanations.map((e) => `${e.bug.id} ${e.kernelHasIt}`));

describe('explain', () => {
  test("the two reports of the fuzzer are the draft's two bugs", () => {
    expect(ids(B13)).toEqual([['B13 unknown']]);
    expect(ids(B12)).toEqual([['B12 unknown']]);
    expect(ids(`${B12}\n${B13}`)).toEqual([['B12 unknown'], ['B13 unknown']]);
  });

  test('a quoted mail: refcount_t and its WARNING are one report, and the put that underflowed is on its stack', () => {
    const [report] = readSplats(B24);
    expect(readSplats(B24)).toHaveLength(1);
    expect(report).toMatchObject({ headline: 'refcount', line: 2, kernel: '5.15.107+' });
    expect(report?.stack.map((entry) => entry.function)).toContain('mmu_free_root_page');
    expect(ids(B24)).toEqual([['B24 unknown']]);
  });

  test('the write-back of a zap that unmap missed, in a kernel that has the bug, and in one that has not', () => {
    const splat = (
      kernel: string,
    ): string => `WARNING: CPU: 2 PID: 7 at include/linux/mm.h:900 kvm_is_zone_device_pfn+0x5f/0x70 [kvm]
CPU: 2 PID: 7 Comm: qemu Not tainted ${kernel} #1
RIP: 0010:kvm_is_zone_device_pfn+0x5f/0x70 [kvm]
Call Trace:
 kvm_set_pfn_dirty+0x12/0x30 [kvm]
 __handle_changed_spte+0x1c2/0x5d0 [kvm]
 zap_gfn_range+0x22a/0x300 [kvm]
 kvm_tdp_mmu_zap_invalidated_roots+0x6c/0xf0 [kvm]
 kvm_mmu_zap_all_fast+0x1a2/0x1d0 [kvm]`;
    expect(ids(splat('5.15.0-25-generic'))).toEqual([['B6 yes']]);
    expect(ids(splat('6.1.55'))).toEqual([['B6 no']]);
  });

  test('a lockup in the last put', () => {
    const text = `watchdog: BUG: soft lockup - CPU#3 stuck for 23s! [CPU 0/KVM:1234]
CPU: 3 PID: 1234 Comm: CPU 0/KVM Not tainted 5.15.60 #1
RIP: 0010:__handle_changed_spte+0x8f/0x5d0 [kvm]
 zap_gfn_range+0x22a/0x300 [kvm]
 kvm_tdp_mmu_put_root+0xc1/0x150 [kvm]
 kvm_mmu_free_roots+0xd2/0x1b0 [kvm]`;
    expect(ids(text)).toEqual([['B8 yes']]);
  });

  test('none: other reports, other text, no text', () => {
    expect(ids(FOREIGN)).toEqual([[]]);
    expect(ids('kvm_tdp_mmu_put_root is a function\nnothing happened')).toEqual([]);
    expect(ids('')).toEqual([]);
    // A worker that walks the same stack without the report's function is not the draft's bug.
    expect(ids(B13.replaceAll('kvm_tdp_mmu_invalidate_all_roots', 'kvm_mmu_zap_all'))).toEqual([[]]);
  });
});

/** A report of the lock validator. */
const lockdep = (first: string, stack: string): string => `[  7.1] =============================
[  7.1] WARNING: ${first}
[  7.1] 6.3.0-rc7-next-20230421-syzkaller #0 Not tainted
[  7.1] -----------------------------
[  7.1] arch/x86/kvm/mmu/tdp_mmu.c:943 RCU-list traversed in non-reader section!!
[  7.1] stack backtrace:
[  7.1] Call Trace:
[  7.1]  lockdep_rcu_suspicious+0x206/0x3b0
${stack}`;

test('a lockdep report, a hung task and a stall are reports, whether or not a known bug prints them', () => {
  const destroyed = ` kvm_tdp_mmu_invalidate_all_roots+0x2b0/0x370
 kvm_mmu_uninit_tdp_mmu+0x12/0x60
 kvm_destroy_vm+0x2b0/0x500`;
  const rcu = lockdep('suspicious RCU usage', destroyed);
  expect(ids(rcu)).toEqual([['B13 unknown']]);
  expect(readSplats(rcu)[0]).toMatchObject({
    headline: 'lockdep',
    kernel: '6.3.0-rc7-next-20230421-syzkaller',
  });
  // Of memslot updates the same walk has the lock: no sheet says that it prints.
  const updated = ` kvm_tdp_mmu_invalidate_all_roots+0x2b0/0x370\n kvm_mmu_zap_all_fast+0x1/0x2`;
  expect(ids(lockdep('suspicious RCU usage', updated))).toEqual([[]]);
  const circular = lockdep('possible circular locking dependency detected', ' kvm_mmu_zap_all_fast+0x1/0x2');
  expect(ids(circular)).toEqual([[]]);
  const stalls = [
    'INFO: task kvm-nx-lpage-re:812 blocked for more than 120 seconds.',
    'INFO: rcu_sched self-detected stall on CPU { 1}',
    'INFO: rcu_preempt detected stalls on CPUs/tasks:',
  ];
  expect(readSplats(stalls.join('\n')).map(({ headline }) => headline)).toEqual([
    'hung-task',
    'rcu-stall',
    'rcu-stall',
  ]);
});

describe('the table', () => {
  test('has every bug of the reference once', () => {
    const all = ['B0', 'B10i', 'B10ii', ...Array.from({ length: 24 }, (_, k) => `B${k + 1}`), 'B27', 'B28'];
    expect(new Set(BUGS.map((bug) => bug.id))).toEqual(new Set(all.filter((id) => id !== 'B10')));
    expect(BUGS).toHaveLength(all.length - 1);
  });

  test('a bug prints something, or it is said what is seen instead', () => {
    for (const { id, splats, seen } of BUGS)
      expect({ [id]: splats.length > 0 }).toEqual({ [id]: seen === undefined });
    const said: string[] = [];
    const terminal = {
      line: (text = '') => said.push(text),
      document: () => undefined,
    } as unknown as Terminal;
    explainCommand('b20', terminal);
    expect(said[0]).toBe('B20: ranged flush starts at the wrong gfn (safety)');
    expect(said.join('\n')).toMatch(
      /seen {5}no report, and only below a hypervisor that takes flushes of a range/,
    );
    expect(said.join('\n')).toContain('explore b20 --protocol v5.13');
    said.length = 0;
    explainCommand('B13', terminal);
    expect(said.join('\n')).toMatch(
      /prints {3}BUG: KASAN: slab-use-after-free in kvm_tdp_mmu_invalidate_all_roots/,
    );
    expect(() => explainCommand('B99', terminal)).toThrow(/no bug "B99", and no such file/);
  });

  test('a release candidate is before its release, which is before its stable ones', () => {
    const order = ['v5.10', '5.10.262', '6.3.0-rc7-next-20230421', 'v6.3', '6.3.2', 'v6.4'];
    const parsed = order.map((text) => parseRelease(text)!);
    for (let k = 1; k < parsed.length; k++) {
      expect(isBefore(parsed[k - 1]!, parsed[k]!), `${order[k - 1]} < ${order[k]}`).toBe(true);
      expect(isBefore(parsed[k]!, parsed[k - 1]!)).toBe(false);
    }
    expect(parseRelease('next-20230421')).toBeNull();
  });
});
