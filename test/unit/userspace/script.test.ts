// Scripts and the thread that runs them: words, control flow, what calls on memory do to pages, order of the notifiers.
import { describe, expect, it } from 'vitest';
import {
  HOST_PAGE_COW,
  HOST_PAGE_KIND,
  HOST_PAGE_READONLY,
  host_page,
  host_page_generation,
  host_page_kind,
} from '../../../src/core/aggregates/host-memory.js';
import { E, type RootlineEvent } from '../../../src/core/events/catalogue.js';
import { IOCTL, IOCTL_NAMES } from '../../../src/core/events/constants.js';
import { op } from '../../../src/core/machine/op.js';
import { procedure, ret } from '../../../src/core/machine/procedure.js';
import { page_after, STORE, store_to } from '../../../src/core/userspace/host-pages.js';
import { CONTROL, INSTRUCTION_WORDS, script } from '../../../src/core/userspace/script.js';
import { vmm_thread } from '../../../src/core/userspace/vmm_thread.js';
import { TestMachine } from '../kernel/harness.js';

const head = { file: 'test.c', since: 'v1', leftOut: 'nothing' };
/** Stand-ins that only say that they were called, and with which range. */
const start = procedure(
  'kvm_mmu_notifier_invalidate_range_start',
  { ...head, params: ['vm', 'from', 'to', 'blockable'] },
  { begin: [(l) => op.vm_event(E.NotifierBegun, l.vm, l.from, l.to, 1), () => ret()] },
);
const end = procedure(
  'kvm_mmu_notifier_invalidate_range_end',
  { ...head, params: ['vm', 'from', 'to'] },
  { end: [(l) => op.vm_event(E.NotifierEnded, l.vm, 1, 0), () => ret()] },
);
const createVm = procedure(
  'kvm_create_vm',
  { ...head, params: ['vm', 'level', 'fail'] },
  { created: [(l) => op.vm_event(E.VmCreated, l.vm, 1, l.level), () => ret(-7)] },
);
const table = [vmm_thread, start, end, createVm];

const one = (s: Int32Array): TestMachine =>
  new TestMachine({ procedures: table, threads: [{ script: s }], topology: { vms: 2, hostPages: 8 } }).run();

describe('script', () => {
  it('writes instructions of one width and ends with END', () => {
    const words = script().createVm(1, 5).madviseDontneed(3, 2).build();
    expect(words.length).toBe(3 * INSTRUCTION_WORDS);
    expect(Array.from(words.slice(0, 4))).toEqual([IOCTL.KVM_CREATE_VM, 1, 5, 0]);
    expect(Array.from(words.slice(8, 11))).toEqual([IOCTL.MADVISE_DONTNEED, 3, 2]);
    expect(words[16]).toBe(CONTROL.END);
  });

  it('keeps the codes of calls and of control flow apart', () => {
    const codes = new Set<number>(Object.values(IOCTL));
    for (const code of Object.values(CONTROL)) expect(codes.has(code)).toBe(false);
  });

  it('has a builder method for every call', () => {
    const words = script()
      .createVm()
      .setMemoryRegion({ slot: 0, baseGfn: 0, pages: 1, hvaPage: 0 })
      .createVcpu(0)
      .setCpuid2(0)
      .setSregs(0, 0)
      .setRegs(0)
      .setMsrs(0)
      .run(0, 1)
      .smi(0)
      .getDirtyLog(0)
      .closeVcpu(0)
      .closeVm()
      .madviseDontneed(0, 1)
      .mprotect(0, 1, true)
      .mmapFixed(0, 1)
      .munmap(0, 1)
      .fork(0, 1)
      .exitMm()
      .memset(0, 1)
      .childExit(0, 1)
      .clearDirtyLog(0, 0, 64)
      .age(0, 1)
      .testAge(0)
      .collapse(0, 1)
      .nxRecovery()
      .preFaultMemory(0, 0, 1)
      .build();
    const used = new Set(Array.from({ length: words.length / 8 }, (_, i) => words[i * 8]));
    expect(Object.values(IOCTL).filter((code) => !used.has(code))).toEqual([]);
  });

  it('refuses loops that are too deep and sleeps that do not fit', () => {
    const deep = () =>
      script().loop(1, (a) => a.loop(1, (b) => b.loop(1, (c) => c.loop(1, (d) => d.arrive(0)))));
    expect(deep).toThrow(/at most 3 deep/);
    expect(() => script().sleep(0)).toThrow(/sleep/);
    expect(() => script().sleep(2 ** 31)).toThrow(/sleep/);
  });
});

