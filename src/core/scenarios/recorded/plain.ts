// plain, notifier: two vCPUs on one root, alone and together; the host's memory changes under them.
import { guestProgram } from '../../guest/program.js';
import { script } from '../../userspace/script.js';
import type { Scenario } from '../scenario.js';
import {
  close,
  createVcpu,
  hostPages,
  MAIN,
  RECORDED_MEMORY as memory,
  NO_HANDLER,
  open,
  ownPages,
  round,
  rounds,
} from './layout.js';
import { assemble, daemons, vmmThread } from './turns.js';

const READY = 1;
const ALONE = 2;
const DONE = 3;
const HALTED = 4;
const STOP = 5;

export const plain: Scenario = {
  id: 'plain',
  title: 'writes, reads of untouched pages, both vCPUs at once, one HLT',
  doc: 'As recorded, 16 pages: vcpu0 3 rounds of writes; vcpu1 3 rounds of reads (zero page, read-only SPTEs); both 5 rounds of writes at once; one round of vcpu0 with a HLT.',
  parameters: {},
  build() {
    const main = script();
    open(main, memory);
    createVcpu(main, 0);
    createVcpu(main, 1);
    main.arrive(READY).await(DONE, 2).arrive(HALTED).await(HALTED, 2);
    close(main, 2);
    const vcpu0 = script().await(READY, 1).run(0, 3).arrive(ALONE).await(ALONE, 2).run(0, 5).arrive(DONE);
    vcpu0.await(HALTED, 1).run(0, 1).run(0, 1).arrive(HALTED);
    const vcpu1 = script().await(ALONE, 1).run(1, 3).arrive(ALONE).run(1, 5).arrive(DONE);
    const read = ownPages(3);
    const guests = [
      guestProgram()
        .loop(8, (b) => round(b, { baseGfn: ownPages(0), count: 16 }))
        .loop(1, (b) => round(b, { baseGfn: ownPages(0), count: 0, halt: true }))
        .build(),
      guestProgram()
        .loop(3, (b) => round(b, { baseGfn: read, count: 16, access: 'read' }))
        .loop(5, (b) => round(b, { baseGfn: read, count: 16 }))
        .build(),
    ].map((program) => ({ program, smm: NO_HANDLER }));
    const threads = [
      vmmThread('main', main),
      vmmThread('vcpu0', vcpu0),
      vmmThread('vcpu1', vcpu1),
      ...daemons(),
    ];
    return assemble(threads, guests, { hostPages: hostPages(memory) });
  },
};

export const notifier: Scenario = {
  id: 'notifier',
  title: 'madvise, mprotect, mmap, munmap and fork while two vCPUs run',
  doc: 'After the recording of that name: two vCPUs run rounds of 16 pages; main gives pages back three times, then 1 MiB; makes 4 pages read-only and writable again; maps 1 MiB anew; unmaps it (vcpu0 gets EFAULT) and maps it again; forks, and the child ends at once. Free-running: counts depend on the schedule. The recorded fork also copies on behalf of the process itself; here only the ranges of the slots take part.',
  parameters: {
    pauseUs: { default: 200, min: 1, max: 100_000, unit: 'us', doc: "a vCPU's pause after a round" },
    gapUs: { default: 3_000, min: 1, max: 1_000_000, unit: 'us', doc: 'time between two calls of main' },
  },
  build(p) {
    const gap = p['gapUs']! * 1_000;
    const at = MAIN.hvaPage;
    const main = script();
    open(main, memory);
    createVcpu(main, 0);
    createVcpu(main, 1);
    main.arrive(READY).sleep(gap);
    main.loop(3, (b) => b.madviseDontneed(at, 8).sleep(gap));
    main.madviseDontneed(at, 0x100).sleep(gap);
    main.mprotect(at, 4, true).sleep(gap).mprotect(at, 4, false).sleep(gap);
    main.mmapFixed(at, 0x100).sleep(gap);
    main.munmap(at, 0x100).sleep(gap).mmapFixed(at, 0x100).sleep(gap);
    main.fork(0, hostPages(memory)).childExit(0, hostPages(memory)).sleep(gap);
    main.arrive(STOP).await(DONE, 2);
    close(main, 2);
    const vcpu = (v: number) =>
      script()
        .await(READY, 1)
        .until(STOP, 1, (b) => b.run(v, 1).sleep(p['pauseUs']! * 1_000))
        .arrive(DONE);
    const guests = [0, 1].map((v) => ({
      program: rounds({ baseGfn: ownPages(v), count: 16 }),
      smm: NO_HANDLER,
    }));
    const threads = [
      vmmThread('main', main),
      vmmThread('vcpu0', vcpu(0)),
      vmmThread('vcpu1', vcpu(1)),
      ...daemons(),
    ];
    return assemble(threads, guests, { hostPages: hostPages(memory), pages: 2_048 });
  },
};
