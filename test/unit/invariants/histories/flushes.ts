// Histories that break what is said of flushes, walks that yield and lock modes: I22, I23, I26 to I29.
import { expect } from 'vitest';
import { LOCK_KIND } from '../../../../src/core/aggregates/layout.js';
import { make_nonleaf_spte, REMOVED_SPTE } from '../../../../src/core/aggregates/spte.js';
import { pscKey } from '../../../../src/core/aggregates/tlb.js';
import { ASSERTION } from '../../../../src/core/events/constants.js';
import { LOCK_MODE } from '../../../../src/core/events/lock.events.js';
import { Fold, NORMAL } from '../../../support/fold.js';
import { type Case, LEAF, loaded, M, mapped, PRIVATE, RCU, V0 } from './history.js';

export const FLUSHES: readonly Case[] = [
  [
    'I22: a notifier that does not flush, and what a vCPU in the guest then can do',
    'd',
    [
      [22, 1],
      [22, 4],
    ],
    (era) => {
      const { f, root, table } = mapped(era);
      f.on(V0, 'VcpuEntered', 0, NORMAL, 0, root).on(V0, 'TlbFilled', 0, 0, LEAF, root);
      f.lock(M, 'write')
        .on(M, 'NotifierBegun', 0, 0, 1, 1)
        .on(M, 'SpteChanged', table, 0, LEAF, 0)
        .unlock(M, 'write');
      return f.on(M, 'HostPageChanged', 0, PRIVATE, 0);
    },
  ],
  [
    'I22: a notifier that yields, and forgets its flush over it',
    'd',
    [[22, 1]],
    (era) => {
      const { f, root, table } = mapped(era);
      f.lock(M, 'write').on(M, 'NotifierBegun', 0, 0, 1, 1).get(M, root, 'iterator');
      return f.on(M, 'SpteChanged', table, 0, LEAF, 0).yield(M, 'write').lock(M, 'write').unlock(M, 'write');
    },
  ],
  [
    'I22: tables unlinked, the RCU section left, the table freed under a walker',
    'd',
    [
      [22, 2],
      [22, 5],
    ],
    (era) => {
      const { f, root } = mapped(era);
      const child = f.w.s[f.w.entry(root, 0)] >>> 8;
      f.on(V0, 'VcpuEntered', 0, NORMAL, 0, root);
      f.on(V0, 'PagingStructureCached', 0, pscKey(f.w, 0, 4), child, root);
      f.lock(M, 'write')
        .on(M, 'RcuReadLocked', M, 1)
        .on(M, 'SpteChanged', root, 0, make_nonleaf_spte(child), 0);
      f.on(M, 'TableUnlinked', child, 1, 3, 0).on(M, 'TableFreeQueued', child, 1, 3);
      f.on(M, 'RcuReadUnlocked', M, 0).unlock(M, 'write');
      return f
        .on(RCU, 'RcuGracePeriodStarted')
        .on(RCU, 'RcuGracePeriodEnded')
        .on(RCU, 'TableFreed', child, 1, 3);
    },
  ],
  [
    'I22: a frozen entry overwritten before the flush (B27)',
    'd',
    [[22, 3]],
    (era) => {
      const { f, table } = mapped(era);
      f.lock(V0, 'read').on(V0, 'SpteChanged', table, 0, LEAF, REMOVED_SPTE);
      return f.on(V0, 'SpteChanged', table, 0, REMOVED_SPTE, 0).unlock(V0, 'read');
    },
  ],
  [
    'I22: a flush of a range that begins at the last entry of the table (B20)',
    'd',
    [[22, 2]],
    (era) => {
      const { f, root } = mapped(era);
      const child = f.w.s[f.w.entry(root, 0)] >>> 8;
      f.lock(M, 'write')
        .on(M, 'RcuReadLocked', M, 1)
        .on(M, 'SpteChanged', root, 0, make_nonleaf_spte(child), 0);
      const pages = 2 ** f.w.entryShift(4);
      const last = pages - 2 ** f.w.entryShift(3);
      f.on(M, 'RangeFlushed', 0, last, pages).on(M, 'TableUnlinked', child, 1, 3, 0);
      return f.on(M, 'RcuReadUnlocked', M, 0).unlock(M, 'write');
    },
  ],
  [
    'I22 silent: two flushes of ranges that cover the table together',
    'd',
    [],
    (era) => {
      const { f, root } = mapped(era);
      const child = f.w.s[f.w.entry(root, 0)] >>> 8;
      f.lock(M, 'write')
        .on(M, 'RcuReadLocked', M, 1)
        .on(M, 'SpteChanged', root, 0, make_nonleaf_spte(child), 0);
      const pages = 2 ** f.w.entryShift(4);
      f.on(M, 'RangeFlushed', 0, 4, pages).on(M, 'RangeFlushed', 0, 0, 4);
      f.on(M, 'TableUnlinked', child, 1, 3, 0);
      return f.on(M, 'RcuReadUnlocked', M, 0).unlock(M, 'write');
    },
  ],
  [
    'I23: no flush behind the load',
    'd',
    [[23, 1]],
    (era) => {
      const f = new Fold(era).vm(1).lock(V0, 'write');
      const page = f.birth(V0);
      f.on(V0, 'RootLoaded', 0, 0, NORMAL, page).unlock(V0, 'write');
      return f.on(V0, 'VcpuEntered', 0, NORMAL, 0, page);
    },
  ],
  [
    'I26: as the kernel warns',
    'd',
    [[26, 1]],
    (era) => new Fold(era).vm(1).on(M, 'AssertionFired', 0, ASSERTION.WARN_ITER_YIELDED, 3),
  ],
  [
    'I26: an entry is written after a yield, before the walk has begun again',
    'd',
    [[26, 2]],
    (era) => {
      const { f, root, table } = mapped(era);
      const lock = f.w.lockId(0, LOCK_KIND.mmu_lock);
      f.lock(M, 'write')
        .get(M, root, 'iterator')
        .on(M, 'LockYielded', lock, LOCK_MODE.write, 1, 1 + 8)
        .unlock(M, 'write');
      return f.lock(M, 'write').on(M, 'SpteChanged', table, 0, LEAF, 0);
    },
  ],
  [
    'I26: a walk that steps over the entry at which it begins again (B19); one that does not may write',
    'd',
    [[26, 3]],
    (era) => {
      const { f, root, table } = mapped(era);
      const lock = f.w.lockId(0, LOCK_KIND.mmu_lock);
      const yields = (): Fold =>
        f
          .on(M, 'LockYielded', lock, LOCK_MODE.write, 1, 1 + 8)
          .unlock(M, 'write')
          .lock(M, 'write');
      f.lock(M, 'write').get(M, root, 'iterator');
      yields().on(M, 'WalkRestarted', 0, 8, 0, 0).on(M, 'SpteChanged', table, 0, LEAF, 0);
      expect(f.found).toEqual([]);
      return yields().on(M, 'WalkRestarted', 0, 8, 16, 0);
    },
  ],
  [
    'I27: a walk yields where it yielded last (B23); one that went on may',
    'd',
    [[27, 1]],
    (era) => {
      const { f, root } = loaded(era);
      const lock = f.w.lockId(0, LOCK_KIND.mmu_lock);
      f.lock(M, 'write')
        .get(M, root, 'iterator')
        .on(M, 'LockYielded', lock, LOCK_MODE.write, 1, 1 + 8);
      f.unlock(M, 'write').lock(M, 'write');
      expect(f.found).toEqual([]);
      return f.on(M, 'LockYielded', lock, LOCK_MODE.write, 1, 1).unlock(M, 'write');
    },
  ],
  [
    'I28: a yield without a reference (B7)',
    'd',
    [[28, 1]],
    (era) => loaded(era).f.lock(M, 'write').yield(M, 'write'),
  ],
  [
    'I28: the wrong reference',
    'd',
    [[28, 2]],
    (era) => {
      const { f, root } = loaded(era);
      f.lock(M, 'write').on(M, 'RootZapStarted', f.serial(root), 0, f.refcount(root), root);
      return f.on(M, 'RootZapYielded', f.serial(root), 0, f.refcount(root), root);
    },
  ],
  [
    'I29: the lockdep report of a failed KVM_CREATE_VM (B12)',
    'd',
    [[29, 1]],
    (era) => new Fold(era).vm(0).on(M, 'AssertionFired', 0, ASSERTION.LOCKDEP_HELD_WRITE, 0),
  ],
  [
    'I29: a vCPU drops its root under the read lock',
    'd',
    [[29, 3]],
    (era) => {
      const { f, root } = loaded(era);
      f.lock(V0, 'read').put(V0, root, 'vcpu').on(V0, 'RootDropped', 0, 0, NORMAL, root);
      return f.unlock(V0, 'read');
    },
  ],
];
