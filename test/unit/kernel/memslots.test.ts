// KVM_SET_USER_MEMORY_REGION and the dirty log.
import { describe, expect, it } from 'vitest';
import { SLOT, SLOT_FLAG, SLOT_STATE } from '../../../src/core/aggregates/layout.js';
import { IOCTL } from '../../../src/core/events/constants.js';
import { type GuestProgramBuilder } from '../../../src/core/guest/program.js';
import { ROUND_PORT, script } from '../../../src/core/userspace/script.js';
import { TestMachine } from './harness.js';
import { close, DAEMONS, machine, opened, results } from './one-vcpu.js';

describe('memslots', () => {
  const A = { slot: 0, baseGfn: 0, pages: 16, hvaPage: 0 };
  const slotOf = (m: TestMachine, slot: number): number[] =>
    [SLOT.STATE, SLOT.BASE_GFN, SLOT.PAGES, SLOT.FLAGS].map((f) =>
      m.m.w.slotWord(m.m.w.slotId(0, 0, slot), f),
    );

  it('refuses what Linux refuses', () => {
    const s = script().createVm().setMemoryRegion(A);
    s.deleteMemoryRegion(1); // nothing there
    s.setMemoryRegion({ slot: 1, baseGfn: 15, pages: 4, hvaPage: 20 }); // overlaps
    s.setMemoryRegion({ ...A, pages: 8 }); // other size
    s.setMemoryRegion({ ...A, hvaPage: 1 }); // other memory
    s.setMemoryRegion({ ...A, flags: SLOT_FLAG.READONLY });
    s.setMemoryRegion({ slot: 1, baseGfn: 16, pages: 4, hvaPage: 62 }); // not the process's memory
    s.setMemoryRegion(A); // nothing changes
    const m = machine(s.closeVm()).run();
    expect(results(m, IOCTL.KVM_SET_USER_MEMORY_REGION)).toEqual([0, -22, -17, -22, -22, -22, -22, 0]);
    expect(m.count('FastZapBegun')).toBe(0);
    expect(m.only('LockAcquired').length).toBe(m.only('LockReleased').length);
  });

  it('adds without a zap; deletes and moves with one each; the generation counts every publish', () => {
    const s = script()
      .createVm()
      .setMemoryRegion(A)
      .setMemoryRegion({ slot: 1, baseGfn: 32, pages: 8, hvaPage: 16, flags: 1 });
    s.setMemoryRegion({ ...A, baseGfn: 64 }).deleteMemoryRegion(1);
    const m = machine(s, {}).run();
    expect(m.count('FastZapBegun')).toBe(2);
    const order = m
      .only('MemslotAdded', 'MemslotInvalidated', 'MemslotMoved', 'MemslotDeleted', 'FastZapEnded')
      .map((e) => e.type);
    expect(order).toEqual([
      'MemslotAdded',
      'MemslotAdded',
      'MemslotInvalidated',
      'FastZapEnded',
      'MemslotMoved',
      'MemslotInvalidated',
      'FastZapEnded',
      'MemslotDeleted',
    ]);
    expect(m.only('SlotsGenerationChanged').map((e) => e.generation)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(slotOf(m, 0)).toEqual([SLOT_STATE.active, 64, 16, 0]);
    expect(slotOf(m, 1)).toEqual([SLOT_STATE.none, 0, 0, 0]);
  });

  it('does not publish while an invalidation runs', () => {
    const s = script().createVm().setMemoryRegion(A).arrive(1).await(2, 1).deleteMemoryRegion(0).closeVm();
    const other = script().await(1, 1).arrive(2).madviseDontneed(0, 16);
    const m = machine(s, { other }).run();
    expect(m.open()).toEqual(DAEMONS);
    for (const [i, t] of m.told.entries()) {
      if (t.event.type !== 'MemslotInvalidated' && t.event.type !== 'MemslotDeleted') continue;
      const counts = m.told
        .slice(0, i)
        .filter((x) => x.event.type === 'NotifierCountChanged')
        .at(-1)?.event;
      expect(counts === undefined || (counts.type === 'NotifierCountChanged' && counts.active === 0)).toBe(
        true,
      );
    }
  });

  it('logs dirty pages once each, write-protects them again, and clears ranges', () => {
    const program = (b: GuestProgramBuilder): void =>
      void b.code(8).loop(0, (l) => l.touch('rmw', 64, 3, 40).out(ROUND_PORT));
    const big = { slot: 1, baseGfn: 64, pages: 128, hvaPage: 64 };
    const s = opened()
      .getDirtyLog(0)
      .setMemoryRegion(big)
      .run(0, 1)
      .setMemoryRegion({ ...big, flags: 1 });
    s.getDirtyLog(1).run(0, 1).getDirtyLog(1).getDirtyLog(1).run(0, 2);
    s.clearDirtyLog(1, 32, 64).clearDirtyLog(1, 0, 64).clearDirtyLog(1, 64, 65).getDirtyLog(1);
    const m = machine(close(s), { program, topology: { hostPages: 256 } }).run();
    expect(m.open()).toEqual(DAEMONS);
    expect(results(m, IOCTL.KVM_GET_DIRTY_LOG)).toEqual([-2, 0, 3, 0, 1]);
    expect(results(m, IOCTL.KVM_CLEAR_DIRTY_LOG)).toEqual([-22, 2, -22]);
    expect(m.count('AssertionFired')).toBe(0);
  });
});
