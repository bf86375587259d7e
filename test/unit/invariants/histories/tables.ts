// Histories that break what is said of page tables and of what guests enter with: I16 to I21, I24, I25, I35, I39.
import { host_page_pfn } from '../../../../src/core/aggregates/host-memory.js';
import { role_made_invalid, shadow_root_role } from '../../../../src/core/aggregates/role.js';
import {
  make_leaf_spte,
  make_nonleaf_spte,
  REMOVED_SPTE,
  SPTE,
} from '../../../../src/core/aggregates/spte.js';
import { ASSERTION, REQ } from '../../../../src/core/events/constants.js';
import { Fold, NORMAL, SMM } from '../../../support/fold.js';
import { type Case, INVALID, K, LEAF, loaded, M, mapped, PRIVATE, V0, V1 } from './history.js';

export const TABLES: readonly Case[] = [
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
];
