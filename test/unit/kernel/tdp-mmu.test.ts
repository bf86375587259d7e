// The page-table side of v5.18, one function at a time, on machines without user space.
import { expect, test } from 'vitest';
import { HOST_PAGE_KIND, HOST_PAGE_READONLY, host_page } from '../../../src/core/aggregates/host-memory.js';
import { MACHINE, PAGE, SLOT_FLAG, VCPU, VM } from '../../../src/core/aggregates/layout.js';
import {
  is_writable_pte,
  REMOVED_SPTE,
  SPTE,
  SPTE_KIND,
  spte_to_pfn,
} from '../../../src/core/aggregates/spte.js';
import { ACCESS, MODE, REQ, RET_PF, RETRY } from '../../../src/core/events/constants.js';
import { HOLDER } from '../../../src/core/events/root.events.js';
import { fn } from '../../../src/core/kernel/functions.js';
import { type Act, Rig } from './rig.js';

const { READ, WRITE, PRESENT } = ACCESS;
const PRIVATE = host_page(HOST_PAGE_KIND.private, 1, 0);
const fault = (gfn: number, access: number = READ, vcpu = 0): Act => [
  fn.direct_page_fault,
  vcpu,
  gfn,
  access,
];
const RET_MASK = 7;

function backed(rig: Rig, from: number, pages: number): void {
  for (let p = from; p < from + pages; p++) rig.fold('HostPageChanged', p, 0, PRIVATE);
}

test('a fault on an empty root builds three tables and the leaf; the next one needs few steps and events', () => {
  const rig = new Rig([[fault(9)], [fault(10)]]);
  const root = rig.root(0);
  rig.slot(0, 0, 8, 64, 0);
  backed(rig, 0, 64);
  rig.run(0);
  expect(rig.answers[0][0] & RET_MASK).toBe(RET_PF.FIXED);
  expect(rig.count('TableAllocated')).toBe(3);
  expect(rig.w.vmWord(0, VM.TDP_MMU_PAGES)).toBe(3);
  const [level, spte] = rig.leaf(root, 9);
  expect(level).toBe(1);
  expect(spte & 0xff).toBe(
    SPTE_KIND.LEAF | SPTE.ACCESSED | SPTE.EXEC | SPTE.WRITABLE | SPTE.MMU_WRITABLE | SPTE.DIRTY,
  );
  expect(spte_to_pfn(spte)).toBe(1 + 1 + (1 << 18));

  const before = rig.machine.batch.length;
  const steps = rig.run(1);
  expect(rig.names().slice(before)).toEqual([
    'FaultBegun',
    'LockAcquired',
    'RcuReadLocked',
    'SpteChanged',
    'RcuReadUnlocked',
    'LockReleased',
    'FaultFixed',
    'ThreadEnded',
  ]);
  expect(steps).toBeLessThanOrEqual(15);
});

test('read, then write on fresh memory: zero page, stale, install; one unmap walk per slot that maps the page', () => {
  const rig = new Rig([[fault(3), fault(3, WRITE | PRESENT), fault(3)]]);
  const root = rig.root(0);
  rig.smmRoot(1);
  rig.slot(0, 0, 0, 16, 0);
  rig.slot(1, 0, 0, 16, 0);
  rig.slot(1, 1, 32, 16, 16);
  rig.run(0);
  const faults = rig.events.filter((e) => e.type.startsWith('Fault') && e.type !== 'FaultBegun');
  expect(faults.map((e) => e.type)).toEqual(['FaultFixed', 'FaultRetried', 'FaultFixed']);
  expect(faults[1]).toMatchObject({ why: RETRY.NOTIFIER });
  expect(is_writable_pte((faults[0] as { spte: number }).spte)).toBe(false);
  expect(is_writable_pte(rig.leaf(root, 3)[1])).toBe(true);
  // Two slots map the page: two walks, and each takes and drops a reference on both roots, whatever its address space.
  expect(rig.count('NotifierBegun')).toBe(1);
  expect(rig.events.filter((e) => e.type === 'RootGot' && e.holder === HOLDER.iterator)).toHaveLength(4);
  expect(rig.count('RootPut')).toBe(4);
  expect(rig.events.filter((e) => e.type === 'HostPageChanged').map((e) => e.after & 3)).toEqual([
    HOST_PAGE_KIND.zero,
    HOST_PAGE_KIND.private,
  ]);
  // The notifier flushed under mmu_lock, before it let go.
  const names = rig.names();
  const flush = names.indexOf('RemoteFlushBegun');
  expect(names.slice(flush).find((n) => n === 'LockReleased' || n === 'RemoteFlushEnded')).toBe(
    'RemoteFlushEnded',
  );
  expect(rig.w.vmWord(0, VM.MN_ACTIVE)).toBe(0);
  expect(rig.w.vmWord(0, VM.IN_PROGRESS)).toBe(0);
});

