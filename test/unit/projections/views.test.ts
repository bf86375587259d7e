// What a world says of itself: VMs, vCPUs, roots, locks.
import { expect, test } from 'vitest';
import { CPU_STATE, REQ } from '../../../src/core/events/constants.js';
import { lockViews, threadViews } from '../../../src/core/projections/locks.js';
import { rootViews } from '../../../src/core/projections/roots.js';
import { vcpuViews } from '../../../src/core/projections/vcpus.js';
import { vmViews } from '../../../src/core/projections/vms.js';
import { Fold, NORMAL, SMM } from '../../support/fold.js';

const [M, V0, K, V1] = [0, 1, 2, 3];

test('roots: role, references by holder, the slots that name them, what waits for them', () => {
  const f = new Fold('d').vm(2);
  const a = f.load(V0, 0);
  f.lock(V1, 'write').get(V1, a, 'vcpu').on(V1, 'RootLoaded', 1, 0, NORMAL, a).unlock(V1, 'write');
  const b = f.load(V0, 0, SMM);
  f.lock(M, 'read').get(M, a, 'iterator').unlock(M, 'read');
  const [first, second] = rootViews({ world: f.w, full: true });
  expect(first).toEqual({
    root: 1,
    vm: 0,
    address: a,
    role: expect.objectContaining({ text: '4-level', level: 4, smm: false, invalid: false, asId: 0 }),
    refcount: 4,
    holders: { vcpu: 2, iterator: 1, tdpMmu: 1, work: 0 },
    namedBy: ['vcpu1 root.hpa'],
    listed: true,
    zapScheduled: false,
    zapsUnderWay: 0,
    work: 'idle',
    waitsForRcu: false,
    presentSptes: 0,
  });
  expect(second).toMatchObject({ root: 2, address: b, namedBy: ['vcpu0 root.hpa'], refcount: 2 });
  expect(second.role).toMatchObject({ text: '4-level SMM', smm: true, asId: 1 });

  f.lock(M, 'write').invalidate(M, b).schedule(M, b, 1).queue(M, b).unlock(M, 'write');
  expect(rootViews({ world: f.w, full: true })[1]).toMatchObject({
    role: { invalid: true, text: '4-level SMM invalid' },
    holders: { tdpMmu: 0, work: 1 },
    zapScheduled: true,
    work: 'queued',
  });
  expect(rootViews({ world: f.w, full: false })[1].presentSptes).toBe('notRecorded');
});

test('a root that waits for RCU is shown, unlisted, until it is freed', () => {
  const f = new Fold('d').vm(1);
  const root = f.load(V0, 0);
  f.invalidateAll(M, [root], [0]).drop(V0, 0, root).work(K, root);
  expect(rootViews({ world: f.w, full: true })).toMatchObject([
    { listed: false, waitsForRcu: true, refcount: 0 },
  ]);
  f.gracePeriod(M, root);
  expect(rootViews({ world: f.w, full: true })).toEqual([]);
});

test('vCPUs', () => {
  const f = new Fold('d').vm(1);
  expect(vcpuViews({ world: f.w, full: true })[0]).toMatchObject({ root: null, mode: 'OUTSIDE_GUEST_MODE' });
  const root = f.load(V0, 0);
  f.on(V0, 'GuestStateChanged', 0, CPU_STATE.SMM | CPU_STATE.CR0_PG, 0);
  f.on(M, 'RequestMade', 0, REQ.SMI, REQ.SMI | REQ.TLB_FLUSH);
  expect(vcpuViews({ world: f.w, full: true })).toMatchObject([
    {
      vcpu: 0,
      vm: 0,
      state: 'live',
      cpuState: ['SMM', 'CR0_PG'],
      role: { word: NORMAL },
      root: { address: root, root: 1 },
      prevRoots: [null, null, null],
      requests: ['TLB_FLUSH', 'SMI'],
    },
  ]);
  expect(vcpuViews({ world: f.w, full: false })[0]).toMatchObject({
    mode: 'notRecorded',
    requests: 'notRecorded',
    pendingSmi: 'notRecorded',
  });
});

test('VMs and their memslots', () => {
  const f = new Fold('d').vm(1).on(M, 'MemslotAdded', 1, 8, 4, 16).on(M, 'MemslotFlagsChanged', 1, 1, 0);
  f.on(M, 'MemslotAdded', 5, 0, 8, 0).on(M, 'MemslotInvalidated', 5, 0, 8);
  const [vm, ...others] = vmViews({ world: f.w, full: true });
  expect(others).toEqual([]);
  expect(vm).toMatchObject({
    vm: 0,
    state: 'live',
    usersCount: 1,
    createdVcpus: 1,
    bugged: false,
    workqueue: { exists: true, pending: 0, running: 0 },
    memslots: [
      { slot: 1, asId: 0, state: 'active', baseGfn: 8, pages: 4, hvaPage: 16, flags: ['LOG_DIRTY_PAGES'] },
      { slot: 1, asId: 1, state: 'invalid', baseGfn: 0, pages: 8, hvaPage: 0, flags: [] },
    ],
  });
  expect(vmViews({ world: f.w, full: false })[0].tdpMmuPages).toBe('notRecorded');
});

test('locks: writer, readers, who waits; threads the other way round', () => {
  const f = new Fold('d').vm(1).lock(V0, 'read').lock(V1, 'read');
  f.on(M, 'LockContended', 0, 2, 2, 0).on(V0, 'RcuReadLocked', V0, 1).on(V1, 'SrcuReadLocked', V1, 0);
  expect(lockViews(f.w, true)).toEqual([
    {
      vm: 0,
      lock: 'mmu_lock',
      writer: null,
      readers: 2,
      readingThreads: [V0, V1],
      waiting: [{ thread: M, mode: 'write' }],
    },
  ]);
  expect(lockViews(f.w)).toHaveLength(5);
  const threads = threadViews(f.w);
  expect(threads[M]).toMatchObject({ waitsFor: 'mmu_lock of VM 0, write', holds: [] });
  expect(threads[V0]).toMatchObject({
    holds: [{ lock: 'mmu_lock', mode: 'read' }],
    rcuNesting: 1,
    srcuVm: null,
  });
  expect(threads[V1]).toMatchObject({ srcuVm: 0, waitsFor: null, ended: false });
});
