// The life of roots as the eras c and d have it: no invariant may complain, and those that were exercised hold.
import { expect, test } from 'vitest';
import { HOST_PAGE_KIND, host_page, host_page_pfn } from '../../../src/core/aggregates/host-memory.js';
import { make_leaf_spte, REMOVED_SPTE, SPTE } from '../../../src/core/aggregates/spte.js';
import { FLUSH, REQ, RESET } from '../../../src/core/events/constants.js';
import { Fold, NORMAL } from '../../support/fold.js';

const [VMM, VCPU, WORKER, RCU] = [0, 1, 2, 3];

/** Boot, fault, copy-on-write, fast zap with slot deletion, SMI-like reset, destruction. */
function life(era: 'c' | 'd'): Fold {
  const f = new Fold(era);
  f.vm(1).on(VMM, 'MemslotAdded', 0, 0, 16, 0);
  const page = f.load(VCPU, 0);
  f.on(VCPU, 'VcpuEntered', 0, NORMAL, 0, page).on(VCPU, 'VcpuExited', 0, 1, 0, 2);

  f.on(VCPU, 'FaultBegun', 0, 0, 2, 0).lock(VCPU, 'read').on(VCPU, 'RcuReadLocked', VCPU, 1);
  const last = f.tree(VCPU, page);
  const backed = host_page(HOST_PAGE_KIND.private, 1, 0);
  f.on(VCPU, 'HostPageChanged', 0, 0, backed);
  const leaf = make_leaf_spte(host_page_pfn(0, backed), SPTE.WRITABLE);
  f.on(VCPU, 'SpteChanged', last, 0, 0, leaf);
  f.on(VCPU, 'RcuReadUnlocked', VCPU, 0).unlock(VCPU, 'read').on(VCPU, 'FaultFixed', 0, 0, 1, leaf);
  f.on(VCPU, 'VcpuEntered', 0, NORMAL, 0, page).on(VCPU, 'TlbFilled', 0, 0, leaf, page);

  // The host takes the page back while the vCPU is in the guest.
  f.on(VMM, 'NotifierCountChanged', 0, 1).lock(VMM, 'write').on(VMM, 'NotifierBegun', 0, 0, 1, 1);
  f.get(VMM, page, 'iterator').on(VMM, 'SpteChanged', last, 0, leaf, 0).put(VMM, page, 'iterator');
  f.on(VMM, 'RemoteFlushBegun', 0, 1).on(VMM, 'RequestMade', 0, REQ.TLB_FLUSH, REQ.TLB_FLUSH);
  f.on(VCPU, 'VcpuExited', 0, 10, 0, 0).on(VMM, 'RemoteFlushEnded', 0).unlock(VMM, 'write');
  f.on(VMM, 'HostPageChanged', 0, backed, 0);
  f.lock(VMM, 'write').on(VMM, 'NotifierEnded', 0, 1, 0).unlock(VMM, 'write');
  f.on(VCPU, 'RequestTaken', 0, REQ.TLB_FLUSH, 0).on(VCPU, 'TlbFlushed', 0, FLUSH.ALL, 0);

  // A memslot goes.
  f.on(VMM, 'MemslotInvalidated', 0, 0, 16).invalidateAll(VMM, [page], [0]);
  f.on(WORKER, 'WorkStarted', f.serial(page), 0, 0, page).lock(WORKER, 'read');
  f.on(WORKER, 'RootZapStarted', f.serial(page), 1, f.refcount(page), page);
  const child = f.w.s[f.w.entry(page, 0)];
  f.on(WORKER, 'SpteChanged', page, 0, child, 0);
  f.on(WORKER, 'RootZapFinished', f.serial(page), 1, f.refcount(page), page).put(WORKER, page, 'work');
  f.unlock(WORKER, 'read').on(WORKER, 'WorkFinished', f.serial(page), 0, 0, page);
  for (let table = child >>> 8; table !== 0; ) {
    const below = f.w.s[f.w.entry(table, 0)];
    const next = below >>> 8;
    f.on(WORKER, 'TableUnlinked', table, 0, 1, 0);
    if (next !== 0) f.on(WORKER, 'SpteChanged', table, 0, below, REMOVED_SPTE);
    f.on(WORKER, 'TableFreeQueued', table, 0, 1);
    f.on(RCU, 'RcuGracePeriodStarted').on(RCU, 'RcuGracePeriodEnded').on(RCU, 'TableFreed', table, 0, 1);
    table = next;
  }
  f.on(VMM, 'FastZapEnded', 0, 1).on(VMM, 'MemslotDeleted', 0, 0, 16);
  f.on(VCPU, 'RequestTaken', 0, REQ.MMU_FREE_OBSOLETE_ROOTS, 0).lock(VCPU, 'write').put(VCPU, page, 'vcpu');
  f.unlink(VCPU, page).on(VCPU, 'RootFreeQueued', f.serial(page), 0, 0, page);
  f.on(VCPU, 'RootDropped', 0, 0, NORMAL, page).unlock(VCPU, 'write').gracePeriod(RCU, page);

  // A reset and the end.
  const second = f.load(VCPU, 0);
  f.on(VCPU, 'ContextReset', 0, RESET.FORCED);
  f.on(VMM, 'VmUsersChanged', 0, 0).on(VMM, 'VmDestroyBegun', 0);
  f.on(VMM, 'ZapAllBegun', 0).lock(VMM, 'write').get(VMM, second, 'iterator').yield(VMM, 'write');
  f.lock(VMM, 'write').put(VMM, second, 'iterator').unlock(VMM, 'write').on(VMM, 'ZapAllEnded', 0);
  if (era === 'c') {
    f.lock(VMM, 'write').put(VMM, second, 'vcpu').invalidate(VMM, second);
    f.on(VMM, 'RootResurrected', f.serial(second), 4, 1, second).schedule(VMM, second, 0).queue(VMM, second);
    f.on(VMM, 'RootDropped', 0, 0, NORMAL, second).unlock(VMM, 'write');
  } else {
    f.drop(VMM, 0, second).invalidate(VMM, second).schedule(VMM, second, 1).queue(VMM, second);
  }
  f.on(VMM, 'VcpuDestroyed', 0, 0, 0).work(WORKER, second).gracePeriod(RCU, second);
  f.on(VMM, 'WorkqueueDestroyed', 0, 0).on(VMM, 'VmDestroyed', 0, 0, 0);
  return f;
}