test('a write fault on unbacked memory needs no copy, and so only one fault', () => {
  const rig = new Rig([[fault(3, WRITE)]]);
  const root = rig.root(0);
  rig.slot(0, 0, 0, 16, 0);
  rig.run(0);
  expect(rig.names()).toContain('FaultFixed');
  expect(rig.count('NotifierBegun')).toBe(0);
  expect(is_writable_pte(rig.leaf(root, 3)[1])).toBe(true);
});

test.each([
  ['shared', 1],
  ['exclusive', 0],
])('tdp_mmu_zap_root (%s) removes everything, and RCU frees the tables', (_name, shared) => {
  const gfns = [0, 1, 9, 64, 70, 513, 1024];
  const rig = new Rig([
    gfns.map((gfn) => fault(gfn)),
    [shared ? 'read_lock' : 'write_lock', [fn.tdp_mmu_zap_root, 0, 0, shared], 'unlock'],
  ]);
  const root = rig.root(0);
  rig.slot(0, 0, 0, 4096, 0);
  rig.run(0);
  const tables = rig.w.vmWord(0, VM.TDP_MMU_PAGES);
  expect(tables).toBeGreaterThan(8);
  rig.run(1);
  expect(rig.w.pageWord(root, PAGE.PRESENT)).toBe(0);
  expect(rig.w.vmWord(0, VM.TDP_MMU_PAGES)).toBe(0);
  expect(rig.count('TableFreeQueued')).toBe(tables);
  expect(rig.count('TableFrozen')).toBe(shared ? tables : 0);
  expect(rig.count('RemoteFlushBegun')).toBe(0);
  expect(rig.events.find((e) => e.type === 'RootZapFinished')).toMatchObject({ sptes: 4 + 3 });
  expect(rig.w.machineWord(MACHINE.PAGES_USED)).toBe(1 + tables);
  rig.runRcu();
  expect(rig.w.machineWord(MACHINE.PAGES_USED)).toBe(1);
  expect(rig.count('AssertionFired')).toBe(0);
});

test('a zap yields to a waiter only after progress, restarts where it stood, and finishes', () => {
  // tableBits 3: one level-3 entry covers 64 pages, one root entry 512.
  const rig = new Rig([
    [0, 64, 128, 512, 576].map((gfn) => fault(gfn)),
    ['read_lock', [fn.tdp_mmu_zap_root, 0, 0, 1], 'unlock'],
    ['write_lock', 'unlock'],
  ]);
  const root = rig.root(0);
  rig.slot(0, 0, 0, 4096, 0);
  rig.run(0);
  rig.runTo(1, 'next_present');
  expect(rig.machine.step(2)).toBe(false);
  const from = rig.machine.batch.length;
  rig.runTo(1, 'lock');
  const before = rig.events.slice(from);
  // The first entry was zapped although the writer waited already: a yield needs progress.
  expect(before.filter((e) => e.type === 'SpteChanged' && e.after === 0)).toHaveLength(1);
  expect(before.at(-2)).toMatchObject({ type: 'LockYielded' });
  expect(rig.machine.step(1)).toBe(false);
  rig.run(2);
  rig.run(1);
  expect(rig.count('RootZapYielded')).toBe(1);
  expect(rig.w.pageWord(root, PAGE.PRESENT)).toBe(0);
  expect(rig.w.vmWord(0, VM.TDP_MMU_PAGES)).toBe(0);
  const zapped = rig.events.filter((e) => e.type === 'SpteChanged' && e.after === 0);
  expect(zapped).toHaveLength(5 + 2);
});

