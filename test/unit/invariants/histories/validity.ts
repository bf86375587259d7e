// Histories that break what is said of validity, of zaps that are owed and of work items: I8 to I15, I31 to I34, I36, I38.
import { expect } from 'vitest';
import { REQ } from '../../../../src/core/events/constants.js';
import { Fold, NORMAL } from '../../../support/fold.js';
import { type Case, K, loaded, M, mapped, V0 } from './history.js';

export const VALIDITY: readonly Case[] = [
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
  ['I38: the watchdog', 'd', [[38, 1]], (era) => loaded(era).f.on(V0, 'ProgressLost', 0, 1_000, 1, 8)],
];
