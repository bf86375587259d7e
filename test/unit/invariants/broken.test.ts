// One short, hand-written history per invariant that breaks it, and what else such a history cannot help breaking.
import { expect, test } from 'vitest';
import { HOST_PAGE_KIND, host_page, host_page_pfn } from '../../../src/core/aggregates/host-memory.js';
import { LOCK_KIND } from '../../../src/core/aggregates/layout.js';
import { role_made_invalid, shadow_root_role } from '../../../src/core/aggregates/role.js';
import { make_leaf_spte, make_nonleaf_spte, REMOVED_SPTE, SPTE } from '../../../src/core/aggregates/spte.js';
import { pscKey } from '../../../src/core/aggregates/tlb.js';
import { ASSERTION, REQ } from '../../../src/core/events/constants.js';
import { LOCK_MODE } from '../../../src/core/events/lock.events.js';
import { INVARIANTS } from '../../../src/core/invariants/catalogue.js';
import { Fold, NORMAL, SMM } from '../../support/fold.js';

const [M, V0, K, RCU, V1] = [0, 1, 2, 3, 4];
const PRIVATE = host_page(HOST_PAGE_KIND.private, 1, 0);
const LEAF = make_leaf_spte(host_page_pfn(0, PRIVATE), SPTE.WRITABLE);
const INVALID = 0x800;

/** One vCPU with its root, slot 0 at gfn 0, page 0 mapped under it. mmu_lock is free. */
function mapped(era: string, vcpus = 1): { f: Fold; root: number; table: number } {
  const f = new Fold(era).vm(vcpus);
  f.on(M, 'MemslotAdded', 0, 0, 16, 0);
  const root = f.load(V0, 0);
  f.lock(V0, 'read');
  const table = f.tree(V0, root);
  f.on(V0, 'HostPageChanged', 0, 0, PRIVATE).on(V0, 'SpteChanged', table, 0, 0, LEAF).unlock(V0, 'read');
  expect(f.found).toEqual([]);
  return { f, root, table };
}
function loaded(era: string, vcpus = 1): { f: Fold; root: number } {
  const f = new Fold(era).vm(vcpus);
  const root = f.load(V0, 0);
  expect(f.found).toEqual([]);
  return { f, root };
}

type Case = readonly [
  what: string,
  era: string,
  /** Exactly these [invariant, detail], in order of their first appearance. */
  found: readonly (readonly [number, number])[],
  history: (era: string) => Fold,
];