test('zapping leafs keeps tables, asks for a flush, and reaches invalid roots of its address space only', () => {
  const rig = new Rig([
    [fault(1), fault(2), fault(1, READ, 1)],
    [
      'write_lock',
      [fn.kvm_tdp_mmu_zap_leafs, 0, 0, 2, 3, 1, 0],
      [fn.kvm_tdp_mmu_zap_leafs, 0, 0, 0, 3, 1, 0],
      'unlock',
    ],
  ]);
  const root = rig.root(0);
  const smm = rig.smmRoot(1);
  rig.slot(0, 0, 0, 16, 0);
  rig.slot(1, 0, 0, 16, 0);
  rig.run(0);
  rig.fold('RootInvalidated', 1, rig.w.pageWord(root, PAGE.ROLE) | 0x800, 1, root);
  rig.run(1);
  expect(rig.answers[1]).toEqual([1, 1]);
  expect(rig.leaf(root, 1)).toEqual([1, 0]);
  expect(rig.leaf(root, 2)).toEqual([1, 0]);
  expect(rig.leaf(smm, 1)[1]).not.toBe(0);
  expect(rig.count('TableUnlinked')).toBe(0);
  expect(rig.w.pageWord(root, PAGE.REFCOUNT)).toBe(1);
});

test('kvm_mmu_zap_all: one walk per address space over every root, exclusive, no flush', () => {
  const rig = new Rig([[fault(1), fault(1, READ, 1)], [[fn.kvm_mmu_zap_all, 0]]]);
  const roots = [rig.root(0), rig.smmRoot(1)];
  rig.slot(0, 0, 0, 16, 0);
  rig.slot(1, 0, 0, 16, 0);
  rig.run(0);
  rig.run(1);
  expect(roots.map((r) => rig.w.pageWord(r, PAGE.PRESENT))).toEqual([0, 0]);
  expect(rig.count('RootGot')).toBe(4);
  expect(rig.count('RootZapStarted')).toBe(2);
  expect(rig.count('RemoteFlushBegun')).toBe(0);
  expect(rig.count('ZapAllEnded')).toBe(1);
});

function hugeRig(...acts: readonly (readonly Act[])[]): { rig: Rig; root: number; slot: number } {
  const rig = new Rig(acts);
  const root = rig.root(0);
  const slot = rig.slot(0, 0, 0, 64, 8, SLOT_FLAG.HUGE);
  backed(rig, 8, 64);
  return { rig, root, slot };
}

test('large leafs: installed where slot and host memory allow, not at the edge of a slot', () => {
  const { rig, root } = hugeRig([fault(9), fault(66), fault(80)]);
  rig.slot(0, 1, 64, 12, 128, SLOT_FLAG.HUGE);
  rig.slot(0, 2, 80, 16, 145, SLOT_FLAG.HUGE);
  backed(rig, 128, 60);
  rig.run(0);
  expect(rig.leaf(root, 9)[0]).toBe(2);
  expect(spte_to_pfn(rig.leaf(root, 9)[1])).toBe(1 + 8 + 8 + (1 << 18));
  expect(rig.leaf(root, 66)[0]).toBe(2);
  expect(rig.leaf(root, 80)[0]).toBe(1);
});

test('a write to unbacked memory of a HUGE slot backs a large page; a read, or a part backed already, a small one', () => {
  const rig = new Rig([[fault(1, WRITE), fault(9), fault(10, WRITE), fault(17, WRITE)]]);
  const root = rig.root(0);
  rig.slot(0, 0, 0, 32, 64, SLOT_FLAG.HUGE);
  rig.fold('HostPageChanged', 64 + 16, 0, PRIVATE);
  rig.run(0);
  expect([1, 9, 10, 17].map((gfn) => rig.leaf(root, gfn)[0])).toEqual([2, 1, 1, 1]);
  expect(rig.count('HostPageChanged')).toBe(8 + 3);
});

