// busy: everything that the process can do to its VMs at once. Made for schedules that no clock would choose.
import { SLOT_FLAG } from '../aggregates/layout.js';
import { guestProgram } from '../guest/program.js';
import { type Region, ROUND_PORT, script } from '../userspace/script.js';
import { assemble, daemons, vmmThread } from './recorded/turns.js';
import type { Scenario } from './scenario.js';

const READY = 1;
const DONE = 2;
const STOP = 3;

const LOW: Region = { slot: 0, baseGfn: 0, pages: 32, hvaPage: 0 };

export const busy: Scenario = {
  id: 'busy',
  title: 'vCPUs, SMIs, memslot updates, dirty logging and a busy host, all at once',
  doc: "Every vCPU runs rounds until main is done; vcpu0 takes an SMI after each, the last vCPU asynchronous ones from the host's thread. Main logs dirty pages, changes an MTRR, deletes, adds and moves a slot; the host's thread gives memory back, ages it, write-protects it, forks, collapses it into large pages. Tables have 8 entries, so a large page is 8 pages. Use it with the schedulers `random` and `round-robin`.",
  parameters: {
    vcpus: { default: 3, min: 1, max: 8, unit: 'vCPUs', doc: 'vCPUs, all running' },
    updates: { default: 3, min: 1, max: 1_000, unit: 'updates', doc: 'rounds of main and of the host' },
    huge: { default: 1, min: 0, max: 1, unit: 'flag', doc: 'the slot may be mapped with large pages' },
    outer: { default: 0, min: 0, max: 1, unit: 'flag', doc: 'an outer hypervisor shadows the tables' },
    mmFirst: {
      default: 0,
      min: 0,
      max: 1,
      unit: 'flag',
      doc: 'the address space goes before the files are closed',
    },
  },
  build(p) {
    const flags = p['huge'] === 1 ? SLOT_FLAG.HUGE : 0;
    const main: Region = { slot: 1, baseGfn: 64, pages: 128, hvaPage: 64, flags };
    const logged: Region = { ...main, flags: flags | SLOT_FLAG.LOG_DIRTY_PAGES };
    const vcpus = Array.from({ length: p['vcpus']! }, (_, v) => v);
    const last = vcpus.length - 1;
    const vmm = script().createVm().setMemoryRegion(LOW).setMemoryRegion(main);
    vmm
      .setMemoryRegion({ ...LOW, asId: 1 })
      .setMemoryRegion({ ...main, asId: 1 })
      .memset(0, 16);
    for (const v of vcpus) vmm.createVcpu(v);
    vmm.arrive(READY).loop(p['updates']!, (b) => {
      b.setMemoryRegion(logged)
        .getDirtyLog(1)
        .clearDirtyLog(1, 0, 64)
        .setMtrr(0, 64, 40)
        .setMemoryRegion(main);
      b.deleteMemoryRegion(1)
        .setMemoryRegion(main)
        .setMemoryRegion({ ...main, baseGfn: 256 })
        .setMemoryRegion(main);
    });
    vmm.arrive(STOP).await(DONE, vcpus.length + 1);
    if (p['mmFirst'] === 1) vmm.exitMm();
    for (const v of vcpus) vmm.closeVcpu(v);
    vmm.closeVm();
    const host = script().await(READY, 1);
    host.loop(p['updates']!, (b) => {
      b.madviseDontneed(64, 20).age(64, 64).testAge(70).mprotect(70, 4, true).mprotect(70, 4, false);
      b.smi(last, true).fork(64, 64).childExit(64, 64).collapse(64, 64);
    });
    host.arrive(DONE);
    const vcpu = (v: number) =>
      script()
        .await(READY, 1)
        .until(STOP, 1, (b) => {
          b.run(v, 1);
          if (v === 0) b.smi(0);
        })
        .run(v, 2)
        .arrive(DONE);
    const guests = vcpus.map((v) => ({
      program: guestProgram()
        .code(8)
        .loop(0, (b) =>
          b
            .touch('read', 64 + (v % 4) * 8, 40)
            .touch('rmw', 64 + (v % 4) * 16, 40)
            .out(ROUND_PORT),
        )
        .build(),
      smm: guestProgram().code(9).touch('rmw', 80, 10).rsm().build(),
    }));
    const threads = [
      vmmThread('main', vmm),
      vmmThread('host', host),
      ...vcpus.map((v) => vmmThread(`vcpu${v}`, vcpu(v))),
      ...daemons(),
    ];
    return assemble(threads, guests, {
      tableBits: 3,
      hostPages: 256,
      pages: 4_096,
      outerEntries: p['outer'] === 1 ? 64 : 0,
    });
  },
};
