// mirror-roots, pre-fault: what came after v6.9. No recording has these.
import { SLOT_FLAG } from '../aggregates/layout.js';
import { guestProgram } from '../guest/program.js';
import { ROUND_PORT, script } from '../userspace/script.js';
import { NO_HANDLER } from './recorded/layout.js';
import { assemble, daemons, vmmThread } from './recorded/turns.js';
import type { Scenario } from './scenario.js';

const CODE_GFN = 1;
const SLOT_PAGES = 16;
const READY = 1;
const STOP = 2;
const DONE = 3;

export const mirrorRoots: Scenario = {
  id: 'mirror-roots',
  title: 'private memory in external page tables: mirror roots live as long as their vCPUs',
  doc: 'A VM with external page tables, as TDX has them (v6.14 on; earlier protocols know no private memory and run an ordinary VM): vCPUs work on a private slot, mapped through the mirror root, and on a shared one, mapped through the direct root. Meanwhile the shared slot goes and comes back, and its pages are given back to the host. The mirror root is loaded once; a fast zap invalidates direct roots only.',
  parameters: {
    vcpus: { default: 2, min: 1, max: 8, unit: 'vCPUs', doc: 'vCPUs that share the roots' },
    updates: { default: 3, min: 0, max: 100, unit: 'updates', doc: 'delete and add of the shared slot' },
    quirk: {
      default: 1,
      min: 0,
      max: 1,
      unit: 'bool',
      doc: 'quirk SLOT_ZAP_ALL: a deleted slot costs all direct roots; 0: only its own leafs, as in a real TDX VM',
    },
  },
  build(p) {
    const vcpus = p['vcpus']!;
    const gap = 100_000;
    const main = script().createVm();
    main.setMemoryRegion({
      slot: 0,
      baseGfn: 0,
      pages: SLOT_PAGES,
      hvaPage: 0,
      flags: SLOT_FLAG.PRIVATE,
    });
    const shared = { slot: 1, baseGfn: SLOT_PAGES, pages: SLOT_PAGES, hvaPage: SLOT_PAGES };
    main.setMemoryRegion(shared);
    for (let v = 0; v < vcpus; v++) main.createVcpu(v);
    main.arrive(READY).sleep(gap);
    main.loop(p['updates']!, (b) => {
      b.deleteMemoryRegion(1).sleep(gap).setMemoryRegion(shared).sleep(gap);
      b.madviseDontneed(SLOT_PAGES, SLOT_PAGES / 2).sleep(gap);
    });
    main.arrive(STOP).await(DONE, vcpus);
    for (let v = 0; v < vcpus; v++) main.closeVcpu(v);
    main.closeVm();
    const vcpu = (v: number) =>
      script()
        .await(READY, 1)
        .until(STOP, 1, (b) => b.run(v, 1).sleep(10_000))
        .arrive(DONE);
    const threads = Array.from({ length: vcpus }, (_, v) => vmmThread(`vcpu${v}`, vcpu(v)));
    const guests = Array.from({ length: vcpus }, () => ({
      program: guestProgram()
        .loop(1_000_000, (b) =>
          b.code(CODE_GFN).touch('rmw', 2, 4).touch('rmw', SLOT_PAGES, 8).out(ROUND_PORT),
        )
        .build(),
      smm: NO_HANDLER,
    }));
    const built = assemble([vmmThread('main', main), ...threads, ...daemons()], guests, {
      tableBits: 3,
      pages: 512,
      hostPages: 2 * SLOT_PAGES,
    });
    return { ...built, constants: { mirroredTdp: 1, quirkSlotZapAll: p['quirk']! } };
  },
};

/** Retries of one page after which the caller's timer fires. */
const SIGNAL_AFTER = 100;

export const preFault: Scenario = {
  id: 'pre-fault',
  title: 'KVM_PRE_FAULT_MEMORY after a memslot update',
  doc: 'One vCPU runs a round; a slot is deleted and added, which invalidates its root; then KVM_PRE_FAULT_MEMORY of 8 pages, and one more round. Before v6.11 there is no such call (-ENOTTY). From v6.11 to v6.14 nobody takes the request that the invalidation left: each fault is stale, and is retried until a signal comes (-EINTR; reference, B17). From v6.15 on kvm_mmu_reload() looks itself.',
  parameters: {},
  build() {
    const main = script().createVm();
    const low = { slot: 0, baseGfn: 0, pages: SLOT_PAGES, hvaPage: 0 };
    const other = { slot: 1, baseGfn: SLOT_PAGES, pages: SLOT_PAGES, hvaPage: SLOT_PAGES };
    main.setMemoryRegion(low).setMemoryRegion(other).createVcpu(0).run(0, 1);
    main.deleteMemoryRegion(1).setMemoryRegion(other);
    main.preFaultMemory(0, SLOT_PAGES, 8).run(0, 1).closeVcpu(0).closeVm();
    const program = guestProgram()
      .loop(2, (b) => b.code(CODE_GFN).touch('rmw', SLOT_PAGES, 8).out(ROUND_PORT))
      .build();
    const built = assemble([vmmThread('main', main), ...daemons()], [{ program, smm: NO_HANDLER }], {
      tableBits: 3,
      pages: 128,
      hostPages: 2 * SLOT_PAGES,
    });
    return { ...built, constants: { preFaultSignalAfter: SIGNAL_AFTER } };
  },
};