const cases: readonly Case[] = [
  [
    'I1, I2: the work item puts twice (B24)',
    'c',
    [
      [2, 1],
      [1, 2],
    ],
    (era) => {
      const { f, root } = loaded(era);
      f.lock(V1, 'write').get(V1, root, 'vcpu').on(V1, 'RootLoaded', 1, 0, NORMAL, root).unlock(V1, 'write');
      f.invalidateAll(M, [root], [0]).work(K, root);
      return f.lock(K, 'read').put(K, root, 'work').unlock(K, 'read');
    },
  ],
  [
    'I1: a slot names a root that nobody took a reference on',
    'd',
    [[1, 3]],
    (era) => {
      const { f, root } = loaded(era, 2);
      return f.lock(V1, 'write').on(V1, 'RootLoaded', 1, 0, NORMAL, root).unlock(V1, 'write');
    },
  ],
  [
    'I1: a slot is cleared without a put',
    'd',
    [[1, 4]],
    (era) => {
      const { f, root } = loaded(era);
      return f.lock(V0, 'write').on(V0, 'RootDropped', 0, 0, NORMAL, root).unlock(V0, 'write');
    },
  ],
  [
    'I1: a put, and the slot still names the root',
    'd',
    [[1, 5]],
    (era) => {
      const { f, root } = loaded(era);
      return f.lock(V0, 'write').put(V0, root, 'vcpu').unlock(V0, 'write');
    },
  ],
  [
    'I1: the reference of the TDP MMU goes while the root is valid',
    'd',
    [[1, 6]],
    (era) => {
      const { f, root } = loaded(era);
      return f.lock(M, 'write').put(M, root, 'tdpMmu').unlock(M, 'write');
    },
  ],
  [
    'I2: underflow as refcount_t reports it',
    'd',
    [[2, 2]],
    (era) => {
      const { f, root } = loaded(era);
      return f.on(M, 'AssertionFired', 0, ASSERTION.REFCOUNT_UNDERFLOW, root);
    },
  ],
  [
    'I2, I12 silent: an increment from 0',
    'c',
    [[2, 3]],
    (era) => {
      const { f, root } = loaded(era);
      f.lock(V0, 'write').put(V0, root, 'vcpu').on(V0, 'RootDropped', 0, 0, NORMAL, root);
      return f.get(V0, root, 'iterator').put(V0, root, 'iterator').get(V0, root, 'work').unlock(V0, 'write');
    },
  ],
  [
    'I2: an iterator reference put by another thread',
    'd',
    [[2, 4]],
    (era) => {
      const { f, root } = loaded(era);
      f.lock(M, 'read').get(M, root, 'iterator').unlock(M, 'read');
      return f.lock(K, 'read').put(K, root, 'iterator').unlock(K, 'read');
    },
  ],
  [
    'I3, I5: the walk of the destroyer reads a freed root (B13)',
    'd',
    [
      [3, 1],
      [5, 4],
    ],
    (era) => {
      const { f, root } = loaded(era);
      f.drop(V0, 0, root).on(M, 'VmUsersChanged', 0, 0).on(M, 'VmDestroyBegun', 0);
      f.invalidate(M, root).schedule(M, root, 1).queue(M, root);
      const serial = f.serial(root);
      return f.work(K, root).gracePeriod(RCU, root).on(M, 'FreedPageTouched', serial, 0, 0, root);
    },
  ],
  [
    'I4: a hardware walk in a freed table',
    'd',
    [[4, 1]],
    (era) => new Fold(era).vm(1).on(V0, 'FreedPageTouched', 0, 0, 1, 7),
  ],
  [
    'I4: a write into a free page',
    'd',
    [[4, 2]],
    (era) =>
      new Fold(era).vm(1).lock(M, 'write').on(M, 'SpteChanged', 7, 0, 0, REMOVED_SPTE).unlock(M, 'write'),
  ],
  [
    'I5: freed by a grace period that had begun before',
    'c',
    [[5, 1]],
    (era) => {
      const { f, root } = loaded(era);
      f.lock(V0, 'write').put(V0, root, 'vcpu').on(V0, 'RootDropped', 0, 0, NORMAL, root);
      f.unlink(V0, root).on(RCU, 'RcuGracePeriodStarted');
      f.on(V0, 'RootFreeQueued', f.serial(root), 0, 0, root)
        .unlock(V0, 'write')
        .on(RCU, 'RcuGracePeriodEnded');
      return f.on(RCU, 'RootFreed', f.serial(root), NORMAL, 0, root);
    },
  ],
  [
    'I5: freed under an open read section',
    'd',
    [[5, 3]],
    (era) => {
      const { f, root } = loaded(era);
      f.invalidateAll(M, [root], [0]).on(M, 'RcuReadLocked', M, 1).drop(V0, 0, root).work(K, root);
      // A world in which the section does not count: the model's own book-keeping is not trusted here.
      f.w.s[f.w.thread(M)] = 0;
      f.on(RCU, 'RcuGracePeriodStarted');
      f.w.s[f.w.thread(M)] = 1;
      return f.on(RCU, 'RcuGracePeriodEnded').on(RCU, 'RootFreed', f.serial(root), NORMAL | INVALID, 0, root);
    },
  ],
  [
    'I5: queued while it is still listed',
    'd',
    [[5, 2]],
    (era) => {
      const { f, root } = loaded(era);
      return f.on(M, 'RootFreeQueued', f.serial(root), 0, 0, root);
    },
  ],
  [
    'I6: list_add without tdp_mmu_pages_lock',
    'd',
    [[6, 1]],
    (era) => {
      const f = new Fold(era).vm(1).lock(V0, 'write');
      const page = f.freePage;
      return f.on(V0, 'RootAllocated', 1, NORMAL, 2, page).on(V0, 'RootListed', 1, 0, 1, page);
    },
  ],
  [
    'I7: two valid roots with one role',
    'd',
    [[7, 1]],
    (era) => {
      const { f } = loaded(era, 2);
      f.load(V1, 1);
      return f;
    },
  ],
  [
    'I8: an invalid root becomes valid again, and so lacks a reference',
    'd',
    [
      [8, 1],
      [1, 6],
    ],
    (era) => {
      const { f, root } = loaded(era);
      f.invalidateAll(M, [root], [0]).lock(M, 'write');
      return f.on(M, 'RootInvalidated', f.serial(root), NORMAL, f.refcount(root), root);
    },
  ],
  [
    'I9: invalidated under the read lock',
    'd',
    [[9, 1]],
    (era) => {
      const { f, root } = loaded(era);
      return f.lock(M, 'read').invalidate(M, root).schedule(M, root, 1).unlock(M, 'read');
    },
  ],
  [
    'I9 silent: the end of a VM that nobody else uses needs no lock, from v5.13 on; somebody does use it',
    'b',
    [[9, 1]],
    (era) => {
      const alone = loaded(era);
      alone.f.on(M, 'VmUsersChanged', 0, 0).on(M, 'VmDestroyBegun', 0).invalidate(M, alone.root);
      expect(alone.f.found).toEqual([]);
      const { f, root } = loaded(era);
      return f.on(M, 'VmDestroyBegun', 0).invalidate(M, root);
    },
  ],
  [
    'I10: the last put of a valid root',
    'd',
    [
      [1, 6],
      [10, 1],
    ],
    (era) => {
      const { f, root } = loaded(era);
      f.lock(V0, 'write')
        .put(V0, root, 'vcpu')
        .on(V0, 'RootDropped', 0, 0, NORMAL, root)
        .put(V0, root, 'tdpMmu');
      return f.unlink(V0, root).unlock(V0, 'write');
    },
  ],
  [
    'I11: a writer leaves a listed root with count 0',
    'c',
    [[11, 2]],
    (era) => {
      const { f, root } = loaded(era);
      return f.drop(V0, 0, root);
    },
  ],
  [
    'I12: a reader takes an invalid root',
    'd',
    [[12, 1]],
    (era) => {
      const { f, root } = loaded(era);
      return f
        .invalidateAll(M, [root], [0])
        .lock(K, 'read')
        .get(K, root, 'iterator')
        .put(K, root, 'iterator');
    },
  ],
  [
    'I12 silent, v6.6: the fast zap walks over the roots that it zaps; any other reader must not',
    'f',
    [[12, 1]],
    (era) => {
      const { f, root } = loaded(era);
      f.lock(M, 'write').on(M, 'FastZapBegun', 0, 0).invalidate(M, root).schedule(M, root, 0);
      f.on(M, 'RequestMade', 0, REQ.MMU_FREE_OBSOLETE_ROOTS, 2).unlock(M, 'write');
      f.lock(M, 'read').get(M, root, 'iterator').put(M, root, 'iterator').unlock(M, 'read');
      expect(f.found).toEqual([]);
      f.on(M, 'FastZapEnded', 0, 0);
      return f.lock(K, 'read').get(K, root, 'iterator').put(K, root, 'iterator').unlock(K, 'read');
    },
  ],
  [
    'I13: zap of a root that is off the list',
    'd',
    [
      [13, 3],
      [13, 1],
    ],
    (era) => {
      const { f, root } = loaded(era);
      f.invalidateAll(M, [root], [0]).drop(V0, 0, root).on(K, 'WorkStarted', f.serial(root), 0, 0, root);
      f.lock(K, 'read')
        .on(K, 'RootZapStarted', f.serial(root), 1, 1, root)
        .put(K, root, 'work')
        .unlink(K, root);
      return f.on(K, 'RootZapYielded', f.serial(root), 1, 0, root);
    },
  ],
  [
    'I14: unlinked with its tree in it',
    'd',
    [[14, 1]],
    (era) => {
      const { f, root } = mapped(era);
      return f.lock(M, 'write').unlink(M, root).unlock(M, 'write');
    },
  ],
  [
    'I15, I16: a fast zap that forgets a root',
    'd',
    [
      [15, 1],
      [16, 1],
    ],
    (era) => {
      const { f, root } = mapped(era);
      return f.invalidateAll(M, [root], [0]).on(M, 'FastZapEnded', 0, 1).on(M, 'MemslotDeleted', 0, 0, 16);
    },
  ],
  [
    'I16: a slot moves, its pages stay mapped',
    'd',
    [[16, 2]],
    (era) => mapped(era).f.on(M, 'MemslotMoved', 0, 32, 0),
  ],
  [
    'I17: the page changes while an invalid root maps it (B6), then state is written back to it',
    'd',
    [
      [17, 1],
      [17, 3],
    ],
    (era) => {
      const { f, root, table } = mapped(era);
      f.invalidateAll(M, [root], [0]).on(M, 'HostPageChanged', 0, PRIVATE, 0);
      return f.lock(K, 'read').on(K, 'SpteChanged', table, 0, LEAF, 0).unlock(K, 'read');
    },
  ],
  [
    'I17: zap_all leaves something',
    'd',
    [[17, 4]],
    (era) => mapped(era).f.on(M, 'ZapAllBegun', 0).on(M, 'ZapAllEnded', 0),
  ],
  [
    'I18: a fault installs in an invalid root (B9)',
    'd',
    [[18, 1]],
    (era) => {
      const { f, root, table } = mapped(era);
      f.invalidateAll(M, [root], [0]).on(V0, 'HostPageChanged', 1, 0, PRIVATE).lock(V0, 'read');
      const leaf = make_leaf_spte(host_page_pfn(1, PRIVATE), SPTE.WRITABLE);
      return f.on(V0, 'SpteChanged', table, 1, 0, leaf).unlock(V0, 'read');
    },
  ],
  [
    'I19: a pfn from before the change',
    'd',
    [[19, 1]],
    (era) => {
      const { f, table } = mapped(era);
      const old = make_leaf_spte(host_page_pfn(1, PRIVATE), SPTE.WRITABLE);
      return f.lock(V0, 'read').on(V0, 'SpteChanged', table, 1, 0, old).unlock(V0, 'read');
    },
  ],
  [
    'I19: inside a range that is being invalidated',
    'd',
    [[19, 2]],
    (era) => {
      const { f, table } = mapped(era);
      const leaf = make_leaf_spte(host_page_pfn(1, PRIVATE), SPTE.WRITABLE);
      f.on(M, 'HostPageChanged', 1, 0, PRIVATE)
        .lock(M, 'write')
        .on(M, 'NotifierBegun', 0, 1, 2, 1)
        .unlock(M, 'write');
      return f.lock(V0, 'read').on(V0, 'SpteChanged', table, 1, 0, leaf).unlock(V0, 'read');
    },
  ],
  [
    'I19, I29: without mmu_lock',
    'd',
    [
      [19, 3],
      [29, 7],
    ],
    (era) => {
      const { f, table } = mapped(era);
      const leaf = make_leaf_spte(host_page_pfn(1, PRIVATE), SPTE.WRITABLE);
      return f.on(M, 'HostPageChanged', 1, 0, PRIVATE).on(V0, 'SpteChanged', table, 1, 0, leaf);
    },
  ],
  [
    'I20: entry with an invalid root',
    'd',
    [[20, 1]],
    (era) => {
      const { f, root } = loaded(era);
      return f.invalidateAll(M, [root], [0]).on(V0, 'VcpuEntered', 0, NORMAL | INVALID, 0, root);
    },
  ],
  [
    'I20 silent: entry between invalidation and request, forced out before the lock is released',
    'd',
    [],
    (era) => {
      const { f, root } = loaded(era);
      f.lock(M, 'write').invalidate(M, root).schedule(M, root, 1).queue(M, root);
      f.on(V0, 'VcpuEntered', 0, NORMAL | INVALID, 0, root);
      f.on(M, 'RequestMade', 0, REQ.MMU_FREE_OBSOLETE_ROOTS, 2).on(V0, 'VcpuExited', 0, 10, 0, 0);
      return f.unlock(M, 'write');
    },
  ],
  [
    'I21: entry with the root of the other mode',
    'd',
    [[21, 1]],
    (era) => {
      const { f, root } = loaded(era);
      return f.on(V0, 'RoleComputed', 0, SMM, NORMAL).on(V0, 'VcpuEntered', 0, NORMAL, 0, root);
    },
  ],
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
    "I24: somebody else's frozen entry",
    'd',
    [[24, 1]],
    (era) => {
      const { f, table } = mapped(era, 2);
      f.lock(V0, 'read').lock(V1, 'read').on(V0, 'SpteChanged', table, 0, LEAF, REMOVED_SPTE);
      return f.on(V1, 'SpteChanged', table, 0, REMOVED_SPTE, 0);
    },
  ],
  [
    'I24: frozen by a writer in a linked table',
    'd',
    [[24, 3]],
    (era) => {
      const { f, table } = mapped(era);
      f.lock(M, 'write').on(M, 'SpteChanged', table, 0, LEAF, REMOVED_SPTE);
      return f.on(M, 'RemoteFlushEnded', 0).unlock(M, 'write');
    },
  ],
  [
    'I25: a leaf replaced by another page',
    'd',
    [[25, 1]],
    (era) => {
      const { f, table } = mapped(era);
      const other = make_leaf_spte(host_page_pfn(1, PRIVATE), SPTE.WRITABLE);
      f.on(M, 'HostPageChanged', 1, 0, PRIVATE).lock(V0, 'read').on(V0, 'SpteChanged', table, 0, LEAF, other);
      return f.unlock(V0, 'read');
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
  [
    'I30: the VM ends with a root',
    'd',
    [
      [30, 1],
      [30, 4],
    ],
    (era) => loaded(era).f.on(M, 'VmDestroyBegun', 0).on(M, 'VmDestroyed', 0, 1, 0),
  ],
  [
    'I31: queued twice',
    'd',
    [[31, 2]],
    (era) => {
      const { f, root } = loaded(era);
      return f.invalidateAll(M, [root], [0]).queue(M, root);
    },
  ],
  [
    'I31: queued again after it ran',
    'd',
    [[31, 1]],
    (era) => {
      const { f, root } = loaded(era);
      return f.invalidateAll(M, [root], [0]).work(K, root).queue(M, root);
    },
  ],
  [
    'I32: an item outlives its queue',
    'd',
    [
      [32, 1],
      [32, 3],
    ],
    (era) => {
      const { f, root } = loaded(era);
      f.invalidateAll(M, [root], [0]).on(M, 'WorkqueueDestroyed', 0, 1);
      return f.on(K, 'WorkStarted', f.serial(root), 0, 0, root);
    },
  ],
  [
    'I33: a zap is scheduled twice, and taken twice',
    'f',
    [
      [33, 1],
      [33, 2],
    ],
    (era) => {
      const { f, root } = loaded(era);
      f.lock(M, 'write').invalidate(M, root).schedule(M, root, 0).schedule(M, root, 0);
      f.on(M, 'RequestMade', 0, REQ.MMU_FREE_OBSOLETE_ROOTS, 2).unlock(M, 'write');
      f.on(M, 'RootZapTaken', f.serial(root), 0, f.refcount(root), root);
      return f.on(M, 'RootZapTaken', f.serial(root), 0, f.refcount(root), root);
    },
  ],
  [
    'I34: one vCPU is not told in time',
    'd',
    [[34, 1]],
    (era) => {
      const { f, root } = loaded(era, 2);
      return f.invalidateAll(M, [root], [0]).on(M, 'RequestMade', 1, REQ.MMU_FREE_OBSOLETE_ROOTS, 2);
    },
  ],
  [
    'I35: a fault looks in the other address space',
    'd',
    [[35, 1]],
    (era) => loaded(era).f.on(V0, 'FaultBegun', 0, 3, 1, 1),
  ],
  [
    'I35: NX recovery finds no slot where it looks (B14)',
    'd',
    [[35, 2]],
    (era) => loaded(era).f.on(M, 'AssertionFired', 0, ASSERTION.WARN_NX_NO_SLOT, 7),
  ],
  [
    'I36: more roots than roles',
    'd',
    [[36, 1]],
    (era) => {
      const f = new Fold(era).vm(1);
      for (let k = 0; k < 7; k++) {
        f.lock(V0, 'write');
        const role = NORMAL ^ (k << 16);
        const page = f.birth(V0, role);
        f.on(V0, 'RootLoaded', 0, 0, role, page);
        f.put(V0, page, 'vcpu').on(V0, 'RootDropped', 0, 0, role, page).unlock(V0, 'write');
      }
      return f;
    },
  ],
  [
    'I39: a fault maps into a shadow root that it has just zapped (B18)',
    'h',
    [[39, 1]],
    (era) => {
      const f = new Fold(era).vm(1).lock(V0, 'write');
      const [root, child] = [f.freePage, 7];
      const role = shadow_root_role(4);
      f.on(V0, 'RootAllocated', 1, role, 1, root).on(V0, 'RootLoaded', 0, 0, role, root);
      f.on(V0, 'RootInvalidated', 1, role_made_invalid(role), 1, root);
      f.on(V0, 'RequestMade', 0, REQ.MMU_FREE_OBSOLETE_ROOTS, 2);
      return f.on(V0, 'SpteChanged', root, 0, 0, make_nonleaf_spte(child)).unlock(V0, 'write');
    },
  ],
  ['I38: the watchdog', 'd', [[38, 1]], (era) => loaded(era).f.on(V0, 'ProgressLost', 0, 1_000, 1, 8)],
];

test.each(cases)('%s', (_what, era, expected, history) => {
  const f = history(era);
  const distinct = f.found.filter(
    ([invariant, detail], k) => f.found.findIndex(([i, d]) => i === invariant && d === detail) === k,
  );
  expect(distinct).toEqual(expected);
  for (const [invariant] of expected) {
    expect(f.verdict(invariant)).toMatchObject({ verdict: 'violated', invariant: `I${invariant}` });
    expect(f.verdict(invariant).firstFinding?.what).not.toMatch(/^detail/);
  }
});

/** What no event can break: a metric. */
const NO_HISTORY = new Map([[37, 'measured over the whole run, below']]);

test('each invariant is among the findings of a first violating event, and is found when all others are off', () => {
  const first = new Set<number>();
  const alone = new Set<number>();
  for (const [what, era, expected, history] of cases) {
    const [ordinal] = history(era).set.structured.map((finding) => finding.ordinal);
    for (const finding of history(era).set.structured)
      if (finding.ordinal === ordinal) first.add(Number(finding.invariant.slice(1)));
    for (const number of new Set(expected.map(([invariant]) => invariant))) {
      Fold.only = [number];
      try {
        const f = history(era);
        const distinct = [...new Set(f.found.map(String))];
        expect(distinct, what).toEqual(expected.filter(([i]) => i === number).map(String));
        alone.add(number);
      } finally {
        Fold.only = [];
      }
    }
  }
  const missing = (seen: ReadonlySet<number>): number[] =>
    INVARIANTS.map((x) => x.number).filter((n) => !seen.has(n));
  expect(missing(alone)).toEqual([...NO_HISTORY.keys()]);
  expect(missing(first)).toEqual([...NO_HISTORY.keys()]);
});

test('a finding says which put is missing or too many, and whose', () => {
  const missing = loaded('d');
  missing.f.lock(V0, 'write').on(V0, 'RootDropped', 0, 0, NORMAL, missing.root);
  expect(missing.f.set.structured[0]).toMatchObject({
    invariant: 'I1',
    event: 'RootDropped',
    thread: V0,
    holders: { root: 1, role: '4-level', refcount: 2, vcpu: 1, tdpMmu: 1, slots: ['vcpu0 root.hpa'] },
  });
  missing.f.unlock(V0, 'write').lock(M, 'write').put(M, missing.root, 'tdpMmu');
  expect(missing.f.set.structured.at(-1)?.holders).toMatchObject({
    slots: [],
    surplusPut: 'tdpMmu',
    missingPut: 'vcpu',
  });
});

test('a Finding event points back at the event that broke the invariant', () => {
  const { f, root } = loaded('d');
  const ordinal = f.rows.length + 1;
  f.on(V0, 'VcpuEntered', 0, NORMAL | INVALID, 0, root);
  expect(f.set.structured[0]).toMatchObject({ ordinal, invariant: 'I20', site: f.site });
  expect(f.rows.length).toBe(ordinal + 1);
});

test('findings of one invariant are capped, breaches are not', () => {
  const f = new Fold('d').vm(1);
  for (let k = 0; k < 40; k++) f.on(M, 'FreedPageTouched', 0, 0, 1, 7);
  expect(f.found).toHaveLength(16);
  expect(f.verdict(4).violations).toBe(40);
});

test('I37 is measured, and never a Finding', () => {
  const f = new Fold('c').vm(1);
  for (let k = 0; k < 3; k++) {
    const root = f.load(V0, 0);
    f.lock(V0, 'write').put(V0, root, 'vcpu').invalidate(V0, root);
    f.on(V0, 'RootResurrected', f.serial(root), 4, 1, root).schedule(V0, root, 0).queue(V0, root);
    f.on(V0, 'RootDropped', 0, 0, NORMAL, root).unlock(V0, 'write').work(K, root).gracePeriod(RCU, root);
  }
  expect(f.found).toEqual([]);
  expect(f.verdict(37)).toMatchObject({
    verdict: 'violated',
    kind: 'performance',
    metrics: { rootAllocations: 3, rolesUsed: 1 },
  });
});

test("the kernel's own assertions are listed apart", () => {
  const f = new Fold('d').vm(1).on(M, 'AssertionFired', 0, ASSERTION.WARN_ROOTS_LEFT, 2);
  expect(f.found).toEqual([]);
  expect(f.set.assertions).toEqual([
    { ordinal: f.rows.length, assertion: 'WARN_ROOTS_LEFT', detail: 2, thread: M, site: 1 },
  ]);
});