test.each(['c', 'd'] as const)('era %s: a whole life breaks nothing', (era) => {
  const f = life(era);
  expect(f.set.structured).toEqual([]);
  const verdicts = f.set.verdicts();
  expect(verdicts.filter((v) => v.verdict === 'violated')).toEqual([]);
  const holding = verdicts.filter((v) => v.verdict === 'holds').map((v) => Number(v.invariant.slice(1)));
  const exercised = [
    1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 28, 29, 30, 31, 32, 34,
    35, 36, 37, 38,
  ];
  expect(holding).toEqual(era === 'd' ? [...exercised, 10].sort((x, y) => x - y) : exercised);
  expect(verdicts.filter((v) => v.verdict === 'does not apply').map((v) => v.invariant)).toEqual(
    era === 'd' ? ['I33'] : ['I10', 'I33'],
  );
});

test('what a run has not done is not evaluated, with the reason', () => {
  const f = new Fold('d').vm(1);
  expect(f.verdict(15)).toMatchObject({
    verdict: 'not evaluated',
    reason: 'the run has not: completed a kvm_mmu_zap_all_fast',
  });
  expect(f.verdict(26).verdict).toBe('not evaluated');
  expect(f.set.verdicts().filter((v) => v.verdict === 'holds')).toEqual([]);
});

test('saved state goes on where it was', () => {
  const whole = life('d');
  const half = new Fold('d');
  half.vm(1);
  half.load(VCPU, 0);
  const saved = half.set.save();
  const other = new Fold('d');
  other.set.restore(saved);
  expect(other.set.save()).toEqual(saved);
  expect(other.set.ordinal).toBe(half.rows.length);
  expect(whole.set.ordinal).toBe(whole.rows.length);
  expect(() => other.set.restore(new Int32Array(3))).toThrow(/saved words/);
});