describe('vmm_thread', () => {
  it('runs loops in loops, and none for zero times', () => {
    const s = script().loop(3, (a) => a.arrive(1).loop(2, (b) => b.arrive(2).loop(2, (c) => c.arrive(3))));
    s.loop(0, (a) => a.arrive(4));
    const m = one(s.build());
    expect(m.open()).toEqual([]);
    const arrivals = (n: number): number => m.only('BarrierReached').filter((e) => e.barrier === n).length;
    expect([1, 2, 3, 4].map(arrivals)).toEqual([3, 6, 12, 0]);
  });

  it('meets other threads, and goes on until somebody is done', () => {
    const worker = script()
      .await(0, 1)
      .loop(5, (b) => b.sleep(10))
      .arrive(1)
      .build();
    const source = script()
      .arrive(0)
      .until(1, 1, (b) => b.sleep(1).arrive(2))
      .build();
    const m = new TestMachine({ procedures: table, threads: [{ script: worker }, { script: source }] }).run();
    expect(m.open()).toEqual([]);
    expect(m.only('BarrierReached').filter((e) => e.barrier === 2).length).toBeGreaterThan(1);
  });

  it('waits for ever at a barrier that nobody reaches', () => {
    expect(one(script().await(3, 1).build()).open()).toEqual(['t0: vmm_thread @ await']);
  });

  it('tells calls and their results', () => {
    const m = one(script().createVm(1, 5).setRegs(0).build());
    expect(m.only('IoctlBegun', 'IoctlEnded').map((e) => [e.type, IOCTL_NAMES[e.ioctl], e.object])).toEqual([
      ['IoctlBegun', 'KVM_CREATE_VM', 1],
      ['IoctlEnded', 'KVM_CREATE_VM', 1],
      ['IoctlBegun', 'KVM_SET_REGS', 0],
      ['IoctlEnded', 'KVM_SET_REGS', 0],
    ]);
    expect(m.only('IoctlEnded')[0].result).toBe(-7);
  });

  it('changes pages between start and end of every VM of the process', () => {
    const m = one(script().createVm(0).createVm(1).memset(2, 2).madviseDontneed(1, 3).build());
    const words = m
      .only('NotifierBegun', 'NotifierEnded', 'HostPageChanged')
      .map((e: RootlineEvent) =>
        e.type === 'NotifierBegun'
          ? `start vm${e.subject.number} ${e.start}-${e.end}`
          : e.type === 'NotifierEnded'
            ? `end vm${e.subject.number}`
            : `page ${e.subject.number}`,
      );
    // Untouched pages are backed without a notifier; page 1 was not backed, so nothing changes there.
    expect(words).toEqual([
      'page 2',
      'page 3',
      'start vm0 1-4',
      'start vm1 1-4',
      'page 2',
      'page 3',
      'end vm0',
      'end vm1',
    ]);
  });

  it('breaks copy-on-write page by page when the process writes', () => {
    const m = one(
      script().createVm().memset(0, 3).fork(0, 2).memset(0, 3).childExit(0, 3).memset(0, 3).build(),
    );
    const ranges = m.only('NotifierBegun').map((e) => [e.start, e.end]);
    expect(ranges).toEqual([
      [0, 2],
      [0, 1],
      [1, 2],
    ]);
    expect(m.count('NotifierEnded')).toBe(3);
    const generations = [0, 1, 2].map((p) => host_page_generation(m.m.s[m.m.w.hostPage(p)]));
    expect(generations).toEqual([2, 2, 1]);
  });
});

describe('pages of the process', () => {
  const fresh = host_page(HOST_PAGE_KIND.unbacked, 0, 0);
  const owned = page_after(IOCTL.MEMSET, fresh, 0);

  it('counts how often a page was backed anew', () => {
    expect(host_page_kind(owned)).toBe(HOST_PAGE_KIND.private);
    const again = page_after(IOCTL.MEMSET, page_after(IOCTL.MADVISE_DONTNEED, owned, 0), 0);
    expect(host_page_generation(again)).toBe(host_page_generation(owned) + 1);
  });
  it('knows what a store does', () => {
    expect(store_to(fresh)).toBe(STORE.backs);
    expect(store_to(owned)).toBe(STORE.nothing);
    expect(store_to(page_after(IOCTL.FORK, owned, 0))).toBe(STORE.breaksCow);
    expect(store_to(host_page(HOST_PAGE_KIND.zero, 0, 0))).toBe(STORE.breaksCow);
    expect(store_to(page_after(IOCTL.MPROTECT, fresh, 1))).toBe(STORE.nothing);
    expect(store_to(page_after(IOCTL.MUNMAP, owned, 0))).toBe(STORE.nothing);
  });
  it('keeps protection over madvise, not over mmap', () => {
    const readonly = page_after(IOCTL.MPROTECT, owned, 1);
    expect(page_after(IOCTL.MADVISE_DONTNEED, readonly, 0) & HOST_PAGE_READONLY).not.toBe(0);
    expect(page_after(IOCTL.MMAP_FIXED, readonly, 0) & HOST_PAGE_READONLY).toBe(0);
    expect(page_after(IOCTL.MPROTECT, readonly, 0)).toBe(owned);
    expect(page_after(IOCTL.CHILD_EXIT, owned | HOST_PAGE_COW, 0)).toBe(owned);
  });
});