test('dirty logging: split, write protection, fast page fault, clear, and collapse', () => {
  const { rig, root, slot } = hugeRig(
    [fault(9)],
    [
      [fn.kvm_mmu_slot_try_split_huge_pages, 0, 0],
      [fn.kvm_mmu_slot_remove_write_access, 0, 0],
    ],
    [
      fault(9, WRITE | PRESENT),
      fault(10, WRITE | PRESENT),
      'write_lock',
      [fn.kvm_arch_mmu_enable_log_dirty_pt_masked, 0, 0, 9, 1],
      'unlock',
    ],
  );
  rig.run(0);
  rig.fold('MemslotFlagsChanged', slot, SLOT_FLAG.HUGE | SLOT_FLAG.LOG_DIRTY_PAGES, SLOT_FLAG.HUGE);
  rig.run(1);
  expect(rig.count('TableFilled')).toBe(1);
  expect(rig.answers[1][1]).toBe(1);
  for (let gfn = 8; gfn < 16; gfn++) {
    const [level, spte] = rig.leaf(root, gfn);
    expect([level, is_writable_pte(spte), (spte & SPTE.MMU_WRITABLE) !== 0]).toEqual([1, false, true]);
    expect(spte_to_pfn(spte)).toBe(1 + 8 + gfn + (1 << 18));
  }
  // Both walks took and dropped a reference on the one valid root.
  expect(rig.count('RootGot')).toBe(2);
  expect(rig.w.pageWord(root, PAGE.REFCOUNT)).toBe(1);
  const from = rig.machine.batch.length;
  rig.run(2);
  const after = rig.events.slice(from);
  expect(after.filter((e) => e.type === 'DirtyMarked').map((e) => e.gfn)).toEqual([9, 10]);
  expect(after.slice(0, 6).map((e) => e.type)).toEqual([
    'FaultBegun',
    'RcuReadLocked',
    'SpteChanged',
    'DirtyMarked',
    'RcuReadUnlocked',
    'FaultFixed',
  ]);
  expect(after.some((e) => e.type === 'RootGot')).toBe(false);
  expect(is_writable_pte(rig.leaf(root, 9)[1])).toBe(false);
  expect(is_writable_pte(rig.leaf(root, 10)[1])).toBe(true);
});

test('a fault that meets a larger leaf than its goal splits it in place', () => {
  const { rig, root, slot } = hugeRig([fault(9)], [fault(10, WRITE)]);
  rig.run(0);
  rig.fold('MemslotFlagsChanged', slot, SLOT_FLAG.HUGE | SLOT_FLAG.LOG_DIRTY_PAGES, SLOT_FLAG.HUGE);
  rig.run(1);
  expect(rig.leaf(root, 10)[0]).toBe(1);
  expect(rig.answers[1][0] & RET_MASK).toBe(RET_PF.SPURIOUS);
  expect(rig.w.vmWord(0, VM.TDP_MMU_PAGES)).toBe(3);
  expect(rig.count('RemoteFlushBegun')).toBe(0);
});

test('collapse by the next fault flushes before it leaves RCU; by zap_collapsible through a frozen entry', () => {
  for (const collapse of [[fault(10)], [[fn.kvm_mmu_zap_collapsible_sptes, 0, 0], fault(10)]] as Act[][]) {
    const { rig, root, slot } = hugeRig([fault(9)], collapse);
    rig.fold('MemslotFlagsChanged', slot, SLOT_FLAG.HUGE | SLOT_FLAG.LOG_DIRTY_PAGES, 0);
    rig.run(0);
    expect(rig.leaf(root, 9)[0]).toBe(1);
    rig.fold('MemslotFlagsChanged', slot, SLOT_FLAG.HUGE, 0);
    rig.run(1);
    expect(rig.leaf(root, 9)[0]).toBe(2);
    expect(rig.w.vmWord(0, VM.TDP_MMU_PAGES)).toBe(2);
    const names = rig.names();
    const flushed = names.indexOf('RemoteFlushEnded');
    expect(flushed).toBeGreaterThan(names.indexOf('TableFreeQueued'));
    expect(names.indexOf('RcuReadUnlocked', names.indexOf('TableFreeQueued'))).toBeGreaterThan(flushed);
    const frozen = rig.events.some(
      (e) => e.type === 'SpteChanged' && e.after === REMOVED_SPTE && e.index === 1,
    );
    expect(frozen).toBe(true);
  }
});

