// Histories that break what is said of references, frees and leaks: I1 to I7, I30.
import { REMOVED_SPTE } from '../../../../src/core/aggregates/spte.js';
import { ASSERTION } from '../../../../src/core/events/constants.js';
import { Fold, NORMAL } from '../../../support/fold.js';
import { type Case, INVALID, K, loaded, M, RCU, V0, V1 } from './history.js';

export const REFERENCES: readonly Case[] = [
  [
    'I1, I2: the work item puts twice (B24)',
    'c',
    [
      [2, 9],
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
    'I30: the VM ends with a root that a vCPU still holds',
    'd',
    [
      [30, 5],
      [30, 4],
    ],
    (era) => loaded(era).f.on(M, 'VmDestroyBegun', 0).on(M, 'VmDestroyed', 0, 1, 0),
  ],
  [
    "I30: the VM ends with a root that nobody has put the TDP MMU's reference of",
    'd',
    [
      [30, 7],
      [30, 4],
    ],
    (era) => {
      const { f, root } = loaded(era);
      f.drop(V0, 0, root).on(M, 'VmUsersChanged', 0, 0).on(M, 'VmDestroyBegun', 0);
      return f.invalidate(M, root).on(M, 'VmDestroyed', 0, 1, 0);
    },
  ],
  ...['a', 'b', 'c'].map(
    (era): Case => [
      `I1: a reference for the TDP MMU, which has none in era ${era}`,
      era,
      [[1, 9]],
      () => {
        const f = new Fold(era).vm(1).lock(V0, 'write');
        const root = f.birth(V0, NORMAL, 0, 2);
        return f.on(V0, 'RootLoaded', 0, 0, NORMAL, root).unlock(V0, 'write');
      },
    ],
  ),
  [
    'I1: a second reference of the TDP MMU',
    'd',
    [[1, 9]],
    (era) => {
      const { f, root } = loaded(era);
      return f.lock(M, 'write').get(M, root, 'tdpMmu').unlock(M, 'write');
    },
  ],
];