test('what makes a fault stop before the page table', () => {
  const rig = new Rig([[fault(1), fault(40), fault(17), fault(33, WRITE)], [fault(1)]]);
  const root = rig.root(0);
  rig.slot(0, 0, 0, 16, 0);
  rig.fold('MemslotInvalidated', rig.slot(0, 1, 16, 8, 16));
  rig.slot(0, 2, 32, 8, 32);
  rig.fold('HostPageChanged', 33, 0, host_page(HOST_PAGE_KIND.private, 1, HOST_PAGE_READONLY));
  rig.run(0);
  expect(rig.answers[0].slice(1).map((a) => (a < 0 ? a : a & RET_MASK))).toEqual([
    RET_PF.EMULATE,
    RET_PF.RETRY,
    -14,
  ]);
  expect(rig.events.find((e) => e.type === 'FaultRetried')).toMatchObject({
    gfn: 17,
    why: RETRY.SLOT_INVALID,
  });
  rig.fold('RootInvalidated', 1, rig.w.pageWord(root, PAGE.ROLE) | 0x800, 1, root);
  rig.run(1);
  expect(rig.events.findLast((e) => e.type === 'FaultRetried')).toMatchObject({ why: RETRY.ROOT_INVALID });
});

test('two faults race for one table: the loser frees its own and retries', () => {
  const rig = new Rig([[fault(1)], [fault(2)]]);
  rig.root(0);
  rig.slot(0, 0, 0, 16, 0);
  rig.runTo(0, 'try_cmpxchg');
  rig.runTo(1, 'try_cmpxchg');
  rig.run(0);
  rig.run(1);
  expect(rig.events.find((e) => e.type === 'FaultRetried')).toMatchObject({ gfn: 2, why: RETRY.RACE });
  expect(rig.w.machineWord(MACHINE.PAGES_USED)).toBe(1 + 3);
});

test('tearing a table down waits for an entry that somebody else has frozen', () => {
  const rig = new Rig([
    [fault(1), fault(2)],
    ['read_lock', [fn.tdp_mmu_zap_root, 0, 0, 1], 'unlock'],
  ]);
  const root = rig.root(0);
  rig.slot(0, 0, 0, 16, 0);
  rig.run(0);
  let table = root;
  for (let level = 4; level > 1; level--) table = rig.w.spte(table, 0) >>> 8;
  const [, spte] = rig.leaf(root, 2);
  rig.fold('SpteChanged', table, 2, spte, REMOVED_SPTE);
  rig.run(1);
  expect(rig.machine.where(1)[0]).toEqual({ function: 'handle_removed_pt', label: 'xchg_next_removed' });
  expect(rig.count('TableFreeQueued')).toBe(0);
  rig.fold('SpteChanged', table, 2, REMOVED_SPTE, 0);
  while (rig.machine.step(1)) if (rig.machine.status(1) === 3) break;
  expect(rig.count('TableFreeQueued')).toBe(3);
});

test('a notifier range in no slot takes no mmu_lock and walks no root', () => {
  const rig = new Rig([
    [
      [fn.kvm_mmu_notifier_invalidate_range_start, 0, 100, 110, 1],
      [fn.kvm_mmu_notifier_invalidate_range_end, 0, 100, 110],
    ],
  ]);
  rig.root(0);
  rig.slot(0, 0, 0, 16, 0);
  rig.run(0);
  const mmu_lock = rig.w.lockId(0, 0);
  expect(rig.events.some((e) => e.type === 'LockAcquired' && e.subject.number === mmu_lock)).toBe(false);
  expect(rig.count('RootGot')).toBe(0);
  expect(rig.count('NotifierCountChanged')).toBe(2);
  expect(rig.w.vmWord(0, VM.INVALIDATE_SEQ)).toBe(0);
});

test('aging clears Accessed in all roots of the slots that map the range, and flushes; testing changes nothing', () => {
  const rig = new Rig([
    [fault(1), fault(2)],
    [
      [fn.kvm_mmu_notifier_test_young, 0, 1],
      [fn.kvm_mmu_notifier_clear_flush_young, 0, 0, 2],
      [fn.kvm_mmu_notifier_test_young, 0, 1],
      [fn.kvm_mmu_notifier_test_young, 0, 2],
    ],
  ]);
  const root = rig.root(0);
  rig.slot(0, 0, 0, 16, 0);
  rig.run(0);
  rig.run(1);
  expect(rig.answers[1]).toEqual([1, 1, 0, 1]);
  expect(rig.leaf(root, 1)[1] & SPTE.ACCESSED).toBe(0);
  expect(rig.count('RemoteFlushBegun')).toBe(1);
  expect(rig.count('RootGot')).toBe(0);
});

test('a remote flush kicks the vCPUs in guest mode and waits until they have left', () => {
  const rig = new Rig([[[fn.kvm_flush_remote_tlbs, 0]]]);
  rig.root(0);
  rig.root(1);
  rig.fold('ModeChanged', 1, MODE.IN_GUEST_MODE);
  rig.run(0);
  expect(rig.machine.where(0)[0]).toMatchObject({ label: 'wait_outside' });
  expect(rig.count('IpiSent')).toBe(1);
  expect([0, 1].map((v) => rig.w.vcpuWord(v, VCPU.REQUESTS))).toEqual([REQ.TLB_FLUSH, REQ.TLB_FLUSH]);
  // It backs out at the gate, and may be inside again before the waiter looks.
  rig.fold('ModeChanged', 1, MODE.OUTSIDE_GUEST_MODE).fold('ModeChanged', 1, MODE.IN_GUEST_MODE);
  expect(rig.machine.step(0)).toBe(true);
  expect(rig.events.at(-2)).toMatchObject({ type: 'RemoteFlushEnded' });
});

test('range zaps make faults in flight stale; single gfns are write-protected for good; a table is zapped by its parent', () => {
  const rig = new Rig([
    [fault(1), fault(9)],
    [
      'write_lock',
      [fn.kvm_tdp_mmu_write_protect_gfn, 0, 0, 1, 1],
      'rcu_lock',
      [fn.kvm_tdp_mmu_zap_sp, 0, 0],
      [fn.kvm_tdp_mmu_zap_sp, 0, 4],
      'rcu_unlock',
      'unlock',
      [fn.kvm_zap_gfn_range, 0, 0, 4],
    ],
    [fault(1)],
  ]);
  const root = rig.root(0);
  rig.slot(0, 0, 0, 16, 0);
  backed(rig, 0, 16);
  rig.run(0);
  rig.runTo(2, 'read_lock');
  // Page 0 is the root; pages 1 to 3 were linked first; page 4 holds gfn 9.
  rig.run(1);
  expect(rig.answers[1].slice(0, 3)).toEqual([1, 0, 1]);
  expect(rig.leaf(root, 9)).toEqual([2, 0]);
  expect(rig.leaf(root, 1)).toEqual([1, 0]);
  rig.run(2);
  expect(rig.events.findLast((e) => e.type === 'FaultRetried')).toMatchObject({ why: RETRY.NOTIFIER });
});

test('refcount_t: a put too many saturates the count, and nothing is freed twice', () => {
  const put: Act = [fn.kvm_tdp_mmu_put_root, 0, 0, 0, HOLDER.vcpu];
  // The first put resurrects the root for the worker, the second unlinks it, the third is one too many.
  const rig = new Rig([['write_lock', put, put, put, put]]);
  const root = rig.root(0);
  rig.run(0);
  expect(rig.events.filter((e) => e.type === 'AssertionFired').map((e) => e.assertion)).toEqual([4, 4]);
  expect(rig.w.pageWord(root, PAGE.REFCOUNT)).toBe(-(1 << 30));
  expect(rig.count('RootFreeQueued')).toBe(1);
});
